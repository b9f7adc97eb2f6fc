# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# up: makes and starts a lab. The file env, written last, says that all of it was done.

UP_ATTEMPTS=5

command_up() {
    local dir=$1
    shift
    options_parse "$@"
    up_check_tools
    place_claim "$dir"
    trap up_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    up_prepare
    policyd_create
    policyd_check_config
    slapd_create &
    local slapd=$!
    signer_create &
    local signer=$!
    kdc_create
    wait "$slapd"
    wait "$signer"
    up_start kdc up_choose_kdc_port
    up_start directory up_choose_ldap_ports
    up_start policyd up_choose_policyd_ports
    up_start signer true
    domain_load
    client_write_config
    policyd_wait is_whole
    place_save
    env_write
    trap - EXIT
    note "up in $LAB_DIR: realm $LAB_REALM, base $LAB_BASE"
}

# A failed `up` leaves its logs and nothing that runs.
up_end() {
    local name
    for name in $(place_processes); do
        process_stop "$name" || true
    done
    note "'lab up' has failed; 'lab down' removes what is in $LAB_DIR"
}

up_check_tools() {
    local row tool program
    for program in "$POLICYD_PROGRAM" "$RULES_PROGRAM" "$POLICYCTL_PROGRAM" "$SIGNER_PROGRAM"; do
        [[ -x $BUILD_DIR/$program ]] ||
            fail "$BUILD_DIR/$program is not built: run ./test.sh --setup, or set BUILD_DIR"
    done
    place_check_words BUILD_DIR "$BUILD_DIR"
    for row in slapd:slapd slapadd:slapd krb5kdc:krb5-kdc kdb5_util:krb5-kdc \
        kadmin.local:krb5-admin-server ldapadd:ldap-utils openssl:openssl; do
        tool=${row%%:*}
        command -v "$tool" >/dev/null ||
            fail "$tool is not installed (Debian package ${row#*:})"
    done
    compgen -G '/usr/lib/*/sasl2/libgssapiv2.so*' >/dev/null ||
        fail "SASL's GSSAPI is not installed (Debian package libsasl2-modules-gssapi-mit)"
}

up_prepare() {
    local user
    domain_names
    PASSWORDS=()
    for user in "${USERS[@]}"; do
        PASSWORDS+=("$user-$(random_hex 6)")
    done
    printf %s "$(random_hex 16)" >secret/ldap-admin # ldap tools take the whole file
    clock_write +0
    clock_load
    env_kerberos_server
    up_choose_kdc_port
    up_choose_ldap_ports
    up_choose_policyd_ports
}

# up_start PART CHOOSE: starts PART at the ports that CHOOSE sets; when another process was
# quicker to bind one of them, tries others, unless the ports were given.
up_start() {
    local attempt
    for ((attempt = 1; attempt <= UP_ATTEMPTS; attempt++)); do
        "$2"
        part_start "$1" && return
        process_stop "$1" || true
        [[ -z $FIRST_PORT ]] || break
    done
    local port
    for port in $(part_ports "$1"); do
        port_is_free "$port" || fail "$1 does not start: another process has port $port"
    done
    log_tail "log/$1.log"
    port=$(part_ports "$1")
    fail "$1 does not start${port:+ at port $port}"
}

up_choose_kdc_port() {
    KDC_PORT=$(up_port 0)
    kdc_write_krb5_conf
    kdc_write_kdc_conf
}

up_choose_ldap_ports() {
    LDAP_PORT=$(up_port 1)
    LDAPS_PORT=$LDAP_PORT
    while [[ $LDAPS_PORT == "$LDAP_PORT" ]]; do
        LDAPS_PORT=$(up_port 2)
    done
}

up_choose_policyd_ports() {
    PLAIN_PORT=$(up_port 3)
    EST_PORT=$PLAIN_PORT
    while [[ $EST_PORT == "$PLAIN_PORT" ]]; do
        EST_PORT=$(up_port 4)
    done
    policyd_write_config
    signer_write_config
}

# up_port INDEX: a free port, or that one of the given row.
up_port() {
    if [[ -n $FIRST_PORT ]]; then
        echo $((FIRST_PORT + $1))
    else
        port_pick
    fi
}
