#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# signer_makes_a_ca: a root and an issuing CA by the real programs, judged by strangers; a request
# for somebody else's root; what is refused; and that a kill at any moment leaves a state that the
# same command goes on from.
#
# KILL_STEP=1 kills at every call (some minutes); the default takes each third.
# shellcheck source=tests/integration/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/integration/signer_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/signer_lib.sh"

for tool in openssl certtool; do
    command -v "$tool" >/dev/null || story_skip_all "$tool is not installed"
done
KILL_STEP=${KILL_STEP:-3}
SECRET=$STORY_DIR/root.secret
(umask 077 && echo 'a passphrase that a person chose' >"$SECRET")

# make DIR [OPTION...]: --ca-init with the passphrase of SECRET.
make() {
    with_secret "$SIGNER" -c "$1/signer.conf" --ca-init --root-cn 'Story Root CA' \
        --issuing-cn 'Story Issuing CA 1' --organization 'Story, Inc' \
        --root-passphrase-fd 7 "${@:2}"
}
with_secret() { "$@" 7<"$SECRET"; }
with_nothing() { "$@" 7</dev/null; }
init() { # DIR [OPTION...]
    "$SIGNER" -c "$1/signer.conf" --ca-init "${@:2}"
}
is_encrypted() { grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$1"; }
mode_of() { stat -c %a "$1"; }
field() { openssl x509 -in "$1" -noout "${@:2}"; }
fingerprint() { # FILE, as --ca-init prints it
    openssl x509 -in "$1" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1
}
audit() { "$POLICYCTL" --config "$1/policyctl.conf" audit verify; }
nothing_is_made() { [[ -z $(ls -A "$1/ca") ]]; }

# ---- a root and an issuing CA ---------------------------------------------------------------
D=$SIGNER_DIR/two
signer_place "$D"
rmdir "$D/journal" "$D/ca" # made like the service would
ROOT_KEY=$STORY_DIR/handed-out.key
expect_output 'a root and an issuing CA are made' "^root_key=$ROOT_KEY" \
    make "$D" --root-out "$ROOT_KEY"
cp "$STORY_DIR/output" "$STORY_DIR/made"
expect_output 'the fingerprint printed is that of the root' \
    "^root_sha256=$(fingerprint "$D/ca/root.crt")" cat "$STORY_DIR/made"
expect_output 'the fingerprint printed is that of the issuing CA' \
    "^issuing_sha256=$(fingerprint "$D/ca/lab.crt")" cat "$STORY_DIR/made"
expect_equal 'standard output has KEY=VALUE lines only' '' \
    "$(grep -vE '^[a-z_0-9]+=.+' "$STORY_DIR/made")"
expect 'OpenSSL builds the chain, strictly' \
    openssl verify -x509_strict -check_ss_sig -CAfile "$D/ca/root.crt" "$D/ca/lab.crt"
cat "$D/ca/lab.crt" "$D/ca/root.crt" >"$STORY_DIR/chain"
expect_output 'GnuTLS builds the chain' 'Chain verification output: Verified' \
    certtool --verify-chain --infile "$STORY_DIR/chain"
expect_equal 'organization and name stand in that order' \
    'subject=O=Story\, Inc,CN=Story Issuing CA 1' \
    "$(field "$D/ca/lab.crt" -subject -nameopt RFC2253,-dn_rev)"
expect_output 'the issuing CA may have none below it' 'pathlen:0' \
    field "$D/ca/lab.crt" -ext basicConstraints
expect_output 'the issuing key is P-256' 'prime256v1' field "$D/ca/lab.crt" -text
expect_output 'the root key is P-384' 'secp384r1' field "$D/ca/root.crt" -text
expect_output 'keys sign certificates and CRLs, and nothing else' \
    '^ +Certificate Sign, CRL Sign$' field "$D/ca/lab.crt" -ext keyUsage
expect 'the issuing CA lasts ten years less a few leap days' \
    field "$D/ca/lab.crt" -checkend $((3640 * 86400))
expect_failure 'and no longer' . field "$D/ca/lab.crt" -checkend $((3651 * 86400))
expect 'both keys are encrypted' is_encrypted "$D/ca/lab.key"
expect 'the root key too' is_encrypted "$ROOT_KEY"
expect_equal 'nobody else reads the keys' '600 600 600' \
    "$(mode_of "$D/ca/lab.key") $(mode_of "$ROOT_KEY") $(mode_of "$D/ca/lab.passphrase")"
expect 'the passphrase of a person opens the root key' \
    openssl pkey -in "$ROOT_KEY" -passin "file:$SECRET" -noout
expect_failure 'another does not' . \
    openssl pkey -in "$ROOT_KEY" -passin "file:$D/ca/lab.passphrase" -noout
expect_equal 'the root key is nowhere else' "lab.crt lab.key lab.passphrase root.crt" \
    "$(find "$D/ca" -type f -printf '%f\n' | sort | xargs)"
expect_equal 'nor in the journal, nor the passphrases' '' \
    "$(grep -rlaF -e "$(cat "$SECRET")" -e "$(cat "$D/ca/lab.passphrase")" "$D/journal")"
expect_output 'the journal holds together' 'records' audit "$D"

# ---- a second one, and one while the service runs -------------------------------------------
cp -a "$D/ca" "$STORY_DIR/before"
expect_exit 'a second one is refused' 1 'has a certificate already' make "$D"
expect_exit 'a request for one that is there, too' 1 'has a certificate already' \
    init "$D" --issuing-cn X --csr-out "$STORY_DIR/x.csr"
expect 'and nothing was touched' diff -r "$D/ca" "$STORY_DIR/before"
mv "$D/ca/lab.crt" "$D/kept"
expect_exit 'a root whose key was handed out is not made again' 1 'without its key' \
    init "$D" --issuing-cn 'Story Issuing CA 1'
mv "$D/kept" "$D/ca/lab.crt"
expect 'and that left nothing behind' diff -r "$D/ca" "$STORY_DIR/before"

expect 'the signer starts with that CA' signer_start "$D"
# 1 MiB of it is OpenSSL's own heap for private numbers; without leave to lock it, it is said.
if grep -q signer.memory "$D/log"; then
    skip 'its keys lie in locked memory' 'this user may lock none'
else
    expect_output 'its keys lie in locked memory' '^VmLck:[[:space:]]+[0-9]{4,} kB' \
        grep VmLck "/proc/$SIGNER_PID/status"
fi
mv "$D/ca/lab.crt" "$D/kept"
expect_exit 'nothing is made while it runs' 1 'is running.*systemctl stop policyd-signer' make "$D"
mv "$D/kept" "$D/ca/lab.crt"

# policyd asks for the signer's status on its own connection.
POLICYD=$BUILD_DIR/policyd/policyd
mkdir -p "$D/public"
cat >"$D/policyd.conf" <<EOT
[policyd]
public_dir = $D/public
[listen]
plain_address = 127.0.0.1
plain_port = 0
admin_socket = $D/admin.sock
[signer]
socket = $D/signer.sock
[ledger]
path = $D/ledger.db
EOT
"$POLICYD" -c "$D/policyd.conf" >"$D/policyd.log" 2>&1 </dev/null &
SIGNER_PIDS+=($!)
ca_is_told() {
    local text
    text=$(curl -sS --max-time "$PATIENCE" --unix-socket "$D/admin.sock" http://policyd/v1/status) &&
        grep -qE '"cas":\[\{[^]]*"name":"lab"' <<<"${text//[[:space:]]/}"
}
expect 'the running signer tells policyd of the CA' wait_for "$PATIENCE" ca_is_told
kill -TERM "${SIGNER_PIDS[-1]}"
wait "${SIGNER_PIDS[-1]}" || true
expect 'it stops cleanly' signer_stop
expect_output 'the journal still holds together' 'records' audit "$D"

# ---- with a passphrase of its own, and of a second CA below the same root ---------------------
D=$SIGNER_DIR/kept
signer_place "$D" "[ca second]" "certificate = $D/ca/second.crt" "key = $D/ca/second.key" \
    "passphrase_file = $D/ca/second.passphrase" "chain = $D/ca/root.crt"
expect_exit 'which of two CAs must be said' 3 'has 2 sections.*--ca NAME' \
    init "$D" --issuing-cn 'One'
expect_exit 'and it must be one of them' 3 'has no \[ca third\]' \
    init "$D" --ca third --issuing-cn 'One'
expect_output 'without a passphrase one is made beside the root key' \
    "^root_passphrase=$D/ca/root.key.passphrase" init "$D" --ca lab --issuing-cn 'One' --root-cn Top
expect 'which opens it' \
    openssl pkey -in "$D/ca/root.key" -passin "file:$D/ca/root.key.passphrase" -noout
expect 'a second CA is made below the same root' \
    init "$D" --ca second --issuing-cn 'Two' --root-cn Top
expect 'OpenSSL builds both chains' \
    openssl verify -x509_strict -CAfile "$D/ca/root.crt" "$D/ca/lab.crt" "$D/ca/second.crt"

# ---- refused before anything is made -----------------------------------------------------------
D=$SIGNER_DIR/refused
signer_place "$D"
expect_exit 'a name that no certificate can have' 1 'Name|name|characters' \
    init "$D" --issuing-cn "$(printf 'x%.0s' {1..65})"
expect_exit 'wrong usage' 2 'exclude one another' \
    init "$D" --issuing-cn X --root-out "$D/a" --csr-out "$D/b"
expect_exit 'one file for two things' 3 'two different things' \
    init "$D" --issuing-cn X --root-out "$D/ca/lab.key"
expect_exit 'a passphrase that is not there' 4 'root-passphrase-fd' \
    init "$D" --issuing-cn X --root-passphrase-fd 9
expect_exit 'an empty passphrase' 1 'one line of 1 to' \
    with_nothing "$SIGNER" -c "$D/signer.conf" --ca-init --issuing-cn X --root-passphrase-fd 7
expect_exit 'a configuration that is not there' 3 'signer.conf' \
    "$SIGNER" -c "$D/none/signer.conf" --ca-init --issuing-cn X
sed -i '/^chain/d' "$D/signer.conf"
expect_exit 'a CA without a place for its root' 3 'has no chain' init "$D" --issuing-cn X
expect 'none of these made a file' nothing_is_made "$D"
expect_output 'its help tells the options' '--root-passphrase-fd' "$SIGNER" --ca-init --help

# ---- somebody else's root ------------------------------------------------------------------------
D=$SIGNER_DIR/foreign
signer_place "$D"
openssl ecparam -name secp384r1 -genkey -noout -out "$D/corp.key"
openssl req -new -x509 -key "$D/corp.key" -sha384 -days 3650 -subj '/O=Corp/CN=Corp Root' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext subjectKeyIdentifier=hash -out "$D/corp.crt" 2>/dev/null
# sign OUT [EXTENSION...]: as the people of the root would
sign() {
    printf '%s\n' "${@:2}" authorityKeyIdentifier=keyid >"$D/ext"
    openssl x509 -req -in "$D/lab.csr" -CA "$D/corp.crt" -CAkey "$D/corp.key" -sha384 -days 1000 \
        -set_serial 77 -extfile "$D/ext" -out "$1" 2>/dev/null
}
CA_USAGE='keyUsage=critical,keyCertSign,cRLSign' CA_BASIC='basicConstraints=critical,CA:TRUE,pathlen:0'
expect_exit 'nothing is installed that nobody asked for' 1 '--csr-out' \
    init "$D" --install "$D/corp.crt"
expect_output 'a request is made' "^csr=$D/lab.csr" \
    init "$D" --issuing-cn 'Corp Issuing CA 7' --csr-out "$D/lab.csr"
cp "$D/ca/lab.key" "$D/kept.key"
expect 'OpenSSL finds it signed by its key' openssl req -in "$D/lab.csr" -verify -noout
expect_output 'it asks for a CA' 'CA:TRUE, pathlen:0' openssl req -in "$D/lab.csr" -noout -text
expect_exit 'it is not overwritten' 1 'exists: remove it' \
    init "$D" --issuing-cn 'Corp Issuing CA 7' --csr-out "$D/lab.csr"
expect 'another request can be made' \
    init "$D" --issuing-cn 'Corp Issuing CA 7' --csr-out "$D/again.csr"
expect_equal 'it is for the same key' "$(openssl req -in "$D/lab.csr" -pubkey -noout)" \
    "$(openssl req -in "$D/again.csr" -pubkey -noout)"
sign "$D/leaf.crt" basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
    subjectKeyIdentifier=hash
sign "$D/right.crt" "$CA_BASIC" "$CA_USAGE" subjectKeyIdentifier=hash
sign "$D/nosign.crt" "$CA_BASIC" keyUsage=critical,cRLSign subjectKeyIdentifier=hash
expect_exit 'the root must be known' 1 'the root above it is neither' \
    init "$D" --install "$D/right.crt"
for wrong in leaf nosign; do
    cat "$D/corp.crt" >>"$D/$wrong.crt"
    expect_exit "a certificate that cannot serve is refused ($wrong)" 1 'wrong|no CA|key usage|CA cert' \
        init "$D" --install "$D/$wrong.crt"
done
expect_exit "another key's certificate is refused" 1 'of our key' init "$D" --install "$D/corp.crt"
cat "$D/corp.crt" "$D/right.crt" >"$D/answer.pem"
expect_output 'the right one is installed' "^issuing_sha256=$(fingerprint "$D/right.crt")" \
    init "$D" --install "$D/answer.pem"
expect 'the key stayed' cmp "$D/ca/lab.key" "$D/kept.key"
expect 'OpenSSL builds the chain to that root' \
    openssl verify -x509_strict -CAfile "$D/ca/root.crt" "$D/ca/lab.crt"
expect_exit 'another cannot be put in its place' 1 'has a certificate already' \
    init "$D" --install "$D/answer.pem"
expect 'the signer starts with it' signer_start "$D"
expect 'and stops' signer_stop
expect_output 'its journal holds together' 'records' audit "$D"

# ---- a full disk ------------------------------------------------------------------------------------
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    # Looking for leaks needs ptrace, which strace has.
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    D=$SIGNER_DIR/full
    signer_place "$D"
    # The first write of a key's file, the journal's second record, a sync of each, a rename.
    for fault in write:error=ENOSPC:when=1 pwrite64:error=ENOSPC:when=2 fsync:error=EIO:when=2 \
        fdatasync:error=EIO:when=2 renameat:error=ENOSPC:when=2; do
        run with_secret strace -o /dev/null -e "inject=$fault" "$SIGNER" -c "$D/signer.conf" \
            --ca-init --issuing-cn One --root-cn Top --root-passphrase-fd 7
        verdict "a disk that fails is told of ($fault)" \
            failed_and_printed 'No space left|Input/output error'
    done
    expect 'and when it is well again the same command goes on' with_secret \
        "$SIGNER" -c "$D/signer.conf" --ca-init --issuing-cn One --root-cn Top --root-passphrase-fd 7
    expect_output 'with a whole journal' 'records' audit "$D"

    # ---- killed at any call that changes the disk --------------------------------------------------
    CALLS=(fchmod write fsync renameat pwrite64 fdatasync)
    # words_of MODE DIR: its options, in WORDS
    words_of() {
        case $1 in
        two) WORDS=(--issuing-cn One --root-cn Top --root-out "$2/out.key" --root-passphrase-fd 7) ;;
        made) WORDS=(--issuing-cn One --root-cn Top) ;;
        csr) WORDS=(--issuing-cn One --csr-out "$2/lab.csr") ;;
        esac
    }
    is_whole() { # MODE DIR
        case $1 in
        two) openssl verify -x509_strict -CAfile "$2/ca/root.crt" "$2/ca/lab.crt" &&
            openssl pkey -in "$2/out.key" -passin "file:$SECRET" -noout ;;
        made) openssl verify -x509_strict -CAfile "$2/ca/root.crt" "$2/ca/lab.crt" &&
            openssl pkey -in "$2/ca/root.key" -passin "file:$2/ca/root.key.passphrase" -noout ;;
        csr) openssl req -in "$2/lab.csr" -verify -noout ;;
        esac && openssl pkey -in "$2/ca/lab.key" -passin "file:$2/ca/lab.passphrase" -noout
    }
    # The second run completes, or has nothing to do because the first one did.
    goes_on() { # MODE DIR
        run "$SIGNER" -c "$2/signer.conf" --ca-init "${WORDS[@]}" 7<"$SECRET"
        ((STATUS == 0)) || grep -qE 'has a certificate already|exists: remove it' "$STORY_DIR/output"
    }
    # kill_at MODE CALL N: in a place of its own, which stays when it is no good.
    kill_at() {
        D=$SIGNER_DIR/$1-$2-$3
        signer_place "$D"
        words_of "$1" "$D"
        strace -o /dev/null -e "inject=$2:signal=KILL:when=$3" "$SIGNER" -c "$D/signer.conf" \
            --ca-init "${WORDS[@]}" 7<"$SECRET" >/dev/null 2>&1 || KILLED=$((KILLED + 1))
        goes_on "$1" "$D" && is_whole "$1" "$D" && audit "$D" && rm -rf "$D"
    }
    for mode in two made csr; do
        D=$SIGNER_DIR/count
        signer_place "$D"
        words_of "$mode" "$D"
        strace -o "$STORY_DIR/trace" "$SIGNER" -c "$D/signer.conf" --ca-init "${WORDS[@]}" \
            7<"$SECRET" >/dev/null
        rm -rf "$D"
        points=0 KILLED=0 bad=''
        for call in "${CALLS[@]}"; do
            total=$(grep -c "^$call(" "$STORY_DIR/trace" || true)
            for ((n = 1 + points % KILL_STEP; n <= total; n += KILL_STEP)); do
                ((points += 1))
                kill_at "$mode" "$call" "$n" >"$STORY_DIR/kill" 2>&1 || {
                    bad+=" $call:$n"
                    show <"$STORY_DIR/kill"
                }
            done
        done
        expect_equal "each of the $points kills struck ($mode)" "$points" "$KILLED"
        expect_equal "and the same command goes on from it ($mode)" '' "$bad"
    done
else
    skip 'a kill at any call leaves a state to go on from' 'strace cannot trace here'
fi

signer_end
