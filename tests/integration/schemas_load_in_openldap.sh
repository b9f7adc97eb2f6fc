#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The published schemas load in OpenLDAP, whole or beside what a server already has.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
command -v slapd >/dev/null || story_skip_all "slapd is not installed"

SCHEMAS=$REPO/schemas
SYSTEM=/etc/ldap/schema

# conf FILE...: a slapd.conf with the standard schemas and these files or directives.
conf() {
    printf 'include %s\n' "$SYSTEM"/{core,cosine,inetorgperson,nis}.schema
    printf 'modulepath /usr/lib/ldap\n'
    printf '%s\n' "$@"
}

ours() { # NUMBER...
    local number
    for number in "$@"; do
        printf 'include "%s"\n' "$SCHEMAS"/openldap/autoenroll-"$number"-*.schema
    done
}

test_conf() {
    conf "$@" >"$STORY_DIR/slapd.conf"
    slaptest -u -f "$STORY_DIR/slapd.conf"
}

# config_ldif FILE...: a whole cn=config with these schema files.
config_ldif() {
    local file
    printf 'dn: cn=config\nobjectClass: olcGlobal\ncn: config\n\n'
    printf 'dn: cn=module{0},cn=config\nobjectClass: olcModuleList\ncn: module{0}\n'
    printf 'olcModulePath: /usr/lib/ldap\nolcModuleLoad: back_mdb\n\n'
    printf 'dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n'
    for file in "$@"; do
        cat -- "$file"
        echo
    done
    printf 'dn: olcDatabase={0}config,cn=config\nobjectClass: olcDatabaseConfig\n'
    printf 'olcDatabase: {0}config\n'
    printf 'olcRootDN: gidNumber=%s+uidNumber=%s,cn=peercred,cn=external,cn=auth\n\n' \
        "$(id -g)" "$(id -u)"
    printf 'dn: olcDatabase={1}mdb,cn=config\nobjectClass: olcDatabaseConfig\n'
    printf 'objectClass: olcMdbConfig\nolcDatabase: {1}mdb\nolcSuffix: o=x\nolcDbDirectory: %s\n' \
        "$STORY_DIR/db"
}

test_config() {
    rm -rf "$STORY_DIR/config" "$STORY_DIR/db"
    mkdir "$STORY_DIR/config" "$STORY_DIR/db"
    config_ldif "$SYSTEM"/{core,cosine,inetorgperson,nis}.ldif "$@" >"$STORY_DIR/config.ldif"
    slapadd -n 0 -F "$STORY_DIR/config" -l "$STORY_DIR/config.ldif"
}

add_entry() {
    slapadd -n 1 -F "$STORY_DIR/config" -l "$STORY_DIR/entry.ldif"
}

search() { # FILTER
    slapcat -n 1 -F "$STORY_DIR/config" -a "$1" -o ldif-wrap=no
}

LDAPI=ldapi://${STORY_DIR//\//%2F}%2Fldapi

start_server() {
    slapd -F "$STORY_DIR/config" -h "$LDAPI" -d 0 >"$STORY_DIR/server.log" 2>&1 &
    SERVER=$!
    wait_for "$PATIENCE" ldapwhoami -Q -Y EXTERNAL -H "$LDAPI"
}

stop_server() {
    [[ -n ${SERVER-} ]] || return 0
    kill "$SERVER" || true
    wait "$SERVER" || true
    SERVER=''
}
trap 'stop_server; story_abort' EXIT

publish() { # FILE...: as schemas/README.md says
    local file
    for file in "$@"; do
        ldapadd -Q -Y EXTERNAL -H "$LDAPI" -f "$file" || return
    done
}

write_template() { # EXTRA-LINE...
    printf '%s\n' 'dn: o=x' 'objectClass: organization' '' 'dn: cn=Templates,o=x' \
        'objectClass: container' '' 'dn: cn=T,cn=Templates,o=x' \
        'objectClass: pKICertificateTemplate' 'objectClass: autoenrollAccess' 'flags: 66144' \
        'revision: 100' 'displayName: T' 'msPKI-Certificate-Name-Flag: -1509949440' \
        'objectGUID:: AAECAwQFBgcICQoLDA0ODw==' 'nTSecurityDescriptor:: AQAEgA==' \
        'pKIExpirationPeriod:: AEA5hy7h/v8=' 'msPKI-RA-Policies: 1.2.3' 'msPKI-RA-Policies: 1.2.4' \
        'autoenrollAllow: cn=Hosts,ou=Groups,o=x' "$@" >"$STORY_DIR/entry.ldif"
}

expect "the generated forms are what schemas/generate makes of the sources" \
    "$SCHEMAS/generate" --check

cp -R "$SCHEMAS" "$STORY_DIR/edited"
sed -i 's/autoenrollDeny/autoenrollDenied/' "$STORY_DIR/edited/openldap/autoenroll-5-access.schema"
expect_exit "an edited source without a new run of schemas/generate is noticed" 1 "not up to date" \
    "$STORY_DIR/edited/generate" --check
printf 'attributetype( 1.2.3 )\n' >>"$STORY_DIR/edited/openldap/autoenroll-5-access.schema"
expect_failure "a source that is no definition is refused with its line" '5-access.schema:[0-9]+:' \
    "$STORY_DIR/edited/generate"

attributes=$(cat "$SCHEMAS"/389ds/*.ldif | grep '^attributeTypes: ')
expect_equal "every attribute has an equality rule" "" "$(grep -v ' EQUALITY ' <<<"$attributes" || true)"
definition="^[a-zA-Z]+: \( ([0-9]+\.)+[0-9]+ NAME '[A-Za-z-]+' .*X-ORIGIN 'autoenroll' \)\$"
expect_equal "every line of the 389ds form is a whole definition" "" \
    "$(cat "$SCHEMAS"/389ds/*.ldif | grep -vE "^#|^dn: cn=schema\$|$definition" || true)"
expect_equal "no OID and no name is defined twice" "" \
    "$(cat "$SCHEMAS"/389ds/*.ldif | sed -n "s/^[a-zA-Z]*: ( \([0-9.]*\) NAME \('[^']*'\).*/\1\n\2/p" |
        sort | uniq -d)"

mapfile -t all < <(ours 1 2 3 4 5 6)
mapfile -t beside_msuser < <(ours 2 4 5)
expect "the .schema form loads in a plain server" test_conf "${all[@]}"
mapfile -t without_accounts < <(ours 1 2 3 4 5)
expect "the .schema form loads without the accounts" test_conf "${without_accounts[@]}"
expect "the .schema form loads after the memberof overlay" \
    test_conf 'moduleload memberof' "${all[@]}"
expect "files 2, 4 and 5 load where msuser.schema is there already" \
    test_conf "include $SYSTEM/msuser.schema" "${beside_msuser[@]}"
expect "files 2, 4 and 5 load beside msuser.schema and memberof" \
    test_conf "include $SYSTEM/msuser.schema" 'moduleload memberof' "${beside_msuser[@]}"
for number in 1 3 6; do
    mapfile -t clashing < <(ours "$number")
    expect_failure "file $number is what msuser.schema has and must be left out beside it" Duplicate \
        test_conf "include $SYSTEM/msuser.schema" "${clashing[@]}"
done

expect "the cn=config form loads in a plain server" test_config "$SCHEMAS"/openldap/*.ldif
write_template
expect "a template with every attribute that AD takes from top is accepted" add_entry
expect_output "an access attribute matches after normalisation of its DN" '^dn: cn=T,' \
    search '(autoenrollAllow=CN=hosts, OU=groups, O=X)'
expect_output "octet strings can be searched for" '^dn: cn=T,' \
    search '(pKIExpirationPeriod=\00\40\39\87\2e\e1\fe\ff)'
expect_output "flags are negative where bit 31 is set, and match as numbers" '^dn: cn=T,' \
    search '(msPKI-Certificate-Name-Flag=-1509949440)'

expect "the cn=config form loads in a server without templates" test_config "$SCHEMAS"/openldap/*.ldif
write_template 'revision: 101'
expect_failure "a second value of a single-valued attribute is refused" 'multiple values' add_entry
expect "the cn=config form of files 2, 4 and 5 loads beside msuser.ldif" test_config \
    "$SYSTEM/msuser.ldif" "$SCHEMAS"/openldap/autoenroll-[245]-*.ldif
write_template
expect "a template is accepted there, too" add_entry

test_config "$SYSTEM/msuser.ldif"
start_server
expect_failure "a running server with msuser.ldif refuses file 3" Duplicate \
    publish "$SCHEMAS"/openldap/autoenroll-3-*.ldif
expect "it takes files 2, 4 and 5 without a restart" \
    publish "$SCHEMAS"/openldap/autoenroll-[245]-*.ldif
stop_server
expect "and has them for good" add_entry
story_end
