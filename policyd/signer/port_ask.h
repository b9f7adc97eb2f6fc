/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_ask: what the signer answered to a call, and a question to wait for.
 */
#ifndef AE_POLICYD_SIGNER_PORT_ASK_H
#define AE_POLICYD_SIGNER_PORT_ASK_H

#include "policyd/signer/port.h"

/* AUTO(signer_reply) reply = {0}; */
struct signer_reply {
    bool unknown; /* set on failure too: no answer, and it may have been done */
    bool refused;
    struct wire_signer_refusal refusal; /* if refused; borrows from octets */
    struct buf octets;                  /* the payload of wanted, for its _decode */
    uint64_t exchange;
    uint64_t connection;
};
void signer_reply_clear(struct signer_reply *reply);
CLEANUP_DEFINE_VALUE(signer_reply, struct signer_reply, signer_reply_clear);

/*
 * What a call that is done was answered; wanted: the answer that is no refusal. The call's answer is
 * the reply's from now on.
 * errors  as struct signer_call; ERROR_INTERNAL  an answer of another kind than wanted: the
 *         connection is given up
 */
AE_MUST_CHECK bool signer_port_take(struct signer_port *port, struct signer_call *call,
                                    const struct wire_message *wanted,
                                    struct signer_reply *reply, struct error *err);

/* A question to wait for; zero but message, record and wanted where nothing else is said. */
struct signer_question {
    const struct wire_message *message;
    const void *record;
    const struct wire_message *wanted; /* the answer that is no refusal */
    bool issuing;
    uint32_t timeout_ms;
    uint64_t exchange; /* of a conversation, from its last reply */
    uint64_t connection;
};

/*
 * Ask and wait. A refusal is an answer.
 * errors  as signer_port_take()
 */
AE_MUST_CHECK bool signer_port_ask(struct signer_port *port,
                                   const struct signer_question *question,
                                   struct signer_reply *reply, struct error *err);

/*
 * A refusal as an error, its class by its reason.
 * errors  any class
 */
AE_MUST_CHECK bool signer_reply_check(const struct signer_reply *reply,
                                      struct error *err);

#endif
