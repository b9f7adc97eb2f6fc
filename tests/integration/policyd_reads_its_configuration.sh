#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A bad configuration file is fatal with every fault shown; a bad reload changes nothing.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"

logged() { # PATTERN, in the log
    grep -qE -- "$1" "$POLICYD_DIR/log"
}

# Words on the command line.
expect_output "--version" '^policyd [0-9]+\.[0-9]+\.[0-9]+$' "$POLICYD" --version
expect_output "--help names the exit codes" '3 bad configuration' "$POLICYD" --help
expect_exit "an unknown option is wrong usage" 2 "try 'policyd --help'" "$POLICYD" --frobnicate
expect_exit "so is an argument" 2 "'now' is one argument too many" "$POLICYD" now
expect_exit "so is another way to print" 2 'effective, default or schema' \
    "$POLICYD" --print-config=all

# Checking and printing.
policyd_configure '[crl]' 'debounce = 3s'
expect_exit "a good file is checked in silence" 0 '' "$POLICYD" -c "$POLICYD_CONF" --check-config
expect_output "effective values name their lines" "# from $POLICYD_CONF:[0-9]+" \
    "$POLICYD" -c "$POLICYD_CONF" --print-config
expect_output "defaults are the installed paths" '^path = /var/lib/policyd/ledger.db$' \
    "$POLICYD" --print-config=default
"$POLICYD" --print-config=schema >"$STORY_DIR/schema"
expect "the schema is the reference page" cmp "$STORY_DIR/schema" "$REPO/docs/reference/policyd.conf.md"
expect "and the signer's is its own" bash -c '"$1" --print-config=schema | cmp - "$2"' sh \
    "$BUILD_DIR/policyd/policyd-signer" "$REPO/docs/reference/signer.conf.md"
"$POLICYD" -c "$POLICYD_CONF" --print-config >"$STORY_DIR/printed.conf"
expect_exit "what is printed loads again" 0 '' "$POLICYD" -c "$STORY_DIR/printed.conf" --check-config

expect_output "a list without values prints as one" '^names = $' "$POLICYD" --print-config=default
expect_output "tokens must be bound unless it says otherwise" '^channel_binding = require$' \
    "$POLICYD" --print-config=default
policyd_configure '[auth]' 'service = HTTP/pki.example.com'
expect_exit "a service without its realm is refused" 3 "is not a service principal such as HTTP/" \
    "$POLICYD" -c "$POLICYD_CONF" --check-config
policyd_configure '[auth]' 'service = HTTP/pki.example.com@EXAMPLE.COM' 'channel_binding = accept'
expect_exit "with its realm it is taken" 0 '' "$POLICYD" -c "$POLICYD_CONF" --check-config
policyd_configure '[auth]' 'channel_binding = off'
expect_exit "bindings cannot be switched off" 3 "'off' is none of require, accept" \
    "$POLICYD" -c "$POLICYD_CONF" --check-config

# Every fault, and no start.
policyd_configure '[crl]' 'debounce = 3' 'validty = 7d' '[policyd]' '[est]' 'port = 1'
for task in --check-config --foreground; do
    expect_exit "a bad file ends $task with 3" 3 "'debounce' in \[crl\]: '3' is not a duration" \
        "$POLICYD" -c "$POLICYD_CONF" "$task"
    expect_exit "$task shows the second fault too" 3 'did you mean validity' \
        "$POLICYD" -c "$POLICYD_CONF" "$task"
    expect_exit "$task shows the third fault too" 3 "unknown key 'port' in \[est\]" \
        "$POLICYD" -c "$POLICYD_CONF" "$task"
done
expect_exit "a missing file is a bad one" 3 'none.conf' "$POLICYD" -c "$STORY_DIR/none.conf"
policyd_configure
chmod 666 "$POLICYD_CONF"
expect_exit "so is one that everybody may write" 3 'policyd.conf' \
    "$POLICYD" -c "$POLICYD_CONF" --check-config
chmod 600 "$POLICYD_CONF"
expect_exit "the same file for us alone is good" 0 '' "$POLICYD" -c "$POLICYD_CONF" --check-config

# Reload.
policyd_configure
expect "policyd starts" policyd_start
pid=$POLICYD_PID
LOG_LEVEL=debug policyd_configure
kill -HUP "$pid"
expect "SIGHUP takes over what may change" wait_for "$PATIENCE" logged \
    'config.reloaded.*\[policyd\] log_level: info -> debug'
LOG_LEVEL=loud policyd_configure
kill -HUP "$pid"
expect "SIGHUP refuses a faulty file" wait_for "$PATIENCE" logged "config.kept.*'loud' is none of"
LOG_LEVEL=debug PLAIN_PORT=8 policyd_configure
kill -HUP "$pid"
expect "SIGHUP refuses what takes a restart" wait_for "$PATIENCE" logged \
    "config.kept.*'plain_port' in .listen. changes only by a restart"
expect_failure "an order to reload says so as well" "changes only by a restart" \
    policyd_ask /v1/reload -X POST
LOG_LEVEL=warning policyd_configure
expect_failure "a good file is taken over although the signer is away" \
    'policyd was reloaded, the signer was not' policyd_ask /v1/reload -X POST
expect "it is the same process that answers" status_has "\"pid\":$pid"
policyd_end
