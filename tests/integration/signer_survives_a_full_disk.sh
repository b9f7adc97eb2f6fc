#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A journal without room, and one whose disk fails: nothing is signed without its record (I1),
# status says why, and it goes on by itself when there is room, after a restart when a sync failed.
# shellcheck disable=SC2119 # these functions' arguments are a choice
if [[ $(id -u) == 0 && ${FULL_DISK_NAMESPACE:-} != yes ]] && unshare -m true 2>/dev/null; then
    exec env FULL_DISK_NAMESPACE=yes unshare -m --propagation private "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=alone_lib.sh
. "$(dirname -- "$0")/alone_lib.sh"

openssl ecparam -name prime256v1 -genkey -noout -out "$STORY_DIR/key"
openssl pkey -in "$STORY_DIR/key" -pubout -outform DER -out "$STORY_DIR/spki"
: >"$STORY_DIR/issued"
issue() { # a serial that a caller received
    alone_ask issue machine "$STORY_DIR/spki" "$STORY_DIR/crt" | tee -a "$STORY_DIR/said" &&
        openssl x509 -in "$STORY_DIR/crt" -noout -serial >>"$STORY_DIR/issued" &&
        rm "$STORY_DIR/crt"
}
status_of() { # NAME
    alone_ask status | sed -n "s/^$1=//p"
}
records_of() { # TYPE: how many the journal has
    alone_ask tail | grep -c " $1\$" || true
}
# I1: a result for each certificate that was received, an intent for each result.
nothing_is_lost() {
    local received results intents
    received=$(wc -l <"$STORY_DIR/issued")
    results=$(records_of result) intents=$(records_of intent)
    echo "$received certificates, $results results, $intents intents"
    ((received <= results && results <= intents)) && [[ -z $(sort "$STORY_DIR/issued" | uniq -d) ]]
}

# ---- no room -------------------------------------------------------------------------------
fill() { # OCTETS that are left
    rm -f "$JOURNAL/filler"
    cat /dev/zero >"$JOURNAL/filler" 2>/dev/null || true # until there is no room
    truncate -s "-$1" "$JOURNAL/filler"
}
issue_until_refused() {
    local i
    for ((i = 0; i < 30; i++)); do issue || return 0; done
    return 1
}

if [[ ${FULL_DISK_NAMESPACE:-} == yes ]]; then
    mkdir -p "$JOURNAL"
    mount -t tmpfs -o size=1m,mode=700 tmpfs "$JOURNAL"
    alone_configure
    expect "the signer starts" alone_start
    expect "it signs while there is room" issue
    for left in 0 4096 8192 12288; do
        fill "$left"
        expect_output "with $left octets left, it signs until there is no room" \
            '^REFUSED JOURNAL .*No space left' issue_until_refused
        signed=$(status_of certificates_signed) refused=$(wc -l <"$STORY_DIR/issued")
        expect_exit "then nothing is signed" 1 '^REFUSED JOURNAL' issue
        expect_exit "neither is a revocation taken" 1 '^REFUSED JOURNAL' alone_ask revoke 4000
        expect_equal "and no key was used" "$signed $refused" \
            "$(status_of certificates_signed) $(wc -l <"$STORY_DIR/issued")"
        expect_output "status says why" '^journal_problem=.*No space left' alone_ask status
        expect "what is recorded can be read" alone_ask tail
        rm "$JOURNAL/filler"
        expect "it signs again by itself when there is room" wait_for "$PATIENCE" issue
        expect_equal "and status has no problem" "" "$(status_of journal_problem)"
        expect "every certificate is recorded" nothing_is_lost
    done
    expect "the signer ends" signer_stop
    expect_output "the chain is whole, torn ends chained over" 'chain is whole' alone_audit

    fill 0
    expect "it starts on a full disk, too" alone_start
    expect_exit "signs nothing" 1 '^REFUSED JOURNAL' issue
    expect_output "says why" '^journal_problem=.*No space left' alone_ask status
    rm "$JOURNAL/filler"
    expect "and signs when there is room" wait_for "$PATIENCE" issue
    expect "the signer ends once more" signer_stop
    expect_output "the chain is whole" 'chain is whole' alone_audit
    umount -l "$JOURNAL"
    rm -rf "$SIGNER_DIR" "$STORY_DIR/issued"
else
    skip "a journal without room" "only root can mount a small file system"
fi

# ---- a disk that fails ---------------------------------------------------------------------
if ! strace -o "$STORY_DIR/probe" true 2>/dev/null; then
    skip "a disk that fails" "processes cannot be traced here"
    signer_end
    exit
fi
: >"$STORY_DIR/issued"
alone_configure
# The call made instead must be one that the sandbox lets through; and who is traced cannot look
# for leaks.
traced() { # CALL WHEN: it fails with EIO
    alone_start env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -D -f -qq -o "$STORY_DIR/trace" -e "trace=$1" \
        -e "inject=$1:error=EIO:syscall=getpid:when=$2"
}
failed_once() { grep -q INJECTED "$STORY_DIR/trace"; }

# The first two are of opening the journal, which is tried again as a whole.
for n in 1 2 3 4 6; do
    expect "the signer starts; its sync $n will fail" traced fdatasync "$n"
    for i in 1 2 3 4; do issue >/dev/null 2>&1 || true; done
    expect "it did" failed_once
    if ((n <= 2)); then
        expect "it signs when the journal could be opened" wait_for "$PATIENCE" issue
        expect "the signer ends" signer_stop
        continue
    fi
    expect_exit "nothing is signed any more" 1 '^REFUSED JOURNAL' issue
    # it asks a journal without room once a second
    expect_failure "though the disk is well again" '' wait_for 3 issue
    expect_output "status says that a sync failed" '^failed=1' alone_ask status
    expect_output "status says why" '^journal_problem=.*(sync|journal)' alone_ask status
    expect "the signer ends, which a service manager would do" signer_stop
    expect "and starts" alone_start
    expect "it signs again" issue
    expect "every certificate is recorded" nothing_is_lost
    expect "the signer ends" signer_stop
    expect_output "the chain is whole" 'chain is whole' alone_audit
done
for n in 1 2 3 5; do
    expect "the signer starts; its write $n will fail" traced pwrite64 "$n"
    for i in 1 2 3 4; do issue >/dev/null 2>&1 || true; done
    expect "it did" failed_once
    expect "it signs again by itself" wait_for "$PATIENCE" issue
    expect_equal "and status has no problem" "" "$(status_of journal_problem)"
    expect "every certificate is recorded" nothing_is_lost
    expect "the signer ends" signer_stop
    expect_output "the chain is whole" 'chain is whole' alone_audit
done
signer_end
