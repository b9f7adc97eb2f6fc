#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd itself, as the lab starts it: a token must be bound to its connection, is good once, and
# is Kerberos; what is none of that looks the same from outside. Who comes in is told what the directory
# says of him at each request.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
/usr/bin/python3 -c 'import gssapi' 2>/dev/null || story_skip_all "python3-gssapi is not installed"

client() { # ARGUMENT...: of negotiate.py
    in_lab_sh '/usr/bin/python3 "$1" "$EST_PORT" --path /autoenroll/v1/policy \
        --service "${SERVICE:-HTTP}/$EST_HOST@$LAB_REALM" "${@:2}"' "$REPO/tests/integration/negotiate.py" "$@"
}

refused() { # SENTENCE ARGUMENT...
    expect_output "$1: 401" '^HTTP 401 Negotiate$' client "${@:2}"
    verdict "... and no more is told" printed '"reason":"AUTH_NONE"'
    verdict "... whatever the cause" not_printed 'CB_|REPLAY|SPN'
}

not_printed() { ! grep -qE -- "$1" "$STORY_DIR/output"; }

change() { # LDIF
    printf '%s\n' "$1" >"$WORK/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/change.ldif"
}

modify() { # CN LINE...: a person's entry
    change "dn: cn=$1,ou=people,$BASE
changetype: modify
$(printf '%s\n' "${@:2}")"
}

put_in_place_of() { # CN CN: the first is in the group that may enroll, the second is there no more
    change "dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=$1,ou=people,$BASE
-
delete: member
member: cn=$2,ou=people,$BASE"
}

enrolls() { # NAME ARGUMENT...: for a certificate with that request
    client --path /.well-known/est/User/simpleenroll --post "$WORK/$1.csr" "${@:2}"
}

# second_after NAME ORDER...: the answer to the second of two requests of one connection, with ORDER
# carried out between them; only the first one shows a token.
second_after() {
    local pid
    rm -f "$WORK"/{gate,live.out} && mkfifo "$WORK/gate"
    enrolls "$1" --requests 2 --gate "$WORK/gate" >"$WORK/live.out" 2>&1 </dev/null &
    pid=$!
    if wait_for "$PATIENCE" grep -q '^mutual yes' "$WORK/live.out" && "${@:2}" >"$WORK/order.out" 2>&1; then
        echo go >"$WORK/gate"
    else
        kill "$pid"
        cat "$WORK/order.out"
    fi
    wait "$pid" || true
    awk '/^HTTP / { n++ } n == 1 && /^HTTP / { print "first: " $0 } n == 2' "$WORK/live.out"
}

expect "a lab comes up" up_lab "$PLACE"
BASE=$(lab_value "$PLACE" LAB_BASE)
expect "a user logs in" login USER1
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
expect_output "curl, which binds nothing, stays outside" '^401$' in_lab_sh \
    'curl -sS -o /dev/null -w "%{http_code}\n" --negotiate -u : --cacert "$EST_CA" "$EST_URL/autoenroll/v1/policy"'

# ---- tickets for another service
expect "there is another service" in_lab_sh 'kadmin.local -q "addprinc -randkey other/$EST_HOST"'
SERVICE=other refused "a ticket for it"
expect_output "policyd gets its key, too" ' other/localhost@' in_lab_sh '
    kadmin.local -q "ktadd -norandkey -k $HTTP_KEYTAB other/$EST_HOST"
    klist -k "$HTTP_KEYTAB"'
SERVICE=other refused "a ticket for it, which policyd could open,"
expect_output "one for policyd's own comes in" '^HTTP 200' client

# ---- what the directory says counts for each request, whatever was shown before
request_of alice rsa2048
expect_output "on one connection a second request is served" '^first: HTTP 200' second_after alice true
verdict "without another token" printed '^HTTP 200'
expect_output "she leaves her group behind the first one" '^first: HTTP 200' second_after alice put_in_place_of bob alice
verdict "then the second is refused, on the same connection" printed '^HTTP 403'
verdict "because she may not" printed '^NO_ENROLL: '
expect_output "and so is another one" '^HTTP 403' enrolls alice
expect_output "she comes back behind the first one" '^first: HTTP 403' second_after alice put_in_place_of alice bob
verdict "then the second is served" printed '^HTTP 200'
expect_output "her account is locked behind the first one" '^first: HTTP 200' second_after alice \
    modify alice 'add: pwdAccountLockedTime' 'pwdAccountLockedTime: 000001010000Z'
verdict "then the second is refused" printed '^HTTP 403'
verdict "because it is disabled" printed '^DISABLED: '
expect_output "with the ticket that she has, too" '^HTTP 403' enrolls alice
verdict "for the same reason" printed '^DISABLED: '
expect_output "even to look" '"reason":"DISABLED"' client
expect "it is unlocked" modify alice 'delete: pwdAccountLockedTime'
expect_output "and the same ticket is good again" '^HTTP 200' enrolls alice
expect "another one logs in" login USER3
expect_output "and comes in" '^HTTP 200' client
expect "his account is deleted" change "dn: cn=carol,ou=people,$BASE
changetype: delete"
expect_output "his ticket is good for nothing" '^HTTP 403' client
verdict "because he is gone" printed '"reason":"DISABLED"'

# ---- strangers
expect "a stranger logs in" login FOREIGN
expect_output "who is known, and refused" '"reason":"REALM"' client
verdict "with 403" printed '^HTTP 403'
story_end
