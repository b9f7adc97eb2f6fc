#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wrong use of the lab is answered with a sentence and an exit code, and changes nothing.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

NEW=$STORY_DIR/new

refused() { # SENTENCE STATUS PATTERN ARGUMENT...
    expect_exit "$1" "$2" "$3" "$LAB" "${@:4}"
    [[ ! -e $NEW ]] || story_result "not ok" "$1: and nothing is made"
}

expect_output "--help shows every command" 'lab clock DIR' "$LAB" --help
refused "no command" 2 "no command"
refused "an unknown command" 2 "unknown command 'begin'" begin "$NEW"
refused "no directory" 2 "needs a directory" up
refused "an unknown option" 2 "unknown option .*--fast" up "$NEW" --fast yes
refused "an option without its value" 2 "realm needs a value" up "$NEW" --realm
refused "a directory inside none" 1 "does not exist" up "$NEW/inside"
touch "$STORY_DIR/file"
refused "a file as directory" 1 "is not a directory" up "$STORY_DIR/file"
refused "a directory in use" 1 "holds other files" up "$STORY_DIR"
expect_exit "down there touches nothing" 1 "nothing is touched" "$LAB" down "$STORY_DIR"
for character in : '"' \\ % $'\n' ' ' '*' ';'; do
    refused "a directory with '${character//$'\n'/newline}' in its name" 2 'DIR' \
        up "$NEW$character"
done
refused "a path too long for sockets" 2 'DIR must not be longer' \
    up "$STORY_DIR/$(printf 'a%.0s' {1..84})"
expect_exit "a build that is not there" 1 "is not built: run ./test.sh --setup" \
    env BUILD_DIR="$STORY_DIR/none" "$LAB" up "$NEW"
expect "and nothing is made" test ! -e "$NEW"
mkdir "$STORY_DIR/a:b"
expect_exit "a directory inside such a one" 2 'DIR' bash -c 'cd "$1" && "$2" up lab' sh "$STORY_DIR/a:b" "$LAB"
expect_equal "and nothing is made there" "" "$(ls -A "$STORY_DIR/a:b")"
mkdir -m 777 "$STORY_DIR/open"
refused "a directory that everybody writes to" 1 "written by others" up "$STORY_DIR/open"

for kind in samba 389ds; do
    refused "the directory $kind is not there yet" 4 "not available yet: --directory $kind" \
        up "$NEW" --directory "$kind"
done
refused "a directory nobody knows" 2 "openldap, samba or 389ds, not 'nds'" up "$NEW" --directory nds
refused "postgresql is not there yet" 4 "not available yet: --store postgresql" \
    up "$NEW" --store postgresql
refused "a store nobody knows" 2 "sqlite or postgresql" up "$NEW" --store flat
for setting in log_level=debug policyd.log_level policyd.=x $'policyd.ca=a\nb'; do
    refused "the setting '${setting//$'\n'/newline}'" 2 'SECTION.KEY=VALUE' up "$NEW" --set "$setting"
done

for realm in '' 'A B' 'A..B' -A 'A/B' 'Ä.TEST' 'A_B' '$(x)'; do
    refused "the realm '$realm'" 2 'realm' up "$NEW" --realm "$realm"
done
for base in example 'cn=x' 'dc=a,,dc=b' 'dc=ä' 'o=a"b' 'o=$x' 'o=a\2Cb' 'o=a+l=b' 'o= x' 'o=x,dc='; do
    refused "the base '$base'" 2 'base' up "$NEW" --base "$base"
done
for port in 0 x 65001 1e3; do
    refused "the port '$port'" 2 'port' up "$NEW" --port "$port"
done

# A lab at chosen ports, and another that wants the same.
port=0
for _ in 1 2 3 4 5; do
    port=$((10240 + SRANDOM % 22000))
    ! up_lab "$STORY_DIR/lab" --port "$port" >"$STORY_DIR/up.log" 2>&1 || break
    "$LAB" down "$STORY_DIR/lab"
done
expect_output "a lab comes up at the ports given" "^kdc: running, .*, port $port\$" \
    "$LAB" status "$STORY_DIR/lab"
expect_exit "another lab does not get the same" 1 "kdc does not start: another process has port $port" \
    up_lab "$STORY_DIR/second" --port "$port"
expect_equal "and leaves nothing running" "" "$(processes_of "$STORY_DIR/second")"
expect "its remains can be taken down" "$LAB" down "$STORY_DIR/second"
expect_exit "a third does not get a port for its directory" 1 \
    "directory does not start: another process has port $port" \
    up_lab "$STORY_DIR/third" --port $((port - 1))
expect_equal "and leaves nothing running, either" "" "$(processes_of "$STORY_DIR/third")"
expect_output "nor does it disturb the first" '^dn:cn=client1' "$LAB" exec "$STORY_DIR/lab" -- sh -c \
    'kinit -k -t "$HOST_KEYTAB" "$HOST_PRINCIPAL" && ldapwhoami -Q -Y GSSAPI'

expect_exit "a setting that policyd does not know" 1 'policyd does not take' \
    up_lab "$STORY_DIR/fourth" --set policyd.colour=green
expect_output "is told of in its words" 'colour' cat "$STORY_DIR/fourth/log/policyd-config.log"
expect_equal "and nothing runs" "" "$(processes_of "$STORY_DIR/fourth")"
expect "those remains can be taken down, too" "$LAB" down "$STORY_DIR/fourth"
expect "one that it knows" up_lab "$STORY_DIR/fourth" --set policyd.drain=7s --set policyd.drain=8s
expect_output "is in force, the last one of two" '^drain = 8s?$' \
    "$BUILD_DIR/policyd/policyd" -c "$STORY_DIR/fourth/policyd/policyd.conf" --print-config
expect "it can be taken down" "$LAB" down "$STORY_DIR/fourth"

expect_exit "a part nobody knows" 2 "no part of a lab: 'dns'" "$LAB" restart "$STORY_DIR/lab" dns
expect_exit "exec without --" 2 "lab exec DIR -- COMMAND" "$LAB" exec "$STORY_DIR/lab" true
expect_exit "exec without a command" 2 "lab exec DIR -- COMMAND" "$LAB" exec "$STORY_DIR/lab" --
expect_exit "exec passes its command's status on" 42 '' "$LAB" exec "$STORY_DIR/lab" -- sh -c 'exit 42'
expect_output "exec stays where it is called" "^$STORY_DIR\$" \
    bash -c 'cd "$1" && "$2" exec lab -- pwd' sh "$STORY_DIR" "$LAB"
expect_exit "exec in no lab" 1 'no lab' "$LAB" exec "$STORY_DIR/none" -- true
if ((EUID == 0)); then
    prepare_ordinary
    chmod 755 "$STORY_DIR/lab"
    expect_exit "another user's lab is not touched" 1 'belongs to root' \
        as_ordinary "$ORDINARY_DIR/tests/lab/lab" down "$STORY_DIR/lab"
    chmod 700 "$STORY_DIR/lab"
else
    skip "another user's lab is not touched" "there is only one user"
fi
expect "the lab still runs" "$LAB" status "$STORY_DIR/lab"
story_end
