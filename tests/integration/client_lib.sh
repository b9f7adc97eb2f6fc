# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# client_lib: the client on the lab of est_lib, as its first host and as whoever is logged in.
# Sourced after est_lib.sh.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab

CLIENT=$BUILD_DIR/autoenroll-client/autoenroll-client

client_conf() {
    cat >"$STORY_DIR/autoenroll.conf" <<EOT
[server]
url = $(lab_value "$PLACE" EST_URL)
ca = $(lab_value "$PLACE" EST_CA)
timeout = ${PATIENCE}s
[machine]
principal = $(lab_value "$PLACE" HOST_PRINCIPAL)
keytab = $(lab_value "$PLACE" HOST_KEYTAB)
store = $STORY_DIR/machine
hooks = $STORY_DIR/hooks
[user]
store = $STORY_DIR/user
EOT
}

machine() { # VERB ARGUMENT...
    "$LAB" exec "$PLACE" -- "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "$@"
}

user() {
    "$LAB" exec "$PLACE" -- "$CLIENT" --user --config "$STORY_DIR/autoenroll.conf" "$@"
}

certificate() { # SCOPE TEMPLATE: its file
    echo "$STORY_DIR/$1/certs/$2/current/cert.pem"
}

serial() { # SCOPE TEMPLATE
    openssl x509 -in "$(certificate "$1" "$2")" -noout -serial | sed 's/.*=//' | tr A-F a-f
}

# of_ledger SERIAL MEMBER: what policyd knows of a certificate.
of_ledger() {
    in_lab_sh '$POLICYCTL --json cert show "$1"' "$1" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["certificate"][sys.argv[1]])' "$2"
}

revoke() { # SERIAL
    in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason superseded' "$1"
}

# edit_template NAME: change lines on standard input.
edit_template() {
    { echo "dn: CN=$1,CN=Certificate Templates,CN=Public Key Services,CN=Services,$(lab_value "$PLACE" LAB_CONFIG_BASE)" &&
        echo 'changetype: modify' && cat; } >"$STORY_DIR/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$STORY_DIR/change.ldif"
}

# told "SCOPE [FLAG]..." PATTERN: the server's word on templates has it.
told() {
    # shellcheck disable=SC2086 # a list of words
    prints "$2" $1 templates
}
