#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is held waits for people: only who is in the group that the hold names, has a ticket and is
# not the requester decides on it, and what he approves is one key with these names. Everybody who
# may not has a twin here who may.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

# with_ticket WHO SCRIPT ARGUMENT...: in the lab, with the ticket of USER1, HOST, ...
with_ticket() {
    "$LAB" exec "$PLACE" -- env KRB5CCNAME="FILE:$WORK/$1.cc" bash -euc "$2" sh "${@:3}"
}

login_as() { # PREFIX
    with_ticket "$1" 'eval "kinit -k -t \"\$$1_KEYTAB\" \"\${$1_PRINCIPAL:-\$$1}\""' "$1"
}

ctl_as() { # WHO VERB...
    with_ticket "$1" '$POLICYCTL "$@"' "${@:2}"
}

ctl() { # VERB...: as whoever runs this, root mostly, without a ticket
    ctl_as NOBODY "$@"
}

# ask_as WHO TEMPLATE NAME: the request of NAME; its id in ID, the status in NAME.status.
ask_as() {
    with_ticket "$1" 'curl -sS --max-time "$PATIENCE" --cacert "$EST_CA" -D "$2.head" -o "$2.body" \
        -w "%{http_code}\n" -H "Content-Type: application/pkcs10" --data-binary "@$2.csr" \
        --negotiate -u : "$EST_URL/.well-known/est/$1/simpleenroll"' "$2" "$WORK/$3" >"$WORK/$3.status"
    ID=$(grep -o 'R-[0-9A-Z]*' "$WORK/$3.body" | head -1)
}

expect_held() { # SENTENCE WHO TEMPLATE NAME
    ID=''
    ask_as "${@:2}" 2>"$STORY_DIR/output" || true
    cat "$WORK/$4".{head,body} >>"$STORY_DIR/output"
    verdict "$1" is_status "$4" 202
}

expect_certificate() { # SENTENCE WHO TEMPLATE NAME
    ask_as "${@:2}" 2>"$STORY_DIR/output" || true
    cat "$WORK/$4.head" >>"$STORY_DIR/output"
    verdict "$1" is_status "$4" 200
    issued "$4" >"$WORK/$4.pem" || true
}

# json SCHEMA WHO VERB...: the answer is as its schema says; kept in answer.
json() {
    ctl_as "${@:2}" --json >"$STORY_DIR/answer" || true
    python3 -W ignore "$REPO/tests/integration/json_check.py" "$REPO/schemas/json" <"$STORY_DIR/answer"
}

expect_json() { # SENTENCE SCHEMA WHO VERB...
    expect_output "$1" "^policyctl.$2.1 is right, [1-9]" json "${@:2}"
}

# web WHO METHOD PATH [BODY]: over HTTPS; the status, and the body in web.body.
web() {
    with_ticket "$1" 'curl -sS --max-time "$PATIENCE" --cacert "$EST_CA" -o "$1" -w "%{http_code}\n" \
        --negotiate -u : -X "$2" ${4:+-H "Content-Type: application/json" -d "$4"} "$EST_URL/autoenroll/v1/requests/$3"' \
        "$WORK/web.body" "${@:2}"
}

# bound WHO PATH BODY [OPTION]...: a POST with a ticket that is bound to its connection; status, and body.
bound() {
    printf '%s' "$3" >"$WORK/bound.json"
    with_ticket "$1" '/usr/bin/python3 "$1" "$EST_PORT" --service "HTTP/$EST_HOST@$LAB_REALM" --post "$2" \
        --type application/json --path "/autoenroll/v1/requests/$3" "${@:4}"' \
        "$REPO/tests/integration/negotiate.py" "$WORK/bound.json" "$2" "${@:4}"
}

change() { # LDIF
    printf '%s\n' "$1" >"$WORK/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/change.ldif"
}

approvers() { # add|delete NAME
    change "dn: cn=pki-approvers,ou=groups,$BASE
changetype: modify
$1: member
member: cn=$2,ou=people,$BASE"
}

member() { # NAME: of an answer kept, its first value
    grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" "$STORY_DIR/answer" | head -1 | sed 's/^[^:]*://; s/"//g'
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept --set directory.cache=0s \
    --set issuing.open_max=8
DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN) BASE=$(lab_value "$PLACE" LAB_BASE)
for who in USER1 USER2 USER3 HOST FOREIGN; do
    expect "$who has a ticket" login_as $who
done

# ---- one approver
expect_output "nothing waits yet" '^Nothing waits for approval\.$' ctl request list --pending
request_of one ec
expect_held "what needs approval is held" USER1 Held one
one=$ID
expect_output "with a whole number of seconds to wait" '^Retry-After: [1-9][0-9]*.?$' cat "$WORK/one.head"
polls_are_not_recorded() {
    local i
    for i in {1..5}; do
        request_of one ec
        ask_as USER1 Held one && is_status one 202 || return 1
    done
    sqlite3 -readonly "$PLACE/policyd/ledger.db" \
        "SELECT count(*) || ' of it' FROM decisions JOIN requests ON number = request WHERE state = 2"
}
expect_output "asked for again and again it is recorded once" '^1 of it$' polls_are_not_recorded
expect_output "it waits" "^$one +held +Held +alice@" ctl request list --pending
expect_json "the list is right" request-list NOBODY request list --pending
expect_output "it is shown with its names" '^  CN=alice  by directory' ctl request show "$one"
expect_json "also as JSON" request-show NOBODY request show "$one"

expect_exit "root without a ticket does not approve" 5 'ticket' ctl request approve "$one" --yes
expect "the requester becomes an approver" approvers add alice
expect_exit "and still does not approve her own" 6 'your own' ctl_as USER1 request approve "$one" --yes
expect "she is none any more" approvers delete alice
expect_exit "who is in no group of approvers does not" 6 'none of the groups' ctl_as USER2 request approve "$one" --yes
expect_exit "nor does a machine" 6 'machine' ctl_as HOST request approve "$one" --yes
expect_exit "nor anybody of another realm" 6 'realm' ctl_as FOREIGN request approve "$one" --yes
ask_as FOREIGN Held one || true # is refused before anything is known of it, and listed all the same
expect_output "a dry run changes nothing" 'Would approve request' ctl_as USER3 request approve "$one" --dry-run
request_of one ec
expect_held "so it is held still" USER1 Held one
expect_equal "under the same number" "$one" "$ID"
expect_json "an approver with a ticket approves it" request-decide USER3 request approve "$one" --yes \
    --reason "as agreed on the phone"
expect_equal "which is enough" approved "$(member state)"
expect_exit "once" 1 'approved, it does not wait|decided on this request already' \
    ctl_as USER3 request approve "$one" --yes
expect "policyd starts anew" "$LAB" restart "$PLACE" policyd
one_is_issued() { # freshly signed; policyd may not have heard of its signer's CA yet
    request_of one ec
    ask_as USER1 Held one
    is_status one 200
}
run wait_for "$PATIENCE" one_is_issued
verdict "freshly signed with the same key it is issued" is_status one 200
expect_output "the request says so" '^state +issued$' ctl request show "$one"
expect_output "explain names the approver" 'approval +pass +approved by carol@' ctl explain "$one"
expect_output "the journal has the approval" "approved $one, by carol@" ctl audit tail --lines 30

# ---- strangers on this host
request_of local ec
expect_held "another request is held" USER1 Held local
socket=$PLACE/run/admin.sock json='Content-Type: application/json'
as_stranger() { # CURL-ARGUMENT...
    setpriv --reuid=65534 --regid=65534 --clear-groups env -C / -i PATH="$PATH" KRB5_CONFIG="$WORK/krb5.conf" \
        KRB5CCNAME="FILE:$STORY_DIR/stranger.cc" curl -sS -o - -w '\n%{http_code}\n' --unix-socket "$socket" "$@"
}
if ((EUID == 0)); then
    chmod 711 "$STORY_DIR" "$WORK" "$PLACE" "$PLACE/run"
    install -m 0444 "$(lab_value "$PLACE" KRB5_CONFIG)" "$WORK/krb5.conf"
    expect "policyctl says what it is about" json request-show NOBODY request show "$ID"
    body="{\"key_sha256\":\"$(member key_sha256)\",\"names_sha256\":\"$(member names_sha256)\"}"
    expect_output "a local user who is no operator sees no list" '^403$' as_stranger http://localhost/v1/requests
    expect_output "nor a request, without a ticket" '^401$' as_stranger "http://localhost/v1/requests/$ID"
    expect_output "nor approves it" '^403$' as_stranger -H "$json" -d "$body" "http://localhost/v1/requests/$ID/approve"
    install -m 0400 -o 65534 "$WORK/USER3.cc" "$STORY_DIR/stranger.cc"
    expect_output "as an approver, with a ticket, he sees it" '^200$' \
        as_stranger --negotiate -u : "http://localhost/v1/requests/$ID"
    expect_output "but the ticket alone approves nothing here" '^403$' \
        as_stranger --negotiate -u : -H "$json" -d "$body" "http://localhost/v1/requests/$ID/approve"
    expect_output "which says what is missing" 'in listen\.approver_group' \
        as_stranger --negotiate -u : -H "$json" -d "$body" "http://localhost/v1/requests/$ID/deny"
    expect_soon "and is logged" 'approval\.refused .*uid=65534' \
        grep -rh 'approval\.refused' "$PLACE" --include='*.log'
    expect "his group becomes that of approvers" \
        sed -i "s/^admin_group *=.*/&\napprover_group = $(id -gn 65534)/" "$(lab_value "$PLACE" POLICYD_CONF)"
    expect_output "which a reload takes" 'approver_group' ctl reload
    expect_output "though no operator's" '^403$' as_stranger http://localhost/v1/requests
    expect_output "without a ticket none is heard" '^401$' \
        as_stranger -H "$json" -d "$body" "http://localhost/v1/requests/$ID/approve"
    expect_output "with it he approves" '"state":"approved"' \
        as_stranger --negotiate -u : -H "$json" -d "$body" "http://localhost/v1/requests/$ID/approve"
else
    skip "a local user who is no operator approves with a ticket only" "needs root"
fi

# ---- over HTTPS
request_of https ec
expect_held "one more is held" USER1 Held https
expect_output "its requester sees its state over HTTPS" '^200$' web USER1 GET "$ID"
expect_output "which is that it waits" '"state":"held"' cat "$WORK/web.body"
expect_output "for one more of that group" '"groups":\[\{"group":"cn=pki-approvers,[^"]*","needed":1,"missing":1\}\]' \
    cat "$WORK/web.body"
expect_output "until when" '"expires":"2[0-9]{3}-' cat "$WORK/web.body"
expect_output "another user sees nothing" '^404$' web USER2 GET "$ID"
expect_output "nor does anybody without a ticket" '^401$' web NOBODY GET "$ID"
json request-show NOBODY request show "$ID" >"$STORY_DIR/output"
names=$(member names_sha256) key=$(member key_sha256)
said() { # KEY NAMES
    printf '{"reason":"from afar","key_sha256":"%s","names_sha256":"%s"}' "$1" "$2"
}
expect_output "a ticket that is bound to no connection approves nothing" '^401$' \
    web USER3 POST "$ID/approve" "$(said "$key" "$names")"
expect_output "and its owner is told" 'must be bound' cat "$WORK/web.body"
if /usr/bin/python3 -c 'import gssapi' 2>/dev/null; then
    expect_output "another key than it has is not approved" '^HTTP 409' \
        bound USER3 "$ID/approve" "$(said "$names" "$names")"
    expect_output "nor other names" '^HTTP 409' bound USER3 "$ID/approve" "$(said "$key" "$key")"
    expect_output "nor by the requester" '^HTTP 403' bound USER1 "$ID/approve" "$(said "$key" "$names")"
    expect_output "who is no approver does not learn that there is one" '^HTTP 404' \
        bound USER2 "$ID/approve" "$(said "$key" "$names")"
    expect_output "a form of some web page approves nothing" '^HTTP 415' \
        bound USER3 "$ID/approve" "$(said "$key" "$names")" --type text/plain
    expect_output "nor does its script" '^HTTP 403' \
        bound USER3 "$ID/approve" "$(said "$key" "$names")" --header 'Origin: https://elsewhere.test'
    expect_soon "the log has that" 'approval\.refused .*origin=https://elsewhere\.test' \
        grep -rh 'approval\.refused' "$PLACE" --include='*.log'
    expect_output "what it has is" '^HTTP 200' bound USER3 "$ID/approve" "$(said "$key" "$names")"
else
    skip "a bound ticket approves over HTTPS" "python3-gssapi is not installed"
    expect "it is approved here" ctl_as USER3 request approve "$ID" --yes
fi
request_of https ec
expect_certificate "and issued" USER1 Held https

# ---- an approver who is none any more
request_of gone ec
expect_held "another is held" USER1 Held gone
gone=$ID
expect "it is approved" ctl_as USER3 request approve "$gone" --yes
expect "another approver comes" approvers add bob
expect "the first one goes" approvers delete carol
request_of gone ec
expect_held "his approval counts no more" USER1 Held gone
expect_equal "and the request waits on" "$gone" "$ID"
expect_output "explain says why" 'approval +pass +does not count: carol@.* is no longer in the group' ctl explain "$gone"
expect_output "so does the request" 'does not count: carol@' ctl request show "$gone"
expect_output "and the log" "approval\.passed_over .*request=$gone approver=carol@.*no longer in the group" \
    grep -rh 'approval\.passed_over' "$PLACE" --include='*.log'
expect "the other one approves" ctl_as USER2 request approve "$gone" --yes
request_of gone ec
expect_certificate "whose approval does" USER1 Held gone
expect "the first one comes back" approvers add carol
request_of off ec
expect_held "another is held" USER1 Held off
off=$ID
expect "it is approved" ctl_as USER3 request approve "$off" --yes
lock() { # add|delete CAROL'S LOCK
    change "dn: cn=carol,ou=people,$BASE
changetype: modify
$1: pwdAccountLockedTime${2:+
pwdAccountLockedTime: $2}"
}
expect "its approver is disabled" lock add 000001010000Z
request_of off ec
expect_held "what he said counts no more" USER1 Held off
expect_equal "and the request waits on" "$off" "$ID"
expect_output "explain says why" 'approval +pass +does not count: carol@.* is disabled' ctl explain "$off"
expect "he is enabled again" lock delete
request_of off ec
expect_certificate "then it counts" USER1 Held off

# ---- a lost answer, and many who ask
request_of lost ec
expect_held "another is held" USER1 Held lost
lost=$ID
expect "it is approved" ctl_as USER3 request approve "$lost" --yes
request_of lost ec
ask_as USER1 Held lost >/dev/null 2>&1 &
curl=$!
is_issued() { # ID
    ctl request show "$1" | grep -q '^state *issued'
}
expect "its client asks" wait_for 60 is_issued "$lost"
{ kill "$curl"; wait "$curl"; } 2>/dev/null || true # the answer reaches nobody
request_of lost ec
expect_certificate "who asks again gets it without another approval" USER1 Held lost
expect_output "the same" "^serial +$(openssl x509 -in "$WORK/lost.pem" -noout -serial | sed 's/.*=//' | tr A-F a-f)\$" \
    ctl request show "$lost"
request_of crowd ec
expect_held "another is held" USER1 Held crowd
crowd=$ID
expect "it is approved" ctl_as USER3 request approve "$crowd" --yes
many() { # NAME: the same request twenty times at once; an answer each
    with_ticket USER1 'for i in $(seq 20); do
            curl -sS --max-time 60 --cacert "$EST_CA" -o "$1.body$i" -w "%{http_code}\n" --negotiate -u : \
                -H "Content-Type: application/pkcs10" --data-binary "@$1.csr" \
                "$EST_URL/.well-known/est/Held/simpleenroll" >"$1.status$i" &
        done; wait' "$WORK/$1"
}
request_of crowd ec
run many crowd
expect_equal "twenty who ask at once get a certificate or are told to come again" "" \
    "$(cat "$WORK"/crowd.status[0-9]* | grep -vE '^(200|503)$' || true)"
request_of crowd ec
expect_certificate "who comes again gets one" USER1 Held crowd
serials() { # of all certificates that were answered
    grep -lx 200 "$WORK"/crowd.status[0-9]* | while read -r i; do
        base64 -d "${i/.status/.body}" | openssl pkcs7 -inform DER -print_certs | openssl x509 -noout -serial
    done
    openssl x509 -in "$WORK/crowd.pem" -noout -serial
}
expect_equal "all of them have the same one" 1 "$(serials | sort -u | wc -l)"
expect_equal "and the ledger has one for that key" 1 "$(sqlite3 -readonly "$PLACE/policyd/ledger.db" \
    "SELECT COUNT(*) FROM certificates WHERE hex(key_hash) = '$(openssl pkey -in "$WORK/crowd.key" -pubout \
        -outform DER | openssl dgst -sha256 -r | cut -c1-64 | tr a-f A-F)'")"

# ---- a lost answer that would be another one now
request_of shorter ec
expect_held "another is held" USER1 Held shorter
shorter=$ID
expect "it is approved" ctl_as USER3 request approve "$shorter" --yes
request_of shorter ec
expect_certificate "and issued" USER1 Held shorter
first=$(openssl x509 -in "$WORK/shorter.pem" -noout -serial)
shorter_rule=$(lab_value "$PLACE" RULES_DIR)/50-shorter.lua
echo 'return rule { name = "shorter", phase = "shape", match = { templates = { "Held" } },
  evaluate = function(req, d) d:cap_validity(86400) end }' >"$shorter_rule"
expect "a rule makes certificates of the template shorter" ctl reload
request_of shorter ec
expect_held "then who asks again is held anew" USER1 Held shorter
expect_equal "as another request" other "$([[ $ID == "$shorter" ]] && echo same || echo other)"
expect_output "and is told why" '^HELD: What was issued for this key cannot be given again' cat "$WORK/shorter.body"
expect_output "explain tells it, too" "request $shorter was issued, and is not issued twice" ctl explain "$ID"
expect_output "the first one stays what it is" '^state +issued$' ctl request show "$shorter"
again=$ID
request_of shorter ec
expect_held "who polls is held" USER1 Held shorter
expect_equal "as the same request" "$again" "$ID"
expect "approved again" ctl_as USER3 request approve "$ID" --yes
request_of shorter ec
expect_certificate "it is issued" USER1 Held shorter
expect_equal "as another certificate" other \
    "$([[ $(openssl x509 -in "$WORK/shorter.pem" -noout -serial) == "$first" ]] && echo same || echo other)"
second=$(openssl x509 -in "$WORK/shorter.pem" -noout -serial)
request_of shorter ec
expect_certificate "which is given again" USER1 Held shorter
expect_equal "and no third" "$second" "$(openssl x509 -in "$WORK/shorter.pem" -noout -serial)"
expect "the rule goes" rm "$shorter_rule"
expect "from now on" ctl reload

# ---- what changes before the client asks again
request_of broken ec
expect_held "another is held" USER1 Held broken
broken=$ID
expect "it is approved" ctl_as USER3 request approve "$broken" --yes
broken_rule=$(lab_value "$PLACE" RULES_DIR)/50-broken.lua
echo 'return rule { name = "broken", phase = "check", evaluate = function(req, d) error("broken") end }' >"$broken_rule"
expect "a rule breaks" ctl reload
request_of broken ec
run ask_as USER1 Held broken
verdict "nobody is served by it" is_status broken 403
expect_output "which says so" '^RULE_ERROR: ' cat "$WORK/broken.body"
expect_output "but what was approved stays that" '^state +approved$' ctl request show "$broken"
expect "the rule goes" rm "$broken_rule"
expect "from now on" ctl reload
request_of broken ec
expect_certificate "then it is issued" USER1 Held broken
request_of changed ec
expect_held "another is held" USER1 Held changed
changed=$ID
expect "it is approved" ctl_as USER3 request approve "$changed" --yes
template_sha256() {
    ctl template show Held --json | grep -oE '"sha256":"[0-9a-f]*"'
}
before=$(template_sha256)
expect "somebody changes the template" change "dn: CN=Held,CN=Certificate Templates,CN=Public Key Services,CN=Services,$(lab_value "$PLACE" LAB_CONFIG_BASE)
changetype: modify
replace: msPKI-Template-Minor-Revision
msPKI-Template-Minor-Revision: 4711"
has_changed() {
    [[ $(template_sha256) != "$before" ]]
}
expect "which policyd sees" wait_for 60 has_changed
request_of changed ec
expect_held "then it is held anew" USER1 Held changed
expect_equal "as another request" other "$([[ $ID == "$changed" ]] && echo same || echo other)"
expect_output "and its client is told why" '^HELD: The template was changed' cat "$WORK/changed.body"
expect_output "explain tells it, too" "request $changed waited by another version of the template" ctl explain "$ID"
expect_output "the first one is over for that" "^$changed +expired .*SUPERSEDED" ctl request list
expect "approved again" ctl_as USER3 request approve "$ID" --yes
request_of changed ec
expect_certificate "it is issued" USER1 Held changed

# ---- a requester who may no longer enroll
requester_is_now() { # NAME NAME: the first in place of the second, in the group that may
    change "dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=$1,ou=people,$BASE
-
delete: member
member: cn=$2,ou=people,$BASE"
}
request_of left ec
expect_held "another is held" USER1 Held left
left=$ID
expect "it is approved" ctl_as USER3 request approve "$left" --yes
expect "its requester loses her right" requester_is_now bob alice
request_of left ec
run ask_as USER1 Held left
verdict "then the approval gets her nothing" is_status left 403
expect_output "because she may not enroll" '^NO_ENROLL: ' cat "$WORK/left.body"
expect_equal "and nothing is issued" 0 "$(issued left 2>/dev/null | wc -l)"
expect "she gets it back" requester_is_now alice bob
request_of left ec
expect_held "but the approval went with that refusal" USER1 Held left
expect_equal "so it waits as another request" other "$([[ $ID == "$left" ]] && echo same || echo other)"
expect_output "the first one is over" '^state +denied$' ctl request show "$left"
expect_output "by her right alone" 'DENIED  NO_ENROLL' ctl explain "$left"
expect "approved again" ctl_as USER3 request approve "$ID" --yes
request_of left ec
expect_certificate "it is issued" USER1 Held left

# ---- two of them
rules=$(lab_value "$PLACE" RULES_DIR)
cat >"$rules/50-two.lua" <<X
return rule { name = "two", phase = "check", match = { templates = { "Held" } },
  evaluate = function(req, d)
    if req.stage ~= "approved" then d:hold{ need = 2, code = "two" } end -- half approved is not approved
  end }
X
expect "a rule wants two approvers" ctl reload
request_of two ec
expect_held "then it is held" USER1 Held two
two=$ID
expect_output "which the request says" "rule 'two' \\(two\\) wants 2" ctl request show "$two"
expect_output "one approval is recorded" '1 of 2 so far' ctl_as USER3 request approve "$two" --yes --reason "by phone"
expect_output "operators see whose, and that one more is missing" 'approved by carol@.*: by phone' ctl request show "$two"
verdict "of which group" printed '^  1 more of cn=pki-approvers,'
expect_output "approvers see it over HTTPS" '^200$' web USER2 GET "$two"
expect_output "with the note" '"principal":"carol@.*by phone' cat "$WORK/web.body"
expect_output "its requester sees that one is missing" '^200$' web USER1 GET "$two"
expect_output "of two" '"needed":2,"missing":1' cat "$WORK/web.body"
expect_equal "but neither who approved nor his words" 0 "$(grep -cE 'carol|by phone' "$WORK/web.body")"
request_of two ec
expect_held "and not enough" USER1 Held two
expect_exit "nor does one person count twice" 1 'already' ctl_as USER3 request approve "$two" --yes
expect_output "a second person's is" 'is approved' ctl_as USER2 request approve "$two" --yes
request_of two ec
expect_certificate "and it is issued" USER1 Held two
expect "one is enough again" rm "$rules/50-two.lua"
expect "from now on" ctl reload

# ---- denied
request_of denied ec
expect_held "another is held" USER1 Held denied
denied=$ID
expect_exit "nobody denies without a reason" 2 'reason' ctl_as USER3 request deny "$denied" --yes
expect_exit "nor without being an approver" 6 'your own' ctl_as USER1 request deny "$denied" --yes --reason no
expect_json "an approver denies it" request-decide USER3 request deny "$denied" --yes --reason "not on this laptop"
for once in "its client is told" "and again"; do
    request_of denied ec
    ask_as USER1 Held denied
    run cat "$WORK/denied.body"
    verdict "$once" is_status denied 403
    verdict "$once, with the reason" printed '^APPROVAL_DENIED: .*'
    verdict "$once, in the approver's words" printed 'not on this laptop'
done
request_of denied_twin ec
expect_held "another key may ask" USER1 Held denied_twin
expect_exit "what was denied is not approved any more" 1 'denied' ctl_as USER3 request approve "$denied" --yes

# ---- what a terminal would act upon
evil=$'\u202e\u2066gnp.exe'
change "dn:: $(printf 'cn=%s,ou=groups,%s' "$evil" "$BASE" | base64 -w 0)
changetype: add
objectClass: groupOfNames
member: cn=alice,ou=people,$BASE" || true
request_of evil ec
expect_held "one of a group with a hostile name is held" USER1 Held evil
evil_id=$ID
expect_exit "a reason with a control of the terminal is refused" 1 'control characters' \
    ctl_as USER3 request deny "$evil_id" --yes --reason $'no\u009b2J'
expect "one that turns the direction of writing is not" \
    ctl_as USER3 request deny "$evil_id" --yes --reason "no $evil"
expect_harmless() { # SENTENCE PATTERN VERB...: PATTERN is there, and no mark of direction
    expect_output "$1" "$2" ctl "${@:3}"
    expect_equal "$1, and nothing acts upon the terminal" 0 \
        "$(LC_ALL=C grep -cE $'\xe2\x80\xae|\xe2\x81\xa6' "$STORY_DIR/output")"
}
request_of evil ec
ask_as USER1 Held evil || true # its answer is explained
expect_harmless "request show has the reason" 'no .*202e.*gnp\.exe' request show "$evil_id"
expect_harmless "as JSON too" 'no .*202e.*gnp\.exe' request show "$evil_id" --json
expect_harmless "request list has the request" "^$evil_id" request list
expect_harmless "explain has the reason" '202e.*gnp\.exe' explain "$ID"
expect_harmless "the facts have the group" '202e.*gnp\.exe' explain "$ID" --facts
expect_harmless "the case has it" 'gnp\.exe' explain "$ID" --case
expect_harmless "the journal has the denial" 'denied' audit tail --lines 20
expect_harmless "as JSON too" 'denied' audit tail --lines 20 --json
expect "the group goes" in_lab_sh 'ldapdelete -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" "$1"' \
    "cn=$evil,ou=groups,$BASE"

# ---- names
named() { # NAME HOST-NAME: a CSR for it
    request_of "$1" rsa2048 -subj "/CN=$2.$DOMAIN" -addext "subjectAltName=DNS:$2.$DOMAIN"
}
named web www
expect_held "a name that nobody vouches for is held" HOST WebServer web
web=$ID
expect_output "and marked as that" "dns:www\\.$DOMAIN +asked for, and nobody vouches" ctl request show "$web"
expect "it is approved" ctl_as USER3 request approve "$web" --yes
named web intranet
expect_held "the same key with another name is held" HOST WebServer web
expect_equal "as another request" other "$([[ $ID == "$web" ]] && echo same || echo other)"
expect_output "and its client is told why" '^HELD: An earlier request of this key was for other names' cat "$WORK/web.body"
expect_output "which ended the first" '^state +expired$' ctl request show "$web"
expect_output "because another took its place" "^$web +expired .*SUPERSEDED" ctl request list
named web2 www
expect_held "a second key with the first name is held" HOST WebServer web2
expect "and approved" ctl_as USER3 request approve "$ID" --yes
named web2 www
expect_certificate "and issued with that name" HOST WebServer web2
expect_output "which is in it" "DNS:www\\.$DOMAIN" text_of web2

# ---- too many
fill_up() {
    local i
    for i in {1..9}; do
        request_of "many$i" ec
        ask_as USER2 Held "many$i"
        printf '%s ' "$(<"$WORK/many$i.status")"
    done
}
expect "a second user may enroll" change "dn: cn=engineering,ou=groups,$BASE
changetype: modify
add: member
member: cn=bob,ou=people,$BASE"
expect_output "of nine requests of one account the ninth does not wait" '^(202 ){8}429 $' fill_up
expect_output "it is told why" '^RATE: .*wait for approval' cat "$WORK/many9.body"
expect_output "and when to come again" '^Retry-After: [1-9][0-9]*.?$' cat "$WORK/many9.head"
request_of another ec
expect_held "another account's request waits" USER1 Held another
request_of many3 ec
expect_held "as does one that waited before" USER2 Held many3

# ---- what a rebuilt ledger knows
request_of rebuilt ec
expect_held "another is held" USER1 Held rebuilt
rebuilt=$ID
expect "and approved" ctl_as USER3 request approve "$rebuilt" --yes
expect "the ledger is made anew from the journal" ctl ledger rebuild --yes
request_of rebuilt ec
expect_held "what was approved before has to be approved again" USER1 Held rebuilt
expect_equal "as another request" other "$([[ $ID == "$rebuilt" ]] && echo same || echo other)"
expect "when it is" ctl_as USER3 request approve "$ID" --yes
request_of rebuilt ec
expect_certificate "it is issued" USER1 Held rebuilt

# ---- too late
if clock_can_move; then
    request_of late ec
    expect_held "another is held" USER1 Held late
    late=$ID
    expect "and approved" ctl_as USER3 request approve "$late" --yes
    expect "nobody asks for a month" "$LAB" clock "$PLACE" +31d
    has_lapsed() { # 7: expired
        [[ $(sqlite3 -readonly "$PLACE/policyd/ledger.db" \
            'SELECT count(*) FROM requests WHERE state = 7 AND expires_at BETWEEN 1 AND updated_at') -gt 0 ]]
    }
    expect "then its time is over, though nobody asks for it" wait_for 60 has_lapsed
    expect_output "which the list says" "^$late +expired +Held" ctl request list
    for who in USER1 USER3; do
        expect "$who has another ticket" login_as $who
    done
    request_of late ec
    expect_held "the approval has lapsed" USER1 Held late
    expect_equal "and it waits as another request" other "$([[ $ID == "$late" ]] && echo same || echo other)"
    expect_output "which its client is told" '^HELD: An earlier request for the same was not approved in time' cat "$WORK/late.body"
    expect_output "the first one is over" '^state +expired$' ctl request show "$late"
else
    skip "an approval lapses" "the clock of these programs cannot be moved"
fi
expect_json "the whole list is right" request-list NOBODY request list
story_end
