/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

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

/* Whatever was quoted or cut: the message is UTF-8 without control characters. */
static void make_printable(char *text)
{
    const size_t len = strlen(text);
    const size_t plain = utf8_count_plain((unsigned char *)text, len);
    unsigned char *in = (unsigned char *)text + plain;
    char *out = text + plain;
    size_t left = len - plain;

    while (left > 0) {
        uint32_t code = 0;
        size_t step = utf8_read(in, left, &code);

        if (step == 0 || utf8_is_control(code)) {
            *out++ = '?';
            step = step == 0 ? 1 : step;
        } else {
            memmove(out, in, step);
            out += step;
        }
        in += step;
        left -= step;
    }
    *out = '\0';
}

__attribute__((format(printf, 3, 0))) static void store(char *message, size_t size,
                                                        const char *fmt, va_list args)
{
    if (vsnprintf(message, size, fmt, args) < 0) {
        message[0] = '\0';
    }
    make_printable(message);
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

static enum error_code class_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_DENIED;
    case EEXIST:
        return ERROR_CONFLICT;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return ERROR_INVALID;
    default:
        return ERROR_UNAVAILABLE;
    }
}

bool error_set_errno(struct error *err, int errnum, const char *fmt, ...)
{
    char doing[sizeof(err->message)];
    va_list args;

    va_start(args, fmt);
    store(doing, sizeof(doing), fmt, args);
    va_end(args);
    return error_set(err, class_of_errno(errnum), "%s: %s", doing, strerror(errnum));
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
