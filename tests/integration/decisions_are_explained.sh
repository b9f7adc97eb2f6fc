#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every decision tells an operator how it came about, step by step, and its client nothing but its reason.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

explain() { # ARGUMENT...
    in_lab_sh '$POLICYCTL explain "$@"' "$@"
}

id_of() { # NAME: of its request, as the client was shown it
    grep -oE 'R-[0-9A-Z]{8}' "$WORK/$1.body" | head -1
}

# expect_explained SENTENCE NAME PATTERN...: explain prints each of them.
expect_explained() {
    local pattern
    explain "$(id_of "$2")" >"$WORK/$2.explained" 2>&1 || true
    for pattern in "${@:3}"; do
        expect_output "$1: $pattern" "$pattern" cat "$WORK/$2.explained"
    done
}

is_right_json() { # ARGUMENT...
    in_lab_sh '$POLICYCTL --json explain "$@"' "$@" |
        /usr/bin/python3 "$REPO/tests/integration/json_check.py" "$REPO/schemas/json"
}

# says_no_more NAME: the client's answer is one line of reason, public sentence and id.
says_no_more() {
    (($(wc -l <"$WORK/$1.body") == 1)) &&
        grep -qE '^[A-Z_]+: [^()]+ \(request R-[0-9A-Z]{8}\).?$' "$WORK/$1.body" &&
        ! grep -qE 'autoenroll|cn=|dc=|\.lua|rule .|client2|secret' "$WORK/$1.body"
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept
DOMAIN=$(lab_value "$PLACE" LAB_DOMAIN) BASE=$(lab_value "$PLACE" LAB_BASE)
expect_exit "before the first decision there is none to explain" 1 'nothing has been decided yet' explain --last

# ---- issued
expect "a host logs in" login HOST
request_of host ec
expect_issued "it gets its certificate" Machine/simpleenroll host
serial=$(openssl x509 -in "$WORK/host.pem" -noout -serial | sed 's/serial=//' | tr A-F a-f)
explain --last >"$WORK/last" 2>&1
expect_output "the last decision is that" "ISSUED" cat "$WORK/last"
expect_output "the step that decided its right says by what" 'access .*pass .*autoenrollAllow' cat "$WORK/last"
expect_output "the rules are told one by one" '00-template\.lua\): permit' cat "$WORK/last"
expect_output "it ends with the serial" "issue .*pass .*certificate $serial" cat "$WORK/last"
expect_output "the client got that" 'Shown to the client: its certificate' cat "$WORK/last"
expect_output "as JSON it is as its schema says" ' is right' is_right_json --last
expect_output "with the facts, too" ' is right' is_right_json --last --facts
expect_output "the facts alone are JSON" '"peer_ip"' explain --last --facts
expect_output "by the names of rules" "\"dns_host_name\": \"client1\.$DOMAIN\"" explain --last --facts

# ---- a decision as a case of a test
mkdir -p "$WORK/rules.d/tests"
cp "$(lab_value "$PLACE" RULES_DIR)"/*.lua "$WORK/rules.d"
{ echo 'return {' && explain --last --case && echo '}'; } >"$WORK/rules.d/tests/last.lua"
expect_output "it is a case that rule test takes, and comes out the same" '^ok 1 - ' \
    in_lab_sh '$POLICYCTL rule test "$1"' "$WORK/rules.d"
sed -i 's/verdict = "permit"/verdict = "deny"/' "$WORK/rules.d/tests/last.lua"
expect_failure "as another verdict would not" '^not ok 1 - ' in_lab_sh '$POLICYCTL rule test "$1"' "$WORK/rules.d"

# ---- refused
request_of foreign ec -subj "/CN=client2.$DOMAIN"
expect_refused "another host's name is refused" 403 NAME_NOT_YOURS Machine/simpleenroll foreign
expect_explained "it is explained" foreign 'DENIED  NAME_NOT_YOURS' "request .*FAIL .*client2\.$DOMAIN" \
    "it would have: CN=client1\.$DOMAIN, dns:client1\.$DOMAIN" \
    "csr .*pass .*ec, 256 bits; names: CN=client2\.$DOMAIN" 'ledger .*pass .*issued to the account in 24 hours' \
    '<- decides' 'issue .*skip' 'ask without that name' 'Shown to the client: "NAME_NOT_YOURS: '
request_of ca ec -subj / -addext 'basicConstraints=critical,CA:TRUE'
expect_refused "a CA's extension is refused" 403 CSR_EXTENSION Machine/simpleenroll ca
expect_explained "it is explained" ca 'DENIED  CSR_EXTENSION' 'request .*FAIL .*2\.5\.29\.19'
expect "a user of no group logs in" login USER2
request_of bob rsa2048
expect_refused "and may not enroll" 403 NO_ENROLL User/simpleenroll bob
expect_explained "it is explained" bob 'access .*FAIL  *NO_ENROLL: autoenrollAllow names neither' \
    'rules .*skip .*not reached' 'What would change the answer' "put bob@.* into a group" 'the account is a member of:' \
    "policyctl template show 'User'" 'Shown to the client: "NO_ENROLL: The account has no right'
expect "one of a group logs in" login USER1
request_of alice rsa2048
expect_issued "and may" User/simpleenroll alice
expect_output "by the group that is named" "access .*pass .*autoenrollAllow 'cn=certificate-users,.*$BASE'" \
    explain --last

# ---- refused by a rule
rules=$(lab_value "$PLACE" RULES_DIR)
cat >"$rules/50-story.lua" <<'EOT'
return rule{name = "story.keys", phase = "check", needs = {history = true}, evaluate = function(req, d)
  if req.template.name == "User" and req.history.issued_24h > 0 then
    d:deny("story.enough", "secret of the site: " .. req.history.issued_24h .. " are enough", "Come back tomorrow.")
  end
end}
EOT
expect "a rule of the site comes into force" in_lab_sh '$POLICYCTL reload'
request_of alice2 rsa2048
expect_refused "it denies her a second one" 403 RULE_DENIED User/simpleenroll alice2
expect_explained "it is explained" alice2 'DENIED  RULE_DENIED' 'rules .*FAIL .*story\.keys' \
    'story\.keys \(50-story\.lua\): deny story\.enough .*<- decides' 'secret of the site: 1 are enough' \
    "change what rule 'story\.keys' looks at" 'Shown to the client: "RULE_DENIED: Come back tomorrow\.'
expect "her client is told no more than that" says_no_more alice2
expect_output "as JSON it is as its schema says" ' is right' is_right_json --last --facts
rm "$rules/50-story.lua"
expect "the rule is taken away" in_lab_sh '$POLICYCTL reload'
request_of alice3 rsa2048
expect_issued "then she gets it" User/simpleenroll alice3
last_issued() { # the request that the log names
    grep -rhoE 'request\.issued request=R-[0-9A-Z]*' "$PLACE" --include='*.log' | sed -n '$s/.*=//p'
}
first=$(last_issued) serial=$(openssl x509 -in "$WORK/alice3.pem" -noout -serial)
request_of alice3 rsa2048
expect_issued "asked again, it is given again" User/simpleenroll alice3
expect_equal "the same one" "$serial" "$(openssl x509 -in "$WORK/alice3.pem" -noout -serial)"
expect_equal "under the request that it was issued to" "$first" "$(last_issued)"
expect_output "which explain knows" "Request $first .*ISSUED" explain "$first"

# ---- shaped by a rule
cat >"$rules/50-story.lua" <<'EOT'
return rule{name = "story.shape", phase = "shape", match = {templates = {"User"}}, evaluate = function(req, d)
  d:set_rdn("CN", req.principal.upn, {replace = true})
  d:cap_validity(90 * 86400)
  d:warn("story.short", "ninety days until the audit")
end}
EOT
expect "a rule that shapes comes into force" in_lab_sh '$POLICYCTL reload'
request_of shaped rsa2048
expect_issued "by it she gets another certificate" User/simpleenroll shaped
expect_output "with the subject that the rule gave" 'CN = alice@' \
    openssl x509 -in "$WORK/shaped.pem" -noout -subject
expect "which is valid for 89 days and more" openssl x509 -in "$WORK/shaped.pem" -noout -checkend $((89 * 86400))
expect_exit "and not beyond the rule's ninety" 1 'will expire' \
    openssl x509 -in "$WORK/shaped.pem" -noout -checkend $((90 * 86400))
explain --last >"$WORK/last" 2>&1
expect_output "its decision is explained" 'ISSUED' cat "$WORK/last"
expect_output "with the rule's warning" 'story\.shape remarks: story\.short$' cat "$WORK/last"
expect_output "in its words" '^ *ninety days until the audit$' cat "$WORK/last"
expect_output "as JSON it is as its schema says" ' is right' is_right_json --last --facts
rm "$rules/50-story.lua"
expect "that rule is taken away" in_lab_sh '$POLICYCTL reload'
request_of unshaped rsa2048
expect_issued "then she gets one" User/simpleenroll unshaped
expect_output "with the name that the directory gives" 'CN = alice(,|$)' openssl x509 -in "$WORK/unshaped.pem" -noout -subject
expect "and for as long as the template says" openssl x509 -in "$WORK/unshaped.pem" -noout -checkend $((300 * 86400))

# ---- refused before there was anything to decide
printf 'AAAA' >"$WORK/garbage.csr"
expect_refused "garbage is refused" 400 MALFORMED User/simpleenroll garbage
expect_explained "it is explained" garbage 'alice@.*DENIED  MALFORMED' 'csr .*FAIL  *MALFORMED: ' 'template .*skip'
request_of lost rsa2048
expect_refused "a template that is not there is refused" 404 NO_LABEL Nothing/simpleenroll lost
expect_explained "it is explained" lost 'template Nothing .*DENIED  NO_LABEL' 'csr .*pass' "template .*FAIL .*Nothing"
expect "somebody of the other realm logs in" login FOREIGN
request_of stranger rsa2048
expect_refused "and is nobody here" 403 REALM User/simpleenroll stranger
expect_explained "it is explained" stranger 'DENIED  REALM' 'FAIL  *REALM: ' 'access .*skip'
expect "the client is told no more than that" says_no_more stranger

# ---- decided, and not issued
expect "an operator freezes issuing" in_lab_sh '$POLICYCTL freeze --yes --note "key ceremony"'
expect "one of a group logs in again" login USER1
request_of frozen rsa2048
expect_refused "and gets nothing meanwhile" 503 FROZEN User/simpleenroll frozen
expect_explained "it is explained" frozen 'FAILED  FROZEN' 'approval .*pass' 'issue .*FAIL  *FROZEN: .*key ceremony' 'policyctl thaw'
expect "and thaws it" in_lab_sh '$POLICYCTL thaw'

# ---- held
request_of held ec
run ask_with_ticket Held/simpleenroll held
verdict "what needs approval is held" is_status held 202
expect_explained "it is explained" held 'HELD  HELD' 'approval .*held by .*must approve' \
    'Shown to the client: "HELD: '

for name in foreign ca bob held garbage lost; do
    expect "the answer to $name said no more than its reason" says_no_more "$name"
done
expect_equal "everything could be recorded" '' "$(grep -E 'request\.(facts|trail|unrecorded)' \
    "$PLACE"/*/*.log "$PLACE"/*.log 2>/dev/null)"

# ---- wrong use
expect_exit "an unknown request is not explained" 1 'no decision is recorded' explain R-000000HC
expect_exit "a mistyped id is told" 1 'R-00000AAA' explain R-00000AAA
expect_exit "one request is explained at a time" 2 'name one request' explain
expect_exit "and not two" 2 'name one request' explain --last R-000000HC
story_end
