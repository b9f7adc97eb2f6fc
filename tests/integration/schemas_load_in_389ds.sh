#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The published schemas load in 389 Directory Server, as files and online.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
command -v ns-slapd >/dev/null ||
    story_skip_all "389 Directory Server is not installed (package 389-ds-base)"
id -un >/dev/null 2>&1 || story_skip_all "389 Directory Server wants a user who has a name"

SCHEMAS=$REPO/schemas
INSTANCE=$STORY_DIR/slapd-ae$$ # the name is the name of a semaphore, too
PORT=''
trap 'stop_server; story_abort' EXIT

# make_instance SCHEMA-FILE...: an instance with these in its schema directory.
make_instance() {
    local dir
    rm -rf -- "$INSTANCE"
    for dir in schema db log run lock ldif bak tmp; do
        mkdir -p "$INSTANCE/$dir"
    done
    printf 'dn: cn=schema\n' >"$INSTANCE/schema/99user.ldif"
    (($# == 0)) || cp -- "$@" "$INSTANCE/schema/"
    sed -E -e "s#%(schema|lock|tmp|ldif|bak|run|log|db)_dir%#$INSTANCE/\1#" \
        -e "s#%(cert|config|inst)_dir%#$INSTANCE#; s#%db_home_dir%#$INSTANCE/db#" \
        -e "s#^nsslapd-port:.*#nsslapd-port: $PORT\nnsslapd-listenhost: 127.0.0.1#" \
        -e "s#%fqdn%#localhost#; s#%ds_user%#$(id -un)#; s#%db_lib%#mdb#; s#%ds_suffix%#o=x#" \
        -e 's#%rootdn%#cn=Directory Manager#; s#%ds_passwd%#{CLEAR}secret#' \
        -e "s#%ldapi_enabled%#off#; s#%ldapi%#$INSTANCE/ldapi#; s#%ldapi_autobind%#off#" \
        /usr/share/dirsrv/data/template-dse.ldif |
        awk -v RS= -v ORS='\n\n' '/^dn: cn=Internationalization Plugin,/ {
            sub(/nsslapd-pluginenabled: on/, "nsslapd-pluginenabled: off") } { print }' \
            >"$INSTANCE/dse.ldif"
}

# start_server: false when it ends by itself, which it does on a schema it does not take.
start_server() {
    ns-slapd -D "$INSTANCE" -d 0 -i "$INSTANCE/run/pid" >>"$STORY_DIR/server.log" 2>&1 &
    SERVER=$!
    wait_for "$PATIENCE" server_has_settled && server_answers
}

server_answers() {
    timeout "$PATIENCE" ldapsearch -x -H "ldap://127.0.0.1:$PORT" -s base -b '' 1.1 >/dev/null 2>&1
}

server_has_settled() {
    ! kill -0 "$SERVER" || server_answers
}

stop_server() {
    [[ -n ${SERVER-} ]] || return 0
    kill -KILL "$SERVER" 2>/dev/null || true # a polite end takes seconds, and nothing is at stake
    wait "$SERVER" 2>/dev/null || true
    rm -f -- "/dev/shm/sem.$(basename -- "$INSTANCE").stats"
    SERVER=''
}

as_manager() { # TOOL ARGUMENT...
    timeout "$PATIENCE" "$1" -x -D 'cn=Directory Manager' -w secret -H "ldap://127.0.0.1:$PORT" "${@:2}"
}

# start_instance SCHEMA-FILE...: at a free port; one more try where another process was quicker.
start_instance() {
    for _ in 1 2 3; do
        stop_server
        PORT=$((10240 + SRANDOM % 22000))
        make_instance "$@"
        start_server && return
    done
    cat "$STORY_DIR/server.log"
    return 1
}

schema_has() { # NAME
    read_schema | grep -i "NAME '$1' "
}

read_schema() {
    as_manager ldapsearch -LLL -o ldif-wrap=no -s base -b cn=schema attributeTypes objectClasses
}

count_ours() {
    if read_schema >"$STORY_DIR/schema.ldif"; then
        grep -c "X-ORIGIN.*'autoenroll'" "$STORY_DIR/schema.ldif" || true
    else
        echo "the server does not answer"
    fi
}

load_online() {
    cat -- "$SCHEMAS"/389ds/online/*.ldif | as_manager ldapmodify -c
}

add_template() {
    as_manager ldapadd <<'EOT'
dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
objectClass: nsBackendInstance
objectClass: extensibleObject
cn: userRoot
nsslapd-suffix: o=x

dn: cn="o=x",cn=mapping tree,cn=config
objectClass: nsMappingTree
objectClass: extensibleObject
cn: o=x
nsslapd-state: backend
nsslapd-backend: userRoot

dn: o=x
objectClass: organization

dn: cn=T,o=x
objectClass: pKICertificateTemplate
objectClass: autoenrollAccess
displayName: T
flags: 66144
revision: 100
pKIExpirationPeriod:: AEA5hy7h/v8=
autoenrollAllow: cn=Hosts,ou=Groups,o=x
EOT
}

defined=$(cat -- "$SCHEMAS"/389ds/*.ldif | grep -c '^[ao].*: (')

expect "the server starts with all files in its schema directory" \
    start_instance "$SCHEMAS"/389ds/*.ldif
expect_equal "it knows every definition of the files" "$defined" "$(count_ours)"
expect_output "a template with access attributes is accepted" 'cn=T,o=x' add_template
expect_output "an access attribute matches after normalisation of its DN" '^dn: cn=T,' \
    as_manager ldapsearch -LLL -b o=x '(autoenrollAllow=CN=hosts, OU=groups, O=X)' 1.1

expect "a plain server starts" start_instance
expect_equal "it knows none of them" 0 "$(count_ours)"
expect "all definitions load online" load_online
expect_equal "it knows every definition then" "$defined" "$(count_ours)"
expect "loading them again does no harm" load_online

printf '%s\n' 'dn: cn=schema' "attributeTypes: ( 1.2.3.4.5 NAME 'flags' EQUALITY integerMatch" \
    '  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )' >"$STORY_DIR/60clash.ldif"
expect "a server starts whose site has a 'flags' of its own" start_instance "$STORY_DIR/60clash.ldif"
expect_failure "that one clash is reported" 'attribute type flags: Does not match the OID' load_online
expect_output "and all others are loaded" autoenrollAllow schema_has autoenrollAllow
expect_equal "exactly one is missing" "$((defined - 1))" "$(count_ours)"

stop_server
story_end
