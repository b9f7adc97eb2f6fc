/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/pem.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/pki/base64.h"

enum { LINE = 64 };

static const char begin_mark[] = "-----BEGIN ";

void pem_write(const char *label, struct bytes der, struct buf *out)
{
    AUTO(buf) text = BUF_EMPTY;

    base64_encode(der, &text);
    text.len--; /* its line feed */
    buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < text.len; at += LINE) {
        size_t len = text.len - at < LINE ? text.len - at : LINE;

        buf_append(out, text.data + at, len);
        buf_append_byte(out, '\n');
    }
    buf_printf(out, "-----END %s-----\n", label);
}

/* The text from *offset on, cut behind the mark it is looked for; false: it is not there. */
static bool find(struct bytes text, size_t *offset, const char *mark)
{
    const unsigned char *at = NULL;

    if (*offset < text.len) {
        at = memmem(text.data + *offset, text.len - *offset, mark, strlen(mark));
    }
    if (at == NULL) {
        return false;
    }
    *offset = (size_t)(at - text.data) + strlen(mark);
    return true;
}

bool pem_next(struct pem *pem, const char *label, size_t max, struct buf *out,
              bool *found, struct error *err)
{
    const struct bytes text = pem->text;
    AUTO(string) head = mem_printf("%s-----", label);
    AUTO(string) tail = mem_printf("\n-----END %s-----", label);
    size_t at = pem->offset;

    if (!find(text, &at, begin_mark)) {
        pem->offset = text.len;
        *found = false;
        return true;
    }
    if (text.len - at < strlen(head) ||
        !bytes_equal((struct bytes){text.data + at, strlen(head)}, bytes_of_text(head))) {
        return error_set(err, ERROR_INVALID, "a PEM object that is no %s", label);
    }
    size_t start = at + strlen(head);
    size_t end = start;
    if (!find(text, &end, tail)) {
        return error_set(err, ERROR_INVALID, "a PEM %s without its end", label);
    }
    const struct bytes body = {text.data + start, end - strlen(tail) - start};
    if (!base64_decode(body, max, out, err)) {
        return error_wrap(err, "a PEM %s", label);
    }
    pem->offset = end;
    *found = true;
    return true;
}
