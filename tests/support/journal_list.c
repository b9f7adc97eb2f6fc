/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_list DIRECTORY: a signer's journal for stories, a record a line:
 *     SEQUENCE TYPE [SERIAL [SHA256]]
 * with the serial of intents (infrastructure too), results and revocations, and the digest of the
 * certificate of a result. Says "torn OCTETS" when the last record is not whole. Reads it as
 * policyctl does, by common/audit; its decoders are the signer's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/audit/directory.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"
#include "common/wire/record.h"

static void put_content(unsigned int type, const void *content, struct buf *line)
{
    struct bytes serial = {NULL, 0};

    if (type == WIRE_RECORD_INTENT) {
        serial = (struct bytes){((const struct wire_journal_intent *)content)->serial,
                                WIRE_SERIAL};
    } else if (type == WIRE_RECORD_INFRASTRUCTURE) {
        serial = (struct bytes){
            ((const struct wire_journal_infrastructure *)content)->serial, WIRE_SERIAL};
    } else if (type == WIRE_RECORD_RESULT) {
        serial = (struct bytes){((const struct wire_journal_result *)content)->serial,
                                WIRE_SERIAL};
    } else if (type == WIRE_RECORD_REVOCATION) {
        serial = ((const struct wire_revocation *)content)->serial;
    }
    buf_append_byte(line, ' ');
    text_append_hex(line, serial.data, serial.len);
    if (type == WIRE_RECORD_RESULT) {
        buf_append_byte(line, ' ');
        text_append_hex(line,
                        ((const struct wire_journal_result *)content)->certificate_sha256,
                        WIRE_SHA256);
    }
}

static bool list(void *ctx, const struct audit_record *record, struct error *err)
{
    const struct wire_message *message = wire_record_message(record->type);
    AUTO(buf) line = BUF_EMPTY;

    (void)ctx;
    buf_printf(&line, "%llu %s", (unsigned long long)record->sequence,
               wire_record_name(record->type));
    if (message != NULL) {
        void *content = mem_new(message->table->size);
        bool decoded = wire_message_decode(message, record->payload, content, err);

        if (decoded) {
            put_content(record->type, content, &line);
            wire_table_clear(message->table, content);
        }
        free(content);
        if (!decoded) {
            return false;
        }
    }
    (void)printf("%s\n", buf_text(&line));
    return true;
}

int main(int argc, char **argv)
{
    const struct audit_visitor visitor = {list, NULL};
    struct audit_chain chain = {0};
    struct segment_end end = {0};
    struct error err;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: journal_list DIRECTORY\n");
        return 2;
    }
    if (!audit_verify(argv[1], &visitor, &chain, &end, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    if (end.torn > 0) {
        (void)printf("torn %llu\n", (unsigned long long)end.torn);
    }
    return 0;
}
