#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The lab's Kerberos and directory work as its contract says, for root and for an ordinary user.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# The lab under test: how it is called, where it is. "in_lab" runs a command in its environment.
WHO='' LAB_COMMAND=() PLACE=''

in_lab() {
    "${LAB_COMMAND[@]}" exec "$PLACE" -- "$@"
}

value() { # NAME
    in_lab sh -c 'eval "printf %s \"\$$1\""' sh "$1"
}

# in_lab_sh TEXT: a script in the lab's environment.
in_lab_sh() {
    in_lab bash -euc "$1"
}

whoami_as() { # PREFIX: of NAME_PRINCIPAL and NAME_KEYTAB
    in_lab_sh "kinit -k -t \"\$$1_KEYTAB\" \"\$$1_PRINCIPAL\" && ldapwhoami -Q -Y GSSAPI"
}

search_as_user() { # ARGUMENT...
    in_lab ldapsearch -Q -Y GSSAPI -LLL -o ldif-wrap=no "$@"
}

expect_tickets() {
    expect "$WHO: a user gets a ticket for her password" \
        in_lab_sh 'echo "$USER1_PASSWORD" | kinit "$USER1"'
    expect_failure "$WHO: not for another password" 'Password incorrect' \
        in_lab_sh 'echo "x$USER1_PASSWORD" | kinit -c MEMORY: "$USER1"'
    expect "$WHO: and for her keytab" in_lab_sh 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
    expect_output "$WHO: her ticket binds as her entry" "^dn:cn=alice,ou=people,${BASE,,}\$" \
        in_lab ldapwhoami -Q -Y GSSAPI
    expect_output "$WHO: the bind is signed and sealed" 'SSF: 256' \
        in_lab_sh 'ldapwhoami -Y GSSAPI -H "$LDAP_URI" 2>&1'
    expect_output "$WHO: a host's keytab binds as the host's entry" \
        "^dn:cn=client1\.$DOMAIN,ou=computers,${BASE,,}\$" whoami_as HOST
    expect_output "$WHO: the second host's, too" \
        "^dn:cn=client2\.$DOMAIN,ou=computers,${BASE,,}\$" whoami_as HOST2
    expect_output "$WHO: policyd's keytab binds as policyd" \
        "^dn:cn=policyd,ou=services,${BASE,,}\$" whoami_as POLICYD
    expect_output "$WHO: an HTTP service has no entry" '^dn:uid=http/localhost,' whoami_as HTTP
}

expect_foreign() {
    expect "$WHO: a foreign principal gets a ticket for a service of the lab's realm" in_lab_sh \
        'kinit -k -t "$FOREIGN_KEYTAB" "$FOREIGN_PRINCIPAL"; kvno "HTTP/localhost@$LAB_REALM"'
    expect_output "$WHO: it is not taken for the user of that name" \
        "^dn:uid=alice@other-$DOMAIN,cn=$DOMAIN,cn=gssapi,cn=auth\$" in_lab ldapwhoami -Q -Y GSSAPI
    expect_failure "$WHO: and reads nothing" 'No such object' search_as_user -s base
    expect "$WHO: the trust goes both ways" in_lab_sh \
        'kinit -k -t "$USER1_KEYTAB" "$USER1"; kvno "krbtgt/$LAB_FOREIGN_REALM@$LAB_REALM"'
}

# groups_of DN: all groups that hold it, directly or through others.
groups_of() {
    local dn
    search_as_user "(member=$1)" dn | sed -n 's/^dn: //p' | while IFS= read -r dn; do
        echo "$dn"
        groups_of "$dn"
    done
}

expect_entries() {
    local name
    for name in Machine User WebServer Held; do
        expect_output "$WHO: a user reads the template $name" '^msPKI-Cert-Template-OID: 1\.3\.6' \
            search_as_user -s base -b "CN=$name,CN=Certificate Templates,$PKS"
    done
    expect_output "$WHO: User is allowed to a group" \
        "^autoenrollAllow: cn=certificate-users,ou=groups,$BASE\$" \
        search_as_user -b "CN=User,CN=Certificate Templates,$PKS" autoenrollAllow
    expect_equal "$WHO: and the first user is three groups below it" \
        "engineering employees certificate-users" \
        "$(groups_of "cn=alice,ou=people,$BASE" | sed 's/^cn=\([^,]*\),.*/\1/' | xargs)"
    expect_equal "$WHO: the second is not" "contractors" \
        "$(groups_of "cn=bob,ou=people,$BASE" | sed 's/^cn=\([^,]*\),.*/\1/')"
    expect_output "$WHO: memberOf is kept" "^memberOf: cn=pki-approvers,ou=groups,$BASE\$" \
        search_as_user '(cn=carol)' memberOf
    expect_output "$WHO: a host is found by its DNS name" "^dn: cn=client1\.$DOMAIN,ou=computers,$BASE\$" \
        search_as_user "(dNSHostName=CLIENT1.$DOMAIN)" dn
    expect_output "$WHO: the container of service objects exists" '^dn: cn=autoenroll,cn=Services' \
        search_as_user -s base -b "CN=autoenroll,CN=Services,$CONFIG_BASE" dn
}

lock_account() {
    printf '%s\n' "dn: cn=bob,ou=people,$BASE" 'changetype: modify' 'add: pwdAccountLockedTime' \
        'pwdAccountLockedTime: 000001010000Z' >"$STORY_DIR/change.ldif"
    in_lab ldapmodify -Q -Y GSSAPI -f "$STORY_DIR/change.ldif"
}

change_description() { # BIND-ARGUMENT...
    printf 'dn: CN=User,CN=Certificate Templates,%s\nchangetype: modify\nreplace: displayName\ndisplayName: %s\n' \
        "$PKS" "User $RANDOM" >"$STORY_DIR/change.ldif"
    chmod 644 "$STORY_DIR/change.ldif"
    in_lab ldapmodify "$@" -f "$STORY_DIR/change.ldif"
}

expect_rights() {
    local dn file
    dn=$(value LDAP_ADMIN_DN) file=$(value LDAP_ADMIN_PASSWORD_FILE)
    expect_failure "$WHO: nobody reads anonymously" 'authentication required' \
        in_lab ldapsearch -x -LLL -s base
    expect_output "$WHO: the root DSE is for everybody" '^supportedControl: 1.3.6.1.4.1.4203.1.9.1.1' \
        in_lab ldapsearch -x -LLL -s base -b '' +
    expect_failure "$WHO: a user changes no template" 'Insufficient access' change_description -Q -Y GSSAPI
    run whoami_as POLICYD
    expect_failure "$WHO: policyd changes no template" 'Insufficient access' change_description -Q -Y GSSAPI
    expect_equal "$WHO: policyd reads no password" "" \
        "$(search_as_user '(objectClass=inetOrgPerson)' userPassword | grep -i '^userPassword' || true)"
    run whoami_as ADMIN
    expect "$WHO: the administrator does, with a ticket" change_description -Q -Y GSSAPI
    expect "$WHO: and can lock an account" lock_account
    expect "$WHO: a template can be changed with the administrator's password" change_description -x -D "$dn" -y "$file"
    expect_output "$WHO: a user's password does for a simple bind" '^dn:cn=alice' in_lab_sh \
        "ldapwhoami -x -D 'cn=alice,ou=people,$BASE' -w \"\$USER1_PASSWORD\""
}

expect_tls() {
    expect_output "$WHO: LDAPS works with the lab's anchor" '^dn:cn=admin' in_lab_sh \
        'ldapwhoami -x -H "$LDAPS_URI" -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE"'
    expect_output "$WHO: StartTLS, too" '^dn:cn=admin' in_lab_sh \
        'ldapwhoami -x -ZZ -H "$LDAP_URI" -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE"'
    expect_failure "$WHO: not with another anchor" "Can't contact LDAP server" in_lab_sh \
        'LDAPTLS_CACERT=/etc/ssl/certs/ca-certificates.crt ldapwhoami -x -H "$LDAPS_URI"'
}

expect_private_files() {
    # What policyd publishes and where it listens is for others; they do not get past the lab's place.
    expect_equal "$WHO: nobody else can enter the lab" 700 "$(stat -c %a "$PLACE")"
    expect_equal "$WHO: nor read its files" "" \
        "$(find "$PLACE" ! -type s ! -path "$PLACE/policyd/public*" ! -name audit.pub ! -name '*.crt' ! -name '*.chain' \
            -perm /077)"
    expect_equal "$WHO: no file knows of the realm it would have by default" "" \
        "$(grep -rilE 'example.test|dc=example' "$PLACE" | head)"
    expect_equal "$WHO: a plain sh reads the env file" "$(value LAB_BASE)" \
        "$(sh -c '. "$1/env"; echo "$LAB_BASE"' sh "$PLACE")"
}

expect_policyd() {
    expect_output "$WHO: nothing is wrong with policyd" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
    expect_output "$WHO: it reaches the signer of this lab" "^signer +connected" in_lab_sh '$POLICYCTL status'
    expect_output "$WHO: whose CA is below the lab's root" ': OK$' in_lab_sh \
        'umask 077; $POLICYCTL ca show --pem >"$LAB_DIR/tmp/ca.pem"; openssl verify -x509_strict -CAfile "$EST_CA" "$LAB_DIR/tmp/ca.pem"'
    expect_output "$WHO: its CRL is the CA's" 'verify OK' in_lab_sh \
        'curl -sSf "$CRL_URL" | openssl crl -inform der -noout -CAfile "$LAB_DIR/tmp/ca.pem" 2>&1'
    expect_output "$WHO: its HTTPS listener is trusted through its CA" '^alive' in_lab_sh \
        'curl -sSf --cacert "$EST_CA" "$EST_URL/healthz"; [[ $EST_URL == "https://$EST_HOST:$EST_PORT" ]]'
    expect_failure "$WHO: and not without" 'certificate' in_lab_sh 'curl -sSf "$EST_URL/healthz"'
    expect_output "$WHO: the journal is whole" 'chain is whole' in_lab_sh '$POLICYCTL audit verify'
}

# story_of WHO PLACE LAB-COMMAND...
story_of() {
    WHO=$1 PLACE=$2 LAB_COMMAND=("${@:3}")
    STORY_LABS+=("$PLACE")
    expect "$WHO: a lab comes up under a random realm and base" \
        "${LAB_COMMAND[@]}" up "$PLACE" --realm random --base random
    expect_output "$WHO: its status says so" '^directory: running' "${LAB_COMMAND[@]}" status "$PLACE"
    BASE=$(value LAB_BASE) DOMAIN=$(value LAB_DOMAIN)
    CONFIG_BASE=$(value LAB_CONFIG_BASE)
    PKS="CN=Public Key Services,CN=Services,$CONFIG_BASE"
    expect_tickets
    expect_foreign
    expect_entries
    expect_rights
    expect_tls
    expect_policyd
    expect_private_files
}

if ((EUID == 0)); then
    story_of root "$STORY_DIR/root's-lab" "$LAB"
fi
prepare_ordinary
story_of "an ordinary user" "$ORDINARY_DIR/lab" as_ordinary "$ORDINARY_DIR/tests/lab/lab"
story_end
