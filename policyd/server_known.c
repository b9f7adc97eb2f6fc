/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_known.h"

#include <stdlib.h>
#include <string.h>

#include "common/pki/digest.h"

#include "policyd/ledger_read.h"

static enum auth_standing standing_of(const struct ledger_certificate *c)
{
    if (c->status == LEDGER_STATUS_HELD) {
        return AUTH_HELD;
    }
    if (c->status != LEDGER_STATUS_LIVE) {
        return AUTH_REVOKED;
    }
    if (!c->delivered || c->der.len == 0) {
        return AUTH_UNDELIVERED;
    }
    if (*c->account == '\0') {
        return AUTH_NOBODYS;
    }
    return AUTH_LIVE;
}

static bool copy(const char *text, char *out, size_t size, struct error *err)
{
    size_t len = strlen(text);

    if (len >= size) {
        return error_set(err, ERROR_INTERNAL,
                         "the ledger has an id or a principal of %zu octets", len);
    }
    memcpy(out, text, len + 1);
    return true;
}

static bool find(void *ctx, struct bytes serial, struct auth_known *out,
                 struct error *err)
{
    struct ledger_serial wanted;
    struct auth_known known = {0};
    AUTO(ledger_certificate) found = NULL;

    if (serial.len != sizeof(wanted.octets)) {
        return true; /* nothing that we signed (I2) */
    }
    memcpy(wanted.octets, serial.data, sizeof(wanted.octets));
    if (!ledger_certificate_get(ctx, &wanted, &found, err)) {
        return false;
    }
    if (found == NULL) {
        return true;
    }
    known.standing = standing_of(found);
    digest_sha256(found->der.data, found->der.len, known.sha256);
    if (!copy(found->account, known.account_id, sizeof(known.account_id), err) ||
        !copy(found->principal, known.principal, sizeof(known.principal), err)) {
        return false;
    }
    *out = known;
    return true;
}

struct auth_ledger server_known_port(struct ledger *ledger)
{
    return (struct auth_ledger){find, ledger};
}
