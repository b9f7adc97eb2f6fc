#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd stops with 100 requests for certificates on their way: each client is answered, whoever got a
# certificate finds it recorded, and whoever did not gets his one when he asks again.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

CLIENTS=100
BEFORE_SIGNER=20 # reserved, and so waiting for the signer; a slow machine needs its 10 s for more
LIMIT=120

# reserved COUNT: so many requests are between their reservation and their signature.
reserved() {
    python3 - "$PLACE/policyd/ledger.db" "$1" <<'END'
import sqlite3
import sys
ledger = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
sys.exit(ledger.execute("SELECT count(*) FROM reservations").fetchone()[0] < int(sys.argv[2]))
END
}

# How each exchange of ask_all ended: curl's exit code and the status, a line for each client.
ask_all() { # OUTPUT NAME...
    local names=("${@:2}")
    names=("${names[@]/#/$WORK/}")
    : >"$1"
    in_lab_sh '
        out=$1 && shift
        for name; do
            { code=0
              status=$(curl -sS --max-time 90 --cacert "$EST_CA" -D "$name.head" -o "$name.body" \
                  -w "%{http_code}" --negotiate -u : -H "Content-Type: application/pkcs10" \
                  --data-binary "@$name.csr" "$EST_URL/.well-known/est/Machine/simpleenroll" \
                  2>>"$out.errors") || code=$?
              echo "$code $status ${name##*/}" >>"$out"
            } &
        done
        wait' "$1" "${names[@]}"
}

# Whoever has nothing yet asks once more; true: all have theirs.
ask_again() { # NAME...
    local name without=()
    for name; do
        grep -qs "^0 200 $name\$" "$STORY_DIR/got" || without+=("$name")
    done
    ((${#without[@]} == 0)) && return
    ask_all "$STORY_DIR/again" "${without[@]}"
    cat "$STORY_DIR/again" >>"$STORY_DIR/got"
    false
}

# How many live certificates the keys of these names have, as "COUNT×KEYS".
live() { # NAME...
    local name
    in_lab_sh '$POLICYCTL --json cert list --limit 1000' >"$STORY_DIR/list"
    for name; do
        issued "$name" | openssl x509 -noout -serial | cut -d= -f2 | tr A-F a-f
    done | sort >"$STORY_DIR/serials"
    python3 - "$STORY_DIR/list" "$STORY_DIR/serials" <<'END'
import json
import sys
rows = json.load(open(sys.argv[1]))["certificates"]
live = [row["serial"] for row in rows if row["status"] == "live"]
for serial in open(sys.argv[2]).read().split():
    if live.count(serial) != 1:
        print(f"{serial} is live {live.count(serial)} times")
END
}

mapfile -t names < <(seq -f 'client%.0f' $CLIENTS)
expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept \
    --set issuing.day_max=0 --set policyd.drain=120s
expect "a host logs in" login HOST
for name in "${names[@]}" first; do request_of "$name" ec; done
expect_issued "it gets a certificate" Machine/simpleenroll first

signer=$("$LAB" pid "$PLACE" signer) policyd=$("$LAB" pid "$PLACE" policyd)
kill -STOP "$signer"
ask_all "$STORY_DIR/ends" "${names[@]}" &
asking=$!
expect "many requests wait for the signer" wait_for $LIMIT reserved $BEFORE_SIGNER
takes() { in_lab_sh 'at=${EST_URL##*/} && : <"/dev/tcp/${at/://}"' 2>/dev/null; }
takes_none() { ! takes; }
expect "policyd takes requests" takes
kill -TERM "$policyd"
expect "no more when it is to stop" wait_for $LIMIT takes_none
expect "and waits for what is on its way" kill -0 "$policyd"
kill -CONT "$signer"
is_gone() { ! kill -0 "$policyd" 2>/dev/null; }
expect "and stops" wait_for $LIMIT is_gone
expect "all clients are done" wait "$asking"

expect_equal "there were $CLIENTS" $CLIENTS "$(wc -l <"$STORY_DIR/ends")"
# 7: nobody listens any more; 35, 56: it stopped listening before the TLS handshake was over
expect_equal "none was cut off in an exchange" "" \
    "$(grep -vE '^(0 (200|503)|(7|35|56) 000) ' "$STORY_DIR/ends")"
mapfile -t served < <(awk '$2 == 200 { print $3 }' "$STORY_DIR/ends")
mapfile -t others < <(awk '$2 != 200 { print $3 }' "$STORY_DIR/ends")
expect "those that were on their way got a certificate" test "${#served[@]}" -ge $BEFORE_SIGNER

expect "policyd starts and finds its signer" "$LAB" restart "$PLACE" policyd
expect_equal "each that was received is in the ledger, live" "" "$(live "${served[@]}")"
if ((${#others[@]} > 0)); then
    expect "the others ask until they have theirs" wait_for $LIMIT ask_again "${others[@]}"
    expect_equal "which are live, too" "" "$(live "${others[@]}")"
fi
expect_output "nothing was signed that nobody has" '"certificates": *\[\]' \
    in_lab_sh '$POLICYCTL --json cert list --undelivered'
expect_equal "each client has one certificate" $((CLIENTS + 1)) \
    "$(in_lab_sh '$POLICYCTL --json cert list --limit 1000' | grep -o '"template": *"Machine"' | wc -l)"
story_end
