#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd's view of the directory on a real slapd and KDC: who is who, what refuses, and that a
# directory that stops, stalls or answers in part never makes a stale yes.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

DRIVER=$BUILD_DIR/tests/support/directory_driver
PLACE=$STORY_DIR/lab
[[ -x $DRIVER ]] || story_skip "no $DRIVER"

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

# start_driver OPTION...: a driver that lives until stop_driver; ask talks to it.
start_driver() {
    coproc DRIVER_IO {
        in_lab env -u KRB5CCNAME bash -euc 'exec "$@" servers="$LDAP_URI" principal="$POLICYD_PRINCIPAL" \
            keytab="$POLICYD_KEYTAB" base="$LAB_BASE" realm="$LAB_REALM"' sh "$DRIVER" "$@"
    }
}

stop_driver() {
    local pid=$DRIVER_IO_PID
    eval "exec ${DRIVER_IO[1]}>&-"
    wait "$pid" || true
}

ask() { # WORD...: the driver's answer to one command
    local answer words
    words=$(printf '\t%s' "$@")
    printf '%s\n' "${words:1}" >&"${DRIVER_IO[1]}"
    IFS= read -r -t "$PATIENCE" answer <&"${DRIVER_IO[0]}"
    echo "$answer"
}

expect_answer() { # SENTENCE PATTERN WORD...
    expect_output "$1" "$2" ask "${@:3}"
}

change() { # LDIF on standard input
    cat >"$STORY_DIR/change.ldif"
    in_lab sh -euc 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' sh \
        "$STORY_DIR/change.ldif" >/dev/null
}

expect_accounts() {
    expect_answer "a user is found with her names and all groups, three deep" \
        '"kind":"user".*"upn":"alice@'"$REALM"'".*"groups":\["cn=engineering,.*cn=employees,.*cn=certificate-users,' \
        account "alice@$REALM"
    expect_answer "a host is found by its name" \
        '"kind":"machine".*"dns_host_name":"client1\..*"groups":\["cn=web-servers,' account "host/client1.$DOMAIN@$REALM"
    expect_answer "the second host has no groups" '"groups":\[\]' account "host/client2.$DOMAIN@$REALM"
    expect_answer "a foreign realm is refused" '"reason":"REALM"' account "alice@OTHER-$REALM"
    expect_answer "a service is refused" '"reason":"PRINCIPAL"' account "HTTP/localhost@$REALM"
    expect_answer "a name in other letters is nobody's" '"reason":"DISABLED"' account "Alice@$REALM"
}

expect_changes() {
    change <<<"dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=bob,ou=people,$BASE
-
delete: member
member: cn=alice,ou=people,$BASE"
    expect_answer "a group taken away is gone with the next question" '"groups":\[\]' account "alice@$REALM"
    expect_answer "and given to another is there" 'cn=certificate-users' account "bob@$REALM"
    change <<<"dn: cn=bob,ou=people,$BASE
changetype: modify
add: pwdAccountLockedTime
pwdAccountLockedTime: 000001010000Z"
    expect_answer "a locked account is told by its attribute" \
        '"enabled":false,"disabled_by":"pwdAccountLockedTime"' account "bob@$REALM"
    change <<<"dn: cn=twin,ou=people,$BASE
changetype: add
objectClass: inetOrgPerson
sn: Twin
uid: carol"
    expect_answer "two entries for one principal are refused by both names" \
        '"reason":"DIR_AMBIG".*cn=.*cn=' account "carol@$REALM"
    change <<<"dn: cn=twin,ou=people,$BASE
changetype: delete"
    expect_answer "one of them gone, the other is found" '"dn":"cn=carol,' account "carol@$REALM"
    change <<<"dn: cn=carol,ou=people,$BASE
changetype: delete"
    expect_answer "a deleted account is refused" '"reason":"DISABLED"' account "carol@$REALM"
    change <<<"dn: cn=client2.$DOMAIN,ou=computers,$BASE
changetype: modify
replace: dNSHostName
dNSHostName: client1.$DOMAIN"
    expect_answer "a host that claims another's name is refused" '"reason":"DIR_AMBIG"' \
        account "host/client2.$DOMAIN@$REALM"
    expect_answer "and so is the other, while it does" '"reason":"DIR_AMBIG"' account "host/client1.$DOMAIN@$REALM"
}

expect_failures() {
    local pid
    pid=$("$LAB" pid "$PLACE" directory)
    kill -STOP "$pid"
    expect_answer "a stopped slapd is a refusal in time" '"error":"unavailable","reason":"DIR_DOWN"' account "alice@$REALM"
    kill -CONT "$pid"
    expect "going on, it serves again without a restart" wait_for "$PATIENCE" answers_alice
    run "$LAB" restart "$PLACE" directory
    verdict "slapd starts anew" succeeded
    expect "and is used again without a restart of ours" wait_for "$PATIENCE" answers_alice
}

answers_alice() {
    [[ $(ask account "alice@$REALM") == *'"enabled":true'* ]]
}

set_limit() { # LIMIT of policyd's account
    in_lab sh -euc 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE"' >/dev/null <<EOT
dn: olcDatabase={1}mdb,cn=config
changetype: modify
replace: olcLimits
olcLimits: {0}dn.exact="cn=policyd,ou=services,$BASE" size=$1
EOT
}

expect_partial() {
    change <<<"dn: cn=contractors,ou=groups,$BASE
changetype: modify
add: member
member: cn=alice,ou=people,$BASE

dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=alice,ou=people,$BASE"
    expect_answer "two groups at once are found" 'cn=contractors' account "alice@$REALM"
    stop_driver
    set_limit 1
    start_driver
    expect_answer "a size limit in the middle of the groups refuses" '"reason":"DIR_PARTIAL".*[Ss]ize limit' \
        account "alice@$REALM"
    set_limit unlimited
    expect_answer "without it they are there again" 'cn=contractors' account "alice@$REALM"
    stop_driver
    start_driver groups_depth=2
    expect_answer "groups nested deeper than is allowed refuse" '"reason":"DIR_PARTIAL"' account "alice@$REALM"
    stop_driver
}

expect_hostile_environment() {
    printf 'SASL_SECPROPS maxssf=0\nURI ldap://203.0.113.1\nSIZELIMIT 1\n' >"$STORY_DIR/ldaprc"
    run in_lab env LDAPCONF="$STORY_DIR/ldaprc" LDAPSASL_SECPROPS=maxssf=0 LDAPSIZELIMIT=1 bash -euc \
        'printf "search\t(objectClass=*)\n" | "$1" servers="$LDAP_URI" principal="$POLICYD_PRINCIPAL" \
        keytab="$POLICYD_KEYTAB" base="$LAB_BASE" realm="$LAB_REALM"' sh "$DRIVER"
    verdict "libldap's files and variables have no say" succeeded_and_printed '"count":[1-9][0-9]+,"partial":""'
}

expect "a lab comes up" up_lab "$PLACE" --realm random --base random
BASE=$(lab_value "$PLACE" LAB_BASE) REALM=$(lab_value "$PLACE" LAB_REALM) DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN)
start_driver cache=30
expect_accounts
expect_changes
change <<<"dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=client1.$DOMAIN,ou=computers,$BASE"
expect_failures
expect_partial
expect_hostile_environment
story_end
