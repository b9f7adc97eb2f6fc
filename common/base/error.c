/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <stdio.h>
#include <string.h>

static const char *const code_names[] = {
    [ERROR_NONE] = "none",
    [ERROR_INVALID] = "invalid",
    [ERROR_NOT_FOUND] = "not found",
    [ERROR_DENIED] = "denied",
    [ERROR_AUTH] = "not authenticated",
    [ERROR_UNAVAILABLE] = "unavailable",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_INTERNAL] = "internal",
};
_Static_assert(sizeof(code_names) / sizeof(code_names[0]) == ERROR_CODE_COUNT,
               "every error code has a name");

/* A cut at len may fall inside a UTF-8 sequence: drop a character that lacks its end. */
static void drop_partial_character(char *text, size_t len)
{
    size_t start = len;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t follow = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (len - start < follow) {
        text[start - 1] = '\0';
    }
}

__attribute__((format(printf, 3, 0))) static void store(char *message, size_t size,
                                                        const char *fmt, va_list args)
{
    int needed = vsnprintf(message, size, fmt, args);

    if (needed < 0) {
        message[0] = '\0';
    } else if ((size_t)needed >= size) {
        drop_partial_character(message, size - 1);
    }
    for (char *c = message; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            *c = '?';
        }
    }
}

bool error_set_va(struct error *err, enum error_code code, const char *fmt, va_list args)
{
    /* The arguments may point into err itself. */
    char message[sizeof(err->message)];

    store(message, sizeof(message), fmt, args);
    err->code = code;
    memcpy(err->message, message, sizeof(message));
    return false;
}

bool error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    error_set_va(err, code, fmt, args);
    va_end(args);
    return false;
}

bool error_wrap(struct error *err, const char *fmt, ...)
{
    char context[sizeof(err->message)];
    va_list args;

    va_start(args, fmt);
    store(context, sizeof(context), fmt, args);
    va_end(args);
    return error_set(err, err->code, "%s: %s", context, err->message);
}

const char *error_code_name(enum error_code code)
{
    if ((unsigned int)code >= ERROR_CODE_COUNT) {
        return "unknown";
    }
    return code_names[code];
}
