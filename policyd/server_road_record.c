/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/content_names.h"
#include "common/wire/trail.h"

#include "policyd/server_convert.h"
#include "policyd/server_road_inside.h"

enum {
    RETRY_LATER_S = 10,
    TOLD_AGAIN_S = 60 * 60,        /* how old the record of a wait may be that goes on */
    VERDICT_KEPT_MAX = 768 * 1024, /* octets; with the steps it must fit the ledger */
};

/* Without its number: clients take the first that they find for that of the request. */
#define SENTENCE_LAPSED                                                                  \
    "An earlier request for the same was not approved in time and has ended; this one "  \
    "waits for approval in its place."

/* ---- what explain needs -------------------------------------------------------------- */

/* Facts of a decision that were sent to the rules were encoded before; so these can be. */
void trip_write_facts(const struct trip *trip, struct buf *out)
{
    struct error err;

    if (trip->decision != NULL &&
        !wire_facts_encode(decide_get_facts(trip->decision), out, &err)) {
        log_event(
            LOG_ERR, "request.facts",
            LOG_FIELDS(log_text("request", trip->id), log_text("why", err.message)));
        buf_clear(out);
    }
    if (out->len > LEDGER_BLOB_MAX) {
        buf_clear(out);
    }
}

static size_t add_steps(const struct wire_step *steps, size_t count,
                        struct wire_step *out, size_t used)
{
    for (size_t i = 0; i < count && used < WIRE_STEPS_MAX; i++) {
        out[used++] = steps[i];
    }
    return used;
}

static size_t add_notes(const struct trip *trip, struct wire_step *out, size_t used)
{
    for (size_t i = 0; i < trip->note_count && used < WIRE_STEPS_MAX; i++) {
        const struct trip_note *note = &trip->notes[i];

        out[used++] = (struct wire_step){note->step, WIRE_STEP_PASS, REASON_NONE,
                                         note->text.message};
    }
    return used;
}

/* Whether the step that failed is told by identity or decision already. */
static bool is_told(const struct trip *trip, const struct wire_step *last)
{
    if (trip->reason == REASON_NONE) {
        return true;
    }
    return trip->decision != NULL ? last != NULL && last->result == WIRE_STEP_FAIL
                                  : !trip->who->known;
}

static size_t all_steps(const struct trip *trip, struct wire_step *out)
{
    const struct wire_step failed = {trip->at, WIRE_STEP_FAIL, trip->reason,
                                     trip->err.message};
    size_t used = add_steps(trip->who->evidence, trip->who->evidence_count, out, 0);
    const struct wire_step *last = NULL;

    used = add_notes(trip, out, used);
    if (trip->decision != NULL) {
        size_t count = 0;
        const struct wire_step *steps = decide_get_steps(trip->decision, &count);

        used = add_steps(steps, count, out, used);
        last = count > 0 ? &steps[count - 1] : NULL;
    }
    return is_told(trip, last) ? used : add_steps(&failed, 1, out, used);
}

void trip_write_trail(const struct trip *trip, const struct enroll_outcome *outcome,
                      struct buf *out)
{
    struct wire_step steps[WIRE_STEPS_MAX];
    struct bytes verdict = buf_bytes(&trip->answer.octets);
    struct wire_trail trail = {.request_id = trip->id,
                               .reason = outcome->reason,
                               .detail = trip->err.message,
                               .sentence = outcome->sentence,
                               .steps = steps,
                               .step_count = all_steps(trip, steps)};
    struct error err;

    if (verdict.len <= VERDICT_KEPT_MAX) {
        trail.verdict = verdict;
    }
    if (!wire_trail_encode(&trail, out, &err)) {
        log_event(
            LOG_ERR, "request.trail",
            LOG_FIELDS(log_text("request", trip->id), log_text("why", err.message)));
        buf_clear(out);
    }
}

/* ---- rows ---------------------------------------------------------------------------- */

static struct ledger_template template_of(const struct trip *trip)
{
    const struct template_item *item = trip->template;

    if (item == NULL) {
        return (struct ledger_template){.name = trip->request->label};
    }
    struct ledger_template template = {.name = item->name,
                                       .oid = item->tmpl->oid,
                                       .major = item->tmpl->major,
                                       .minor = item->tmpl->minor};
    memcpy(template.content.octets, item->sha256, sizeof(template.content.octets));
    return template;
}

static void append_csr_names(const struct csr *csr, struct buf *out)
{
    name_print_dn(&csr->subject, out);
    for (size_t i = 0; i < csr->sans.count; i++) {
        buf_append_byte(out, '\n');
        name_print_general(&csr->sans.names[i], out);
    }
}

void trip_hash_names(const struct trip *trip, unsigned char out[WIRE_SHA256])
{
    AUTO(buf) names = BUF_EMPTY;

    if (trip->was_judged) {
        wire_content_append_names(trip->judged.content, trip->template->sha256, &names);
    } else {
        append_csr_names(trip->csr, &names);
    }
    digest_sha256(names.data, names.len, out);
}

/* Whose request it is, as far as that is known. */
static void set_account(const struct trip *trip, struct ledger_request *out)
{
    out->principal = trip->who->login.principal;
    if (trip->account != NULL) {
        const struct wire_account_ref *account = &trip->account->ref;

        out->account = account->id;
        out->principal = account->principal;
        out->kind = server_kind(account->kind);
    }
}

void trip_request(const struct trip *trip, struct ledger_request *out)
{
    *out = (struct ledger_request){
        .number = trip->number,
        .attempt = trip->own_number,
        .node = trip->road->settings.node,
        .template = template_of(trip),
        .operation = server_operation(trip->op),
        .protocol = trip->request->protocol,
        .peer = trip->request->peer_address,
        .created_utc = trip->open != NULL ? trip->open->created_utc : trip->now_utc,
        .updated_utc = trip->now_utc};
    set_account(trip, out);
    if (trip->csr != NULL) {
        unsigned char asked[WIRE_SHA256];

        trip_hash_names(trip, asked);
        out->key = server_hash(key_get_info(trip->csr->key)->spki_sha256);
        out->asked = server_hash(asked);
    }
}

void trip_decision(const struct trip *trip, struct bytes facts, struct bytes trail,
                   struct ledger_decision *out)
{
    unsigned char facts_sha256[WIRE_SHA256];

    digest_sha256(facts.data, facts.len, facts_sha256);
    *out = (struct ledger_decision){
        .request = trip->number,
        .node = trip->road->settings.node,
        .decided_utc = trip->now_utc,
        .account = trip->account != NULL ? trip->account->ref.id : "",
        .template = template_of(trip),
        .config = server_hash(trip->road->settings.config_sha256),
        .facts_hash = server_hash(facts_sha256),
        .engine = trip->road->settings.software,
        .facts = facts,
        .trace = trail};
    if (trip->csr != NULL) {
        out->request_hash = server_hash(trip->csr->sha256);
    }
    if (trip->rules != NULL) {
        out->bundle = server_hash(rules_loaded(trip->rules)->bundle_id);
    }
}

static bool execute(const struct trip *trip, struct ledger_op *op)
{
    struct error err;
    bool done = ledger_execute(trip->road->settings.ledger, op, &err);

    if (!done) {
        log_event_limited(
            LOG_WARNING, "request.unrecorded",
            LOG_FIELDS(log_text("request", trip->id), log_text("why", err.message)));
    }
    return done;
}

/* ---- ends ---------------------------------------------------------------------------- */

/* Where something is away the peer is told when to come again, whoever knows better or not. */
static void set_outcome(const struct trip *trip, enum reason reason,
                        unsigned int retry_after_s, struct enroll_outcome *out)
{
    bool away = reason != REASON_NONE && reason_get(reason)->status == 503;

    out->reason = reason;
    out->retry_after_s = away && retry_after_s == 0 ? RETRY_LATER_S : retry_after_s;
    (void)snprintf(out->request_id, sizeof(out->request_id), "%s", trip->id);
}

static void record_refusal(struct trip *trip, const struct enroll_outcome *out)
{
    AUTO(buf) facts = BUF_EMPTY;
    AUTO(buf) trail = BUF_EMPTY;
    const struct reason_info *info = reason_get(out->reason);
    bool final = reason_is_denial(out->reason);
    struct ledger_request request;
    struct ledger_decision decision;

    trip_write_facts(trip, &facts);
    trip_write_trail(trip, out, &trail);
    trip_request(trip, &request);
    request.state = final ? LEDGER_REQUEST_DENIED : LEDGER_REQUEST_FAILED;
    request.reason = info->code;
    request.retry_after_s = out->retry_after_s;
    trip_decision(trip, buf_bytes(&facts), buf_bytes(&trail), &decision);
    decision.verdict = final ? LEDGER_VERDICT_DENY : LEDGER_VERDICT_ERROR;
    decision.reason = info->code;
    AUTO(ledger_op)
    op = {.kind = LEDGER_REFUSE, .refuse = {.request = &request, .decision = &decision}};
    (void)execute(trip, &op); /* the answer is the same */
}

void trip_refuse(struct trip *trip, struct enroll_outcome *out)
{
    const struct reason_info *info = reason_get(trip->reason);

    uint32_t later_s = trip->retry_after_s > 0 ? trip->retry_after_s : RETRY_LATER_S;

    set_outcome(trip, trip->reason, info->retry == RETRY_LATER ? later_s : 0, out);
    if (trip->decision != NULL && trip->answer.verdict.sentence != NULL) {
        (void)snprintf(out->sentence, sizeof(out->sentence), "%s",
                       trip->answer.verdict.sentence);
    }
    if (trip->number != 0) { /* else nobody has shown who he is */
        record_refusal(trip, out);
    }
}

/* All of them have to approve, within the shortest of their times. */
static void add_holds(const struct trip *trip, struct buf *groups,
                      struct ledger_request *out)
{
    uint64_t ttl_s = UINT64_MAX;

    out->approvals_needed = 0;
    for (size_t i = 0; i < trip->judged.hold_count; i++) {
        const struct wire_hold *hold = &trip->judged.holds[i];

        ledger_group_append(groups, hold->from, hold->need);
        out->approvals_needed += hold->need;
        ttl_s = hold->ttl_s < ttl_s ? hold->ttl_s : ttl_s;
    }
    out->approvers = buf_text(groups);
    out->expires_utc =
        trip->open != NULL ? trip->open->expires_utc : trip->now_utc + (int64_t)ttl_s;
}

static void fill_hold(const struct trip *trip, struct buf *groups,
                      struct ledger_request *out)
{
    trip_request(trip, out);
    out->state = LEDGER_REQUEST_HELD;
    out->reason = reason_get(REASON_HELD)->code;
    out->retry_after_s = trip->road->settings.poll_after_s;
    add_holds(trip, groups, out);
}

static bool take_denial(void *ctx, const struct ledger_approval *a, struct error *err)
{
    struct enroll_outcome *out = ctx;

    (void)err;
    if (!a->approved) {
        (void)snprintf(out->sentence, sizeof(out->sentence), "%s", a->comment);
    }
    return true;
}

/* What an approver denied stays denied for as long as it could have waited, in his words. */
static void refuse_denied(struct trip *trip, int64_t number, struct enroll_outcome *out)
{
    char id[LEDGER_REQUEST_ID_SIZE];
    struct error ignored;

    ledger_request_id(number, id);
    trip->at = "approval";
    trip->reason = REASON_APPROVAL_DENIED;
    (void)error_set(&trip->err, ERROR_DENIED, "request %s was denied for the same names",
                    id);
    set_outcome(trip, trip->reason, 0, out);
    *out->sentence = '\0';
    if (!ledger_approval_list(trip->road->settings.ledger, number, take_denial, out,
                              &ignored)) {
        *out->sentence = '\0'; /* the reason's own sentence is enough */
    }
    record_refusal(trip, out);
}

/* So many of his wait that approvers would read nothing else. */
static void refuse_full(struct trip *trip, struct enroll_outcome *out)
{
    trip->at = "approval";
    trip->reason = REASON_RATE;
    (void)error_set(
        &trip->err, ERROR_DENIED,
        "%u requests of the account wait for approval already, and no more may",
        trip->road->settings.open_max);
    set_outcome(trip, trip->reason, trip->road->settings.poll_after_s, out);
    (void)snprintf(
        out->sentence, sizeof(out->sentence),
        "As many of your requests wait for approval as may; ask again when one "
        "of them was decided on.");
    record_refusal(trip, out);
}

/* Asked for again, and nothing is new: what was recorded last says it all. Now and then it is
 * recorded anew all the same, so that explain is never far behind. */
static bool is_old_news(const struct trip *trip, const struct ledger_request *request)
{
    const struct ledger_request *open = trip->open;

    return open != NULL && open->state == LEDGER_REQUEST_HELD &&
           trip->now_utc >= open->updated_utc &&
           trip->now_utc - open->updated_utc < TOLD_AGAIN_S &&
           strcmp(open->approvers, request->approvers) == 0 &&
           open->approvals_needed == request->approvals_needed &&
           ledger_hash_equal(&open->asked, &request->asked) &&
           ledger_hash_equal(&open->template.content, &request->template.content);
}

/* What the ledger made of it. */
static void end_hold(struct trip *trip, const struct ledger_hold *hold,
                     struct enroll_outcome *out)
{
    if (hold->denied != 0) {
        refuse_denied(trip, hold->denied, out);
    } else if (hold->full) {
        refuse_full(trip, out);
    } else if (hold->waiting != trip->number && hold->waiting != 0) {
        ledger_request_id(hold->waiting, out->request_id);
    } else if (hold->lapsed != 0) {
        (void)snprintf(out->sentence, sizeof(out->sentence), "%s", SENTENCE_LAPSED);
    }
}

void trip_hold(struct trip *trip, struct enroll_outcome *out)
{
    AUTO(buf) facts = BUF_EMPTY;
    AUTO(buf) trail = BUF_EMPTY;
    AUTO(buf) groups = BUF_EMPTY;
    struct ledger_request request;
    struct ledger_decision decision;

    set_outcome(trip, REASON_HELD, trip->road->settings.poll_after_s, out);
    (void)snprintf(out->sentence, sizeof(out->sentence), "%s",
                   trip->anew != NULL ? trip->anew : trip->judged.sentence);
    fill_hold(trip, &groups, &request);
    trip->polls = trip->open != NULL;
    if (is_old_news(trip, &request)) {
        return;
    }
    trip_write_facts(trip, &facts);
    trip_write_trail(trip, out, &trail);
    trip_decision(trip, buf_bytes(&facts), buf_bytes(&trail), &decision);
    decision.verdict = LEDGER_VERDICT_HOLD;
    decision.reason = request.reason;
    AUTO(ledger_op)
    op = {.kind = LEDGER_HOLD,
          .hold = {.request = &request,
                   .decision = &decision,
                   .open_max = trip->road->settings.open_max}};
    if (!execute(trip, &op)) {
        set_outcome(trip, REASON_STORE, RETRY_LATER_S, out);
    } else {
        end_hold(trip, &op.hold, out);
    }
}

/* ---- the certificate ----------------------------------------------------------------- */

/* Told again with the end that it took; ctx is the trip. */
static void retell(void *ctx, enum reason reason, const char *detail, struct buf *trace)
{
    struct trip *trip = ctx;
    const struct enroll_outcome told = {.reason = reason};

    trip->at = "issue";
    trip->reason = reason;
    (void)error_set(&trip->err, ERROR_UNAVAILABLE, "%s", detail);
    trip_write_trail(trip, &told, trace);
}

static struct issue_proposal proposal_of(struct trip *trip, struct bytes facts,
                                         struct bytes trail)
{
    const struct server_road_settings *s = &trip->road->settings;
    const struct wire_facts *decided = decide_get_facts(trip->decision);
    struct issue_proposal p = {.request = trip->number,
                               .attempt = trip->own_number,
                               .request_id = trip->id,
                               .ca = s->ca,
                               .op = trip->op,
                               .account = trip->account->ref,
                               .auth = trip->who->login.method,
                               .authenticated_utc = trip->who->login.authenticated_utc,
                               .template = decided->template.ref,
                               .content = *trip->judged.content,
                               .spki = key_get_spki(trip->csr->key),
                               .crl_generation = s->crl_generation,
                               .approvals = trip->input.approvals,
                               .approval_count = trip->input.approval_count,
                               .decided_utc = trip->now_utc,
                               .quota = s->quota,
                               .decision = {.facts = facts,
                                            .trace = trail,
                                            .engine = s->software,
                                            .protocol = trip->request->protocol,
                                            .peer = trip->request->peer_address,
                                            .created_utc = trip->open != NULL
                                                               ? trip->open->created_utc
                                                               : trip->now_utc,
                                            .retell = retell,
                                            .ctx = trip}};

    if (trip->previous.row != NULL) {
        p.renewed_serial = (struct bytes){trip->previous.row->serial.octets,
                                          sizeof(trip->previous.row->serial.octets)};
    }
    memcpy(p.csr_sha256, trip->csr->sha256, WIRE_SHA256);
    memcpy(p.bundle_id, decided->bundle_id, WIRE_SHA256);
    memcpy(p.decision.config_sha256, s->config_sha256, WIRE_SHA256);
    digest_sha256(facts.data, facts.len, p.facts_sha256);
    trip_hash_names(trip, p.decision.asked_sha256);
    return p;
}

void trip_issue(struct trip *trip, struct enroll_outcome *out)
{
    AUTO(buf) facts = BUF_EMPTY;
    AUTO(buf) trail = BUF_EMPTY;
    AUTO(server_outcome) issued = {0};

    set_outcome(trip, REASON_NONE, 0, out);
    trip_write_facts(trip, &facts);
    trip_write_trail(trip, out, &trail);
    const struct issue_proposal proposal =
        proposal_of(trip, buf_bytes(&facts), buf_bytes(&trail));
    server_issue(trip->road->settings.server, &proposal, &issued);
    set_outcome(trip, issued.reason, issued.retry_after_s, out);
    trip->reason = issued.reason;
    if (issued.reason != REASON_NONE) {
        (void)error_set(&trip->err, ERROR_UNAVAILABLE, "%s", issued.detail);
        return;
    }
    if (issued.repeated && issued.request != 0) {
        /* the decision that explains it; this one only found it to be the same again */
        ledger_request_id(issued.request, out->request_id);
    }
    buf_append(&out->certificate, issued.certificate.data, issued.certificate.len);
}
