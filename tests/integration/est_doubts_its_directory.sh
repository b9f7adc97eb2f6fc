#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A directory that hangs, breaks off in the middle of an answer or gives only a part of it, and a KDC
# that is gone: nobody gets a certificate on what is not known, above all nobody whose right was taken
# away meanwhile; and when it is back, all is well without a restart.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

ends_with() { # STATUS NAME
    ask_with_ticket User/simpleenroll "$2" >"$STORY_DIR/output" && is_status "$2" "$1"
}

is_put_off() { # REASON NAME: perhaps for another one at first
    ends_with 503 "$2" && grep -q "^$1: " "$WORK/$2.body"
}

# expect_later SENTENCE REASON: 503 soon, and from then on, in whole seconds. Nothing is signed from the
# first question on: where no answer can come, a word of before is none.
expect_later() {
    local before
    before=$(signed)
    request_of "later$((CASE += 1))" rsa2048
    expect "$1: 503 soon" wait_for "$PATIENCE" is_put_off "$2" "later$CASE"
    request_of "later$((CASE += 1))" rsa2048
    expect "$1: and again" wait_for "$PATIENCE" is_put_off "$2" "later$CASE"
    expect_output "$1: to be asked again in whole seconds" '^Retry-After: [1-9][0-9]*.?$' cat "$WORK/later$CASE.head"
    expect_equal "$1: nothing is signed" "$before" "$(signed)"
}
CASE=0

expect_again() { # SENTENCE
    request_of "again$((CASE += 1))" rsa2048
    expect "$1" wait_for "$PATIENCE" ends_with 200 "again$CASE"
}

expect_no_more() { # SENTENCE
    local before
    before=$(signed)
    request_of "no$((CASE += 1))" rsa2048
    expect "$1" wait_for "$PATIENCE" ends_with 403 "no$CASE"
    expect_output "$1: NO_ENROLL" '^NO_ENROLL: ' cat "$WORK/no$CASE.body"
    expect_equal "$1: nothing is signed" "$before" "$(signed)"
}

change_group() { # add|delete: alice in hers; by the directory itself, whatever lies between
    printf '%s\n' "dn: cn=engineering,ou=groups,$BASE" 'changetype: modify' "$1: member" \
        "member: cn=alice,ou=people,$BASE" - "$([[ $1 == add ]] && echo delete || echo add): member" \
        "member: cn=carol,ou=people,$BASE" >"$WORK/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/change.ldif"
}

touch_directory() { # so that no account is kept as it was read before
    printf '%s\n' "dn: ou=people,$BASE" 'changetype: modify' 'replace: description' \
        "description: $((CASE += 1))" >"$WORK/touch.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/touch.ldif"
}

set_limit() { # LIMIT: entries that the directory gives to policyd at once
    printf '%s\n' 'dn: olcDatabase={1}mdb,cn=config' 'changetype: modify' 'replace: olcLimits' \
        "olcLimits: {0}dn.exact=\"cn=policyd,ou=services,$BASE\" size=$1" >"$WORK/limit.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/limit.ldif"
}

# A line to the directory that can be cut in the middle of an answer.
start_line() {
    mkfifo "$STORY_DIR/line.in"
    python3 "$REPO/tests/integration/cut.py" localhost "$1" <"$STORY_DIR/line.in" >"$STORY_DIR/line.out" \
        2>"$STORY_DIR/line.err" &
    exec {LINE}>"$STORY_DIR/line.in"
    wait_for "$PATIENCE" test -s "$STORY_DIR/line.out"
}

is_carried_out() { # COUNT: so many orders, below the line's port
    (($(wc -l <"$STORY_DIR/line.out") == $1 + 1))
}

order() { # cut|late|mend: and the line does so from now on
    echo "$1" >&"$LINE"
    wait_for "$PATIENCE" is_carried_out "$((ORDERS += 1))"
}
ORDERS=0

use_line() { # PORT: policyd reaches the directory by it
    sed -i "s,^servers = .*,servers = ldap://localhost:$1," "$(lab_value "$PLACE" POLICYD_CONF)"
    "$LAB" restart "$PLACE" policyd
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept \
    --set directory.timeout=5s --set template.refresh=1s
BASE=$(lab_value "$PLACE" LAB_BASE)
expect "policyd reaches the directory by a line that can be cut" start_line "$(lab_value "$PLACE" LDAP_URI | sed 's/.*://')"
expect "and comes up again" use_line "$(<"$STORY_DIR/line.out")"
expect "a user logs in" login USER1
expect_again "she gets her certificate"

expect "the line is cut after some octets more" order cut
expect "what it knows of her is out of date" touch_directory
request_of cut rsa2048
expect "whoever asks is soon put off" wait_for "$PATIENCE" is_put_off DIR_DOWN cut # some answers may be whole
expect_later "cut in the middle of an answer" DIR_DOWN
expect_output "in the middle it was" '^cut' cat "$STORY_DIR/line.err"
expect "meanwhile she leaves her group" change_group delete
expect_later "what was true before counts no more" DIR_DOWN
expect "the line is mended" order mend
expect_no_more "when the directory is back, her right is gone"
expect "she comes back" change_group add
expect_again "and has it again, without a restart"

expect "answers are kept back" order late
expect_later "an answer that is late" DIR_DOWN
expect_output "it was on its way" '^late' cat "$STORY_DIR/line.err"
expect "meanwhile she leaves her group" change_group delete
expect_later "what was true before counts no more" DIR_DOWN
expect "the line is mended" order mend
expect_no_more "the answers that come at last are none to what is asked now"
expect "she comes back" change_group add
expect_again "and has it again, without a restart"

pid=$("$LAB" pid "$PLACE" directory)
kill -STOP "$pid"
expect "the directory stops" wait_for "$PATIENCE" grep -q '^State:.T' "/proc/$pid/status"
expect_later "a directory that hangs" DIR_DOWN
kill -CONT "$pid"
expect_again "it goes on, and so do we"

# More groups than the directory gives; of templates it gives all, so that these are not what is missing.
expect "she is in ten groups at once" in_lab_sh 'for i in {0..9}; do
    printf "%s\n" "dn: cn=team$i,ou=groups,$LAB_BASE" "objectClass: groupOfNames" \
        "member: cn=alice,ou=people,$LAB_BASE" ""
    done | ldapadd -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE"'
expect_again "which are found"
expect "the directory gives seven entries at a time" set_limit 7
run "$LAB" restart "$PLACE" directory # limits count from the next login on
expect "what policyd knows of her is out of date" touch_directory
expect_later "a limit in the middle of her groups" DIR_PARTIAL
expect "it gives all again" set_limit unlimited
run "$LAB" restart "$PLACE" directory
expect_again "and she gets hers"

expect "the KDC is stopped" "$LAB" stop "$PLACE" kdc
expect_again "a ticket that is there does"
expect "it is thrown away" in_lab_sh kdestroy
before=$(signed)
request_of nobody rsa2048
run ask_with_ticket User/simpleenroll nobody
verdict "without one she is nobody" is_status nobody 401
expect_equal "and nothing is signed" "$before" "$(signed)"
expect "the KDC is started" "$LAB" start "$PLACE" kdc
expect "she logs in again" login USER1
expect_again "and gets hers"

expect "the KDC is stopped again" "$LAB" stop "$PLACE" kdc
pid=$("$LAB" pid "$PLACE" policyd)
expect "so is policyd" "$LAB" stop "$PLACE" policyd
expect "policyd starts without a KDC" "$LAB" start "$PLACE" policyd
new=$("$LAB" pid "$PLACE" policyd)
expect_later "who has a ticket is put off, since the directory wants one of policyd" DIR_DOWN
expect_output "policyd says what it misses" 'directory' in_lab_sh '$POLICYCTL status || true'
expect "the KDC is started" "$LAB" start "$PLACE" kdc
expect_again "and she gets hers"
expect_equal "from the policyd that was started without it" "$new other" \
    "$("$LAB" pid "$PLACE" policyd) $([[ $new == "$pid" ]] && echo same || echo other)"
expect "policyd finds nothing wrong when all is back" wait_for "$PATIENCE" in_lab_sh '$POLICYCTL status | grep -q "^Nothing is wrong"'
exec {LINE}>&-
story_end
