/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_convert.h"

#include <string.h>

#include "policyd/server_inside.h"

enum ledger_operation server_operation(enum wire_op op)
{
    static const enum ledger_operation operations[] = {
        [WIRE_OP_ENROLL] = LEDGER_OPERATION_ENROLL,
        [WIRE_OP_RENEW] = LEDGER_OPERATION_RENEW,
        [WIRE_OP_REKEY] = LEDGER_OPERATION_REKEY,
        [WIRE_OP_ON_BEHALF] = LEDGER_OPERATION_ON_BEHALF,
        [WIRE_OP_ADMIN] = LEDGER_OPERATION_ADMIN,
    };
    _Static_assert(sizeof(operations) / sizeof(operations[0]) == WIRE_OP_COUNT,
                   "every operation has its number");

    return operations[op];
}

enum ledger_kind server_kind(enum wire_account_kind kind)
{
    return kind == WIRE_ACCOUNT_MACHINE ? LEDGER_KIND_MACHINE : LEDGER_KIND_USER;
}

struct ledger_hash server_hash(const unsigned char sha256[WIRE_SHA256])
{
    struct ledger_hash hash;

    memcpy(hash.octets, sha256, sizeof(hash.octets));
    return hash;
}

struct ledger_serial server_serial(struct bytes serial)
{
    struct ledger_serial out = {{0}};

    if (serial.len == sizeof(out.octets)) {
        memcpy(out.octets, serial.data, sizeof(out.octets));
    }
    return out;
}

struct ledger_template server_template(const struct wire_template_ref *ref)
{
    return (struct ledger_template){ref->name, ref->oid, ref->major, ref->minor,
                                    server_hash(ref->content_sha256)};
}

/* ---- certificates -------------------------------------------------------------------- */

static size_t convert_names(const struct issue_record *record, struct ledger_name *names)
{
    static const enum ledger_name_kind kinds[] = {
        [ISSUE_NAME_DNS] = LEDGER_NAME_DNS,     [ISSUE_NAME_UPN] = LEDGER_NAME_UPN,
        [ISSUE_NAME_EMAIL] = LEDGER_NAME_EMAIL, [ISSUE_NAME_KRB5] = LEDGER_NAME_KRB5,
        [ISSUE_NAME_IP] = LEDGER_NAME_IP,       [ISSUE_NAME_URI] = LEDGER_NAME_URI,
        [ISSUE_NAME_SID] = LEDGER_NAME_SID,
    };
    _Static_assert(sizeof(kinds) / sizeof(kinds[0]) == ISSUE_NAME_KIND_COUNT,
                   "every kind of name has its number");

    for (size_t i = 0; i < record->name_count; i++) {
        const struct issue_name *name = &record->names[i];

        names[i] = (struct ledger_name){kinds[name->kind], name->value};
    }
    return record->name_count;
}

static void set_owner(const struct issue_record *record, struct ledger_certificate *out)
{
    if (record->infrastructure) {
        out->operation = LEDGER_OPERATION_INFRASTRUCTURE;
        out->kind = LEDGER_KIND_INFRASTRUCTURE;
        return;
    }
    out->operation = server_operation(record->op);
    out->kind = server_kind(record->account.kind);
    out->account = record->account.id;
    out->principal = record->account.principal;
    out->template = server_template(&record->template);
    out->bundle = server_hash(record->bundle_id);
    out->renews = server_serial(record->renewed_serial);
}

void server_certificate(const struct issue_record *record, int64_t request,
                        struct ledger_name *names, struct ledger_certificate *out)
{
    *out = (struct ledger_certificate){.ca = record->ca,
                                       .node = record->node - WIRE_NODE_MIN,
                                       .journal_seq = (int64_t)record->intent_sequence,
                                       .request = request,
                                       .crl_generation = record->crl_generation,
                                       .crl_shard = record->crl_shard,
                                       .key = server_hash(record->spki_sha256),
                                       .subject = (const char *)record->subject.data,
                                       .san = (const char *)record->san.data,
                                       .not_before_utc = record->not_before_utc,
                                       .not_after_utc = record->not_after_utc,
                                       .issued_utc = record->issued_utc,
                                       .delivered = true,
                                       .der = record->der,
                                       .names = names,
                                       .names_len = convert_names(record, names)};
    memcpy(out->serial.octets, record->serial, sizeof(out->serial.octets));
    set_owner(record, out);
}

/* ---- requests ------------------------------------------------------------------------ */

int64_t server_attempt(const struct issue_proposal *proposal)
{
    return proposal->attempt != 0 ? proposal->attempt : proposal->request;
}

void server_request(const struct issue_proposal *proposal, int64_t node, int64_t now_utc,
                    struct ledger_request *out)
{
    *out = (struct ledger_request){.number = proposal->request,
                                   .attempt = proposal->attempt,
                                   .node = node,
                                   .account = proposal->account.id,
                                   .principal = proposal->account.principal,
                                   .kind = server_kind(proposal->account.kind),
                                   .template = server_template(&proposal->template),
                                   .operation = server_operation(proposal->op),
                                   .asked = server_hash(proposal->decision.asked_sha256),
                                   .state = LEDGER_REQUEST_ISSUED,
                                   .protocol = proposal->decision.protocol,
                                   .peer = proposal->decision.peer,
                                   .created_utc = proposal->decision.created_utc,
                                   .updated_utc = now_utc};
}

void server_decision(const struct issue_proposal *proposal, int64_t node,
                     struct ledger_decision *out)
{
    const struct issue_decision *decision = &proposal->decision;

    *out = (struct ledger_decision){.request = proposal->request,
                                    .node = node,
                                    .decided_utc = proposal->decided_utc,
                                    .verdict = LEDGER_VERDICT_ISSUE,
                                    .account = proposal->account.id,
                                    .template = server_template(&proposal->template),
                                    .bundle = server_hash(proposal->bundle_id),
                                    .config = server_hash(decision->config_sha256),
                                    .request_hash = server_hash(proposal->csr_sha256),
                                    .facts_hash = server_hash(proposal->facts_sha256),
                                    .engine = decision->engine,
                                    .facts = decision->facts,
                                    .trace = decision->trace};
}

/* ---- revocations --------------------------------------------------------------------- */

enum wire_revocation_action server_action(enum ledger_revocation_event event)
{
    switch (event) {
    case LEDGER_EVENT_HOLD:
        return WIRE_REVOCATION_HOLD;
    case LEDGER_EVENT_RELEASE:
        return WIRE_REVOCATION_RELEASE;
    case LEDGER_EVENT_REVOKE:
    case LEDGER_EVENT_END:
        break;
    }
    return WIRE_REVOCATION_REVOKE;
}

/* Both count as RFC 5280 5.3.1 does, but for its gap. */
enum wire_revocation_reason server_wire_reason(enum ledger_reason reason)
{
    for (unsigned int i = 0; i < WIRE_REVOCATION_REASON_COUNT; i++) {
        enum wire_revocation_reason candidate = (enum wire_revocation_reason)i;

        if (wire_revocation_reason_code(candidate) == (uint32_t)reason) {
            return candidate;
        }
    }
    return WIRE_REVOCATION_UNSPECIFIED;
}

void server_actor_text(const struct wire_actor *actor, struct buf *out)
{
    if (actor->account != NULL) {
        buf_append_text(out, actor->account->principal);
    } else {
        buf_printf(out, "uid %u (%s)", actor->uid, actor->program);
    }
}

static enum ledger_revocation_event event_of(enum wire_revocation_action action)
{
    static const enum ledger_revocation_event events[] = {
        [WIRE_REVOCATION_REVOKE] = LEDGER_EVENT_REVOKE,
        [WIRE_REVOCATION_HOLD] = LEDGER_EVENT_HOLD,
        [WIRE_REVOCATION_RELEASE] = LEDGER_EVENT_RELEASE,
    };
    _Static_assert(sizeof(events) / sizeof(events[0]) == WIRE_REVOCATION_ACTION_COUNT,
                   "every action has its event");

    return events[action];
}

static bool is_undelivered(const struct wire_revocation *r)
{
    return r->actor.account == NULL && strcmp(r->actor.program, SERVER_PROGRAM) == 0 &&
           strcmp(r->sentence, SERVER_UNDELIVERED) == 0;
}

void server_revoke_entry(const struct wire_revocation *revocation, const char *actor,
                         int64_t node, uint64_t sequence, struct ledger_revoke *out)
{
    *out = (struct ledger_revoke){
        .what = {.serial = server_serial(revocation->serial),
                 .event = event_of(revocation->action),
                 .reason =
                     (enum ledger_reason)wire_revocation_reason_code(revocation->reason),
                 .happened_utc = revocation->revoked_utc,
                 .actor = actor,
                 .note = revocation->sentence,
                 .node = node,
                 .journal_seq = (int64_t)sequence},
        .undelivered = is_undelivered(revocation)};
    if (out->what.event == LEDGER_EVENT_HOLD) {
        out->what.reason = LEDGER_REASON_CERTIFICATE_HOLD;
    }
}
