# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# domain: what is in the directory: hosts, users, groups and certificate templates.
# The functions print LDIF; domain_load sends all of it to the running server.

HOST_LABELS=(client1 client2)
USERS=(alice bob carol)
# Principals without their realm.
POLICYD_NAME='policyd/localhost'
ADMIN_NAME='admin'

# domain_names: every name that follows from realm and base.
domain_names() {
    local label
    LAB_DOMAIN=${LAB_REALM,,}
    LAB_FOREIGN_REALM=$KDC_FOREIGN_PREFIX$LAB_REALM
    LAB_CONFIG_BASE="cn=Configuration,$LAB_BASE"
    LDAP_ADMIN_DN="cn=admin,$LAB_BASE"
    POLICYD_DN="cn=policyd,ou=services,$LAB_BASE"
    HOSTS=()
    for label in "${HOST_LABELS[@]}"; do
        HOSTS+=("$label.$LAB_DOMAIN")
    done
}

# domain_entry DN-BELOW-THE-BASE CLASS: the first lines of an entry.
domain_entry() {
    printf '\ndn: %s,%s\nobjectClass: %s\n' "$1" "$LAB_BASE" "$2"
}

# The entry of the base itself has the class that its first attribute asks for.
domain_root() {
    local attribute=${LAB_BASE%%=*} value class
    value=${LAB_BASE#*=}
    value=${value%%,*}
    case ${attribute,,} in
    dc) class=domain ;;
    o) class=organization ;;
    ou) class=organizationalUnit ;;
    c) class=country ;;
    l) class=locality ;;
    esac
    printf 'dn: %s\nobjectClass: %s\n%s: %s\n' "$LAB_BASE" "$class" "$attribute" "$value"
    for value in people computers groups services; do
        domain_entry "ou=$value" organizationalUnit
    done
    domain_entry cn=admin organizationalRole
    domain_entry cn=policyd,ou=services applicationProcess
}

domain_people() {
    local i name
    for i in 0 1 2; do
        name=${USERS[i]}
        domain_entry "cn=$name,ou=people" inetOrgPerson
        printf 'uid: %s\ngivenName: %s\nsn: Example\nmail: %s@%s\nuserPassword: %s\n' \
            "$name" "${name^}" "$name" "$LAB_DOMAIN" "${PASSWORDS[i]}"
    done
}

domain_computers() {
    local host
    for host in "${HOSTS[@]}"; do
        domain_entry "cn=$host,ou=computers" computer
        printf 'sn: %s\ndNSHostName: %s\n' "${host%%.*}" "$host"
    done
}

# domain_group NAME MEMBER-RDN...
domain_group() {
    domain_entry "cn=$1,ou=groups" groupOfNames
    shift
    printf "member: %s,$LAB_BASE\n" "$@"
}

# User is allowed to certificate-users, and the first user is three groups below it.
domain_groups() {
    domain_group engineering "cn=${USERS[0]},ou=people"
    domain_group employees cn=engineering,ou=groups
    domain_group certificate-users cn=employees,ou=groups
    domain_group contractors "cn=${USERS[1]},ou=people"
    domain_group pki-approvers "cn=${USERS[2]},ou=people"
    domain_group web-servers "cn=${HOSTS[0]},ou=computers"
}

domain_container() {
    printf '\ndn: %s,%s\nobjectClass: container\n' "$1" "$LAB_CONFIG_BASE"
}

domain_configuration() {
    domain_entry cn=Configuration container
    domain_container CN=Services
    domain_container CN=autoenroll,CN=Services
    domain_container "CN=Public Key Services,CN=Services"
    local name
    for name in 'Certificate Templates' 'Certification Authorities' AIA OID; do
        domain_container "CN=$name,CN=Public Key Services,CN=Services"
    done
}

# Over LDAP, because overlays such as memberof do not see what slapadd writes.
domain_load() {
    {
        domain_root
        domain_people
        domain_computers
        domain_groups
        domain_configuration
        templates_all
    } >slapd/domain.ldif
    timeout 600 ldapadd -x -D "$LDAP_ADMIN_DN" -y secret/ldap-admin \
        -H "ldap://127.0.0.1:$LDAP_PORT" -f slapd/domain.ldif >log/domain.log 2>&1 || {
        log_tail log/domain.log
        fail "the directory does not take the domain's entries"
    }
}
