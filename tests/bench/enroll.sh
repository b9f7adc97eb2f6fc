#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/bench/enroll.sh [--spread] [COUNT [CALLERS [MACHINES]]]: bench_enroll on a lab of its own, in
# $TMPDIR or /tmp: COUNT enrollments of each kind, CALLERS at once, by so many machines. The default is
# machines that ask eight times each, as in a storm. Up to 64 certificates that an account holds are
# facts of a decision: a machine that enrolls without end costs more (8000 64 64: 125 times each).
# policyd with its children, signer and slapd share the first processor, clients and KDC have the
# second; --spread, or a machine with one, leaves that to the kernel. Before each leg come the stages,
# whose sum stands beside what policyd, signer and rules take. Prints figures and asserts nothing.
# BUILD_DIR: the programs; an optimised build without sanitizers.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname -- "$0")/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/est_lib.sh
. "$REPO/tests/integration/est_lib.sh"
SERVERS=0 CLIENTS=1
if [[ ${1-} == --spread ]]; then
    SERVERS=- CLIENTS=-
    shift
elif (($(nproc) < 2)); then
    SERVERS=- CLIENTS=-
fi
COUNT=${1:-2048} CALLERS=${2:-64}
MACHINES=${3:-$(((COUNT + 7) / 8))}
COUNT=$(((COUNT + MACHINES - 1) / MACHINES * MACHINES)) # each machine asks equally often

# on CORE COMMAND...
on() {
    if [[ $1 == - ]]; then "${@:2}"; else taskset -c "$@"; fi
}

# pin CORE PID: all its threads and children, and those that they will have.
pin() {
    local pid
    [[ $1 != - ]] || return 0
    for pid in "$2" $(pgrep -P "$2" || true); do
        taskset -a -c -p "$1" "$pid" >/dev/null
    done
}

# counts: synced commits of the ledger and rounds of the signer, up to now.
counts() {
    in_lab_sh '$POLICYCTL status --json' >"$WORK/status"
    for name in synced rounds; do
        sed -n "s/.*\"$name\": *\([0-9]*\).*/\1/p" "$WORK/status"
    done | paste -sd ' '
}

# stages: what the parts of an enrollment cost on this machine now; see stages.c. Before each leg, for
# the machine may be another one a minute later; all of it is printed once.
stages() {
    mkdir "$WORK/stages"
    on "$SERVERS" "$LAB" exec "$PLACE" -- bash -euc \
        'exec "${@:1:3}" "$4" "$5" "$HTTP_KEYTAB" HTTP@localhost "$POLICYD_CONF" "$6"' \
        sh "$BUILD_DIR/tests/bench/bench_stages" "$WORK/stages" "$BUILD_DIR/policyd/policyd-rules" \
        "$WORK/hosts.keytab" "${ADDED_HOSTS[0]}" "$((COUNT / MACHINES))" >"$WORK/stages.out"
    rm -r "$WORK/stages"
    if ((!printed)); then
        cat "$WORK/stages.out"
        printed=1
    fi
}

leg() { # NAME FIRST-MACHINE
    local pids=() sum part line before=(0 0) after synced=0 rounds=0
    for part in policyd signer directory kdc; do
        pids+=("$("$LAB" pid "$PLACE" "$part")")
    done
    stages
    sum=$(awk -v name="$1" '$1 == "sum" && $2 == name { print $3 }' "$WORK/stages.out")
    coproc BENCH { on "$CLIENTS" "$LAB" exec "$PLACE" -- bash -euc \
        'exec "$1" "$2" "$EST_URL" "$EST_CA" "${@:3}"' sh "$BUILD_DIR/tests/bench/bench_enroll" "$1" \
        "$WORK/hosts.keytab" "$COUNT" "$CALLERS" "$sum" "$SERVERS" "${pids[@]}" \
        "${ADDED_HOSTS[@]:$2:MACHINES}" 2>&3; }
    local from=${BENCH[0]} to=${BENCH[1]} pid=$BENCH_PID
    while IFS= read -r -u "$from" line; do
        case $line in
        ready)
            read -ra before <<<"$(counts)"
            echo >&"$to"
            ;;
        done)
            read -ra after <<<"$(counts)"
            synced=$((synced + after[0] - before[0])) rounds=$((rounds + after[1] - before[1]))
            echo >&"$to"
            ;;
        *) echo "$line" ;;
        esac
    done
    wait "$pid"
    awk -v count="$COUNT" -v synced="$synced" -v rounds="$rounds" 'BEGIN {
        printf "            %.3f synced commits of the ledger and %.3f rounds of the signer each\n",
            synced / count, rounds / count }'
}

echo "load average before: $(cut -d' ' -f 1-3 /proc/loadavg), $(nproc) processors, servers on core $SERVERS"
up_lab "$PLACE" --set issuing.day_max=0 --set "listen.est_per_address=$((2 * CALLERS + 16))" 2>"$STORY_DIR/up"
sed -i 's/^validity_max/hourly_max = 1000000\n&/; s/^\[global\]/&\nhourly_max = 1000000/' \
    "$PLACE/signer/bounds.conf"
"$LAB" restart "$PLACE" signer
for part in policyd signer directory; do
    pin "$SERVERS" "$("$LAB" pid "$PLACE" "$part")"
done
pin "$CLIENTS" "$("$LAB" pid "$PLACE" kdc)"
add_hosts $((3 * MACHINES)) >"$STORY_DIR/hosts" 2>&1
printed=0
first=0
for name in fresh kept certificate; do
    leg "$name" "$first" 3>&2
    first=$((first + MACHINES))
done
echo "load average after: $(cut -d' ' -f 1-3 /proc/loadavg)"
story_end >/dev/null
