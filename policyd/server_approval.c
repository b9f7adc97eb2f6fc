/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_inside.h"

enum { RECORD_MS = 10000 };

bool server_record_approval(struct server *server,
                            const struct wire_approval_record *record, uint64_t *sequence,
                            struct error *err)
{
    const struct signer_question question = {.message = &wire_approval_record_message,
                                             .record = record,
                                             .wanted = &wire_recorded_message,
                                             .timeout_ms = RECORD_MS};
    AUTO(signer_reply) reply = {0};
    AUTO(wire_recorded) recorded = {0};

    if (!signer_port_ask(server->port, &question, &reply, err) ||
        !signer_reply_check(&reply, err) ||
        !wire_recorded_decode(buf_bytes(&reply.octets), &recorded, err)) {
        return false;
    }
    *sequence = recorded.journal_sequence;
    return true;
}
