# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# env: what a client of the lab finds in its environment, and the file env that says it.

# env_clean: nothing of our caller's domain, keytabs or clock may reach the lab's processes.
env_clean() {
    unset "${!KRB5@}" "${!LDAP@}" "${!SASL@}" "${!FAKETIME@}" LD_PRELOAD
    export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"
}

# env_kerberos_server: what the KDC, its tools and every acceptor need.
env_kerberos_server() {
    export KRB5_CONFIG=$LAB_DIR/krb5.conf KRB5_KDC_PROFILE=$LAB_DIR/kdc/kdc.conf
}

# env_line NAME VALUE: an assignment that every sh reads back unchanged.
env_line() {
    printf "export %s='%s'\n" "$1" "${2//\'/\'\\\'\'}"
}

# env_account PREFIX PRINCIPAL KEYTAB
env_account() {
    env_line "$1_PRINCIPAL" "$2@$LAB_REALM"
    env_line "$1_KEYTAB" "$LAB_DIR/keytab/$3.keytab"
}

env_domain() {
    env_line LAB_DIR "$LAB_DIR"
    env_line LAB_REALM "$LAB_REALM"
    env_line LAB_DOMAIN "$LAB_DOMAIN"
    env_line LAB_BASE "$LAB_BASE"
    env_line LAB_CONFIG_BASE "$LAB_CONFIG_BASE"
    env_line LAB_FOREIGN_REALM "$LAB_FOREIGN_REALM"
}

# Tickets and replay caches stay in the lab, too: a kinit must not touch the caller's own cache.
env_kerberos() {
    env_line KRB5_CONFIG "$LAB_DIR/krb5.conf"
    env_line KRB5_KDC_PROFILE "$LAB_DIR/kdc/kdc.conf"
    env_line KRB5CCNAME "FILE:$LAB_DIR/tmp/ccache"
    env_line KRB5RCACHENAME "file2:$LAB_DIR/tmp/rcache"
}

env_ldap() {
    env_line LDAPCONF "$LAB_DIR/ldap.conf"
    env_line LDAPTLS_CACERT "$LAB_DIR/tls/ca.pem"
    env_line LDAP_URI "ldap://localhost:$LDAP_PORT"
    env_line LDAPS_URI "ldaps://127.0.0.1:$LDAPS_PORT"
    env_line LDAP_ADMIN_DN "$LDAP_ADMIN_DN"
    env_line LDAP_ADMIN_PASSWORD_FILE "$LAB_DIR/secret/ldap-admin"
}

env_accounts() {
    local i number
    env_account ADMIN "$ADMIN_NAME" admin
    env_account POLICYD "$POLICYD_NAME" policyd
    env_account HTTP HTTP/localhost http
    for i in "${!HOSTS[@]}"; do
        number=${i/#0/} # HOST and HOST2
        number=${number:+$((number + 1))}
        env_line "HOST${number}_FQDN" "${HOSTS[i]}"
        env_account "HOST$number" "host/${HOSTS[i]}" "host$((i + 1))"
    done
    for i in "${!USERS[@]}"; do
        env_line "USER$((i + 1))" "${USERS[i]}"
        env_line "USER$((i + 1))_PASSWORD" "${PASSWORDS[i]}"
        env_line "USER$((i + 1))_KEYTAB" "$LAB_DIR/keytab/${USERS[i]}.keytab"
    done
    env_line FOREIGN_PRINCIPAL "${USERS[0]}@$LAB_FOREIGN_REALM"
    env_line FOREIGN_KEYTAB "$LAB_DIR/keytab/foreign.keytab"
}

env_policyd() {
    env_line POLICYD_CONF "$LAB_DIR/policyd/policyd.conf"
    env_line RULES_DIR "$LAB_DIR/policyd/rules.d"
    env_line SIGNER_CONF "$LAB_DIR/signer/signer.conf"
    env_line POLICYCTL "$(policyctl_command)"
    env_line CRL_URL "$(policyd_plain_url)/$SIGNER_CA-1-0.crl"
    env_line CLIENT "$(client_command)"
    env_line EST_HOST localhost
    env_line EST_PORT "$EST_PORT"
    env_line EST_URL "$(policyd_est_url)"
    env_line EST_CA "$LAB_DIR/tls/est-anchor.pem"
}

# env_write: the file appears whole, as the last act of `up`.
env_write() {
    printf 'URI ldap://localhost:%s\nBASE %s\nSASL_NOCANON on\n' "$LDAP_PORT" "$LAB_BASE" >ldap.conf
    {
        echo "# The lab's environment, for sh. Made by 'lab up'."
        env_domain
        env_kerberos
        env_ldap
        env_accounts
        env_policyd
    } >env.new
    mv env.new env
}

# env_enter: takes it on, with the lab's clock, in place of what the caller had.
env_enter() {
    local assignment
    unset "${!KRB5@}" "${!LDAP@}" "${!FAKETIME@}"
    # shellcheck source=/dev/null # made by env_write
    . "$LAB_DIR/env"
    for assignment in "${CLOCK_FILE_ENV[@]}"; do
        export "${assignment?}"
    done
}
