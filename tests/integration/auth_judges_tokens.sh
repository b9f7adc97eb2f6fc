#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kerberos tokens over TLS: who comes in, who does not, and what the record says.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=auth_lib.sh
. "$(dirname -- "$0")/auth_lib.sh"

in_lab_sh() {
    in_lab bash -euc "$1"
}

# refused SENTENCE REASON ARGUMENT...: 401 that looks like all others, with REASON in the record.
refused() {
    expect_output "$1: 401" '^HTTP 401 Negotiate$' client "${@:3}"
    run client "${@:3}"
    verdict "... and the record says $2" printed "^audit $2: "
    verdict "... but the peer is told AUTH_NONE" printed '^AUTH_NONE: Authentication is required'
}

comes_in() { # SENTENCE PRINCIPAL ARGUMENT...
    expect_output "$1" "^principal $2\$" client "${@:3}"
}

# statuses ARGUMENT...: those of all answers, in one line.
statuses() {
    client "$@" | sed -n 's/^HTTP \([0-9]*\).*/\1/p' | xargs
}

curl_status() { # ARGUMENT...
    in_lab curl -sS -o /dev/null -w '%{http_code}' --cacert ca.pem --resolve \
        "localhost:$SERVER_PORT:127.0.0.1" "https://localhost:$SERVER_PORT/whoami" "$@" || true
}

expect_bindings() {
    comes_in "a bound token comes in" "alice@$REALM"
    comes_in "with TLS 1.2, too" "alice@$REALM" --tls12
    run client
    verdict "it counts as bound" printed '^bound yes$'
    verdict "the server proves itself to the client" printed '^mutual yes$'
    refused "a token bound to another certificate" CB_MISMATCH --bind wrong
}

expect_no_others() {
    local kind
    for kind in ntlm spnego-ntlm garbage zeros indefinite oversized empty no-base64 basic bearer; do
        refused "no credentials: $kind" AUTH_NONE --send "$kind"
    done
    refused "nothing at all" AUTH_NONE --send nothing
    comes_in "a client that offers NTLM first and goes on with Kerberos" "alice@$REALM" --send guess
}

expect_one_use() {
    run client --again other
    verdict "a token does for one connection" printed '^HTTP 200'
    verdict "not for another one" printed '^audit REPLAY: '
    run client --again same
    verdict "nor twice on the same one" printed '^audit REPLAY: '
    expect "the replay cache is where it was configured" test -s replay-cache
    expect_equal "a login stands for its connection" "200 200 200" "$(statuses --requests 3)"
    in_lab_sh 'kinit -c "$LAB_DIR/tmp/bob" -k -t "$USER2_KEYTAB" "$USER2"'
    run client --then "$PLACE/tmp/bob"
    verdict "another user's login on it is refused" printed '^audit IDENTITY_CONFLICT: '
    verdict "... as a conflict" printed '^HTTP 403'
    expect_equal "her own second one is not" "200 200" "$(statuses --then "$PLACE/tmp/ccache")"
}

expect_services() {
    in_lab kadmin.local -q 'addprinc -randkey other/localhost' >kadmin.log 2>&1
    SERVICE=other/localhost@$REALM refused "a ticket for another service" SPN
    in_lab kadmin.local -q "ktadd -norandkey -k $KEYTAB other/localhost" >kadmin.log 2>&1
    SERVICE=other/localhost@$REALM refused "... even if its key is in the keytab" SPN
    comes_in "while one for this service comes in" "alice@$REALM"
}

expect_accounts() {
    in_lab_sh 'kinit -k -t "$HOST_KEYTAB" "$HOST_PRINCIPAL"'
    comes_in "a host comes in" "$(lab_value "$PLACE" HOST_PRINCIPAL)"
    in_lab_sh 'kinit -k -t "$FOREIGN_KEYTAB" "$FOREIGN_PRINCIPAL"'
    comes_in "a foreign user keeps her realm" "$(lab_value "$PLACE" FOREIGN_PRINCIPAL)"
    in_lab_sh 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
}

expect_times() {
    expect "the ticket is there already" in_lab kvno "$SERVICE"
    expect_output "a clock ten minutes ahead is refused" '^audit AUTH_NONE: .*(skew|time)' \
        in_lab faketime -f +10m /usr/bin/python3 "$REPO/tests/integration/negotiate.py" \
        "$SERVER_PORT" --service "$SERVICE"
    expect_output "one minute is not" '^HTTP 200' in_lab faketime -f +1m /usr/bin/python3 \
        "$REPO/tests/integration/negotiate.py" "$SERVER_PORT" --service "$SERVICE"
}

expect_keytab() {
    mv "$KEYTAB" away.keytab
    expect "a server without a keytab stops" stop_server
    expect "and starts" start_server require
    expect_output "nobody comes in then, and may try again" '^HTTP 503' client
    verdict "the record says why" printed '^audit KERBEROS: .*key'
    mv away.keytab "$KEYTAB"
    comes_in "with the keytab, without a restart" "alice@$REALM"
    in_lab kadmin.local -q "ktadd -k $KEYTAB HTTP/localhost" >kadmin.log 2>&1
    comes_in "the keytab was rotated: an old ticket" "alice@$REALM"
    in_lab_sh 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
    comes_in "and a new one" "alice@$REALM"
}

# The client keeps to the configuration as it was: it is the server that has to see the change.
expect_configuration() {
    local conf
    conf=$(lab_value "$PLACE" KRB5_CONFIG)
    cp "$conf" krb5.before
    sed 's/^\[libdefaults\]/&\n    permitted_enctypes = aes128-cts-hmac-sha1-96/' krb5.before >krb5.after
    cp krb5.after "$conf.new" && mv "$conf.new" "$conf"
    expect_output "krb5.conf forbids the ticket's cipher: the server sees it at once" '^audit AUTH_NONE: .*type' \
        in_lab env KRB5_CONFIG="$PWD/krb5.before" /usr/bin/python3 "$REPO/tests/integration/negotiate.py" \
        "$SERVER_PORT" --service "$SERVICE"
    cp krb5.before "$conf.new" && mv "$conf.new" "$conf"
    comes_in "and that it is allowed again, too" "alice@$REALM"
}

expect_accepting() {
    expect_equal "curl, which binds nothing, is refused" 401 "$(curl_status --negotiate -u :)"
    refused "an unbound token" CB_MISSING --bind none
    expect "the server stops" stop_server
    expect "and starts with channel_binding = accept" start_server accept
    expect_equal "curl comes in" 200 "$(curl_status --negotiate -u :)"
    expect_equal "not without --negotiate" 401 "$(curl_status)"
    comes_in "and an unbound token" "alice@$REALM" --bind none
    verdict "which does not count as bound" printed '^bound no$'
    expect_bindings
}

# Sanitizers do not suffer the library that moves a clock.
expect_expiry() {
    if grep -qa __asan_init "$BUILD_DIR/tests/support/auth_server"; then
        skip "an expired ticket is refused" "a sanitizer build has one clock only"
        return
    fi
    expect "the server starts again, on the next day" start_server require faketime -f +13h
    expect_output "an expired ticket is refused" '^HTTP 401' client
    expect "it ends well" stop_server
}

auth_prepare
in_lab_sh 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
expect "the server starts" start_server require
expect_bindings
expect_no_others
expect_one_use
expect_services
expect_accounts
expect_times
expect_keytab
expect_configuration
expect_accepting
expect "the server ends well" stop_server
expect_expiry
story_end
