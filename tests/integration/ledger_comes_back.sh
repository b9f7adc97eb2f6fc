#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `policyctl ledger rebuild` brings every certificate and every revocation back from the signer's
# journal alone, row by row: from a ledger that is well, gone, or damaged.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=ctl_lib.sh
. "$(dirname -- "$0")/ctl_lib.sh"

query() {
    sqlite3 -readonly "$CTL_LEDGER" "$1"
}

# rows_of TABLE [COLUMN...]: its rows, sorted, without those columns, which number rows.
rows_of() {
    local columns
    columns=$(query "SELECT group_concat('quote(' || name || ')', ' || ''|'' || ')
        FROM pragma_table_info('$1') WHERE name NOT IN ('id'$(printf ", '%s'" "${@:2}"))")
    query "SELECT '$1|' || $columns FROM $1" | sort
}

# Numbers of rows may differ; what they stand for may not.
joined() {
    query "SELECT 'version|' || hex(c.serial) || '|' || hex(t.content_hash) || '|' || t.name || '|' ||
        t.oid || '|' || t.major || '|' || t.minor || '|' || hex(b.bundle_hash) FROM certificates c
        JOIN template_versions t ON t.id = c.template_version JOIN bundles b ON b.id = c.bundle"
    query "SELECT 'der|' || hex(c.serial) || '|' || hex(d.der) FROM certificates c
        JOIN certificate_der d ON d.certificate = c.id"
    query "SELECT 'name|' || hex(c.serial) || '|' || n.kind || '|' || n.name || '|' || n.not_after
        FROM certificates c JOIN certificate_names n ON n.certificate = c.id"
}

ledger_rows() { # FILE
    {
        rows_of certificates template_version bundle
        rows_of revocations
        rows_of revocation_events
        rows_of burnt_keys
        joined | sort
    } >"$1"
}

lost() { # BEFORE AFTER: rows that are there no more
    LC_ALL=C comm -23 <(LC_ALL=C sort "$1") <(LC_ALL=C sort "$2")
}

kept() { # how many old files
    find "$PLACE/policyd" -name 'ledger.db.replaced-*' ! -name '*-wal' ! -name '*-shm' | wc -l
}

# comes_back HOW PROBLEM: after the ledger's file was spoilt while policyd was stopped.
comes_back() {
    local number
    expect "policyd starts with a ledger that is $1" "$LAB" start "$PLACE" policyd
    expect "it says what is wrong" wait_for "$PATIENCE" status_has "$2"
    expect "and what to run" status_has '^ +run +policyctl ledger rebuild$'
    expect "once" test "$(policyctl status | grep -c 'ledger rebuild$')" = 1
    expect "it issues nothing" status_has '^policyd +not issuing'
    expect_json status status
    number=$(crl_number)
    expect_output "the ledger is rebuilt" "hold $COUNT certificates" policyctl ledger rebuild --yes
    expect "policyd issues again" wait_for "$PATIENCE" is_issuing
    ledger_rows "$STORY_DIR/after"
    expect_equal "every row is back" "" "$(lost "$STORY_DIR/before" "$STORY_DIR/after")"
    expect "a new CRL is made" wait_for "$PATIENCE" crl_is_newer "$number"
    expect "with what was revoked" crl_has "$revoked"
    expect "and what is held" crl_has "$held"
    expect "without what is good" crl_lacks "$good"
    expect_equal "old files are kept" "$((++KEPT))" "$(kept)"
}

crl_is_newer() { # NUMBER
    (($(crl_number) > $1))
}

stop_and_count() {
    expect "policyd stops" "$LAB" stop "$PLACE" policyd
    ledger_rows "$STORY_DIR/before"
    COUNT=$(query 'SELECT count(*) FROM certificates')
}

expect "a lab comes up" ctl_up
expect "certificates are issued" issue 8
revoked=${CTL_SERIALS[0]} held=${CTL_SERIALS[1]} released=${CTL_SERIALS[2]} good=${CTL_SERIALS[3]}
expect "one is revoked, its key burnt" policyctl cert revoke "$revoked" --yes \
    --reason keyCompromise --note 'laptop lost'
expect "one held" policyctl cert hold "$held" --yes --note 'laptop missing'
expect "one held and released" policyctl cert hold "$released" --yes
expect "and released" policyctl cert unhold "$released" --yes --note 'found it'

# Another ledger takes a certificate that this one never hears of, as when a disk is set back.
expect "policyd stops" "$LAB" stop "$PLACE" policyd
cp "$CTL_LEDGER" "$STORY_DIR/other.db"
expect "a certificate goes into another ledger" driver count=1 ledger="$STORY_DIR/other.db"
orphan=${CTL_SERIALS[-1]}
expect "policyd starts" "$LAB" start "$PLACE" policyd
expect "the journal tells of it" wait_for "$PATIENCE" crl_has "$orphan"
expect_output "it is recorded as having reached nobody" '^delivered +no$' policyctl cert show "$orphan"
expect_output "and revoked" 'revoke  cessationOfOperation .*never handed out$' policyctl cert show "$orphan"

# ---- while it is well --------------------------------------------------------------------

expect "it issues" wait_for "$PATIENCE" is_issuing
ledger_rows "$STORY_DIR/before"
expect_exit "a rebuild is asked about" 2 'with --yes' policyctl ledger rebuild
expect_output "and can be tried" 'nothing was changed' policyctl ledger rebuild --dry-run
KEPT=0
expect_json ledger-rebuild ledger rebuild --yes
expect_equal "the old file is where it says" "$(find "$PLACE/policyd" -name 'ledger.db.replaced-*' \
    ! -name '*-wal' ! -name '*-shm')" "$(json_member kept)"
expect "it issues" wait_for "$PATIENCE" is_issuing
ledger_rows "$STORY_DIR/after"
expect_equal "every row of the ledger is as it was" "" \
    "$(diff "$STORY_DIR/before" "$STORY_DIR/after")"
expect "there are rows to compare" test "$(grep -c '^certificates|' "$STORY_DIR/before")" -ge 9
expect "certificates" grep -qi "^der|$good|[0-9A-F]\{400\}" "$STORY_DIR/before"
expect "names" grep -q '^name|.*|host4.example.test|' "$STORY_DIR/before"
expect "revocations" test "$(grep -c '^revocations|' "$STORY_DIR/before")" -ge 3
expect "what was said about them" grep -q "^revocation_events|.*'laptop missing'" "$STORY_DIR/before"
expect "and a burnt key" grep -q '^burnt_keys|' "$STORY_DIR/before"
((KEPT += 1))
expect "a rebuild right after another" policyctl ledger rebuild --yes
expect "and one more" policyctl ledger rebuild --yes
((KEPT += 2))
expect_equal "replace no file that was kept" "$KEPT" "$(kept)"
expect "certificates are issued" issue 1

# ---- when it is gone or damaged ----------------------------------------------------------

stop_and_count
rm "$PLACE"/policyd/ledger.db "$PLACE"/policyd/ledger.db-* 2>/dev/null || true
comes_back gone "the ledger is new and the signer's journal has certificates"

stop_and_count
head -c 20000 /dev/urandom >"$CTL_LEDGER"
comes_back garbage 'the ledger is damaged'

stop_and_count
dd if=/dev/urandom of="$CTL_LEDGER" bs=4096 seek=3 count=4 conv=notrunc status=none
comes_back "damaged inside" 'the ledger is damaged'

stop_and_count
truncate -s 9000 "$CTL_LEDGER"
comes_back "cut off" 'the ledger is damaged'

expect "certificates are issued" issue 1
expect_output "the newest too is in the list" "^${CTL_SERIALS[-1]} " policyctl cert list
expect_output "the journal verifies" 'The chain is whole' policyctl audit verify
story_end
