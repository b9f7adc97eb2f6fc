/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "common/base/text.h"

#include "tests/support/test.h"

static void error_set_returns_false_and_fills(void **state)
{
    struct error err = {0};
    (void)state;

    assert_false(error_set(&err, ERROR_DENIED, "no right on '%s'", "Machine"));

    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "no right on 'Machine'");
}

static void error_wrap_puts_context_in_front_and_keeps_the_class(void **state)
{
    struct error err = {0};
    (void)state;

    error_set(&err, ERROR_INVALID, "unknown key 'foo'");
    assert_false(error_wrap(&err, "line %d", 14));

    assert_int_equal(err.code, ERROR_INVALID);
    assert_string_equal(err.message, "line 14: unknown key 'foo'");
}

static void error_set_may_quote_its_own_message(void **state)
{
    struct error err = {0};
    (void)state;

    error_set(&err, ERROR_INVALID, "inner");
    error_set(&err, ERROR_INTERNAL, "outer (%s)", err.message);

    assert_string_equal(err.message, "outer (inner)");
}

static void error_set_replaces_controls_and_malformed_utf8(void **state)
{
    struct error err = {0};
    (void)state;

    error_set(&err, ERROR_INVALID, "a\nb\x1b[31mc\x7f\xc2\x85\xff\xc3\xa4\xc3");

    assert_string_equal(err.message, "a?b?[31mc???\xc3\xa4?");
}

static void error_set_stays_utf8_where_a_quoted_text_is_cut(void **state)
{
    struct error err = {0};
    char text[600];
    (void)state;

    /* Two-octet characters at even and at odd offsets: one of the two is cut in the middle. */
    for (size_t shift = 0; shift < 2; shift++) {
        memset(text, 'a', sizeof(text));
        for (size_t i = shift; i + 2 < sizeof(text); i += 2) {
            memcpy(text + i, "\xc3\xa4", 2);
        }
        text[sizeof(text) - 1] = '\0';

        error_set(&err, ERROR_INVALID, "%s", text);

        assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
        assert_true(text_is_printable(err.message, strlen(err.message)));
    }
}

static void error_code_name_knows_every_code_and_survives_others(void **state)
{
    (void)state;

    for (unsigned int code = 0; code < ERROR_CODE_COUNT; code++) {
        assert_non_null(error_code_name((enum error_code)code));
        assert_string_not_equal(error_code_name((enum error_code)code), "unknown");
    }
    assert_string_equal(error_code_name(ERROR_CODE_COUNT), "unknown");
}

static void error_set_errno_adds_the_systems_words_and_chooses_the_class(void **state)
{
    static const struct {
        int errnum;
        enum error_code code;
    } cases[] = {
        {ENOENT, ERROR_NOT_FOUND},         {EACCES, ERROR_DENIED},
        {EEXIST, ERROR_CONFLICT},          {ENAMETOOLONG, ERROR_INVALID},
        {ENOSPC, ERROR_UNAVAILABLE},       {EIO, ERROR_UNAVAILABLE},
        {ECONNREFUSED, ERROR_UNAVAILABLE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        assert_false(error_set_errno(&err, cases[i].errnum, "cannot open '%s'", "/x"));
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.message, "cannot open '/x': "));
        assert_non_null(strstr(err.message, strerror(cases[i].errnum)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_set_returns_false_and_fills),
        cmocka_unit_test(error_wrap_puts_context_in_front_and_keeps_the_class),
        cmocka_unit_test(error_set_may_quote_its_own_message),
        cmocka_unit_test(error_set_replaces_controls_and_malformed_utf8),
        cmocka_unit_test(error_set_stays_utf8_where_a_quoted_text_is_cut),
        cmocka_unit_test(error_code_name_knows_every_code_and_survives_others),
        cmocka_unit_test(error_set_errno_adds_the_systems_words_and_chooses_the_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
