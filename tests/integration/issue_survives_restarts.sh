#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stopping policyd loses nothing that is in flight, and a signer that restarts under load neither:
# whoever asks again ends with one live certificate.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=issue_lib.sh
. "$(dirname -- "$0")/issue_lib.sh"

CALLERS=100 MANY=1000000

has_said() { # PATTERN COUNT
    (($(issue_said "$1") >= $2))
}

is_gone() { # PID
    ! kill -0 "$1" 2>/dev/null
}

ends() { # within bounds, with exit status 0
    wait_for "$PATIENCE" is_gone "$ISSUE_PID" && wait "$ISSUE_PID"
}

# Each caller has said what it has got, and stands between its reservation and its signature.
all_wait() {
    [[ $(sqlite3 -readonly -cmd '.timeout 10000' "$ISSUE_DIR/ledger.db" \
        'SELECT count(*) FROM reservations') == "$CALLERS" ]]
}

# The driver has taken SIGTERM: no thread of it has one pending.
has_taken_term() {
    awk '$1 ~ /^(Sig|Shd)Pnd:$/ && substr($2, 13) ~ /^[4-7c-f]/ { pending = 1 } END { exit pending }' \
        "/proc/$ISSUE_PID/task/"*/status
}

# all_agree: everything that was said and recorded.
all_agree() {
    expect "all is brought together" issue_settle
    expect_equal "received, journal, ledger and CRL agree" "" "$(issue_judge)"
}

issue_configure
expect "a signer with its CA starts" issue_start_signer

# ---- stopping policyd --------------------------------------------------------------------

issue_launch count=$MANY threads=$CALLERS
expect "many certificates are issued at once" wait_for "$PATIENCE" has_said '^CERT ' 300
kill -TERM "$ISSUE_PID"
expect "policyd stops under load" ends
issue_gather
expect_equal "refusing nobody" 0 "$(issue_said '^REFUSED ')"
all_agree

issue_launch count=$MANY threads=$CALLERS
expect "again" wait_for "$PATIENCE" has_said '^CERT ' 300
kill -STOP "$SIGNER_PID"
expect "all callers wait for the signer" wait_for "$PATIENCE" all_wait
before=$(issue_said '^CERT ')
kill -TERM "$ISSUE_PID"
expect "policyd is told to stop" wait_for "$PATIENCE" has_taken_term
expect "and waits for what is on its way" kill -0 "$ISSUE_PID"
kill -CONT "$SIGNER_PID"
expect "and stops" ends
issue_gather
expect_equal "each of $CALLERS callers got an answer" $CALLERS $(($(issue_said '^CERT ') - before))
expect_equal "none was refused" 0 "$(issue_said '^REFUSED ')"
all_agree

issue_launch count=$MANY threads=$CALLERS deadline=10000
expect "once more" wait_for "$PATIENCE" has_said '^CERT ' 300
kill -STOP "$SIGNER_PID"
expect "all callers wait" wait_for "$PATIENCE" all_wait
kill -TERM "$ISSUE_PID"
expect "policyd gives a signer up that answers nothing" ends
issue_gather
expect_equal "and says so to each caller" $CALLERS "$(issue_said '^REFUSED SIGNER ')"
kill -CONT "$SIGNER_PID"
all_agree

# ---- restarting the signer ---------------------------------------------------------------

issue_launch count=1200 threads=32 persist=yes show=yes
round=0
for signal in TERM KILL TERM KILL; do
    ((round += 1))
    expect "certificates are issued" wait_for "$PATIENCE" has_said '^CERT ' $((round * 200))
    kill -"$signal" "$SIGNER_PID"
    wait "$SIGNER_PID" || true
    expect "the signer restarts after SIG$signal" issue_start_signer
done
expect "policyd goes on until all have one, and stops" ends
issue_gather
expect_equal "each caller has a certificate" 1200 "$(issue_said '^(CERT|REPEAT) ')"
expect "some had to ask again" has_said '^REFUSED ' 1
expect_equal "each has one live certificate" "" "$(awk '
    $1 == "CERT" || $1 == "REPEAT" { mine[$4] = 1 }
    $1 == "LEDGER" && $3 == 1 { live[$6]++ }
    END { for (a in mine) if (live[a] != 1) print a " has " live[a] + 0 }' "$ISSUE_DIR/said")"
all_agree
expect "the signer stops" signer_stop
signer_end
