/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/request_json.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"

#include "policyd/ledger_names.h"

void request_json_add_utc(struct json_writer *w, const char *key, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    if (utc == 0) {
        json_add_null(w, key);
        return;
    }
    utc_append(&text, utc);
    json_add_text(w, key, buf_text(&text));
}

void request_json_add_hex(struct json_writer *w, const char *key, const void *data,
                          size_t len)
{
    AUTO(buf) text = BUF_EMPTY;

    text_append_hex(&text, data, len);
    json_add_text(w, key, buf_text(&text));
}

enum ledger_request_state request_json_state(const struct ledger_request *request,
                                             int64_t now_utc)
{
    bool waits = request->state == LEDGER_REQUEST_HELD ||
                 request->state == LEDGER_REQUEST_APPROVED;

    return waits && request->expires_utc != 0 && request->expires_utc <= now_utc
               ? LEDGER_REQUEST_EXPIRED
               : request->state;
}

static void add_groups(struct json_writer *w, const struct ledger_request *r)
{
    const char *rest = r->approvers;
    struct ledger_group group;

    json_open_list(w, "approvers");
    while (ledger_group_next(r, &rest, &group)) {
        AUTO(string) name = mem_dup(group.name, group.len);

        json_add_text(w, NULL, name);
    }
    json_close(w);
}

/* One that was refused early may have none. */
static void add_hash(struct json_writer *w, const char *key,
                     const struct ledger_hash *hash)
{
    if (ledger_hash_is_none(hash)) {
        json_add_null(w, key);
        return;
    }
    request_json_add_hex(w, key, hash->octets, sizeof(hash->octets));
}

static void add_serial(struct json_writer *w, const struct ledger_serial *serial)
{
    if (ledger_serial_is_none(serial)) {
        json_add_null(w, "serial");
        return;
    }
    request_json_add_hex(w, "serial", serial->octets, sizeof(serial->octets));
}

void request_json_add(struct json_writer *w, const struct ledger_request *r,
                      int64_t now_utc)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(r->number, id);
    json_add_text(w, "id", id);
    json_add_text(w, "state", ledger_request_state_name(request_json_state(r, now_utc)));
    json_add_text(w, "reason", r->reason);
    json_add_text(w, "account", r->account);
    json_add_text(w, "principal", r->principal);
    json_add_text(w, "kind", ledger_kind_name(r->kind));
    json_add_text(w, "template", r->template.name);
    json_add_text(w, "operation", ledger_operation_name(r->operation));
    add_hash(w, "key_sha256", &r->key);
    add_hash(w, "names_sha256", &r->asked);
    json_add_text(w, "peer", r->peer);
    add_groups(w, r);
    json_add_i64(w, "approvals_needed", r->approvals_needed);
    request_json_add_utc(w, "created", r->created_utc);
    request_json_add_utc(w, "updated", r->updated_utc);
    request_json_add_utc(w, "expires", r->expires_utc);
    add_serial(w, &r->serial);
}
