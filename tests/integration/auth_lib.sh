# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# auth_lib: what the stories about authentication share: a lab, a CA, and tests/support/auth_server
# between them. A story sources it behind lib.sh.

PLACE=$STORY_DIR/lab
SERVER_PID='' SERVER_PORT='' SERVER_IN='' SERVER_OUT='' SERVER_OPTIONS=()

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

# new_serial: as ours are: 16 octets that begin with the node's.
new_serial() {
    echo "0x40$(openssl rand -hex 15)"
}

# make_ca NAME: a CA's NAME.pem and NAME.key.
make_ca() {
    openssl req -set_serial "$(new_serial)" -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
        -out "$1.pem" -days 3650 -subj "/CN=Lab CA" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}

# make_certificate CA NAME PURPOSE [COMMAND...]: NAME.pem and NAME.key; COMMAND runs openssl.
# Its serial number is SERIAL or a new one.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" \
        -out "$2.csr" -subj "/CN=$2" 2>/dev/null
    printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        "extendedKeyUsage=$3" subjectAltName=DNS:localhost >"$2.ext"
    "${@:4}" openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -days 30 \
        -set_serial "${SERIAL:-$(new_serial)}" -extfile "$2.ext" -out "$2.pem" 2>/dev/null
}

# tell WORD...: an order to the server; false, with its sentence, when it is not done.
tell() {
    local answer=''
    printf '%s\n' "$*" >&"$SERVER_IN"
    IFS= read -r -t "$PATIENCE" answer <&"$SERVER_OUT" || true
    [[ $answer == "done" ]] || { echo "$*: $answer" >&2 && return 1; }
}

# start_server BINDING [COMMAND...]: COMMAND runs it. SERVER_OPTIONS: NAME=VALUE more.
start_server() {
    local binding=$1
    shift
    rm -f orders answers
    mkfifo orders answers
    in_lab "$@" "$BUILD_DIR/tests/support/auth_server" keytab="$KEYTAB" service="$SERVICE" \
        replay_cache="$STORY_DIR/replay-cache" binding="$binding" chain="$STORY_DIR/server.pem" \
        key="$STORY_DIR/server.key" ca="$STORY_DIR/ca.pem" ledger="$STORY_DIR/ledger/ledger.db" \
        "${SERVER_OPTIONS[@]}" <orders >answers 2>server.log &
    SERVER_PID=$!
    exec {SERVER_IN}>orders {SERVER_OUT}<answers
    if ! IFS= read -r -t "$PATIENCE" SERVER_PORT <&"$SERVER_OUT"; then
        show <server.log
        return 1
    fi
}

# stop_server: false when it did not end well; sanitizers speak then.
stop_server() {
    exec {SERVER_IN}>&- {SERVER_OUT}<&-
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
    (umask 077 && mkdir -p ledger)
    make_ca ca
    make_certificate ca server serverAuth
}
