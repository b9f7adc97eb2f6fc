#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Credentials and directory together, on the real KDC and slapd: who is known, who is known and
# refused, and that no connection, ticket or certificate outlives what the directory says.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=auth_lib.sh
. "$(dirname -- "$0")/auth_lib.sh"

# log_in_as CACHE PRINCIPAL KEYTAB: a ticket for the service, too, so that no KDC is needed later.
log_in_as() {
    in_lab env KRB5CCNAME="FILE:$PLACE/tmp/$1" bash -euc 'kinit -k -t "$2" "$1"; kvno "$3"' sh \
        "$2" "$3" "$SERVICE"
}

as() { # CACHE ARGUMENT...: the client with that ticket
    in_lab env KRB5CCNAME="FILE:$PLACE/tmp/$1" /usr/bin/python3 \
        "$REPO/tests/integration/negotiate.py" "$SERVER_PORT" --service "$SERVICE" "${@:2}"
}

shows() { # CERTIFICATE ARGUMENT...: the certificate alone
    as alice --send nothing --cert "$1.pem" "$1.key" "${@:2}"
}

refused() { # SENTENCE STATUS REASON COMMAND...
    expect_output "$1: $2" "^HTTP $2" "${@:4}"
    verdict "... as $3" printed "^audit $3: "
    verdict "... and nobody is told more" not_printed '^(principal|account|group) '
}

not_printed() { ! grep -qE -- "$1" "$STORY_DIR/output"; }

comes_in() { # SENTENCE NAME COMMAND...
    expect_output "$1" "^named $2@$REALM\$" "${@:3}"
}

change() { # LDIF on standard input
    cat >change.ldif
    in_lab sh -euc 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' sh \
        "$STORY_DIR/change.ldif" >/dev/null
}

modify() { # CN LINE...: of an entry below ou=people
    { printf 'dn: cn=%s,ou=people,%s\nchangetype: modify\n' "$1" "$BASE" && printf '%s\n' "${@:2}"; } | change
}

put_in_place_of() { # CN CN GROUP: the first becomes a member, the second is none any more
    printf '%s\n' "dn: cn=$3,ou=groups,$BASE" 'changetype: modify' 'add: member' \
        "member: cn=$1,ou=people,$BASE" - 'delete: member' "member: cn=$2,ou=people,$BASE" | change
}

# on_one_connection CLIENT-COMMAND... -- ORDER...: two requests, and ORDER between them.
on_one_connection() {
    local command=() client
    while [[ $1 != -- ]]; do
        command+=("$1")
        shift
    done
    rm -f gate live.out && mkfifo gate
    "${command[@]}" --requests 2 --gate "$STORY_DIR/gate" >live.out 2>&1 &
    client=$!
    if wait_for "$PATIENCE" grep -q '^ticket' live.out && "${@:2}"; then
        echo go >gate
    else
        kill "$client"
    fi
    wait "$client" || true
    cat live.out
}

# second ...: what came behind the order.
second_of() {
    on_one_connection "$@" | awk '/^HTTP / { n++ } n == 2'
}

account_of() { # CACHE
    as "$1" | sed -n 's/^account //p'
}

prepare() {
    auth_prepare
    BASE=$(lab_value "$PLACE" LAB_BASE)
    local user keytab
    for user in 1 2 3; do
        keytab=$(lab_value "$PLACE" "USER${user}_KEYTAB")
        log_in_as "$(lab_value "$PLACE" "USER$user")" "$(lab_value "$PLACE" "USER$user")" "$keytab"
    done
    log_in_as foreign "$(lab_value "$PLACE" FOREIGN_PRINCIPAL)" "$(lab_value "$PLACE" FOREIGN_KEYTAB)"
    log_in_as host "$(lab_value "$PLACE" HOST_PRINCIPAL)" "$(lab_value "$PLACE" HOST_KEYTAB)"
    log_in_as service HTTP/localhost "$KEYTAB"
    SERVER_OPTIONS=(servers="$(lab_value "$PLACE" LDAP_URI)" base="$BASE" realm="$REALM"
        principal="$(lab_value "$PLACE" POLICYD_PRINCIPAL)"
        ldap_keytab="$(lab_value "$PLACE" POLICYD_KEYTAB)")
} >/dev/null

expect_accounts() {
    comes_in "a user comes in" alice as alice
    verdict "with her groups through others" printed "^group cn=certificate-users,ou=groups,$BASE\$"
    comes_in "a host comes in" "host/$(lab_value "$PLACE" HOST_FQDN)" as host
    refused "a user of a realm that is not served" 403 REALM as foreign
    refused "a service" 403 PRINCIPAL as service
    refused "nobody" 401 AUTH_NONE as alice --send nothing
    refused "a token bound to another certificate" 401 CB_MISMATCH as alice --bind wrong
}

expect_certificates() {
    make_certificate ca alices clientAuth
    make_certificate ca bobs clientAuth
    expect "certificates are entered into the ledger" enter_ledger
    comes_in "a certificate is its account" alice shows alices
    comes_in "beside its owner's token it is, too" alice as alice --cert alices.pem alices.key
    refused "another's beside a token" 403 IDENTITY_CONFLICT as alice --cert bobs.pem bobs.key
    comes_in "while alone that is its own account" bob shows bobs
    expect_output "curl shows it, too" '^named alice@' in_lab curl -sS --cacert "$STORY_DIR/ca.pem" \
        --cert "$STORY_DIR/alices.pem" --key "$STORY_DIR/alices.key" \
        --resolve "localhost:$SERVER_PORT:127.0.0.1" "https://localhost:$SERVER_PORT/whoami"
    expect_output "and openssl s_client" '^named alice@' ask_by_openssl alices
}

enter_ledger() {
    tell issue alices.pem "$(account_of alice)" "alice@$REALM" &&
        tell issue bobs.pem "$(account_of bob)" "bob@$REALM"
}

ask_by_openssl() { # CERTIFICATE
    printf 'GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
        timeout "$PATIENCE" openssl s_client -quiet -connect "127.0.0.1:$SERVER_PORT" -CAfile ca.pem \
            -cert "$1.pem" -key "$1.key" 2>&1 | tr -d '\r'
}

expect_live_connections() {
    comes_in "a group is there" alice as alice
    verdict "with a login" printed '^group cn=engineering,'
    expect_output "taken away, it is gone with the next request of the same connection" '^HTTP 200' \
        second_of as alice -- put_in_place_of bob alice engineering
    verdict "... with all that it led to" not_printed '^group '
    expect_output "and back with the one after it is given again" '^group cn=certificate-users,' \
        second_of as alice -- put_in_place_of alice bob engineering
    expect_output "a certificate that is revoked ends its connection's right at once" '^HTTP 401' \
        second_of shows bobs -- tell revoke bobs.pem
    verdict "... as revoked" printed '^certificate REVOKED: '
    expect_output "an account that is locked ends its login at once" '^audit DISABLED: ' second_of as bob \
        -- modify bob 'add: pwdAccountLockedTime' 'pwdAccountLockedTime: 000001010000Z'
}

expect_ends() {
    refused "a locked account with a good ticket" 403 DISABLED as bob
    expect "it is unlocked" modify bob 'delete: pwdAccountLockedTime'
    comes_in "and comes in with the same ticket" bob as bob
    comes_in "an account that is there comes in" carol as carol
    change <<<"dn: cn=carol,ou=people,$BASE
changetype: delete"
    refused "deleted after the ticket" 403 DISABLED as carol
    expect "alice gets another name" modify alice 'replace: uid' 'uid: alicia'
    comes_in "her certificate is still hers, under the new name" alicia shows alices
    refused "a ticket of the old name is nobody's" 403 DISABLED as alice
    expect "she gets her name back" modify alice 'replace: uid' 'uid: alice'
    comes_in "and comes in" alice as alice
}

expect_outages() {
    local pid
    pid=$("$LAB" pid "$PLACE" directory)
    kill -STOP "$pid"
    refused "a directory that hangs" 503 DIR_DOWN as alice
    verdict "... to be asked again in whole seconds" printed '^Retry-After [1-9][0-9]*$'
    refused "for certificates likewise" 503 DIR_DOWN shows alices
    kill -CONT "$pid"
    expect "going on, it serves without a restart of ours" wait_for "$PATIENCE" comes_in_quietly alice
    kill -KILL "$pid"
    refused "a directory that is gone" 503 DIR_DOWN as alice
    run "$LAB" restart "$PLACE" directory
    expect "and when it is back" wait_for "$PATIENCE" comes_in_quietly alice
    kill -KILL "$("$LAB" pid "$PLACE" kdc)"
    comes_in "without a KDC a ticket does as long as it lasts" alice as alice
    run "$LAB" restart "$PLACE" kdc
    comes_in "and when it is back" alice as alice
}

comes_in_quietly() {
    prints "^named $1@" as "$1"
}

prepare
expect "the server starts" start_server require
expect_accounts
expect_certificates
expect_live_connections
expect_ends
expect_outages
expect "the server ends well" stop_server
story_end
