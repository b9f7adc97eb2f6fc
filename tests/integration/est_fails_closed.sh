#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever policyd depends on is taken away: nobody gets a certificate meanwhile, the answer says when
# to come again, and afterwards it works without a restart.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

rows() {
    in_lab_sh '$POLICYCTL --json cert list' | grep -o '"serial"' | wc -l
}

ends_with() { # NAME STATUS
    ask_with_ticket Machine/simpleenroll "$1" >"$STORY_DIR/output" && is_status "$1" "$2"
}

is_put_off() { # NAME REASON
    ends_with "$1" 503 && grep -q "^$2: " "$WORK/$1.body"
}

expect_later() { # SENTENCE NAME REASON: perhaps for another one at first
    request_of "$2" ec
    expect "$1: $3" wait_for "$PATIENCE" is_put_off "$2" "$3"
    expect_output "$1: with a time to come again" '^Retry-After: [1-9][0-9]*.?$' cat "$WORK/$2.head"
}

expect_again() { # SENTENCE NAME
    request_of "$2" ec
    expect "$1" wait_for "$PATIENCE" ends_with "$2" 200
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept --set directory.cache=1s \
    --set policyd.threads=4 --set directory.timeout=60s --set directory.operation_timeout=60s
expect "a host logs in" login HOST
expect_again "it gets a certificate" before
had=$(rows)

expect "the directory is stopped" "$LAB" stop "$PLACE" directory
expect_later "without the directory there is no certificate" no_directory 'DIR_DOWN'
expect_equal "and none is recorded" "$had" "$(rows)"
expect "it is started" "$LAB" start "$PLACE" directory
expect_again "with it there is one again" with_directory

# Of the four threads it holds three, so that one is left for what does not need it.
cacerts() {
    in_lab_sh 'curl -sS --max-time 25 --cacert "$EST_CA" -o /dev/null -w "%{http_code}\n" "$EST_URL/.well-known/est/cacerts"'
}
somebody_is_turned_away() {
    cat "$WORK"/crowd*.body 2>/dev/null | grep '^BUSY: '
}
directory=$("$LAB" pid "$PLACE" directory)
for i in {1..8}; do
    request_of "crowd$i" ec
done
kill -STOP "$directory"
crowd=()
for i in {1..8}; do
    ask_with_ticket Machine/simpleenroll "crowd$i" >/dev/null 2>&1 &
    crowd+=($!)
done
expect "of a crowd before a directory that hangs some are turned away" wait_for "$PATIENCE" somebody_is_turned_away
expect_output "and who does not need it is served" '^200$' cacerts
kill -CONT "$directory"
wait "${crowd[@]}" || true
expect_again "it goes on, and there is one again" after_the_crowd

had=$(rows)
expect "the signer is stopped" "$LAB" stop "$PLACE" signer
expect_later "without the signer there is no certificate" no_signer 'SIGNER'
expect_equal "and none is recorded" "$had" "$(rows)"
expect "it is started" "$LAB" start "$PLACE" signer
expect_again "with it there is one again" with_signer

had=$(rows)
expect "an operator freezes issuing" in_lab_sh '$POLICYCTL freeze --yes --note story'
expect_later "while it is frozen there is no certificate" frozen 'FROZEN'
expect "and thaws it" in_lab_sh '$POLICYCTL thaw --yes'
expect_again "then there is one again" thawed

rules=$(lab_value "$PLACE" RULES_DIR)
mkdir "$STORY_DIR/rules"
mv "$rules"/*.lua "$STORY_DIR/rules"
expect "without rules policyd reloads" in_lab_sh '$POLICYCTL reload'
request_of no_rule ec
expect_refused "nobody permits anything then" 403 NO_RULE_PERMITTED Machine/simpleenroll no_rule
echo 'return rule { name = "broken", phase = "check", evaluate = function(req, d) d:permit( end }' \
    >"$rules/10-broken.lua"
expect_failure "rules with a fault are not taken" '10-broken\.lua' in_lab_sh '$POLICYCTL reload'
rm "$rules/10-broken.lua"
cp "$STORY_DIR/rules"/*.lua "$rules"
echo 'return rule { name = "mad", phase = "check", evaluate = function(req, d) while true do end end }' \
    >"$rules/20-mad.lua"
expect "an endless one is, for who could tell" in_lab_sh '$POLICYCTL reload'
request_of mad ec
expect_refused "it refuses whom it judges" 403 RULE_ERROR Machine/simpleenroll mad
rm "$rules/20-mad.lua"
expect "the shipped rules come back" in_lab_sh '$POLICYCTL reload'
expect_again "and there is one again" with_rules

expect "the KDC is stopped" "$LAB" stop "$PLACE" kdc
expect_again "who has a ticket needs no KDC" no_kdc
expect "it is started" "$LAB" start "$PLACE" kdc
expect "a host logs in" login HOST
expect_again "and gets another" with_kdc
# ---- who asks in vain all the time
expect "an account may be refused three times at a stretch" \
    sed -i 's/^rate_burst.*/rate_burst = 3\nrate_every = 1d/' "$(lab_value "$PLACE" POLICYD_CONF)"
expect "policyd starts anew" "$LAB" restart "$PLACE" policyd
expect_soon "and is well, so that nothing costs a turn by mistake" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
expect "a user logs in" login USER1
vainly() { # a machine's template, with another key each time
    local i
    for i in {1..6}; do
        request_of "vain$i" ec
        ask_with_ticket Machine/simpleenroll "vain$i" | tr '\n' ' '
    done
}
recorded() {
    sqlite3 -readonly "$PLACE/policyd/ledger.db" \
        "SELECT count(*) || ' rows' FROM decisions WHERE account = (SELECT account FROM requests WHERE principal LIKE 'alice@%')"
}
expect_output "the fourth time she is told to wait, whatever her key" '^(403 ){3}(429 ){3}$' vainly
expect_output "in whole seconds" '^Retry-After: [1-9][0-9]*.?$' cat "$WORK/vain6.head"
expect_output "with the reason" '^RATE: ' cat "$WORK/vain6.body"
expect_output "and of that nothing is recorded" '^3 rows$' recorded
expect "a host logs in" login HOST
in_earnest() {
    local i
    for i in {1..5}; do
        request_of "earnest$i" ec
        ask_with_ticket Machine/simpleenroll "earnest$i" | tr '\n' ' '
    done
}
expect_output "others get what is theirs, and certificates cost no turn" '^(200 ){5}$' in_earnest

expect_soon "nothing is wrong when all is back" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
story_end
