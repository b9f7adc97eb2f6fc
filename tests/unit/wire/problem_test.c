/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/problem.h"

#include "tests/support/test.h"

static void expect(enum reason reason, const char *detail, const char *request,
                   const char *wanted)
{
    AUTO(buf) body = BUF_EMPTY;

    buf_append_text(&body, "before ");
    problem_write(reason, detail, request, &body);
    assert_string_equal(buf_text(&body), wanted);
}

#define NO_ITEM                                                                          \
    "before {\"status\":404,\"title\":\"There is nothing of this number or "             \
    "name.\",\"reason\":\"NO_ITEM\""

static void says_which_reason_and_what_is_particular(void **state)
{
    (void)state;
    expect(REASON_NO_ITEM, NULL, NULL, NO_ITEM "}\n");
    expect(REASON_NO_ITEM, "", "", NO_ITEM "}\n");
    expect(REASON_NO_ITEM, "a \"b\"\n", "R-1",
           NO_ITEM ",\"detail\":\"a \\\"b\\\"\\n\",\"request\":\"R-1\"}\n");
}

static void a_detail_that_cannot_be_written_is_left_out(void **state)
{
    char *lengthy = mem_array(20000, 1);
    (void)state;

    memset(lengthy, 'x', 19999);
    lengthy[19999] = '\0';
    expect(REASON_NO_ITEM, lengthy, "R-1", NO_ITEM ",\"request\":\"R-1\"}\n");
    lengthy[100] = '\0';
    lengthy[0] = '\xff';
    expect(REASON_NO_ITEM, lengthy, NULL, NO_ITEM "}\n");
    free(lengthy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_which_reason_and_what_is_particular),
        cmocka_unit_test(a_detail_that_cannot_be_written_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
