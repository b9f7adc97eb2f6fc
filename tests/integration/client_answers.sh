#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each verb of the client, each exit code and each state, for people and as the documents that
# schemas/json describes.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
# shellcheck source-path=SCRIPTDIR source=client_lib.sh
. "$(dirname -- "$0")/client_lib.sh"

SEEN=()

json_right() { # STATUS SCOPE VERB...: one right document on standard output, and that exit code
    local status=0
    "$2" --json "${@:3}" >"$STORY_DIR/answer" 2>"$STORY_DIR/noise" || status=$?
    cat "$STORY_DIR/noise"
    [[ $status == "$1" && ! -s $STORY_DIR/noise ]] || { echo "exit status $status" && return 1; }
    right "$STORY_DIR/answer"
}

right() { # FILE
    python3 -W ignore "$REPO/tests/integration/json_check.py" "$REPO/schemas/json" <"$1"
}

expect_json() { # SCHEMA STATUS SCOPE VERB...
    SEEN+=("autoenroll-client.$1.1")
    expect_output "'${*:4}' as a document: $1, exit status $2" "^autoenroll-client.$1.1 is right, [1-9]" json_right "${@:2}"
}

says() { # PYTHON-EXPRESSION on the last document, d
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$STORY_DIR/answer" "$1"
}

expect_says() { # SENTENCE EXPRESSION
    expect "$1" says "$2"
}

# ---- what works ----------------------------------------------------------------------------

expect_answers() {
    expect_json status 0 machine status
    expect_says "there is none" 'd["certificates"] == [] and d["scope"] == "system"'
    expect_json status 0 machine run
    expect_says "it was issued" 'd["certificates"][0]["event"] == "issued" and d["certificates"][0]["state"] == "healthy"'
    expect_says "and the server has heard of it" 'd["reported"] is True'
    expect_json status 0 machine renew --all
    expect_says "it was renewed" '[c["event"] for c in d["certificates"]] == ["renewed"]'
    expect_json explain 0 machine explain WebServer
    expect_says "of what is not there only the template is known" 'd["explained"][0]["certificate"] is None'
    expect_json status 0 machine enroll WebServer
    expect_json status 0 machine renew --all
    expect_says "both were renewed, and one document says so" '[c["event"] for c in d["certificates"]] == ["renewed"] * 2'
    expect_json status 0 machine renew Machine
    expect_json templates 0 machine templates
    expect_says "each has its reason" 'all(t["enroll"] or t["reason"] for t in d["templates"])'
    expect_json explain 0 machine explain Machine
    expect_says "it is one" 'len(d["explained"]) == 1 and d["explained"][0]["template"]["name"] == "Machine"'
    expect_json explain 0 machine explain
    expect_json error 1 machine explain Nonsense
    expect_exit "for people, too" 1 "nothing is known of 'Nonsense'" machine explain Nonsense
    expect_exit "of what is there they read why, and where it is" 0 '^  where +/.*/certs/Machine/current$' machine explain Machine
    verdict "with its state" printed '^  state +healthy$'
    verdict "and what the server says of its template" printed '^  may enroll +yes$'
    verdict "and of no other" test 1 -eq "$(grep -c '^[^ ]' "$STORY_DIR/output")"
    expect_output "status.json is such a document, too" '^autoenroll-client.status.1 is right' right "$STORY_DIR/machine/status.json"
    expect_exit "quiet is quiet" 0 '' machine --quiet run
    expect_equal "indeed" "" "$(<"$STORY_DIR/output")"
}

# ---- what does not -------------------------------------------------------------------------

expect_refusals() {
    expect_json error 2 machine statsu
    expect_says "with the nearest verb" '"status" in d["why"]'
    expect_json error 2 machine run Machine
    expect_json error 2 machine --nonsense run
    expect_json error 2 machine --jsno run
    expect_says "with the nearest flag" "'--json' in d['why']"
    full() { machine "$@" >/dev/full; }
    expect_exit "an answer that nobody gets is none" 1 'the answer could not be written: No space left' full status
    expect_json status 4 machine --server https://localhost:1 run
    expect_says "and why" '"localhost:1" in d["note"] and d["exit_code"] == 4'
    expect_says "and nobody has heard of it" 'd["reported"] is False'
    expect_json status 6 machine enroll Nonsense
    cp "$STORY_DIR/autoenroll.conf" "$STORY_DIR/right.conf"
    sed -i 's,^ca = .*,ca = /nonexistent,' "$STORY_DIR/autoenroll.conf"
    expect_json status 3 machine run
    expect_says "and why" '"/nonexistent" in d["note"]'
    cp "$STORY_DIR/machine/status.json" "$STORY_DIR/answer"
    expect_says "whoever monitors the host reads it, too" 'd["exit_code"] == 3 and "/nonexistent" in d["note"]'
    cp "$STORY_DIR/right.conf" "$STORY_DIR/autoenroll.conf"
    sed -i 's,^keytab.*,keytab = /nonexistent,' "$STORY_DIR/autoenroll.conf"
    expect_json status 5 machine run
    expect_says "and why" '"/nonexistent" in d["note"]'
    echo nonsense >>"$STORY_DIR/autoenroll.conf"
    expect_json error 3 machine run
    expect_says "and where" '"autoenroll.conf:" in d["why"]'
    cp "$STORY_DIR/right.conf" "$STORY_DIR/autoenroll.conf"
    expect_json status 0 user run
    expect_says "a user without a ticket waits for one" '"waits for a Kerberos ticket" in d["note"]'
    expect_json status 5 user enroll User
    expect_says "whoever asks by name is told how to get one" '"kinit gets one" in d["note"]'
    expect_json templates 5 user templates
    expect_says "and has no list" 'd["templates"] == []'
}

# root in somebody else's home would go wherever that one's links lead.
expect_own_home() {
    local home=$STORY_DIR/home
    if ((EUID != 0)); then
        skip "root keeps out of others' homes" "this is not root"
        return
    fi
    mkdir "$home" && chown 65534 "$home"
    grep -v '^store = .*/user$' "$STORY_DIR/autoenroll.conf" >"$STORY_DIR/home.conf"
    at_home() { "$LAB" exec "$PLACE" -- env HOME="$home" "$CLIENT" --user --config "$STORY_DIR/home.conf" status; }
    expect_exit "root keeps out of others' homes" 3 "HOME is '$home', which is not root's" at_home
    expect_equal "and leaves nothing there" "" "$(ls -A "$home")"
    chown 0 "$home"
    expect_exit "and may have a home itself" 0 'no certificates' at_home
    for mode in 775 757 1777; do
        chmod "$mode" "$home"
        expect_exit "but none that others may write ($mode)" 3 "HOME is '$home', which others may write" at_home
    done
    expect_equal "and leaves nothing there, either" "" "$(ls -A "$home")"
    chmod 755 "$home"
    expect_exit "whoever may only read it is no harm" 0 'no certificates' at_home
    rmdir "$home"
    expect_exit "what is not there is not taken for fine" 3 "HOME is '$home', which cannot be looked at: No such file" at_home
}

# Whoever can exchange a directory on the way could lead a run to keys of his own.
expect_safe_way() {
    local conf=$STORY_DIR/way.conf way=$STORY_DIR/way
    mkdir "$way"
    sed "s,^store = .*/user\$,store = $way/in/store," "$STORY_DIR/autoenroll.conf" >"$conf"
    on_the_way() { "$LAB" exec "$PLACE" -- "$CLIENT" --user --config "$conf" "$@"; }
    chmod 777 "$way"
    expect_json status 1 on_the_way run
    expect_says "a store in what anybody may write is refused" '"anybody may write" in d["note"] and "chmod o-w" in d["note"]'
    expect_equal "and nothing is made there" "" "$(ls -A "$way")"
    chmod 1777 "$way"
    expect_json status 0 on_the_way run
    expect_says "in a sticky one, like /tmp, it is none of anybody's" '"waits for a Kerberos ticket" in d["note"]'
    sed -i 's,^store = .*/in/store$,store = in/store,' "$conf"
    expect_json error 3 on_the_way run
    expect_says "one that depends on where one stands is no store" "'does not begin with' in d['why']"
}

# Some worked, some failed: the key of one cannot be put down.
expect_parts() {
    local web=$STORY_DIR/machine/certs/WebServer
    mv "$web" "$STORY_DIR/kept" && : >"$web"
    expect_json status 0 machine run
    expect_says "what is no directory is broken, and stops no other" \
        '{c["name"]: c["state"] for c in d["certificates"]} == {"Machine": "healthy", "WebServer": "broken"}'
    expect_json status 1 machine enroll WebServer
    expect_says "nor can it be mended like that" 'any("certs" in c["failure"] or "directory" in c["failure"] for c in d["certificates"])'
    rm "$web" && mv "$STORY_DIR/kept" "$web"
    : >"$STORY_DIR/machine/certs/stray"
    expect_json status 0 machine run
    expect_says "what has no template's name, either, and nobody has refused it" \
        '{c["name"]: c["state"] for c in d["certificates"]} == {"Machine": "healthy", "WebServer": "healthy", "stray": "broken"}'
    rm "$STORY_DIR/machine/certs/stray"
    expect_exit "what is mended is well" 0 '^WebServer +healthy' machine run
    mkdir -p "$STORY_DIR/machine/pending/WebServer.pem/in-the-way"
    expect_json status 8 machine renew --all
    expect_says "one of them" 'sorted(c["event"] for c in d["certificates"]) == ["", "renewed"]'
    rm -r "$STORY_DIR/machine/pending/WebServer.pem"
    expect_exit "the other one follows" 0 '^WebServer +renewed' machine renew WebServer
    mkdir -p "$STORY_DIR/hooks/deploy.d"
    printf '#!/bin/sh\nexit 3\n' >"$STORY_DIR/hooks/deploy.d/fail"
    chmod 755 "$STORY_DIR/hooks" "$STORY_DIR/hooks/deploy.d" "$STORY_DIR/hooks/deploy.d/fail"
    expect_json status 9 machine renew --all
    expect_exit "a hook that failed is a state" 14 '^Machine +broken' machine --exit-code status
    rm "$STORY_DIR/hooks/deploy.d/fail"
    expect_exit "the next renewal mends it" 0 '^Machine +renewed' machine renew --all
}

# ---- states as exit codes ------------------------------------------------------------------

expect_state() { # STATUS STATE SCOPE TEMPLATE
    expect_exit "$2 is $1" "$1" "^$4 +$2" "$3" --exit-code status
    expect_json status "$1" "$3" --exit-code status
    expect_says "as the document has it" "'$2' in [c['state'] for c in d['certificates']]"
}

# By the number that people were told: the line that it belongs to, and no other.
expect_explained_request() {
    local id
    expect_json explain 0 user explain Held
    id=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["explained"][0]["certificate"]["request"])' "$STORY_DIR/answer")
    expect "it has a number" test "${id#R-}" != "$id"
    expect_json explain 0 user explain "$id"
    expect_says "the number leads to it alone" '[e["name"] for e in d["explained"]] == ["Held"]'
    expect_says "and says what it waits for" 'd["explained"][0]["certificate"]["state"] == "pending" and d["explained"][0]["reason"] == "HELD"'
    expect_exit "people read it, too" 0 "^  request +$id\$" user explain "$id"
    verdict "under its template's name" printed '^Held$'
    verdict "with nothing said twice" test 0 -eq "$(grep -c '^  last failure' "$STORY_DIR/output")"
    verdict "and nothing else" test 1 -eq "$(grep -c '^[^ ]' "$STORY_DIR/output")"
    expect_json error 1 user explain "${id}0"
    expect_exit "another number is unknown" 1 "nothing is known of '${id}0'" user explain "${id}0"
}

expect_states() {
    expect_state 0 healthy machine Machine
    expect "another user logs in" login USER1
    expect_json status 0 user run
    expect_json status 7 user enroll Held
    expect_says "it waits, under a number" 'any(c["state"] == "pending" and c["request"] for c in d["certificates"])'
    expect_state 12 pending user Held
    expect_explained_request
    rm -r "$STORY_DIR/user"
    expect "who may not logs in" login USER2
    expect_json status 6 user enroll User
    expect_says "for this reason" 'd["certificates"][0]["reason"] == "NO_ENROLL"'
    mv "$STORY_DIR/machine/certs/Machine/current/key.pem" "$STORY_DIR/key.pem"
    expect_state 14 broken machine Machine
    mv "$STORY_DIR/key.pem" "$STORY_DIR/machine/certs/Machine/current/key.pem"
    edit_template Machine <<<"add: autoenrollDeny
autoenrollDeny: ou=computers,$(lab_value "$PLACE" LAB_BASE)" >/dev/null
    expect "a right is taken away" wait_for "$PATIENCE" told machine '^Machine .* no '
    expect_json status 6 machine run
    expect_state 13 denied machine Machine
    expect_json explain 0 machine explain Machine
    expect_says "with who can help" 'd["explained"][0]["reason"] == "NO_ENROLL" and d["explained"][0]["who_can_help"]'
    edit_template Machine <<<'delete: autoenrollDeny' >/dev/null
    expect "and given back" wait_for "$PATIENCE" told machine '^Machine .* automatic'
    expect_json status 0 machine run
    if ! clock_can_move; then
        skip "due is 10, expired is 11" "the clock cannot be moved"
        return
    fi
    later() { faketime -f "$1" "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "${@:2}"; }
    in_330_days() { later +330d "$@"; }
    in_366_days() { later +366d "$@"; }
    expect_state 10 due in_330_days Machine
    expect_state 11 expired in_366_days Machine
}

expect "a lab comes up" up_lab "$PLACE"
client_conf
expect_answers
expect_refusals
expect_own_home
expect_safe_way
expect_parts
expect_states
for schema in "$REPO"/schemas/json/autoenroll-client.*.json; do
    name=$(basename "$schema" .json)
    expect "$name was seen" grep -qxF "$name" <(printf '%s\n' "${SEEN[@]}")
done
story_end
