# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# issue_lib: a real signer, and issue_driver in policyd's place. Sourced after signer_lib.sh.
#
# ISSUE_DIR holds the ledger, the CRLs and what the drivers received. issue_judge compares all of
# it: what was received, the journal, the ledger and the CRL.

ISSUE_DRIVER=$BUILD_DIR/tests/support/issue_driver
JOURNAL_LIST=$BUILD_DIR/tests/support/journal_list
ISSUE_SIGNER=$SIGNER_DIR/issuing ISSUE_DIR=$STORY_DIR/issue ISSUE_PID=''
ISSUE_JOURNAL=$ISSUE_SIGNER/journal ISSUE_CA=$ISSUE_SIGNER/ca/lab.crt
[[ -x $ISSUE_DRIVER ]] || story_skip_all "$ISSUE_DRIVER is not built"

# issue_configure: a signer for the driver's requests, with its CA, not yet started.
issue_configure() {
    signer_place "$ISSUE_SIGNER" 'crl_url = http://pki.example.test/crl'
    cat >"$ISSUE_SIGNER/bounds.conf" <<'EOT'
[global]
realms = EXAMPLE.TEST
hourly_max = 1000000
[template Machine]
ca = lab
kinds = machine
validity_max = 366d
ekus = clientAuth, serverAuth
dns = example.test
upn = example.test
hourly_max = 1000000
EOT
    "$SIGNER" -c "$ISSUE_SIGNER/signer.conf" --ca-init --root-cn 'Story Root CA' \
        --issuing-cn 'Story Issuing CA' >"$ISSUE_SIGNER/init" 2>&1
    issue_reset
}

issue_start_signer() { # [PREFIX...]
    signer_start "$ISSUE_SIGNER" "$@"
}

# issue_reset: nothing issued, nothing received.
issue_reset() {
    rm -rf -- "$ISSUE_DIR"
    (umask 077 && mkdir -p "$ISSUE_DIR/public" "$ISSUE_DIR/out")
    : >"$ISSUE_DIR/received"
}

# issue [OPTION...]: its lines go to ISSUE_DIR/said; certificates are added to ISSUE_DIR/received.
# With ISSUE_PREFIX set, a command that it runs under. Its exit status is ours.
ISSUE_PREFIX=()
issue() {
    local status=0
    issue_launch "$@"
    wait "$ISSUE_PID" || status=$?
    issue_gather
    return "$status"
}

# issue_launch: the same, not waited for; its pid in ISSUE_PID. Then: wait, issue_gather.
issue_launch() {
    : >"$ISSUE_DIR/said"
    "${ISSUE_PREFIX[@]}" "$ISSUE_DRIVER" signer="$ISSUE_SIGNER/signer.sock" ledger="$ISSUE_DIR/ledger.db" \
        public="$ISSUE_DIR/public" out="$ISSUE_DIR/out" "$@" \
        >"$ISSUE_DIR/said" 2>"$ISSUE_DIR/errors" </dev/null &
    ISSUE_PID=$!
    SIGNER_PIDS+=("$ISSUE_PID")
}

# A kill may come between a certificate and the line about it: received all the same.
issue_gather() {
    local pem
    awk '$1 == "CERT" || $1 == "REPEAT" { print $2, $3 }' "$ISSUE_DIR/said" >>"$ISSUE_DIR/received"
    for pem in "$ISSUE_DIR"/out/*.pem; do
        [[ -e $pem ]] || continue
        pem=${pem##*/}
        grep -q "^${pem%.pem} " "$ISSUE_DIR/received" ||
            echo "${pem%.pem} $(openssl x509 -in "$ISSUE_DIR/out/$pem" -outform DER |
                sha256sum | cut -d' ' -f1)" >>"$ISSUE_DIR/received"
    done
}

issue_said() { # PATTERN: how many lines
    grep -cE -- "$1" "$ISSUE_DIR/said" || true
}

# issue_settle: one more certificate, after ledger and journal were brought together, the CRL, and
# what the ledger has now.
issue_settle() {
    issue publish=yes show=yes
}

# issue_judge: of an issue_settle just before; prints each fault, a line each.
issue_judge() {
    local d=$ISSUE_DIR
    "$JOURNAL_LIST" "$ISSUE_JOURNAL" >"$d/journal" || echo "the journal cannot be read"
    openssl crl -inform DER -in "$d/public/lab-1-0.crl" -CAfile "$ISSUE_CA" \
        -noout -text >"$d/crl" 2>"$d/crl.verify" || echo "the CRL cannot be read"
    grep -q 'verify OK' "$d/crl.verify" || echo "the CRL's signature is wrong"
    "$POLICYCTL" --config "$ISSUE_SIGNER/policyctl.conf" audit verify \
        >"$d/audit" 2>&1 || sed 's/^/audit verify: /' "$d/audit"
    awk -f "$REPO/tests/integration/issue_judge.awk" \
        file=1 "$d/received" file=2 "$d/journal" file=3 "$d/crl" file=4 "$d/said"
}
