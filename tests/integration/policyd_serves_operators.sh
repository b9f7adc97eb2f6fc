#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may operate over the admin socket, and what everybody may fetch over plain HTTP.
# shellcheck disable=SC2119 # these functions' arguments are a choice
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policyd_lib.sh
. "$(dirname -- "$0")/policyd_lib.sh"

STRANGER=$((60000 + SRANDOM % 5000))

as() { # UID GID GROUPS TARGET [CURL OPTION...]
    setpriv --reuid="$1" --regid="$2" "$3" --no-new-privs \
        curl -sS --fail-with-body --max-time "$PATIENCE" --unix-socket "$POLICYD_DIR/admin.sock" \
        "${@:5}" "http://policyd$4"
}

policyd_configure
expect "policyd starts" policyd_start
if ((EUID == 0)); then
    expect_output "root operates" '"policyd":' policyd_ask /v1/status
    expect_failure "another user does not, and reads why" \
        "NOT_OPERATOR.*uid $STRANGER is neither root nor a member" \
        as "$STRANGER" "$STRANGER" --clear-groups /v1/status
    expect_failure "nor with root's group as its own" NOT_OPERATOR \
        as "$STRANGER" 0 --clear-groups /v1/status
    expect_failure "nor with root's group among its own" NOT_OPERATOR \
        as "$STRANGER" "$STRANGER" --groups=0 /v1/freeze -X POST
    expect_output "but everybody may ask whether it lives" alive \
        as "$STRANGER" "$STRANGER" --clear-groups /healthz
    # daemon (uid 1) is in the group daemon on every Debian
    expect_failure "a member of no group that counts is refused" NOT_OPERATOR \
        as 1 1 --clear-groups /v1/status
    ADMIN_GROUP=daemon policyd_configure
    kill -HUP "$POLICYD_PID"
    expect "after a reload its group operates" wait_for "$PATIENCE" \
        as 1 "$STRANGER" --clear-groups /v1/status
    expect_failure "and a process with that group's id does not" NOT_OPERATOR \
        as "$STRANGER" 1 --groups=1 /v1/status
else
    expect_output "the user that policyd runs as operates" '"policyd":' policyd_ask /v1/status
    skip "another user does not" "there is only one user"
fi

echo crl >"$POLICYD_DIR/public/lab-1-0.crl"
echo secret >"$POLICYD_DIR/secret.crt"
ln -s ../secret.crt "$POLICYD_DIR/public/link.crt"
expect_output "a CRL is served with its type" '^application/pkix-crl$' \
    policyd_plain /lab-1-0.crl -o /dev/null -w '%{content_type}'
expect_output "HEAD gives its length and no body" '^Content-Length: 4.$' policyd_plain /lab-1-0.crl -I
for target in /none.crl / /link.crt /../secret.crt /%2e%2e/secret.crt '/..%2fsecret.crt' \
    /./lab-1-0.crl //lab-1-0.crl /.hidden.crl /lab-1-0.crl/ '/lab-1-0.crl%00' /v1/status; do
    expect_exit "$target is not served" 22 '' policyd_plain "$target" -o /dev/null
done
expect_exit "nothing can be sent there" 22 METHOD policyd_plain /lab-1-0.crl -d x
expect_equal "nobody is asked who he is" "" \
    "$(policyd_plain /v1/status -i 2>/dev/null | grep -i '^www-authenticate' || true)"
policyd_end
