#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd itself, as the lab starts it: a token must be bound to its connection, is good once, and
# is Kerberos; what is none of that looks the same from outside.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

/usr/bin/python3 -c 'import gssapi' 2>/dev/null || story_skip_all "python3-gssapi is not installed"
PLACE=$STORY_DIR/lab

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

client() { # ARGUMENT...: of negotiate.py
    in_lab bash -euc '/usr/bin/python3 "$1" "$EST_PORT" --path /autoenroll/v1/policy \
        --service "HTTP/$EST_HOST@$LAB_REALM" "${@:2}"' sh "$REPO/tests/integration/negotiate.py" "$@"
}

refused() { # SENTENCE ARGUMENT...
    expect_output "$1: 401" '^HTTP 401 Negotiate$' client "${@:2}"
    verdict "... and no more is told" printed '"reason":"AUTH_NONE"'
    verdict "... whatever the cause" not_printed 'CB_|REPLAY|SPN'
}

not_printed() { ! grep -qE -- "$1" "$STORY_DIR/output"; }

expect "a lab comes up" up_lab "$PLACE"
expect "a user logs in" in_lab bash -euc 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
expect_output "a bound token comes in" '^HTTP 200' client
verdict "and the server proves itself" printed 'mutual yes$'
expect_output "with TLS 1.2, too" '^HTTP 200' client --tls12
refused "an unbound token" --bind none
refused "one that is bound to another certificate" --bind wrong
for kind in ntlm spnego-ntlm garbage indefinite oversized empty no-base64 basic nothing; do
    refused "no credentials: $kind" --send "$kind"
done
expect_output "a token is good once" '^HTTP 200' client --again other
verdict "and not on another connection" printed '^HTTP 401'
expect_output "curl, which binds nothing, stays outside" '^401$' in_lab bash -euc \
    'curl -sS -o /dev/null -w "%{http_code}\n" --negotiate -u : --cacert "$EST_CA" "$EST_URL/autoenroll/v1/policy"'
expect "a stranger logs in" in_lab bash -euc 'kinit -k -t "$FOREIGN_KEYTAB" "$FOREIGN_PRINCIPAL"'
expect_output "who is known, and refused" '"reason":"REALM"' client
verdict "with 403" printed '^HTTP 403'
story_end
