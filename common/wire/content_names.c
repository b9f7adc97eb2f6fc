/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/content_names.h"

#include <string.h>

/* Its length goes first: no value can look like the next one. */
static void append_octets(const void *data, size_t len, struct buf *out)
{
    buf_printf(out, "%zu:", len);
    buf_append(out, data, len);
}

static void append_text(const char *text, struct buf *out)
{
    append_octets(text, strlen(text), out);
}

void wire_content_append_names(const struct wire_content *content,
                               const unsigned char *template_sha256, struct buf *out)
{
    buf_append(out, template_sha256, WIRE_SHA256);
    buf_printf(out, "subject %zu\n", content->subject_count);
    for (size_t i = 0; i < content->subject_count; i++) {
        const struct name_ava *ava = &content->subject[i].ava;

        buf_append_byte(out, ava->joined ? '+' : '/');
        append_text(ava->oid, out);
        append_text(ava->value, out);
    }
    buf_printf(out, "\nsan %zu\n", content->san_count);
    for (size_t i = 0; i < content->san_count; i++) {
        const struct general_name *name = &content->sans[i].name;

        buf_printf(out, "%u ", (unsigned int)name->type);
        append_text(name->oid, out);
        append_octets(name->value.data, name->value.len, out);
    }
}
