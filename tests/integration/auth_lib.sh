# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# auth_lib: what the stories about authentication share: a lab, a CA, and tests/support/auth_server
# between them. A story sources it behind lib.sh.

PLACE=$STORY_DIR/lab
SERVER_PID='' SERVER_PORT='' SERVER_IN=''

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

# make_ca NAME: a CA's NAME.pem and NAME.key.
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
        -out "$1.pem" -days 3650 -subj "/CN=Lab CA" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}

# make_certificate CA NAME PURPOSE [COMMAND...]: NAME.pem and NAME.key; COMMAND runs openssl.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" \
        -out "$2.csr" -subj "/CN=$2" 2>/dev/null
    printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        "extendedKeyUsage=$3" subjectAltName=DNS:localhost >"$2.ext"
    "${@:4}" openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -days 30 \
        -extfile "$2.ext" -out "$2.pem" 2>/dev/null
}

serial_of() { # CERTIFICATE
    openssl x509 -in "$1" -noout -serial | sed 's/.*=//; s/^0*//' | tr A-F a-f |
        sed 's/^\(\(..\)*.\)$/0\1/'
}

# enter_ledger CERTIFICATE STATUS ID PRINCIPAL
enter_ledger() {
    local hash
    hash=$(openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1)
    mkdir -p ledger
    printf '%s %s %s %s\n' "$hash" "$2" "$3" "$4" >"ledger/$(serial_of "$1")"
}

# start_server BINDING [COMMAND...]: COMMAND runs it.
start_server() {
    local binding=$1
    shift
    rm -f port pipe
    mkfifo pipe
    in_lab "$@" "$BUILD_DIR/tests/support/auth_server" "$KEYTAB" "$SERVICE" \
        "$STORY_DIR/replay-cache" "$binding" "$STORY_DIR/server.pem" "$STORY_DIR/server.key" \
        "$STORY_DIR/ca.pem" "$STORY_DIR/ledger" <pipe >port 2>server.log &
    SERVER_PID=$!
    exec {SERVER_IN}>pipe
    if ! wait_for 20 test -s port; then
        show <server.log
        return 1
    fi
    SERVER_PORT=$(cat port)
}

# stop_server: false when it did not end well; sanitizers speak then.
stop_server() {
    exec {SERVER_IN}>&-
    wait "$SERVER_PID" || { show <server.log && return 1; }
}

# client ARGUMENT...: of negotiate.py, as whoever has the ticket.
client() {
    in_lab /usr/bin/python3 "$REPO/tests/integration/negotiate.py" "$SERVER_PORT" \
        --service "$SERVICE" "$@"
}

auth_prepare() {
    /usr/bin/python3 -c 'import gssapi' 2>/dev/null || story_skip_all "python3-gssapi is not installed"
    cd "$STORY_DIR" || return
    up_lab "$PLACE" >/dev/null
    REALM=$(lab_value "$PLACE" LAB_REALM)
    SERVICE=HTTP/localhost@$REALM
    KEYTAB=$STORY_DIR/http.keytab
    cp "$(lab_value "$PLACE" HTTP_KEYTAB)" "$KEYTAB"
    mkdir -p ledger
    make_ca ca
    make_certificate ca server serverAuth
}
