/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/text.h"
#include "common/wire/reason.h"

#include "tests/support/test.h"

static void every_reason_has_a_code_a_sentence_and_a_status(void **state)
{
    (void)state;

    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const struct reason_info *info = reason_get((enum reason)i);
        enum reason found = REASON_NONE;

        assert_non_null(info->code);
        assert_true(reason_find(info->code, &found));
        assert_int_equal(found, i);
        assert_true(text_is_printable(info->sentence, strlen(info->sentence)));
        assert_true(text_has_suffix(info->sentence, "."));
        assert_true(info->status == 202 || (info->status >= 400 && info->status <= 503));
        assert_int_equal(reason_get(info->shown_as)->status, info->status);
    }
}

static void a_401_never_tells_its_cause(void **state)
{
    (void)state;

    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const struct reason_info *info = reason_get((enum reason)i);

        assert_int_equal(info->shown_as, info->status == 401 ? REASON_AUTH_NONE : i);
    }
}

static void a_retry_after_goes_with_202_429_and_503_only(void **state)
{
    (void)state;

    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const struct reason_info *info = reason_get((enum reason)i);
        bool waits = info->status == 202 || info->status == 429 || info->status == 503;

        assert_int_equal(info->retry == RETRY_LATER || info->retry == RETRY_POLL, waits);
    }
}

static void an_unknown_reason_is_our_bug_and_no_permission(void **state)
{
    enum reason found = REASON_HELD;
    (void)state;

    assert_int_equal(reason_get(REASON_NONE)->status, 500);
    assert_int_equal(reason_get(REASON_COUNT)->status, 500);
    assert_int_equal(reason_get(REASON_RATE)->status, 429);
    assert_false(reason_find("none", &found));
    assert_false(reason_find("", &found));
    assert_int_equal(found, REASON_HELD);
    assert_string_equal(reason_actor_name(ACTOR_COUNT), "unknown");
    assert_string_equal(reason_retry_name(RETRY_COUNT), "unknown");
}

static void the_page_in_docs_is_this_table(void **state)
{
    AUTO(buf) table = BUF_EMPTY;
    AUTO(buf) page = BUF_EMPTY;
    AUTO(stream) file = fopen(AE_SOURCE_DIR "/docs/REASONS.md", "re");
    (void)state;

    assert_non_null(file);
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        buf_append_byte(&page, (unsigned char)c);
    }
    reason_print_table(&table);

    /* After a change: test_reason --print >docs/REASONS.md */
    assert_string_equal(buf_text(&page), buf_text(&table));
}

static void what_fails_on_our_side_is_no_denial(void **state)
{
    (void)state;
    assert_true(reason_is_denial(REASON_RULE_DENIED));
    assert_true(reason_is_denial(REASON_NO_ENROLL));
    assert_false(reason_is_denial(REASON_RULE_ERROR));
    assert_false(reason_is_denial(REASON_INTERNAL));
    assert_false(reason_is_denial(REASON_STORE));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_a_code_a_sentence_and_a_status),
        cmocka_unit_test(a_401_never_tells_its_cause),
        cmocka_unit_test(a_retry_after_goes_with_202_429_and_503_only),
        cmocka_unit_test(an_unknown_reason_is_our_bug_and_no_permission),
        cmocka_unit_test(what_fails_on_our_side_is_no_denial),
        cmocka_unit_test(the_page_in_docs_is_this_table),
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        AUTO(buf) table = BUF_EMPTY;

        reason_print_table(&table);
        return fputs(buf_text(&table), stdout) < 0 ? 1 : 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
