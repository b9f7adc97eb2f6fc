#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Certificates of every profile, and the CRL, as four implementations that are not ours see them.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=alone_lib.sh
. "$(dirname -- "$0")/alone_lib.sh"

for tool in openssl certtool certutil crlutil go; do
    command -v "$tool" >/dev/null || story_skip_all "$tool is not installed"
done
D=$STORY_DIR/certificates
mkdir "$D"

# new_key NAME ALGORITHM [OPTION]
new_key() {
    openssl genpkey -quiet -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$D/$1.key"
    openssl pkey -in "$D/$1.key" -pubout -outform DER -out "$D/$1.spki"
    openssl req -new -key "$D/$1.key" -subj /CN=ignored -outform DER -out "$D/$1.csr"
}

# sign NAME PROFILE ALGORITHM [OPTION]: D/NAME.crt; its serial is printed.
sign() {
    new_key "$1" "${@:3}"
    case $2 in
    tls | ocsp) alone_ask infrastructure "$2" "$D/$1.csr" "$D/$1.crt" 864000 ;;
    *) alone_ask issue "$2" "$D/$1.spki" "$D/$1.crt" ;;
    esac
}

P256=ec_paramgen_curve:P-256
alone_configure
ROOT=$SIGNER_DIR/ca/root.crt ISSUING=$SIGNER_DIR/ca/lab.crt
expect "the signer starts" alone_start
before=$(date +%s)
# name, profile, purpose as OpenSSL, NSS and Go call it, name that it must fit
PROFILES=(
    'machine machine sslclient C client web1.example.test'
    'machine machine sslserver V server web1.example.test'
    'user user sslclient C client -'
    'user user smimesign S email -'
    'server server sslserver V server shop.example.test'
    'tls tls sslserver V server est.example.test'
    'ocsp ocsp ocsphelper O ocsp -'
    # as a client: of an RSA server's key NSS wants keyEncipherment, which Machine may not have
    'rsa machine sslclient C client web1.example.test'
)
for name in machine user server tls ocsp; do
    expect "a certificate is signed: $name" sign "$name" "$name" EC "$P256"
    expect "and another to be revoked" sign "$name-revoked" "$name" EC "$P256"
    cat "$STORY_DIR/output" >>"$STORY_DIR/revoked"
    expect "which it is" alone_ask revoke "$(cat "$STORY_DIR/output")"
done
expect "a certificate is signed: machine with an RSA key" sign rsa machine RSA rsa_keygen_bits:2048
expect "and another to be revoked" sign rsa-revoked machine RSA rsa_keygen_bits:2048
cat "$STORY_DIR/output" >>"$STORY_DIR/revoked"
after=$(date +%s)
mapfile -t revoked < <(sort "$STORY_DIR/revoked")
expect "an empty CRL is signed" alone_ask crl "$D/empty.crl" 1
expect "a CRL of those revoked is signed" alone_ask crl "$D/lab.crl" 2 "${revoked[@]}"
openssl crl -inform DER -in "$D/lab.crl" -out "$D/lab.crl.pem"
openssl crl -inform DER -in "$D/empty.crl" -out "$D/empty.crl.pem"

# ---- the four ------------------------------------------------------------------------------
by_openssl() { # PURPOSE NAME CERTIFICATE
    local host=()
    [[ $2 == - ]] || host=(-verify_hostname "$2")
    openssl verify -x509_strict -crl_check -purpose "$1" "${host[@]}" -CAfile "$ROOT" \
        -untrusted "$ISSUING" -CRLfile "$D/lab.crl.pem" "$D/$3.crt"
}

by_gnutls() { # NAME CERTIFICATE
    local host=()
    [[ $1 == - ]] || host=(--verify-hostname "$1")
    cat "$D/$2.crt" "$ISSUING" >"$D/chain"
    certtool --verify "${host[@]}" --load-ca-certificate "$ROOT" --load-crl "$D/lab.crl.pem" \
        --infile "$D/chain"
}

nss() { certutil -d "sql:$STORY_DIR/nss" "$@"; }
mkdir "$STORY_DIR/nss"
nss -N --empty-password
nss -A -n root -t CT,C, -i "$ROOT"
nss -A -n issuing -t ,, -i "$ISSUING"
expect "NSS takes the CRL" crlutil -I -d "sql:$STORY_DIR/nss" -i "$D/lab.crl"
by_nss() { # USAGE CERTIFICATE
    nss -A -n "$2" -t ,, -i "$D/$2.crt" && nss -V -e -u "$1" -n "$2"
}

expect "the Go program is built" env GOCACHE="$STORY_DIR/go-cache" GO111MODULE=off HOME="$STORY_DIR" \
    go build -o "$STORY_DIR/judge" "$REPO/tests/integration/go/judge.go"
by_go() { # PURPOSE NAME CERTIFICATE
    "$STORY_DIR/judge" "$ROOT" "$ISSUING" "$D/lab.crl" "$1" "${2#-}" "$D/$3.crt"
}

for row in "${PROFILES[@]}"; do
    read -r name _ openssl nss_usage go host <<<"$row"
    what="$name for $go"
    expect "OpenSSL, strictly: $what" by_openssl "$openssl" "$host" "$name"
    expect_failure "and not the revoked one" 'certificate revoked' \
        by_openssl "$openssl" "$host" "$name-revoked"
    expect_output "GnuTLS: $what" '^Chain verification output: Verified' by_gnutls "$host" "$name"
    expect_failure "and not the revoked one" '^Chain verification output: Not verified.*is revoked' by_gnutls "$host" "$name-revoked"
    expect_output "NSS: $what" 'certificate is valid' by_nss "$nss_usage" "$name"
    expect_failure "and not the revoked one" 'has been revoked' by_nss "$nss_usage" "$name-revoked"
    expect_output "Go: $what" '^good$' by_go "$go" "$host" "$name"
    expect_failure "and not the revoked one" '^revoked$' by_go "$go" "$host" "$name-revoked"
done

# They look: what is not right, they refuse.
expect_failure "OpenSSL refuses a user as a server" 'purpose' by_openssl sslserver - user
expect_failure "NSS refuses a user as a server" 'type not approved|invalid' by_nss V user
expect_failure "Go refuses a user as a server" 'usage' by_go server '' user
expect_failure "Go refuses another name" 'not www.evil.test' by_go server www.evil.test server
expect_failure "GnuTLS refuses another name" 'name in the certificate does not match' \
    by_gnutls www.evil.test server

# ---- what all have -------------------------------------------------------------------------
# I2: a node octet, 32 bits of time, 88 random bits.
serials_are_right() {
    local file serial seconds
    for file in "$D"/*.crt; do
        serial=$(openssl x509 -in "$file" -noout -serial)
        serial=${serial#serial=}
        seconds=$((16#${serial:2:8}))
        [[ $serial =~ ^40[0-9A-F]{30}$ ]] && ((seconds >= before && seconds <= after)) ||
            { echo "$file: $serial" && return 1; }
    done
}
serial_parts() { # FIRST LENGTH, of the digits
    local file
    for file in "$D"/*.crt; do
        openssl x509 -in "$file" -noout -serial | cut -d= -f2 | cut -c"$1"
    done | sort | uniq -d
}
expect "each serial has 16 octets: the node, the second, chance" serials_are_right
expect_equal "no serial comes twice" "" "$(serial_parts 1-32)"
expect_equal "nor does a serial's chance" "" "$(serial_parts 11-20)"
no_ca() {
    local file
    for file in "$D"/*.crt; do
        ! openssl x509 -in "$file" -noout -text | grep -E 'CA:TRUE|Certificate Sign|CRL Sign' ||
            return 1
    done
}
expect "none is a CA's" no_ca
expect_output "while the issuing CA is one" 'CA:TRUE' openssl x509 -in "$ISSUING" -noout -text

# Nobody takes a certificate that one of them signed.
openssl x509 -req -in "$D/user.csr" -inform DER -CA "$D/machine.crt" -CAkey "$D/machine.key" \
    -set_serial 1 -days 1 -out "$D/below.crt" 2>/dev/null
expect_failure "OpenSSL refuses what a machine signed" 'invalid CA|not permitted|error' \
    openssl verify -CAfile "$ROOT" -untrusted <(cat "$ISSUING" "$D/machine.crt") "$D/below.crt"
expect "the signer ends" signer_stop
expect "the chain is whole" alone_audit
signer_end
