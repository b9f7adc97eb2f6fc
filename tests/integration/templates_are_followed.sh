#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd's view of the templates on a real slapd: what changes there is seen within seconds, what
# is broken concerns itself alone, and a directory that stops or answers in part ends in refusals.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

BUILD_DIR=${BUILD_DIR:-$REPO/build}
DRIVER=$BUILD_DIR/tests/support/template_driver
PLACE=$STORY_DIR/lab CONF=$STORY_DIR/policyd.conf LOG=$STORY_DIR/driver.log
WATCH_SECONDS=40 # within which a change must be seen that no timer tells: that one has a minute
[[ -x $DRIVER ]] || story_skip_all "no $DRIVER"

in_lab() {
    "$LAB" exec "$PLACE" -- "$@"
}

# configure REFRESH STALE SERVERS [LINE...]: a new configuration; lines are for [directory].
configure() {
    SECONDS_MAX=$PATIENCE
    [[ $1 != 60s ]] || SECONDS_MAX=$WATCH_SECONDS
    cat >"$CONF" <<EOT
[template]
refresh = $1
stale_max = $2
[directory]
servers = $3
realm = $REALM
base = $BASE
config_base = $CONFIG_BASE
connect_timeout = 30s
operation_timeout = 30s
timeout = 60s
cache = 0s
EOT
    (($# > 3)) && printf '%s\n' "${@:4}" >>"$CONF"
    (($# > 3)) || printf 'principal = %s\nkeytab = %s\n' "$POLICYD_PRINCIPAL" "$POLICYD_KEYTAB" >>"$CONF"
}

# start_driver: one that lives until stop_driver; ask talks to it.
start_driver() {
    coproc DRIVER_IO {
        in_lab env -u KRB5CCNAME "$DRIVER" "$CONF" 2>>"$LOG"
    }
    DRIVER_PID=$DRIVER_IO_PID
    exec {TO_DRIVER}>&"${DRIVER_IO[1]}" {FROM_DRIVER}<&"${DRIVER_IO[0]}" # subshells have these
    eval "exec ${DRIVER_IO[1]}>&-"
}

stop_driver() {
    exec {TO_DRIVER}>&- {FROM_DRIVER}<&-
    wait "$DRIVER_PID"
}

ask() { # WORD...: the driver's answer to one command
    local answer words
    words=$(printf '\t%s' "$@")
    printf '%s\n' "${words:1}" >&"$TO_DRIVER"
    IFS= read -r -t "$PATIENCE" answer <&"$FROM_DRIVER"
    echo "$answer"
}

expect_answer() { # SENTENCE PATTERN WORD...
    expect_output "$1" "$2" ask "${@:3}"
}

answers() { # PATTERN WORD...
    grep -qE -- "$1" <<<"$(ask "${@:2}")"
}

expect_soon() { # SENTENCE PATTERN WORD...: the answer comes to match within SECONDS_MAX
    run wait_for "$SECONDS_MAX" answers "${@:2}"
    ((STATUS == 0)) || ask "${@:3}" >"$STORY_DIR/output"
    verdict "$1" succeeded
}

change() { # LDIF on standard input
    cat >"$STORY_DIR/change.ldif"
    in_lab sh -euc 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' sh \
        "$STORY_DIR/change.ldif" >/dev/null
}

edit() { # DN, change lines on standard input
    { printf 'dn: %s\nchangetype: modify\n' "$1" && cat; } | change
}

copy_template() { # CN NUMBER: LDIF of a copy of Machine with another OID
    in_lab sh -euc 'ldapsearch -LLL -o ldif-wrap=no -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" \
        -b "CN=Machine,$1" -s base' sh "$TEMPLATES" |
        sed -e "s/^dn: .*/dn: CN=$1,$TEMPLATES/" -e "s/^cn: .*/cn: $1/" \
            -e "s/^\(msPKI-Cert-Template-OID: .*\)\.[0-9]*\$/\1.$2/"
}

expect_templates() {
    expect_soon "all templates are read and published" \
        '^\{"templates":\[\{"name":"Held","published":true,"problem":"".*"Machine".*"User".*"WebServer".*\],"unpublished":"","missing":0' \
        templates
    expect_soon "the directory tells of changes" '"watch":""' health
    expect_answer "a name in other letters is the same" '^\{"name":"User","published":true,"problem":""' choose uSER
    expect_answer "a template that is not there has no label" '"reason":"NO_LABEL"' choose User2
}

expect_rights() {
    expect_answer "a member of a nested group may, by that group" \
        '"enroll":true,"autoenroll":true,"why":"autoenrollAllow .cn=certificate-users,.*a group of the account' \
        access User "alice@$REALM"
    expect_answer "a user outside of it may not" '"enroll":false,"autoenroll":false,"why":"autoenrollAllow names neither' \
        access User "bob@$REALM"
    expect_answer "a host may, by the container it is in" '"enroll":true,"autoenroll":true,.*a container above the account' \
        access Machine "host/client1.$DOMAIN@$REALM"
    expect_answer "a user is not in that container" '"enroll":false' access Machine "alice@$REALM"
    expect_answer "a host in the group may" '"enroll":true,"autoenroll":false,.*web-servers' \
        access WebServer "host/client1.$DOMAIN@$REALM"
    expect_answer "the other host may not" '"enroll":false' access WebServer "host/client2.$DOMAIN@$REALM"
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollDeny
autoenrollDeny: cn=engineering,ou=groups,$BASE"
    expect_soon "who is denied since may no more, by the entry that denies" \
        '"enroll":false,"autoenroll":false,"why":"autoenrollDeny .cn=engineering' access User "alice@$REALM"
    edit "CN=User,$TEMPLATES" <<<'delete: autoenrollDeny'
    expect_soon "and may again without it" '"enroll":true' access User "alice@$REALM"
}

status_says() { # PATTERN: of the lab's own policyd
    prints "$1" in_lab sh -euc '$POLICYCTL status'
}

expect_changes() {
    copy_template Extra 77 | sed '1a changetype: add' | change
    expect_soon "a new template is seen, and not published" '"reason":"NO_LABEL".*is not published' choose Extra
    edit "$SERVICE" <<<'add: autoenrollTemplate
autoenrollTemplate: Extra'
    expect_soon "published it is offered" '"name":"Extra","published":true,"problem":""' choose Extra
    edit "CN=Extra,$TEMPLATES" <<<'replace: pKIExpirationPeriod
pKIExpirationPeriod:: AEA5hy7h/g=='
    expect_soon "broken it is refused, and not as it was before" '"reason":"TPL_UNSAFE".*pKIExpirationPeriod' choose Extra
    expect_answer "the others are as they were" '"problem":""' choose User
    expect_output "the log says so, with the hash of what it was" \
        'warning template.changed template=Extra before=[0-9a-f]{64} published=yes problem=.*pKIExpirationPeriod' cat "$LOG"
    expect "policyctl status shows it with its reason" wait_for "$SECONDS_MAX" status_says Extra.*pKIExpirationPeriod
    change <<<"dn: CN=Extra,$TEMPLATES
changetype: delete"
    expect_soon "removed it is gone" '"reason":"NO_LABEL".*there is no template' choose Extra
    copy_template Twin 1 | sed '1a changetype: add' | change
    expect_soon "two templates with one OID are both refused" '"problem":"it has the OID of .(CN|cn)=Twin' choose Machine
    expect_answer "a third is not" '"problem":""' choose User
    change <<<"dn: CN=Twin,$TEMPLATES
changetype: delete"
    expect_soon "without its twin it is taken" '"problem":""' choose Machine
}

expect_published() {
    change <<<"dn: CN=below,$SERVICE
changetype: add
objectClass: autoenrollService
autoenrollCa: issuing
autoenrollTemplate: Machine"
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollDeny
autoenrollDeny: ou=people,$BASE"
    expect_soon "a change behind another one is seen" '"enroll":false' access User "alice@$REALM"
    expect_answer "an entry below that of the CA has no say" '"unpublished":""' templates
    edit "CN=User,$TEMPLATES" <<<'delete: autoenrollDeny'
    change <<<"dn: CN=below,$SERVICE
changetype: delete

dn: CN=other,CN=autoenroll,CN=Services,$CONFIG_BASE
changetype: add
objectClass: autoenrollService
autoenrollCa: issuing
autoenrollTemplate: Machine"
    expect_soon "a second one beside it makes all doubtful" '"reason":"NO_LABEL".*two entries publish' choose Machine
    change <<<"dn: CN=other,CN=autoenroll,CN=Services,$CONFIG_BASE
changetype: delete"
    expect_soon "one alone is believed" '"published":true' choose Machine
}

sha256_of() { # NAME
    ask choose "$1" | sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/'
}

expect_acknowledgements() {
    edit "CN=User,$TEMPLATES" <<<'replace: msPKI-Certificate-Name-Flag
msPKI-Certificate-Name-Flag: 1'
    expect_soon "a template made dangerous stops" \
        '"problem":"unsafe, and not acknowledged: ESC1: .*\[acknowledge User\] with findings = ESC1 and sha256 = ' choose User
    cp "$CONF" "$STORY_DIR/plain.conf"
    printf '[acknowledge User]\nfindings = ESC1\nsha256 = %s\n' "$(sha256_of User)" >>"$CONF"
    expect_answer "the configuration is read again" '"reloaded":true' reload
    expect_soon "acknowledged it goes on" '"name":"User","published":true,"problem":""' choose User
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollAllow
autoenrollAllow: ou=people,$BASE"
    expect_soon "another change is not what was acknowledged" '"problem":"unsafe, and not what was acknowledged' choose User
    cp "$STORY_DIR/plain.conf" "$CONF"
    expect_answer "the acknowledgement is taken back" '"reloaded":true' reload
    edit "CN=User,$TEMPLATES" <<<"delete: autoenrollAllow
autoenrollAllow: ou=people,$BASE
-
replace: msPKI-Certificate-Name-Flag
msPKI-Certificate-Name-Flag: -1509949440"
    expect_soon "mended it needs none" '"problem":""' choose User
}

# Still with a timer of a minute: what is seen here, the watch has told.
expect_restart() {
    run "$LAB" restart "$PLACE" directory
    verdict "slapd starts anew" succeeded
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollDeny
autoenrollDeny: ou=people,$BASE"
    expect_soon "a change after a restart is seen without a restart of ours" '"enroll":false' access User "alice@$REALM"
    edit "CN=User,$TEMPLATES" <<<'delete: autoenrollDeny'
    expect_soon "and the next" '"enroll":true' access User "alice@$REALM"
}

set_limit() { # LIMIT of policyd's account
    in_lab sh -euc 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE"' >/dev/null <<EOT
dn: olcDatabase={1}mdb,cn=config
changetype: modify
replace: olcLimits
olcLimits: {0}dn.exact="cn=policyd,ou=services,$BASE" size=$1
EOT
}

expect_refusals() {
    local pid
    pid=$("$LAB" pid "$PLACE" directory)
    configure 1s 4s "$LDAP_URI"
    start_driver
    expect_soon "with a short timer all is served" '"name":"User"' choose User
    kill -STOP "$pid"
    expect_soon "with slapd stopped it is refused" '"error":"unavailable","reason":"DIR_DOWN"' choose User
    kill -CONT "$pid"
    expect_soon "going on it is served" '"name":"User"' choose User
    set_limit 2
    expect_soon "a size limit in the middle of the templates is refused" \
        '"reason":"DIR_PARTIAL".*[Ss]ize limit' choose User
    set_limit unlimited
    expect_soon "and served without" '"name":"User"' choose User
    change <<<"dn: CN=User,$TEMPLATES
changetype: modrdn
newrdn: CN=User2
deleteoldrdn: 1"
    expect_soon "renamed it is not found by its old name" '"reason":"NO_LABEL"' choose User
    expect_soon "but by its new one, which nothing publishes" 'is not published' choose User2
    change <<<"dn: CN=User2,$TEMPLATES
changetype: modrdn
newrdn: CN=User
deleteoldrdn: 1"
    expect_soon "and back" '"published":true' choose User
    stop_driver
}

# A line to slapd in CUT_PORT that obeys what is written to TO_LINE, until that is closed.
open_line() {
    mkfifo "$STORY_DIR/orders"
    python3 "$(dirname -- "$0")/cut.py" localhost "${LDAP_URI##*:}" \
        <"$STORY_DIR/orders" >"$STORY_DIR/port" 2>"$STORY_DIR/cut.log" &
    LINE_PID=$!
    exec {TO_LINE}>"$STORY_DIR/orders"
    wait_for "$PATIENCE" test -s "$STORY_DIR/port"
    CUT_PORT=$(<"$STORY_DIR/port")
}

expect_cuts() {
    open_line
    configure 1s 4s "ldap://localhost:$CUT_PORT"
    start_driver
    expect_soon "over another line all is served" '"name":"User"' choose User
    echo cut >&"$TO_LINE"
    expect_soon "cut in the middle of an answer it is refused" '"reason":"DIR_DOWN"' choose User
    expect_output "in the middle it was" '^cut' cat "$STORY_DIR/cut.log"
    echo mend >&"$TO_LINE"
    expect_soon "and served when it is whole again" '"name":"User"' choose User
    stop_driver
}

expect_failover() {
    configure 60s 60s "ldap://localhost:$CUT_PORT, $LDAP_URI"
    start_driver
    expect_soon "with a second server" '"name":"User"' choose User
    kill -TERM "$LINE_PID"
    wait "$LINE_PID" || true
    exec {TO_LINE}>&-
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollDeny
autoenrollDeny: ou=people,$BASE"
    expect_soon "what changes after the death of the first is told and read by the second" '"enroll":false' \
        access User "alice@$REALM"
    edit "CN=User,$TEMPLATES" <<<'delete: autoenrollDeny'
    expect_soon "again and again" '"enroll":true' access User "alice@$REALM"
    stop_driver
}

expect_tls() {
    local simple=("bind = simple" "bind_dn = $(lab_value "$PLACE" LDAP_ADMIN_DN)"
        "password_file = $(lab_value "$PLACE" LDAP_ADMIN_PASSWORD_FILE)") ca
    ca="ca_file = $(lab_value "$PLACE" LDAPTLS_CACERT)"
    configure 1s 4s "$LDAPS_URI" "${simple[@]}" "$ca"
    start_driver
    expect_soon "with a password over LDAPS all is served" '"name":"User"' choose User
    stop_driver
    configure 1s 4s "ldap://127.0.0.1:${LDAP_URI##*:}" "start_tls = yes" "${simple[@]}" "$ca"
    start_driver
    expect_soon "and over StartTLS" '"name":"User"' choose User
    stop_driver
    configure 1s 4s "$LDAPS_URI" "${simple[@]}" # whom Debian trusts
    start_driver
    expect_soon "a server of a CA that is not trusted is not asked" '"last":".*(certificate|TLS|contact)' health
    expect_answer "and nothing is served" '"reason":"DIR_DOWN"' choose User
    stop_driver
    printf 'wrong' >"$STORY_DIR/wrong"
    chmod 600 "$STORY_DIR/wrong"
    simple[2]="password_file = $STORY_DIR/wrong"
    configure 1s 4s "$LDAPS_URI" "${simple[@]}" "$ca"
    start_driver
    expect_soon "a wrong password is said" '"last":".*[Ii]nvalid credentials' health
    stop_driver
}

# A server without RFC 4533.
expect_timer() {
    in_lab sh -euc 'ldapdelete -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" "olcOverlay={2}syncprov,olcDatabase={1}mdb,cn=config"'
    configure 1s 4s "$LDAP_URI"
    start_driver
    expect_soon "that the directory cannot tell of changes is said" '"watch":".*([Cc]ritical|sync)' health
    edit "CN=User,$TEMPLATES" <<<"add: autoenrollDeny
autoenrollDeny: ou=people,$BASE"
    expect_soon "then the timer sees them" '"enroll":false' access User "alice@$REALM"
    edit "CN=User,$TEMPLATES" <<<'delete: autoenrollDeny'
    expect_soon "each of them" '"enroll":true' access User "alice@$REALM"
    stop_driver
}

# More than a page of 500.
expect_pages() {
    local number
    copy_template Copy 0 >"$STORY_DIR/copy.ldif"
    for ((number = 1; number <= 520; number++)); do
        sed -e "s/^dn: CN=Copy,/dn: CN=Copy$number,/" -e "s/^cn: .*/cn: Copy$number/" \
            -e "1a changetype: add" -e "s/^\(msPKI-Cert-Template-OID: .*\)\.0\$/\1.$((1000 + number))/" "$STORY_DIR/copy.ldif"
    done | change
    configure 60s 60s "$LDAP_URI"
    start_driver
    expect_soon "more templates than fit a page are all read" '"serves":true,"count":524,"refused":0' health
    expect_answer "the last as well" 'is not published' choose Copy520
    stop_driver
}

expect "a lab comes up" up_lab "$PLACE" --realm random --base random
BASE=$(lab_value "$PLACE" LAB_BASE) REALM=$(lab_value "$PLACE" LAB_REALM) DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN)
CONFIG_BASE=$(lab_value "$PLACE" LAB_CONFIG_BASE) LDAP_URI=$(lab_value "$PLACE" LDAP_URI)
POLICYD_PRINCIPAL=$(lab_value "$PLACE" POLICYD_PRINCIPAL) POLICYD_KEYTAB=$(lab_value "$PLACE" POLICYD_KEYTAB)
LDAPS_URI=$(lab_value "$PLACE" LDAPS_URI)
TEMPLATES="CN=Certificate Templates,CN=Public Key Services,CN=Services,$CONFIG_BASE"
SERVICE="CN=issuing,CN=autoenroll,CN=Services,$CONFIG_BASE"
configure 60s 60s "$LDAP_URI"
start_driver
expect_templates
expect_rights
expect_changes
expect_published
expect_acknowledgements
expect_restart
stop_driver
expect_refusals
expect_cuts
expect_failover
expect_tls
expect_timer
expect_pages
story_end
