/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_check.h"

#include <string.h>

#include "common/base/text.h"

enum {
    NODE_MAX = 63,
    CRL_PLACE_MAX = 1 << 20,
    NUMBERS_MAX = 1 << 20,
    SUBJECT_MAX = 4 * LEDGER_TEXT_MAX,
    SETTING_MAX = 16 * LEDGER_TEXT_MAX,
};

/* ---- values -------------------------------------------------------------------------- */

/* min 1: must be there; NULL counts as "". */
static bool is_text(const char *name, const char *text, size_t min, size_t max,
                    struct error *err)
{
    size_t len = text == NULL ? 0 : strnlen(text, max + 1);

    if (len < min) {
        return error_set(err, ERROR_INVALID, "%s is missing", name);
    }
    if (len > max) {
        return error_set(err, ERROR_INVALID, "%s is longer than %zu octets", name, max);
    }
    return len == 0 || text_is_utf8(text, len) ||
           error_set(err, ERROR_INVALID, "%s is not UTF-8", name);
}

static bool is_number(const char *name, int64_t value, int64_t min, int64_t max,
                      struct error *err)
{
    if (value < min || value > max) {
        return error_set(err, ERROR_INVALID, "%s is %lld, not between %lld and %lld",
                         name, (long long)value, (long long)min, (long long)max);
    }
    return true;
}

static bool is_hash(const char *name, const struct ledger_hash *hash, struct error *err)
{
    return !ledger_hash_is_none(hash) ||
           error_set(err, ERROR_INVALID, "%s is missing", name);
}

static bool is_serial(const struct ledger_serial *serial, struct error *err)
{
    return !ledger_serial_is_none(serial) ||
           error_set(err, ERROR_INVALID, "the serial is missing");
}

static bool is_blob(const char *name, struct bytes blob, size_t max, struct error *err)
{
    return blob.len <= max ||
           error_set(err, ERROR_INVALID, "%s has more than %zu octets", name, max);
}

static bool is_place(const char *ca, int64_t generation, int64_t shard, struct error *err)
{
    return is_text("ca", ca, 1, LEDGER_ID_MAX, err) &&
           is_number("crl generation", generation, 0, CRL_PLACE_MAX, err) &&
           is_number("crl shard", shard, 0, CRL_PLACE_MAX, err);
}

static bool texts_equal(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

/* ---- records ------------------------------------------------------------------------- */

static bool is_template(const struct ledger_template *template, size_t name_min,
                        struct error *err)
{
    return is_text("template", template->name, name_min, LEDGER_ID_MAX, err) &&
           is_text("template oid", template->oid, 0, LEDGER_TEXT_MAX, err);
}

static bool are_names(const struct ledger_certificate *c, struct error *err)
{
    if (c->names_len > LEDGER_NAMES_MAX) {
        return error_set(err, ERROR_INVALID, "%zu names are more than %d", c->names_len,
                         LEDGER_NAMES_MAX);
    }
    for (size_t i = 0; i < c->names_len; i++) {
        if (!is_number("name kind", c->names[i].kind, 1, LEDGER_NAME_END - 1, err) ||
            !is_text("name", c->names[i].value, 1, LEDGER_TEXT_MAX, err)) {
            return false;
        }
    }
    return true;
}

/* What makes it findable and revocable. */
static bool is_identified(const struct ledger_certificate *c, struct error *err)
{
    size_t needed = c->kind == LEDGER_KIND_INFRASTRUCTURE ? 0 : 1;

    return is_serial(&c->serial, err) &&
           is_place(c->ca, c->crl_generation, c->crl_shard, err) &&
           is_number("node", c->node, 0, NODE_MAX, err) &&
           is_number("journal sequence", c->journal_seq, 1, INT64_MAX, err) &&
           is_number("request", c->request, 0, LEDGER_REQUEST_MAX, err) &&
           is_text("account", c->account, needed, LEDGER_ID_MAX, err) &&
           is_template(&c->template, needed, err) && is_hash("key hash", &c->key, err);
}

static bool is_certificate(const struct ledger_certificate *c, struct error *err)
{
    return is_identified(c, err) &&
           is_number("operation", c->operation, 1, LEDGER_OPERATION_END - 1, err) &&
           is_number("kind", c->kind, 1, LEDGER_KIND_END - 1, err) &&
           is_text("principal", c->principal, 0, LEDGER_TEXT_MAX, err) &&
           is_text("subject", c->subject, 0, SUBJECT_MAX, err) &&
           is_text("san", c->san, 0, LEDGER_SAN_MAX, err) &&
           is_number("end of validity", c->not_after_utc, c->not_before_utc, INT64_MAX,
                     err) &&
           is_blob("certificate", c->der, LEDGER_DER_MAX, err) && are_names(c, err);
}

/* What was refused may never have come to an account, a template or a key that can be read. */
static bool is_request(const struct ledger_request *r, struct error *err)
{
    bool ended = r->state == LEDGER_REQUEST_DENIED || r->state == LEDGER_REQUEST_FAILED;
    size_t needed = ended ? 0 : 1;

    return is_number("request", r->number, 1, LEDGER_REQUEST_MAX, err) &&
           is_number("node", r->node, 0, NODE_MAX, err) &&
           is_text("account", r->account, needed, LEDGER_ID_MAX, err) &&
           is_text("principal", r->principal, 0, LEDGER_TEXT_MAX, err) &&
           is_number("kind", r->kind, (int64_t)needed, LEDGER_KIND_END - 1, err) &&
           is_template(&r->template, needed, err) &&
           is_number("operation", r->operation, 1, LEDGER_OPERATION_END - 1, err) &&
           (ended || is_hash("key hash", &r->key, err)) &&
           is_text("reason", r->reason, 0, LEDGER_ID_MAX, err) &&
           is_number("retry-after", r->retry_after_s, 0, INT32_MAX, err) &&
           is_text("protocol", r->protocol, 0, LEDGER_ID_MAX, err) &&
           is_text("peer", r->peer, 0, LEDGER_ID_MAX, err) &&
           is_text("approvers", r->approvers, 0, LEDGER_GROUPS_MAX, err) &&
           is_number("approvals needed", r->approvals_needed, 0, INT32_MAX, err);
}

/* NULL where it may be missing. */
static bool is_decision(const struct ledger_decision *d, const struct ledger_request *r,
                        struct error *err)
{
    if (d == NULL) {
        return true;
    }
    if (d->request != r->number || !texts_equal(d->account, r->account)) {
        return error_set(err, ERROR_INVALID, "the decision is of another request");
    }
    return is_number("verdict", d->verdict, 1, LEDGER_VERDICT_END - 1, err) &&
           is_number("node", d->node, 0, NODE_MAX, err) &&
           is_text("reason", d->reason, 0, LEDGER_ID_MAX, err) &&
           is_template(&d->template, 0, err) &&
           is_text("engine", d->engine, 0, LEDGER_ID_MAX, err) &&
           is_blob("facts", d->facts, LEDGER_BLOB_MAX, err) &&
           is_blob("trace", d->trace, LEDGER_BLOB_MAX, err);
}

/* ---- operations ---------------------------------------------------------------------- */

bool ledger_check_reserve(const struct ledger_op *op, struct error *err)
{
    const struct ledger_reserve *r = &op->reserve;

    return is_number("request", r->request, 1, LEDGER_REQUEST_MAX, err) &&
           is_number("request that waited", r->waited, 0, LEDGER_REQUEST_MAX, err) &&
           is_number("node", r->node, 0, NODE_MAX, err) &&
           is_text("account", r->account, 1, LEDGER_ID_MAX, err) &&
           is_text("template", r->template_name, 1, LEDGER_ID_MAX, err) &&
           is_number("operation", r->operation, 1, LEDGER_OPERATION_END - 1, err) &&
           is_hash("key hash", &r->key, err) &&
           is_number("now", r->now_utc, 1, INT64_MAX / 2, err) &&
           is_number("end of the reservation", r->expires_utc, r->now_utc + 1, INT64_MAX,
                     err) &&
           is_number("retry window", r->retry_window_s, 0, INT32_MAX, err) &&
           is_number("quota of a day", r->quota.day_max, 0, INT32_MAX, err) &&
           is_number("quota of a week", r->quota.week_max, 0, INT32_MAX, err) &&
           is_number("quota of live ones", r->quota.live_max, 0, INT32_MAX, err);
}

bool ledger_check_settle(const struct ledger_op *op, struct error *err)
{
    const struct ledger_certificate *c = op->settle.certificate;
    const struct ledger_request *r = op->settle.request;

    if (c == NULL || (r == NULL) != (c->kind == LEDGER_KIND_INFRASTRUCTURE) ||
        (r == NULL) != (op->settle.decision == NULL)) {
        return error_set(
            err, ERROR_INVALID,
            "a certificate has a request and a decision, or is infrastructure");
    }
    if (!is_certificate(c, err)) {
        return false;
    }
    if (!c->delivered || c->der.len == 0) {
        return error_set(err, ERROR_INVALID, "what is settled is there and handed out");
    }
    if (r == NULL) {
        return true;
    }
    if (r->number != c->request || !texts_equal(r->account, c->account) ||
        !texts_equal(r->template.name, c->template.name) ||
        !ledger_hash_equal(&r->key, &c->key)) {
        return error_set(
            err, ERROR_INVALID,
            "the certificate is of another request, account, template or key");
    }
    return is_request(r, err) && is_decision(op->settle.decision, r, err);
}

bool ledger_check_refuse(const struct ledger_op *op, struct error *err)
{
    const struct ledger_request *r = op->refuse.request;

    if (r == NULL ||
        (r->state != LEDGER_REQUEST_DENIED && r->state != LEDGER_REQUEST_FAILED)) {
        return error_set(err, ERROR_INVALID, "a refused request is denied or failed");
    }
    return is_request(r, err) && is_decision(op->refuse.decision, r, err);
}

bool ledger_check_hold(const struct ledger_op *op, struct error *err)
{
    const struct ledger_request *r = op->hold.request;

    if (r == NULL || op->hold.decision == NULL || r->state != LEDGER_REQUEST_HELD) {
        return error_set(err, ERROR_INVALID, "a held request is held by a decision");
    }
    return is_request(r, err) &&
           is_number("approvals needed", r->approvals_needed, 1, INT32_MAX, err) &&
           is_number("open requests", op->hold.open_max, 0, INT32_MAX, err) &&
           is_decision(op->hold.decision, r, err);
}

bool ledger_check_judge(const struct ledger_op *op, struct error *err)
{
    const struct ledger_approval *a = op->judge.approval;

    if (a == NULL) {
        return error_set(err, ERROR_INVALID, "there is no approval");
    }
    return is_number("request", a->request, 1, LEDGER_REQUEST_MAX, err) &&
           is_number("node", a->node, 0, NODE_MAX, err) &&
           is_text("account", a->account, 1, LEDGER_ID_MAX, err) &&
           is_text("principal", a->principal, 0, LEDGER_TEXT_MAX, err) &&
           is_text("comment", a->comment, 0, LEDGER_TEXT_MAX, err) &&
           is_text("approvers", a->approvers, 0, LEDGER_GROUPS_MAX, err);
}

/* A gap in RFC 5280's numbers is no reason. */
static bool is_revocation(const struct ledger_revocation *r, struct error *err)
{
    bool hold = r->event == LEDGER_EVENT_HOLD;
    bool hold_reason = r->reason == LEDGER_REASON_CERTIFICATE_HOLD;

    if (!is_serial(&r->serial, err) ||
        !is_number("event", r->event, 1, LEDGER_EVENT_END - 1, err) ||
        !is_number("reason", r->reason, 0, LEDGER_REASON_END - 1, err)) {
        return false;
    }
    if ((int)r->reason == 7 || (int)r->reason == 8 ||
        (r->event != LEDGER_EVENT_RELEASE && hold != hold_reason)) {
        return error_set(err, ERROR_INVALID, "reason %d does not go with this event",
                         (int)r->reason);
    }
    return is_number("journal sequence", r->journal_seq, 1, INT64_MAX, err) &&
           is_number("node", r->node, 0, NODE_MAX, err) &&
           is_text("actor", r->actor, 0, LEDGER_TEXT_MAX, err) &&
           is_text("note", r->note, 0, LEDGER_TEXT_MAX, err);
}

bool ledger_check_revoke(const struct ledger_op *op, struct error *err)
{
    return is_revocation(&op->revoke.what, err);
}

static bool is_entry(const struct ledger_journal_entry *e, struct error *err)
{
    switch (e->kind) {
    case LEDGER_JOURNAL_INTENT:
        return e->certificate != NULL && e->certificate->journal_seq == e->sequence
                   ? is_certificate(e->certificate, err)
                   : error_set(err, ERROR_INVALID,
                               "an intent has no certificate of its own");
    case LEDGER_JOURNAL_RESULT:
        return e->certificate != NULL
                   ? is_serial(&e->certificate->serial, err) &&
                         is_blob("certificate", e->certificate->der, LEDGER_DER_MAX, err)
                   : error_set(err, ERROR_INVALID, "a result has no certificate");
    case LEDGER_JOURNAL_REVOCATION:
        return e->revoke != NULL && e->revoke->what.journal_seq == e->sequence
                   ? is_revocation(&e->revoke->what, err)
                   : error_set(err, ERROR_INVALID,
                               "a revocation has no content of its own");
    case LEDGER_JOURNAL_CRL:
        return e->crl != NULL
                   ? is_place(e->crl->ca, e->crl->generation, e->crl->shard, err) &&
                         is_number("crl number", e->crl->number, 1, INT64_MAX, err)
                   : error_set(err, ERROR_INVALID, "a crl has no content");
    }
    return error_set(err, ERROR_INVALID, "an entry is of no kind");
}

bool ledger_check_reconcile(const struct ledger_op *op, struct error *err)
{
    const struct ledger_reconcile *r = &op->reconcile;
    int64_t before = r->after;

    if (!is_text("signer", r->signer, 1, LEDGER_ID_MAX, err) ||
        !is_number("cursor", r->after, 0, INT64_MAX, err) ||
        !is_number("end of the stretch", r->through, r->after, INT64_MAX, err) ||
        !is_number("entries", (int64_t)r->entries_len, 0, LEDGER_RECONCILE_MAX, err)) {
        return false;
    }
    for (size_t i = 0; i < r->entries_len; i++) {
        const struct ledger_journal_entry *e = &r->entries[i];

        if (!is_number("journal sequence", e->sequence, before + 1, r->through, err) ||
            !is_entry(e, err)) {
            return error_wrap(err, "journal record %lld", (long long)e->sequence);
        }
        before = e->sequence;
    }
    return true;
}

bool ledger_check_small(const struct ledger_op *op, struct error *err)
{
    const struct ledger_crl *crl = &op->crl_published.crl;

    if (op->kind == LEDGER_EXPIRE) {
        return is_number("limit", op->expire.limit, 1, LEDGER_RECONCILE_MAX, err);
    }
    if (op->kind == LEDGER_RELEASE && op->release.kept == NULL) {
        return error_set(err, ERROR_INVALID, "the requests on their way are missing");
    }
    if (op->kind == LEDGER_RELEASE) {
        return is_number("node", op->release.node, 0, NODE_MAX, err) &&
               is_number("requests", (int64_t)op->release.kept_len, 0,
                         LEDGER_RECONCILE_MAX, err);
    }
    if (op->kind == LEDGER_CRL_NUMBER) {
        return is_place(op->crl_number.ca, op->crl_number.generation,
                        op->crl_number.shard, err);
    }
    if (op->kind == LEDGER_CRL_PUBLISHED) {
        return is_place(crl->ca, crl->generation, crl->shard, err) &&
               is_number("crl number", crl->published, 1, INT64_MAX, err) &&
               is_number("next update", crl->next_update_utc, crl->this_update_utc + 1,
                         INT64_MAX, err);
    }
    if (op->kind == LEDGER_NUMBERS) {
        return is_number("count", op->numbers.count, 1, NUMBERS_MAX, err);
    }
    if (op->kind == LEDGER_BUNDLE) {
        return is_hash("bundle", &op->bundle.bundle, err) &&
               is_blob("content", op->bundle.content, LEDGER_BUNDLE_MAX, err);
    }
    return is_text("name", op->setting.name, 1, LEDGER_ID_MAX, err) &&
           is_text("value", op->setting.value, 0, SETTING_MAX, err);
}
