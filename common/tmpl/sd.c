/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/sd.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum {
    HEADER_LEN = 20,
    ACL_HEADER_LEN = 8,
    ACE_HEADER_LEN = 4,
    ACE_MASK_LEN = 4,
    ACE_OBJECT_FLAGS_LEN = 4,
    CONTROL_DACL_PRESENT = 0x0004,
    CONTROL_SACL_PRESENT = 0x0010,
    CONTROL_SELF_RELATIVE = 0x8000,
    OBJECT_TYPE_PRESENT = 0x1,
    INHERITED_TYPE_PRESENT = 0x2,
    PART_COUNT = 4, /* owner, group, SACL, DACL: the order of their offsets */
    PAIR_COUNT = PART_COUNT * PART_COUNT,
};

const struct guid sd_enroll = {{0x68, 0xc9, 0x10, 0x0e, 0xfb, 0x78, 0xd2, 0x11, 0x90,
                                0xd4, 0x00, 0xc0, 0x4f, 0x79, 0xdc, 0x55}};
const struct guid sd_autoenroll = {{0xc2, 0x8c, 0x5b, 0xa0, 0xbc, 0x17, 0x02, 0x48, 0xa7,
                                    0x10, 0xe7, 0xc1, 0x5a, 0xb8, 0x66, 0xa2}};

/* [MS-DTYP] 2.4.4.1; types not named here are unknown. */
struct ace_form {
    enum sd_ace_kind kind;
    bool object, conditional;
};
static const struct ace_form ace_forms[] = {
    [0x00] = {SD_ACE_ALLOW, false, false}, [0x01] = {SD_ACE_DENY, false, false},
    [0x05] = {SD_ACE_ALLOW, true, false},  [0x06] = {SD_ACE_DENY, true, false},
    [0x09] = {SD_ACE_ALLOW, false, true},  [0x0A] = {SD_ACE_DENY, false, true},
    [0x0B] = {SD_ACE_ALLOW, true, true},   [0x0C] = {SD_ACE_DENY, true, true},
};

/* Octets taken by one part of the descriptor; end 0 where the part is absent. */
struct span {
    size_t start, end;
};

static uint16_t read_le16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t read_le32(const unsigned char *at)
{
    return (uint32_t)read_le16(at) | (uint32_t)read_le16(at + 2) << 16;
}

static struct bytes tail(struct bytes octets, size_t from)
{
    return (struct bytes){octets.data + from, octets.len - from};
}

static bool read_offset(struct bytes all, size_t part, size_t *out, struct error *err)
{
    uint32_t offset = read_le32(all.data + 4 + part * 4);

    if (offset != 0 && (offset < HEADER_LEN || offset >= all.len)) {
        return error_set(err, ERROR_INVALID, "an offset of %u lies outside %zu octets",
                         (unsigned int)offset, all.len);
    }
    *out = offset;
    return true;
}

static bool read_principal(struct bytes all, struct span *span, struct sid *sid,
                           bool *present, struct error *err)
{
    size_t used = 0;

    if (span->start == 0) {
        return true;
    }
    if (!sid_read(tail(all, span->start), sid, &used, err)) {
        return false;
    }
    span->end = span->start + used;
    *present = true;
    return true;
}

/* The ACL's own header; *acl becomes the ACL without what lies behind it. */
static bool read_acl(struct bytes all, struct span *span, struct bytes *acl,
                     struct error *err)
{
    struct bytes rest = tail(all, span->start);

    if (rest.len < ACL_HEADER_LEN) {
        return error_set(err, ERROR_INVALID, "an ACL is cut short");
    }
    uint16_t size = read_le16(rest.data + 2);
    if (rest.data[0] != 2 && rest.data[0] != 4) {
        return error_set(err, ERROR_INVALID, "an ACL has revision %u, neither 2 nor 4",
                         (unsigned int)rest.data[0]);
    }
    if (size < ACL_HEADER_LEN || size > rest.len) {
        return error_set(err, ERROR_INVALID, "an ACL claims %u of %zu octets",
                         (unsigned int)size, rest.len);
    }
    *acl = (struct bytes){rest.data, size};
    span->end = span->start + size;
    return true;
}

/* Object flags and GUIDs of an object entry ([MS-DTYP] 2.4.4.3); *at moves behind them. */
static bool read_object(struct sd_ace *ace, size_t *at, struct error *err)
{
    struct bytes rest = tail(ace->octets, *at);
    size_t len = ACE_OBJECT_FLAGS_LEN;

    if (rest.len < len) {
        return error_set(err, ERROR_INVALID, "an object entry is cut short");
    }
    uint32_t flags = read_le32(rest.data);
    if ((flags & ~(uint32_t)(OBJECT_TYPE_PRESENT | INHERITED_TYPE_PRESENT)) != 0) {
        return error_set(err, ERROR_INVALID, "unknown object flags 0x%08x",
                         (unsigned int)flags);
    }
    ace->has_object = (flags & OBJECT_TYPE_PRESENT) != 0;
    len += ace->has_object ? GUID_LEN : 0;
    len += (flags & INHERITED_TYPE_PRESENT) != 0 ? GUID_LEN : 0;
    if (rest.len < len) {
        return error_set(err, ERROR_INVALID, "an object entry is cut short");
    }
    if (ace->has_object) {
        memcpy(ace->object.octets, rest.data + ACE_OBJECT_FLAGS_LEN, GUID_LEN);
    }
    *at += len;
    return true;
}

static bool read_known(struct sd_ace *ace, const struct ace_form *form, struct error *err)
{
    size_t at = ACE_HEADER_LEN + ACE_MASK_LEN;
    size_t used = 0;

    if (ace->octets.len < at) {
        return error_set(err, ERROR_INVALID, "it has only %zu octets", ace->octets.len);
    }
    ace->mask = read_le32(ace->octets.data + ACE_HEADER_LEN);
    if (form->object && !read_object(ace, &at, err)) {
        return false;
    }
    if (!sid_read(tail(ace->octets, at), &ace->sid, &used, err)) {
        return false;
    }
    /* behind the SID of a callback entry stands its condition */
    if (at + used != ace->octets.len && !form->conditional) {
        return error_set(err, ERROR_INVALID, "%zu octets follow its SID",
                         ace->octets.len - at - used);
    }
    ace->kind = form->kind;
    ace->conditional = form->conditional;
    return true;
}

/* The entry at the start of rest, whose length it gives itself. */
static bool read_ace(struct bytes rest, struct sd_ace *ace, struct error *err)
{
    if (rest.len < ACE_HEADER_LEN) {
        return error_set(err, ERROR_INVALID, "the ACL ends before it");
    }
    uint16_t size = read_le16(rest.data + 2);
    if (size < ACE_HEADER_LEN || size % 4 != 0 || size > rest.len) {
        return error_set(err, ERROR_INVALID, "it claims %u of %zu octets",
                         (unsigned int)size, rest.len);
    }
    ace->type = rest.data[0];
    ace->flags = rest.data[1];
    ace->octets = (struct bytes){rest.data, size};
    if (ace->type >= sizeof(ace_forms) / sizeof(ace_forms[0]) ||
        ace_forms[ace->type].kind == SD_ACE_UNKNOWN) {
        return true;
    }
    return read_known(ace, &ace_forms[ace->type], err);
}

static bool read_aces(struct bytes acl, struct sd *sd, struct error *err)
{
    size_t count = read_le16(acl.data + 4);
    struct bytes rest = tail(acl, ACL_HEADER_LEN);

    if (count > SD_ACES_MAX || count * ACE_HEADER_LEN > rest.len) {
        return error_set(err, ERROR_INVALID, "an ACL of %zu octets claims %zu entries",
                         acl.len, count);
    }
    sd->aces = mem_array(count, sizeof(*sd->aces));
    for (size_t i = 0; i < count; i++) {
        if (!read_ace(rest, &sd->aces[i], err)) {
            return error_wrap(err, "entry %zu", i + 1);
        }
        rest = tail(rest, sd->aces[i].octets.len);
    }
    sd->ace_count = count;
    return true;
}

static bool spans_overlap(const struct span *a, const struct span *b)
{
    return a->start < b->end && b->start < a->end;
}

static bool check_overlap(const struct span spans[PART_COUNT], struct error *err)
{
    for (size_t pair = 0; pair < PAIR_COUNT; pair++) {
        size_t i = pair / PART_COUNT;
        size_t k = pair % PART_COUNT;

        if (i < k && spans_overlap(&spans[i], &spans[k])) {
            return error_set(err, ERROR_INVALID, "two of its parts overlap");
        }
    }
    return true;
}

static bool read_parts(struct bytes all, struct sd *sd, struct error *err)
{
    struct span spans[PART_COUNT] = {{0, 0}};
    struct span *owner = &spans[0];
    struct span *group = &spans[1];
    struct span *sacl = &spans[2];
    struct span *dacl = &spans[3];
    uint16_t control = read_le16(all.data + 2);
    struct bytes acl = {NULL, 0};

    for (size_t i = 0; i < PART_COUNT; i++) {
        if (!read_offset(all, i, &spans[i].start, err)) {
            return false;
        }
    }
    if (!read_principal(all, owner, &sd->owner, &sd->has_owner, err) ||
        !read_principal(all, group, &sd->group, &sd->has_group, err)) {
        return false;
    }
    if ((control & CONTROL_SACL_PRESENT) != 0 && sacl->start != 0 &&
        !read_acl(all, sacl, &acl,
                  err)) { /* for its extent; it only says what is logged */
        return false;
    }
    sd->has_dacl = (control & CONTROL_DACL_PRESENT) != 0 && dacl->start != 0;
    if (sd->has_dacl && (!read_acl(all, dacl, &acl, err) || !read_aces(acl, sd, err))) {
        return false;
    }
    return check_overlap(spans, err);
}

bool sd_parse(struct bytes octets, struct sd **out, struct error *err)
{
    AUTO(sd) sd = mem_new(sizeof(*sd));

    if (octets.len < HEADER_LEN || octets.len > SD_LEN_MAX) {
        return error_set(err, ERROR_INVALID,
                         "a security descriptor has %d to %d octets, this one has %zu",
                         HEADER_LEN, SD_LEN_MAX, octets.len);
    }
    if (octets.data[0] != 1 ||
        (read_le16(octets.data + 2) & CONTROL_SELF_RELATIVE) == 0) {
        return error_set(err, ERROR_INVALID,
                         "the security descriptor is not self-relative of revision 1");
    }
    sd->octets = mem_dup(octets.data, octets.len);
    if (!read_parts((struct bytes){sd->octets, octets.len}, sd, err)) {
        return error_wrap(err, "the security descriptor is malformed");
    }
    *out = TAKE(sd);
    return true;
}

void sd_free(struct sd *sd)
{
    if (sd == NULL) {
        return;
    }
    free(sd->aces);
    free(sd->octets);
    free(sd);
}
