#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ./demo.sh does what it says and what README shows of it, and leaves nothing; with --keep it leaves
# a domain that goes on.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=document_lib.sh
. "$(dirname -- "$0")/document_lib.sh"

# What it may take after packages and build: forty times what it takes on a quiet machine.
DEMO_MAX_S=180

# Lines that one reads through in a few minutes; half more than it had when this was written.
DEMO_MAX_LINES=210

# expect_quick: what the demo says of how long it took.
expect_quick() {
    local took
    took=$(sed -n 's/^All of it worked, in \([0-9]*\) s.*/\1/p' "$STORY_DIR/output")
    echo "# ${took:-?} s"
    verdict "it took less than $DEMO_MAX_S s after packages and build" test "${took:-$DEMO_MAX_S}" -lt "$DEMO_MAX_S"
}

clock_can_move || story_skip_all "the demo moves the clock, which a sanitizer build cannot"
expect_output "the demo works" '^All of it worked' env TMPDIR="$STORY_DIR" "$REPO/demo.sh"
expect_quick
for said in 'WebServer .* issues' 'Machine +issued' 'Machine +healthy' 'User +issued' 'User +denied +NO_ENROLL' \
    'WebServer +pending' 'a Kerberos ticket of his own' 'request is approved' 'WebServer +issued' \
    'User +denied +RULE_DENIED' 'What would change' 'Machine +renewed' 'Key Compromise' \
    'The chain is whole' 'What to try next'; do
    verdict "it has shown: $said" printed "$said"
done
cp "$STORY_DIR/output" "$STORY_DIR/shown"
echo "# $(wc -l <"$STORY_DIR/shown") lines"
verdict "it is short enough to be read" test "$(wc -l <"$STORY_DIR/shown")" -le "$DEMO_MAX_LINES"

# README: its transcript is what was shown, and its commands are those that are run.
expect "README's commands and transcripts are marked" document_blocks "$REPO/README.md" "$STORY_DIR/readme"
for block in "$STORY_DIR"/readme/*; do
    case $(head -n 1 "$block") in
    'shown by: demo_works')
        expect "README shows what the demo shows" document_matches "$block" "$(<"$STORY_DIR/shown")"
        ;;
    'run: demo_works')
        expect_equal "README names the demo" ./demo.sh "$(tail -n +2 "$block")"
        ;;
    'run: builds_and_tests') # by whoever runs this test, and by installs_what_it_should
        expect_equal "README names what builds, tests and installs" \
            './test.sh --setup;./test.sh;cmake --install build' "$(tail -n +2 "$block" | paste -sd';')"
        ;;
    *) story_result "not ok" "$(head -n 1 "$block"): nothing runs that" ;;
    esac
done
rm -rf "$STORY_DIR/readme" "$STORY_DIR/shown"
expect_equal "nothing is left of it" "" "$(find "$STORY_DIR" -mindepth 1 ! -name output)"
expect_equal "nor runs" "" "$(processes_of "$STORY_DIR/autoenroll")"
expect_exit "it knows no other option" 2 'demo.sh --keep' "$REPO/demo.sh" --kep

expect_output "with --keep it works, too" 'The domain stays up' \
    env TMPDIR="$STORY_DIR" "$REPO/demo.sh" --keep
place=$(find "$STORY_DIR" -maxdepth 1 -name 'autoenroll-demo-*')
STORY_LABS+=("$place")
expect "and leaves the domain" "$LAB" status "$place"
expect_output "in which the client has what it needs" '^Machine' \
    "$LAB" exec "$place" -- sh -c '$CLIENT --system status'
in_demo() { "$LAB" exec "$place" -- bash -c "$1"; }
expect_output "what it says is worth trying works: explain" '^User$' \
    in_demo 'kinit -k -t $USER1_KEYTAB $USER1 && $CLIENT --user explain'
expect_output "the lists" 'R-[0-9A-Z]+ .*\bUser\b' in_demo '$POLICYCTL request list && $POLICYCTL audit tail'
expect_exit "freeze" 4 'FROZEN' in_demo '$POLICYCTL freeze --yes && $CLIENT --system renew Machine'
expect_output "and thaw" '^Machine +renewed' in_demo '$POLICYCTL thaw && $CLIENT --system renew Machine'
expect "which can be taken down" "$LAB" down "$place"
story_end
