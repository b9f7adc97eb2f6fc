#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The client's whole life against a server that is not ours, and against one that lies.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=auth_lib.sh
. "$(dirname -- "$0")/auth_lib.sh"

CLIENT=$BUILD_DIR/autoenroll-client/autoenroll-client
STORE=$STORY_DIR/store
MACHINE=$STORE/certs/Machine/current

in_lab_sh() {
    in_lab bash -euc "$1"
}

# What it says is kept in `said`, too.
machine() { # VERB ARGUMENT...
    in_lab "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "$@" 2>&1 | tee -a "$STORY_DIR/said"
}

user() {
    in_lab "$CLIENT" --user --config "$STORY_DIR/autoenroll.conf" "$@" 2>&1 | tee -a "$STORY_DIR/said"
}

mode() {
    echo "$1" >mode
}

serial() {
    openssl x509 -in "$MACHINE/cert.pem" -noout -serial
}

template() { # NAME KIND OID AUTOENROLL
    cat <<X
{"name": "$1", "oid": "$3", "major": 100, "minor": 1, "content_sha256": "$(printf '%064d' 0)",
 "display": "$1", "label": "$1", "kind": "$2", "enroll": true, "autoenroll": $4, "reason": "",
 "sentence": "", "key_algorithm": "ec", "key_curve": "P-256", "key_bits": 256,
 "subject": "directory", "flags": [], "validity_s": 8640000, "renewal_s": 864000, "supersedes": []}
X
}

prepare() {
    auth_prepare
    lab_value "$PLACE" HOST_PRINCIPAL >host
    make_ca other
    cat >policy.json <<X
{"principal": "", "ca": "lab", "server_time": "2026-01-01T00:00:00Z", "ask_again_s": 28800, "templates": [
$(template Machine machine 1.2.3.4.1 true), $(template Extra machine 1.2.3.4.2 false),
$(template User user 1.2.3.4.3 true)]}
X
    mode right
    mkfifo pipe
    in_lab env KRB5_KTNAME="$KEYTAB" /usr/bin/python3 "$REPO/tests/integration/est_server.py" \
        "$STORY_DIR" <pipe >port 2>server.log &
    SERVER_PID=$!
    exec {SERVER_IN}>pipe
    wait_for "$PATIENCE" test -s port
    mkdir -p hooks/deploy.d home
    write_conf
}

write_conf() {
    cat >autoenroll.conf <<X
[server]
url = https://localhost:$(cut -d ' ' -f 1 port)
ca = $STORY_DIR/ca.pem
timeout = ${PATIENCE}s
[machine]
principal = $(cat host)
keytab = $(lab_value "$PLACE" HOST_KEYTAB)
store = $STORE
hooks = $STORY_DIR/hooks
[user]
store = $STORY_DIR/home
X
}

# lies_first MODE STATUS PATTERN: to a host that has nothing yet, it gives nothing either.
lies_first() {
    mode "$1"
    expect_exit "a server that does '$1' at the first enrollment" "$2" "$3" machine run
    expect_equal "... is told of in one sentence" 1 "$(grep -cE -- "$3" output)"
    expect_equal "... and nothing is installed" "" "$(find "$STORE/certs" ! -type d 2>/dev/null)"
    expect_exit "... which status says, too" 0 "$3" machine status
    rm -rf "$STORE"
}

expect_no_lies_at_first() {
    lies_first foreign-key 1 'another key than ours'
    lies_first foreign-name 1 "nothing of host/"
    lies_first untrusted 1 'does not lead to a CA that we trust'
    lies_first cacerts-foreign 1 'does not lead to a CA that we trust'
    lies_first redirect 5 'redirects are not followed'
    lies_first policy-redirect 5 'redirects are not followed'
    lies_first cacerts-redirect 5 'redirects are not followed'
    expect_equal "nobody came to where it was sent" "" "$(cat elsewhere 2>/dev/null)"
    mode right
}

# with_a_ticket: what is asked by somebody, not by anybody, of the log's lines; their end is the
# port that the connection comes from.
with_a_ticket() {
    grep -v '/cacerts ' log
}

expect_first() {
    expect_exit "without a certificate status says so" 0 'no certificates' machine status
    : >log
    expect_exit "a run gets what the host should have" 0 '^Machine +issued' machine run
    expect_equal "it asks for templates, for a certificate, and reports" "policy report simpleenroll" \
        "$(with_a_ticket | sed 's,.*/,,; s/ .*//' | sort -u | paste -sd' ')"
    expect_equal "all that over one connection that is kept" 1 \
        "$(with_a_ticket | awk '{ print $NF }' | sort -u | wc -l)"
    expect "it leads to the CA" openssl verify -CAfile ca.pem "$MACHINE/cert.pem"
    expect_equal "its key is for nobody else" 600 "$(stat -Lc %a "$MACHINE/key.pem")"
    expect_equal "it is the key's" "$(openssl x509 -in "$MACHINE/cert.pem" -noout -pubkey)" \
        "$(openssl pkey -in "$MACHINE/key.pem" -pubout)"
    first=$(serial)
    expect_exit "a second run does nothing and says so" 0 '^Machine +healthy .*until' machine run
    expect_equal "really nothing" "$first" "$(serial)"
    expect "the server heard of it" grep -q '"health":"healthy"' report.json
    expect_exit "whether it has heard is known" 0 '"reported": true' machine --json run
    mode report-busy
    expect_exit "when it has not, too, and that is no failure" 0 '"reported": false' machine --json run
    mode right
    expect_exit "status needs no server" 0 '^Machine +healthy' machine --server https://localhost:1 status
    expect "status.json is there for everybody" grep -q '"state": "healthy"' "$STORE/status.json"
    run machine --json status
    verdict "status is a document, too" printed '"schema": "autoenroll-client.status.1"'
    expect_exit "templates tells what may be had" 0 '^Extra +machine +on demand' machine templates
    expect_exit "what is had on demand is had on demand" 0 '^Extra +issued' machine enroll Extra
    expect_exit "an unknown template is refused" 6 "no template 'Nonsense'" machine enroll Nonsense
}

expect_renewals() {
    : >log
    expect_exit "a renewal on demand" 0 '^Machine +renewed' machine renew Machine
    expect "shows the old certificate" grep -q 'simplereenroll certificate' log
    expect_equal "and takes its place" 1 "$([[ $(serial) != "$first" ]] && echo 1)"
    openssl x509 -in "$MACHINE/cert.pem" -noout -serial | sed 's/.*=//' | tr A-F a-f >revoked
    : >log
    expect_exit "a revoked one renews over Kerberos" 0 '^Machine +renewed' machine renew Machine
    expect "after it was tried" grep -q 'simplereenroll certificate' log
    expect "with a ticket" grep -q 'simpleenroll ticket' log
    mode not-yours
    expect_exit "so does one whose names changed" 0 '^Machine +renewed' machine renew Machine
    mode aged
    expect_exit "an aged certificate" 0 '^Machine' machine renew Machine
    mode right
    expect_exit "is due" 0 '^Machine +due' machine status
    expect_exit "and its state can be the exit code" 10 '^Machine +due' machine --exit-code status
    expect_exit "a run renews it by itself" 0 '^Machine +renewed' machine run
    expect_equal "one old generation is kept" 2 "$(find "$STORE/certs/Machine" -name 'gen-*' | wc -l)"
}

# files: what there is of certificates and keys, octet by octet.
files() {
    find "$STORE/certs" -type f -exec sha256sum {} + -o -type l -printf '%l %p\n' | sort
}

# lies MODE STATUS PATTERN [FLAG]...: nothing is installed, and one clear sentence says why.
lies() {
    local before
    before=$(files)
    mode "$1"
    expect_exit "a server that does '$1'" "$2" "$3" machine "${@:4}" renew Machine
    expect_equal "... is told of in one sentence" 1 "$(grep -cE -- "$3" output)"
    expect_equal "... changes nothing" "$before" "$(files)"
    mode right
    expect_exit "... and a right one does" 0 '^Machine +renewed' machine renew Machine
}

# It is sent away, to another host: whoever is there hears nothing, not even a handshake.
expect_no_credential_elsewhere() {
    lies redirect 5 'redirects are not followed'
    lies policy-redirect 5 'redirects are not followed'
    lies cacerts-redirect 5 'redirects are not followed'
    expect_equal "nobody came to where it was sent" "" "$(cat elsewhere 2>/dev/null)"
    bash -c 'exec 3<>"/dev/tcp/127.0.0.2/$0"; read -r <&3' "$(cut -d ' ' -f 2 port)" || true
    expect "somebody who comes is noticed" wait_for "$PATIENCE" test -s elsewhere
}

# Every run asks once, however often it has heard 202, and not before the server's time.
expect_patience() {
    local before
    before=$(files)
    mode held
    for ((n = 0; n < 3; n++)); do
        : >log
        expect_exit "a server that holds it for ever" 7 '^Machine' machine renew Machine
        expect_equal "... is asked once" 1 "$(grep -c simple log)"
    done
    mode held-long
    expect_exit "one that names a time" 7 '^Machine' machine renew Machine
    : >log
    run machine run
    expect_equal "... is not asked again before" 0 "$(grep -c simple log)"
    expect_equal "... and nothing has changed" "$before" "$(files)"
    mode right
    expect_exit "whoever asks all the same gets it" 0 '^Machine' machine renew Machine
}

# 429 with a time is waited for, as 503 is; one minute is what it would wait of its own accord.
expect_rates_are_kept() {
    local before next
    rm -rf "$STORE"
    mode rate
    : >log
    before=$(date +%s)
    expect_exit "a server that one asks too often" 4 'RATE: The server says no' machine run
    expect_equal "... is asked once" 1 "$(grep -c simple log)"
    expect "... hears of it in the report" grep -q '"reason":"RATE"' report.json
    expect "... and keeps the key" test -e "$STORE/pending/Machine.pem"
    next=$(sed -n 's/.*"next_attempt": *"\([^"]*\)".*/\1/p' "$STORE/state.json")
    expect "... will be asked again when it said" test "$(date -d "${next:-1970-01-01}" +%s)" -ge $((before + 3600))
    mode right
    : >log
    expect_exit "before that time" 4 "RATE.*tried again from ${next:-never}" machine run
    expect_equal "... it is not asked again" 0 "$(grep -c simple log)"
    expect_exit "whoever asks by name all the same gets it" 0 '^Machine +issued' machine enroll Machine
    lies policy-rate 4 'RATE: The server says no'
}

expect_no_lies() {
    lies foreign-key 1 'another key than ours'
    lies foreign-name 1 "nothing of host/"
    lies ca 1 "a CA's certificate"
    lies untrusted 1 'does not lead to a CA that we trust'
    lies garbage 1 "the server's answer"
    lies policy-garbage 1 'what the server says of templates'
    lies cacerts-garbage 1 "the server's answer"
    lies cacerts-foreign 1 'does not lead to a CA that we trust'
    lies huge 1 'longer than it may be'
    lies flood 1 'longer than it may be'
    lies policy-flood 1 'longer than it may be'
    lies stall 4 'no whole answer within 1 s' --timeout 1
    lies stall-within 4 'no whole answer within 1 s' --timeout 1
    lies policy-stall 4 'no whole answer within 1 s' --timeout 1
    lies busy 4 'BUSY: The server says no'
    lies refused 6 'RULE_DENIED: The server says no. \(request req-1\)'
    mode refused
    expect_exit "a refusal" 6 'RULE_DENIED' machine renew Machine
    expect "drops its key" test ! -e "$STORE/pending/Machine.pem"
    mode busy
    expect_exit "a busy server" 4 'BUSY' machine renew Machine
    expect "does not" test -e "$STORE/pending/Machine.pem"
    mode right
    lies held 7 'waits for approval'
    lies other-binding 5 'AUTH_NONE'
    lies no-proof 5 'does not prove'
}

expect_no_foreign_server() {
    mv ca.pem right.pem
    cp other.pem ca.pem
    : >log
    expect_exit "a server of another CA" 5 'not the server that we trust' machine run
    expect_equal "hears nothing" "" "$(<log)"
    mv right.pem ca.pem
    expect_exit "an unreachable one is tried again" 4 'localhost:1' machine --server https://localhost:1 run
    sed -i 's,^keytab.*,keytab = /nonexistent,' autoenroll.conf
    expect_exit "without a keytab nobody is asked" 5 'no key of' machine run
    write_conf
}

expect_pending() {
    local key
    rm -rf "$STORE"
    mode held
    expect_exit "what is held is pending" 7 '^Machine +pending .*request req-1' machine run
    expect_equal "its key waits, for nobody else" 600 "$(stat -c %a "$STORE/pending/Machine.pem")"
    key=$(openssl pkey -in "$STORE/pending/Machine.pem" -pubout)
    expect_exit "it stays so" 7 '^Machine +pending' machine enroll Machine
    mode right
    expect_exit "until it is approved" 0 '^Machine +issued' machine enroll Machine
    expect_equal "for the same key" "$key" "$(openssl pkey -in "$MACHINE/key.pem" -pubout)"
    expect "and nothing waits any more" test ! -e "$STORE/pending/Machine.pem"
    sed -i '0,/"enroll": true/s//"enroll": false/; 0,/"reason": ""/s//"reason": "NO_ENROLL"/' policy.json
    expect_exit "a right that is gone is told" 6 '^Machine +denied .*NO_ENROLL' machine run
    expect_exit "explain says why and who can help" 0 'because +NO_ENROLL' machine explain Machine
    sed -i '0,/"enroll": false/s//"enroll": true/; 0,/"reason": "NO_ENROLL"/s//"reason": ""/' policy.json
    expect_exit "a right that is back, too" 0 '^Machine +healthy' machine run
}

expect_hooks() {
    printf '#!/bin/sh\necho "$AUTOENROLL_NAME $(cat)" >%s/hooked\n' "$STORY_DIR" >hooks/deploy.d/tell
    chmod 755 hooks/deploy.d/tell
    expect_exit "a renewal with a hook" 0 '^Machine +renewed' machine renew Machine
    expect "tells it" grep -q '^Machine {"event":"deploy","template":"Machine"' hooked
    printf '#!/bin/sh\nexit 3\n' >hooks/deploy.d/tell
    expect_exit "a hook that fails" 9 '^Machine +broken .*exit status 3' machine renew Machine
    expect "does not undo it" openssl verify -CAfile ca.pem "$MACHINE/cert.pem"
    chmod 777 hooks/deploy.d/tell
    expect_exit "one that others could write is not run" 9 'tell' machine renew Machine
    rm hooks/deploy.d/tell
    expect_exit "without it all is well" 0 '^Machine +renewed' machine renew Machine
}

expect_users() {
    in_lab_sh 'kinit -k -t "$USER1_KEYTAB" "$USER1"'
    expect_exit "a user gets what she should have" 0 '^User +issued' user run
    expect_output "with her own name" 'email:alice@' \
        openssl x509 -in home/certs/User/current/cert.pem -noout -ext subjectAltName
    expect_equal "and has nothing of the host's" User "$(ls home/certs)"
    in_lab kdestroy
    expect_exit "without a ticket she waits for one" 0 'waits for a Kerberos ticket' user run
    verdict "and keeps what she has" printed '^User +healthy'
}

# part_of KEY priv|pub: its octets as hex.
part_of() {
    openssl pkey -in "$1" -noout -text |
        awk -v part="$2:" '/^[^ ]/ { on = $1 == part; next } on { gsub(/[ :]/, ""); printf "%s", $0 }'
}

# secrets: of the host's keytab and of every key that is stored, in the forms they might be sent in.
secrets() {
    local key
    klist -k -K "$(lab_value "$PLACE" HOST_KEYTAB)" | sed -n 's/.*(0x\([0-9a-f]*\)).*/\1/p'
    for key in "${KEYS[@]}"; do
        part_of "$key" priv && echo
        sed -n 2p "$key" | tr -d '\n' | hex && echo
    done
}

hex() {
    od -An -v -tx1 | tr -d ' \n'
}

# Public keys are in the requests, so whoever looks can find.
expect_no_secrets() {
    local secret key found=0 shown=0
    mapfile -t KEYS < <(find "$STORE" home -name '*.pem' -exec grep -l 'PRIVATE KEY' {} +)
    cat received log said server.log | hex >everything
    for secret in $(secrets); do
        if ((${#secret} < 32)) || grep -qF -- "$secret" everything; then ((found += 1)); fi
    done
    for key in "${KEYS[@]}"; do
        if grep -qF -- "$(part_of "$key" pub)" everything; then ((shown += 1)); fi
    done
    expect_equal "the server was shown all the keys that there are" "${#KEYS[@]}" "$shown"
    expect "which are some" test "$shown" -ge 2
    expect_equal "of their secrets, and of the keytab's, nothing was sent or said" 0 "$found"
}

# The agent is killed at every N-th call that changes the disk: current stays a pair.
expect_sound_after_kills() {
    local call n=0 bad=0
    if ! in_lab strace -f -qq true 2>/dev/null; then
        skip "a killed run leaves a pair" "strace cannot trace here"
        return
    fi
    for call in fsync,fdatasync rename,renameat,renameat2 symlinkat mkdirat write; do
        for n in 1 2 3 5 8; do
            in_lab strace -f -qq -o strace.log -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
                "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" renew Machine >/dev/null 2>&1 || true
            [[ $(openssl x509 -in "$MACHINE/cert.pem" -noout -pubkey) == \
            "$(openssl pkey -in "$MACHINE/key.pem" -pubout)" ]] || ((bad += 1))
            [[ -z $(find "$STORE" -name '*key.pem' ! -perm 600) ]] || ((bad += 1))
        done
    done
    expect_equal "a run that is killed leaves a pair, and keys for nobody else" 0 "$bad"
    expect_exit "and the next one goes on" 0 '^Machine +(healthy|renewed)' machine run
}

expect_usage() {
    expect_exit "a verb that is none" 2 "did you mean 'status'" machine statsu
    expect_exit "a flag that is none" 2 "'--nonsense' is no flag" machine --nonsense run
    expect_exit "a template too few" 2 'usage: .*enroll TEMPLATE' machine enroll
    echo nonsense >>autoenroll.conf
    expect_exit "a bad configuration" 3 'autoenroll.conf:' machine run
    write_conf
}

prepare
expect_no_lies_at_first
expect_first
expect_renewals
expect_no_lies
expect_no_credential_elsewhere
expect_patience
expect_no_foreign_server
expect_rates_are_kept
expect_pending
expect_hooks
expect_users
expect_sound_after_kills
expect_usage
expect_no_secrets
exec {SERVER_IN}>&-
wait "$SERVER_PID" || true
story_end
