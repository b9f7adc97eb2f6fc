/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/wire/entry.h"

#include "policyd/admin_record.h"

static void append_hex(struct buf *out, const void *data, size_t len)
{
    buf_append_byte(out, ' ');
    text_append_hex(out, data, len);
}

static void append_actor(struct buf *out, const struct wire_actor *actor)
{
    if (actor->account != NULL) {
        buf_printf(out, ", by %s", actor->account->principal);
    } else {
        buf_printf(out, ", by %s (uid %u)", actor->program, actor->uid);
    }
}

static void append_sentence(struct buf *out, const char *sentence)
{
    if (sentence != NULL && *sentence != '\0') {
        buf_printf(out, ": %s", sentence);
    }
}

static void of_start(const void *record, struct buf *out)
{
    const struct wire_journal_start *r = record;

    buf_printf(out, "%s, version %s, pid %u, uid %u%s",
               r->continued ? "a new segment" : "the signer started", r->software, r->pid,
               r->uid, r->frozen ? ", frozen" : "");
}

static void of_self_test(const void *record, struct buf *out)
{
    const struct wire_journal_self_test *r = record;

    buf_printf(out, "self-test of CA %s", r->ca);
}

static void of_intent(const void *record, struct buf *out)
{
    const struct wire_journal_intent *r = record;

    buf_append_text(out, "certificate");
    append_hex(out, r->serial, sizeof(r->serial));
    buf_printf(out, " for %s, template %s, CA %s", r->intent.account.principal,
               r->intent.template.name, r->intent.ca);
}

static void of_infrastructure(const void *record, struct buf *out)
{
    const struct wire_journal_infrastructure *r = record;

    buf_append_text(out, "certificate");
    append_hex(out, r->serial, sizeof(r->serial));
    buf_printf(out, " of policyd's own, profile %s, CA %s",
               wire_profile_name(r->intent.profile), r->intent.ca);
}

static void of_result(const void *record, struct buf *out)
{
    const struct wire_journal_result *r = record;

    buf_append_text(out, "signed");
    append_hex(out, r->serial, sizeof(r->serial));
    buf_printf(out, " (intent %llu)", (unsigned long long)r->intent_sequence);
}

static void of_refusal(const void *record, struct buf *out)
{
    const struct wire_journal_refusal *r = record;

    buf_printf(out, "refused %s of uid %u, %s", wire_type_name(r->type), r->peer_uid,
               wire_signer_reason_name(r->refusal.reason));
    append_sentence(out, r->refusal.sentence);
}

static void of_revocation(const void *record, struct buf *out)
{
    const struct wire_revocation *r = record;

    buf_append_text(out, wire_revocation_action_name(r->action));
    append_hex(out, r->serial.data, r->serial.len);
    if (r->action == WIRE_REVOCATION_REVOKE) {
        buf_printf(out, ", %s", wire_revocation_reason_name(r->reason));
    }
    append_actor(out, &r->actor);
    append_sentence(out, r->sentence);
}

static void of_approval(const void *record, struct buf *out)
{
    const struct wire_approval_record *r = record;

    buf_printf(out, "%s %s, by %s", r->approved ? "approved" : "denied", r->request_id,
               r->approver.principal);
    append_sentence(out, r->sentence);
}

static void of_decisions(const void *record, struct buf *out)
{
    const struct wire_decision_batch *r = record;

    buf_printf(out, "%u decisions from %llu on, %u of them refusals", r->count,
               (unsigned long long)r->first_sequence, r->refused);
}

static void of_control(const void *record, struct buf *out)
{
    const struct wire_control *r = record;

    buf_append_text(out, wire_control_action_name(r->action));
    append_actor(out, &r->actor);
    append_sentence(out, r->sentence);
}

static void of_crl(const void *record, struct buf *out)
{
    const struct wire_journal_crl *r = record;

    buf_printf(out, "CRL %llu of %s, generation %u, shard %u, %llu entries",
               (unsigned long long)r->begin.number, r->begin.ca, r->begin.generation,
               r->begin.shard, (unsigned long long)r->begin.entry_count);
}

static void of_ocsp(const void *record, struct buf *out)
{
    const struct wire_journal_ocsp *r = record;

    buf_printf(out, "%u OCSP responses of %s", r->count, r->ca);
}

static void of_ca(const void *record, struct buf *out)
{
    const struct wire_journal_ca *r = record;

    buf_printf(out, "CA %s %s", r->ca, r->active ? "came into use" : "went out of use");
}

static void of_authority(const void *record, struct buf *out)
{
    const struct wire_journal_authority *r = record;

    buf_printf(out, "%s of CA %s, to be signed", wire_authority_name(r->authority),
               r->ca);
}

static void of_authority_made(const void *record, struct buf *out)
{
    const struct wire_journal_authority_made *r = record;

    buf_printf(out, "CA made, as of record %llu", (unsigned long long)r->intent_sequence);
}

static void of_crl_number(const void *record, struct buf *out)
{
    const struct wire_journal_crl_number *r = record;

    buf_printf(out, "CRL numbers of %s, generation %u, shard %u, are used up to %llu",
               r->ca, r->generation, r->shard, (unsigned long long)r->number);
}

static void of_checkpoint(const void *record, struct buf *out)
{
    const struct wire_journal_checkpoint *r = record;

    buf_printf(out, "checkpoint of %llu records", (unsigned long long)r->size);
}

void admin_record_summarize(unsigned int type, const void *record, struct buf *out)
{
    static void (*const of[])(const void *record, struct buf *out) = {
        [WIRE_RECORD_START] = of_start,
        [WIRE_RECORD_SELF_TEST] = of_self_test,
        [WIRE_RECORD_INTENT] = of_intent,
        [WIRE_RECORD_INFRASTRUCTURE] = of_infrastructure,
        [WIRE_RECORD_RESULT] = of_result,
        [WIRE_RECORD_REFUSAL] = of_refusal,
        [WIRE_RECORD_REVOCATION] = of_revocation,
        [WIRE_RECORD_APPROVAL] = of_approval,
        [WIRE_RECORD_DECISIONS] = of_decisions,
        [WIRE_RECORD_CONTROL] = of_control,
        [WIRE_RECORD_CRL] = of_crl,
        [WIRE_RECORD_OCSP] = of_ocsp,
        [WIRE_RECORD_CA] = of_ca,
        [WIRE_RECORD_CHECKPOINT] = of_checkpoint,
        [WIRE_RECORD_AUTHORITY] = of_authority,
        [WIRE_RECORD_AUTHORITY_MADE] = of_authority_made,
        [WIRE_RECORD_CRL_NUMBER] = of_crl_number,
    };
    _Static_assert(sizeof(of) / sizeof(of[0]) == WIRE_RECORD_END, "of each");

    if (type < WIRE_RECORD_END && of[type] != NULL) {
        of[type](record, out);
    } else {
        buf_append_text(out, wire_record_name(type));
    }
}
