#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Client certificates over TLS: only a live one of ours counts, alone or beside its owner's token.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=auth_lib.sh
. "$(dirname -- "$0")/auth_lib.sh"

# alone NAME ARGUMENT...: the certificate is the only credential.
alone() {
    client --send nothing --cert "$1.pem" "$1.key" "${@:2}"
}

# beside NAME ARGUMENT...: there is alice's token, too.
beside() {
    client --cert "$1.pem" "$1.key" "${@:2}"
}

# counts_not SENTENCE REASON WORDS NAME: like no credential, alone and beside a token.
counts_not() {
    expect_output "$1: 401" '^HTTP 401 Negotiate$' alone "$4"
    verdict "... like nothing at all" printed '^AUTH_NONE: Authentication is required'
    verdict "... and explained as $2" printed "^certificate $2: .*$3"
    expect_output "... while its owner's token comes in" '^method kerberos$' beside "$4"
}

make_certificates() {
    make_ca other
    make_certificate ca good clientAuth
    make_certificate ca both clientAuth,serverAuth
    make_certificate ca web serverAuth
    make_certificate ca any anyExtendedKeyUsage
    make_certificate ca unknown clientAuth
    SERIAL=0x$(openssl x509 -in good.pem -noout -serial | cut -d= -f2) make_certificate ca twin clientAuth
    make_certificate ca revoked clientAuth
    make_certificate ca bobs clientAuth
    make_certificate ca old clientAuth faketime '2020-01-01'
    make_certificate ca future clientAuth faketime -f +10d
    make_certificate other foreign clientAuth
    make_ca self
}

enter_ledger() {
    local name
    for name in good both web any revoked old future foreign self; do
        tell issue "$name.pem" id-of-alice "alice@$REALM" || return
    done
    tell revoke revoked.pem && tell issue bobs.pem id-of-bob "bob@$REALM"
}

auth_prepare
make_certificates
in_lab bash -euc 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
expect "the server starts" start_server require
expect "certificates are entered into its ledger" enter_ledger

expect_output "a live certificate comes in" '^method certificate$' alone good
verdict "as the account that the ledger names" printed '^certificate of id-of-alice$'
verdict "and its principal" printed "^principal alice@$REALM\$"
expect_output "with TLS 1.2, too" '^certificate of id-of-alice$' alone good --tls12
expect_output "one that may also be a server's comes in" '^method certificate$' alone both
expect_output "beside its owner's token the token is the method" '^method kerberos$' beside good
verdict "and the certificate counts" printed '^certificate of id-of-alice$'

counts_not "a server's certificate" CERT "wrong purpose" web
counts_not "one for any purpose" CERT "wrong purpose" any
counts_not "an expired one" CERT "expired" old
counts_not "one of next week" CERT "not yet valid" future
counts_not "one of another CA of the same name" CERT "" foreign
counts_not "a self-signed one" CERT "" self
counts_not "one that the ledger does not have" CERT "unknown to the ledger" unknown
counts_not "a revoked one" REVOKED "revoked" revoked

expect_output "another's certificate beside a token: both are told" '^principal alice@' beside bobs
verdict "... for the directory to compare" printed '^certificate of id-of-bob$'
expect_output "alone it comes in" '^certificate of id-of-bob$' alone bobs
expect_output "a wrong token is not healed by a good certificate" '^HTTP 401' beside good --bind wrong
expect_output "nor another scheme" '^HTTP 401' client --send basic --cert good.pem good.key

expect_output "before it is revoked it comes in" '^HTTP 200' alone both
expect "it is revoked" tell revoke both.pem
counts_not "a moment later" REVOKED "is revoked" both
expect "another one is put on hold" tell hold good.pem
counts_not "on hold" REVOKED "on hold" good
expect "and released" tell release good.pem
expect_output "it comes in again" '^HTTP 200' alone good
counts_not "another certificate of our CA with its serial number" CERT "another certificate" twin

expect "the server stops" stop_server
cp ledger/ledger.db good.db
head -c 20000 /dev/urandom >ledger/ledger.db
expect "it starts with a damaged ledger" start_server require
expect_output "a ledger that cannot tell: 503" '^HTTP 503' alone good
verdict "... as STORE" printed '^audit STORE: '
expect_output "even beside a token, since they might differ" '^HTTP 503' beside good
expect_output "while a token alone comes in" '^HTTP 200' client
expect "the server stops" stop_server
cp good.db ledger/ledger.db
expect "it starts with the ledger it had" start_server require
expect_output "and all is well again" '^HTTP 200' alone good
expect_output "with what was revoked still revoked" '^certificate REVOKED' alone both

expect "the server ends well" stop_server
story_end
