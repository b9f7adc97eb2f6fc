# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# signer_lib: a place for a policyd-signer in the story's directory. Sourced after lib.sh.
#
# SIGNER_DIR holds its files; signer_start leaves its pid in SIGNER_PID and its lines in
# SIGNER_DIR/log. Whatever a story leaves running ends with it.

BUILD_DIR=${BUILD_DIR:-$REPO/build}
SIGNER=$BUILD_DIR/policyd/policyd-signer
POLICYCTL=$BUILD_DIR/policyd/policyctl
SIGNER_DIR=$STORY_DIR/signer SIGNER_PID='' SIGNER_SECONDS=$PATIENCE
SIGNER_PIDS=()
[[ -x $SIGNER ]] || story_skip_all "$SIGNER is not built"

signer_clean() {
    local pid
    for pid in "${SIGNER_PIDS[@]}"; do
        ! is_child "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap 'status=$?; signer_clean; (exit $status); story_abort' EXIT

# signer_place DIR [LINE...]: an empty place; lines are added behind [ca lab].
signer_place() {
    (umask 077 && mkdir -p "$1/journal" "$1/ca")
    cat >"$1/signer.conf" <<EOT
[signer]
socket = $1/signer.sock
peers = $(id -u)
bounds = $1/bounds.conf
[journal]
directory = $1/journal
[checkpoint]
directory = $1/checkpoints
key = $1/audit.key
[ca lab]
certificate = $1/ca/lab.crt
key = $1/ca/lab.key
passphrase_file = $1/ca/lab.passphrase
chain = $1/ca/root.crt
EOT
    (($# == 1)) || printf '%s\n' "${@:2}" >>"$1/signer.conf"
    cat >"$1/policyctl.conf" <<EOT
[policyctl]
socket = $1/admin.sock
signer_program = $SIGNER
signer_config = $1/signer.conf
journal = $1/journal
audit_key = $1/audit.key.pub
EOT
}

# signer_start DIR [PREFIX...]: starts it, under PREFIX, and waits until it serves.
signer_start() {
    : >"$1/log"
    "${@:2}" "$SIGNER" -c "$1/signer.conf" >>"$1/log" 2>&1 </dev/null &
    SIGNER_PID=$!
    SIGNER_PIDS+=("$SIGNER_PID")
    wait_for "$SIGNER_SECONDS" signer_is_ready "$1" && kill -0 "$SIGNER_PID"
}

signer_is_ready() {
    grep -q signer.ready "$1/log" || ! kill -0 "$SIGNER_PID" 2>/dev/null
}

# signer_stop: its exit status is ours.
signer_stop() {
    kill -TERM "$SIGNER_PID"
    wait "$SIGNER_PID"
}

# signer_end: instead of story_end.
signer_end() {
    signer_clean
    story_end
}
