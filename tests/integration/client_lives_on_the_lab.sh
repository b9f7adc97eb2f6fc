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
timeout = ${PATIENCE}s
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
expect_exit "a run says so and keeps what is there" 4 'no whole answer within 1 s' machine --timeout 1 run
expect "it comes back" "$LAB" exec "$PLACE" -- kill -CONT "$("$LAB" pid "$PLACE" policyd)"
expect_exit "and all is well without a restart" 0 '^Machine +healthy' machine run

# ---- a host whose principal nobody has configured
with_keytab() { # FILE VERB
    sed "/^principal/d; s,^keytab.*,keytab = $1," "$STORY_DIR/autoenroll.conf" >"$STORY_DIR/short.conf"
    "$LAB" exec "$PLACE" -- "$CLIENT" --system --config "$STORY_DIR/short.conf" "$2"
}

keytab=$(lab_value "$PLACE" HOST_KEYTAB)
expect_exit "a host finds its own principal in the keytab" 0 '^Machine +healthy' with_keytab "$keytab" run
{ cat "$keytab" && tail -c +3 "$(lab_value "$PLACE" HOST2_KEYTAB)"; } >"$STORY_DIR/two.keytab"
expect_exit "of two that could be it takes none" 5 'not clear which key .*set principal' with_keytab "$STORY_DIR/two.keytab" run
expect_exit "nor one of a service" 5 'not clear which key' with_keytab "$(lab_value "$PLACE" HTTP_KEYTAB)" run

# ---- a user
expect_exit "a user without a ticket waits for one" 0 'waits for a Kerberos ticket' user run
expect "she logs in" login USER1
expect_exit "a run gets what she should have" 0 '^User +issued' user run
names_of() { # PEM
    certtool --certificate-info --infile "$1"
}
expect_output "with her name" "^[[:space:]]+User Principal Name: alice@$(lab_value "$PLACE" LAB_REALM)\$" \
    names_of "$STORY_DIR/home/certs/User/current/cert.pem"
verdict "and that for PKINIT" printed "^[[:space:]]+KRB5Principal: alice@$(lab_value "$PLACE" LAB_REALM)\$"
expect_equal "and nobody else looks into her store" 700 "$(stat -c %a "$STORY_DIR/home/certs")"
expect "another user logs in" login USER2
rm -rf -- "${STORY_DIR:?}/home"
expect_exit "who has no right has no certificate, and that is no failure" 0 'none that should be there' user run
expect_exit "by name she is told why" 6 '^User +denied .*NO_ENROLL' user enroll User

# ---- a user without rights: a uid of its own, which may enter neither the lab nor the host's store
prepare_user() {
    local config
    mkdir -p "$ORDINARY_DIR"
    prepare_ordinary
    config=$ORDINARY_DIR/autoenroll.conf
    sed "s,^ca = .*,ca = $ORDINARY_DIR/ca.pem,; /^\[user\]/,\$d" "$STORY_DIR/autoenroll.conf" >"$config"
    cp -- "$CLIENT" "$(lab_value "$PLACE" EST_CA)" "$(lab_value "$PLACE" KRB5_CONFIG)" "$ORDINARY_DIR/"
    mv "$ORDINARY_DIR"/*.pem "$ORDINARY_DIR/ca.pem"
    in_lab_sh 'kinit -c "FILE:$1" -k -t "$USER1_KEYTAB" "$USER1"' "$ORDINARY_DIR/ccache"
    mkdir -p "$ORDINARY_DIR/home"
    chmod 644 "$ORDINARY_DIR"/{ca.pem,krb5.conf,autoenroll.conf}
    ((EUID != 0)) || chown -R "$ORDINARY_UID:$ORDINARY_UID" "$ORDINARY_DIR"/{ccache,home}
    chmod 700 "$STORY_DIR/store"
}

# Without --user: whoever is not root means it.
ordinary_user() { # VERB
    as_ordinary env HOME="$ORDINARY_DIR/home" KRB5_CONFIG="$ORDINARY_DIR/krb5.conf" \
        KRB5CCNAME="FILE:$ORDINARY_DIR/ccache" ASAN_OPTIONS="${ASAN_OPTIONS:-}" "$ORDINARY_DIR/autoenroll-client" \
        --config "$ORDINARY_DIR/autoenroll.conf" "$1"
}

stores() { # of the host and of users, with times and sizes
    find "$STORY_DIR/store" -printf '%p %T@ %C@ %s\n' | sort
}

# The host's store and keytab.
HOSTS='/store["/]|host1.keytab"'

traced() { # COMMAND...: the paths that it looks at
    # of a traced process no leaks can be looked for
    ASAN_OPTIONS=detect_leaks=0 strace -f -o "$STORY_DIR/trace" -e trace=%file "$@"
}

expect "a uid without rights has a ticket" prepare_user
before=$(stores)
expect_exit "it needs no root" 0 '^User +issued' ordinary_user run
expect_exit "nor does a second run" 0 '^User +healthy' ordinary_user run
expect "the pair is in its home, keyed to this host" \
    test -f "$ORDINARY_DIR/home/.local/share/autoenroll/$(tr -cd 0-9a-f </etc/machine-id)/certs/User/current/key.pem"
expect_equal "the host's store is as it was" "$before" "$(stores)"
if strace -qq true 2>/dev/null; then
    export ORDINARY_UID ORDINARY_DIR
    export -f as_ordinary ordinary_user
    # by root, since who runs the client may not look into it
    expect "a run under strace" traced bash -euc 'ordinary_user run'
    expect_equal "has looked neither at the host's store nor at its keytab" "" "$(grep -E "$HOSTS" "$STORY_DIR/trace")"
    expect "and the host's own run" traced "$LAB" exec "$PLACE" -- "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" run
    expect_equal "has looked at both" 2 "$(grep -oE "$HOSTS" "$STORY_DIR/trace" | tr -d '"/' | sort -u | wc -l)"
else
    skip "what a user's run looks at" "strace cannot trace here"
fi
rm "$ORDINARY_DIR/ccache"
expect_exit "without a ticket it waits" 0 'waits for a Kerberos ticket' ordinary_user run
expect_exit "and keeps what it has" 0 '^User +healthy' ordinary_user status
verdict "and says so later" printed '^the last run, .*: waits for a Kerberos ticket'
story_end
