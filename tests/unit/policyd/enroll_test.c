/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/enroll.h"
#include "tests/support/test.h"

static void a_new_outcome_is_a_failure(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;

    struct enroll_public what = enroll_outcome_public(&outcome);

    assert_int_equal(what.reason, REASON_INTERNAL);
}

static void an_issued_one_has_no_reason(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;
    outcome.reason = REASON_NONE;

    struct enroll_public what = enroll_outcome_public(&outcome);

    assert_int_equal(what.reason, REASON_NONE);
    assert_string_equal(what.sentence, "");
}

static void a_sentence_of_its_own_takes_the_place_of_the_reasons(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    (void)state;
    outcome.reason = REASON_RULE_DENIED;

    assert_string_equal(enroll_outcome_public(&outcome).sentence, "");

    (void)snprintf(outcome.sentence, sizeof(outcome.sentence), "no mail relays here");
    assert_string_equal(enroll_outcome_public(&outcome).sentence, "no mail relays here");
    assert_int_equal(enroll_outcome_public(&outcome).reason, REASON_RULE_DENIED);
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

        if (reason_get(what.reason)->status == 401) {
            assert_int_equal(what.reason, REASON_AUTH_NONE);
            assert_string_equal(what.sentence,
                                r == REASON_AUTH_NONE ? outcome.sentence : "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_outcome_is_a_failure),
        cmocka_unit_test(an_issued_one_has_no_reason),
        cmocka_unit_test(a_sentence_of_its_own_takes_the_place_of_the_reasons),
        cmocka_unit_test(every_401_looks_the_same_from_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
