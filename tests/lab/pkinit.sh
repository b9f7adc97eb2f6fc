# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# pkinit: tickets of the lab's realm for who has a certificate of its CA (RFC 4556).
#
# The KDC has a certificate of its own, which clients and the KDC itself trust as it is. What is in
# kdc/crl as PEM when the KDC starts is what it knows of revocations.

# pkinit_anchors INDENT: whom both sides trust; the issuing CA's certificate lies between.
pkinit_anchors() {
    printf "%s%s\n" "$1" "pkinit_anchors = FILE:$LAB_DIR/kdc/pkinit.pem" \
        "$1" "pkinit_anchors = FILE:$LAB_DIR/tls/est-anchor.pem" \
        "$1" "pkinit_pool = FILE:$LAB_DIR/signer/ca/$SIGNER_CA.crt"
}

# pkinit_kdc_settings: of the realm in kdc.conf.
pkinit_kdc_settings() {
    printf '        pkinit_identity = %s\n        pkinit_revoke = %s\n' \
        "FILE:$LAB_DIR/kdc/pkinit.pem,$LAB_DIR/kdc/pkinit.key" "DIR:$LAB_DIR/kdc/crl"
    pkinit_anchors '        '
}

# RFC 4556 3.2.4: the name of the ticket-granting service, and the purpose of a KDC.
pkinit_write_request() {
    cat <<EOT
[req]
distinguished_name = subject
prompt = no
x509_extensions = kdc
[subject]
CN = KDC of $LAB_DOMAIN
[kdc]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyAgreement
extendedKeyUsage = 1.3.6.1.5.2.3.5
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:principal
[principal]
realm = EXP:0, GeneralString:$LAB_REALM
name = EXP:1, SEQUENCE:name
[name]
type = EXP:0, INTEGER:2
parts = EXP:1, SEQUENCE:parts
[parts]
service = GeneralString:krbtgt
realm = GeneralString:$LAB_REALM
EOT
}

# pkinit_create: the KDC's certificate.
pkinit_create() {
    mkdir kdc/crl
    pkinit_write_request >kdc/pkinit.conf
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 \
        -config kdc/pkinit.conf -keyout kdc/pkinit.key -out kdc/pkinit.pem >log/pkinit.log 2>&1 || {
        log_tail log/pkinit.log
        fail "the KDC's certificate cannot be made"
    }
}
