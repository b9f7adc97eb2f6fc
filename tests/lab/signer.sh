# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# signer: policyd-signer with a CA of its own, below signer/.

SIGNER_PROGRAM=policyd/policyd-signer
SIGNER_CA=issuing

signer_write_config() {
    cat >signer/signer.conf <<EOT
[signer]
socket = $LAB_DIR/run/signer.sock
peers = $(id -u)
bounds = $LAB_DIR/signer/bounds.conf
[journal]
directory = $LAB_DIR/signer/journal
[checkpoint]
directory = $LAB_DIR/signer/checkpoints
key = $LAB_DIR/signer/audit.key
origin = $LAB_DOMAIN/policyd-signer
[ca $SIGNER_CA]
certificate = $LAB_DIR/signer/ca/$SIGNER_CA.crt
key = $LAB_DIR/signer/ca/$SIGNER_CA.key
chain = $LAB_DIR/signer/ca/$SIGNER_CA.chain
passphrase_file = $LAB_DIR/signer/ca/$SIGNER_CA.pass
crl_url = $(policyd_plain_url)
issuers_url = $(policyd_plain_url)/$SIGNER_CA.crt
active = yes
EOT
}

# What the lab's four templates need, and not more.
signer_write_bounds() {
    cat >signer/bounds.conf <<EOT
[global]
realms = $LAB_REALM
protected = krbtgt, $ADMIN_NAME
[profile tls]
ca = $SIGNER_CA
dns = localhost
[template Machine]
ca = $SIGNER_CA
kinds = machine
validity_max = 366d
ekus = clientAuth, serverAuth
dns = $LAB_DOMAIN
krb5 = $LAB_REALM
[template User]
ca = $SIGNER_CA
kinds = user
validity_max = 366d
ekus = clientAuth, emailProtection, pkinitClient
key_usage = digitalSignature, keyEncipherment
subject = CN, OU, O, DC, L, C, emailAddress
email = $LAB_DOMAIN
upn = $LAB_DOMAIN
krb5 = $LAB_REALM
[template WebServer]
ca = $SIGNER_CA
kinds = machine
validity_max = 731d
ekus = serverAuth
key_usage = digitalSignature, keyEncipherment
subject = CN, O, OU, L, C
dns = $LAB_DOMAIN
[template Held]
ca = $SIGNER_CA
kinds = user
validity_max = 366d
ekus = clientAuth
subject = CN, OU, O, DC, L, C
upn = $LAB_DOMAIN
krb5 = $LAB_REALM
approvals = 1
EOT
}

# signer_create: a root whose key is put away, and the issuing CA below it.
signer_create() {
    mkdir signer/ca
    printf '%s\n' "$(random_hex 16)" >secret/root-ca
    signer_write_config
    signer_write_bounds
    policyctl_write_config
    policyctl_run ca init --root-name "$LAB_DOMAIN Root CA" --ca-name "$LAB_DOMAIN Issuing CA 1" \
        --root-passphrase-file "$LAB_DIR/secret/root-ca" --root-out "$LAB_DIR/secret/root-ca.key" \
        --yes >log/ca-init.log 2>&1 || {
        log_tail log/ca-init.log
        fail "the CA cannot be made"
    }
    # The root comes last in the chain.
    awk '/^-----BEGIN/ { pem = "" } { pem = pem $0 "\n" } END { printf "%s", pem }' \
        "signer/ca/$SIGNER_CA.chain" >tls/est-anchor.pem
}

# signer_start: false when it does not come up, or policyd cannot issue with it.
signer_start() {
    local before
    before=$(process_log_count signer signer.ready)
    process_launch signer env "${CLOCK_FIXED_ENV[@]}" \
        "$BUILD_DIR/$SIGNER_PROGRAM" -c "$LAB_DIR/signer/signer.conf"
    wait_until "$PROCESS_PATIENCE" process_logged signer signer.ready "$before" && process_runs signer
}
