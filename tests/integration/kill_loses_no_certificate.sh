#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever write of an issuance policyd or the signer is killed at: no certificate is lost (I1).
#
# strace kills one of them at the Nth call of a kind, while certificates are issued, one is revoked
# and the CRL is published. Then both run again by themselves, and what was received, the journal,
# the ledger and the CRL must agree. KILL_POINTS: how many points, or "all"; KILL_SEED chooses them.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=issue_lib.sh
. "$(dirname -- "$0")/issue_lib.sh"

KILL_POINTS=${KILL_POINTS:-24}
RANDOM=$((${KILL_SEED:=$SRANDOM} % 32768))
TEMPLATE=$STORY_DIR/template
LOAD=(count=3 threads=2 persist=yes revoke=1 publish=yes)
strace -o "$STORY_DIR/probe" true 2>/dev/null ||
    story_skip_all "processes cannot be traced here"
# Leaks cannot be looked for while a process is traced.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

# ---- the state before each point ---------------------------------------------------------

keep_template() {
    mkdir "$TEMPLATE"
    cp -a -- "$ISSUE_JOURNAL" "$ISSUE_SIGNER/checkpoints" "$ISSUE_DIR" "$TEMPLATE/"
}

restore_template() {
    rm -rf -- "$ISSUE_JOURNAL" "$ISSUE_SIGNER/checkpoints" "$ISSUE_DIR"
    cp -a -- "$TEMPLATE/." "$STORY_DIR/next"
    mv -- "$STORY_DIR/next/journal" "$ISSUE_JOURNAL"
    mv -- "$STORY_DIR/next/checkpoints" "$ISSUE_SIGNER/checkpoints"
    mv -- "$STORY_DIR/next/issue" "$ISSUE_DIR"
    SIGNER_PIDS=()
}

# ---- one run -----------------------------------------------------------------------------

is_gone() { # PID
    ! kill -0 "$1" 2>/dev/null
}

# Either has ended.
is_over() {
    is_gone "$SIGNER_PID" || is_gone "$ISSUE_PID"
}

# await PID: its exit status in ENDED; within bounds, else it is killed
await() {
    ENDED=0
    wait_for "$PATIENCE" is_gone "$1" || { echo "it hangs" && kill -KILL "$1"; }
    wait "$1" || ENDED=$?
}

restart_signer() { # "killed": stopping may be what it is killed at; or "whole"
    signer_stop || [[ $? == 137 && $1 == killed ]] || echo "the signer ended wrongly"
    issue_start_signer
}

# The signer may die at any moment, its start included; it comes back and policyd goes on.
run_and_kill_signer() { # STRACE-OPTION...
    issue_start_signer strace -D -f -qq -o "$STORY_DIR/trace" "$@" || issue_start_signer
    issue_launch "${LOAD[@]}"
    wait_for "$PATIENCE" is_over || echo "it hangs"
    if is_gone "$SIGNER_PID"; then
        issue_start_signer
    fi
    await "$ISSUE_PID"
    # What it was doing last may have failed, and it says so: revoking, publishing.
    ((ENDED <= 1)) || echo "policyd ended with $ENDED"
    issue_gather
    restart_signer killed
}

run_and_kill_policyd() { # STRACE-OPTION...
    issue_start_signer
    ISSUE_PREFIX=(strace -D -f -qq -o "$STORY_DIR/trace" "$@")
    issue_launch "${LOAD[@]}"
    ISSUE_PREFIX=()
    await "$ISSUE_PID"
    ((ENDED == 0 || ENDED == 137)) || echo "policyd ended with $ENDED"
    issue_gather
    restart_signer whole
}

# Certificates per account that are live: one, or none when it was revoked.
judge_accounts() {
    awk '$1 == "LEDGER" && $3 == 1 { live[$6]++ }
        END { for (a in live) if (live[a] > 1) print a " has " live[a] " live certificates" }' \
        "$ISSUE_DIR/said"
}

# point WHO CALL PATH N: "-" for any path
point() {
    local options=(-e "trace=$2" -e "inject=$2:signal=KILL:when=$4")
    local place=''
    if [[ $3 != - ]]; then
        options+=(-P "$3")
        place=" of ${3##*/}"
    fi
    for _ in 1 2 3; do # two threads do not always make as many calls each
        restore_template
        {
            "run_and_kill_$1" "${options[@]}"
            issue_settle || sed 's/^/afterwards: /' "$ISSUE_DIR/errors"
            issue_judge
            judge_accounts
            signer_stop || echo "the signer ended with $?"
        } >"$STORY_DIR/faults" 2>"$STORY_DIR/noise" # the shell's word on what was killed
        [[ ! -s $STORY_DIR/faults ]] || break
        ! grep -qs 'killed by SIGKILL' "$STORY_DIR/trace" || break
    done
    expect_equal "$1 killed at $2 $4$place" "" "$(<"$STORY_DIR/faults")"
    grep -qs 'killed by SIGKILL' "$STORY_DIR/trace" || ((missed += 1))
}

# ---- all points --------------------------------------------------------------------------

SIGNER_CALLS=pwrite64,fdatasync,fsync,sendto,renameat
POLICYD_CALLS=write,fsync,sendto,renameat,rename,unlink

# count_calls WHO TRACE CALLS [PATH]: "WHO CALL PATH N" for each call of a thread
count_calls() {
    awk -v who="$1" -v calls="^(${3//,/|})\$" -v path="${4:--}" '
        { call = $2; sub(/\(.*/, "", call) }
        call ~ calls && (path == "-" || index($0, "<" path ">")) && ++n[$1, call] > most[call] {
            most[call]++
            print who, call, path, n[$1, call]
        }' "$2"
}

list_points() {
    local file
    restore_template
    issue_start_signer strace -D -f -qq -o "$STORY_DIR/trace.signer" -e trace="$SIGNER_CALLS"
    ISSUE_PREFIX=(strace -D -f -qq -y -o "$STORY_DIR/trace.policyd"
        -e trace="$POLICYD_CALLS,pwrite64,fdatasync")
    issue "${LOAD[@]}"
    ISSUE_PREFIX=()
    signer_stop
    count_calls signer "$STORY_DIR/trace.signer" "$SIGNER_CALLS"
    count_calls policyd "$STORY_DIR/trace.policyd" "$POLICYD_CALLS"
    for file in ledger.db-wal ledger.db; do
        count_calls policyd "$STORY_DIR/trace.policyd" pwrite64,fdatasync "$ISSUE_DIR/$file"
    done
}

# choose COUNT: that many lines of what comes in, in another order each time
choose() {
    awk -v seed="$RANDOM" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort |
        cut -f 2- | sed -n "1,$1p" # to the end: who writes to a pipe that is closed, dies
}

issue_configure
expect "a signer with its CA starts" issue_start_signer
expect "certificates are issued, and one is revoked" issue count=2 revoke=1
expect "one more, and the CRL" issue_settle
expect_equal "all agree before anything is killed" "" "$(issue_judge)"
expect "the signer stops" signer_stop
keep_template

list_points >"$STORY_DIR/points"
echo "# $(wc -l <"$STORY_DIR/points") points, KILL_POINTS=$KILL_POINTS KILL_SEED=$KILL_SEED"
for who in signer policyd; do
    expect_output "there are points to kill $who at" . grep "^$who fdatasync" "$STORY_DIR/points"
done
if [[ $KILL_POINTS != all ]]; then
    for who in signer policyd; do
        grep "^$who " "$STORY_DIR/points" | choose $((KILL_POINTS / 2))
    done >"$STORY_DIR/chosen"
    mv -- "$STORY_DIR/chosen" "$STORY_DIR/points"
fi
missed=0 points=0
while read -r who call path n <&3; do
    point "$who" "$call" "$path" "$n"
    ((points += 1))
done 3<"$STORY_DIR/points"
echo "# $missed of $points points were not reached"
expect "most points were reached" test $((missed * 4)) -le "$points"
signer_end
