#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host and a user whom nobody looks after, for years of the lab's clock: renewals, revocations,
# rights that go and come back, a server that is away, a key that is changed.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
# shellcheck source-path=SCRIPTDIR source=client_lib.sh
. "$(dirname -- "$0")/client_lib.sh"
clock_can_move || story_skip_all "libfaketime is not installed, or this is a sanitizer build"

expect_first() { # SCOPE TEMPLATE, here and below
    expect_exit "$1: a run gets what there should be" 0 "^$2 +issued" "$1" run
    local first
    first=$(serial "$1" "$2")
    expect_exit "$1: a second run does nothing and says so" 0 "^$2 +healthy" "$1" run
    expect_equal "$1: really nothing" "$first" "$(serial "$1" "$2")"
}

expect_renewal() {
    local before
    before=$(serial "$1" "$2")
    expect_exit "$1: in the window it is due" 10 "^$2 +due" "$1" --exit-code status
    expect_exit "$1: a run renews it by itself" 0 "^$2 +renewed" "$1" run
    expect_equal "$1: with the old certificate" "rekey $before" \
        "$(of_ledger "$(serial "$1" "$2")" operation) $(of_ledger "$(serial "$1" "$2")" renews)"
    expect_exit "$1: and all is well again" 0 "^$2 +healthy" "$1" run
}

expect_renewal_of_revoked() {
    expect "$1: the next one is revoked" revoke "$(serial "$1" "$2")"
    expect_exit "$1: revoked and in the window, it is replaced" 0 "^$2 +renewed" "$1" run
    expect_equal "$1: with a ticket" enroll "$(of_ledger "$(serial "$1" "$2")" operation)"
}

expect_denial() { # SCOPE TEMPLATE CONTAINER
    local before
    before=$(serial "$1" "$2")
    edit_template "$2" <<<"add: autoenrollDeny
autoenrollDeny: $3" >/dev/null
    expect "$1: the right to it is taken away" wait_for "$PATIENCE" told "$1" "^$2 .* no "
    expect_exit "$1: in the window it is not renewed" 6 "^$2 +denied" "$1" run
    expect_equal "$1: the old one stays" "$before" "$(serial "$1" "$2")"
    expect_exit "$1: explain says why" 0 'because +NO_ENROLL' "$1" explain "$2"
    expect_exit "$1: and who can help" 0 'who can help +[a-z]' "$1" explain "$2"
    edit_template "$2" <<<'delete: autoenrollDeny' >/dev/null
    expect "$1: the right is back" wait_for "$PATIENCE" told "$1" "^$2 .* automatic"
    expect_exit "$1: the next run renews" 0 "^$2 +renewed" "$1" run
    expect_exit "$1: nothing of the refusal is left" 0 "state +healthy" "$1" explain "$2"
}

expect_absence() {
    local before
    before=$(serial "$1" "$2")
    for ((n = 0; n < 3; n++)); do
        run "$1" run
    done
    verdict "$1: without policyd a run is to be tried again" exited_and_printed 4 'localhost:'
    expect_exit "$1: what there is stays in force" 0 "^$2 +due" "$1" status
    expect_equal "$1: as it was" "$before" "$(serial "$1" "$2")"
}

approve() { # REQUEST: with the ticket of somebody who may
    in_lab_sh 'export KRB5CCNAME="FILE:$LAB_DIR/tmp/approver"
        kinit -k -t "$USER3_KEYTAB" "$USER3" && $POLICYCTL request approve "$1" --yes' "$1"
}

request_of_line() { # SCOPE TEMPLATE
    "$1" --json status | python3 -c 'import json, sys
print(*(c["request"] for c in json.load(sys.stdin)["certificates"] if c["name"] == sys.argv[1]))' "$2"
}

is_installed() { # SCOPE TEMPLATE
    "$1" run | grep -E "^$2 +issued"
}

# Nobody calls the client but its timer, once it has asked.
expect_approval() {
    local request
    expect_exit "$1: what must be approved waits" 7 "^$2 +pending" "$1" enroll "$2"
    request=$(request_of_line "$1" "$2")
    expect_exit "$1: in a run, too, under the same number" 7 "^$2 +pending .*request $request" "$1" run
    expect "$1: somebody approves it" approve "$request"
    expect "$1: a run installs it" wait_for "$PATIENCE" is_installed "$1" "$2"
    expect_exit "$1: then it is like any other" 0 "^$2 +healthy" "$1" run
    expect_equal "$1: and nothing waits any more" "" "$(find "$STORY_DIR/$1/pending" -type f)"
}

rotate_key() {
    cp -p "$(lab_value "$PLACE" HOST_KEYTAB)" "$STORY_DIR/old.keytab"
    in_lab_sh 'kadmin.local -r "$LAB_REALM" -p "lab/admin@$LAB_REALM" -q "ktadd -k $HOST_KEYTAB $HOST_PRINCIPAL"'
}

expect_rotation() {
    expect_output "the host's key is changed, its keytab has both" 'kvno 3|kvno 2' rotate_key
    expect_exit "machine: a run goes on" 0 '^Machine +healthy' machine run
    rm "$(lab_value "$PLACE" HOST_KEYTAB)"
    expect_output "the keytab is made anew, without the old key" 'kvno' in_lab_sh \
        'kadmin.local -r "$LAB_REALM" -p "lab/admin@$LAB_REALM" -q "ktadd -k $HOST_KEYTAB $HOST_PRINCIPAL"'
    expect_exit "machine: a run goes on" 0 '^Machine +healthy' machine run
    sed "s,^keytab.*,keytab = $STORY_DIR/old.keytab," "$STORY_DIR/autoenroll.conf" >"$STORY_DIR/old.conf"
    expect_exit "machine: with the old key alone nobody is let in" 5 'no Kerberos ticket' \
        "$LAB" exec "$PLACE" -- "$CLIENT" --system --config "$STORY_DIR/old.conf" run
    expect_exit "machine: and nothing is lost" 0 '^Machine +healthy' machine run
}

# later DAYS: it is so many days since the lab came up; tickets do not live as long.
later() {
    expect "it is day $1" "$LAB" clock "$PLACE" "+$1d"
    expect_exit "user: without a ticket she waits for one" 0 'waits for a Kerberos ticket' user run
    expect_exit "user: and status says so" 0 'waits for a Kerberos ticket' user status
    expect "user: she logs in" login USER1
}

expect "a lab comes up" up_lab "$PLACE"
client_conf
BASE=$(lab_value "$PLACE" LAB_BASE)
expect "user: she logs in" login USER1
expect_first machine Machine
expect_first user User
later 330
expect_renewal machine Machine
expect_renewal user User
expect_rotation
later 660
expect_renewal_of_revoked machine Machine
expect_renewal_of_revoked user User
later 990
expect_denial machine Machine "ou=computers,$BASE"
expect_denial user User "ou=people,$BASE"
later 1320
expect "policyd goes away" "$LAB" stop "$PLACE" policyd
expect_absence machine Machine
expect_absence user User
later 1321 # it comes back with the day
expect_exit "machine: a day later it recovers" 0 '^Machine +renewed' machine run
expect_exit "user: so does she" 0 '^User +renewed' user run
expect_approval user Held
edit_template WebServer <<<'replace: msPKI-Enrollment-Flag
msPKI-Enrollment-Flag: 2
-
replace: displayName
displayName: approved web server' >/dev/null
expect "machine: what a host may have on demand must be approved now" wait_for "$PATIENCE" told "machine --json" 'approved web server'
expect_approval machine WebServer
story_end
