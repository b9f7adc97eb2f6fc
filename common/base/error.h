/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: one failure, a class for the program and a sentence for the person.
 *
 * A fallible function returns bool and takes a struct error * last. On false *err is filled
 * and out-parameters are untouched; on true *err is untouched.
 */
#ifndef AE_COMMON_BASE_ERROR_H
#define AE_COMMON_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define AE_MUST_CHECK __attribute__((warn_unused_result))

/* What the caller should do about it; never how it happened. */
enum error_code {
    ERROR_NONE = 0,
    ERROR_INVALID,     /* the input is wrong: do not retry      -> HTTP 400 */
    ERROR_NOT_FOUND,   /* the named thing does not exist        -> 404 */
    ERROR_DENIED,      /* identity known, policy says no        -> 403 */
    ERROR_AUTH,        /* identity not established              -> 401 */
    ERROR_UNAVAILABLE, /* a peer or resource is away: retry     -> 503 + Retry-After */
    ERROR_CONFLICT,    /* somebody else got there first: read again, decide again */
    ERROR_INTERNAL,    /* our bug, or no memory                 -> 500 */
    ERROR_CODE_COUNT
};

struct error {
    enum error_code code;
    char message[512]; /* UTF-8, bytes incl. NUL; no newline; never a secret */
};

/*
 * Fill err and return false, so that failing is one line. Control characters and malformed
 * UTF-8 of the formatted text become '?'; a text that is too long is cut.
 */
bool error_set(struct error *err, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool error_set_va(struct error *err, enum error_code code, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/*
 * The same for a failed system call: errnum chooses the class and its text is added.
 * ENOENT is NOT_FOUND, EACCES and EPERM are DENIED, EEXIST is CONFLICT, an argument the kernel
 * refuses is INVALID, everything else (no space, i/o error, no descriptors) UNAVAILABLE.
 */
bool error_set_errno(struct error *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "context: " in front of the message of an error already set; returns false. */
bool error_wrap(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The class as a word: "invalid", "not found", …; never NULL. */
const char *error_code_name(enum error_code code);

#endif
