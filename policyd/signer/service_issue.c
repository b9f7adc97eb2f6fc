/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one certificate comes to be: judged, built, linted, recorded; then signed.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/bounds/bounds.h"
#include "common/pki/digest.h"
#include "common/wire/content_names.h"

#include "policyd/signer/service_parts.h"

struct issue {
    struct authorities *set; /* which the CA is of */
    const struct authority *authority;
    const char *request_id;
    uint32_t deadline_ms;
    const struct wire_issue_intent *intent; /* the question, or in shape */
    struct bounds_shape *shape;             /* of infrastructure */
    unsigned char serial[SERIAL_SIZE];
    struct buf tbs;
};

void issue_clear(void *work)
{
    struct issue *issue = work;

    authorities_unref(issue->set);
    buf_clear(&issue->tbs);
    free(issue->shape);
    free(issue);
}

/* Nothing but CRLs is signed while frozen, out of time, or without bounds. */
static bool may_issue(const struct service *s, struct task *t)
{
    if (s->history.frozen) {
        return task_refuse(t, WIRE_SIGNER_FROZEN, "%s", s->history.frozen_sentence);
    }
    if (s->clock_behind) {
        return task_refuse(t, WIRE_SIGNER_CLOCK,
                           "the clock is behind the last record of the journal; set it, "
                           "or confirm it");
    }
    if (s->clock_jumped) {
        return task_refuse(t, WIRE_SIGNER_CLOCK,
                           "the clock was set while the signer ran; confirm it");
    }
    return s->bounds != NULL ||
           task_refuse(t, WIRE_SIGNER_BOUNDS, "no bounds are in force: %.400s",
                       s->bounds_problem.message);
}

static bool find_authority(struct service *s, struct task *t, struct issue *issue,
                           const char *name)
{
    issue->authority = service_find_ca(s, t, name);
    if (issue->authority == NULL) {
        return false;
    }
    issue->set = authorities_ref(s->authorities);
    return issue->authority->active ||
           task_refuse(t, WIRE_SIGNER_UNKNOWN_CA,
                       "CA '%s' is not active: it signs no new certificates", name);
}

/* What the journal says of an approval. */
struct claim {
    const struct wire_issue_intent *intent;
    const struct wire_approval *approval;
    const unsigned char *spki_sha256;
    const unsigned char *names_sha256; /* of what is to be signed */
    bool recorded;
};

static bool is_recorded(const struct claim *claim, const struct wire_approval_record *r)
{
    const struct wire_approval *a = claim->approval;
    const struct wire_issue_intent *i = claim->intent;

    return r->approved && strcmp(r->request_id, a->request_id) == 0 &&
           strcmp(r->request_id, i->request_id) == 0 &&
           strcmp(r->approver.id, a->approver.id) == 0 &&
           strcmp(r->group, a->group) == 0 && r->valid_until_utc == a->valid_until_utc &&
           strcmp(r->account.id, i->account.id) == 0 &&
           strcmp(r->template.oid, i->template.oid) == 0 &&
           bytes_equal((struct bytes){r->spki_sha256, WIRE_SHA256},
                       (struct bytes){claim->spki_sha256, WIRE_SHA256}) &&
           bytes_equal((struct bytes){r->names_sha256, WIRE_SHA256},
                       (struct bytes){claim->names_sha256, WIRE_SHA256});
}

static bool compare_claim(void *ctx, const struct audit_record *record, struct error *err)
{
    struct claim *claim = ctx;
    AUTO(wire_approval_record) approval = {0};

    claim->recorded = record->type == WIRE_RECORD_APPROVAL &&
                      wire_approval_record_decode(record->payload, &approval, err) &&
                      is_recorded(claim, &approval);
    return error_set(err, ERROR_CONFLICT, "no further record is looked at");
}

static void hash_names(const struct wire_issue_intent *intent,
                       unsigned char out[WIRE_SHA256])
{
    AUTO(buf) names = BUF_EMPTY;

    wire_content_append_names(&intent->content, intent->template.content_sha256, &names);
    digest_sha256(names.data, names.len, out);
}

/* An approval counts only if the journal has it where it says, for this key, these names and this
 * version of the template. */
static bool check_approvals(const struct service *s, struct task *t,
                            const struct wire_issue_intent *intent,
                            const struct key_info *key)
{
    unsigned char names[WIRE_SHA256];

    if (intent->approval_count > 0) {
        hash_names(intent, names);
    }
    for (size_t i = 0; i < intent->approval_count; i++) {
        const struct wire_approval *approval = &intent->approvals[i];
        struct claim claim = {intent, approval, key->spki_sha256, names, false};
        const struct audit_visitor visitor = {compare_claim, &claim};
        struct error ignored = {0};

        if (approval->journal_sequence == 0 ||
            journal_read(s->journal, approval->journal_sequence, &visitor, &ignored) ||
            !claim.recorded) {
            return task_refuse(t, WIRE_SIGNER_APPROVAL,
                               "approval %zu is not in the journal as record %llu, for "
                               "this request with its key and names",
                               i + 1, (unsigned long long)approval->journal_sequence);
        }
    }
    return true;
}

static bool take_rate(struct service *s, struct task *t,
                      const struct bounds_counted *counted)
{
    struct error err = {0};

    return bounds_rates_take(s->rates, s->bounds, counted, service_now_utc(s),
                             &t->refusal.retry_after_s, &err) ||
           task_fail(t, WIRE_SIGNER_RATE, &err);
}

static bool build(struct service *s, struct task *t, struct issue *issue)
{
    struct error err = {0};

    if (!serial_make((uint8_t)(SERIAL_NODE_MIN + s->settings.node), service_now_utc(s),
                     issue->serial, &err)) {
        return task_fail(t, WIRE_SIGNER_INTERNAL, &err);
    }
    return ca_build_tbs(issue->authority->ca, issue->intent, issue->serial, &issue->tbs,
                        &err) ||
           task_fail(t, WIRE_SIGNER_LINT, &err);
}

/* From now on a refusal names the intent that will have no result. */
static bool recorded(struct task *t, struct issue *issue, bool ok)
{
    if (ok) {
        t->refusal.intent_sequence = t->sequence;
        t->refusal.serial = (struct bytes){issue->serial, SERIAL_SIZE};
    }
    return ok;
}

bool issue_begin(struct service *s, struct task *t)
{
    const struct wire_issue_intent *intent = t->question;
    const struct bounds_counted counted = {.template = intent->template.name};
    struct issue *issue = t->work = mem_new(sizeof(*issue));
    enum wire_signer_reason reason = WIRE_SIGNER_BOUNDS;
    struct error err = {0};
    struct key_info key;

    issue->intent = intent;
    issue->request_id = intent->request_id;
    issue->deadline_ms = intent->deadline_ms;
    if (!may_issue(s, t) || !find_authority(s, t, issue, intent->ca) ||
        !task_in_time(s, t, intent->deadline_ms)) {
        return false;
    }
    /* Built, not only read: a point that is not on its curve is no key. */
    if (!key_probe_spki(ca_get_key_probe(issue->authority->ca), intent->spki, &key,
                        &err)) {
        return task_fail(t, err.code == ERROR_DENIED ? reason : WIRE_SIGNER_MALFORMED,
                         &err);
    }
    if (!bounds_judge(s->bounds, intent, &key, service_now_utc(s), &reason, &err)) {
        return task_fail(t, reason, &err);
    }
    if (!check_approvals(s, t, intent, &key) || !take_rate(s, t, &counted) ||
        !build(s, t, issue)) {
        return false;
    }
    struct wire_journal_intent record = {.tbs = buf_bytes(&issue->tbs),
                                         .intent = *intent};
    memcpy(record.serial, issue->serial, SERIAL_SIZE);
    memcpy(record.issuer_sha256, cert_get_sha256(issue->authority->cert), WIRE_SHA256);
    return recorded(t, issue, task_record(s, t, WIRE_RECORD_INTENT, &record));
}

bool infrastructure_begin(struct service *s, struct task *t)
{
    const struct wire_infrastructure_intent *intent = t->question;
    const struct bounds_counted counted = {.profile = wire_profile_name(intent->profile)};
    struct issue *issue = t->work = mem_new(sizeof(*issue));
    enum wire_signer_reason reason = WIRE_SIGNER_BOUNDS;
    struct error err = {0};

    issue->shape = mem_new(sizeof(*issue->shape));
    issue->intent = &issue->shape->intent;
    issue->request_id = intent->request_id;
    issue->deadline_ms = intent->deadline_ms;
    if (!may_issue(s, t) || !find_authority(s, t, issue, intent->ca) ||
        !task_in_time(s, t, intent->deadline_ms)) {
        return false;
    }
    const struct bounds_moment moment = {service_now_utc(s),
                                         cert_get_not_before_utc(issue->authority->cert),
                                         cert_get_not_after_utc(issue->authority->cert)};
    if (!bounds_shape_infrastructure(s->bounds, intent, &moment, issue->shape, &reason,
                                     &err)) {
        return task_fail(t, reason, &err);
    }
    if (!take_rate(s, t, &counted) || !build(s, t, issue)) {
        return false;
    }
    struct wire_journal_infrastructure record = {.tbs = buf_bytes(&issue->tbs),
                                                 .intent = *intent};
    memcpy(record.serial, issue->serial, SERIAL_SIZE);
    memcpy(record.issuer_sha256, cert_get_sha256(issue->authority->cert), WIRE_SHA256);
    s->counters[COUNTER_INFRASTRUCTURE]++;
    return recorded(t, issue, task_record(s, t, WIRE_RECORD_INFRASTRUCTURE, &record));
}

static bool append_result(struct service *s, struct task *t, const struct issue *issue,
                          struct bytes tail, struct bytes der)
{
    struct wire_journal_result record = {.intent_sequence = t->sequence, .tail = tail};
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    memcpy(record.serial, issue->serial, SERIAL_SIZE);
    digest_sha256(der.data, der.len, record.certificate_sha256);
    if (!wire_journal_result_encode(&record, &payload, &err)) {
        return task_fail(t, WIRE_SIGNER_INTERNAL, &err);
    }
    t->result_sequence = journal_append(s->journal, WIRE_RECORD_RESULT, service_now_ns(s),
                                        buf_bytes(&payload));
    return true;
}

bool issue_finish(struct service *s, struct task *t)
{
    const struct issue *issue = t->work;
    AUTO(buf) tail = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    if (!task_in_time(s, t, issue->deadline_ms)) {
        return false;
    }
    if (!ca_sign(issue->authority->ca, buf_bytes(&issue->tbs), &tail, &der, &err)) {
        return task_fail(
            t, err.code == ERROR_UNAVAILABLE ? WIRE_SIGNER_KEY : WIRE_SIGNER_LINT, &err);
    }
    if (!append_result(s, t, issue, buf_bytes(&tail), buf_bytes(&der))) {
        return false;
    }
    struct wire_issue_result result = {
        .request_id = issue->request_id,
        .ca = issue->authority->name,
        .certificate = buf_bytes(&der),
        .node = issue->serial[0],
        .intent_sequence = t->sequence,
        .result_sequence = t->result_sequence,
        .signed_utc = service_now_utc(s),
    };
    memcpy(result.serial, issue->serial, SERIAL_SIZE);
    memcpy(result.issuer_sha256, cert_get_sha256(issue->authority->cert), WIRE_SHA256);
    s->counters[COUNTER_SIGNED]++;
    return task_answer(t, &wire_issue_result_message, &result);
}
