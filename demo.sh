#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh: the product at work on this machine, in a private domain of its own below a temporary
# directory: a realm, a directory, a CA, a host and its users. Nothing else is touched.
#
#   ./demo.sh          sets the machine up (packages as root, on Debian 12; build), shows, clears up
#   ./demo.sh --keep   leaves the domain up, and says how to go on with it
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "${BASH_SOURCE[0]}")"

keep=false
case ${1-} in
'') ;;
--keep) keep=true ;;
*) sed -n '4,8s/^# \{0,1\}//p' demo.sh >&2 && exit 2 ;;
esac
export BUILD_DIR=${BUILD_DIR:-$PWD/build}
lab=tests/lab/lab
place=$(mktemp -d "${TMPDIR:-/tmp}/autoenroll-demo-XXXXXX")
step=0

end() {
    local status=$?
    if $keep && [ "$status" -eq 0 ]; then
        return
    fi
    [ "$status" -eq 0 ] || echo "demo: it failed; the logs are what follows" >&2
    [ "$status" -eq 0 ] || tail -n 5 "$place"/log/*.log >&2 || true
    "$lab" down "$place" >/dev/null 2>&1 || true
    rmdir "$place" 2>/dev/null || true
}
trap end EXIT

# show SENTENCE: what comes next, and what it proves.
show() {
    step=$((step + 1))
    printf '\n%d. %s\n' "$step" "$1"
}

# run COMMAND...: in the domain; shown as one would type it there.
run() {
    printf '   $ %s\n' "$*"
    in_domain "$@" 2>&1 | sed 's/^/     /'
}

# refused COMMAND...: the same for what must fail.
refused() {
    local status=0
    printf '   $ %s\n' "$*"
    in_domain "$@" >"$place/tmp/refused" 2>&1 || status=$?
    sed 's/^/     /' "$place/tmp/refused"
    [ "$status" -ne 0 ] || { echo "demo: that should have been refused" >&2 && exit 1; }
}

in_domain() {
    "$lab" exec "$place" -- bash -uc "$*"
}

if [ ! -x "$BUILD_DIR/autoenroll-client/autoenroll-client" ]; then
    echo "Setting up: packages and build (some minutes, once)."
    ./test.sh --setup
fi
"$lab" up "$place" 2>&1 | sed 's/^lab: //'

show "policyd, its signer and a CA of two tiers run; the root's key is put away."
run '$POLICYCTL status'

show "The host gets what templates and groups say that it should have, with its keytab alone."
run '$CLIENT --system run'
run '$CLIENT --system status'
run 'openssl x509 -in $LAB_DIR/client/machine/certs/Machine/current/cert.pem -noout -subject -enddate -ext subjectAltName'

show "A second run finds nothing to do."
run '$CLIENT --system run'

show "A user gets hers with her ticket; the directory says what stands in it."
run 'kinit -k -t $USER1_KEYTAB $USER1 && $CLIENT --user run'
run 'openssl x509 -in $LAB_DIR/client/user/certs/User/current/cert.pem -noout -subject'

show "Another user is in none of the groups, and is told so."
refused 'kinit -k -t $USER2_KEYTAB $USER2 && $CLIENT --user enroll User'

show "The administrator sees who has what."
run '$POLICYCTL cert list'

show "Eleven months later the host renews with its old certificate, by itself."
"$lab" clock "$place" +340d 2>&1 | sed 's/^/   /'
run '$CLIENT --system run'

show "A revoked certificate is on the CRL within seconds."
serial=$(in_domain 'openssl x509 -in $LAB_DIR/client/machine/certs/Machine/current/cert.pem -noout -serial' |
    sed 's/serial=//' | tr A-F a-f)
run "\$POLICYCTL --yes cert revoke $serial --reason keyCompromise"
run '$POLICYCTL crl publish >/dev/null && curl -s $CRL_URL | openssl crl -inform DER -noout -text | grep -A4 "Serial Number"'

show "Every signature is in the signer's journal, whose chain anybody can check."
run '$POLICYCTL audit verify'

if $keep; then
    cat <<EOT

The domain stays up. Go on with
   $lab exec $place -- bash       a shell of the host: \$CLIENT, \$POLICYCTL, kinit alice, ...
   $lab down $place               ends it
EOT
else
    echo
    echo "All of it worked. ./demo.sh --keep leaves the domain up, for trying things."
fi
