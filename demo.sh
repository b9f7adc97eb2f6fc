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
own_build=${BUILD_DIR:+false}
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
    printf '   $ %s\n' "${*//$'\n'/$'\n'     }"
    in_domain "$@" 2>&1 | sed 's/^/     /'
}

# ends STATUS COMMAND...: the same for what must end with that exit code: 5 no credentials,
# 6 refused, 7 waiting for approval.
ends() {
    local wanted=$1 status=0
    shift
    printf '   $ %s\n' "$*"
    in_domain "$@" >"$place/tmp/said" 2>&1 || status=$?
    sed 's/^/     /' "$place/tmp/said"
    [ "$status" -eq "$wanted" ] ||
        { echo "demo: that should have ended with exit code $wanted, not $status" >&2 && exit 1; }
}

in_domain() {
    "$lab" exec "$place" -- bash -o pipefail -uc "$*"
}

if [ ! -x "$BUILD_DIR/autoenroll-client/autoenroll-client" ] || [ ! -x "$BUILD_DIR/policyd/policyd" ]; then
    echo "Setting up: packages and build (some minutes, once)."
    ./test.sh --setup
elif ${own_build:-true}; then # what has changed since then
    cmake --build "$BUILD_DIR" -j "$(nproc)" >/dev/null
fi
SECONDS=0 # from here on it shows
"$lab" up "$place" 2>&1 | sed 's/^lab: //'

show "policyd, its signer and a CA of two tiers run; the root's key is put away."
run '$POLICYCTL status'

show "Templates are entries of the directory; policyd issues those that are published on its CA."
run '$POLICYCTL template list'

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
ends 6 'kinit -k -t $USER2_KEYTAB $USER2 && $CLIENT --user enroll User'

show "A rule of the site has web servers wait for a person; root is nobody here, only an approver's ticket counts."
run 'cat >$RULES_DIR/40-servers.lua <<END && $POLICYCTL reload
return rule {
  name = "servers", phase = "check", match = { templates = { "WebServer" } },
  evaluate = function(req, d) d:hold { code = "server" } end,
}
END'
ends 7 '$CLIENT --system enroll WebServer | grep WebServer'
request=$(in_domain '$POLICYCTL request list --pending --json' | grep -o 'R-[0-9A-Z]*' | head -n 1)
ends 5 "kdestroy && \$POLICYCTL --yes --quiet request approve $request"
run "kinit -k -t \$USER3_KEYTAB \$USER3 && \$POLICYCTL --yes request approve $request | tail -n 1"
run '$CLIENT --system enroll WebServer | grep WebServer'

show "Another rule refuses weak keys; what is refused can be explained, step by step."
run "cp lua/examples/key-size/*.lua \$RULES_DIR/ && \$POLICYCTL rule check && \$POLICYCTL reload"
ends 6 'kinit -k -t $USER1_KEYTAB $USER1 && $CLIENT --user renew User | grep User'
run '$POLICYCTL explain --last'
run 'rm $RULES_DIR/50-key-size.lua && $POLICYCTL reload'

show "The administrator sees who has what."
run '$POLICYCTL cert list'

show "Eleven months later the host renews with its old certificate, by itself."
echo "   $ $lab clock DIR +340d"
"$lab" clock "$place" +340d 2>&1 | sed 's/^/     /'
run '$CLIENT --system run'

show "A revoked certificate is on the CRL within seconds."
serial=$(in_domain 'openssl x509 -in $LAB_DIR/client/machine/certs/Machine/current/cert.pem -noout -serial' |
    sed 's/serial=//' | tr A-F a-f)
run "\$POLICYCTL --yes cert revoke $serial --reason keyCompromise | tail -n 3"
run '$POLICYCTL crl publish >/dev/null && curl -s $CRL_URL | openssl crl -inform DER -noout -text | grep -A4 "Serial Number"'

show "Every signature is in the signer's journal, whose chain anybody can check."
run '$POLICYCTL audit verify'

echo
if $keep; then
    cat <<EOT
All of it worked, in $SECONDS s. The domain stays up. Go on with
   $lab exec $place -- bash       a shell there, with \$CLIENT, \$POLICYCTL and the names in $place/env
   $lab down $place               ends it

Worth trying in that shell:
   kinit -k -t \$USER1_KEYTAB \$USER1 && \$CLIENT --user explain
   \$POLICYCTL request list, \$POLICYCTL explain ID, \$POLICYCTL audit tail
   \$POLICYCTL freeze --yes, then \$CLIENT --system renew Machine, then \$POLICYCTL thaw
   a rule of your own in \$RULES_DIR (docs/reference/rules.md), then \$POLICYCTL reload
EOT
else
    echo "All of it worked, in $SECONDS s. What to try next: ./demo.sh --keep leaves the domain up, with a shell in it;"
    echo "docs/TUTORIAL.md goes the same way with machines of your own."
fi
