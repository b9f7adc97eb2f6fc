/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/record.h"

#include <assert.h>
#include <string.h>

#include "common/base/octets.h"
#include "common/pki/digest.h"

static const unsigned char magic[4] = {'A', 'E', 'J', '1'};

enum {
    AT_LENGTH = 4,
    AT_SEQUENCE = 8,
    AT_TIME = 16,
    AT_TYPE = 24,
    AT_ZERO = 26,
    AT_PREVIOUS = 28
};
_Static_assert(AT_PREVIOUS + AUDIT_HASH_SIZE == AUDIT_HEADER_SIZE, "layout");

void audit_record_append(struct audit_record *record, struct buf *out)
{
    unsigned char header[AUDIT_HEADER_SIZE] = {0};
    size_t start = out->len;
    size_t length = AUDIT_RECORD_MIN + record->payload.len;

    assert(record->payload.len <= AUDIT_PAYLOAD_MAX);
    memcpy(header, magic, sizeof(magic));
    octets_put_u32(header + AT_LENGTH, (uint32_t)length);
    octets_put_u64(header + AT_SEQUENCE, record->sequence);
    octets_put_u64(header + AT_TIME, record->time_ns);
    octets_put_u16(header + AT_TYPE, record->type);
    memcpy(header + AT_PREVIOUS, record->previous.octets, AUDIT_HASH_SIZE);
    buf_reserve(out, length);
    buf_append(out, header, sizeof(header));
    buf_append(out, record->payload.data, record->payload.len);
    digest_sha256(out->data + start, out->len - start, record->hash.octets);
    buf_append(out, record->hash.octets, AUDIT_HASH_SIZE);
}

/* The length field of the record at data, 0 when it cannot be one. */
static size_t plausible_length(const unsigned char *data, size_t left)
{
    if (left < AUDIT_RECORD_MIN || memcmp(data, magic, sizeof(magic)) != 0 ||
        octets_get_u16(data + AT_ZERO) != 0) {
        return 0;
    }
    size_t length = octets_get_u32(data + AT_LENGTH);
    bool fits =
        length >= AUDIT_RECORD_MIN && length <= AUDIT_RECORD_MAX && length <= left;
    return fits ? length : 0;
}

enum audit_step audit_record_read(struct bytes data, size_t *offset,
                                  struct audit_record *out)
{
    struct audit_hash hash;

    if (*offset >= data.len) {
        return AUDIT_STEP_END;
    }
    const unsigned char *at = data.data + *offset;
    size_t length = plausible_length(at, data.len - *offset);
    if (length == 0) {
        return AUDIT_STEP_TORN;
    }
    digest_sha256(at, length - AUDIT_HASH_SIZE, hash.octets);
    if (memcmp(hash.octets, at + length - AUDIT_HASH_SIZE, AUDIT_HASH_SIZE) != 0) {
        return AUDIT_STEP_TORN;
    }
    out->sequence = octets_get_u64(at + AT_SEQUENCE);
    out->time_ns = octets_get_u64(at + AT_TIME);
    out->type = octets_get_u16(at + AT_TYPE);
    memcpy(out->previous.octets, at + AT_PREVIOUS, AUDIT_HASH_SIZE);
    out->hash = hash;
    out->payload = (struct bytes){at + AUDIT_HEADER_SIZE, length - AUDIT_RECORD_MIN};
    *offset += length;
    return AUDIT_STEP_RECORD;
}

bool audit_hash_equal(const struct audit_hash *a, const struct audit_hash *b)
{
    return memcmp(a->octets, b->octets, AUDIT_HASH_SIZE) == 0;
}
