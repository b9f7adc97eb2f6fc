#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ./demo.sh does what it says and leaves nothing; with --keep it leaves a domain that goes on.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

clock_can_move || story_skip_all "the demo moves the clock, which a sanitizer build cannot"
expect_output "the demo works" '^All of it worked' env TMPDIR="$STORY_DIR" "$REPO/demo.sh"
for said in 'Machine +issued' 'Machine +healthy' 'User +issued' 'User +denied +NO_ENROLL' \
    'Machine +renewed' 'Key Compromise' 'The chain is whole'; do
    verdict "it has shown: $said" printed "$said"
done
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
expect "which can be taken down" "$LAB" down "$place"
story_end
