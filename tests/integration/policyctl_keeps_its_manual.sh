#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the manual of policyctl shows works as it stands there, every example of it, and so does
# what the shell completes.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=ctl_lib.sh
. "$(dirname -- "$0")/ctl_lib.sh"

MANUAL=$REPO/docs/man/policyctl.8
WORK=$STORY_DIR/work # where the examples run
SERIAL_SHOWN=40691f8e5b0c8d2c6d9e1f7a3b5c7d9e
ID_SHOWN=R-000000HC

# ---- the page ----------------------------------------------------------------------------

if command -v mandoc >/dev/null; then
    for page in "$REPO"/docs/man/*.[1-8]; do
        expect_output "mandoc finds no fault with ${page##*/}" '^$' \
            bash -c "mandoc -T lint -W warning '$page' && echo"
    done
else
    skip "mandoc finds no fault" "mandoc is not installed"
fi
if command -v groff >/dev/null; then
    expect_equal "nor does groff" "" "$(groff -ww -man -Tutf8 "$MANUAL" 2>&1 >/dev/null)"
else
    skip "nor does groff" "groff is not installed"
fi

# ---- the examples ------------------------------------------------------------------------

# signer_aside DIR: a signer without a CA, and a policyctl.conf that names it.
signer_aside() {
    mkdir -m 700 "$1" "$1/ca"
    sed "s#$PLACE/signer/#$1/#; s#$PLACE/run/#$1/#" "$SIGNER_CONF" >"$1/signer.conf"
    cp "$PLACE/signer/bounds.conf" "$1/"
    sed "s#$PLACE/signer/#$1/#" "$STORY_DIR/policyctl.conf" >"$1/policyctl.conf"
}

# sign_request REQUEST: as the people of an existing root would, at once.
sign_request() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout "$STORY_DIR/root.key" \
        -subj '/CN=Corp Root' -addext keyUsage=critical,keyCertSign,cRLSign -out "$STORY_DIR/root.crt"
    openssl x509 -req -in "$1" -CA "$STORY_DIR/root.crt" -CAkey "$STORY_DIR/root.key" -days 900 \
        -set_serial 5 -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 \
            keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash \
            authorityKeyIdentifier=keyid)
    cat "$STORY_DIR/root.crt"
}

# examples: as somebody reads them.
examples() {
    sed -n '/^\.SH EXAMPLES/,/^\.EE/s/^policyctl/&/p' "$MANUAL" | sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\e/\\\\/g"
}

# fitted EXAMPLE: with what exists here in place of what is only shown, and a word for what asks
# whoever sits at a terminal.
fitted() {
    local serial=${CTL_SERIALS[1]}
    [[ $1 != *revoke* ]] || serial=${CTL_SERIALS[0]}
    sed "s#$SERIAL_SHOWN#$serial#; s#$ID_SHOWN#$LAST_ID#; s#web1\.corp\.example#host1.example.test#; s#\bweb1\b#host1#
        s#/media/usb/#$WORK/#; s#/root/#$WORK/#; s#/etc/bash_completion.d/#$WORK/#; / ca init /s/\$/ --yes/" <<<"$1"
}

# config_for EXAMPLE: making a CA needs a signer that has none yet.
config_for() {
    case $1 in
    *'ca init --root-out'*) echo "$STORY_DIR/ca-a/policyctl.conf" ;;
    *'ca init'*) echo "$STORY_DIR/ca-b/policyctl.conf" ;;
    *) echo "$STORY_DIR/policyctl.conf" ;;
    esac
}

run_example() { # LINE
    local line
    line=$(fitted "$1")
    # shellcheck disable=SC2016 # for the inner shell
    (cd "$WORK" && PATH=$BUILD_DIR/policyd:$PATH bash -euc \
        'policyctl() { command policyctl --config "$0" "$@"; }; eval "$1"' \
        "$(config_for "$1")" "$line")
}

# An example that does not end by itself, until it has said something.
run_endless() { # LINE
    local words pid
    read -ra words <<<"$1"
    "$BUILD_DIR/policyd/policyctl" --config "$STORY_DIR/policyctl.conf" "${words[@]:1}" \
        >"$STORY_DIR/endless" 2>&1 &
    pid=$!
    wait_for "$PATIENCE" test -s "$STORY_DIR/endless" || true
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    cat "$STORY_DIR/endless"
}

expect "a lab comes up" ctl_up
expect "certificates are issued" issue 3
mkdir -p "$WORK"
cp -R "$REPO/lua" "$WORK/rules.d"
{
    grep -v '^rules_' "$PLACE/policyd/policyctl.conf"
    echo "rules_program = $BUILD_DIR/policyd/policyd-rules"
    echo "rules_directory = $WORK/rules.d"
} >"$STORY_DIR/policyctl.conf"
signer_aside "$STORY_DIR/ca-a"
signer_aside "$STORY_DIR/ca-b"
LAST_ID=$(policyctl --json explain --last | sed -n 's/.*"request":{"id":"\([^"]*\)".*/\1/p')
policyctl audit checkpoint >"$WORK/checkpoint.kept"
ln -s checkpoint.kept "$WORK/kept"

count=0
while read -r line; do
    ((count += 1))
    case $line in
    *' audit verify --checkpoint '*) mv "$WORK/checkpoint.kept" "$WORK/checkpoint.txt" ;;
    *' audit checkpoint --out '*) rm -f "$WORK/checkpoint.txt" ;;
    *' ca init --install '*) sign_request "$WORK/issuing.csr" >"$WORK/issuing.pem" 2>"$STORY_DIR/openssl" ;;
    *' thaw'*) expect "it is frozen" status_has '^1\. frozen' ;;
    esac
    case $line in
    *' -f') expect_output "$line" . run_endless "$line" ;;
    *'>'*) expect "$line" run_example "$line" ;;
    *) expect_output "$line" . run_example "$line" ;;
    esac
done < <(examples)
expect "there were examples" test "$count" -ge 27
expect "a root's key was handed over" test -s "$WORK/root.key"
expect_output "and a root of others' has signed" 'OK$' openssl verify -CAfile "$STORY_DIR/root.crt" \
    "$STORY_DIR/ca-b/ca/issuing.crt"
expect "the revoked one is on the CRL" wait_for "$PATIENCE" crl_has "${CTL_SERIALS[0]}"
expect "policyd issues at the end" wait_for "$PATIENCE" is_issuing

# ---- JSON of what needs no policyd ---------------------------------------------------------

signer_aside "$STORY_DIR/ca-c"
POLICYCTL="$BUILD_DIR/policyd/policyctl --config $STORY_DIR/ca-c/policyctl.conf"
expect_json ca-init ca init --yes
expect_json rule-check rule check
expect_json rule-check rule list
expect_json rule-test rule test

# ---- completion --------------------------------------------------------------------------

completes() { # WORD...: what may take the place of the last
    # shellcheck disable=SC2016 # for the inner shell
    bash -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _policyctl; echo "${COMPREPLY[*]}"' \
        "$WORK/policyctl" "$@"
}

expect "the script that the example made can be sourced" bash -n "$WORK/policyctl"
expect_output "and is for policyctl" '_policyctl policyctl$' bash -c ". '$WORK/policyctl' && complete -p"
expect_equal "groups" "cert" "$(completes policyctl ce)"
expect_equal "verbs of a group" "revoke" "$(completes policyctl cert r)"
expect_equal "behind flags and their arguments" "hold" \
    "$(completes policyctl --config /x --json cert ho)"
expect_equal "flags of a verb" "--reason" "$(completes policyctl cert revoke 40 --re)"
expect_equal "not those of others" "" "$(completes policyctl cert hold 40 --re)"
expect_equal "a reason" "keyCompromise" "$(completes policyctl cert revoke 40 --reason k)"
expect_equal "a status" "held" "$(completes policyctl cert list --status h)"
expect_equal "a file" "$WORK/policyctl" "$(completes policyctl -c "$WORK/policyc")"
expect_equal "no words where a text stands" "" "$(completes policyctl freeze --note '')"
while read -r verb; do
    read -ra words <<<"$verb"
    expect_equal "'$verb' is completed" "${words[-1]}" \
        "$(completes policyctl "${words[@]}" | tr ' ' '\n' | grep -x -- "${words[-1]}")"
    expect_output "'$verb' has help" "^Usage: policyctl $verb" policyctl "${words[@]}" --help
done < <(sed -nE 's/^\.SS "([a-z]+( [a-z]+)?).*/\1/p' "$MANUAL" | sed 's/ [A-Z].*//')
story_end
