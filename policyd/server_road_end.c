/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

#include "policyd/server_road_inside.h"

enum {
    RETRY_LATER_S = 10,
    TOLD_AGAIN_S = 60 * 60, /* how old the record of a wait may be that goes on */
};

/* Without its number: clients take the first that they find for that of the request. */
#define SENTENCE_LAPSED                                                                  \
    "An earlier request for the same was not approved in time and has ended; this one "  \
    "waits for approval in its place."

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
    if (trip->number != 0) { /* else there is nothing to be told of it later */
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
    if (is_old_news(trip, &request)) {
        trip->polls = true;
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

/* The answer was lost that was asked for again, and is no answer any more. */
static bool is_beyond_repeat(const struct trip *trip, const struct server_outcome *issued)
{
    return issued->ended && trip->open != NULL &&
           trip->open->state == LEDGER_REQUEST_ISSUED;
}

/* False: it needs no approval any more, and stays refused for now. */
static bool hold_anew(struct trip *trip, struct enroll_outcome *out)
{
    if (!trip_repeat_anew(trip)) {
        trip_refuse(trip, out);
        return true;
    }
    if (trip->judged.hold_count > 0) {
        trip_hold(trip, out);
        return true;
    }
    return false;
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
    if (is_beyond_repeat(trip, &issued) && hold_anew(trip, out)) {
        return;
    }
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
