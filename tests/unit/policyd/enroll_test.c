/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/enroll.h"
#include "tests/support/test.h"

static void a_new_outcome_is_a_failure(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;

    struct enroll_public what = enroll_outcome_public(&outcome);

    assert_int_equal(what.status, 500);
    assert_string_equal(what.code, "INTERNAL");
}

static void an_issued_one_has_no_code(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;
    outcome.reason = REASON_NONE;

    struct enroll_public what = enroll_outcome_public(&outcome);

    assert_int_equal(what.status, 200);
    assert_string_equal(what.code, "");
}

static void a_sentence_of_its_own_takes_the_place_of_the_reasons(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;
    outcome.reason = REASON_RULE_DENIED;

    assert_string_equal(enroll_outcome_public(&outcome).sentence,
                        reason_get(REASON_RULE_DENIED)->sentence);

    (void)snprintf(outcome.sentence, sizeof(outcome.sentence), "no mail relays here");
    assert_string_equal(enroll_outcome_public(&outcome).sentence, "no mail relays here");
    assert_int_equal(enroll_outcome_public(&outcome).status, 403);
}

/* Which credential failed, and how, is nobody's business outside. */
static void every_401_looks_the_same_from_outside(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;
    (void)snprintf(outcome.sentence, sizeof(outcome.sentence),
                   "bound to the certificate of yesterday");

    for (int r = 0; r < REASON_COUNT; r++) {
        outcome.reason = (enum reason)r;
        struct enroll_public what = enroll_outcome_public(&outcome);

        if (what.status == 401) {
            assert_string_equal(what.code, "AUTH_NONE");
            if (r != REASON_AUTH_NONE) {
                assert_string_equal(what.sentence,
                                    reason_get(REASON_AUTH_NONE)->sentence);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_outcome_is_a_failure),
        cmocka_unit_test(an_issued_one_has_no_code),
        cmocka_unit_test(a_sentence_of_its_own_takes_the_place_of_the_reasons),
        cmocka_unit_test(every_401_looks_the_same_from_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
