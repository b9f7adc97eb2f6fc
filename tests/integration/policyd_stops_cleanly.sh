#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGTERM answers what is in flight and ends within bounds; systemd is told what goes on.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"

ASKERS=20

# asks until nobody listens any more; every other end of an exchange is a loss
asker() {
    local status=0
    while ((status == 0 || status == 22)); do # 22: an answer of 400 and above
        status=0
        policyd_ask /v1/status -o /dev/null 2>/dev/null || status=$?
        ((status != 0)) || echo answered >>"$STORY_DIR/answered"
    done
    # 7: nobody listens; 56: reset, as who still waited in the listener's queue is. A request that
    # policyd had read and did not answer would be 52.
    ((status == 7 || status == 56)) || echo "curl's exit code $status" >>"$STORY_DIR/lost"
}

answered() { # COUNT
    (($(wc -l <"$STORY_DIR/answered") >= $1))
}

policyd_configure
expect "policyd starts" policyd_start
touch "$STORY_DIR/lost" "$STORY_DIR/answered"
for ((i = 0; i < ASKERS; i++)); do
    asker &
    askers+=("$!")
done
expect "many ask at once" wait_for "$PATIENCE" answered 50
before=$SECONDS
expect "SIGTERM ends it with exit code 0" policyd_stop
expect "within its drain time and what a busy machine adds" test $((SECONDS - before)) -le 60
wait "${askers[@]}"
expect_equal "no exchange is cut off" "" "$(sort "$STORY_DIR/lost" | uniq -c)"
expect_output "its last word says that it ended" 'policyd.stopped' tail -n 1 "$POLICYD_DIR/log"

# What systemd is told; strace shows it although nobody takes it.
if strace -o "$STORY_DIR/probe" true 2>/dev/null; then
    # leaks cannot be looked for while it is traced
    policyd_launch env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" NOTIFY_SOCKET="$POLICYD_DIR/notify" WATCHDOG_USEC=3000000 \
        strace -D -f -qq -e trace=sendmsg -s 200 -o "$POLICYD_DIR/trace"
    told() { grep -qF -- "$1" "$POLICYD_DIR/trace"; }
    expect "it tells when it is ready" wait_for "$PATIENCE" told 'READY=1'
    expect "it keeps the watchdog quiet" wait_for "$PATIENCE" told 'WATCHDOG=1'
    kill -HUP "$POLICYD_PID"
    expect "it tells that it reloads" wait_for "$PATIENCE" told 'RELOADING=1\nMONOTONIC_USEC='
    expect "it ends again with exit code 0" policyd_stop
    expect "it tells that it stops" told 'STOPPING=1'
else
    skip "what systemd is told" "processes cannot be traced here"
fi

# A request that came while nothing ran.
policyd_configure
expect "policyd starts once more" policyd_start
kill -STOP "$POLICYD_PID"
policyd_ask /v1/status >"$STORY_DIR/late" 2>&1 &
late=$!
kill -TERM "$POLICYD_PID"
kill -CONT "$POLICYD_PID"
expect "a stopped policyd that goes on ends, too" wait "$POLICYD_PID"
wait "$late" || true
policyd_end
