# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# kdc: one MIT KDC for two realms that trust each other: the lab's own and a foreign one.

KDC_FOREIGN_PREFIX=OTHER-

# The client's view. Tickets last 12 hours here, while the KDC would give 400 days, so that a
# test may move only a client's clock by asking for a longer ticket.
kdc_write_krb5_conf() {
    cat >krb5.conf <<EOT
[libdefaults]
    default_realm = $LAB_REALM
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    qualify_shortname = ""
    udp_preference_limit = 1
    ticket_lifetime = 12h
    forwardable = true
[realms]
    $LAB_REALM = {
        kdc = 127.0.0.1:$KDC_PORT
$(pkinit_anchors '        ')
    }
    $LAB_FOREIGN_REALM = {
        kdc = 127.0.0.1:$KDC_PORT
    }
[domain_realm]
    localhost = $LAB_REALM
    $LAB_DOMAIN = $LAB_REALM
    .$LAB_DOMAIN = $LAB_REALM
EOT
}

kdc_write_kdc_conf() {
    local realm
    {
        printf '[kdcdefaults]\n    kdc_listen = ""\n    kdc_tcp_listen = 127.0.0.1:%s\n' "$KDC_PORT"
        printf '[logging]\n    kdc = STDERR\n[realms]\n'
        for realm in "$LAB_REALM" "$LAB_FOREIGN_REALM"; do
            cat <<EOT
    $realm = {
        database_name = $LAB_DIR/kdc/$realm
        acl_file = $LAB_DIR/kdc/no.acl
        key_stash_file = $LAB_DIR/kdc/$realm.stash
        max_life = 400d
        max_renewable_life = 400d
        default_principal_flags = +preauth
        supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
EOT
            [[ $realm != "$LAB_REALM" ]] || pkinit_kdc_settings
            echo '    }'
        done
    } >kdc/kdc.conf
}

# kdc_create_realm REALM: makes the database and runs the kadmin commands of standard input.
# A failed command does not end kadmin.local, so its complaints are looked for. It repeats the
# commands, and passwords do not belong in a log.
kdc_create_realm() {
    local log=log/kdc-create-$1.log
    if ! {
        printf '%s\n%s\n' "$KDC_MASTER_KEY" "$KDC_MASTER_KEY" |
            timeout 600 kdb5_util -r "$1" create -s
        timeout 600 kadmin.local -r "$1" -p "lab/admin@$1"
    } 2>&1 | sed 's/ -pw [^ ]*/ -pw .../' >"$log" || grep -q '^[a-z_]*: .* while ' "$log"; then
        log_tail "$log"
        fail "the database of realm $1 cannot be made"
    fi
}

# Both databases get the keys of the two trusts from the same passwords.
kdc_trust_commands() {
    echo "addprinc -pw $KDC_TRUST_KEY krbtgt/$LAB_FOREIGN_REALM@$LAB_REALM"
    echo "addprinc -pw $KDC_TRUST_KEY krbtgt/$LAB_REALM@$LAB_FOREIGN_REALM"
}

# kdc_keytab_commands FILE PRINCIPAL: a principal with a random key, in a keytab.
kdc_keytab_commands() {
    echo "addprinc -randkey $2"
    echo "ktadd -q -k \"keytab/$1\" $2"
}

# kdc_user_commands NAME PASSWORD: a principal that has a password and a keytab too.
kdc_user_commands() {
    echo "addprinc -pw $2 $1"
    echo "ktadd -q -k \"keytab/$1.keytab\" -norandkey $1"
}

kdc_own_commands() {
    local i
    kdc_trust_commands
    kdc_keytab_commands ldap.keytab ldap/localhost
    kdc_keytab_commands http.keytab HTTP/localhost
    kdc_keytab_commands policyd.keytab "$POLICYD_NAME"
    kdc_keytab_commands admin.keytab "$ADMIN_NAME"
    for i in 0 1; do
        kdc_keytab_commands "host$((i + 1)).keytab" "host/${HOSTS[i]}"
    done
    for i in 0 1 2; do
        kdc_user_commands "${USERS[i]}" "${PASSWORDS[i]}"
    done
}

kdc_foreign_commands() {
    kdc_trust_commands
    kdc_keytab_commands foreign.keytab "${USERS[0]}"
}

# kdc_create: both databases, all keytabs and a certificate; the two realms at the same time.
kdc_create() {
    local foreign
    KDC_MASTER_KEY=$(random_hex 16)
    KDC_TRUST_KEY=$(random_hex 16)
    kdc_foreign_commands | kdc_create_realm "$LAB_FOREIGN_REALM" &
    foreign=$!
    pkinit_create
    kdc_own_commands | kdc_create_realm "$LAB_REALM"
    wait "$foreign"
}

# kdc_start: false when it does not come to listen at its port.
kdc_start() {
    process_launch kdc env "${CLOCK_FILE_ENV[@]}" \
        krb5kdc -n -r "$LAB_REALM" -r "$LAB_FOREIGN_REALM"
    wait_until "$PROCESS_PATIENCE" process_is_settled kdc "$KDC_PORT" && process_listens kdc "$KDC_PORT"
}
