#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An administrator's day with policyctl: looks, finds, revokes, holds, freezes, audits, and is told
# what is wrong and what to do about it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=ctl_lib.sh
. "$(dirname -- "$0")/ctl_lib.sh"

FOLLOWERS=()

end_followers() {
    local pid
    for pid in "${FOLLOWERS[@]}"; do
        ! kill "$pid" 2>/dev/null || wait "$pid" || true
    done
    FOLLOWERS=()
}
trap 'status=$?; end_followers; (exit $status); story_abort' EXIT

rows() { # VERB...: how many certificates it lists
    policyctl "$@" | grep -cE '^[0-9a-f]{32}  ' || true
}

serials_listed() { # VERB...
    policyctl "$@" | sed -nE 's/^([0-9a-f]{32})  .*/\1/p'
}

reversed() { # WORD...
    printf '%s\n' "$@" | tac
}

# ---- looking -----------------------------------------------------------------------------

expect "a lab comes up" ctl_up
expect "certificates are issued" issue 5
first=${CTL_SERIALS[0]} second=${CTL_SERIALS[1]} third=${CTL_SERIALS[2]}
expect_output "status says that it issues" '^policyd +issuing, version [0-9.]+, up ' policyctl status
expect_output "what the signer is" '^signer +connected, version ' policyctl status
expect_output "until when the CA is valid" '^ca +issuing, issues, valid until .*\(in 10 years\)$' \
    policyctl status
expect_output "and what the CRL is" '^crl +issuing, 0 entries, next .*\(in 7 days\)$' policyctl status
expect_json status status
expect_output "ca show tells the fingerprint as openssl does" \
    "^SHA256 +$(openssl x509 -in "$PLACE/signer/ca/issuing.crt" -noout -fingerprint -sha256 |
        cut -d= -f2)\$" policyctl ca show
expect_output "ca show --pem gives a chain that verifies" ': OK$' bash -c \
    "$POLICYCTL ca show --pem >'$STORY_DIR/chain' &&
    openssl verify -CAfile '$EST_CA' -untrusted '$STORY_DIR/chain' '$CTL_OUT/$first.pem'"
expect_json ca-show ca show
expect_json version version

# ---- finding -----------------------------------------------------------------------------

expect_equal "cert list has all, the newest first" "$(reversed "${CTL_SERIALS[@]}")" \
    "$(serials_listed cert list --template Machine)"
expect_output "in a table" '^SERIAL +STATUS +ENDS +TEMPLATE +PRINCIPAL +NAMES$' policyctl cert list
expect_json cert-list cert list
key=$(policyctl cert show "$first" | sed -n 's/^key sha256 *//p')
expect_equal "that digest is the public key's" "$key" \
    "$(openssl x509 -in "$CTL_OUT/$first.pem" -noout -pubkey | openssl pkey -pubin -outform der |
        sha256sum | cut -d' ' -f1)"
account=$(policyctl cert show "$second" | sed -n 's/^account *//p')
expect_equal "of an account" "$second" "$(serials_listed cert list --account "$account")"
expect_equal "of a name" "$third" "$(serials_listed cert list --name dns:host3.example.test)"
expect_equal "of a key" "$first" "$(serials_listed cert list --key-sha256 "$key")"
expect_equal "of a template" 5 "$(rows cert list --template Machine)"
expect_equal "of another template" 0 "$(rows cert list --template User)"
expect_equal "that end within two years" 5 "$(rows cert list --template Machine --expiring 730d)"
expect_equal "that end within 30 days" 0 "$(rows cert list --template Machine --expiring 30d)"
expect_equal "live ones" 5 "$(rows cert list --template Machine --status live)"
expect_equal "held ones" 0 "$(rows cert list --status held)"
expect_equal "that reached nobody" 0 "$(rows cert list --undelivered)"
expect_output "none says so" '^No certificate is like that\.$' policyctl cert list --status revoked
expect_equal "--limit ends the list" 2 "$(rows cert list --limit 2)"
expect_output "and says so" '^There are more; --limit ended the list\.$' policyctl cert list --limit 2
expect_json cert-list cert list --limit 2
expect_equal "which JSON says too" true "$(json_member more)"
expect_exit "two lists at once are refused" 2 'account and name exclude one another' \
    policyctl cert list --account "$account" --name dns:host3.example.test
expect_exit "an unknown status" 2 "live, held or revoked" policyctl cert list --status good
expect_equal "cert find looks into names" "$third" "$(serials_listed cert find host3)"
expect_equal "finds a whole name" "$third" "$(serials_listed cert find dns:host3.example.test)"
expect_equal "not a part of one" "" "$(serials_listed cert find dns:host3)"
expect_equal "and a key" "$first" "$(serials_listed cert find "$key")"

expect_output "cert show tells whose it is" '^principal +host/host1.example.test@EXAMPLE.TEST$' \
    policyctl cert show "$first"
expect_output "takes colons and capitals" "^serial +$first\$" \
    policyctl cert show "$(sed 's/../&:/g; s/:$//' <<<"${first^^}")"
expect_equal "--pem is what was issued" "$(<"$CTL_OUT/$first.pem")" \
    "$(policyctl cert show --pem "$first")"
expect_json cert-show cert show "$first"
expect_exit "an unknown serial" 1 'no certificate has this serial' \
    policyctl cert show "${first%??}00"
expect_exit "says what to do" 1 '^  do +policyctl cert list$' policyctl cert show "${first%??}00"
expect_exit "a short one is explained" 1 'a serial is 32 hexadecimal digits' policyctl cert show 40
expect_exit "no serial at all" 2 "'zz' is no serial number" policyctl cert show zz
expect_json error cert show zz

# ---- revoking ----------------------------------------------------------------------------

expect_exit "nothing is revoked without a word" 2 'the same command with --yes' \
    policyctl cert revoke "$first"
expect_output "--dry-run changes nothing" 'Would revoke certificate .*; nothing was changed' \
    policyctl cert revoke "$first" --dry-run
expect_json dry-run cert revoke "$first" --dry-run
expect_exit "a reason nobody knows" 2 "did you mean 'keyCompromise'" \
    policyctl cert revoke "$first" --yes --reason keyCompromize
expect_equal "it is still live" 5 "$(rows cert list --template Machine --status live)"
number=$(crl_number)
expect_output "revoke says whose it was and what comes" \
    'The certificate is revoked\.' \
    policyctl cert revoke "$first" --yes --reason keyCompromise --invalidity 2d --note 'laptop lost'
expect "the CRL has it soon" wait_for "$PATIENCE" crl_has "$first"
expect_output "with the reason" 'Key Compromise' crl_text
expect_output "the journal has since when the key is known" \
    '"invalidity_utc":"[0-9-]+T[0-9:]+Z"' policyctl audit tail --json
expect "of a higher number" test "$(crl_number)" -gt "$number"
expect_output "openssl takes it for revoked" 'certificate revoked' bash -c \
    "openssl crl -inform der -in '$STORY_DIR/crl' -out '$STORY_DIR/crl.pem' &&
    ! openssl verify -x509_strict -crl_check -CRLfile '$STORY_DIR/crl.pem' -CAfile '$EST_CA' \
        -untrusted '$STORY_DIR/chain' '$CTL_OUT/$first.pem' 2>&1"
expect_output "and another for good" ': OK$' openssl verify -x509_strict -crl_check \
    -CRLfile "$STORY_DIR/crl.pem" -CAfile "$EST_CA" -untrusted "$STORY_DIR/chain" \
    "$CTL_OUT/$second.pem"
expect_output "cert show tells what happened to it" \
    'ago\)  revoke  keyCompromise  uid [0-9]+ \(policyctl\)  laptop lost$' policyctl cert show "$first"
expect_json cert-show cert show "$first"
expect_equal "it is listed as revoked" "$first" "$(serials_listed cert list --status revoked)"
expect_exit "it is not revoked twice" 1 'revoked already' policyctl cert revoke "$first" --yes
expect_exit "it cannot be unheld" 1 'not on hold|revoked' policyctl cert unhold "$first" --yes
expect_exit "and the way out is shown" 1 "^  do +policyctl cert show $first\$" \
    policyctl cert unhold "$first" --yes
expect_json error cert unhold "$first" --yes

expect_output "hold says how it ends" 'The certificate is held; policyctl cert unhold ends that\.' \
    policyctl cert hold "$second" --yes --note 'laptop missing'
expect "the CRL has it" wait_for "$PATIENCE" crl_has "$second"
expect_output "as held" 'Certificate Hold' crl_text
expect_output "holding it again changes nothing" 'was held already' policyctl cert hold "$second" --yes
expect_output "unhold makes it good again" 'The certificate is good again\.' \
    policyctl cert unhold "$second" --yes
expect "it leaves the CRL" wait_for "$PATIENCE" crl_lacks "$second"
expect "which keeps the other" crl_has "$first"
expect_json cert-revoke cert hold "$third" --yes
expect_json cert-revoke cert unhold "$third" --yes
expect_exit "a live one cannot be unheld" 1 'not on hold' policyctl cert unhold "$third" --yes
expect_exit "nor an unknown one held" 1 'no certificate has this serial' \
    policyctl cert hold "${first%??}00" --yes

expect_output "crl show tells number and place" "^issuing +[0-9]+ +[0-9]+ .* $CRL_URL\$" \
    policyctl crl show
expect_json crl crl show
number=$(crl_number)
expect_json crl crl publish
expect "publish makes a new one at once" test "$(crl_number)" -gt "$number"

# ---- freezing ----------------------------------------------------------------------------

expect_output "freeze stops issuing" '^Nothing is issued any more' \
    policyctl freeze --yes --note 'key ceremony'
expect_output "status says so first" '^1\. frozen$' policyctl status
expect_output "why" 'issuing is suspended: frozen by uid [0-9]+ \(policyctl\): key ceremony$' policyctl status
expect_output "and what to run" '^ +run +policyctl thaw$' policyctl status
expect_exit "a monitor is told that nothing is issued" 2 '^POLICYD CRITICAL: frozen: .*key ceremony' \
    policyctl status --nagios
expect_exit "and a script" 1 'frozen' policyctl status --exit-code
expect_output "freezing again changes nothing" 'stopped already' policyctl freeze --yes
expect_json status status
expect "policyd stops" "$LAB" stop "$PLACE" policyd
expect "a certificate is asked for" driver count=1
expect_equal "and refused" 1 "$(grep -c '^REFUSED FROZEN ' "$CTL_SAID")"
expect "policyd starts" "$LAB" start "$PLACE" policyd
expect "it is still frozen" wait_for "$PATIENCE" status_has 'frozen by uid'
expect_output "thaw ends that" '^The freeze is over' policyctl thaw
expect "it issues again" wait_for "$PATIENCE" is_issuing
expect "which the next certificate shows" issue 1
expect_output "thawing again changes nothing" 'Nothing was frozen' policyctl thaw
expect_json freeze freeze --yes
expect_json thaw thaw

# ---- configuration -----------------------------------------------------------------------

cp "$POLICYD_CONF" "$STORY_DIR/good.conf"
line=$(($(wc -l <"$POLICYD_CONF") + 2))
printf '[crl]\ndebonce = 1s\n' >>"$POLICYD_CONF"
expect_exit "a broken configuration is refused by line" 3 "policyd.conf:$line: unknown key 'debonce'" \
    policyctl reload
expect_exit "and the old one holds" 3 'until then the old configuration holds' policyctl reload
expect_json error reload
expect "it still issues" is_issuing
cp "$STORY_DIR/good.conf" "$POLICYD_CONF"
expect_output "mended it is taken" 'nothing differs' policyctl reload
printf '[policyd]\nlog_level = debug\n' >>"$POLICYD_CONF"
expect_output "what differs is said" 'log_level.*info.*debug' policyctl reload
cp "$STORY_DIR/good.conf" "$POLICYD_CONF"
expect_json reload reload
expect_equal "in JSON too" true "$([[ $(json_member changes) == *log_level* ]] && echo true)"

rules=$PLACE/policyd/rules.d
echo 'x = = 1' >"$rules/99-broken.lua"
expect_exit "a rule with a fault is refused by file" 3 '99-broken.lua' policyctl reload
rm "$rules/99-broken.lua"
expect_output "without it all is as it was" 'nothing differs' policyctl reload
echo '-- read by an administrator' >>"$rules/00-template.lua"
expect_output "that rules differ is said" 'other files are in force' policyctl reload
expect_output "once" 'nothing differs' policyctl reload

# ---- the journal -------------------------------------------------------------------------

expect_output "audit tail lines up the newest records" \
    '^ +[0-9]+  [0-9-]{10} [0-9:]{8} [A-Z]+  control +reload by policyctl|^ +[0-9]+  [0-9-]{10} [0-9:]{8} ' \
    policyctl audit tail -n 3
expect_equal "as many as asked for" 3 "$(policyctl audit tail -n 3 | wc -l)"
expect_json audit-tail audit tail
policyctl audit tail -f >"$STORY_DIR/followed" 2>&1 &
FOLLOWERS+=($!)
policyctl audit tail -f --json -n 1 >"$STORY_DIR/followed.json" 2>&1 &
FOLLOWERS+=($!)
expect "followers begin" wait_for "$PATIENCE" test -s "$STORY_DIR/followed" -a -s "$STORY_DIR/followed.json"
expect_output "something happens" 'good again|is held' policyctl cert hold "$third" --yes --note 'watch this'
expect "a follower sees it" wait_for "$PATIENCE" grep -q "hold $third.*: watch this" "$STORY_DIR/followed"
expect "as JSON too" wait_for "$PATIENCE" grep -q 'watch this' "$STORY_DIR/followed.json"
end_followers
expect_equal "each line is a record" "" "$(while read -r record; do
    printf '{"schema":"policyctl.audit-tail.1","records":[%s],"more":false,"last":1}' "$record" |
        json_check | grep -v ' is right, '
done <"$STORY_DIR/followed.json")"

expect_output "a checkpoint is made" 'keep it on another machine' \
    policyctl audit checkpoint --out "$STORY_DIR/checkpoint"
expect_exit "which no later one replaces" 1 'File exists' \
    policyctl audit checkpoint --out "$STORY_DIR/checkpoint"
expect_json audit-checkpoint audit checkpoint
expect_output "the journal verifies with it" '^The first [0-9]+ records are those of the checkpoint\.$' \
    policyctl audit verify --checkpoint "$STORY_DIR/checkpoint"
expect_json audit-verify audit verify --checkpoint "$STORY_DIR/checkpoint"
cp -a "$PLACE/signer/journal" "$STORY_DIR/journal"
expect_output "so does a copy" 'The chain is whole' \
    policyctl audit verify --journal "$STORY_DIR/journal"
segment=$(find "$STORY_DIR/journal" -type f -size +1k | sort | sed -n 1p)
printf 'X' | dd of="$segment" bs=1 seek=900 conv=notrunc status=none
expect_exit "one changed octet is found" 1 '^  id +AUDIT_BROKEN$' \
    policyctl audit verify --journal "$STORY_DIR/journal"
expect_exit "and what to do said" 1 '^  do +policyctl freeze, keep a copy of the journal' \
    policyctl audit verify --journal "$STORY_DIR/journal"

# ---- who may -----------------------------------------------------------------------------

if ((EUID == 0)); then
    stranger=$((60000 + SRANDOM % 5000))
    chmod 711 "$STORY_DIR" "$PLACE" "$PLACE/run"
    install -m 755 "$BUILD_DIR/policyd/policyctl" "$STORY_DIR/policyctl"
    as() { # UID GROUPS-OPTION VERB...
        setpriv --reuid="$1" --regid="$stranger" "$2" --no-new-privs \
            "$STORY_DIR/policyctl" --socket "$PLACE/run/admin.sock" "${@:3}"
    }
    expect_exit "a stranger is refused" 6 "uid $stranger is neither root nor a member" \
        as "$stranger" --clear-groups status
    expect_exit "and told what to do" 6 "^  do +sudo, or as a member of policyd's admin group\$" \
        as "$stranger" --clear-groups freeze --yes
    expect_exit "so is a user of no admin group" 6 NOT_OPERATOR as 1 --clear-groups status
    # daemon (uid 1) is in the group daemon on every Debian
    sed -i 's/^admin_group = *$/admin_group = daemon/' "$POLICYD_CONF"
    expect "the group is admitted" policyctl reload
    expect_output "its members operate" '^policyd +issuing' as 1 --clear-groups status
    expect_output "as themselves" 'by policyctl \(uid 1\): mine$' bash -c "$(declare -f as)
        STORY_DIR='$STORY_DIR' PLACE='$PLACE' stranger=$stranger
        as 1 --clear-groups cert unhold $third --yes --note mine >/dev/null
        $POLICYCTL audit tail -n 30"
    expect_exit "the stranger does not" 6 NOT_OPERATOR as "$stranger" --clear-groups status
else
    skip "another user is refused" "there is only one user"
fi

# ---- what is away ------------------------------------------------------------------------

expect "the signer stops" "$LAB" stop "$PLACE" signer
expect "status says so" wait_for "$PATIENCE" status_has 'policyd-signer is away'
expect_output "first, and what to run" '^ +run +systemctl start policyd-signer$' policyctl status
expect_json status status
expect_exit "a monitor hears of it" 2 '^POLICYD CRITICAL: signer: policyd-signer is away' \
    policyctl status --nagios
expect_output "certificates can be looked at" "^serial +$first\$" policyctl cert show "$first"
expect_exit "but not revoked" 4 'no connection to the signer' policyctl cert revoke "$second" --yes
expect_exit "nor is a CRL made" 4 'the signer is not connected' policyctl crl publish
expect_exit "nor the freeze ordered" 4 '^  do +systemctl status policyd-signer$' policyctl freeze --yes
expect_json error freeze --yes
expect_output "the journal verifies without it" 'The chain is whole' policyctl audit verify
expect "the signer starts" "$LAB" start "$PLACE" signer
expect "policyd finds it" wait_for "$PATIENCE" is_issuing
expect_output "what could not be revoked still can" 'is revoked' policyctl cert revoke "$second" --yes
expect "and is on the CRL" wait_for "$PATIENCE" crl_has "$second"

expect "policyd stops" "$LAB" stop "$PLACE" policyd
expect_exit "policyctl says so" 4 'nobody listens on the socket' policyctl status
expect_exit "and what to look at" 4 '^  do +systemctl status policyd$' policyctl cert list
expect_json error cert list
expect_exit "a monitor hears that it is not known" 3 '^POLICYD UNKNOWN: nobody listens' \
    policyctl status --nagios
expect_output "the journal verifies without it, too" 'The chain is whole' policyctl audit verify
expect "policyd starts" "$LAB" start "$PLACE" policyd
expect "and issues" wait_for "$PATIENCE" is_issuing

# ---- many --------------------------------------------------------------------------------

# More than policyd gives at once, so that policyctl has to come back for the rest.
expect "several hundred more are issued" issue 600 threads=32
serials_listed cert list --template Machine >"$STORY_DIR/listed"
expect_equal "all are listed, each once" "$(printf '%s\n' "${CTL_SERIALS[@]}" | sort)" \
    "$(sort "$STORY_DIR/listed")"
expect_equal "with one head" 1 "$(policyctl cert list | grep -c '^SERIAL ')"
expect_equal "--limit goes over pages" 550 "$(rows cert list --template Machine --limit 550)"
expect_equal "so does a search" 600 "$(rows cert find example.test --status live --template Machine --limit 600)"
expect_json cert-list cert list

# ---- the clock ---------------------------------------------------------------------------

expect_output "a clock that is right needs no word" 'was not in doubt' policyctl clock confirm --yes
expect_json clock-confirm clock confirm --yes
if compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null &&
    "$LAB" clock "$PLACE" +2h >"$STORY_DIR/clock.log" 2>&1; then
    echo +0 >"$PLACE/clock"
    expect "the signer's clock goes back" "$LAB" restart "$PLACE" signer
    expect "status says what to run" wait_for "$PATIENCE" status_has '^ +run +policyctl clock confirm$'
    expect "it does not issue" status_has '^policyd +not issuing'
    expect_exit "it is asked about" 2 'with --yes' policyctl clock confirm
    expect_output "the clock is confirmed" 'is taken as right' \
        policyctl clock confirm --yes --note 'NTP was wrong'
    expect "and it issues" wait_for "$PATIENCE" is_issuing
else
    skip "status says when the clock went back" "the clock cannot be moved here"
fi

expect_equal "every schema was held against an answer" \
    "$(cd "$REPO/schemas/json" && printf '%s\n' policyctl.*.json | sed 's/\.json$//' |
        grep -vxE 'policyctl\.(ca-init|ledger-rebuild|rule-.*|template-.*|request-.*|explain.*)\.1' | sort)" \
    "$(printf '%s\n' "${CTL_SCHEMAS[@]}" | sort -u)"
story_end
