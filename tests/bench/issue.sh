#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/bench/issue.sh [COUNT]: bench_issue with a policyd-signer of its own, in $TMPDIR or /tmp.
# Prints figures and asserts nothing. BUILD_DIR: the programs; an optimised build without sanitizers.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname -- "$0")/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/signer_lib.sh
. "$REPO/tests/integration/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/issue_lib.sh
. "$REPO/tests/integration/issue_lib.sh"

issue_configure
issue_start_signer
"$BUILD_DIR/tests/bench/bench_issue" "$ISSUE_SIGNER/signer.sock" "$ISSUE_DIR" "$SIGNER_PID" "${@:1:1}" \
    2>"$STORY_DIR/errors" || { show <"$STORY_DIR/errors"; exit 1; }
signer_stop
signer_end >/dev/null
