#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What policyd issues is good for a ticket of the KDC (PKINIT, RFC 4556): the holder's own, nobody
# else's, and not once the certificate is revoked or has expired.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
compgen -G '/usr/lib/*/krb5/plugins/preauth/pkinit.so' >/dev/null ||
    story_skip_all "krb5-pkinit is not installed"

CLIENT_CLOCK=() # what kinit runs under

# ticket NAME PRINCIPAL: by certificate and key of NAME, with no password and no keytab.
ticket() {
    in_lab_sh 'export KRB5CCNAME="FILE:$1.ccache"
        rm -f -- "$1.ccache"
        "${@:3}" kinit -X "X509_user_identity=FILE:$1.pem,$1.key" "$2"
        klist' "$WORK/$1" "$2" "${CLIENT_CLOCK[@]}"
}

expect_ticket() { # SENTENCE NAME PRINCIPAL
    expect_output "$1" "krbtgt/$REALM@$REALM" ticket "$2" "$3"
    verdict "... that is ${3%@*}'s" printed "^Default principal: $3@$REALM\$"
}

kdc_said() { # PATTERN: since the last look
    prints "$1" tail -n +"$((KDC_LINES + 1))" "$PLACE/log/kdc.log"
}

# expect_no_ticket SENTENCE CAUSE NAME PRINCIPAL: and the KDC itself says why.
expect_no_ticket() {
    KDC_LINES=$(wc -l <"$PLACE/log/kdc.log")
    expect_failure "$1" '^kinit: ' ticket "$3" "$4"
    expect "... because of that: $2" wait_for "$PATIENCE" kdc_said "$2"
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept
REALM=$(lab_value "$PLACE" LAB_REALM) DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN)

# ---- users
expect "a user logs in" login USER1
request_of alice rsa2048
expect_issued "she gets a certificate" User/simpleenroll alice
expect_output "that names her as Kerberos does" "krb5:alice@$REALM" in_lab_sh '$POLICYCTL cert find alice'
expect_ticket "it gets her a ticket" alice alice
expect_output "with which she gets a certificate again" '^200$' in_lab_sh 'export KRB5CCNAME="FILE:$1.ccache"
    curl -sS -o /dev/null -w "%{http_code}\n" --cacert "$EST_CA" --negotiate -u : \
        -H "Content-Type: application/pkcs10" --data-binary "@$1.csr" \
        "$EST_URL/.well-known/est/User/simpleenroll"' "$WORK/alice"
expect_no_ticket "it gets no ticket of another user" 'Client name mismatch' alice bob
expect_no_ticket "nor of a host" 'Client name mismatch' alice "host/client1.$DOMAIN"
openssl req -x509 -new -key "$WORK/alice.key" -subj / -days 1 -out "$WORK/own.pem" -addext \
    "extendedKeyUsage=1.3.6.1.5.2.3.4" 2>/dev/null
cp "$WORK/alice.key" "$WORK/own.key"
expect_failure "a certificate of her own making gets none" 'self-signed' ticket own alice

# ---- machines: as the lab has it, their template is not for that
expect "a host logs in" login HOST
request_of host ec
expect_issued "it gets its certificate" Machine/simpleenroll host
expect_no_ticket "which is not for tickets" 'Inconsistent key purpose' host "host/client1.$DOMAIN"
cat >"$WORK/template.ldif" <<EOT
dn: CN=Machine,CN=Certificate Templates,CN=Public Key Services,CN=Services,$(lab_value "$PLACE" LAB_CONFIG_BASE)
changetype: modify
replace: msPKI-Certificate-Name-Flag
msPKI-Certificate-Name-Flag: 411041792
-
add: pKIExtendedKeyUsage
pKIExtendedKeyUsage: 1.3.6.1.5.2.3.4
-
add: msPKI-Certificate-Application-Policy
msPKI-Certificate-Application-Policy: 1.3.6.1.5.2.3.4
EOT
sed -i '/^\[template Machine\]/,/^\[/ s/^ekus = .*/&, pkinitClient/' "$PLACE/signer/bounds.conf"
expect "the signer takes machines with a Kerberos name, too" "$LAB" restart "$PLACE" signer
expect "and the template gets one (SUBJECT_ALT_REQUIRE_SPN)" in_lab_sh \
    'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/template.ldif"
is_named() { # by the new template; the same key gets another certificate then
    ask_with_ticket Machine/simpleenroll host && is_status host 200 &&
        issued host >"$WORK/host.pem" && prints 'PKINIT Client Auth' text_of host
}
expect "it gets a certificate for tickets" wait_for "$PATIENCE" is_named
expect_ticket "it gets the host a ticket" host "host/client1.$DOMAIN"
expect_no_ticket "but none of another host" 'Client name mismatch' host "host/client2.$DOMAIN"
expect_no_ticket "nor of a user" 'Client name mismatch' host alice

# ---- revoked
serial=$(openssl x509 -in "$WORK/alice.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)
is_on_crl() {
    in_lab_sh 'curl -sSf "$CRL_URL" | openssl crl -inform DER -out "$LAB_DIR/kdc/crl/issuing.pem"
        openssl crl -in "$LAB_DIR/kdc/crl/issuing.pem" -noout -text | grep -qi "$1"' "$serial"
}
expect "her certificate is revoked" in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason keyCompromise' "$serial"
expect "the CRL says so" wait_for "$PATIENCE" is_on_crl
expect "the KDC reads the CRL" "$LAB" restart "$PLACE" kdc
expect_no_ticket "it gets no ticket any more" 'certificate revoked' alice alice
expect_ticket "the host's still does" host "host/client1.$DOMAIN"

# ---- expired
if clock_can_move; then
    rm -- "$PLACE/kdc/crl/issuing.pem" # it has expired by then, too
    expect "more than a year goes by" "$LAB" clock "$PLACE" +367d
    expect_failure "the host finds its certificate expired" 'certificate has expired' \
        ticket host "host/client1.$DOMAIN"
    CLIENT_CLOCK=(env -u LD_PRELOAD)
    expect_no_ticket "and the KDC does, should the host's clock stand still" \
        'certificate has expired' host "host/client1.$DOMAIN"
    CLIENT_CLOCK=()
    request_of host2 ec
    expect "the host logs in" login HOST
    expect_issued "it gets another" Machine/simpleenroll host2
    expect_ticket "which gets it a ticket" host2 "host/client1.$DOMAIN"
else
    skip "expired certificates" "the clock cannot be moved"
fi
story_end
