# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# slapd: the directory, configured through cn=config, with GSSAPI, StartTLS and LDAPS.

SLAPD_SCHEMA=/etc/ldap/schema

# Realm and base have been checked to hold nothing that needs escaping here, dots aside.
slapd_write_config() {
    local realm="cn=${LAB_REALM//./[.]},cn=gssapi,cn=auth"
    cat <<EOT
dn: cn=config
objectClass: olcGlobal
cn: config
olcSaslHost: localhost
olcSaslRealm: $LAB_REALM
olcSaslSecProps: noanonymous,noplain
olcTLSCACertificateFile: tls/ca.pem
olcTLSCertificateFile: tls/ldap.pem
olcTLSCertificateKeyFile: tls/ldap.key
olcAuthzRegexp: {0}"^uid=host/([^,/@]+),$realm\$" "cn=\$1,ou=computers,$LAB_BASE"
olcAuthzRegexp: {1}"^uid=$POLICYD_NAME,$realm\$" "$POLICYD_DN"
olcAuthzRegexp: {2}"^uid=$ADMIN_NAME,$realm\$" "$LDAP_ADMIN_DN"
olcAuthzRegexp: {3}"^uid=([^,/@]+),$realm\$" "cn=\$1,ou=people,$LAB_BASE"

dn: cn=module{0},cn=config
objectClass: olcModuleList
cn: module{0}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: refint
olcModuleLoad: syncprov
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

EOT
    slapd_write_schemas
    slapd_write_databases
}

# Entries are separated by an empty line, which the schema files do not all end with.
slapd_write_schemas() {
    local file
    for file in "$SLAPD_SCHEMA"/{core,cosine,inetorgperson,nis}.ldif \
        "$LAB_HOME"/../../schemas/openldap/autoenroll-*.ldif; do
        cat -- "$file"
        echo
    done
}

# Nobody reads without an identity of this domain: a foreign principal has no entry below the
# base. The administrator is the root of both databases, bound by password or by ticket.
slapd_write_databases() {
    cat <<EOT
dn: olcDatabase={-1}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {-1}frontend
olcAccess: {0}to dn.base="" by * read
olcAccess: {1}to dn.base="cn=subschema" by * read

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config
olcRootDN: $LDAP_ADMIN_DN

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: $LAB_BASE
olcRootDN: $LDAP_ADMIN_DN
olcRootPW: $(<secret/ldap-admin)
olcDbDirectory: slapd/db
olcDbMaxSize: 1073741824
olcDbNoSync: TRUE
olcDbIndex: objectClass,cn,uid,member,memberOf,entryUUID,entryCSN,dNSHostName eq
olcRequires: authc
olcLimits: {0}dn.exact="$POLICYD_DN" size=unlimited time=unlimited
olcAccess: {0}to attrs=userPassword by anonymous auth by * none
olcAccess: {1}to * by dn.subtree="$LAB_BASE" read by * none

dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: {0}memberof
olcMemberOfRefInt: TRUE

dn: olcOverlay={1}refint,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcRefintConfig
olcOverlay: {1}refint
olcRefintAttribute: member

dn: olcOverlay={2}syncprov,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcSyncProvConfig
olcOverlay: {2}syncprov
olcSpSessionlog: 1000

dn: olcOverlay={3}ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: {3}ppolicy
EOT
}

slapd_create() {
    mkdir slapd/slapd.d slapd/db
    slapd_make_certificate
    slapd_write_config >slapd/config.ldif
    timeout 600 slapadd -n 0 -F slapd/slapd.d -l slapd/config.ldif >log/slapd-create.log 2>&1 || {
        log_tail log/slapd-create.log
        fail "slapd does not accept its configuration"
    }
}

# A CA of its own and a server certificate, valid at any time the lab's clock may show. libldap
# compares "localhost" with the machine's own name, hence that name in the certificate.
slapd_make_certificate() {
    local end
    end=$(date -u -d '+40 years' +%Y%m%d%H%M%SZ)
    cat >tls/openssl.cnf <<EOT
[lab]
new_certs_dir = tls
database = tls/index
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
[policy]
commonName = supplied
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ldap]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:$(hostname)
EOT
    : >tls/index
    {
        slapd_sign ca "Lab LDAP CA of $LAB_REALM" "$end" -selfsign -keyfile tls/ca.key &&
            slapd_sign ldap localhost "$end" -cert tls/ca.pem -keyfile tls/ca.key
    } >log/tls.log 2>&1 || {
        log_tail log/tls.log
        fail "the directory's TLS certificate cannot be made"
    }
}

# slapd_sign NAME SUBJECT-CN END SIGNER-OPTIONS...: a key tls/NAME.key and its tls/NAME.pem.
slapd_sign() {
    local name=$1 subject=$2 end=$3
    shift 3
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "tls/$name.key" -subj "/CN=$subject" -out "tls/$name.csr" -config tls/openssl.cnf &&
        openssl ca -batch -notext -config tls/openssl.cnf -name lab -extensions "$name" \
            -startdate 20000101000000Z -enddate "$end" -in "tls/$name.csr" -out "tls/$name.pem" "$@"
}

# slapd_start: false when it does not come to listen at its ports.
slapd_start() {
    process_launch directory env "${CLOCK_FIXED_ENV[@]}" \
        KRB5_KTNAME="FILE:$LAB_DIR/keytab/ldap.keytab" \
        KRB5RCACHENAME="file2:$LAB_DIR/slapd/rcache" \
        slapd -F slapd/slapd.d -d none \
        -h "ldap://127.0.0.1:$LDAP_PORT ldaps://127.0.0.1:$LDAPS_PORT"
    wait_until "$PROCESS_PATIENCE" process_is_settled directory "$LDAP_PORT" "$LDAPS_PORT" &&
        process_listens directory "$LDAP_PORT" "$LDAPS_PORT"
}
