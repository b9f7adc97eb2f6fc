#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd starts whatever is missing or broken, issues nothing, and says why and what to run (I9).
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"

again() { # restarts policyd with another environment of configuration
    [[ -z $POLICYD_PID ]] || policyd_stop || true
    policyd_configure
    policyd_start
}

# No signer, no CA, no public directory.
expect "policyd starts without a signer" again
expect_output "status says that the signer is away and how to start it" \
    'policyd-signer is away.*"run":"systemctl start policyd-signer"' policyd_ask /v1/status
expect_output "and that nothing is issued" '"state":"not issuing"' policyd_ask /v1/status
expect_output "it lives all the same" alive policyd_plain /healthz
expect_failure "but is not ready" 'policyd-signer is away' policyd_plain /readyz
expect_failure "on the admin socket neither" '"status":503' policyd_ask /readyz
expect_failure "an order to the signer gets a clear 503" '"reason":"SIGNER"' \
    policyd_ask /v1/freeze -X POST
expect_output "the ledger can be read" '"certificates":\[\],"next":null' policyd_ask /v1/certificates
expect_output "there are no core dumps" '^Max core file size +0 +0' cat "/proc/$POLICYD_PID/limits"
expect_equal "files are for its user alone" "-rw-------" \
    "$(stat -c %A "$POLICYD_DIR/ledger.db")"
expect_equal "everybody may reach the admin socket" "srw-rw-rw-" \
    "$(stat -c %A "$POLICYD_DIR/admin.sock")"

expect_exit "a second policyd does not take the socket away" 1 'another process' \
    "$POLICYD" -c "$POLICYD_CONF"
expect "the first still serves it" policyd_ask /v1/status
kill -KILL "$POLICYD_PID"
wait "$POLICYD_PID" 2>/dev/null || true
POLICYD_PID=''
expect "after a kill -9 it starts again in the same place" again

# The ledger.
policyd_stop || true
POLICYD_PID=''
cp "$POLICYD_DIR/ledger.db" "$POLICYD_DIR/good.db"
rm -f "$POLICYD_DIR"/ledger.db-*
head -c 20000 /dev/urandom >"$POLICYD_DIR/ledger.db"
expect "policyd starts with a damaged ledger" again
expect_output "status says so and what to run" \
    '"state":"damaged".*"run":"policyctl ledger rebuild"' policyd_ask /v1/status
expect_failure "reading it gets a clear 503" '"reason":"STORE"' policyd_ask /v1/certificates
policyd_stop || true
POLICYD_PID=''
cp "$POLICYD_DIR/good.db" "$POLICYD_DIR/ledger.db"
sqlite3 "$POLICYD_DIR/ledger.db" 'PRAGMA user_version = 999;'
expect "policyd starts with the ledger of a newer program" again
expect_output "status says that it is only read" '"state":"read only"' policyd_ask /v1/status
expect "and it is" policyd_ask /v1/certificates
LEDGER=$POLICYD_DIR/none/ledger.db
expect "policyd starts without a directory for the ledger" again
expect_output "status says that it is away" '"state":"away"' policyd_ask /v1/status
unset LEDGER

# The plain listener.
cp "$POLICYD_DIR/good.db" "$POLICYD_DIR/ledger.db"
PLAIN_PORT=1 # nobody may have it but root
if ((EUID != 0)); then
    expect "policyd starts without a right to its port" again
    expect_output "status says so" 'listening at 127.0.0.1 port 1' policyd_ask /v1/status
else
    skip "policyd starts without a right to its port" "root has it"
fi
unset PLAIN_PORT
PLAIN_ADDRESS=192.0.2.1
expect "policyd starts without the plain listener's address" again
expect_output "status says what is wrong with it" 'listening at 192.0.2.1' policyd_ask /v1/status
policyd_end
