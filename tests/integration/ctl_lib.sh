# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# ctl_lib: policyctl on a lab with certificates. Sourced after lib.sh.
#
# issue_driver has them issued by the lab's signer into the lab's ledger while policyd is stopped:
# one ledger has one writer. PEM files are in CTL_OUT, serials in CTL_SERIALS, newest last.

BUILD_DIR=${BUILD_DIR:-$REPO/build}
PLACE=$STORY_DIR/lab # of the one lab
CTL_OUT=$STORY_DIR/out CTL_SAID=$STORY_DIR/driver.said
CTL_LEDGER=$PLACE/policyd/ledger.db
CTL_SERIALS=() CTL_SCHEMAS=()
ISSUE_DRIVER=$BUILD_DIR/tests/support/issue_driver
[[ -x $ISSUE_DRIVER ]] || story_skip_all "$ISSUE_DRIVER is not built"
mkdir "$CTL_OUT"

# ctl_up: the lab, its env taken on, and bounds that know what the driver asks for.
ctl_up() {
    up_lab "$PLACE" || return 1
    # shellcheck source=/dev/null # made by lab up
    . "$PLACE/env"
    sed -i 's/^\[template Machine\]/&\nupn = example.test/' "$PLACE/signer/bounds.conf"
    policyctl reload
}

policyctl() {
    # shellcheck disable=SC2086 # a list of words
    $POLICYCTL "$@"
}

# driver [OPTION...]: issue_driver on the lab's signer and ledger; policyd is stopped.
driver() {
    "$ISSUE_DRIVER" signer="$PLACE/run/signer.sock" ledger="$CTL_LEDGER" ca=issuing \
        out="$CTL_OUT" "$@" >"$CTL_SAID" || return
    mapfile -t -O "${#CTL_SERIALS[@]}" CTL_SERIALS < <(awk '$1 == "CERT" { print $2 }' "$CTL_SAID")
}

# issue COUNT [OPTION...]: so many certificates more; options are the driver's.
issue() {
    "$LAB" stop "$PLACE" policyd && driver count="$1" "${@:2}" &&
        (($(grep -c '^CERT' "$CTL_SAID") == $1)) && "$LAB" start "$PLACE" policyd &&
        wait_for "$PATIENCE" is_issuing
}

# status_has PATTERN: of what policyctl status says to people.
status_has() {
    prints "$1" policyctl status
}

status_lacks() {
    ! status_has "$1"
}

is_issuing() {
    status_has '^policyd +issuing'
}

# json_right VERB...: policyctl VERB --json is as its schema says, whatever the exit code.
json_right() {
    policyctl "$@" --json >"$STORY_DIR/answer" || true
    json_check <"$STORY_DIR/answer"
}

json_check() {
    python3 -W ignore "$REPO/tests/integration/json_check.py" "$REPO/schemas/json"
}

expect_json() { # SCHEMA VERB...
    CTL_SCHEMAS+=("policyctl.$1.1")
    expect_output "'policyctl ${*:2} --json' is right" "^policyctl.$1.1 is right, [1-9]" \
        json_right "${@:2}"
}

# json_member NAME: the first such member of the last JSON answer, as text.
json_member() {
    grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" "$STORY_DIR/answer" | head -1 | sed 's/^[^:]*://; s/"//g'
}

# crl_text: of the CRL as everybody gets it; fails when it does not verify.
crl_text() {
    curl -sSf --max-time "$PATIENCE" "$CRL_URL" -o "$STORY_DIR/crl" &&
        openssl crl -inform der -in "$STORY_DIR/crl" -CAfile "$PLACE/signer/ca/issuing.crt" \
            -noout -text 2>/dev/null
}

crl_number() {
    crl_text | awk 'found { print $1; exit } /X509v3 CRL Number/ { found = 1 }'
}

crl_has() { # SERIAL
    crl_text >"$STORY_DIR/crl.text" && grep -qi "Serial Number: $1" "$STORY_DIR/crl.text"
}

crl_lacks() { # SERIAL; of a CRL that could be had
    crl_text >"$STORY_DIR/crl.text" && ! grep -qi "Serial Number: $1" "$STORY_DIR/crl.text"
}
