/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"

#include "policyd/server_convert.h"
#include "policyd/server_inside.h"
#include "policyd/server_settle.h"

enum {
    RESERVED_S = 300,        /* a reservation that nobody ends counts no longer then */
    RETRY_S = 2,             /* after something that passes by itself */
    RETRY_QUOTA_S = 60 * 60, /* after a quota was used up */
};

/* One issuance on its way. */
struct issuance {
    struct server *server;
    const struct issue_proposal *proposal;
    struct ledger_hash key;
    struct server_outcome *out;
};

/* ---- an end without a certificate ---------------------------------------------------- */

static void doubt_after(struct server *server, const struct error *err)
{
    if (err->code == ERROR_UNAVAILABLE) {
        server_doubt(server);
    }
}

/* The ledger's row, and the end of the reservation. If that fails, it is dropped when ledger and
 * journal have been compared; the answer is the same. */
static void record_refusal(const struct issuance *i)
{
    const struct issue_decision *told = &i->proposal->decision;
    AUTO(buf) trace = BUF_EMPTY;
    const struct reason_info *info = reason_get(i->out->reason);
    bool final = reason_is_denial(i->out->reason);
    int64_t node = i->server->options.node;
    struct ledger_request request;
    struct ledger_decision decision;
    struct error err;

    server_request(i->proposal, node, server_now_utc(i->server), &request);
    request.key = i->key;
    request.state = final ? LEDGER_REQUEST_DENIED : LEDGER_REQUEST_FAILED;
    request.reason = info->code;
    request.retry_after_s = i->out->retry_after_s;
    server_decision(i->proposal, node, &decision);
    decision.verdict = final ? LEDGER_VERDICT_DENY : LEDGER_VERDICT_ERROR;
    decision.reason = info->code;
    if (told->retell != NULL) {
        told->retell(told->ctx, i->out->reason, i->out->detail, &trace);
        decision.trace = buf_bytes(&trace);
    }
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, &decision}};
    if (!ledger_execute(i->server->options.ledger, &op, &err)) {
        doubt_after(i->server, &err);
        log_event_limited(LOG_WARNING, "request.unrecorded",
                          LOG_FIELDS(log_text("request", i->proposal->request_id),
                                     log_text("why", err.message)));
    }
    ledger_op_clear(&op);
}

static void refuse(const struct issuance *i, enum reason reason, uint32_t retry_after_s,
                   const char *detail)
{
    server_outcome_set(i->out, reason, retry_after_s, detail);
    record_refusal(i);
}

/* ---- reserve ------------------------------------------------------------------------- */

static void hand_out_earlier(const struct issuance *i,
                             const struct ledger_certificate *earlier)
{
    i->out->reason = REASON_NONE;
    i->out->repeated = true;
    i->out->request = earlier->request;
    memcpy(i->out->serial, earlier->serial.octets, sizeof(i->out->serial));
    buf_append(&i->out->certificate, earlier->der.data, earlier->der.len);
}

/* A repeat gets the earlier certificate only if it would get the same now. */
static bool is_same_content(const struct issuance *i,
                            const struct ledger_certificate *earlier)
{
    AUTO(cert) cert = NULL;
    struct error why;

    return cert_parse(earlier->der, &cert, &why) &&
           issue_matches(i->proposal, cert, i->server->options.retry_window_s, &why);
}

static struct ledger_op reservation(const struct issuance *i, int64_t retry_window_s)
{
    const struct issue_proposal *p = i->proposal;
    int64_t now_utc = server_now_utc(i->server);

    return (struct ledger_op){
        .kind = LEDGER_RESERVE,
        .reserve = {.request = server_attempt(p),
                    .waited = server_attempt(p) != p->request ? p->request : 0,
                    .node = i->server->options.node,
                    .account = p->account.id,
                    .template_name = p->template.name,
                    .operation = server_operation(p->op),
                    .key = i->key,
                    .renews = server_serial(p->renewed_serial),
                    .quota = {p->quota.day_max, p->quota.week_max, p->quota.live_max},
                    .now_utc = now_utc,
                    .expires_utc = now_utc + RESERVED_S,
                    .retry_window_s = retry_window_s}};
}

static void refuse_quota(const struct issuance *i, enum ledger_reserve_outcome outcome)
{
    const struct issue_quota *quota = &i->proposal->quota;
    struct error text;

    if (outcome == LEDGER_QUOTA_LIVE) {
        (void)error_set(&text, ERROR_NONE,
                        "the account has as many live certificates of this template as "
                        "it may: live_max = %lld",
                        (long long)quota->live_max);
    } else {
        bool day = outcome == LEDGER_QUOTA_DAY;

        (void)error_set(&text, ERROR_NONE,
                        "the account's quota of certificates of this template for a %s "
                        "is used up: %s = %lld",
                        day ? "day" : "week", day ? "day_max" : "week_max",
                        (long long)(day ? quota->day_max : quota->week_max));
    }
    refuse(i, REASON_RATE, RETRY_QUOTA_S, text.message);
}

/* true: reserved, or again says that the earlier certificate is to be passed over. */
static bool judge_reservation(const struct issuance *i, const struct ledger_reserve *r,
                              bool *again)
{
    switch (r->outcome) {
    case LEDGER_RESERVED:
        return true;
    case LEDGER_EARLIER:
        *again = !is_same_content(i, r->earlier);
        if (!*again) {
            hand_out_earlier(i, r->earlier);
        }
        return *again;
    case LEDGER_IN_FLIGHT:
        refuse(i, REASON_BUSY, RETRY_S, "the same is being issued to another request");
        return false;
    case LEDGER_ENDED:
        server_outcome_set(i->out, REASON_BUSY, RETRY_S,
                           "the request was issued or denied meanwhile");
        i->out->ended = true;
        return false;
    case LEDGER_QUOTA_DAY:
    case LEDGER_QUOTA_WEEK:
    case LEDGER_QUOTA_LIVE:
        refuse_quota(i, r->outcome);
        return false;
    }
    server_outcome_set(i->out, REASON_INTERNAL, 0, "a reservation of no outcome");
    return false;
}

static bool reserve(const struct issuance *i, int64_t retry_window_s, bool *again)
{
    AUTO(ledger_op) op = reservation(i, retry_window_s);
    struct error err;

    if (!ledger_execute(i->server->options.ledger, &op, &err)) {
        server_outcome_set(i->out,
                           err.code == ERROR_UNAVAILABLE ? REASON_STORE : REASON_INTERNAL,
                           RETRY_S, err.message);
        doubt_after(i->server, &err); /* whether it is reserved */
        return false;
    }
    return judge_reservation(i, &op.reserve, again);
}

static bool reserve_at_last(const struct issuance *i)
{
    bool again = false;

    if (!reserve(i, i->server->options.retry_window_s, &again)) {
        return false;
    }
    return !again || reserve(i, 0, &again);
}

/* ---- sign ---------------------------------------------------------------------------- */

/* False: the outcome is set, and the reservation has ended. */
static bool sign(const struct issuance *i, struct signer_reply *reply)
{
    struct server *server = i->server;
    struct wire_issue_intent intent;
    struct error err;

    issue_intent(i->proposal, server->options.sign_deadline_ms, &intent);
    const struct signer_question question = {
        .message = &wire_issue_intent_message,
        .record = &intent,
        .wanted = &wire_issue_result_message,
        .issuing = true,
        .timeout_ms = server->options.sign_deadline_ms + server->options.silence_ms};
    if (!signer_port_ask(server->port, &question, reply, &err)) {
        /* What may have been signed is found in the journal, before anything else is. */
        refuse(i, err.code == ERROR_INVALID ? REASON_INTERNAL : REASON_SIGNER, RETRY_S,
               err.message);
        return false;
    }
    if (reply->refused) {
        server_outcome_refused(i->out, &reply->refusal);
        record_refusal(i);
        return false;
    }
    return true;
}

/* ---- check and settle ---------------------------------------------------------------- */

static void settle(const struct issuance *i, const struct wire_issue_result *result,
                   const struct cert *certificate)
{
    struct server *server = i->server;
    AUTO(server_settling) s = mem_new(sizeof(*s));
    struct error err;

    if (!issue_record_result(i->proposal, result, certificate, &s->record, &err)) {
        server_distrust_answer(server, i->out, &err);
        return;
    }
    server_certificate(&s->record, i->proposal->request, s->names, &s->certificate);
    server_request(i->proposal, server->options.node, server_now_utc(server),
                   &s->request);
    s->request.key = s->certificate.key;
    server_decision(i->proposal, server->options.node, &s->decision);
    s->decision.serial = s->certificate.serial;
    server_settle(server, s, &s->request, &s->decision, i->out);
}

static void finish(const struct issuance *i, const struct signer_reply *reply)
{
    AUTO(wire_issue_result) result = {0};
    AUTO(cert) certificate = NULL;
    struct error err;

    if (!wire_issue_result_decode(buf_bytes(&reply->octets), &result, &err) ||
        !cert_parse(result.certificate, &certificate, &err) ||
        !issue_check_result(i->proposal, server_wire_node(i->server), &result,
                            certificate, &err)) {
        server_distrust_answer(i->server, i->out, &err);
        record_refusal(i);
        return;
    }
    settle(i, &result, certificate);
}

static struct ledger_hash key_of(const struct issue_proposal *proposal)
{
    struct ledger_hash key;

    digest_sha256(proposal->spki.data, proposal->spki.len, key.octets);
    return key;
}

static void issue(struct server *server, const struct issue_proposal *proposal,
                  struct server_outcome *out)
{
    AUTO(signer_reply) reply = {0};
    const struct issuance i = {
        .server = server, .proposal = proposal, .key = key_of(proposal), .out = out};

    if (reserve_at_last(&i) && sign(&i, &reply)) {
        finish(&i, &reply);
    }
}

void server_issue(struct server *server, const struct issue_proposal *proposal,
                  struct server_outcome *out)
{
    struct server_flight flight = {.request_id = proposal->request_id,
                                   .request = server_attempt(proposal)};

    *out = (struct server_outcome){0};
    if (server_take_off(server, &flight, out)) {
        issue(server, proposal, out);
        server_land(server, &flight);
        return;
    }
    /* Nothing has begun: what the request may still be for is for the ledger to know. */
    const struct issuance i = {
        .server = server, .proposal = proposal, .key = key_of(proposal), .out = out};
    record_refusal(&i);
}
