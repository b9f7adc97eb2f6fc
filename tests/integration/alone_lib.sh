# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# alone_lib: a policyd-signer with CA, bounds and certificates, but without policyd: in its place
# stands signer_client, which says to it whatever one likes. Sourced after signer_lib.sh.

SIGNER_CLIENT=$BUILD_DIR/tests/support/signer_client
SIGNER_CONF=$SIGNER_DIR/signer.conf SIGNER_SOCKET=$SIGNER_DIR/signer.sock
JOURNAL=$SIGNER_DIR/journal CHECKPOINTS=$SIGNER_DIR/checkpoints
CRL_URL=http://pki.example.test/crl
[[ -x $SIGNER_CLIENT ]] || story_skip_all "$SIGNER_CLIENT is not built"

alone_bounds() {
    cat <<EOT
[global]
realms = EXAMPLE.TEST
protected = dc1.example.test
hourly_max = 100000
[template Machine]
oid = 1.3.6.1.4.1.311.21.8.1.1
ca = lab
kinds = machine
validity_max = 365d
ekus = clientAuth, serverAuth
dns = example.test
krb5 = EXAMPLE.TEST
extensions = 1.3.6.1.4.1.55555.1
hourly_max = 50000
[template User]
ca = lab
kinds = user
validity_max = 365d
ekus = clientAuth, emailProtection
key_usage = digitalSignature, keyEncipherment
email = example.test
upn = example.test
krb5 = EXAMPLE.TEST
[template Server]
ca = lab
kinds = machine
validity_max = 90d
ekus = serverAuth
key_usage = digitalSignature, keyEncipherment
dns = example.test
ip = 10.1.0.0/16
[profile tls]
ca = lab
subject = policyd.example.test
dns = policyd.example.test, est.example.test
[profile ocsp]
ca = lab
subject = OCSP of lab
EOT
}

# alone_configure [LINE...]: lines go into [signer]; the CA is made the first time.
alone_configure() {
    mkdir -p "$SIGNER_DIR"
    chmod 711 "$STORY_DIR" "$SIGNER_DIR" # others may reach the socket, if it lets them
    signer_place "$SIGNER_DIR" "crl_url = $CRL_URL" \
        'issuers_url = http://pki.example.test/lab.crt'
    (($# == 0)) || sed -i "s|^peers = .*|&\n$(printf '%s\\n' "$@")|" "$SIGNER_CONF"
    alone_bounds >"$SIGNER_DIR/bounds.conf"
    [[ -e $SIGNER_DIR/ca/lab.crt ]] || "$SIGNER" -c "$SIGNER_CONF" --ca-init \
        --root-cn 'Story Root CA' --issuing-cn 'Story Issuing CA' >"$STORY_DIR/ca" 2>&1
}

alone_start() { # [PREFIX...]
    signer_start "$SIGNER_DIR" "$@"
}

alone_ask() { # as signer_client takes it, without the socket
    "$SIGNER_CLIENT" "$SIGNER_SOCKET" "$@"
}

# alone_audit [OPTION...]: of the journal, by the key that the signer published.
alone_audit() {
    "$POLICYCTL" --config "$SIGNER_DIR/policyctl.conf" audit verify --journal "$JOURNAL" \
        --key "$CHECKPOINTS/audit.pub" "$@"
}
