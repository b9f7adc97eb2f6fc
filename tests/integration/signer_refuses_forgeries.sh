#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A hijacked policyd, or a stranger, talks straight to the signer's socket. Whatever is forged is
# refused with its reason and recorded; the honest are served at once, and the chain stays whole.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=alone_lib.sh
. "$(dirname -- "$0")/alone_lib.sh"

SEED=${SEED:-$((SRANDOM % 100000))}

# attack KIND: each of its lines is an expectation of ours.
attack() {
    local line status=0
    alone_ask attack "$1" "$SEED" >"$STORY_DIR/attack" 2>&1 || status=$?
    while IFS= read -r line; do
        case $line in
        "ok - "*) story_result ok "${line#ok - }" ;;
        "not ok - "*) story_result "not ok" "${line#not ok - }" ;;
        *) echo "$line" | show ;;
        esac
    done <"$STORY_DIR/attack"
    expect_equal "the attack '$1' could be made" 0 "$status"
    expect "the signer lives after it" kill -0 "$SIGNER_PID"
}

echo "# seed $SEED"
alone_configure
expect "the signer starts" alone_start
attack contents
attack names
attack frames
expect "the signer can be started again" signer_stop
expect "and is" alone_start # it records 1,000 refusals, then one a second
attack cut
expect "the signer ends well" signer_stop
expect "and starts again" alone_start
expect_exit "a CRL whose serials are not in order is refused and recorded" 1 \
    '^REFUSED MALFORMED [1-9]|^REFUSED SEQUENCE [1-9]' alone_ask crl "$STORY_DIR/crl" 1 \
    40000000000000000000000000000002 40000000000000000000000000000001
expect "its twin is signed" alone_ask crl "$STORY_DIR/crl" 2 \
    40000000000000000000000000000001 40000000000000000000000000000002
attack bounds
attack turn

# ---- a stranger ---------------------------------------------------------------------------
stranger() {
    setpriv --reuid=65534 --regid="$1" --clear-groups -- "$STORY_DIR/client" "$SIGNER_SOCKET" \
        "${@:2}"
}
if ((EUID == 0)); then
    cp "$SIGNER_CLIENT" "$STORY_DIR/client"
    expect_failure "another user cannot even connect" 'Permission denied' stranger 65534 status
    expect "one of the peers can, at the same time" alone_ask status
    expect "the signer ends" signer_stop
    alone_configure "socket_group = 65534"
    expect "the signer starts with a socket for a group" alone_start
    expect_exit "one of the group who is no peer is told so, without asking" 1 \
        '^REFUSED PEER [1-9][0-9]* uid 65534 is not answered here' stranger 65534 stranger
    expect_failure "and not answered" 'closed the connection|Broken pipe|reset|another question' \
        stranger 65534 status
    expect "a peer is answered at the same time" alone_ask status
    alone_ask tail >"$STORY_DIR/tail"
    expect_equal "both refusals are recorded, and nothing else" \
        "refusal refusal" "$(tail -2 "$STORY_DIR/tail" | cut -d' ' -f2 | paste -sd' ')"
    many() {
        local i status
        for ((i = 0; i < 60; i++)); do
            status=0
            stranger 65534 stranger || status=$?
            ((status == 1)) || return 1
        done
    }
    before=$(alone_ask tail | wc -l)
    expect_output "a stranger may come again and again" 'REFUSED PEER' many
    after=$(alone_ask tail | wc -l)
    expect "which does not fill the journal" test $((after - before)) -le 25
    expect "but is counted" test "$(alone_ask status | sed -n 's/^refused_unrecorded=//p')" -gt 30
else
    skip "strangers" "only root can be somebody else"
fi

expect "the signer ends" signer_stop
expect_output "the chain is whole after all that" 'chain is whole' alone_audit
signer_end
