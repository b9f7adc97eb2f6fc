#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever is known, but asks for what is not his, with what is no request, or for a key that he does
# not have, gets a refusal and its reason; nothing is signed. A near twin of each is issued.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

CLIENTS=1.3.6.1.5.5.7.3.2 SERVERS=1.3.6.1.5.5.7.3.1 ANY=2.5.29.37.0

words() { # TEXT: without the blanks around it
    local words
    read -r words <<<"$1"
    echo "$words"
}

# judge_table PREFIX KEY LABEL: asks all that its standard input has. A line is
#     SENTENCE | STATUS REASON | FORM ARGUMENT... | FORM ARGUMENT... of a twin that is issued
# where no twin means an empty request. Requests are called PREFIX and the line's number.
judge_table() {
    local line n=0 before sentence answer status reason twin
    mapfile -t TABLE
    write_forms "$1" | csr "$2" -
    before=$(signed)
    for line in "${TABLE[@]}"; do
        IFS='|' read -r sentence answer _ <<<"$line"
        read -r status reason <<<"$answer"
        expect_refused "$(words "$sentence")" "$status" "$reason" "$3/simpleenroll" "$1$((n += 1))"
    done
    expect_equal "nothing is signed for any of these" "$before" "$(signed)"
    n=0
    for line in "${TABLE[@]}"; do
        ((n += 1))
        twin=$(words "${line##*|}")
        [[ -z $twin ]] || expect_issued "while this is issued: $twin" "$3/simpleenroll" "$1$n.twin"
    done
    expect_issued "and who asks for nothing is given what is his" "$3/simpleenroll" "$1"
    expect "no reservation stays behind" wait_for "$PATIENCE" nothing_is_reserved
}

nothing_is_reserved() {
    [[ $(sqlite3 -readonly "$PLACE/policyd/ledger.db" 'SELECT COUNT(*) FROM reservations') == 0 ]]
}

reasons_of_table() {
    printf '%s\n' "${TABLE[@]}" | awk -F '|' '{ split($2, answer, " "); count[answer[2]]++ }
        END { for (reason in count) print reason, count[reason] }' | sort
}

write_forms() { # PREFIX
    local line n=0 form twin
    echo "$1 plain"
    for line in "${TABLE[@]}"; do
        IFS='|' read -r _ _ form twin <<<"$line"
        echo "$1$((n += 1)) $form"
        [[ -z $(words "$twin") ]] || echo "$1$n.twin $twin"
    done
}

prepare() {
    up_lab "$PLACE" --set auth.channel_binding=accept
    local key
    for key in rsa rsa2; do
        key_of "$key" rsa2048
    done
    for key in ec ec2; do
        key_of "$key" ec
    done
    openssl genpkey -algorithm ED25519 -out "$WORK/edwards.key"
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out "$WORK/koblitz.key"
}

expect "a lab comes up" prepare
DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN) REALM=$(lab_value "$PLACE" LAB_REALM)
FOREIGN=$(lab_value "$PLACE" LAB_FOREIGN_REALM) HOST=$(lab_value "$PLACE" HOST_FQDN)

expect "a user logs in" login USER1
judge_table user rsa User <<EOT
another's name                          | 403 NAME_NOT_YOURS | cn bob              | cn alice
her own name and another's              | 403 NAME_NOT_YOURS | cn alice bob        |
both in one part of the subject         | 403 NAME_NOT_YOURS | cn-joined alice bob | cn-printable alice
an administrator's name                 | 403 NAME_NOT_YOURS | cn admin            |
her name with NUL and more behind it    | 403 NAME_NOT_YOURS | cn-nul alice        |
her name with a letter that looks alike | 403 NAME_NOT_YOURS | cn аlice            |
her name in two octets a letter         | 403 NAME_NOT_YOURS | cn-bmp alice        |
her name in four                        | 403 NAME_NOT_YOURS | cn-universal alice  |
her name in Teletex                     | 403 NAME_NOT_YOURS | cn-t61 alice        |
her name with what is no UTF-8          | 403 NAME_NOT_YOURS | cn-bad-utf8 alice   |
another's UPN                           | 403 NAME_NOT_YOURS | upn bob@$REALM      | upn alice@$REALM
her UPN of another string type          | 403 NAME_NOT_YOURS | upn-ia5 alice@$REALM|
her namesake's UPN                      | 403 NAME_NOT_YOURS | upn alice@$FOREIGN  |
another's Kerberos name                 | 403 NAME_NOT_YOURS | krb5 bob@$REALM     | krb5 alice@$REALM
her namesake's Kerberos name            | 403 NAME_NOT_YOURS | krb5 alice@$FOREIGN |
another's mail address                  | 403 NAME_NOT_YOURS | mail bob@$DOMAIN    | mail alice@$DOMAIN
a host's name                           | 403 NAME_NOT_YOURS | dns $HOST           |
a host's name with NUL                  | 403 NAME_NOT_YOURS | dns-nul $HOST       |
an address on the net                   | 403 NAME_NOT_YOURS | ip                  |
a URI                                   | 403 NAME_NOT_YOURS | uri http://localhost|
a kind of name that nobody knows        | 403 NAME_NOT_YOURS | other-name          |
two lists of names                      | 400 MALFORMED | san-twice alice@$REALM bob@$REALM      |
two attributes with extensions          | 400 MALFORMED | requests-twice alice@$REALM bob@$REALM |
one attribute with two values           | 400 MALFORMED | values-twice alice@$REALM bob@$REALM   |
Microsoft's attribute beside it         | 400 MALFORMED | both-kinds alice@$REALM bob@$REALM     | microsofts alice@$REALM
another's name in Microsoft's attribute | 403 NAME_NOT_YOURS | microsofts bob@$REALM |
a thousand names                        | 403 NAME_NOT_YOURS | dns-many 1000       |
a server's purpose                      | 403 CSR_EXTENSION | purpose $CLIENTS $SERVERS   | purpose $CLIENTS
any purpose                             | 403 CSR_EXTENSION | purpose $ANY                |
a server's application policy           | 403 CSR_EXTENSION | application-policy $SERVERS | application-policy $CLIENTS
to sign certificates                    | 403 CSR_EXTENSION | usage 04            | usage 80
to be a CA                              | 403 CSR_EXTENSION | constraints ca      | constraints no
name constraints                        | 403 CSR_EXTENSION | name-constraints    |
certificate policies                    | 403 CSR_EXTENSION | policies            |
policy mappings                         | 403 CSR_EXTENSION | policy-mappings     |
a log's timestamps                      | 403 CSR_EXTENSION | timestamps          |
an unknown extension                    | 403 CSR_EXTENSION | unknown no          |
an unknown critical one                 | 403 CSR_EXTENSION | unknown critical    |
an extension that is no DER             | 400 MALFORMED     | no-der              |
another's SID                           | 403 CSR_EXTENSION | sid S-1-5-21-1-2-3-500 |
another template                        | 403 CSR_EXTENSION | template 1.3.6.1.4.1.311.21.8.1 |
an unknown attribute                    | 403 CSR_EXTENSION | attribute           | friendly-name
a name in Microsoft's attribute of pairs | 403 CSR_EXTENSION | name-value SAN upn=bob@$REALM |
a change of her name                    | 403 CSR_EXTENSION | change-name         |
a challenge that binds to nothing       | 400 POP | challenge san:dns=$HOST       |
RSA of 16384 bits                       | 403 KEY_WEAK | rsa-huge            |
RSA with an even modulus                | 403 KEY_WEAK | rsa-even            |
RSA with e = 1                          | 403 KEY_WEAK | rsa-exponent 1      |
RSA with e = 3                          | 403 KEY_WEAK | rsa-exponent 3      |
RSA with an endless e                   | 403 KEY_WEAK | rsa-long-exponent   |
a signature with one bit wrong          | 400 POP | flipped                  |
another key's signature                 | 400 POP | by rsa2                  |
another's public key                    | 400 POP | key-of rsa2              |
MD5                                     | 400 POP | digest md5               |
SHA-1                                   | 400 POP | digest sha1              | digest sha384
another algorithm's name                | 400 POP | algorithm-of-ec          |
an algorithm without parameters         | 400 POP | algorithm-bare           |
no signature                            | 400 POP | unsigned                 |
an octet behind the request             | 400 MALFORMED | behind             |
something more inside it                | 400 MALFORMED | inside             |
version 2                               | 400 MALFORMED | version 1          | version 0
an indefinite length                    | 400 MALFORMED | indefinite         |
a length with a zero in front           | 400 MALFORMED | padded             |
the last octet missing                  | 400 MALFORMED | cut                |
bits left over in the signature         | 400 MALFORMED | odd-bits           |
EOT
expect_equal "the ledger has each of these refusals, with its reason" "$(reasons_of_table)" "$(refused_rows)"
expect_output "and one request that was granted, again and again" '^1$' sqlite3 -readonly "$PLACE/policyd/ledger.db" \
    "SELECT COUNT(*) FROM certificates WHERE principal = 'alice@$REALM'"

csr ec held_ec plain
request_of edwards ed25519
request_of koblitz secp256k1
expect_refused "a key of Ed25519 where none is wanted" 403 KEY_WEAK Held/simpleenroll edwards
expect_refused "a curve that nobody here takes" 403 KEY_WEAK Held/simpleenroll koblitz

expect "a host logs in" login HOST
judge_table host ec Machine <<EOT
an EC key that explains its curve       | 403 KEY_WEAK | ec-explicit              |
the point at infinity                   | 403 KEY_WEAK | ec-infinity              |
a point off the curve                   | 403 KEY_WEAK | ec-off-curve             |
another key's signature                 | 400 POP | by ec2                        |
another's public key                    | 400 POP | key-of ec2                    |
another host's name                     | 403 NAME_NOT_YOURS | dns client2.$DOMAIN | dns $HOST
another host's name beside its own      | 403 NAME_NOT_YOURS | dns $HOST client2.$DOMAIN |
any host's name                         | 403 NAME_NOT_YOURS | dns *.$DOMAIN      | cn $HOST
a user's name                           | 403 NAME_NOT_YOURS | cn alice           |
a user's UPN                            | 403 NAME_NOT_YOURS | upn alice@$REALM   |
another host's Kerberos name            | 403 NAME_NOT_YOURS | krb5 host/client2.$DOMAIN@$REALM | krb5 host/$HOST@$REALM
EOT

# ---- keys of others
expect "the user logs in again" login USER1
expect_refused "a host's key is no user's, though he could sign with it" 403 KEY_REUSE Held/simpleenroll held_ec
csr ec2 held_ec2 plain
run ask_with_ticket Held/simpleenroll held_ec2
verdict "while one that is nobody's is held for approval" is_status held_ec2 202
revoke() { # NAME REASON
    in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason "$2"' \
        "$(openssl x509 -in "$WORK/$1.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)" "$2"
}
expect "her certificate's key is stolen" revoke user keyCompromise
expect_refused "nobody gets a certificate for it any more, nor she" 403 KEY_REUSE User/simpleenroll user
csr rsa2 fresh plain
expect_issued "but for another one" User/simpleenroll fresh

# ---- how it is sent
send() { # NAME COMMAND...: whose output is the body
    "${@:2}" >"$WORK/$1.csr"
}
CONTENT_TYPE=text/plain expect_refused "a type that is none" 415 MEDIA_TYPE User/simpleenroll fresh
expect_refused "a type and another one" 400 MALFORMED User/simpleenroll fresh \
    --negotiate -u : -H 'Content-Type: text/plain'
base64 -d "$WORK/fresh.csr" >"$WORK/fresh.der"
send pem openssl req -inform DER -in "$WORK/fresh.der"
expect_refused "a request with lines around it" 400 MALFORMED User/simpleenroll pem
send raw cat "$WORK/fresh.der"
expect_refused "one that is not in base64" 400 MALFORMED User/simpleenroll raw
send nul bash -c 'head -c 40 "$1"; printf "\0"; tail -c +41 "$1"' sh "$WORK/fresh.csr"
expect_refused "NUL within" 400 MALFORMED User/simpleenroll nul
send nothing true
expect_refused "nothing at all" 400 MALFORMED User/simpleenroll nothing
send large bash -c 'head -c 65537 /dev/zero | tr "\0" A'
expect_refused "more than any request" 413 TOO_LARGE User/simpleenroll large
csr rsa2 names dns-many 2000
expect_refused "and than one may have names" 400 MALFORMED User/simpleenroll names
send lines bash -c 'printf "\r\n\t"; sed "s/.\{60\}/&\r\n /g" "$1"; printf "\r\n\r\n"' sh "$WORK/fresh.csr"
expect_issued "while it may be in lines, with any encoding's name" User/simpleenroll lines \
    --negotiate -u : -H 'Content-Transfer-Encoding: binary'
for path in 'User/../Machine' './User' '/User' 'User%00' '%55ser' 'simpleenroll' 'User/simpleenroll'; do
    expect_refused "the address $path" 404 NO_PATH "$path/simpleenroll" fresh --negotiate -u : --path-as-is
done
expect_refused "a template that is not there" 404 NO_LABEL user2/simpleenroll fresh

# ---- what they were told
grep -ahE '^[A-Z_]+: ' "$WORK"/*.body | sed 's/ *(request R-[0-9A-Z]*)//' | sort -u >"$WORK/told"
expect_equal "refusals of one reason are the same words but for the number" \
    "$(cut -d: -f1 "$WORK/told" | uniq)" "$(cut -d: -f1 "$WORK/told")"
expect_failure "and tell nobody of entries, paths or parts" '' \
    grep -E 'dc=|cn=|ou=|/|ledger|sqlite|OpenSSL|octets' "$WORK/told"
expect_output "policyd finds nothing wrong with all that" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
story_end
