#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A ledger without room: nobody gets a certificate that is not in it, what was signed meanwhile is
# revoked, and issuing goes on when there is room.
if [[ $(id -u) == 0 && ${FULL_DISK_NAMESPACE:-} != yes ]] && unshare -m true 2>/dev/null; then
    exec env FULL_DISK_NAMESPACE=yes unshare -m --propagation private "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=issue_lib.sh
. "$(dirname -- "$0")/issue_lib.sh"
[[ ${FULL_DISK_NAMESPACE:-} == yes ]] ||
    story_skip_all "only root can mount a small file system"

MANY=1000000
SMALL=$STORY_DIR/small
has_said() { # PATTERN COUNT
    (($(issue_said "$1") >= $2))
}
fill() {
    cat /dev/zero >"$SMALL/filler" 2>/dev/null || true # until there is no room
}
sign() { # as `issue`, with the ledger on the small file system
    issue ledger="$SMALL/ledger.db" "$@"
}

issue_configure
expect "a signer with its CA starts" issue_start_signer
mkdir "$SMALL"
mount -t tmpfs -o size=16m,mode=700 tmpfs "$SMALL"
expect "certificates are issued while there is room" sign count=10

issue_launch ledger="$SMALL/ledger.db" count=$MANY threads=4
expect "many are issued" wait_for "$PATIENCE" has_said '^CERT ' 20
fill
expect "without room they are refused" wait_for "$PATIENCE" has_said '^REFUSED ' 5
before=$(issue_said '^CERT ')
wait "$ISSUE_PID" || true # the driver ends when it gets no number for a request
expect_equal "nobody gets a certificate then" "$before" "$(issue_said '^CERT ')"
expect_output "the reason is said" '^REFUSED STORE there is no room left for the ledger' \
    cat "$ISSUE_DIR/said"
issue_gather
rm "$SMALL/filler"
expect "they are issued again when there is room" sign count=20
expect "all is brought together" sign publish=yes show=yes
expect_equal "received, journal, ledger and CRL agree" "" "$(issue_judge)"
expect "the signer ends" signer_stop
umount -l "$SMALL"
signer_end
