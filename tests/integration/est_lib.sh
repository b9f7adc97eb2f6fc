# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# est_lib: asking the lab's policyd for certificates with curl and openssl. Sourced after lib.sh.
#
# Keys, requests, answers and certificates of NAME are $WORK/NAME.{key,csr,head,body,pem}.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab

PLACE=$STORY_DIR/lab
WORK=$STORY_DIR/work

in_lab_sh() { # SCRIPT ARGUMENT...
    "$LAB" exec "$PLACE" -- bash -euc "$1" sh "${@:2}"
}

# key_of NAME KIND: a private key, once.
key_of() {
    [[ ! -e $WORK/$1.key ]] || return 0
    case $2 in
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$WORK/$1.key" ;;
    rsa*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$WORK/$1.key" ;;
    esac 2>/dev/null
}

# request_of NAME KIND [OPENSSL-OPTION]...: a CSR as EST wants it; without more options it names nobody.
request_of() {
    key_of "$1" "$2"
    if (($# == 2)); then
        openssl req -new -key "$WORK/$1.key" -subj / -outform DER
    else
        openssl req -new -key "$WORK/$1.key" -outform DER "${@:3}"
    fi | base64 -w 0 >"$WORK/$1.csr"
}

login() { # PREFIX: of NAME_PRINCIPAL and NAME_KEYTAB
    in_lab_sh 'eval "kinit -k -t \"\$$1_KEYTAB\" \"\${$1_PRINCIPAL:-\$$1}\""' "$1"
}

# add_hosts COUNT: so many more machines, load1 and on; their principals in ADDED_HOSTS, their keys
# in $WORK/hosts.keytab.
add_hosts() {
    local i realm domain base
    realm=$(lab_value "$PLACE" LAB_REALM) domain=$(lab_value "$PLACE" LAB_DOMAIN)
    base=$(lab_value "$PLACE" LAB_BASE)
    ADDED_HOSTS=()
    for ((i = 1; i <= $1; i++)); do
        ADDED_HOSTS+=("host/load$i.$domain@$realm")
        printf 'addprinc -randkey host/load%d.%s\nktadd -q -k "%s" host/load%d.%s\n' \
            "$i" "$domain" "$WORK/hosts.keytab" "$i" "$domain" >&3
        printf 'dn: cn=%s,ou=computers,%s\nobjectClass: computer\nsn: load%d\ndNSHostName: %s\n\n' \
            "load$i.$domain" "$base" "$i" "load$i.$domain"
    done 3>"$WORK/hosts.kadmin" >"$WORK/hosts.ldif"
    in_lab_sh 'PATH=$PATH:/usr/sbin kadmin.local <"$1.kadmin"
        ldapadd -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1.ldif"' "$WORK/hosts"
}

# ask OPERATION NAME [CURL-OPTION]...: the status line; headers and body go to files of that name.
ask() {
    in_lab_sh 'curl -sS --max-time "$PATIENCE" --cacert "$EST_CA" -D "$3.head" -o "$3.body" \
        -w "%{http_code}\n" -H "Content-Type: $1" --data-binary "@$3.csr" \
        "${@:4}" "$EST_URL/.well-known/est/$2"' "${CONTENT_TYPE:-application/pkcs10}" "$1" "$WORK/$2" "${@:3}" | tee "$WORK/$2.status"
}

ask_with_ticket() { # OPERATION NAME
    ask "$1" "$2" --negotiate -u :
}

# issued NAME: the certificate as PEM.
issued() {
    base64 -d "$WORK/$1.body" | openssl pkcs7 -inform DER -print_certs | sed -n '/-BEGIN/,/-END/p'
}

is_status() { # NAME STATUS
    [[ $(<"$WORK/$1.status") == "$2" ]]
}

expect_issued() { # SENTENCE OPERATION NAME [CURL-OPTION]...
    if (($# > 3)); then run ask "${@:2}"; else run ask_with_ticket "$2" "$3"; fi
    verdict "$1" is_status "$3" 200
    issued "$3" >"$WORK/$3.pem" || true
}

expect_refused() { # SENTENCE STATUS REASON OPERATION NAME [CURL-OPTION]...
    if (($# > 5)); then run ask "${@:4}"; else run ask_with_ticket "$4" "$5"; fi
    verdict "$1" is_status "$5" "$2"
    expect_output "$1: $3" "^$3: " cat "$WORK/$5.body"
}

text_of() { # NAME
    openssl x509 -in "$WORK/$1.pem" -noout -text
}

# signed: how many certificates the signer ever meant to sign for accounts, and how many the ledger has.
signed() {
    in_lab_sh '$POLICYCTL audit tail -n 1000' | awk '$5 == "intent" { n++ } END { print n + 0 }'
    sqlite3 -readonly "$PLACE/policyd/ledger.db" 'SELECT COUNT(*) FROM certificates'
}

# refused_rows: how many requests the ledger has of each reason.
refused_rows() {
    sqlite3 -readonly -separator ' ' "$PLACE/policyd/ledger.db" \
        "SELECT reason, COUNT(*) FROM requests WHERE reason <> '' GROUP BY reason" | sort
}

csr() { # ARGUMENT...: of csr.py, for requests that openssl would not make
    python3 "$REPO/tests/integration/csr.py" "$WORK" "$@"
}

mkdir "$WORK"
