/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/port_ask.h"

#include <semaphore.h>

#include "common/base/mem.h"

void signer_reply_clear(struct signer_reply *reply)
{
    wire_table_clear(&wire_signer_refusal_table, &reply->refusal);
    buf_clear(&reply->octets);
}

static void wake_asker(struct signer_call *call)
{
    (void)sem_post(call->ctx);
}

bool signer_port_take(struct signer_port *port, struct signer_call *call,
                      const struct wire_message *wanted, struct signer_reply *reply,
                      struct error *err)
{
    signer_reply_clear(reply);
    *reply = (struct signer_reply){0};
    if (!call->ok) {
        reply->unknown = call->sent;
        *err = call->error;
        return false;
    }
    reply->octets = call->answer;
    call->answer = BUF_EMPTY;
    reply->exchange = call->exchange;
    reply->connection = call->connection;
    if (call->type == wanted->type) {
        return true;
    }
    if (call->type == WIRE_TYPE_SIGNER_REFUSAL &&
        wire_signer_refusal_decode(buf_bytes(&reply->octets), &reply->refusal, err)) {
        reply->refused = true;
        return true;
    }
    reply->unknown = true;
    (void)error_set(err, ERROR_INTERNAL, "the signer answered '%s' with '%s'",
                    call->message->table->name, wire_type_name(call->type));
    signer_port_drop(port, call->connection, err->message);
    return false;
}

bool signer_port_ask(struct signer_port *port, const struct signer_question *question,
                     struct signer_reply *reply, struct error *err)
{
    sem_t answered;
    struct signer_call call = {.message = question->message,
                               .record = question->record,
                               .issuing = question->issuing,
                               .timeout_ms = question->timeout_ms,
                               .exchange = question->exchange,
                               .connection = question->connection,
                               .done = wake_asker,
                               .ctx = &answered};
    struct signer_call *list[] = {&call};

    (void)sem_init(&answered, 0, 0);
    signer_port_submit(port, list, 1);
    while (sem_wait(&answered) != 0) { /* interrupted by a signal */
    }
    (void)sem_destroy(&answered);
    return signer_port_take(port, &call, question->wanted, reply, err);
}

static const enum error_code codes[] = {
    [WIRE_SIGNER_MALFORMED] = ERROR_INVALID,
    [WIRE_SIGNER_UNKNOWN_CA] = ERROR_NOT_FOUND,
    [WIRE_SIGNER_UNKNOWN_PROFILE] = ERROR_DENIED,
    [WIRE_SIGNER_BOUNDS] = ERROR_DENIED,
    [WIRE_SIGNER_APPROVAL] = ERROR_DENIED,
    [WIRE_SIGNER_RATE] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_LINT] = ERROR_DENIED,
    [WIRE_SIGNER_DEADLINE] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_BUSY] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_FROZEN] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_CLOCK] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_JOURNAL] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_KEY] = ERROR_UNAVAILABLE,
    [WIRE_SIGNER_SEQUENCE] = ERROR_CONFLICT,
    [WIRE_SIGNER_NOT_FOUND] = ERROR_NOT_FOUND,
    [WIRE_SIGNER_INTERNAL] = ERROR_INTERNAL,
    [WIRE_SIGNER_PEER] = ERROR_DENIED,
};
_Static_assert(sizeof(codes) / sizeof(codes[0]) == WIRE_SIGNER_REASON_COUNT,
               "every reason has its class");

bool signer_reply_check(const struct signer_reply *reply, struct error *err)
{
    return !reply->refused ||
           error_set(err, codes[reply->refusal.reason], "the signer refused (%s): %s",
                     wire_signer_reason_name(reply->refusal.reason),
                     reply->refusal.sentence);
}
