#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever comes in at policyd's listeners - requests that two readers read in two ways, more than any
# request, peers that never say anything - gets a clear refusal or a closed connection. Its memory and
# its files stay bounded, and an honest client is served meanwhile.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

CROWD='' CROWD_IN='' FILES=1024
GROWTH_KIB=$((64 * 1024)) # a connection takes some 10 KiB, so 1,500 of them a quarter of it
! grep -qa __asan_init "$BUILD_DIR/policyd/policyd" || GROWTH_KIB=$((2 * 1024 * 1024)) # ASan keeps what was freed

policyd_value() { # FILE NAME: of /proc
    awk -v name="$2:" '$1 == name { print $2 }' "/proc/$("$LAB" pid "$PLACE" policyd)/$1"
}

memory() { policyd_value status VmRSS; }

# gather TARGET COUNT KIND: a crowd, which stays until disperse.
gather() {
    rm -f "$STORY_DIR/crowd.in"
    mkfifo "$STORY_DIR/crowd.in"
    python3 "$REPO/tests/integration/wire.py" hold "$@" <"$STORY_DIR/crowd.in" >"$STORY_DIR/crowd.out" 2>&1 &
    CROWD=$!
    exec {CROWD_IN}>"$STORY_DIR/crowd.in"
    wait_for "$PATIENCE" grep -q held "$STORY_DIR/crowd.out"
}

disperse() {
    exec {CROWD_IN}>&-
    wait "$CROWD"
}

# An honest client, who is patient and comes from an address of his own.
gets_certificate() {
    request_of "honest$((HONEST += 1))" ec
    ask Machine/simpleenroll "honest$HONEST" --negotiate -u : --interface 127.0.0.9 >"$STORY_DIR/output" &&
        is_status "honest$HONEST" 200
}
gets_crl() {
    in_lab_sh 'curl -sSf --max-time "$PATIENCE" --interface 127.0.0.9 "$CRL_URL"' | openssl crl -inform DER -noout
}
gets_status() {
    in_lab_sh '$POLICYCTL status'
}
HONEST=0

# expect_beside_crowd SENTENCE TARGET COUNT KIND COMMAND [CONNECTIONS]: and no more of these at once.
expect_beside_crowd() {
    expect "$1: they gather" gather "$2" "$3" "$4"
    expect "$1: somebody honest is served" wait_for "$PATIENCE" "$5"
    expect_flat "$1: memory stays bounded"
    (($# < 6)) || expect_few_files "$1: no more than $6 are let in" "$6"
    expect "$1: they go" disperse
}

expect_flat() { # SENTENCE
    local growth=$(($(memory) - BEFORE))
    echo "# memory grew by $growth KiB"
    expect "$1" test "$growth" -lt "$GROWTH_KIB"
}

expect_few_files() { # SENTENCE CONNECTIONS
    local open
    open=$(find "/proc/$("$LAB" pid "$PLACE" policyd)/fd" | wc -l)
    echo "# $open files are open"
    expect "$1" test "$open" -lt $(($2 + 100))
}

# judge_wire TARGET: asks all that its standard input has, a line each: SENTENCE | ANSWER | WHAT IS SAID
judge_wire() {
    local sentence answer line table n=0
    mapfile -t table
    mapfile -t ANSWERS < <(printf '%s\n' "${table[@]#*|*|}" | sed 's/^ *//' |
        python3 "$REPO/tests/integration/wire.py" say "$1")
    for line in "${table[@]}"; do
        IFS='|' read -r sentence answer _ <<<"$line"
        STATUS=0
        echo "${ANSWERS[n++]-nothing}" >"$STORY_DIR/output"
        verdict "${1%%:*}: $(words "$sentence")" printed "^($(words "${answer//;/|}"))\$"
    done
}

# framing TARGET POST-TARGET STATUS: what it says to a request in order. Each is followed by another
# one, which must not be answered. An answer that libmicrohttpd gives by itself has its head twice.
framing() {
    local head="POST $2 HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: application/pkcs10\\r\\n"
    local next="GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
    local body="Content-Length: 4\\r\\n\\r\\nAAAA$next" end='0\r\n\r\n'
    local chunked="Transfer-Encoding: chunked"
    judge_wire "$1" <<EOT
a request and the next behind it | $3,200 closed | ${head}$body
one in chunks and the next       | $3,200 closed | ${head}$chunked\\r\\n\\r\\n4\\r\\nAAAA\\r\\n$end$next
two lengths                      | 400 closed    | ${head}Content-Length: 60\\r\\n$body
the same length twice            | 400 closed    | ${head}Content-Length: 4\\r\\n$body
a length and chunks              | 400 closed    | ${head}Content-Length: 4\\r\\n$chunked\\r\\n\\r\\n$end$next
chunks and a length              | 400 closed    | ${head}$chunked\\r\\nContent-Length: 4\\r\\n\\r\\n$end$next
a space in front of the colon    | 400 closed    | ${head}Transfer-Encoding : chunked\\r\\n\\r\\n$end$next
chunks twice                     | 400 closed    | ${head}$chunked\\r\\n$chunked\\r\\n\\r\\n$end$next
another encoding                 | 400 closed    | ${head}Transfer-Encoding: gzip\\r\\n\\r\\n$next
one that only begins so          | 400 closed    | ${head}${chunked}x\\r\\n\\r\\n$end$next
a length with a sign             | 400(,400)? closed | ${head}Content-Length: +4\\r\\n\\r\\nAAAA$next
a length in hexadecimal          | 400(,400)? closed | ${head}Content-Length: 0x4\\r\\n\\r\\nAAAA$next
a length below nothing           | 400(,400)? closed | ${head}Content-Length: -4\\r\\n\\r\\nAAAA$next
a length beyond numbers          | 413(,413)? closed | ${head}Content-Length: 99999999999999999999\\r\\n\\r\\nAAAA$next
a chunk's length that is none    | (400;none) closed | ${head}$chunked\\r\\n\\r\\n4x\\r\\nAAAA\\r\\n$end$next
a chunk beyond numbers           | (413;none) closed | ${head}$chunked\\r\\n\\r\\nfffffffffffffffff\\r\\nAAAA\\r\\n$end$next
a folded length                  | 400 closed    | ${head}Content-Length:\\r\\n 60\\r\\n\\r\\nAAAA$next
a folded encoding                | 400 closed    | ${head}Transfer-Encoding:\\r\\n chunked\\r\\n\\r\\n$end$next
a folded header                  | 400 closed    | ${head}X: 1\\r\\n Y: 2\\r\\n$body
lines that end in LF alone       | 200 closed    | GET /healthz HTTP/1.1\\nHost: localhost\\nConnection: close\\n\\n
two hosts                        | 400 closed    | ${head}Host: evil\\r\\n$body
no host                          | 400(,400)? closed | POST $2 HTTP/1.1\\r\\n$body
a name with a space              | 400 closed    | ${head}X Y: 1\\r\\n$body
a second type                    | 400 closed    | ${head}Content-Type: text/plain\\r\\n$body
a second authorization           | 400 closed    | ${head}Authorization: a\\r\\nAuthorization: b\\r\\n$body
a header of 64 KiB               | 400 closed    | ${head}X: {x*65536}\\r\\n$body
a header of 200 KiB              | 4..(,4..)? closed | ${head}X: {x*204800}\\r\\n$body
100 headers                      | 400 closed    | ${head}$(printf 'X: 1\\r\\n%.0s' {1..100})$body
10,000 headers                   | 4..(,4..)? closed | ${head}$(printf 'X: 1\\r\\n%.0s' {1..10000})$body
a target of 200 KiB              | 4..(,4..)? closed | GET /{x*204800} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n
a body of 10 MiB                 | (4..;none) closed | ${head}Content-Length: 10485760\\r\\n\\r\\n{A*10485760}
a GiB that never comes           | 4.. closed    | ${head}Content-Length: 1073741824\\r\\n\\r\\n
a chunk of 10 MiB                | (413;none) closed | ${head}$chunked\\r\\n\\r\\nA00000\\r\\n{A*10485760}\\r\\n$end
a handshake where none belongs   | (4..(,4..)?;none) closed | \\x16\\x03\\x01\\x02\\x00\\x01\\r\\n\\r\\n\\r\\n
HTTP/2                           | ([45]..(,[45]..)?;none) closed | PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n
a version that is none           | ([45]..(,[45]..)?;none) closed | GET /healthz HTTP/9.9\\r\\nHost: localhost\\r\\n\\r\\n
EOT
}

words() { # TEXT: without the blanks around it
    local words
    read -r words <<<"$1"
    echo "$words"
}

# As many files as who starts it often gives it: it makes room for more.
ulimit -Sn "$FILES"
expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept \
    --set listen.est_connections=1500 --set listen.est_per_address=400 --set listen.est_deadline=30s
EST=tls:$(lab_value "$PLACE" EST_PORT)
PLAIN=plain:$(lab_value "$PLACE" CRL_URL | sed 's,.*:\([0-9]*\)/.*,\1,')
ADMIN=unix:$PLACE/run/admin.sock
MANY=$(printf '127.0.1.%d,' {1..40})127.0.1.0
expect_output "it has made room for its files" '^Max open files +(2[3-9][0-9]{2}|[3-9][0-9]{3}|[0-9]{5,}) ' \
    cat "/proc/$("$LAB" pid "$PLACE" policyd)/limits"
expect "a host logs in" login HOST
expect "somebody honest is served" gets_certificate
BEFORE=$(memory)
framing "$EST" /.well-known/est/simpleenroll 401
framing "$PLAIN" /issuing.crt 405
framing "$ADMIN" /v1/freeze 400
expect_flat "its memory did not grow"
expect "somebody honest is served as before" gets_certificate
expect_output "and nothing was frozen" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'

expect_beside_crowd "2,000 of one address who are silent" "$EST" 2000 silent gets_certificate 400
expect_beside_crowd "2,000 of many" "$EST@$MANY" 2000 silent gets_certificate 1500
expect_beside_crowd "2,000 who begin a handshake" "$EST@$MANY" 2000 begun gets_certificate 1500
expect_beside_crowd "200 who end it and ask nothing" "$EST@$MANY" 200 shaken gets_certificate
expect_beside_crowd "100 who send an octet a second" "$EST@$MANY" 100 trickle gets_certificate
# ---- a handshake that begins again
renegotiate() { # OPTION...: what openssl says until the connection is closed
    in_lab_sh 'mkfifo "$1"; timeout "$PATIENCE" openssl s_client -connect "127.0.0.1:$EST_PORT" -CAfile "$EST_CA" \
        "${@:2}" <"$1" 2>&1 & exec {to}>"$1"; echo R >&"$to"; wait $!' "$STORY_DIR/to.tls$((HONEST += 1))" "$@"
}
expect_output "a handshake that begins again ends the connection" '^closed$' renegotiate -tls1_2
expect_failure "TLS 1.1 has none at all" 'no peer certificate available' renegotiate -tls1_1

expect_beside_crowd "2,000 who want no CRL" "$PLAIN@$MANY" 2000 silent gets_crl 512
expect_beside_crowd "500 at the socket of operators" "$ADMIN" 500 silent gets_status 128

story_end
