#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Of callers that reserve the same key, or the last of a quota, at once exactly one is served.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=issue_lib.sh
. "$(dirname -- "$0")/issue_lib.sh"

ROUNDS=40

# per_account STATUS: how many certificates accounts have, as "COUNT×ACCOUNTS"
per_account() {
    awk -v status="$1" '$1 == "LEDGER" && $3 == status { n[$6]++ }
        END { for (a in n) m[n[a]]++; for (k in m) print k "x" m[k] }' "$ISSUE_DIR/said" |
        sort -n | paste -sd ' '
}

intents() {
    "$JOURNAL_LIST" "$ISSUE_JOURNAL" | grep -c ' intent '
}

issue_configure
expect "a signer with its CA starts" issue_start_signer

expect "four callers at once ask for the same key, many times" \
    issue rounds=$ROUNDS count=4 threads=4 who=key show=yes
expect_equal "one of each four is given a new certificate" $ROUNDS "$(issue_said '^CERT ')"
expect_equal "the others that one, or to try again" $((3 * ROUNDS)) \
    "$(issue_said '^(REPEAT|REFUSED BUSY) ')"
expect_equal "each account has one live certificate" "1x$ROUNDS" "$(per_account 1)"
expect_equal "nothing else was signed" $ROUNDS "$(intents)"
expect_equal "an earlier one is the same one" "" "$(awk '
    $1 == "CERT" { made[$2] = $3 } $1 == "REPEAT" { again[$2] = $3 }
    END { for (s in again) if (made[s] != again[s]) print s }' "$ISSUE_DIR/said")"

expect "two callers at once ask for the only one of a quota" \
    issue rounds=$ROUNDS count=2 threads=2 who=account live_max=1 show=yes
expect_equal "one gets it" $ROUNDS "$(issue_said '^CERT ')"
expect_equal "the other is refused" $ROUNDS "$(issue_said '^REFUSED RATE ')"
expect_equal "these accounts have one as well" "1x$((2 * ROUNDS))" "$(per_account 1)"
expect "eight at once ask for the three of a quota" \
    issue rounds=$ROUNDS count=8 threads=8 who=account live_max=3 show=yes
expect_equal "three of them get one" $((3 * ROUNDS)) "$(issue_said '^CERT ')"
expect_equal "five are refused" $((5 * ROUNDS)) "$(issue_said '^REFUSED RATE ')"
expect_equal "nobody has more" "1x$((2 * ROUNDS)) 3x$ROUNDS" "$(per_account 1)"
expect_equal "nothing else was signed" $((5 * ROUNDS)) "$(intents)"

expect "the near twin: as many at once ask for machines of their own" \
    issue rounds=$ROUNDS count=8 threads=8 who=others live_max=1
expect_equal "and all get theirs" $((8 * ROUNDS)) "$(issue_said '^CERT ')"
expect "all is brought together" issue_settle
expect_equal "journal, ledger and CRL agree" "" "$(issue_judge)"
expect "the signer stops" signer_stop
signer_end
