#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The HTTPS listener's certificate: issued by policyd's own CA, kept for the next start, anew when
# it cannot serve, or that of a file; and what happens as long as there is none.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
trap 'status=$?; policyd_clean; signer_clean; (exit $status); story_abort' EXIT

SIGNER_SOCKET=$SIGNER_DIR/signer.sock # policyd_configure reads it
ROOT=$SIGNER_DIR/ca/root.crt
TLS=$POLICYD_DIR/tls/tls.pem

https() { # TARGET [CURL OPTION...]
    curl -sS --fail-with-body --max-time "$PATIENCE" --cacert "$ROOT" \
        --resolve "policyd.example.test:$(policyd_est_port):127.0.0.1" "${@:2}" \
        "https://policyd.example.test:$(policyd_est_port)$1"
}

# shown [OPTION...]: of openssl x509, for the certificate that is shown now.
shown() {
    openssl s_client -connect "127.0.0.1:$(policyd_est_port)" -CAfile "$ROOT" </dev/null \
        2>/dev/null | openssl x509 -noout "$@"
}

shows_another_than() { # SERIAL
    local now
    now=$(shown -serial 2>/dev/null) && [[ $now != "$1" ]]
}

restart() {
    policyd_stop || true
    policyd_start
}

make_ca() {
    signer_place "$SIGNER_DIR"
    (umask 077 && echo 'a passphrase for the root' >"$STORY_DIR/root.secret")
    printf '[global]\nrealms = EXAMPLE.TEST\nprotected = krbtgt\n[profile tls]\nca = lab\ndns = policyd.example.test, pki.example.test\n' \
        >"$SIGNER_DIR/bounds.conf"
    "$SIGNER" -c "$SIGNER_DIR/signer.conf" --ca-init --root-cn 'Story Root CA' \
        --issuing-cn 'Story Issuing CA 1' --root-passphrase-fd 7 7<"$STORY_DIR/root.secret"
}

expect_none_yet() {
    policyd_configure '[policyd]' 'ca = lab'
    expect "policyd starts without a signer" policyd_start
    expect "and listens" wait_for "$PATIENCE" test -n "$(policyd_est_port)"
    expect_exit "every handshake fails" 35 '' https /healthz -k
    expect_output "status says what is missing" '"what":"tls","why":"[^"]*CA above' \
        policyd_ask /v1/status
    expect_output "and that no tickets are taken" '"what":"kerberos","why":"[^"]*service' \
        policyd_ask /v1/status
}

expect_issued() {
    expect "a CA is made" make_ca
    expect "its signer starts" signer_start "$SIGNER_DIR"
    expect "policyd gets its certificate by itself" wait_for "$PATIENCE" https /healthz
    expect_output "for the names that the signer's bounds allow" \
        'DNS:policyd.example.test, DNS:pki.example.test' shown -ext subjectAltName
    expect_output "by its own CA" 'CN = Story Issuing CA 1' shown -issuer
    expect_output "a certificate of a server, and of nothing else" \
        '^    TLS Web Server Authentication$' shown -ext extendedKeyUsage
    expect_output "with a key on P-256" '^ *NIST CURVE: P-256$' shown -text
    expect_output "the chain is sent without its root" '^ 1 s:.*Issuing CA 1' openssl s_client \
        -connect "127.0.0.1:$(policyd_est_port)" -showcerts
    verdict "which clients have themselves" not_printed '^ 2 s:'
    expect_equal "its key is for policyd's user alone" "600" "$(stat -c %a "$TLS")"
    expect_output "the ledger has it as nobody's" '"account":""' policyd_ask /v1/certificates
    expect_failure "there is nothing to be had without a route" NO_PATH https /nothing
    expect "status has nothing to say about it any more" wait_for "$PATIENCE" status_without '"what":"tls"'
}

status_without() { # TEXT: it answers, and without that
    local text
    text=$(policyd_ask /v1/status) && [[ $text == *'"problems"'* && $text != *"$1"* ]]
}

not_printed() { ! grep -qE -- "$1" "$STORY_DIR/output"; }

expect_kept() {
    local serial
    serial=$(shown -serial)
    signer_stop || true
    expect "without the signer policyd starts again" restart
    expect "and shows a certificate" wait_for "$PATIENCE" https /healthz
    expect_equal "that which it had" "$serial" "$(shown -serial)"
    : >"$TLS"
    expect "with a damaged one it starts, too" restart
    expect_exit "and shows none" 35 '' https /healthz
    expect "the signer is back" signer_start "$SIGNER_DIR"
    expect "policyd gets a new one" wait_for "$PATIENCE" https /healthz
    expect "of another number" shows_another_than "$serial"
    serial=$(shown -serial)
    policyd_configure '[policyd]' 'ca = lab' '[tls]' 'names = pki.example.test'
    expect "told other names it starts" restart
    expect "and gets another one" wait_for "$PATIENCE" shows_another_than "$serial"
    expect_output "for these alone" '^    DNS:pki.example.test$' shown -ext subjectAltName
    policyd_configure '[policyd]' 'ca = lab' '[tls]' 'names = evil.example.test'
    expect "told a name beyond the bounds it starts" restart
    expect "and says that there will be none" wait_for "$PATIENCE" status_has 'no certificate for the HTTPS'
}

# By time alone: an hour's certificate is to be renewed some seconds after it was made.
expect_renewed() {
    local pid serial
    policyd_configure '[policyd]' 'ca = lab' '[tls]' 'names = policyd.example.test' 'validity = 1h' \
        'renew_before = 3590s'
    expect "told to renew soon it starts" restart
    pid=$POLICYD_PID
    expect "and shows a certificate" wait_for "$PATIENCE" https /healthz
    serial=$(shown -serial)
    expect "when its time has come, another one" wait_for "$PATIENCE" shows_another_than "$serial"
    serial=$(shown -serial)
    expect "and again" wait_for "$PATIENCE" shows_another_than "$serial"
    expect "which serves" wait_for "$PATIENCE" https /healthz
    expect "from the same process" status_has "\"pid\":$pid"
}

make_file() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -keyout "$POLICYD_DIR/own.key" -out "$POLICYD_DIR/own.crt" -subj "/CN=$1" \
        -addext "subjectAltName=DNS:$1" 2>/dev/null
    chmod 600 "$POLICYD_DIR/own.key"
}

expect_file() {
    local serial
    make_file policyd.example.test
    ROOT=$POLICYD_DIR/own.crt
    policyd_configure '[policyd]' 'ca = lab' '[tls]' 'certificate = file' \
        "chain = $POLICYD_DIR/own.crt" "key = $POLICYD_DIR/own.key"
    expect "with a certificate of a file policyd starts" restart
    expect "and shows it" wait_for "$PATIENCE" https /healthz
    serial=$(shown -serial)
    make_file policyd.example.test
    kill -HUP "$POLICYD_PID"
    expect "a reload shows what is there now" wait_for "$PATIENCE" shows_another_than "$serial"
    serial=$(shown -serial)
    cp "$POLICYD_DIR/own.key" "$POLICYD_DIR/old.key"
    make_file policyd.example.test
    cp "$POLICYD_DIR/old.key" "$POLICYD_DIR/own.key"
    kill -HUP "$POLICYD_PID"
    expect "a key that does not fit is said" wait_for "$PATIENCE" status_has "the key is not the certificate's"
    expect_equal "and the old certificate is shown" "$serial" "$(shown -serial)"
}

expect_no_listener() {
    EST_ADDRESS='' policyd_configure
    expect "without an address policyd starts" restart
    expect_equal "and listens nowhere for it" "" "$(policyd_est_port)"
    expect_output "status answers" '"problems"' policyd_ask /v1/status
    verdict "and takes it for no problem" not_printed '"what":"(tls|kerberos)"'
    EST_ADDRESS=192.0.2.1 policyd_configure
    expect "with an address of another host it starts, too" restart
    expect "and says so" status_has 'listening at 192.0.2.1'
}

expect_none_yet
expect_issued
expect_kept
expect_renewed
expect_file
expect_no_listener
signer_clean
policyd_end
