#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Killing policyd, its signer or a worker of the rules under load, again and again, loses nothing:
# every certificate that a client received is recorded, and whoever asks again until it has one
# ends with one live certificate for its key (I1).
#
# Machines enroll over EST all the time, by ticket and by certificate. KILL_SECONDS: how long;
# KILL_SEED chooses whom it hits and after how many certificates.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

KILL_SECONDS=${KILL_SECONDS:-10}
RANDOM=$((${KILL_SEED:=$SRANDOM} % 32768))
DRIVER=$BUILD_DIR/tests/support/enroll_driver
JOURNAL_LIST=$BUILD_DIR/tests/support/journal_list
MACHINES=6
[[ -x $DRIVER ]] || story_skip_all "$DRIVER is not built"

said() { # PATTERN: how many lines
    grep -cE -- "$1" "$WORK/said" || true
}

has_received() { # COUNT
    (($(said '^CERT ') >= $1))
}

# workers: the pids of policyd's, for the rules.
workers() {
    local parent
    parent=$("$LAB" pid "$PLACE" policyd) || return 0
    ps -o pid= --ppid "$parent" | tr -d ' '
}

has_worker() {
    [[ -n $(workers) ]]
}

is_down() { # PART
    ! "$LAB" pid "$PLACE" "$1"
}

# hit VICTIM: kills it, and sees to it that it runs again.
hit() {
    local pids
    if [[ $1 == rules ]]; then
        wait_for "$PATIENCE" has_worker || { echo "policyd has no workers" && return; }
        mapfile -t pids < <(workers)
    else
        mapfile -t pids < <("$LAB" pid "$PLACE" "$1")
    fi
    kill -KILL "${pids[RANDOM % ${#pids[@]}]}"
    hits[$1]=$((hits[$1] + 1))
    [[ $1 != rules ]] || return 0
    wait_for "$PATIENCE" is_down "$1" || echo "$1 does not die"
    "$LAB" start "$PLACE" "$1" || echo "$1 does not come back"
}

# storm: for KILL_SECONDS, whenever a few more certificates were received; each victim once at
# least.
storm() {
    local orders=('policyd signer rules' 'policyd rules signer' 'signer policyd rules'
        'signer rules policyd' 'rules policyd signer' 'rules signer policyd')
    local victim end=$((SECONDS + KILL_SECONDS))
    until ((SECONDS >= end && hits[policyd] > 0)); do
        for victim in ${orders[RANDOM % 6]}; do
            wait_for "$PATIENCE" has_received $(($(said '^CERT ') + RANDOM % 20)) ||
                echo "nobody gets a certificate any more"
            hit "$victim"
        done
    done
}

is_gone() { # PID
    ! kill -0 "$1" 2>/dev/null
}

# The CRL that is published names as many certificates as the ledger has revoked ones.
crl_is_whole() {
    in_lab_sh 'curl -sSf "$CRL_URL" | openssl crl -inform DER -noout -text >"$1/crl"' "$WORK" &&
        (($(ledger_rows | awk '$3 == 3' | wc -l) == $(grep -c 'Serial Number:' "$WORK/crl")))
}

ledger_rows() {
    "$REPO/tests/integration/ledger_rows.py" "$PLACE/policyd/ledger.db"
}

# judge: prints each fault, a line each.
judge() {
    awk '$1 == "CERT" { print $2, $3 }' "$WORK/said" >"$WORK/received"
    "$JOURNAL_LIST" "$PLACE/signer/journal" >"$WORK/journal" || echo "the journal cannot be read"
    { # that certificates are issued and policyd is well, was seen by the story
        ledger_rows
        printf 'CERT\nSTATE issuing=1 in_flight=0\n'
    } >"$WORK/rows"
    awk -f "$REPO/tests/integration/issue_judge.awk" \
        file=1 "$WORK/received" file=2 "$WORK/journal" file=3 "$WORK/crl" file=4 "$WORK/rows"
    in_lab_sh '$POLICYCTL audit verify' >"$WORK/audit" 2>&1 || sed 's/^/audit verify: /' "$WORK/audit"
}

# Each key was asked for until there was a certificate, so it has one that is live.
judge_keys() {
    awk '$1 == "LEDGER" && $6 != "-" { keys[$7]; live[$7] += $3 == 1 }
        END { for (k in keys) if (live[k] != 1) print "key " k " has " live[k] " live certificates" }
        ' "$WORK/rows"
}

declare -A hits=([policyd]=0 [signer]=0 [rules]=0)
expect "a lab comes up" up_lab "$PLACE" --set issuing.day_max=0
expect "with $MACHINES more machines" add_hosts "$MACHINES"
sed -i 's/^validity_max/hourly_max = 1000000\n&/; s/^\[global\]/&\nhourly_max = 1000000/' \
    "$PLACE/signer/bounds.conf"
expect "the signer may sign much more in an hour" "$LAB" restart "$PLACE" signer
echo "# KILL_SECONDS=$KILL_SECONDS KILL_SEED=$KILL_SEED"
: >"$WORK/said"
mkdir "$WORK/out"
"$LAB" exec "$PLACE" -- bash -c 'exec "$0" "$EST_URL" "$EST_CA" "$@"' "$DRIVER" \
    "$WORK/hosts.keytab" "$WORK/out" "${ADDED_HOSTS[@]}" >"$WORK/said" 2>"$WORK/noise" &
CLIENTS=$!
expect "they enroll" wait_for "$PATIENCE" has_received $((MACHINES * 3))
storm >"$WORK/storm" 2>&1
echo "# killed: policyd ${hits[policyd]}, signer ${hits[signer]}, rules ${hits[rules]} times"
expect_equal "all come back, killed in between" "" "$(<"$WORK/storm")"
kill -TERM "$CLIENTS"
expect "each machine gets what it has begun with" wait_for "$PATIENCE" is_gone "$CLIENTS"
# A worker that dies over a decision may have died of it.
expect_equal "nobody's request was the one at fault" "" \
    "$(grep -E '^REFUSED [1-4]' "$WORK/said" | grep -v RULE_ERROR | head -n 5)"
expect_output "some had to ask again" '^REFUSED (0|503)' cat "$WORK/said"
is_well() {
    in_lab_sh '$POLICYCTL status | grep "^Nothing is wrong"'
}
expect "nothing is wrong in the end" wait_for "$PATIENCE" is_well
expect "a machine enrolls as ever" in_lab_sh '$CLIENT --system run'
expect "the CRL names what was never handed out" wait_for "$PATIENCE" crl_is_whole
expect_equal "received, journal, ledger and CRL agree" "" "$(judge)"
expect_equal "each key that was asked for has one live certificate" "" "$(judge_keys)"
echo "# $(said '^CERT ') certificates, $(said '^REFUSED ') requests without one," \
    "$(awk '$1 == "LEDGER" && $3 == 3' "$WORK/rows" | wc -l) certificates never handed out"
story_end
