# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# policyd_lib: a policyd without a lab, in the story's directory. Sourced after lib.sh.
#
# POLICYD_DIR holds its files; policyd_start leaves its pid in POLICYD_PID and its lines in
# POLICYD_DIR/log. Whatever a story leaves running ends with it.

BUILD_DIR=${BUILD_DIR:-$REPO/build}
POLICYD=$BUILD_DIR/policyd/policyd
POLICYD_DIR=$STORY_DIR/policyd POLICYD_PID='' POLICYD_SECONDS=$PATIENCE
POLICYD_CONF=$POLICYD_DIR/policyd.conf
POLICYD_PIDS=()
# Root's policyd is never asked for root's own rights by chance: peers are root or strangers.
[[ -x $POLICYD ]] || story_skip_all "$POLICYD is not built"

policyd_clean() {
    local pid
    for pid in "${POLICYD_PIDS[@]}"; do
        ! is_child "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap 'status=$?; policyd_clean; (exit $status); story_abort' EXIT

# policyd_configure [LINE...]: a new configuration; lines are added behind it.
policyd_configure() {
    mkdir -p "$POLICYD_DIR"
    chmod 711 "$STORY_DIR" "$POLICYD_DIR" # other users may reach the socket
    cat >"$POLICYD_CONF" <<EOT
[policyd]
public_dir = $POLICYD_DIR/public
drain = ${DRAIN:-30s}
log_level = ${LOG_LEVEL:-info}
[listen]
est_address = ${EST_ADDRESS-127.0.0.1}
est_port = ${EST_PORT:-0}
plain_address = ${PLAIN_ADDRESS:-127.0.0.1}
plain_port = ${PLAIN_PORT:-0}
admin_socket = $POLICYD_DIR/admin.sock
admin_group = ${ADMIN_GROUP:-}
[tls]
directory = $POLICYD_DIR/tls
[auth]
keytab = $POLICYD_DIR/http.keytab
replay_cache = $POLICYD_DIR/replay-cache
[signer]
socket = ${SIGNER_SOCKET:-$POLICYD_DIR/signer.sock}
timeout = 30s
[ledger]
path = ${LEDGER:-$POLICYD_DIR/ledger.db}
EOT
    (($# == 0)) || printf '%s\n' "$@" >>"$POLICYD_CONF"
}

# policyd_launch [PREFIX...]: starts it, under PREFIX, and does not wait.
policyd_launch() {
    : >"$POLICYD_DIR/log"
    "$@" "$POLICYD" -c "$POLICYD_CONF" >>"$POLICYD_DIR/log" 2>&1 </dev/null &
    POLICYD_PID=$!
    POLICYD_PIDS+=("$POLICYD_PID")
}

policyd_is_ready() {
    grep -q policyd.ready "$POLICYD_DIR/log" || ! kill -0 "$POLICYD_PID" 2>/dev/null
}

policyd_start() {
    policyd_launch "$@"
    wait_for "$POLICYD_SECONDS" policyd_is_ready && kill -0 "$POLICYD_PID"
}

# policyd_stop: its exit status is ours.
policyd_stop() {
    kill -TERM "$POLICYD_PID"
    wait "$POLICYD_PID"
}

# policyd_ask TARGET [CURL OPTION...]: over the admin socket; the body, and false for 4xx and 5xx.
policyd_ask() {
    curl -sS --fail-with-body --max-time "$PATIENCE" --unix-socket "$POLICYD_DIR/admin.sock" \
        "${@:2}" "http://policyd$1"
}

# policyd_port: of the plain listener, as its log says.
policyd_port() {
    sed -n 's/.* listen.plain .*port=\([0-9]*\).*/\1/p' "$POLICYD_DIR/log" | tail -1
}

# policyd_est_port: of the HTTPS listener.
policyd_est_port() {
    sed -n 's/.* listen.est .*port=\([0-9]*\).*/\1/p' "$POLICYD_DIR/log" | tail -1
}

policyd_plain() { # TARGET [CURL OPTION...]
    curl -sS --fail-with-body --max-time "$PATIENCE" --path-as-is "${@:2}" \
        "http://127.0.0.1:$(policyd_port)$1"
}

status_has() { # TEXT, as it stands in the answer of /v1/status
    local text
    text=$(policyd_ask /v1/status) && [[ $text == *"$1"* ]]
}

# policyd_end: instead of story_end.
policyd_end() {
    policyd_clean
    story_end
}
