#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/bench/enroll.sh [COUNT [CALLERS [MACHINES]]]: bench_enroll on a lab of its own, in $TMPDIR or
# /tmp: COUNT enrollments of each kind, CALLERS at once, by so many machines (default: CALLERS). Up to 64
# certificates that an account holds are facts of a decision: a machine that enrolls without end costs
# more than one that has a few. Prints figures and asserts nothing.
# BUILD_DIR: the programs; an optimised build without sanitizers.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname -- "$0")/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/est_lib.sh
. "$REPO/tests/integration/est_lib.sh"
COUNT=${1:-4000} CALLERS=${2:-64}
MACHINES=${3:-$CALLERS}

# counts: synced commits of the ledger and rounds of the signer, up to now.
counts() {
    in_lab_sh '$POLICYCTL status --json' >"$WORK/status"
    for name in synced rounds; do
        sed -n "s/.*\"$name\": *\([0-9]*\).*/\1/p" "$WORK/status"
    done | paste -sd ' '
}

leg() { # NAME FIRST-MACHINE
    local pids=() part line before after
    for part in policyd signer directory kdc; do
        pids+=("$("$LAB" pid "$PLACE" "$part")")
    done
    coproc BENCH { "$LAB" exec "$PLACE" -- bash -euc \
        'exec "$1" "$2" "$EST_URL" "$EST_CA" "${@:3}"' sh "$BUILD_DIR/tests/bench/bench_enroll" "$1" \
        "$WORK/hosts.keytab" "$WORK" "$COUNT" "$CALLERS" "${pids[@]}" "${ADDED_HOSTS[@]:$2:MACHINES}" 2>&3; }
    local from=${BENCH[0]} to=${BENCH[1]} pid=$BENCH_PID
    IFS= read -r -u "$from" line
    read -ra before <<<"$(counts)"
    echo >&"$to"
    while IFS= read -r -u "$from" line; do
        echo "$line"
    done
    wait "$pid"
    read -ra after <<<"$(counts)"
    awk -v count="$COUNT" -v synced=$((after[0] - before[0])) -v rounds=$((after[1] - before[1])) 'BEGIN {
        printf "            %.3f synced commits of the ledger and %.3f rounds of the signer each\n",
            synced / count, rounds / count }'
}

echo "load average before: $(cut -d' ' -f 1-3 /proc/loadavg), $(nproc) processors"
up_lab "$PLACE" --set issuing.day_max=0 2>"$STORY_DIR/up"
sed -i 's/^validity_max/hourly_max = 1000000\n&/; s/^\[global\]/&\nhourly_max = 1000000/' \
    "$PLACE/signer/bounds.conf"
"$LAB" restart "$PLACE" signer
add_hosts $((3 * MACHINES)) >"$STORY_DIR/hosts" 2>&1
first=0
for name in fresh kept certificate; do
    leg "$name" "$first" 3>&2
    first=$((first + MACHINES))
done
echo "load average after: $(cut -d' ' -f 1-3 /proc/loadavg)"
story_end >/dev/null
