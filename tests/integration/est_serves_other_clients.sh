#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where policyd wants bound tokens, a client that binds them enrolls: python3-gssapi here. Who has a
# certificate of ours renews it with strongSwan's pki, or with openssl s_client.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
/usr/bin/python3 -c 'import gssapi' 2>/dev/null || story_skip_all "python3-gssapi is not installed"
command -v pki >/dev/null || story_skip_all "strongswan-pki is not installed"

expect "a lab comes up" up_lab "$PLACE"
DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN) REALM=$(lab_value "$PLACE" LAB_REALM)

# ---- python3-gssapi ----------------------------------------------------------------------

# bound OPERATION ARGUMENT...: of negotiate.py
bound() {
    in_lab_sh '/usr/bin/python3 "$1" "$EST_PORT" --service "HTTP/$EST_HOST@$LAB_REALM" \
        --path "/.well-known/est/$2" "${@:3}"' "$REPO/tests/integration/negotiate.py" "$@"
}

# expect_bound SENTENCE OPERATION NAME ARGUMENT...: the certificate is NAME.pem afterwards.
expect_bound() {
    expect_output "$1" '^HTTP 200' bound "$2" --post "$WORK/$3.csr" "${@:4}"
    verdict "... from a server that proves itself" printed 'mutual yes$'
    take_certificate "$3"
}

take_certificate() { # NAME: from what was printed; the body is the one long line of base64
    grep -E '^[A-Za-z0-9+/=]{100,}$' "$STORY_DIR/output" >"$WORK/$1.body" || true
    issued "$1" >"$WORK/$1.pem" || true
}

# names_of NAME: the alternative names, on one line.
names_of() {
    certtool --certificate-info --infile "$WORK/$1.pem" |
        sed -n '/Subject Alternative Name/,/Authority Key/ s/^\t\t\t//p' | paste -sd '|'
}

# template_of NAME: id and version of its template ([MS-WCCE] 2.2.2.7.7.2).
template_of() {
    local at
    at=$(openssl asn1parse -in "$WORK/$1.pem" | grep -A 1 ':1\.3\.6\.1\.4\.1\.311\.21\.7$' |
        sed -n '2s/:.*//p')
    openssl asn1parse -in "$WORK/$1.pem" -strparse "$((at))" | sed -n 's/.*prim: *[A-Z]* *://p' |
        paste -sd ' '
}

# template_in_directory NAME: the same from there.
template_in_directory() {
    in_lab_sh 'ldapsearch -x -LLL -o ldif-wrap=no -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -b \
        "CN=$1,CN=Certificate Templates,CN=Public Key Services,CN=Services,$LAB_CONFIG_BASE" -s base \
        msPKI-Cert-Template-OID revision msPKI-Template-Minor-Revision' "$1" |
        awk '/^msPKI-Cert-Template-OID/ { oid = $2 } /^revision/ { major = $2 }
            /^msPKI-Template-Minor/ { minor = $2 } END { printf "%s %02X %02X\n", oid, major, minor }'
}

expect "a host logs in" login HOST
request_of host ec
expect_bound "a bound token gets a host its certificate" Machine/simpleenroll host
expect_output "with the one name that the directory has" "DNS:client1\.$DOMAIN\$" text_of host
expect_equal "and the template's id and version" "$(template_in_directory Machine)" "$(template_of host)"
request_of host12 ec
expect_bound "the same with TLS 1.2" Machine/simpleenroll host12 --tls12
for kind in none wrong; do
    request_of "$kind" ec
    expect_output "a token with binding: $kind gets none" '^HTTP 401 Negotiate$' \
        bound Machine/simpleenroll --post "$WORK/$kind.csr" --bind "$kind"
done
run ask_with_ticket Machine/simpleenroll host
verdict "nor does curl, which binds none" is_status host 401

serial_of() { # NAME: as the ledger has it
    openssl x509 -in "$WORK/$1.pem" -noout -serial | sed 's/serial=//'
}

# in_ledger NAME: why its certificate was issued (ledger_record.h), and what it renews.
in_ledger() {
    sqlite3 -readonly -separator ' ' "$PLACE/policyd/ledger.db" \
        "SELECT operation, COALESCE(hex(renews), '') FROM certificates WHERE hex(serial) = '$(serial_of "$1")'"
}
request_of again ec
expect_bound "a bound token renews a host's certificate, with another key" Machine/simplereenroll again
expect_output "with the same name" "DNS:client1\.$DOMAIN\$" text_of again
expect_equal "which the ledger has as a new key for the one that ends last" "3 $(serial_of host12)" \
    "$(in_ledger again)"
cp "$WORK/again.key" "$WORK/same.key"
request_of same ec
expect_bound "and with the same key" Machine/simplereenroll same
expect_equal "as a renewal of that one" "2 $(serial_of again)" "$(in_ledger same)"
for kind in none wrong; do
    request_of "re_$kind" ec
    expect_output "a token with binding: $kind renews none" '^HTTP 401 Negotiate$' \
        bound Machine/simplereenroll --post "$WORK/re_$kind.csr" --bind "$kind"
done
expect "a host without a certificate logs in" login HOST2
request_of fresh ec
expect_bound "it may ask for a renewal" Machine/simplereenroll fresh
expect_equal "which the ledger has as a first enrollment" "1 " "$(in_ledger fresh)"

expect "a user logs in" login USER1
request_of alice rsa2048
expect_bound "a bound token gets a user her certificate" simpleenroll alice
expect_equal "with the template's id and version" "$(template_in_directory User)" "$(template_of alice)"
expect_equal "with the names that the directory has for her, and no other" \
    "User Principal Name: alice@$REALM|KRB5Principal: alice@$REALM|RFC822Name: alice@$DOMAIN" \
    "$(names_of alice)"

# ---- a request linked to its connection (RFC 7030 3.5) -----------------------------------

request_of linked rsa2048
expect_output "a challengePassword with this connection's tls-unique is taken" '^HTTP 200' \
    bound User/simpleenroll --tls12 --link "$WORK/linked.key" alice
expect_output "with another's it is not" '^HTTP 400' \
    bound User/simpleenroll --tls12 --link "$WORK/linked.key" alice --unlike
verdict "because it proves nothing" printed '^POP: '

# ask_linked TEXT NAME: openssl s_client renews the host's certificate over TLS 1.3, with a request
# whose challengePassword is TEXT, or what RFC 9266 has for that connection when TEXT is empty.
ask_linked() {
    local line link material='' csr server from to
    server=localhost:$(lab_value "$PLACE" EST_PORT)
    coproc CLIENT { openssl s_client -connect "$server" -tls1_3 -ign_eof -cert "$WORK/host.pem" \
        -key "$WORK/host.key" -CAfile "$(lab_value "$PLACE" EST_CA)" -verify_return_error \
        -keymatexport EXPORTER-Channel-Binding -keymatexportlen 32 2>&1; }
    from=${CLIENT[0]} to=${CLIENT[1]}
    while IFS= read -r -t "$PATIENCE" -u "$from" line; do
        echo "$line"
        if [[ $line == *'Keying material: '* ]]; then
            material=${line##* }
            break
        fi
    done
    [[ -n $material ]] || return 1
    # shellcheck disable=SC2001 # every two digits are a match of their own
    link=${1:-$(printf '%b' "$(sed 's/../\\x&/g' <<<"$material")" | base64)}
    printf '[req]\nprompt = no\ndistinguished_name = s\nattributes = a\n[s]\nCN = %s\n[a]\nchallengePassword = %s\n' \
        "client1.$DOMAIN" "$link" >"$WORK/linked.conf"
    csr=$(openssl req -new -key "$WORK/$2.key" -config "$WORK/linked.conf" -outform DER | base64 -w 0)
    printf 'POST /.well-known/est/Machine/simplereenroll HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s\r\n%s\r\n\r\n%s' \
        'Content-Type: application/pkcs10' 'Connection: close' "Content-Length: ${#csr}" "$csr" >&"$to"
    cat <&"$from"
}

key_of linked13 ec
expect_output "over TLS 1.3 one with its tls-exporter is taken" '^HTTP/1.1 200' ask_linked '' linked13
key_of unlinked13 ec
expect_output "and no other" '^HTTP/1.1 400' ask_linked "$(head -c 32 /dev/zero | base64)" unlinked13
verdict "because it proves nothing" printed '^POP: '

# ---- strongSwan --------------------------------------------------------------------------

# pki asks the first address of a name and no other, and localhost's may be ::1, where nobody listens.
echo '127.0.0.1 localhost' >"$WORK/hosts"
in_lab_with_pki() { # SCRIPT ARGUMENT...
    in_lab_sh "pki() { NSS_WRAPPER_HOSTS='$WORK/hosts' LD_PRELOAD=libnss_wrapper.so command pki \"\$@\"; }
        $1" "${@:2}"
}

expect "strongSwan's pki fetches the CA's certificates" in_lab_with_pki 'cd "$1"
    pki --estca --url "$EST_URL" --cacert "$EST_CA" --caout swan-ca.pem --outform pem --force' "$WORK"
expect_equal "the root" "$(openssl x509 -noout -fingerprint -in "$(lab_value "$PLACE" EST_CA)")" \
    "$(openssl x509 -noout -fingerprint -in "$WORK/swan-ca.pem")"
expect_output "and the issuing CA" ': OK$' openssl verify -x509_strict \
    -CAfile "$WORK/swan-ca.pem" "$WORK/swan-ca-1.pem"

# swan NAME OLD [OPTION]...: a certificate for the key of NAME, by that of OLD.
swan() {
    key_of "$1" "${KIND:-ec}"
    in_lab_with_pki 'cd "$1"
        pki --req --type priv --in "$2.key" --outform pem "${@:4}" >"$2.req"
        pki --est --url "$EST_URL" --cacert "$EST_CA" --cacert swan-ca-1.pem --cert "$3.pem" \
            --key "$3.key" --in "$2.req" --outform pem >"$2.pem"' "$WORK" "$@"
}
ours=(--dn "CN=client1.$DOMAIN" --san "client1.$DOMAIN")
expect "it renews the host's certificate, with another key" swan swan1 host "${ours[@]}"
expect_output "which has the same name" "DNS:client1\.$DOMAIN\$" text_of swan1
expect_equal "and template" "$(template_of host)" "$(template_of swan1)"
expect "and by that one gets a third" swan swan2 swan1 "${ours[@]}"
expect_failure "not for another host's name" 'EST request failed' \
    swan swan3 swan1 --dn "CN=client2.$DOMAIN" --san "client2.$DOMAIN"
expect_soon "because that is not its own" 'NAME_NOT_YOURS' cat "$PLACE/log/policyd.log"
expect "the second is revoked" in_lab_sh '$POLICYCTL --yes cert revoke "$1"' \
    "$(openssl x509 -in "$WORK/swan1.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)"
expect_failure "and renews nothing then" 'EST request failed' swan swan4 swan1 "${ours[@]}"
expect "while the third does" swan swan5 swan2 "${ours[@]}"
KIND=rsa2048
expect "it renews a user's, too" swan swan_alice alice --dn CN=alice --san "alice@$DOMAIN"
expect_equal "with the names of the first" "$(names_of alice)" "$(names_of swan_alice)"
story_end
