/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/octets.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

/*
 * Payload of a first record: u64 first sequence, whole and torn octets of the segment before,
 * hash of the torn octets, u64 size of the tree before this record, the tree's edge.
 */
enum {
    AT_FIRST = 0,
    AT_WHOLE = 8,
    AT_TORN = 16,
    AT_TORN_HASH = 24,
    AT_TREE_SIZE = AT_TORN_HASH + AUDIT_HASH_SIZE,
    AT_EDGE = AT_TREE_SIZE + 8,
    FIRST_PAYLOAD_MAX = AT_EDGE + MERKLE_LEVELS * AUDIT_HASH_SIZE
};

static const char name_suffix[] = ".journal";

void segment_name(uint64_t first_sequence, char name[SEGMENT_NAME_SIZE])
{
    (void)snprintf(name, SEGMENT_NAME_SIZE, "%020" PRIu64 "%s", first_sequence,
                   name_suffix);
}

bool segment_parse_name(const char *name, uint64_t *first_sequence)
{
    char digits[SEGMENT_NAME_SIZE];
    char again[SEGMENT_NAME_SIZE];
    struct error ignored;
    uint64_t value = 0;

    if (strlen(name) != SEGMENT_NAME_SIZE - 1 || !text_has_suffix(name, name_suffix)) {
        return false;
    }
    memcpy(digits, name, SEGMENT_NAME_SIZE);
    digits[SEGMENT_NAME_SIZE - sizeof(name_suffix)] = '\0';
    if (!text_parse_u64(digits, 1, UINT64_MAX, &value, &ignored)) {
        return false;
    }
    segment_name(value, again);
    *first_sequence = value;
    return strcmp(name, again) == 0;
}

void audit_chain_append(struct audit_chain *chain, uint16_t type, uint64_t time_ns,
                        struct bytes payload, struct buf *out)
{
    struct audit_record record = {.sequence = chain->tree.size + 1,
                                  .time_ns = time_ns,
                                  .type = type,
                                  .previous = chain->last,
                                  .payload = payload};
    size_t start = out->len;

    audit_record_append(&record, out);
    merkle_append(&chain->tree, (struct bytes){out->data + start, out->len - start});
    chain->last = record.hash;
    chain->time_ns = time_ns;
}

static void append_u64(struct buf *out, uint64_t value)
{
    unsigned char octets[8];

    octets_put_u64(octets, value);
    buf_append(out, octets, sizeof(octets));
}

static void first_payload(const struct audit_chain *chain,
                          const struct segment_end *before, struct buf *out)
{
    append_u64(out, before->first_sequence);
    append_u64(out, before->whole);
    append_u64(out, before->torn);
    buf_append(out, before->torn_hash.octets, AUDIT_HASH_SIZE);
    append_u64(out, chain->tree.size);
    buf_append(out, chain->tree.edge,
               merkle_edge_count(chain->tree.size) * sizeof(chain->tree.edge[0]));
}

void segment_begin(struct audit_chain *chain, const struct segment_end *before,
                   uint64_t time_ns, struct buf *out)
{
    uint16_t type = before->torn > 0 ? AUDIT_TYPE_RECOVERED : AUDIT_TYPE_OPENED;
    AUTO(buf) payload = BUF_EMPTY;

    first_payload(chain, before, &payload);
    audit_chain_append(chain, type, time_ns, buf_bytes(&payload), out);
}

/* Sequence and previous hash, as every record must have them. */
static bool check_link(const struct audit_chain *chain, const struct audit_record *record,
                       struct error *err)
{
    if (record->sequence != chain->tree.size + 1) {
        return error_set(err, ERROR_INVALID,
                         "record %" PRIu64 " stands where %" PRIu64 " is due",
                         record->sequence, chain->tree.size + 1);
    }
    if (!audit_hash_equal(&record->previous, &chain->last)) {
        return error_set(err, ERROR_INVALID,
                         "record %" PRIu64 " does not continue the one before it",
                         record->sequence);
    }
    return true;
}

/* The first record must say exactly what is known of the segment before it. */
static bool check_first(const struct audit_chain *chain, const struct segment_end *before,
                        const struct audit_record *record, struct error *err)
{
    uint16_t type = before->torn > 0 ? AUDIT_TYPE_RECOVERED : AUDIT_TYPE_OPENED;
    AUTO(buf) expected = BUF_EMPTY;

    first_payload(chain, before, &expected);
    if (record->type != type || !bytes_equal(record->payload, buf_bytes(&expected))) {
        return error_set(err, ERROR_INVALID,
                         "record %" PRIu64 " does not describe the segment before it",
                         record->sequence);
    }
    return true;
}

static bool check_record(const struct audit_chain *chain,
                         const struct segment_end *before,
                         const struct audit_record *record, bool first, struct error *err)
{
    if (!check_link(chain, record, err)) {
        return false;
    }
    if (first) {
        return check_first(chain, before, record, err);
    }
    if (record->type < AUDIT_TYPE_CONTENT) {
        return error_set(err, ERROR_INVALID,
                         "record %" PRIu64 " begins a segment in the middle of one",
                         record->sequence);
    }
    return true;
}

static void set_end(struct bytes data, size_t whole, uint64_t first_sequence,
                    struct segment_end *end)
{
    *end = (struct segment_end){
        .first_sequence = first_sequence, .whole = whole, .torn = data.len - whole};
    if (end->torn > 0) {
        digest_sha256(data.data + whole, data.len - whole, end->torn_hash.octets);
    }
}

bool segment_read(struct bytes data, struct audit_chain *chain, struct segment_end *end,
                  const struct audit_visitor *visitor, struct error *err)
{
    uint64_t first_sequence = chain->tree.size + 1;
    struct audit_record record;
    size_t offset = 0;
    size_t start = 0;

    while (audit_record_read(data, &offset, &record) == AUDIT_STEP_RECORD) {
        if (!check_record(chain, end, &record, start == 0, err)) {
            return false;
        }
        merkle_append(&chain->tree, (struct bytes){data.data + start, offset - start});
        chain->last = record.hash;
        chain->time_ns = record.time_ns;
        if (visitor != NULL && !visitor->record(visitor->ctx, &record, err)) {
            return false;
        }
        start = offset;
    }
    if (offset == 0) {
        return error_set(err, ERROR_INVALID,
                         "the segment does not begin with a whole first record");
    }
    set_end(data, offset, first_sequence, end);
    return true;
}

/* The fields of a first record's payload, if its length is that of its tree. */
static bool read_first(struct bytes payload, struct audit_chain *chain,
                       struct segment_end *before)
{
    if (payload.len < AT_EDGE) {
        return false;
    }
    before->first_sequence = octets_get_u64(payload.data + AT_FIRST);
    before->whole = octets_get_u64(payload.data + AT_WHOLE);
    before->torn = octets_get_u64(payload.data + AT_TORN);
    memcpy(before->torn_hash.octets, payload.data + AT_TORN_HASH, AUDIT_HASH_SIZE);
    chain->tree.size = octets_get_u64(payload.data + AT_TREE_SIZE);
    size_t edge = merkle_edge_count(chain->tree.size) * sizeof(chain->tree.edge[0]);
    if (payload.len != AT_EDGE + edge) {
        return false;
    }
    memcpy(chain->tree.edge, payload.data + AT_EDGE, edge);
    return true;
}

bool segment_adopt(struct bytes data, struct audit_chain *chain,
                   struct segment_end *before, struct error *err)
{
    struct audit_chain found = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct audit_record record;
    size_t offset = 0;

    if (audit_record_read(data, &offset, &record) != AUDIT_STEP_RECORD ||
        record.type >= AUDIT_TYPE_CONTENT || !read_first(record.payload, &found, &end) ||
        record.sequence != found.tree.size + 1) {
        return error_set(err, ERROR_INVALID,
                         "no first record of a segment at its beginning");
    }
    found.last = record.previous;
    *chain = found;
    *before = end;
    return true;
}
