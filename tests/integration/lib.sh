# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib: what the stories share. A story sources it, states its expectations and calls story_end.
#
# Results are TAP lines and a summary. STORY_DIR is the story's own directory; it is removed at
# the end, unless something failed: then it stays, and its path is printed.
set -euo pipefail

REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
STORY=$(basename -- "$0" .sh)
STORY_PASSED=0 STORY_FAILED=0 STORY_SKIPPED=0
STORY_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ae-XXXXXX")
export BUILD_DIR=${BUILD_DIR:-$REPO/build}
STORY_LABS=() # places of labs that may be up
LAB=$REPO/tests/lab/lab
PATH=$PATH:/usr/sbin:/sbin
unset PYTHONUNBUFFERED # the same on every machine
# Seconds that something which has to happen is waited for: far more than a busy machine with a slow
# disk takes, since waiting costs nothing where it does happen.
export PATIENCE=180
trap story_abort EXIT

# ctest passes our exit code on: 0 all passed, 1 not, 77 the whole story was skipped.
story_end() {
    trap - EXIT
    story_clean
    echo "1..$((STORY_PASSED + STORY_FAILED + STORY_SKIPPED))"
    echo "$STORY: $STORY_PASSED passed, $STORY_FAILED failed, $STORY_SKIPPED skipped"
    ((STORY_FAILED == 0))
}

story_abort() {
    local status=$?
    trap - EXIT
    ((STORY_FAILED += 1))
    echo "not ok - the story broke off (exit status $status)"
    story_clean
    echo "$STORY: $STORY_PASSED passed, $STORY_FAILED failed, $STORY_SKIPPED skipped"
    exit 1
}

# Labs are taken down in any case; after a failure a copy of their files is kept.
story_clean() {
    local place
    for place in "${STORY_LABS[@]}"; do
        [[ -e $place/.lab ]] || continue
        ((STORY_FAILED == 0)) || cp -a -- "$place" "$STORY_DIR/kept-$(basename -- "$place")"
        take_down "$place" || true
    done
    if ((STORY_FAILED == 0)); then
        rm -rf -- "$STORY_DIR"
    else
        echo "# what it left: $STORY_DIR"
    fi
}

# Whether `lab clock` works here: libfaketime is there, and our programs can be under it.
clock_can_move() {
    compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null &&
        ! grep -qa __asan_init "$BUILD_DIR/policyd/policyd-signer"
}

# rights_of PID PATTERN: the different values that these lines have in the status of its threads.
rights_of() {
    awk -v want="^($2):\$" '$1 ~ want { print $2 }' "/proc/$1/task"/*/status | sort -u | paste -sd' '
}

# take_down PLACE: as the user whose lab it is.
take_down() {
    if [[ -O $1 ]]; then
        "$LAB" down "$1"
    else
        as_ordinary "$ORDINARY_DIR/tests/lab/lab" down "$1"
    fi
}

# story_skip_all REASON: nothing of this story can run here.
story_skip_all() {
    trap - EXIT
    rm -rf -- "$STORY_DIR"
    echo "1..0 # SKIP $1"
    exit 77
}

story_result() { # "ok" or "not ok", SENTENCE
    echo "$1 $((STORY_PASSED + STORY_FAILED + STORY_SKIPPED + 1)) - $2"
    if [[ $1 == ok ]]; then
        ((STORY_PASSED += 1))
    else
        ((STORY_FAILED += 1))
    fi
}

# show: standard input as TAP comments.
show() {
    sed 's/^/#   /'
}

skip() { # SENTENCE REASON
    echo "ok $((STORY_PASSED + STORY_FAILED + STORY_SKIPPED + 1)) - $1 # SKIP $2"
    ((STORY_SKIPPED += 1))
}

# run COMMAND...: its output goes to STORY_DIR/output, its exit status to STATUS.
run() {
    STATUS=0
    "$@" >"$STORY_DIR/output" 2>&1 </dev/null || STATUS=$?
}

# verdict SENTENCE TRUE-COMMAND...: judges what `run` left; on a miss shows it.
verdict() {
    local sentence=$1
    shift
    if "$@"; then
        story_result ok "$sentence"
        return
    fi
    story_result "not ok" "$sentence"
    echo "exit status $STATUS; expected: $*" | show
    show <"$STORY_DIR/output"
}

succeeded() { ((STATUS == 0)); }
failed() { ((STATUS != 0)); }
exited() { ((STATUS == $1)); }
printed() { [[ -z $1 ]] || grep -qE -- "$1" "$STORY_DIR/output"; }
succeeded_and_printed() { succeeded && printed "$1"; }
failed_and_printed() { failed && printed "$1"; }
exited_and_printed() { exited "$1" && printed "$2"; }

expect() { # SENTENCE COMMAND...: it succeeds
    run "${@:2}"
    verdict "$1" succeeded
}

expect_output() { # SENTENCE PATTERN COMMAND...: it succeeds and prints PATTERN (grep -E)
    run "${@:3}"
    verdict "$1" succeeded_and_printed "$2"
}

expect_failure() { # SENTENCE PATTERN COMMAND...: it fails and prints PATTERN
    run "${@:3}"
    verdict "$1" failed_and_printed "$2"
}

expect_exit() { # SENTENCE STATUS PATTERN COMMAND...: it exits so and prints PATTERN
    run "${@:4}"
    verdict "$1" exited_and_printed "$2" "$3"
}

expect_equal() { # SENTENCE WANTED FOUND
    if [[ $2 == "$3" ]]; then
        story_result ok "$1"
    else
        story_result "not ok" "$1"
        printf 'wanted: %s\nfound:  %s\n' "$2" "$3" | show
    fi
}

# wait_for SECONDS COMMAND...: false when COMMAND has not succeeded by then.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.02
    done
}

# is_child PID: it is ours, and not somebody else's who has got the number of one that has ended.
is_child() {
    [[ $(awk '$1 == "PPid:" { print $2 }' "/proc/$1/status" 2>/dev/null) == "$$" ]]
}

# prints PATTERN COMMAND...: COMMAND succeeds and prints PATTERN (grep -E). With "COMMAND | grep -q"
# COMMAND may die of a pipe that grep has closed, and so seem to have failed.
prints() {
    local text
    text=$("${@:2}") && grep -qE -- "$1" <<<"$text"
}

expect_soon() { # SENTENCE PATTERN COMMAND...: it comes to succeed and to print PATTERN
    run wait_for "$PATIENCE" prints "${@:2}"
    ((STATUS == 0)) || "${@:3}" >"$STORY_DIR/output" 2>&1 </dev/null || true
    verdict "$1" succeeded
}

# up_lab PLACE OPTION...: a lab that story_end will take down.
up_lab() {
    STORY_LABS+=("$1")
    "$LAB" up "$@"
}

# lab_value PLACE NAME: of its env file.
lab_value() {
    # shellcheck source=/dev/null # made by lab up
    (. "$1/env" && echo "${!2}")
}

# as_ordinary COMMAND...: as a user without name and rights; as ourselves where we are no root.
# The user has ORDINARY_DIR, and in it a copy of what a lab needs from the tree.
ORDINARY_UID=$(id -u)
ORDINARY_DIR=$STORY_DIR/ordinary

# A user that nobody is at the moment: of two stories with the same one, each would see the other's
# processes and files.
free_uid() {
    local uid
    for _ in {1..100}; do
        uid=$((60000 + SRANDOM % 5000))
        [[ -z $(find /proc -maxdepth 1 -name '[1-9]*' -uid "$uid" 2>/dev/null) ]] || continue
        [[ -z $(find "${TMPDIR:-/tmp}" -maxdepth 2 -uid "$uid" 2>/dev/null) ]] || continue
        break
    done
    echo "$uid"
}

prepare_ordinary() {
    mkdir -p "$ORDINARY_DIR/tests" "$ORDINARY_DIR/build/policyd"
    cp -- "$BUILD_DIR"/policyd/policy{d,d-signer,d-rules,ctl} "$ORDINARY_DIR/build/policyd/"
    cp -R -- "$REPO/tests/lab" "$ORDINARY_DIR/tests/"
    cp -R -- "$REPO/schemas" "$REPO/lua" "$ORDINARY_DIR/"
    if ((EUID == 0)); then
        ORDINARY_UID=$(free_uid)
        chmod 711 "$STORY_DIR"
        chown -R "$ORDINARY_UID:$ORDINARY_UID" "$ORDINARY_DIR"
    fi
}

# From a directory of its own: it may not enter the caller's, in root's home for example.
as_ordinary() {
    if ((EUID == 0)); then
        setpriv --reuid="$ORDINARY_UID" --regid="$ORDINARY_UID" --clear-groups --no-new-privs \
            env -C "$ORDINARY_DIR" -i PATH="$PATH" HOME=/nonexistent \
            BUILD_DIR="$ORDINARY_DIR/build" "$@"
    else
        BUILD_DIR=$ORDINARY_DIR/build "$@"
    fi
}

# processes_of TEXT: pids whose working directory, command line or environment has TEXT in it.
# A zombie has none of them.
processes_of() {
    local dir
    for dir in /proc/[1-9]*; do
        [[ ${dir##*/} != "$$" && ${dir##*/} != "$BASHPID" ]] || continue
        if [[ $(readlink "$dir/cwd" 2>/dev/null) == "$1"* ]] ||
            grep -qaF -- "$1" "$dir/cmdline" "$dir/environ" 2>/dev/null; then
            echo "${dir##*/}"
        fi
    done
}
