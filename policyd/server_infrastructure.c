/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/server_settle.h"

enum { RETRY_S = 2 };

/* No request of the ledger's: a name that tells it from all others in the journal. */
static char *name_request(struct server *server)
{
    server_lock(server);
    uint64_t n = ++server->infrastructure_count;
    server_unlock(server);
    return mem_printf("infrastructure-%lld-%llu", (long long)server_now_utc(server),
                      (unsigned long long)n);
}

static void finish(struct server *server, const struct wire_infrastructure_intent *intent,
                   const struct signer_reply *reply, struct server_outcome *out)
{
    AUTO(wire_issue_result) result = {0};
    AUTO(cert) certificate = NULL;
    AUTO(server_settling) s = mem_new(sizeof(*s));
    struct error err;

    if (!wire_issue_result_decode(buf_bytes(&reply->octets), &result, &err) ||
        !cert_parse(result.certificate, &certificate, &err) ||
        !issue_check_infrastructure(intent, server_wire_node(server), &result,
                                    certificate, &err) ||
        !issue_record_infrastructure(intent, &result, certificate, &s->record, &err)) {
        server_distrust_answer(server, out, &err);
        return;
    }
    server_certificate(&s->record, 0, s->names, &s->certificate);
    server_settle(server, s, NULL, NULL, out);
}

static void issue(struct server *server, const struct wire_infrastructure_intent *intent,
                  struct server_outcome *out)
{
    AUTO(signer_reply) reply = {0};
    const struct signer_question question = {
        .message = &wire_infrastructure_intent_message,
        .record = intent,
        .wanted = &wire_issue_result_message,
        .issuing = true,
        .timeout_ms = server->options.sign_deadline_ms + server->options.silence_ms};
    struct error err;

    if (!signer_port_ask(server->port, &question, &reply, &err)) {
        server_outcome_set(out, REASON_SIGNER, RETRY_S, err.message);
    } else if (reply.refused) {
        server_outcome_refused(out, &reply.refusal);
    } else {
        finish(server, intent, &reply, out);
    }
}

void server_infrastructure(struct server *server, const struct server_wish *wish,
                           struct server_outcome *out)
{
    AUTO(string) name = name_request(server);
    struct server_flight flight = {.request_id = name};
    const struct wire_infrastructure_intent intent = {
        .request_id = name,
        .ca = server->options.ca,
        .profile = wish->profile,
        .dns_names = wish->dns_names,
        .dns_name_count = wish->dns_name_count,
        .spki = wish->spki,
        .csr = wish->csr,
        .validity_s = wish->validity_s,
        .crl_generation = server->options.crl_generation,
        .deadline_ms = server->options.sign_deadline_ms};

    *out = (struct server_outcome){0};
    if (server_take_off(server, &flight, out)) {
        issue(server, &intent, out);
        server_land(server, &flight);
    }
}
