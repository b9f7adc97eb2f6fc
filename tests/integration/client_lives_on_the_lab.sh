#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host and a user get, keep and renew their certificates from the lab's policyd, which demands
# tokens bound to its TLS certificate.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

CLIENT=$BUILD_DIR/autoenroll-client/autoenroll-client
MACHINE=$STORY_DIR/store/certs/Machine/current

machine() { # VERB ARGUMENT...
    "$LAB" exec "$PLACE" -- "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "$@"
}

user() {
    "$LAB" exec "$PLACE" -- "$CLIENT" --user --config "$STORY_DIR/autoenroll.conf" "$@"
}

serial() {
    openssl x509 -in "$1/cert.pem" -noout -serial | sed 's/.*=//' | tr A-F a-f
}

write_conf() {
    cat >"$STORY_DIR/autoenroll.conf" <<X
[server]
url = $(lab_value "$PLACE" EST_URL)
ca = $(lab_value "$PLACE" EST_CA)
[machine]
principal = $(lab_value "$PLACE" HOST_PRINCIPAL)
keytab = $(lab_value "$PLACE" HOST_KEYTAB)
store = $STORY_DIR/store
hooks = $STORY_DIR/hooks
[user]
store = $STORY_DIR/home
X
}

expect "a lab comes up, whose policyd demands bound tokens" up_lab "$PLACE"
write_conf

# ---- the host
expect_exit "a run gets what the host should have" 0 '^Machine +issued' machine run
expect_output "it names the host" "DNS:$(lab_value "$PLACE" HOST_FQDN)" \
    openssl x509 -in "$MACHINE/cert.pem" -noout -ext subjectAltName
expect "its chain leads to the lab's anchor" openssl verify -x509_strict -CAfile \
    "$(lab_value "$PLACE" EST_CA)" -untrusted "$MACHINE/chain.pem" "$MACHINE/cert.pem"
first=$(serial "$MACHINE")
expect_exit "a second run does nothing and says so" 0 '^Machine +healthy' machine run
expect_equal "really nothing" "$first" "$(serial "$MACHINE")"
expect_exit "templates tells what may be had on demand" 0 '^WebServer +machine +on demand' machine templates
expect_exit "a renewal shows the old certificate" 0 '^Machine +renewed' machine renew Machine
second=$(serial "$MACHINE")
expect "which is then revoked" in_lab_sh '$POLICYCTL --yes cert revoke "$1" --reason superseded' "$second"
expect_exit "so the next one is made with a ticket" 0 '^Machine +renewed' machine renew Machine
expect_exit "what is not for hosts is not issued" 6 "no template 'User'" machine enroll User
expect "policyd goes away" "$LAB" exec "$PLACE" -- kill -STOP "$("$LAB" pid "$PLACE" policyd)"
expect_exit "a run says so and keeps what is there" 4 '' machine --timeout 1 run
expect "it comes back" "$LAB" exec "$PLACE" -- kill -CONT "$("$LAB" pid "$PLACE" policyd)"
expect_exit "and all is well without a restart" 0 '^Machine +healthy' machine run

# ---- a user
expect_exit "a user without a ticket waits for one" 0 'waits for a Kerberos ticket' user run
expect "she logs in" login USER1
expect_exit "a run gets what she should have" 0 '^User +issued' user run
expect_output "with her name for PKINIT" 'othername|UPN|alice' \
    openssl x509 -in "$STORY_DIR/home/certs/User/current/cert.pem" -noout -subject -ext subjectAltName
expect_equal "and nobody else looks into her store" 700 "$(stat -c %a "$STORY_DIR/home/certs")"
expect "another user logs in" login USER2
rm -rf -- "${STORY_DIR:?}/home"
expect_exit "who has no right has no certificate, and that is no failure" 0 'none that should be there' user run
expect_exit "by name she is told why" 6 '^User +denied .*NO_ENROLL' user enroll User
story_end
