#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# status, pid, restart and down know the lab's processes, and no others.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

PLACE=$STORY_DIR/lab

pid_of() {
    "$LAB" pid "$PLACE" "$1"
}

ticket() {
    "$LAB" exec "$PLACE" -- sh -euc 'kinit -k -t "$HOST_KEYTAB" "$HOST_PRINCIPAL"
        ldapwhoami -Q -Y GSSAPI'
}

policyctl() {
    "$LAB" exec "$PLACE" -- sh -c '$POLICYCTL "$@"' sh "$@"
}

is_whole() {
    prints '"admitted":true' policyctl status --json
}

is_gone() { # PID
    [[ ! -e /proc/$1 ]] || grep -q '^State:.*zombie' "/proc/$1/status"
}

expect_exit "a new directory has no lab" 3 'no lab' "$LAB" status "$PLACE"
exec 7>"$STORY_DIR/open" # a daemon that kept it would keep our caller waiting, too
expect "a lab comes up" up_lab "$PLACE"
exec 7>&-
expect_output "status names each part" '^kdc: running, pid [0-9]+, port [0-9]+$' "$LAB" status "$PLACE"
expect_equal "pid says the same as status" "$(pid_of directory)" \
    "$("$LAB" status "$PLACE" | sed -n 's/^directory: running, pid \([0-9]*\),.*/\1/p')"
expect_output "it is the KDC's" '^krb5kdc' cat "/proc/$(pid_of kdc)/comm"
expect_output "and the directory's" '^slapd' cat "/proc/$(pid_of directory)/comm"
expect_output "and policyd's" '^policyd$' cat "/proc/$(pid_of policyd)/comm"
expect_output "and the signer's" '^policyd-signer' cat "/proc/$(pid_of signer)/comm"
expect_equal "they hold nothing that their caller had open" "" \
    "$(for part in kdc directory policyd signer; do
        find "/proc/$(pid_of "$part")/fd" -lname "$STORY_DIR/o*"
    done)"

expect_exit "up on a live lab is refused" 1 'is up in .* already' "$LAB" up "$PLACE"
expect "and leaves it alone" ticket

before=$(pid_of kdc) other=$(pid_of directory)
expect "restart kdc" "$LAB" restart "$PLACE" kdc
expect "ends the old KDC" is_gone "$before"
expect_equal "leaves the directory alone" "$other" "$(pid_of directory)"
expect "and gives tickets again" ticket
before=$(pid_of signer) policyd=$(pid_of policyd)
expect "restart signer" "$LAB" restart "$PLACE" signer
expect "ends the old signer" is_gone "$before"
expect_equal "leaves policyd alone" "$policyd" "$(pid_of policyd)"
expect_output "which has found the new one" '^Nothing is wrong' policyctl status
before=$(pid_of signer)
expect "restart policyd" "$LAB" restart "$PLACE" policyd
expect "ends the old policyd" is_gone "$policyd"
expect_equal "leaves the signer alone" "$before" "$(pid_of signer)"
expect_output "which the new one has found" '^Nothing is wrong' policyctl status
before=$(pid_of kdc) policyd=$(pid_of policyd) signer=$(pid_of signer)
expect "restart without a part" "$LAB" restart "$PLACE"
expect "ends them all: the KDC" is_gone "$before"
expect "the directory" is_gone "$other"
expect "policyd" is_gone "$policyd"
expect "and the signer" is_gone "$signer"
expect_output "which keeps its entries" '^dn:cn=client1' ticket

policyd=$(pid_of policyd) signer=$(pid_of signer)
expect "stop policyd" "$LAB" stop "$PLACE" policyd
expect "ends it" is_gone "$policyd"
expect_equal "and not the signer" "$signer" "$(pid_of signer)"
expect_exit "status has it as dead" 3 '^policyd: dead' "$LAB" status "$PLACE"
expect "stop it again" "$LAB" stop "$PLACE" policyd
expect "stop signer" "$LAB" stop "$PLACE" signer
expect "start policyd without a signer" "$LAB" start "$PLACE" policyd
policyd=$(pid_of policyd)
expect "start signer" "$LAB" start "$PLACE" signer
expect "start policyd, which runs" "$LAB" start "$PLACE" policyd
expect_equal "leaves it alone" "$policyd" "$(pid_of policyd)"
expect "they find each other" wait_for "$PATIENCE" is_whole
expect_exit "only a part can be stopped" 2 "no part of a lab: 'all'" "$LAB" stop "$PLACE" all
expect_exit "or started" 2 "no part of a lab: 'all'" "$LAB" start "$PLACE" all

kill -KILL "$(pid_of kdc)"
expect_exit "a killed part is reported" 3 '^kdc: dead, see .*kdc.log$' "$LAB" status "$PLACE"
expect_exit "beside the others" 3 '^directory: running' "$LAB" status "$PLACE"
expect_exit "and has no pid" 3 'does not run' pid_of kdc
expect "restart brings it back" "$LAB" restart "$PLACE" kdc
expect "status is content again" "$LAB" status "$PLACE"

# What does not end when it is told to, in the place of the KDC.
bash -c 'trap "" TERM; : >"$0"; while :; do sleep 1; done' "$STORY_DIR/is_deaf" >/dev/null 2>&1 &
deaf=$!
wait_for "$PATIENCE" test -e "$STORY_DIR/is_deaf"
mv "$PLACE/run/kdc.pid" "$STORY_DIR/kdc.pid"
echo "$deaf $(cut -d ' ' -f 22 "/proc/$deaf/stat") $(</proc/sys/kernel/random/boot_id)" >"$PLACE/run/kdc.pid"
expect_exit "a part that has to be killed has not stopped by itself" 1 'it is killed' \
    env LAB_STOP_SECONDS=1 "$LAB" stop "$PLACE" kdc
expect "and is gone" is_gone "$deaf"
mv "$STORY_DIR/kdc.pid" "$PLACE/run/"
rm "$STORY_DIR/is_deaf"
expect "one that ends when it is told to has" "$LAB" stop "$PLACE" kdc
expect "and starts again" "$LAB" start "$PLACE" kdc

# A pid file whose process is long gone and whose pid is somebody else's by now.
sleep 1d >/dev/null 2>&1 &
stranger=$!
kdc=$(pid_of kdc)
kill -KILL "$kdc"
wait_for "$PATIENCE" is_gone "$kdc"
sed -i "s/^$kdc /$stranger /" "$PLACE/run/kdc.pid"
expect_exit "a reused pid is not taken for ours" 3 '^kdc: dead' "$LAB" status "$PLACE"
for part in directory policyd signer; do
    kill -KILL "$(pid_of "$part")"
done
expect_exit "up on the remains of a dead lab says what to do" 1 "remains of a lab .*'lab down'" \
    "$LAB" up "$PLACE"
expect "down removes the remains" "$LAB" down "$PLACE"
expect "and does not end the stranger" kill -0 "$stranger"
kill "$stranger"
expect_equal "nothing is left of the lab" "" "$(find "$STORY_DIR" -mindepth 1 ! -name output ! -name open)"
expect "a new lab comes up in the same place" up_lab "$PLACE"

# A copy of the lab whose first picks are ports that the running one has. The KDC would share
# its port with another KDC of the same user without an error.
port_of() {
    "$LAB" status "$PLACE" | sed -nE "s/^$1: .*, port ([0-9]+).*/\1/p"
}

prepare_ordinary
unlucky=$ORDINARY_DIR/tests/lab
for pick in kdc free free free free kdc directory free kdc free free free policyd; do
    port_of "$pick" | grep . || echo free
done >"$STORY_DIR/picks"
cat >>"$unlucky/process.sh" <<'EOT'
eval "free_$(declare -f port_pick)"
port_pick() {
    local pick
    pick=$(head -n 1 "$PICKS")
    sed -i 1d "$PICKS"
    if [[ $pick == [0-9]* ]]; then echo "$pick"; else free_port_pick; fi
}
EOT
STORY_LABS+=("$STORY_DIR/second")
expect "a lab that loses the race for its ports comes up at others" \
    env PICKS="$STORY_DIR/picks" "$unlucky/lab" up "$STORY_DIR/second"
expect_equal "having tried all of those" "" "$(<"$STORY_DIR/picks")"
expect "it runs" "$LAB" status "$STORY_DIR/second"
expect_equal "with one KDC" 1 "$(processes_of "$STORY_DIR/second" | xargs -I{} cat /proc/{}/comm |
    grep -c krb5kdc)"
expect_output "the first is not disturbed" '^dn:cn=client1' ticket
expect "the second goes down" "$LAB" down "$STORY_DIR/second"
expect "the first still runs" "$LAB" status "$PLACE"

# It is told to end while it loads the domain, which waits until it was told.
mkdir "$STORY_DIR/bin"
cat >"$STORY_DIR/bin/ldapadd" <<EOT
#!/bin/sh
: >"$STORY_DIR/loads"
until [ -e "$STORY_DIR/told" ]; do sleep 0.02; done
EOT
chmod 755 "$STORY_DIR/bin/ldapadd"
PATH=$STORY_DIR/bin:$PATH "$LAB" up "$STORY_DIR/third" >"$STORY_DIR/third.log" 2>&1 &
third=$!
STORY_LABS+=("$STORY_DIR/third")
wait_for "$PATIENCE" test -e "$STORY_DIR/loads"
kill -TERM "$third"
: >"$STORY_DIR/told"
expect_exit "up that is told to end says so with its status" 143 '' wait "$third"
nothing_runs() {
    [[ -z $(processes_of "$STORY_DIR/third") ]]
}
expect "and leaves nothing running" wait_for "$PATIENCE" nothing_runs
expect "but its logs" test -s "$STORY_DIR/third/log/tls.log"
expect "which down removes" "$LAB" down "$STORY_DIR/third"

exec 8>>"$PLACE/.lab"
flock -w 10 8
expect_exit "up does not wait for another command at work" 1 'another lab command is at work' \
    "$LAB" up "$PLACE"
flock -u 8
expect "down is done when the other is" "$LAB" down "$PLACE"
exec 8>&-
expect "down of what is gone is no error" "$LAB" down "$PLACE"
story_end
