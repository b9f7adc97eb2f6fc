#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What policyd has read of the directory's templates, and why one does not issue, is an operator's to see; what
# the answer says to write makes it issue.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

template() { # VERB ARGUMENT...
    in_lab_sh '$POLICYCTL template "$@"' "$@"
}

lists() { # PATTERN
    template list >"$STORY_DIR/output" 2>&1 && grep -qE "$1" "$STORY_DIR/output"
}

is_right_json() { # VERB ARGUMENT...
    in_lab_sh '$POLICYCTL --json template "$@"' "$@" |
        /usr/bin/python3 "$REPO/tests/integration/json_check.py" "$REPO/schemas/json"
}

change() { # LDIF
    printf '%s\n' "$1" >"$WORK/change.ldif"
    in_lab_sh 'ldapmodify -x -D "$LDAP_ADMIN_DN" -y "$LDAP_ADMIN_PASSWORD_FILE" -f "$1"' "$WORK/change.ldif"
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept --set directory.cache=1s

expect "templates are listed" wait_for "$PATIENCE" lists '^User +[0-9.]+ +user +rsa [0-9]+ +[0-9]+ [a-z]+ +issues$'
expect_output "as JSON they are as their schema says" ' is right' is_right_json list
expect_output "one is shown with who may enroll" '^may enroll +cn=certificate-users,' template show User
expect_output "with its purposes" '^purposes .*clientAuth' template show User
expect_output "with its flags in words" '^names +.*SUBJECT_' template show User
expect_output "with when it was read" '^read +20' template show User
expect_output "as JSON it is as its schema says" ' is right' is_right_json show User
oid=$(template show User | sed -n 's/^oid *//p')
expect_output "by its OID it is the same" '^name +User$' template show "$oid"
expect_output "what needs approval says so" '^approval +needed' template show Held
expect_exit "another one there is not" 1 "no template 'No such thing'" template show 'No such thing'

# ---- one that is unsafe
user=$(template show User | sed -n 's/^entry *//p')
expect "a template takes names from requests all of a sudden" change "dn: $user
changetype: modify
replace: msPKI-Certificate-Name-Flag
msPKI-Certificate-Name-Flag: 1"
expect "it is refused soon" wait_for "$PATIENCE" lists '^User .* refused$'
expect_output "the list says why" '^User: unsafe, and not acknowledged: ESC1' template list
expect_output "it is shown with the finding" '^  unsafe  ESC1: ' template show User
expect_output "as JSON it is as its schema says" ' is right' is_right_json show User
expect "alice logs in" login USER1
request_of alice rsa2048
expect_refused "nobody gets a certificate of it" 403 TPL_UNSAFE User/simpleenroll alice
template show User | sed -n '/^  \[acknowledge/,/^  sha256/s/^  //p' >"$WORK/lines"
expect_equal "there are lines to write" 3 "$(wc -l <"$WORK/lines")"
cat "$WORK/lines" >>"$PLACE/policyd/policyd.conf"
expect "policyd takes them" in_lab_sh '$POLICYCTL reload'
expect "then it issues" wait_for "$PATIENCE" lists '^User .* issues$'
expect_output "what lint finds is shown still" '^  unsafe  ESC1: ' template show User
request_of alice2 rsa2048 -subj /CN=alice
expect_issued "as she may have it" User/simpleenroll alice2

# ---- none
sed -i 's/^stale_max = .*/refresh = 1s\nstale_max = 5s/' "$(lab_value "$PLACE" POLICYD_CONF)"
expect "templates may be five seconds old from now on" "$LAB" restart "$PLACE" policyd
expect "the directory is stopped" "$LAB" stop "$PLACE" directory
expect "what was read is too old soon" wait_for "$PATIENCE" lists '^Nothing is issued: '
expect_output "why is told" '^The last reading failed: ' template list
expect_output "and what was read is shown still" '^User .* not now$' template list
expect_output "as JSON it is as its schema says" ' is right' is_right_json list
story_end
