#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `lab clock` moves the time of KDC, directory and clients together, in either direction.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
clock_can_move || story_skip_all "libfaketime is not installed, or this is a sanitizer build"

PLACE=$STORY_DIR/lab
DAY=86400

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

policyctl() {
    in_lab sh -c '$POLICYCTL "$@"' sh "$@"
}

# status_time PATTERN: the time in policyd's status that comes right behind it.
status_time() {
    date -d "$(policyctl status --json | sed -E "s/$1\"now\":\"([^\"]*)\".*/\1/")" +%s
}

kinit_host() {
    in_lab sh -c 'kinit -k -t "$HOST_KEYTAB" "$HOST_PRINCIPAL"'
}

whoami_with_ticket() {
    in_lab ldapwhoami -Q -Y GSSAPI
}

# is_about SECONDS TIME: TIME is real time moved by SECONDS, give or take five minutes.
is_about() {
    local difference=$(($2 - $(date +%s) - $1))
    echo "off by $difference s"
    ((difference > -300 && difference < 300))
}

# modified: when the directory says that an entry was changed just now.
modified() {
    in_lab sh -euc 'printf "%s\n" "dn: cn=$USER1,ou=people,$LAB_BASE" "changetype: modify" \
        "replace: description" "description: now" |
        ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" >/dev/null
        ldapsearch -x -LLL -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" "(cn=$USER1)" \
        modifyTimestamp' |
        sed -nE 's/^modifyTimestamp: (....)(..)(..)(..)(..)(..)Z$/\1-\2-\3 \4:\5:\6Z/p'
}

modified_seconds() {
    date -d "$(modified)" +%s
}

expect "a lab comes up" up_lab "$PLACE"
expect_equal "and runs without libfaketime" "" "$(grep -l faketime \
    "/proc/$("$LAB" pid "$PLACE" kdc)/maps" "/proc/$("$LAB" pid "$PLACE" directory)/maps" || true)"
expect "a host has a ticket" kinit_host
expect "which is good" in_lab klist -s

expect "the clock goes 30 days on" "$LAB" clock "$PLACE" +30d
expect "a client sees it" is_about $((30 * DAY)) "$(in_lab date +%s)"
expect "the directory sees it" is_about $((30 * DAY)) "$(modified_seconds)"
expect_failure "the old ticket has expired" '' in_lab klist -s
expect_failure "and the directory is out of reach with it" 'expired' whoami_with_ticket
expect "the KDC gives a new one" kinit_host
expect_output "which the directory takes" '^dn:cn=client1' whoami_with_ticket
expect "policyd sees it" is_about $((30 * DAY)) "$(status_time '^\{"schema":"[^"]*",')"
expect "its signer sees it" is_about $((30 * DAY)) "$(status_time '.*"signer":\{.*')"
expect_output "and find nothing wrong" '^Nothing is wrong' policyctl status
expect_output "status says what time it is" 'clock \+2592000$' "$LAB" status "$PLACE"

kdc=$("$LAB" pid "$PLACE" kdc)
expect "it goes on to 400 days, from within the lab" in_lab "$LAB" clock "$PLACE" +400d
expect_equal "the KDC follows without a restart" "$kdc" "$("$LAB" pid "$PLACE" kdc)"
expect "and gives a ticket" kinit_host
expect_output "which the directory takes" '^dn:cn=client1' whoami_with_ticket
expect_output "TLS still holds" '^anonymous|^dn:' in_lab sh -c \
    "ldapwhoami -x -H \"\$LDAPS_URI\" -D \"\$LDAP_ADMIN_DN\" -y \"\$LDAP_ADMIN_PASSWORD_FILE\""

expect_output "backwards it goes with a warning" 'clock goes back' "$LAB" clock "$PLACE" -2h
expect "a client sees it" is_about -7200 "$(in_lab date +%s)"
expect "the directory sees it" is_about -7200 "$(modified_seconds)"
expect "the KDC gives a ticket" kinit_host
expect_output "which the directory takes" '^dn:cn=client1' whoami_with_ticket
expect_output "nothing is wrong with policyd, for the clock was confirmed" '^Nothing is wrong' policyctl status
expect "a restart keeps the time" "$LAB" restart "$PLACE"
expect "as a client sees" is_about -7200 "$(modified_seconds)"

expect "+0 is real time" "$LAB" clock "$PLACE" +0
expect "for a client" is_about 0 "$(in_lab date +%s)"
expect "and for the directory" is_about 0 "$(modified_seconds)"
expect_equal "without libfaketime" "" "$(grep -l faketime \
    "/proc/$("$LAB" pid "$PLACE" kdc)/maps" "/proc/$("$LAB" pid "$PLACE" directory)/maps" || true)"

for offset in 30d +30x ++1 +1.5h 'tomorrow' +99999999999 -9999999d; do
    expect_exit "'$offset' is no offset" 2 'no offset' "$LAB" clock "$PLACE" "$offset"
done
expect "a lab of moved time goes down" "$LAB" down "$PLACE"
story_end
