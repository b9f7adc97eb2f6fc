/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/sid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

enum {
    SID_HEAD = 8,      /* octets: revision, count, authority */
    AUTHORITY_LEN = 6, /* octets, big-endian */
    AUTHORITY_HEX_DIGITS = 12,
    PART_MAX = 14, /* characters of one part of the text: 0x and 12 digits */
};

static uint32_t read_le32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

bool sid_read(struct bytes octets, struct sid *out, size_t *used, struct error *err)
{
    struct sid sid = {0};

    if (octets.len < SID_HEAD) {
        return error_set(err, ERROR_INVALID, "a SID is cut short after %zu octets",
                         octets.len);
    }
    if (octets.data[0] != 1) {
        return error_set(err, ERROR_INVALID, "a SID has revision %u in place of 1",
                         (unsigned int)octets.data[0]);
    }
    sid.sub_count = octets.data[1];
    if (sid.sub_count == 0 || sid.sub_count > SID_SUB_MAX) {
        return error_set(err, ERROR_INVALID, "a SID has %u sub-authorities, not 1 to %d",
                         (unsigned int)sid.sub_count, SID_SUB_MAX);
    }
    size_t len = SID_HEAD + (size_t)sid.sub_count * 4;
    if (octets.len < len) {
        return error_set(err, ERROR_INVALID, "a SID is cut short after %zu octets",
                         octets.len);
    }
    for (size_t i = 0; i < AUTHORITY_LEN; i++) {
        sid.authority = sid.authority << 8 | octets.data[2 + i];
    }
    for (size_t i = 0; i < sid.sub_count; i++) {
        sid.sub[i] = read_le32(octets.data + SID_HEAD + i * 4);
    }
    *out = sid;
    *used = len;
    return true;
}

bool sid_parse(struct bytes octets, struct sid *out, struct error *err)
{
    struct sid sid = {0};
    size_t used = 0;

    if (!sid_read(octets, &sid, &used, err)) {
        return false;
    }
    if (used != octets.len) {
        return error_set(err, ERROR_INVALID, "%zu octets follow a SID",
                         octets.len - used);
    }
    *out = sid;
    return true;
}

/* The next part up to a hyphen or the end; false when there is none or it is too long. */
static bool next_part(const char **cursor, char part[PART_MAX + 1])
{
    size_t len = strcspn(*cursor, "-");

    if (len == 0 || len > PART_MAX) {
        return false;
    }
    memcpy(part, *cursor, len);
    part[len] = '\0';
    *cursor += len;
    return true;
}

/* Decimal without leading zeros, so that each SID has one text. */
static bool read_decimal(const char *part, uint64_t *out)
{
    struct error ignored = {0};

    return (part[0] != '0' || part[1] == '\0') &&
           text_parse_u64(part, 0, UINT32_MAX, out, &ignored);
}

static bool read_authority(const char *part, uint64_t *out)
{
    AUTO(buf) octets = BUF_EMPTY;
    struct error ignored = {0};
    uint64_t value = 0;

    if (!text_has_prefix(part, "0x")) {
        return read_decimal(part, out);
    }
    if (strlen(part) != 2 + AUTHORITY_HEX_DIGITS ||
        !text_parse_hex(part + 2, AUTHORITY_LEN, &octets, &ignored)) {
        return false;
    }
    for (size_t i = 0; i < octets.len; i++) {
        value = value << 8 | octets.data[i];
    }
    *out = value;
    return value > UINT32_MAX;
}

static bool read_sid_text(const char *text, struct sid *out)
{
    char part[PART_MAX + 1];
    const char *cursor = text + strlen("S-1-");

    if (!text_has_prefix(text, "S-1-") || !next_part(&cursor, part) ||
        !read_authority(part, &out->authority)) {
        return false;
    }
    while (*cursor == '-') {
        uint64_t sub = 0;

        cursor++;
        if (out->sub_count == SID_SUB_MAX || !next_part(&cursor, part) ||
            !read_decimal(part, &sub)) {
            return false;
        }
        out->sub[out->sub_count++] = (uint32_t)sub;
    }
    return out->sub_count > 0;
}

bool sid_parse_text(const char *text, struct sid *out, struct error *err)
{
    struct sid sid = {0};

    if (!read_sid_text(text, &sid)) {
        return error_set(err, ERROR_INVALID,
                         "'%.64s' is not a SID such as S-1-5-21-1-2-3-513", text);
    }
    *out = sid;
    return true;
}

void sid_append(struct buf *out, const struct sid *sid)
{
    buf_append_byte(out, 1);
    buf_append_byte(out, sid->sub_count);
    for (unsigned int shift = AUTHORITY_LEN * 8; shift > 0; shift -= 8) {
        buf_append_byte(out, (unsigned char)(sid->authority >> (shift - 8)));
    }
    for (size_t i = 0; i < sid->sub_count; i++) {
        for (unsigned int shift = 0; shift < 32; shift += 8) {
            buf_append_byte(out, (unsigned char)(sid->sub[i] >> shift));
        }
    }
}

void sid_append_text(struct buf *out, const struct sid *sid)
{
    if (sid->authority > UINT32_MAX) {
        buf_printf(out, "S-1-0x%012" PRIx64, sid->authority);
    } else {
        buf_printf(out, "S-1-%" PRIu64, sid->authority);
    }
    for (size_t i = 0; i < sid->sub_count; i++) {
        buf_printf(out, "-%" PRIu32, sid->sub[i]);
    }
}

int sid_compare(const struct sid *a, const struct sid *b)
{
    if (a->authority != b->authority) {
        return a->authority < b->authority ? -1 : 1;
    }
    if (a->sub_count != b->sub_count) {
        return a->sub_count < b->sub_count ? -1 : 1;
    }
    for (size_t i = 0; i < a->sub_count; i++) {
        if (a->sub[i] != b->sub[i]) {
            return a->sub[i] < b->sub[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_members(const void *a, const void *b)
{
    return sid_compare(a, b);
}

struct sid_set *sid_set_new(const struct sid *sids, size_t count, bool complete)
{
    struct sid_set *set = mem_new(sizeof(*set));

    set->count = count < SID_SET_MAX ? count : SID_SET_MAX;
    set->complete = complete && count <= SID_SET_MAX; /* a cut set is not complete */
    set->sids = mem_array(set->count, sizeof(*set->sids));
    if (set->count > 0) {
        memcpy(set->sids, sids, set->count * sizeof(*sids));
        qsort(set->sids, set->count, sizeof(*set->sids), compare_members);
    }
    return set;
}

void sid_set_free(struct sid_set *set)
{
    if (set == NULL) {
        return;
    }
    free(set->sids);
    free(set);
}

bool sid_set_has(const struct sid_set *set, const struct sid *sid)
{
    return bsearch(sid, set->sids, set->count, sizeof(*set->sids), compare_members) !=
           NULL;
}
