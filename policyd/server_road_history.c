/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/pki/ext_read.h"

#include "policyd/server_convert.h"
#include "policyd/server_road_inside.h"

static bool fail_store(struct trip *trip)
{
    return trip_fail(trip, REASON_STORE);
}

/* ---- the certificate before ---------------------------------------------------------- */

static bool take_first(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    struct ledger_serial *serial = ctx;

    (void)err;
    *serial = c->serial;
    return true;
}

/* The one that was shown; else, of the account's live ones of the template, the last to end. */
static bool find_serial(struct trip *trip, struct ledger_serial *out)
{
    const struct ledger_list_query query = {.list = LEDGER_LIST_ACCOUNT,
                                            .account = trip->account->ref.id,
                                            .template_name = trip->template->name,
                                            .status = LEDGER_STATUS_LIVE,
                                            .limit = 1};
    struct ledger_page page = {.more = true};

    while (page.more && ledger_serial_is_none(out)) {
        if (!ledger_certificate_list(trip->road->settings.ledger, &query, &page,
                                     take_first, out, &trip->err)) {
            return fail_store(trip);
        }
    }
    return true;
}

static bool get_row(struct trip *trip, const struct ledger_serial *serial)
{
    struct ledger_certificate *row = NULL;

    if (!ledger_certificate_get(trip->road->settings.ledger, serial, &row, &trip->err)) {
        return fail_store(trip);
    }
    /* What has ended is no predecessor: the request is one for a first certificate. */
    if (row != NULL && (row->not_after_utc <= trip->now_utc || row->der.len == 0)) {
        free(row);
        row = NULL;
    }
    trip->previous.row = row;
    return true;
}

bool trip_find_shown(struct trip *trip)
{
    const struct auth_certificate *shown = &trip->who->login.certificate;
    struct ledger_serial serial = {{0}};

    if (!shown->counts || shown->serial_len != sizeof(serial.octets) ||
        (!trip->request->again && trip->who->login.method != WIRE_AUTH_CERTIFICATE)) {
        return true;
    }
    memcpy(serial.octets, shown->serial, sizeof(serial.octets));
    return get_row(trip, &serial);
}

static bool read_names(struct trip *trip)
{
    struct trip_previous *p = &trip->previous;

    if (!cert_parse(p->row->der, &p->cert, &trip->err) ||
        !cert_read_subject(p->cert, &p->store, &p->names.subject, &trip->err) ||
        !cert_read_sans(p->cert, &p->store, &p->names.sans, &trip->err)) {
        (void)error_wrap(&trip->err, "the certificate that is renewed");
        return trip_fail(trip, REASON_INTERNAL);
    }
    p->names.template_oid = p->row->template.oid;
    return true;
}

static enum wire_op operation_of(const struct trip *trip)
{
    const struct ledger_hash key = server_hash(key_get_info(trip->csr->key)->spki_sha256);

    if (trip->previous.row == NULL) {
        return WIRE_OP_ENROLL;
    }
    return ledger_hash_equal(&trip->previous.row->key, &key) ? WIRE_OP_RENEW
                                                             : WIRE_OP_REKEY;
}

/* A certificate of another template is no predecessor, whatever it was shown for. */
static void drop_other_template(struct trip *trip)
{
    struct ledger_certificate *row = trip->previous.row;

    if (row != NULL && !text_equal_nocase(row->template.name, trip->template->name)) {
        free(row);
        trip->previous.row = NULL;
    }
}

static void note_previous(struct trip *trip)
{
    const struct ledger_certificate *row = trip->previous.row;
    AUTO(buf) text = BUF_EMPTY;

    if (row != NULL) {
        text_append_hex(&text, row->serial.octets, sizeof(row->serial.octets));
        buf_append_text(&text, ", which ends ");
        utc_append(&text, row->not_after_utc);
        trip_note(trip, "previous", "%s of certificate %s", wire_op_name(trip->op),
                  buf_text(&text));
    }
}

bool trip_find_previous(struct trip *trip)
{
    struct ledger_serial serial = {{0}};

    drop_other_template(trip);
    if (trip->previous.row == NULL && trip->request->again) {
        if (!find_serial(trip, &serial) ||
            (!ledger_serial_is_none(&serial) && !get_row(trip, &serial))) {
            return false;
        }
    }
    trip->op = operation_of(trip);
    note_previous(trip);
    return trip->previous.row == NULL || read_names(trip);
}

/* ---- history ------------------------------------------------------------------------- */

static struct wire_known_certificate known_of(const struct trip *trip,
                                              const struct ledger_certificate *row)
{
    struct wire_known_certificate known = {
        .ca = row->ca,
        .serial = {row->serial.octets, sizeof(row->serial.octets)},
        .account = {.id_kind = trip->account->ref.id_kind,
                    .id = row->account,
                    .kind = row->kind == LEDGER_KIND_MACHINE ? WIRE_ACCOUNT_MACHINE
                                                             : WIRE_ACCOUNT_USER,
                    .principal = row->principal,
                    .sid = ""},
        .template = {.oid = row->template.oid,
                     .name = row->template.name,
                     .major = (uint32_t)row->template.major,
                     .minor = (uint32_t)row->template.minor},
        .not_before_utc = row->not_before_utc,
        .not_after_utc = row->not_after_utc,
        .state = WIRE_CERTIFICATE_LIVE};

    memcpy(known.spki_sha256, row->key.octets, sizeof(known.spki_sha256));
    memcpy(known.template.content_sha256, row->template.content.octets, WIRE_SHA256);
    if (row->status != LEDGER_STATUS_LIVE) {
        known.state = row->status == LEDGER_STATUS_HELD ? WIRE_CERTIFICATE_HELD
                                                        : WIRE_CERTIFICATE_REVOKED;
    } else if (row->not_after_utc <= trip->now_utc) {
        known.state = WIRE_CERTIFICATE_EXPIRED;
    }
    return known;
}

/* policyd's own certificates belong to no account, which facts have no word for. out: owned */
static size_t known_rows(const struct trip *trip, struct ledger_certificate *const *rows,
                         size_t count, struct wire_known_certificate **out)
{
    struct wire_known_certificate *known = mem_array(count, sizeof(*known));
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i]->kind != LEDGER_KIND_INFRASTRUCTURE) {
            known[kept++] = known_of(trip, rows[i]);
        }
    }
    *out = known;
    return kept;
}

static void fill_history(struct trip *trip)
{
    static const enum wire_same_key same_keys[] = {
        [LEDGER_KEY_NONE] = WIRE_SAME_KEY_NONE,
        [LEDGER_KEY_SAME_ACCOUNT] = WIRE_SAME_KEY_SAME_PRINCIPAL,
        [LEDGER_KEY_OTHER_ACCOUNT] = WIRE_SAME_KEY_OTHER_PRINCIPAL,
        [LEDGER_KEY_BURNT] = WIRE_SAME_KEY_REVOKED,
    };
    struct trip_history *h = &trip->history;

    h->facts = (struct wire_history){.issued_24h = (uint32_t)h->rows.issued_24h,
                                     .issued_7d = (uint32_t)h->rows.issued_7d,
                                     .same_key = same_keys[h->rows.same_key]};
    h->facts.active_count =
        known_rows(trip, h->rows.active, h->rows.active_len, &h->facts.active);
    h->facts.same_name_count = known_rows(trip, h->rows.same_names,
                                          h->rows.same_names_len, &h->facts.same_names);
    if (trip->previous.row != NULL) {
        h->previous = known_of(trip, trip->previous.row);
        h->facts.previous = &h->previous;
    }
}

static bool find_history(struct trip *trip)
{
    const struct wire_account *account = trip->account;
    struct ledger_name names[3];
    struct ledger_history_query query = {
        .account = account->ref.id,
        .key = server_hash(key_get_info(trip->csr->key)->spki_sha256),
        .names = names,
        .now_utc = trip->now_utc};

    names[query.names_len++] =
        (struct ledger_name){LEDGER_NAME_KRB5, account->ref.principal};
    if (*account->dns_host_name != '\0') {
        names[query.names_len++] =
            (struct ledger_name){LEDGER_NAME_DNS, account->dns_host_name};
    }
    if (*account->upn != '\0') {
        names[query.names_len++] = (struct ledger_name){LEDGER_NAME_UPN, account->upn};
    }
    if (!ledger_history_get(trip->road->settings.ledger, &query, &trip->history.rows,
                            &trip->err)) {
        return fail_store(trip);
    }
    fill_history(trip);
    trip_note(trip, "ledger",
              "%u issued to the account in 24 hours, %u in 7 days; %zu %s",
              trip->history.facts.issued_24h, trip->history.facts.issued_7d,
              trip->history.facts.active_count, "are live");
    return true;
}

bool trip_look_back(struct trip *trip)
{
    return find_history(trip);
}

void trip_history_clear(struct trip *trip)
{
    ledger_history_clear(&trip->history.rows);
    free(trip->history.facts.active);
    free(trip->history.facts.same_names);
    name_store_clear(&trip->previous.store);
    cert_free(trip->previous.cert);
    free(trip->previous.row);
}
