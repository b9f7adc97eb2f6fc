#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a running signer could do, and what lies in its memory (I8).
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=signer_lib.sh
. "$(dirname -- "$0")/signer_lib.sh"
# shellcheck source-path=SCRIPTDIR source=alone_lib.sh
. "$(dirname -- "$0")/alone_lib.sh"

alone_configure
exec {inherited}<"$0" # which it must not keep
expect "the signer starts" alone_start
expect_output "this shell has what it could have inherited" signer_is_confined \
    readlink "/proc/$$/fd/$inherited"
exec {inherited}<&-
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$STORY_DIR/key"
openssl pkey -in "$STORY_DIR/key" -pubout -outform DER -out "$STORY_DIR/spki"
expect "it signs a certificate" alone_ask issue machine "$STORY_DIR/spki" "$STORY_DIR/crt"

# ---- what it may do; that the filter stops each forbidden call is unit.sandbox's -----------
PROC=/proc/$SIGNER_PID
expect_output "its system calls are filtered" '^Seccomp:[[:space:]]+2$' cat "$PROC/status"
expect_output "it can gain no privileges" '^NoNewPrivs:[[:space:]]+1$' cat "$PROC/status"
expect_output "it has one thread" '^Threads:[[:space:]]+1$' cat "$PROC/status"
expect_output "while this shell is not filtered" '^Seccomp:[[:space:]]+0$' cat /proc/self/status
expect_output "it leaves no core" '^Max core file size +0 +0 ' cat "$PROC/limits"
expect_output "it can make no process" '^Max processes +0 +0 ' cat "$PROC/limits"

# What is open: the socket it serves and its lock, the journal, the checkpoints' directory.
opened() {
    local fd
    for fd in "$PROC"/fd/*; do
        ((${fd##*/} > 2)) && readlink "$fd" || true
    done
}
expect_equal "one socket is open" 1 "$(opened | grep -c '^socket:')"
expect_equal "and nothing outside of its own directories" "" \
    "$(opened | grep -vE "^(socket:|$SIGNER_DIR/)" || true)"
no_secrets() {
    ! tr '\0' '\n' <"$PROC/$1" | grep -F -e "$(cat "$SIGNER_DIR/ca/lab.passphrase")"
}
expect "its arguments have no passphrase" no_secrets cmdline
expect "nor has its environment" no_secrets environ
expect "nor what it logged" bash -c '! grep -qF -f "$1" "$2"' - "$SIGNER_DIR/ca/lab.passphrase" \
    "$SIGNER_DIR/log"

# ---- its memory ----------------------------------------------------------------------------
# search NAME=HEX...: how often each lies in the process's writable memory.
search() {
    python3 - "$SIGNER_PID" "$@" <<'EOT'
import re, sys
wanted = {name: bytes.fromhex(text) for name, text in (a.split("=") for a in sys.argv[2:])}
found = dict.fromkeys(wanted, 0)
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        begin, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
        if "w" not in rights:
            continue
        mem.seek(int(begin, 16))
        try:
            data = mem.read(int(end, 16) - int(begin, 16))
        except OSError:
            continue
        for name, octets in wanted.items():
            found[name] += data.count(octets)
for name, count in found.items():
    print(name, count)
EOT
}

secret() { # of the issuing CA's key, 64 digits
    openssl pkey -in "$SIGNER_DIR/ca/lab.key" -passin "file:$SIGNER_DIR/ca/lab.passphrase" -text \
        -noout | sed -n '/^priv:/,/^pub:/p' | grep -oE '[0-9a-f]{2}:?' | tr -d ':\n' |
        sed 's/^\(00\)*\(.\{64\}\)$/\2/'
}
reversed() { fold -w2 <<<"$1" | tac | tr -d '\n'; }
hex() { od -An -v -tx1 | tr -d ' \n'; }

if grep -q '^SANITIZE:BOOL=ON' "$BUILD_DIR/CMakeCache.txt"; then
    skip "what lies in its memory" "a sanitizer keeps what was freed"
elif ! head -c 1 "$PROC/auxv" >/dev/null 2>&1 || ((EUID != 0)); then
    skip "what lies in its memory" "only root may look"
else
    key=$(secret)
    der=$(openssl pkey -in "$SIGNER_DIR/ca/lab.key" -outform DER \
        -passin "file:$SIGNER_DIR/ca/lab.passphrase" | base64 -w0)
    expect_equal "the key was read for this test" 64 "${#key}"
    run search "passphrase=$(tr -d '\n' <"$SIGNER_DIR/ca/lab.passphrase" | hex)" \
        "octets=$key" "number=$(reversed "$key")" "text=$(printf %s "${der:48:24}" | hex)" \
        "name=$(printf %s "Story Issuing CA" | hex)"
    verdict "the search finds what is there: the CA's name" printed '^name [1-9]'
    verdict "and the key as OpenSSL's number, which signs" printed '^number [1-9]'
    verdict "the passphrase is nowhere" printed '^passphrase 0$'
    verdict "the key is nowhere as it stood in its file" printed '^octets 0$'
    verdict "nor as text" printed '^text 0$'
    show <"$STORY_DIR/output"
fi
expect "the signer ends" signer_stop
signer_end
