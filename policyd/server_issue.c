/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"

#include "policyd/server_chain.h"
#include "policyd/server_convert.h"
#include "policyd/server_inside.h"

enum {
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

/* The ledger did not reserve it; an earlier certificate is not superseded. */
static void judge_reservation(const struct issuance *i, const struct ledger_reserve *r)
{
    switch (r->outcome) {
    case LEDGER_EARLIER:
        hand_out_earlier(i, r->earlier);
        return;
    case LEDGER_IN_FLIGHT:
        refuse(i, REASON_BUSY, RETRY_S, "the same is being issued to another request");
        return;
    case LEDGER_ENDED:
        server_outcome_set(i->out, REASON_BUSY, RETRY_S,
                           "the request was issued or denied meanwhile");
        i->out->ended = true;
        return;
    case LEDGER_QUOTA_DAY:
    case LEDGER_QUOTA_WEEK:
    case LEDGER_QUOTA_LIVE:
        refuse_quota(i, r->outcome);
        return;
    case LEDGER_RESERVED:
        break;
    }
    server_outcome_set(i->out, REASON_INTERNAL, 0, "a reservation of no outcome");
}

static void end_unreserved(const struct issuance *i, const struct ledger_op *op)
{
    if (op->ok) {
        judge_reservation(i, &op->reserve);
        return;
    }
    server_outcome_set(
        i->out, op->error.code == ERROR_UNAVAILABLE ? REASON_STORE : REASON_INTERNAL,
        RETRY_S, op->error.message);
    doubt_after(i->server, &op->error); /* whether it is reserved */
}

/* An earlier certificate of other content: the chain is to pass it over. */
static bool is_superseded(const struct issuance *i, const struct server_chain *chain)
{
    const struct ledger_op *op = &chain->op;

    return chain->end == SERVER_CHAIN_UNRESERVED && op->ok &&
           op->reserve.outcome == LEDGER_EARLIER &&
           !is_same_content(i, op->reserve.earlier);
}

/* ---- sign, check and settle ---------------------------------------------------------- */

static void end_unsigned(const struct issuance *i, struct signer_call *call)
{
    AUTO(signer_reply) reply = {0};
    struct error err;

    if (!signer_port_take(i->server->port, call, &wire_issue_result_message, &reply,
                          &err)) {
        /* What may have been signed is found in the journal, before anything else is. */
        refuse(i, REASON_SIGNER, RETRY_S, err.message);
    } else if (reply.refused) {
        server_outcome_refused(i->out, &reply.refusal);
        record_refusal(i);
    } else {
        refuse(i, REASON_INTERNAL, RETRY_S, "a result that nobody looked at");
    }
}

static void end_chain(const struct issuance *i, struct server_chain *chain)
{
    switch (chain->end) {
    case SERVER_CHAIN_UNRESERVED:
        end_unreserved(i, &chain->op);
        break;
    case SERVER_CHAIN_UNSIGNED:
        end_unsigned(i, &chain->call);
        break;
    case SERVER_CHAIN_UNLIKE:
        server_distrust_answer(i->server, i->out, &chain->why);
        record_refusal(i);
        break;
    case SERVER_CHAIN_OVER:
        server_settled(i->server, &chain->op, i->out);
        break;
    }
}

static struct ledger_hash key_of(const struct issue_proposal *proposal)
{
    struct ledger_hash key;

    digest_sha256(proposal->spki.data, proposal->spki.len, key.octets);
    return key;
}

static void issue(const struct issuance *i)
{
    AUTO(server_chain) chain = NULL;
    struct error err;

    if (!server_chain_new(i->server, i->proposal, &i->key, &chain, &err)) {
        refuse(i, REASON_INTERNAL, RETRY_S, err.message);
        return;
    }
    server_chain_run(chain, i->server->options.retry_window_s);
    if (is_superseded(i, chain)) {
        server_chain_run(chain, 0);
        if (is_superseded(i, chain)) {
            server_outcome_set(i->out, REASON_INTERNAL, 0,
                               "an earlier certificate that was to be passed over");
            return;
        }
    }
    end_chain(i, chain);
}

void server_issue(struct server *server, const struct issue_proposal *proposal,
                  struct server_outcome *out)
{
    struct server_flight flight = {.request_id = proposal->request_id,
                                   .request = server_attempt(proposal)};
    const struct issuance i = {
        .server = server, .proposal = proposal, .key = key_of(proposal), .out = out};

    *out = (struct server_outcome){0};
    if (server_take_off(server, &flight, out)) {
        issue(&i);
        server_land(server, &flight);
    } else {
        /* Nothing has begun: what the request may still be for is for the ledger to know. */
        record_refusal(&i);
    }
}
