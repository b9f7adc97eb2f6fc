/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_settle.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"

enum { RETRY_S = 2 };

void server_settling_free(struct server_settling *settling)
{
    issue_record_clear(&settling->record);
    free(settling);
}

void server_distrust_answer(struct server *server, struct server_outcome *out,
                            const struct error *why)
{
    struct error said = *why;

    (void)error_wrap(&said, "the signer's answer is refused");
    server_outcome_set(out, REASON_INTERNAL, 0, said.message);
    server_set_fault(server, SERVER_TROUBLE_ANSWER, "policyctl audit tail", said.message);
    server_doubt(server);
}

static void hand_out(struct server *server, const struct ledger_certificate *certificate,
                     struct server_outcome *out)
{
    out->reason = REASON_NONE;
    memcpy(out->serial, certificate->serial.octets, sizeof(out->serial));
    buf_append(&out->certificate, certificate->der.data, certificate->der.len);
    server_lock(server);
    server->issued++;
    server_unlock(server);
}

void server_settled(struct server *server, const struct ledger_op *op,
                    struct server_outcome *out)
{
    const struct error *err = &op->error;

    if (op->ok) {
        hand_out(server, op->settle.certificate, out);
        return;
    }
    /* It is signed and nobody has it: reconciling records that and revokes it. */
    server_outcome_set(out,
                       err->code == ERROR_UNAVAILABLE ? REASON_STORE : REASON_INTERNAL,
                       RETRY_S, err->message);
    log_event(LOG_ERR, "cert.unsettled", LOG_FIELDS(log_text("why", err->message)));
    server_doubt(server);
}

void server_settle(struct server *server, const struct server_settling *s,
                   const struct ledger_request *request,
                   const struct ledger_decision *decision, struct server_outcome *out)
{
    struct ledger_op op = {.kind = LEDGER_SETTLE,
                           .settle = {&s->certificate, request, decision, false}};
    struct error err;

    (void)!ledger_execute(server->options.ledger, &op, &err); /* op says it, too */
    server_settled(server, &op, out);
}
