/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sd_build.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/tmpl/sd.h"

enum { HEADER_LEN = 20 };

static void append_le(struct buf *out, uint32_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++) {
        buf_append_byte(out, (unsigned char)(value >> (8 * i)));
    }
}

static void append_sid(struct buf *out, const char *text)
{
    struct error err = {0};
    struct sid sid = {0};

    if (!sid_parse_text(text, &sid, &err)) {
        abort(); /* a mistake in the test */
    }
    sid_append(out, &sid);
}

static bool is_object_type(uint8_t type)
{
    return type == 0x05 || type == 0x06 || type == 0x0B || type == 0x0C;
}

static void append_ace(struct buf *out, const struct sd_build_ace *ace)
{
    AUTO(buf) body = BUF_EMPTY;

    append_le(&body, ace->mask, 4);
    if (is_object_type(ace->type)) {
        append_le(&body, ace->object != NULL ? 1 : 0, 4);
        buf_append(&body, ace->object != NULL ? ace->object->octets : NULL,
                   ace->object != NULL ? GUID_LEN : 0);
    }
    if (ace->sid != NULL) {
        append_sid(&body, ace->sid);
    }
    if (ace->data != NULL) {
        buf_append_text(&body, ace->data);
    }
    buf_append_byte(out, ace->type);
    buf_append_byte(out, ace->flags);
    append_le(out, (uint32_t)body.len + 4, 2);
    buf_append(out, body.data, body.len);
}

/* owner NULL: none; acl NULL: no DACL. The order AD uses: DACL before the owner. */
static void append_descriptor(struct buf *out, const char *owner, const struct buf *acl)
{
    size_t acl_len = acl != NULL ? acl->len : 0;

    append_le(out, 1, 2);
    append_le(out, acl != NULL ? 0x8004 : 0x8000, 2);
    append_le(out, owner != NULL ? HEADER_LEN + (uint32_t)acl_len : 0, 4);
    append_le(out, 0, 4);
    append_le(out, 0, 4);
    append_le(out, acl != NULL ? HEADER_LEN : 0, 4);
    buf_append(out, acl != NULL ? acl->data : NULL, acl_len);
    if (owner != NULL) {
        append_sid(out, owner);
    }
}

void sd_build_owned(struct buf *out, const char *owner, const struct sd_build_ace *aces,
                    size_t count)
{
    AUTO(buf) entries = BUF_EMPTY;
    AUTO(buf) acl = BUF_EMPTY;

    for (size_t i = 0; i < count; i++) {
        append_ace(&entries, &aces[i]);
    }
    append_le(&acl, 4, 2);
    append_le(&acl, (uint32_t)entries.len + 8, 2);
    append_le(&acl, (uint32_t)count, 4);
    buf_append(&acl, entries.data, entries.len);
    append_descriptor(out, owner, &acl);
}

void sd_build(struct buf *out, const struct sd_build_ace *aces, size_t count)
{
    sd_build_owned(out, SID_ADMINS, aces, count);
}

void sd_build_without_dacl(struct buf *out)
{
    append_descriptor(out, SID_ADMINS, NULL);
}
