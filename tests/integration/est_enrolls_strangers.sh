#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever has a ticket or a certificate of ours gets what template, groups and rules allow, over EST,
# with a client that knows nothing of us; and nobody gets more.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept
DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN) BASE=$(lab_value "$PLACE" LAB_BASE)

# ---- machines
expect "a host logs in" login HOST
request_of host ec
expect_issued "it gets its certificate" Machine/simpleenroll host
expect_output "with the name that the directory has for it" "DNS:client1\.$DOMAIN\$" text_of host
expect_output "for clients and servers" 'TLS Web Server Authentication, TLS Web Client Authentication' text_of host
expect_output "with the template that it is made from" '1\.3\.6\.1\.4\.1\.311\.21\.7' text_of host
expect "the CA's certificate is where the certificate says" in_lab_sh '
    url=$(openssl x509 -in "$1/host.pem" -noout -text | sed -n "s/.*CA Issuers - URI://p")
    curl -sSf "$url" | openssl x509 -inform DER -out "$1/ca.pem"' "$WORK"
expect "and so is the CRL" in_lab_sh '
    url=$(openssl x509 -in "$1/host.pem" -noout -text | sed -n "s/^ *URI:\(.*crl\)$/\1/p")
    curl -sSf "$url" | openssl crl -inform DER -out "$1/crl.pem"' "$WORK"
expect_output "by these it is verified" ': OK$' in_lab_sh 'cat "$EST_CA" "$1/ca.pem" >"$1/chain.pem"
    openssl verify -x509_strict -partial_chain -crl_check -CAfile "$1/ca.pem" -CRLfile "$1/crl.pem" "$1/host.pem"
    openssl verify -x509_strict -CAfile "$EST_CA" -untrusted "$1/ca.pem" "$1/host.pem"' "$WORK"
first=$(openssl x509 -in "$WORK/host.pem" -noout -serial)
expect_issued "asking again with the same key" Machine/simpleenroll host
expect_equal "gives the same certificate again" "$first" "$(openssl x509 -in "$WORK/host.pem" -noout -serial)"
request_of again ec
expect_issued "a ticket is good for a renewal, too" Machine/simplereenroll again
expect_output "which has the same name" "DNS:client1\.$DOMAIN\$" text_of again
expect_equal "and is another certificate" another \
    "$([[ $(openssl x509 -in "$WORK/again.pem" -noout -serial) == "$first" ]] && echo the same || echo another)"
request_of other ec
expect_issued "without a label it gets the default for machines" simpleenroll other
request_of named ec -subj "/CN=client1.$DOMAIN" -addext "subjectAltName=DNS:client1.$DOMAIN"
expect_issued "with its own names in the request, too" Machine/simpleenroll named
request_of foreign_name ec -subj "/CN=client2.$DOMAIN"
expect_refused "but not with another host's name" 403 NAME_NOT_YOURS Machine/simpleenroll foreign_name
request_of foreign_san ec -subj / -addext "subjectAltName=DNS:client1.$DOMAIN,DNS:www.$DOMAIN"
expect_refused "nor with one more name" 403 NAME_NOT_YOURS Machine/simpleenroll foreign_san
request_of ca ec -subj / -addext "basicConstraints=critical,CA:TRUE"
expect_refused "nor as a CA" 403 CSR_EXTENSION Machine/simpleenroll ca
request_of wrong_key rsa2048
expect_refused "nor with a kind of key that the template does not want" 403 KEY_WEAK Machine/simpleenroll wrong_key
expect_refused "nor for a template of users" 403 WRONG_KIND User/simpleenroll wrong_key
expect_refused "nor for one that is not there" 404 NO_LABEL Nothing/simpleenroll host
cp "$WORK/host.csr" "$WORK/taken.csr"
expect "the second host logs in" login HOST2
expect_refused "and does not get the first one's key" 403 KEY_REUSE Machine/simpleenroll taken

# ---- renewal by certificate
with_certificate() { # NAME
    printf '%s\n' --cert "$WORK/$1.pem" --key "$WORK/$1.key"
}
request_of renewed ec
mapfile -t credentials < <(with_certificate host)
expect_issued "the certificate renews itself, with another key" Machine/simplereenroll renewed "${credentials[@]}"
request_of sideways ec
expect_refused "it is good for no other template" 401 AUTH_NONE WebServer/simpleenroll sideways "${credentials[@]}"
mapfile -t credentials < <(with_certificate renewed)
request_of renewed2 ec
expect "the renewed one is revoked" in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason superseded' \
    "$(openssl x509 -in "$WORK/renewed.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)"
expect_refused "and good for nothing a moment later" 401 AUTH_NONE Machine/simplereenroll renewed2 "${credentials[@]}"

# ---- users
expect "a user logs in" login USER1
request_of alice rsa2048
expect_issued "she gets hers" User/simpleenroll alice
expect_output "with her UPN and mail address" "email:alice@$DOMAIN|othername" text_of alice
expect_output "for PKINIT" '1\.3\.6\.1\.5\.2\.3\.4|PKINIT' text_of alice
request_of bobs_name rsa2048 -subj "/CN=bob"
expect_refused "not in another's name" 403 NAME_NOT_YOURS User/simpleenroll bobs_name
request_of small rsa1024
before=$(signed)
expect_refused "not with a small key" 403 KEY_WEAK User/simpleenroll small
expect_equal "of which nothing is signed" "$before" "$(signed)"
ledger() { # SQL
    sqlite3 -readonly -separator ' ' "$PLACE/policyd/ledger.db" "$1"
}
expect_equal "and the ledger has nothing but that refusal" 'KEY_WEAK 0' "$(ledger 'SELECT reason,
    serial IS NOT NULL FROM requests ORDER BY number DESC LIMIT 1')"
expect_equal "no reservation stays" 0 "$(ledger 'SELECT COUNT(*) FROM reservations')"
expect_refused "not as a machine" 403 WRONG_KIND Machine/simpleenroll alice
printf 'AAAA' >"$WORK/garbage.csr"
expect_refused "not with garbage" 400 MALFORMED User/simpleenroll garbage
expect "another user logs in" login USER2
request_of bob rsa2048
expect_refused "who is in none of the groups" 403 NO_ENROLL User/simpleenroll bob

# ---- held
expect "the first user logs in again" login USER1
request_of held ec
run ask_with_ticket Held/simpleenroll held
verdict "what needs approval is held" is_status held 202
expect_output "with a time to ask again" '^Retry-After: [0-9]+.?$' cat "$WORK/held.head"
held=$(grep -o 'R-[0-9A-Z]*' "$WORK/held.body" | head -1)
request_of held ec # freshly signed, the same key
run ask_with_ticket Held/simpleenroll held
verdict "and is held still" is_status held 202
expect_equal "under the same number" "$held" "$(grep -o 'R-[0-9A-Z]*' "$WORK/held.body" | head -1)"

# ---- strangers
expect "somebody of the other realm logs in" login FOREIGN
request_of stranger rsa2048
expect_refused "and is nobody here" 403 REALM User/simpleenroll stranger
run ask User/simpleenroll stranger
verdict "without a ticket there is nothing" is_status stranger 401

# ---- changes count at once
change() { # LDIF
    printf '%s\n' "$1" >"$WORK/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/change.ldif"
}
change_group() { # add|delete
    change "dn: cn=engineering,ou=groups,$BASE
changetype: modify
$1: member
member: cn=alice,ou=people,$BASE
-
$2: member
member: cn=carol,ou=people,$BASE"
}
expect "the first user logs in again" login USER1
expect "she leaves her group" change_group delete add
is_refused_soon() { # NAME STATUS
    ask_with_ticket User/simpleenroll "$1" >"$STORY_DIR/output" && is_status "$1" "$2"
}
request_of alice2 rsa2048
expect "her ticket is good for nothing soon" wait_for "$PATIENCE" is_refused_soon alice2 403
expect_output "because she may not" '^NO_ENROLL' cat "$WORK/alice2.body"
expect "she comes back" change_group add delete
expect "and may again, without a restart" wait_for "$PATIENCE" is_refused_soon alice2 200
expect_output "policyd finds nothing wrong with all that" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
story_end
