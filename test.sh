#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test.sh: sets the machine up (as root, on Debian 12), builds, runs the tests.
#
#   ./test.sh             what every commit must pass
#   ./test.sh --all       also the long runs: label "slow", 10^6 executions of every wire decoder
#                         and 90 s or 10^6 of each other harness, all tests under the sanitizers
#                         but lab_down_after_any_kill
#   ./test.sh --setup     packages and build, no tests
#   SANITIZE=1 ./test.sh  what every commit must pass, on the build with ASan and UBSan
#
# The logs are in build/logs. The last line counts test cases, once for each build they ran in.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=tests/run/packages.sh
. tests/run/packages.sh

FUZZ_SECONDS=4
logs=build/logs
jobs=$(nproc)
all=false
setup=false
passed=0
failed=0
skipped=0

for argument in "$@"; do
    case $argument in
    --all) all=true ;;
    --setup) setup=true ;;
    *) sed -n '3,13s/^# \{0,1\}//p' test.sh >&2 && exit 2 ;;
    esac
done
mkdir -p "$logs"

# ---- phases: a line each, with its time ----------------------------------------------------

begin() # NAME
{
    printf '%-28s' "$1"
    phase_start=$SECONDS
}

end() # WORDS
{
    printf '%4d s   %s\n' $((SECONDS - phase_start)) "$1"
}

finish()
{
    echo "logs: $PWD/$logs"
    local line="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
    echo "$line"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# A phase without which there is nothing to test.
step() # NAME LOG COMMAND...
{
    local log=$logs/$2.log
    begin "$1"
    if "${@:3}" >"$log" 2>&1; then
        end ok
        return
    fi
    end FAILED
    tail -n 40 "$log" | sed 's/^/    /'
    failed=$((failed + 1))
    finish
}

# shellcheck disable=SC2317 # step calls it
build() # DIRECTORY COMPILER CMAKE-OPTION...
{
    CC=$2 cmake -B "$1" -DWERROR=ON -DBUILD_TESTING=ON "${@:3}" || return 1
    cmake --build "$1" -j "$jobs"
}

# ---- tests ---------------------------------------------------------------------------------

count() # PASSED FAILED SKIPPED
{
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
    local words="$1 passed"
    [ "$2" -eq 0 ] || words="$words, $2 FAILED"
    [ "$3" -eq 0 ] || words="$words, $3 skipped"
    end "$words"
}

# The tests of a build that ctest selects by these arguments.
suite() # NAME LOG BUILD CTEST-ARGUMENT...
{
    local log=$logs/$2 status=0 counts
    begin "$1"
    rm -f "$log.xml"
    ctest --test-dir "$3" -j "$jobs" --timeout 900 --no-tests=error --output-on-failure \
        --test-output-size-passed 16777216 --test-output-size-failed 16777216 \
        --output-junit "$PWD/$log.xml" "${@:4}" >"$log.log" 2>&1 || status=$?
    if [ ! -s "$log.xml" ]; then
        count 0 1 0
        tail -n 20 "$log.log" | sed 's/^/    /'
        return
    fi
    awk -f tests/run/results.awk "$log.xml" >"$log.txt"
    read -ra counts <"$log.txt"
    if [ "$status" -ne 0 ] && [ "${counts[1]}" -eq 0 ]; then
        echo "    ctest ended with status $status" >>"$log.txt"
        counts[1]=1
    fi
    count "${counts[@]}"
    sed 1d "$log.txt"
    [ "${counts[1]}" -eq 0 ] || echo "    the whole output: $log.log"
}

fuzz() # SEEDS-BUILD
{
    local log=$logs/fuzz.log status=0 good bad
    local limit=(--seconds "$FUZZ_SECONDS")
    $all && limit=(--runs 1000000 --seconds 90)
    begin "fuzzing, libFuzzer"
    tests/fuzz/run "${limit[@]}" --seeds "$1" >"$log" 2>&1 || status=$?
    good=$(grep -c '^ok ' "$log" || true)
    bad=$(grep -c '^not ok ' "$log" || true)
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    count "$good" "$bad" 0
    [ "$bad" -eq 0 ] || { grep -v '^ok ' "$log" | tail -n 60 | sed 's/^/    /'; }
}

# ---- the run -------------------------------------------------------------------------------

step "packages" packages packages_ensure
slow=(-LE '^(check|slow)$')
$all && slow=(-LE '^check$')

if [ "${SANITIZE:-0}" != 0 ] && [ -n "${SANITIZE:-}" ]; then
    step "build, sanitizers" build-sanitize build build-sanitize clang -DSANITIZE=ON
    $setup && exit 0
    suite "style and layers" check build-sanitize -L '^check$'
    suite "tests, sanitizers" tests build-sanitize "${slow[@]}"
    fuzz build-sanitize
    finish
fi

step "build" build build build gcc -DSANITIZE=OFF
$setup && exit 0
suite "style and layers" check build -L '^check$'
suite "tests" tests build "${slow[@]}"
step "build, sanitizers" build-sanitize build build-sanitize clang -DSANITIZE=ON
if $all; then
    # But for the sweep of kill points of `lab up`: a script is killed there, and its short form runs.
    suite "tests, sanitizers" tests-sanitize build-sanitize "${slow[@]}" -E lab_down_after_any_kill
else
    suite "unit and fuzz, sanitizers" tests-sanitize build-sanitize -L '^(unit|fuzz)$' -LE '^slow$'
fi
fuzz build
finish
