#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# policyctl_makes_a_ca: what an administrator types to have a CA, with the real signer behind it;
# as root also where the signer has a user of its own, who may not read or write her files.
# shellcheck source=tests/integration/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/signer_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/signer_lib.sh"

command -v openssl >/dev/null || story_skip_all 'openssl is not installed'
[[ -x $POLICYCTL ]] || story_skip_all "$POLICYCTL is not built"
SECRET=$STORY_DIR/root.secret
(umask 077 && echo 'a passphrase that a person chose' >"$SECRET")

ctl() { "$POLICYCTL" --config "$D/policyctl.conf" "$@"; }
strict() { openssl verify -x509_strict -CAfile "$D/ca/root.crt" "$D/ca/lab.crt"; }
owner_of() { stat -c %u:%a "$1"; }

# ---- as one user --------------------------------------------------------------------------
D=$SIGNER_DIR/alone
signer_place "$D"
OUT=$STORY_DIR/root.key
expect_output '--dry-run says what would be made' 'P-384.*|nothing was changed' \
    ctl ca init --root-name 'Corp Root CA' --ca-name 'Corp Issuing CA 1' --dry-run
expect_equal 'and makes nothing' '' "$(find "$D/ca" "$D/journal" -type f)"
expect_output 'one command makes root and issuing CA' "root_key +$OUT" \
    ctl ca init --yes --root-name 'Corp Root CA' --ca-name 'Corp Issuing CA 1' \
    --organization 'Corp' --root-passphrase-file "$SECRET" --root-out "$OUT"
cp "$STORY_DIR/output" "$STORY_DIR/made"
expect_output 'it tells what to do next' 'Next: +systemctl start policyd-signer' cat "$STORY_DIR/made"
expect 'OpenSSL builds the chain' strict
expect_output 'the names are those that were given' 'O = Corp, CN = Corp Issuing CA 1' \
    openssl x509 -in "$D/ca/lab.crt" -noout -subject
expect 'the passphrase opens the root key' openssl pkey -in "$OUT" -passin "file:$SECRET" -noout
expect_exit 'a second one is refused with the reason' 1 "why +CA 'lab' has a certificate already" \
    ctl ca init --yes --root-out "$STORY_DIR/other.key"
expect 'and leaves nothing' test ! -e "$STORY_DIR/other.key"
signer_start "$D"
expect_exit 'while the service runs it says what to stop' 1 'systemctl stop policyd-signer' \
    ctl ca init --yes
signer_stop
expect_output 'the journal holds together' records ctl audit verify

expect_exit 'flags that do not belong together are wrong usage' 2 'exclude one another' \
    ctl ca init --yes --csr-out a --root-out b
expect_exit 'names with --install, too' 2 'names are those of the certificate' \
    ctl ca init --yes --install a --ca-name B

# ---- a request, and its answer, as JSON -----------------------------------------------------
D=$SIGNER_DIR/corp
signer_place "$D"
openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout "$D/corp.key" \
    -days 3650 -subj '/CN=Corp Root' -addext keyUsage=critical,keyCertSign,cRLSign \
    -out "$D/corp.crt" 2>/dev/null
answer() { # REQUEST: as the root's people would
    openssl x509 -req -in "$1" -CA "$D/corp.crt" -CAkey "$D/corp.key" -days 900 -set_serial 5 \
        -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 \
            keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash \
            authorityKeyIdentifier=keyid) 2>/dev/null
    cat "$D/corp.crt"
}
expect_output 'a request is made' "\"csr\":\"$STORY_DIR/issuing.csr\"" \
    ctl --json ca init --yes --ca-name 'Corp Issuing CA 1' --csr-out "$STORY_DIR/issuing.csr"
expect_output 'with the name that was asked for' 'CN = Corp Issuing CA 1' \
    openssl req -in "$STORY_DIR/issuing.csr" -verify -noout -subject
answer "$STORY_DIR/issuing.csr" >"$STORY_DIR/issuing.pem"
expect_output 'the answer is installed' '"issuing_sha256":"[0-9a-f]{64}"' \
    ctl --json ca init --yes --install "$STORY_DIR/issuing.pem"
expect 'OpenSSL builds the chain to that root' strict

# ---- the signer's own user ---------------------------------------------------------------------
if ((EUID != 0)); then
    skip 'root makes a CA for the user of the signer' 'only root can become another user'
    signer_end
    exit
fi
OTHER=$((60000 + SRANDOM % 5000))
MEDIA=$STORY_DIR/media
mkdir -m 700 "$MEDIA"
# That user may not enter root's home, where the build may be.
mkdir -m 711 "$STORY_DIR/bin"
cp -- "$SIGNER" "$STORY_DIR/bin"
SIGNER=$STORY_DIR/bin/${SIGNER##*/}
chmod 711 "$STORY_DIR" "$SIGNER_DIR"
# place_of_other NAME: the signer's user has nothing but its state and the CA's directory
place_of_other() {
    D=$SIGNER_DIR/$1
    signer_place "$D"
    mkdir "$D/state"
    rmdir "$D/journal"
    sed -i "s#$D/\(journal\|audit.key\|signer.sock\|checkpoints\)#$D/state/\1#" \
        "$D/signer.conf" "$D/policyctl.conf"
    chmod 711 "$D"
    chmod 644 "$D/signer.conf"
    chown "$OTHER:$OTHER" "$D/state" "$D/ca"
}
place_of_other split
# shellcheck disable=SC2016 # a script of its own
if ! setpriv --reuid="$OTHER" --regid="$OTHER" --clear-groups sh -c '"$1" --version' sh "$SIGNER" >/dev/null 2>&1; then
    skip 'root makes a CA for the user of the signer' 'another user cannot run this build'
    signer_end
    exit
fi
expect_exit 'root itself does not run the signer on files of its user' 5 'belongs to user' \
    "$SIGNER" -c "$D/signer.conf" --ca-init --issuing-cn X
expect_output 'root makes a CA for the user of the signer' "root_key +$MEDIA/root.key" \
    ctl ca init --yes --root-passphrase-file "$SECRET" --root-out "$MEDIA/root.key"
expect 'OpenSSL builds the chain' strict
expect_equal 'the issuing key is that user'\''s alone' "$OTHER:600" "$(owner_of "$D/ca/lab.key")"
expect_equal 'the journal too' "$OTHER:700" "$(owner_of "$D/state/journal")"
expect_equal 'the root key is root'\''s alone' "0:600" "$(owner_of "$MEDIA/root.key")"
expect 'and whole' openssl pkey -in "$MEDIA/root.key" -passin "file:$SECRET" -noout
expect_equal 'it stayed nowhere else' 'journal' "$(ls -A "$D/state")"
# Root's leak checker cannot look into a process that became another user and is not dumpable.
expect 'the signer starts as that user' signer_start "$D" \
    env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" setpriv --reuid="$OTHER" --regid="$OTHER" --clear-groups
expect 'and stops' signer_stop

place_of_other random
expect_output 'a passphrase that is made up comes along' \
    "root_passphrase +$MEDIA/second.key.passphrase" ctl ca init --yes --root-out "$MEDIA/second.key"
expect 'and opens the key' openssl pkey -in "$MEDIA/second.key" \
    -passin "file:$MEDIA/second.key.passphrase" -noout
expect_exit 'what is there is not overwritten' 1 'exists' \
    ctl ca init --yes --root-out "$MEDIA/second.key"

place_of_other answered
cp "$SIGNER_DIR/corp/corp.key" "$SIGNER_DIR/corp/corp.crt" "$D"
expect 'a request for the user of the signer reaches root' \
    ctl ca init --yes --ca-name 'Split Issuing CA' --csr-out "$MEDIA/split.csr"
answer "$MEDIA/split.csr" >"$MEDIA/split.pem"
chmod 600 "$MEDIA/split.pem"
expect 'and its answer that user' ctl ca init --yes --install "$MEDIA/split.pem"
expect 'OpenSSL builds the chain to that root' strict
expect_equal 'nothing is left between them' 'journal' "$(ls -A "$D/state")"

signer_end
