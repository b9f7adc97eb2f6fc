/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/der_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pki/der.h"

enum { DEPTH_MAX = 32 };

static _Noreturn void give_up(const char *text, const char *at)
{
    (void)fprintf(stderr, "der_text: cannot read '%s' of '%s'\n", at, text);
    abort();
}

static unsigned hex_digit(const char *text, const char *at)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = *at == '\0' ? NULL : strchr(digits, *at | 0x20);

    if (found == NULL) {
        give_up(text, at);
    }
    return (unsigned)(found - digits);
}

void der_text(const char *text, struct buf *out)
{
    size_t marks[DEPTH_MAX];
    size_t depth = 0;
    const char *at = text;

    while (*at != '\0') {
        const char *end = NULL;

        switch (*at) {
        case '(':
            if (depth == DEPTH_MAX) {
                give_up(text, at);
            }
            buf_append_byte(out, 0); /* der_close() writes the length here */
            marks[depth++] = out->len;
            at++;
            break;
        case ')':
            if (depth == 0) {
                give_up(text, at);
            }
            der_close(out, marks[--depth]);
            at++;
            break;
        case '\'':
            end = strchr(at + 1, '\'');
            if (end == NULL) {
                give_up(text, at);
            }
            buf_append(out, at + 1, (size_t)(end - at - 1));
            at = end + 1;
            break;
        case ' ':
            at++;
            break;
        default:
            buf_append_byte(
                out, (unsigned char)(hex_digit(text, at) << 4 | hex_digit(text, at + 1)));
            at += 2;
            break;
        }
    }
    if (depth > 0) {
        give_up(text, at);
    }
}
