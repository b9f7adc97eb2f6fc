#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A client certificate counts only as long as our ledger has it as a live one for clients: everything
# else is like no credential, at policyd itself.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

# shows NAME: renews with that certificate and its key.
shows() {
    ask Machine/simplereenroll next --cert "$WORK/$1.pem" --key "$WORK/$1.key"
}

# counts_not SENTENCE NAME: and nothing is signed.
counts_not() {
    local before
    before=$(signed)
    request_of next ec
    run shows "$2"
    verdict "$1: 401" is_status next 401
    expect_output "$1: no more is told" '^AUTH_NONE: Authentication is required' cat "$WORK/next.body"
    expect_output "$1: Kerberos is offered" '^WWW-Authenticate: Negotiate.?$' cat "$WORK/next.head"
    expect_equal "$1: nothing is signed" "$before" "$(signed)"
}

comes_in() { # SENTENCE NAME
    rm -f "$WORK/next.key"
    request_of next ec
    run shows "$2"
    verdict "$1" is_status next 200
}

extensions() { # PURPOSE
    printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        "extendedKeyUsage=$1" "subjectAltName=DNS:$HOST"
}

# forge NAME OPENSSL-OPTION...: what could be the host's, if only the signature were.
forge() {
    key_of "$1" ec
    openssl req -new -key "$WORK/$1.key" -subj "/CN=$HOST" |
        openssl x509 -req -days 30 -extfile <(extensions clientAuth) -out "$WORK/$1.pem" \
            -set_serial "0x$(openssl x509 -in "$WORK/host.pem" -noout -serial | cut -d= -f2)" "${@:2}"
}

# A CA that is called like ours, and has another key.
forge_ca() {
    key_of ca ec
    openssl req -x509 -key "$WORK/ca.key" -out "$WORK/ca.pem" -days 30 \
        -subj "/$(openssl x509 -in "$WORK/host.pem" -noout -issuer -nameopt sep_multiline | sed -n 's/^ *CN=/CN=/p')" \
        -addext basicConstraints=critical,CA:TRUE
    openssl x509 -in "$WORK/ca.pem" -noout -subject | cut -d= -f2- >"$WORK/ca.subject"
}

serial_of() {
    openssl x509 -in "$WORK/$1.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept
HOST=$(lab_value "$PLACE" HOST_FQDN)
expect "a host logs in" login HOST
for name in host host2; do
    request_of "$name" ec
    expect_issued "it gets a certificate: $name" Machine/simpleenroll "$name"
done
comes_in "which renews itself" host

expect "somebody signs one by himself" forge self -signkey "$WORK/host2.key"
cp "$WORK/host2.key" "$WORK/self.key"
counts_not "a self-signed one" self
expect "somebody has a CA with our name" forge_ca
expect_equal "as our certificates name it" "$(openssl x509 -in "$WORK/host.pem" -noout -issuer | cut -d= -f2-)" \
    "$(cat "$WORK/ca.subject")"
expect "and signs one" forge foreign -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key"
counts_not "one of another CA of our name, with a serial of ours" foreign

cp "$PLACE/policyd/tls/tls.pem" "$WORK/server.pem"
cp "$PLACE/policyd/tls/tls.pem" "$WORK/server.key"
expect_output "policyd's own is of our CA, for servers" '^X509v3 Extended Key Usage: .*TLS Web Server Authentication$' \
    bash -euc 'openssl x509 -in "$1" -noout -ext extendedKeyUsage | tr -s "\n " " " | sed "s/ $//"' sh "$WORK/server.pem"
counts_not "a server's one of our own CA" server

expect "one is revoked" in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason superseded' "$(serial_of host2)"
counts_not "a revoked one, at once" host2
expect "one is put on hold" in_lab_sh '$POLICYCTL --yes cert hold "$1"' "$(serial_of host)"
counts_not "one on hold, at once" host
expect "and released" in_lab_sh '$POLICYCTL --yes cert unhold "$1"' "$(serial_of host)"
comes_in "then it counts again" host

if clock_can_move; then
    expect "a year goes by" "$LAB" clock "$PLACE" +370d
    counts_not "an expired one" host
    expect "the host logs in again" login HOST
    request_of later ec
    expect_issued "and gets another one" Machine/simpleenroll later
    comes_in "which renews itself" later
else
    skip "an expired one: 401" "the lab's clock cannot be moved here"
fi
story_end
