#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many hosts at once, as after a power failure: all of them end healthy, and policyd answers none
# with a 5xx, neither by what they saw (no question is repeated within a run) nor by its own log.
# CROWD: how many.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

CROWD=${CROWD:-20}
PROGRAM=$BUILD_DIR/autoenroll-client/autoenroll-client
HOSTS=$STORY_DIR/hosts

host() { # NUMBER
    printf 'crowd%03d.%s' "$1" "$(lab_value "$PLACE" LAB_DOMAIN)"
}

entries() {
    local n name
    for ((n = 1; n <= CROWD; n++)); do
        name=$(host "$n")
        printf 'dn: cn=%s,ou=computers,%s\nobjectClass: computer\nsn: %s\ndNSHostName: %s\n\n' \
            "$name" "$(lab_value "$PLACE" LAB_BASE)" "${name%%.*}" "$name"
    done
}

principals() {
    local n
    for ((n = 1; n <= CROWD; n++)); do
        mkdir -p "$HOSTS/$n"
        printf 'addprinc -randkey host/%s\nktadd -q -k "%s" host/%s\n' "$(host "$n")" "$HOSTS/$n/keytab" "$(host "$n")"
        cat >"$HOSTS/$n/conf" <<EOT
[server]
url = $(lab_value "$PLACE" EST_URL)
ca = $(lab_value "$PLACE" EST_CA)
timeout = ${PATIENCE}s
[machine]
principal = host/$(host "$n")@$(lab_value "$PLACE" LAB_REALM)
keytab = $HOSTS/$n/keytab
store = $HOSTS/$n/store
hooks = $HOSTS/$n/hooks
EOT
    done
}

make_crowd() {
    entries >"$STORY_DIR/crowd.ldif"
    principals >"$STORY_DIR/crowd.kadmin"
    in_lab_sh 'ldapadd -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"
        kadmin.local -r "$LAB_REALM" -p "lab/admin@$LAB_REALM" <"$2"' \
        "$STORY_DIR/crowd.ldif" "$STORY_DIR/crowd.kadmin" >"$STORY_DIR/crowd.log" 2>&1
    (($(find "$HOSTS" -name keytab | wc -l) == CROWD))
}

# at_once VERB...: all of them start when the gate opens; each leaves its answer and exit code.
at_once() {
    local n gate
    mkfifo "$STORY_DIR/gate"
    exec {gate}<>"$STORY_DIR/gate"
    for ((n = 1; n <= CROWD; n++)); do
        in_lab_sh 'cd "$1" && read -r <"$2" && code=0
            "$3" --system --json --config conf "${@:4}" >answer 2>errors || code=$?
            echo "$code" >code' "$HOSTS/$n" "$STORY_DIR/gate" "$PROGRAM" "$@" &
    done
    for ((n = 1; n <= CROWD; n++)); do
        echo go
    done >&"$gate"
    wait
    exec {gate}>&-
    rm "$STORY_DIR/gate"
}

# codes: how many ended how.
codes() {
    sort "$HOSTS"/*/code | uniq -c | sed 's/^ *//'
}

# states EVENT: of what each has.
states() {
    cat "$HOSTS"/*/answer | python3 -c '
import collections, json, sys
count, text, decoder = collections.Counter(), sys.stdin.read().lstrip(), json.JSONDecoder()
while text:
    answer, end = decoder.raw_decode(text)
    text = text[end:].lstrip()
    count.update("%(name)s %(event)s %(state)s" % c for c in answer["certificates"])
    # what each saw: a failed question of any kind would be in one of these
    if answer["exit_code"] != 0 or answer["note"] or not answer["reported"]:
        count["run that failed or was not reported"] += 1
    count.update("failure: " + c["failure"] for c in answer["certificates"] if c["failure"])
print("; ".join(f"{n} {what}" for what, n in sorted(count.items())))'
}

expect "a lab comes up" up_lab "$PLACE"
expect "there are $CROWD hosts more" make_crowd
before=$(wc -l <"$PLACE/log/policyd.log")
at_once run
expect_equal "all of them come at once, and each is done" "$CROWD 0" "$(codes)"
expect_equal "each has got its certificate" "$CROWD Machine issued healthy" "$(states)"
expect_equal "each its own" "$CROWD" "$(for n in "$HOSTS"/*/store/certs/Machine/current/cert.pem; do
    openssl x509 -in "$n" -noout -ext subjectAltName
done | grep -c DNS)"
expect_equal "each another key" "$CROWD" "$(sha256sum "$HOSTS"/*/store/certs/Machine/current/key.pem | cut -d ' ' -f 1 | sort -u | wc -l)"
at_once renew --all
expect_equal "all of them renew at once, and each is done" "$CROWD 0" "$(codes)"
expect_equal "each with its old certificate" "$CROWD Machine renewed healthy" "$(states)"
at_once run
expect_equal "then there is nothing to do" "$CROWD 0" "$(codes)"
expect_equal "and all is well" "$CROWD Machine  healthy" "$(states)"
expect_equal "none of them was told of any trouble" "" "$(cat "$HOSTS"/*/errors)"
tail -n "+$((before + 1))" "$PLACE/log/policyd.log" >"$STORY_DIR/log"
expect_equal "policyd has issued to each twice" "$((2 * CROWD))" "$(grep -c 'request\.issued .*/crowd' "$STORY_DIR/log")"
expect_equal "and has refused, put off or failed nobody" "" "$(grep -E ' (warning|error) |request\.(answered|unrecorded)' "$STORY_DIR/log")"
expect_output "nothing is wrong with it" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
story_end
