#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever edits, deletes, reorders or cuts records of the journal is found out by
# `policyctl audit verify` against a checkpoint that was kept.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=alone_lib.sh
. "$(dirname -- "$0")/alone_lib.sh"

# A journal with a record of every type that can come about, in several segments.
alone_configure
expect "the signer starts" alone_start
openssl ecparam -name prime256v1 -genkey -noout -out "$STORY_DIR/key"
openssl pkey -in "$STORY_DIR/key" -pubout -outform DER -out "$STORY_DIR/spki"
openssl req -new -key "$STORY_DIR/key" -subj /CN=x -outform DER -out "$STORY_DIR/csr"
expect "a certificate is signed" alone_ask issue machine "$STORY_DIR/spki" "$STORY_DIR/crt"
serial=$(cat "$STORY_DIR/output")
expect "and one for policyd" alone_ask infrastructure tls "$STORY_DIR/csr" "$STORY_DIR/tls" 3600
expect_exit "one is refused" 1 'REFUSED' \
    alone_ask infrastructure ra "$STORY_DIR/csr" "$STORY_DIR/ra" 3600
expect "a revocation is recorded" alone_ask revoke "$serial"
expect "an approval is recorded" alone_ask approval
expect "decisions are recorded" alone_ask decisions
expect "the key is tested" alone_ask self-test
expect "a CRL is signed" alone_ask crl "$STORY_DIR/crl" 1 "$serial"
expect "a checkpoint is made" alone_ask checkpoint
cp "$CHECKPOINTS/checkpoint" "$STORY_DIR/early"
expect "the signer ends" signer_stop
expect "and starts again" alone_start
expect "another certificate is signed" alone_ask issue user "$STORY_DIR/spki" "$STORY_DIR/crt"
expect "another checkpoint is made" alone_ask checkpoint
kept=$STORY_DIR/kept
cp "$CHECKPOINTS/checkpoint" "$kept"
alone_ask tail | cut -d' ' -f2 | sort -u >"$STORY_DIR/output"
for type in opened start ca intent infrastructure result refusal revocation approval decisions \
    control crl self_test checkpoint; do
    STATUS=0
    verdict "the journal has a record '$type'" printed "^${type/_/.}\$"
done
expect "the signer ends once more" signer_stop

covered=$(sed -n 2p "$kept")
expect_output "the untouched journal verifies" 'The chain is whole' alone_audit
expect_equal "with the signatures in it" "" "$(alone_audit | grep 'were not looked at' || true)"
expect_output "also against a checkpoint" \
    "The first $covered records are those of the checkpoint" alone_audit --checkpoint "$kept"
expect_output "and against an earlier one" 'are those of the checkpoint' \
    alone_audit --checkpoint "$STORY_DIR/early"

"$REPO/tests/integration/tamper.py" "$JOURNAL" "$covered" "$POLICYCTL" --config \
    "$SIGNER_DIR/policyctl.conf" audit verify --key "$CHECKPOINTS/audit.pub" \
    --checkpoint "$kept" >"$STORY_DIR/tamper" 2>&1 || echo "not ok - it ran" >>"$STORY_DIR/tamper"
while IFS= read -r line; do
    case $line in
    "ok - "*) story_result ok "${line#ok - }" ;;
    "not ok - "*) story_result "not ok" "${line#not ok - }" ;;
    *) echo "$line" | show ;;
    esac
done <"$STORY_DIR/tamper"

# ---- forged checkpoints --------------------------------------------------------------------
sed '2s/.*/1/' "$kept" >"$STORY_DIR/forged"
expect_failure "a checkpoint whose size was edited is refused" 'signature' \
    alone_audit --checkpoint "$STORY_DIR/forged"
sed "3s/.*/$(head -c 32 /dev/zero | base64)/" "$kept" >"$STORY_DIR/forged"
expect_failure "a checkpoint whose root was edited is refused" 'signature' \
    alone_audit --checkpoint "$STORY_DIR/forged"
sed '/^—/d' "$kept" >"$STORY_DIR/forged"
expect_failure "a checkpoint without its signature is refused" 'signature|not such a note|note' \
    alone_audit --checkpoint "$STORY_DIR/forged"
openssl genpkey -quiet -algorithm ED25519 -out "$STORY_DIR/other"
openssl pkey -in "$STORY_DIR/other" -pubout -out "$STORY_DIR/other.pub"
expect_failure "a checkpoint of another key is refused" 'signature' \
    "$POLICYCTL" --config "$SIGNER_DIR/policyctl.conf" audit verify --journal "$JOURNAL" \
    --key "$STORY_DIR/other.pub" --checkpoint "$kept"
expect_exit "so are the checkpoints in the journal" 1 'is no checkpoint of this signer' \
    "$POLICYCTL" --config "$SIGNER_DIR/policyctl.conf" audit verify --journal "$JOURNAL" \
    --key "$STORY_DIR/other.pub"
expect_output "without a key nobody can tell, which is said" \
    'Signatures of checkpoints were not looked at: there is no key' \
    "$POLICYCTL" --config "$SIGNER_DIR/policyctl.conf" audit verify --journal "$JOURNAL" \
    --checkpoint "$kept"
expect "the right ones are taken as before" alone_audit --checkpoint "$kept"
signer_end
