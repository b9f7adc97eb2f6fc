# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# templates: the lab's four certificate templates, and the entry that publishes them, as LDIF. Values are [MS-CRTD]'s.

TEMPLATES_ONE_YEAR='AEA5hy7h/v8='  # -315360000000000 in units of 100 ns, little-endian
TEMPLATES_TWO_YEARS='AIByDl3C/f8='
TEMPLATES_SIX_WEEKS='AICmCv/e//8='
TEMPLATES_SIGN='gAA='              # digitalSignature
TEMPLATES_SIGN_AND_ENCIPHER='oAA=' # digitalSignature, keyEncipherment

# Syntax 2 of msPKI-RA-Application-Policies, for templates of version 4: the key's algorithm.
# shellcheck disable=SC2016 # the value has backquotes in it
TEMPLATES_EC_KEY='msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P256`msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`DWORD`2`'

# templates_oid NUMBER: under an arc that differs from lab to lab; no part exceeds 32 bits.
templates_oid() {
    local realm base
    realm=$(cksum <<<"$LAB_REALM")
    base=$(cksum <<<"$LAB_BASE")
    echo "1.3.6.1.4.1.311.21.8.${realm%% *}.${base%% *}.1.$1"
}

# templates_entry NUMBER NAME: what all of them share.
templates_entry() {
    cat <<EOT

dn: CN=$2,CN=Certificate Templates,CN=Public Key Services,CN=Services,$LAB_CONFIG_BASE
objectClass: pKICertificateTemplate
objectClass: autoenrollAccess
displayName: $2
revision: 100
msPKI-Template-Minor-Revision: $1
msPKI-Cert-Template-OID: $(templates_oid "$1")
pKIMaxIssuingDepth: 0
pKICriticalExtensions: 2.5.29.15
pKIOverlapPeriod:: $TEMPLATES_SIX_WEEKS
msPKI-RA-Signature: 0
EOT
}

# templates_usage OID...: the extended key usage, in both attributes.
templates_usage() {
    printf 'pKIExtendedKeyUsage: %s\n' "$@"
    printf 'msPKI-Certificate-Application-Policy: %s\n' "$@"
}

templates_rsa_key() {
    cat <<EOT
msPKI-Template-Schema-Version: 2
msPKI-Private-Key-Flag: 16
msPKI-Minimal-Key-Size: 2048
pKIDefaultKeySpec: 1
pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider
pKIKeyUsage:: $TEMPLATES_SIGN_AND_ENCIPHER
EOT
}

templates_ec_key() {
    cat <<EOT
msPKI-Template-Schema-Version: 4
msPKI-Private-Key-Flag: 16
msPKI-Minimal-Key-Size: 256
msPKI-RA-Application-Policies: $TEMPLATES_EC_KEY
pKIDefaultKeySpec: 2
pKIDefaultCSPs: 1,Microsoft Software Key Storage Provider
pKIKeyUsage:: $TEMPLATES_SIGN
EOT
}

# Machines, by themselves: CN and SAN are the DNS name. flags 0x10260, names 0x18000000.
templates_machine() {
    templates_entry 1 Machine
    templates_ec_key
    templates_usage 1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.1
    cat <<EOT
flags: 66144
msPKI-Certificate-Name-Flag: 402653184
msPKI-Enrollment-Flag: 32
pKIExpirationPeriod:: $TEMPLATES_ONE_YEAR
autoenrollAllow: ou=computers,$LAB_BASE
autoenrollAllowAuto: ou=computers,$LAB_BASE
EOT
}

# Users, by themselves: directory path and mail, SAN UPN and mail. flags 0x1023a, names 0xa6000000.
templates_user() {
    templates_entry 2 User
    templates_rsa_key
    templates_usage 1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.4 1.3.6.1.5.2.3.4
    cat <<EOT
flags: 66106
msPKI-Certificate-Name-Flag: -1509949440
msPKI-Enrollment-Flag: 32
pKIExpirationPeriod:: $TEMPLATES_ONE_YEAR
autoenrollAllow: cn=certificate-users,ou=groups,$LAB_BASE
autoenrollAllowAuto: cn=certificate-users,ou=groups,$LAB_BASE
EOT
}

# A machine that names itself, on demand. flags 0x10241, names 0x1.
templates_web_server() {
    templates_entry 3 WebServer
    templates_rsa_key
    templates_usage 1.3.6.1.5.5.7.3.1
    cat <<EOT
flags: 66113
msPKI-Certificate-Name-Flag: 1
msPKI-Enrollment-Flag: 0
pKIExpirationPeriod:: $TEMPLATES_TWO_YEARS
autoenrollAllow: cn=web-servers,ou=groups,$LAB_BASE
EOT
}

# A user, on demand, after approval (PEND_ALL_REQUESTS). flags 0x20200, names 0x42000000.
templates_held() {
    templates_entry 4 Held
    templates_ec_key
    templates_usage 1.3.6.1.5.5.7.3.2
    cat <<EOT
flags: 131584
msPKI-Certificate-Name-Flag: 1107296256
msPKI-Enrollment-Flag: 2
pKIExpirationPeriod:: $TEMPLATES_ONE_YEAR
autoenrollAllow: cn=employees,ou=groups,$LAB_BASE
EOT
}

# Which of them the CA issues: without this entry none.
templates_service() {
    local ca=${SIGNER_CA:-issuing}
    cat <<EOT

dn: CN=$ca,CN=autoenroll,CN=Services,$LAB_CONFIG_BASE
objectClass: autoenrollService
autoenrollCa: $ca
autoenrollTemplate: Machine
autoenrollTemplate: User
autoenrollTemplate: WebServer
autoenrollTemplate: Held
EOT
}

templates_all() {
    templates_machine
    templates_user
    templates_web_server
    templates_held
    templates_service
}
