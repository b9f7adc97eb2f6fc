#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each write and each sync of the ledger fails once: nobody gets a certificate that is not in it, what
# was signed meanwhile is revoked, and whoever asks again gets his.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=issue_lib.sh
. "$(dirname -- "$0")/issue_lib.sh"
strace -o "$STORY_DIR/probe" true 2>/dev/null || story_skip_all "processes cannot be traced here"

COUNT=2 POINTS_MAX=120
unopened=0 refused=0 orphans=0

# with_fault CALL ERROR N: callers ask until they are served, and the N-th CALL on the ledger's files
# that a thread makes ends with ERROR. Its exit status is the driver's.
with_fault() {
    local status=0
    # who is traced cannot look for leaks
    ISSUE_PREFIX=(env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq
        -o "$STORY_DIR/trace" -P "$ISSUE_DIR/ledger.db" -P "$ISSUE_DIR/ledger.db-wal"
        -e "trace=$1" -e "inject=$1:error=$2:when=$3")
    issue count=$COUNT persist=yes || status=$?
    ISSUE_PREFIX=()
    return "$status"
}

has_failed() {
    grep -q INJECTED "$STORY_DIR/trace"
}

# faulty CALL ERROR FIRST STEP: at every STEP-th point from FIRST to the last; prints each fault.
faulty() {
    local n status
    for ((n = $3; n <= POINTS_MAX; n += $4)); do
        status=0
        with_fault "$1" "$2" "$n" || status=$?
        has_failed || return 0
        refused=$((refused + $(issue_said '^REFUSED ')))
        if ((status == 1)) && grep -qE '^(server|request number): ' "$ISSUE_DIR/errors"; then
            unopened=$((unopened + 1)) # a driver without a ledger, or a request's number, ends
        elif (($(issue_said '^(CERT|REPEAT) ') != COUNT)); then
            echo "point $n: not everybody was served"
        fi
        issue_settle || echo "point $n: nothing is issued afterwards"
        orphans=$((orphans + $(issue_said '^LEDGER [^ ]* [0-9] 0 ')))
        issue_judge | sed "s/^/point $n: /"
    done
    echo "more than $POINTS_MAX points"
}

sweep() { # SENTENCE CALL ERROR FIRST STEP
    faulty "${@:2}" >"$STORY_DIR/faults"
    expect_equal "$1" "" "$(cat "$STORY_DIR/faults")"
}

issue_configure
expect "a signer with its CA starts" issue_start_signer
sweep "every other write fails for want of room: all is well" pwrite64 ENOSPC 1 2
sweep "the others fail with the disk: all is well" pwrite64 EIO 2 2
sweep "every sync fails with the disk: all is well" fdatasync EIO 1 1
expect "a ledger that is not opened is seldom" test "$unopened" -le 12
# What makes the above worth something:
expect "callers were refused meanwhile" test "$refused" -gt 0
expect "some certificates were signed, and not handed out" test "$orphans" -gt 0
expect "the signer stops" signer_stop
signer_end
