/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test: the one door to cmocka, whose include order matters.
 */
#ifndef AE_TESTS_SUPPORT_TEST_H
#define AE_TESTS_SUPPORT_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdbool.h>
#include <string.h>

#include "common/base/error.h"

/* Elements of a table of cases. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Succeeds, or shows the error's sentence. */
#define assert_ok(call, err) test_check_ok((call), (err), #call, __FILE__, __LINE__)

/* Fails with this class, and with a message that contains the words. */
#define assert_fails(call, err, expected_code, words)                                    \
    test_check_fails((call), (err), (expected_code), (words), __FILE__, __LINE__)

static inline void test_check_ok(bool ok, const struct error *err, const char *call,
                                 const char *file, int line)
{
    if (!ok) {
        print_error("%s failed: %s: %s\n", call, error_code_name(err->code),
                    err->message);
        _fail(file, line);
    }
}

static inline void test_check_fails(bool ok, const struct error *err,
                                    enum error_code expected, const char *words,
                                    const char *file, int line)
{
    if (ok || err->code != expected || strstr(err->message, words) == NULL) {
        print_error("got %s: %s; expected %s: ...%s...\n",
                    ok ? "success" : error_code_name(err->code), ok ? "" : err->message,
                    error_code_name(expected), words);
        _fail(file, line);
    }
}

#endif
