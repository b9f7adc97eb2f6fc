/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/server_convert.h"
#include "policyd/server_inside.h"

enum { RESERVED_S = 300 /* a reservation that nobody ends counts no longer then */ };

/* Nothing of the chain may be touched afterwards: it may be freed already. */
static void end_at(struct server_chain *chain, enum server_chain_end end)
{
    chain->end = end;
    (void)sem_post(&chain->over);
}

/* ---- record: on the ledger's thread, after the sync ------------------------------------- */

static void settled(struct ledger_op *op)
{
    end_at(op->ctx, SERVER_CHAIN_OVER);
}

/* ---- compare: on the port's thread ------------------------------------------------------ */

static bool check_answer(struct server_chain *chain, struct error *err)
{
    struct server *server = chain->server;
    struct server_settling *s = &chain->settling;

    return wire_issue_result_decode(buf_bytes(&chain->call.answer), &chain->result,
                                    err) &&
           cert_parse(chain->result.certificate, &chain->certificate, err) &&
           issue_check_result(chain->proposal, server_wire_node(server), &chain->result,
                              chain->certificate, err) &&
           issue_record_result(chain->proposal, &chain->result, chain->certificate,
                               &s->record, err);
}

static void prepare_settling(struct server_chain *chain)
{
    struct server_settling *s = &chain->settling;
    int64_t node = chain->server->options.node;

    server_certificate(&s->record, chain->proposal->request, s->names, &s->certificate);
    server_request(chain->proposal, node, server_now_utc(chain->server), &s->request);
    s->request.key = s->certificate.key;
    server_decision(chain->proposal, node, &s->decision);
    s->decision.serial = s->certificate.serial;
    ledger_op_clear(&chain->op);
    chain->op =
        (struct ledger_op){.kind = LEDGER_SETTLE,
                           .settle = {&s->certificate, &s->request, &s->decision, false},
                           .done = settled,
                           .ctx = chain};
}

void server_chain_signed(void *ctx)
{
    struct server *server = ctx;
    size_t count = server->signed_count;

    server->signed_count = 0;
    if (count > 0) {
        ledger_submit(server->options.ledger, server->signed_ops, count);
    }
}

static void answered(struct signer_call *call)
{
    struct server_chain *chain = call->ctx;
    struct server *server = chain->server;

    if (!call->ok || call->type != WIRE_TYPE_ISSUE_RESULT) {
        end_at(chain, SERVER_CHAIN_UNSIGNED); /* on any thread */
        return;
    }
    if (!check_answer(chain, &chain->why)) {
        end_at(chain, SERVER_CHAIN_UNLIKE);
        return;
    }
    prepare_settling(chain);
    server->signed_ops[server->signed_count++] = &chain->op;
    if (server->signed_count == SERVER_GATHER_MAX) {
        server_chain_signed(server);
    }
}

/* ---- reserve: on the ledger's thread ---------------------------------------------------- */

void server_chain_reserved(void *ctx)
{
    struct server *server = ctx;
    size_t count = server->reserved_count;

    server->reserved_count = 0;
    if (count > 0) {
        signer_port_submit(server->port, server->reserved_calls, count);
    }
}

static void reserved(struct ledger_op *op)
{
    struct server_chain *chain = op->ctx;
    struct server *server = chain->server;

    if (!op->ok || op->reserve.outcome != LEDGER_RESERVED) {
        end_at(chain, SERVER_CHAIN_UNRESERVED); /* on any thread */
        return;
    }
    server->reserved_calls[server->reserved_count++] = &chain->call;
    if (server->reserved_count == SERVER_GATHER_MAX) {
        server_chain_reserved(server);
    }
}

static struct ledger_op reservation(struct server_chain *chain, int64_t retry_window_s)
{
    const struct issue_proposal *p = chain->proposal;
    int64_t now_utc = server_now_utc(chain->server);

    return (struct ledger_op){
        .kind = LEDGER_RESERVE,
        .reserve = {.request = server_attempt(p),
                    .waited = server_attempt(p) != p->request ? p->request : 0,
                    .node = chain->server->options.node,
                    .account = p->account.id,
                    .template_name = p->template.name,
                    .operation = server_operation(p->op),
                    .key = chain->key,
                    .renews = server_serial(p->renewed_serial),
                    .quota = {p->quota.day_max, p->quota.week_max, p->quota.live_max},
                    .now_utc = now_utc,
                    .expires_utc = now_utc + RESERVED_S,
                    .retry_window_s = retry_window_s},
        .done = reserved,
        .ctx = chain};
}

void server_chain_run(struct server_chain *chain, int64_t retry_window_s)
{
    struct ledger_op *op = &chain->op;

    ledger_op_clear(op);
    *op = reservation(chain, retry_window_s);
    ledger_submit(chain->server->options.ledger, &op, 1);
    while (sem_wait(&chain->over) != 0) { /* interrupted by a signal */
    }
    if (chain->end == SERVER_CHAIN_OVER) {
        ledger_keep(chain->server->options.ledger, op);
    }
}

/* ---- a chain's life --------------------------------------------------------------------- */

bool server_chain_new(struct server *server, const struct issue_proposal *proposal,
                      const struct ledger_hash *key, struct server_chain **out,
                      struct error *err)
{
    AUTO(server_chain) chain = mem_new(sizeof(*chain));
    struct wire_issue_intent intent;

    (void)sem_init(&chain->over, 0, 0);
    issue_intent(proposal, server->options.sign_deadline_ms, &intent);
    if (!wire_issue_intent_encode(&intent, &chain->question, err)) {
        return false;
    }
    chain->server = server;
    chain->proposal = proposal;
    chain->key = *key;
    chain->call = (struct signer_call){.message = &wire_issue_intent_message,
                                       .encoded = buf_bytes(&chain->question),
                                       .issuing = true,
                                       .timeout_ms = server->options.sign_deadline_ms +
                                                     server->options.silence_ms,
                                       .done = answered,
                                       .ctx = chain};
    *out = TAKE(chain);
    return true;
}

void server_chain_free(struct server_chain *chain)
{
    if (chain != NULL) {
        issue_record_clear(&chain->settling.record);
        cert_free(chain->certificate);
        wire_issue_result_clear(&chain->result);
        buf_clear(&chain->call.answer);
        ledger_op_clear(&chain->op);
        buf_clear(&chain->question);
        (void)sem_destroy(&chain->over);
        free(chain);
    }
}
