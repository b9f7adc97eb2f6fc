#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policyd starts whatever is missing or broken, issues nothing, and says why and what to run (I9).
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"

again() { # restarts policyd with another environment of configuration
    [[ -z $POLICYD_PID ]] || policyd_stop || true
    policyd_configure
    policyd_start
}

# No signer, no CA, no public directory.
expect "policyd starts without a signer" again
expect_output "status says that the signer is away and how to start it" \
    'policyd-signer is away.*"run":"systemctl start policyd-signer"' policyd_ask /v1/status
expect_output "and that nothing is issued" '"state":"not issuing"' policyd_ask /v1/status
expect_output "it lives all the same" alive policyd_plain /healthz
expect_failure "but is not ready" 'policyd-signer is away' policyd_plain /readyz
expect_failure "on the admin socket neither" '"status":503' policyd_ask /readyz
expect_failure "an order to the signer gets a clear 503" '"reason":"SIGNER"' \
    policyd_ask /v1/freeze -X POST
expect_output "the ledger can be read" '"certificates":\[\],"next":null' policyd_ask /v1/certificates
expect_output "there are no core dumps" '^Max core file size +0 +0' cat "/proc/$POLICYD_PID/limits"
expect_equal "files are for its user alone" "-rw-------" \
    "$(stat -c %A "$POLICYD_DIR/ledger.db")"
expect_equal "everybody may reach the admin socket" "srw-rw-rw-" \
    "$(stat -c %A "$POLICYD_DIR/admin.sock")"

expect_exit "a second policyd does not take the socket away" 1 'another process' \
    "$POLICYD" -c "$POLICYD_CONF"
expect "the first still serves it" policyd_ask /v1/status
kill -KILL "$POLICYD_PID"
wait "$POLICYD_PID" 2>/dev/null || true
POLICYD_PID=''
expect "after a kill -9 it starts again in the same place" again

# The ledger.
policyd_stop || true
POLICYD_PID=''
cp "$POLICYD_DIR/ledger.db" "$POLICYD_DIR/good.db"
rm -f "$POLICYD_DIR"/ledger.db-*
head -c 20000 /dev/urandom >"$POLICYD_DIR/ledger.db"
expect "policyd starts with a damaged ledger" again
expect_output "status says so and what to run" \
    '"state":"damaged".*"run":"policyctl ledger rebuild"' policyd_ask /v1/status
expect_failure "reading it gets a clear 503" '"reason":"STORE"' policyd_ask /v1/certificates
policyd_stop || true
POLICYD_PID=''
cp "$POLICYD_DIR/good.db" "$POLICYD_DIR/ledger.db"
sqlite3 "$POLICYD_DIR/ledger.db" 'PRAGMA user_version = 999;'
expect "policyd starts with the ledger of a newer program" again
expect_output "status says that it is only read" '"state":"read only"' policyd_ask /v1/status
expect "and it is" policyd_ask /v1/certificates
LEDGER=$POLICYD_DIR/none/ledger.db
expect "policyd starts without a directory for the ledger" again
expect_output "status says that it is away" '"state":"away"' policyd_ask /v1/status
unset LEDGER

# The one thing that must not be missing: what keeps root's rights from whoever breaks in.
# CALL COMMAND...: the kernel answers CALL with EPERM.
refusing=(/usr/bin/python3 -c 'import ctypes, os, sys
calls = ctypes.CDLL("libseccomp.so.2")
calls.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(calls.seccomp_init(0x7fff0000))
call = calls.seccomp_syscall_resolve_name(sys.argv[1].encode())
assert calls.seccomp_rule_add(context, 0x00050001, call, 0) == 0
assert calls.seccomp_load(context) == 0
os.execvp(sys.argv[2], sys.argv[2:])')
policyd_stop || true
POLICYD_PID=''
policyd_configure
expect_exit "policyd does not start with rights that it cannot give up" 1 \
    'policyd.failed .*giving up rights: those in force' \
    "${refusing[@]}" capset timeout "$PATIENCE" "$POLICYD" -c "$POLICYD_CONF"
policyd_configure
expect "without some other call it does" policyd_start "${refusing[@]}" acct
policyd_stop || true
POLICYD_PID=''

# The plain listener.
cp "$POLICYD_DIR/good.db" "$POLICYD_DIR/ledger.db"
PLAIN_PORT=1 # nobody may have it but root
if ((EUID != 0)); then
    expect "policyd starts without a right to its port" again
    expect_output "status says so" 'listening at 127.0.0.1 port 1' policyd_ask /v1/status
else
    skip "policyd starts without a right to its port" "root has it"
fi
unset PLAIN_PORT

# A port that takes a right, and what is left of root's rights.
free_low_port() { # one that is taken in between fails the story's next line, which tries another
    /usr/bin/python3 - <<'X'
import random, socket
while True:
    try:
        with socket.create_server(("127.0.0.1", random.randint(600, 1023))) as s:
            print(s.getsockname()[1])
            break
    except OSError:
        pass
X
}
on_low_port() { # PREFIX...: policyd listens at such a port, under PREFIX
    local try
    for try in 1 2 3 4 5; do
        PLAIN_PORT=$(free_low_port)
        [[ -z $POLICYD_PID ]] || policyd_stop || true
        policyd_configure
        policyd_start "$@" || return 1
        [[ $(policyd_port) != "$PLAIN_PORT" ]] || return 0
        echo "port $PLAIN_PORT is not free (try $try)"
    done
    return 1
}
if ((EUID == 0)); then
    expect "policyd as root listens at a port below 1024" on_low_port
    expect_output "where it answers" alive policyd_plain /healthz
    expect_equal "no thread of it has any right of root then" "0000000000000000" \
        "$(rights_of "$POLICYD_PID" 'Cap.*')"
    kill -HUP "$POLICYD_PID"
    expect "it is reloaded" wait_for 60 grep -qE 'config\.(reloaded|kept)' "$POLICYD_DIR/log"
    expect_output "and listens as before" alive policyd_plain /healthz

    # As its unit starts it: a user without rights, but for that one.
    like_the_unit=(setpriv --reuid=64999 --regid=64999 --clear-groups
        --bounding-set='-all,+net_bind_service' --inh-caps='-all,+net_bind_service'
        --ambient-caps=+net_bind_service)
    expect_output "a program that is started so passes its right on" 'CapAmb:.*400' \
        "${like_the_unit[@]}" grep CapAmb /proc/self/status
    policyd_stop || true
    POLICYD_PID=''
    chown -R 64999:64999 "$POLICYD_DIR"
    expect "policyd listens at such a port" on_low_port "${like_the_unit[@]}"
    expect_output "where it answers" alive policyd_plain /healthz
    expect_equal "no thread of it has it afterwards, or passes it on" "0000000000000000" \
        "$(rights_of "$POLICYD_PID" 'Cap(Inh|Prm|Eff|Amb)')"
    policyd_stop || true
    POLICYD_PID=''
    chown -R 0:0 "$POLICYD_DIR"

    # A port that is not free yet: the right to it stays, and nothing else does.
    PLAIN_PORT=$(free_low_port)
    /usr/bin/python3 -c 'import signal, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("here", flush=True)
signal.pause()' "$PLAIN_PORT" >"$STORY_DIR/holder" &
    holder=$!
    POLICYD_PIDS+=("$holder") # ends with the story
    run wait_for 60 grep -q here "$STORY_DIR/holder"
    expect "policyd starts while somebody else has its port" again
    expect_output "status says so" "listening at 127.0.0.1 port $PLAIN_PORT" policyd_ask /v1/status
    expect_equal "it keeps the right to that, which no program of its gets" "0000000000000000 0000000000000400" \
        "$(rights_of "$POLICYD_PID" 'Cap.*')"
    expect_equal "so nothing is passed on" "0000000000000000" "$(rights_of "$POLICYD_PID" 'Cap(Inh|Bnd|Amb)')"
    kill "$holder"
    run wait_for 60 policyd_plain /healthz
    expect_output "as soon as the port is free it listens there" alive policyd_plain /healthz
else
    skip "policyd gives root's rights up" "needs root"
fi
unset PLAIN_PORT
PLAIN_ADDRESS=192.0.2.1
expect "policyd starts without the plain listener's address" again
expect_output "status says what is wrong with it" 'listening at 192.0.2.1' policyd_ask /v1/status
policyd_end
