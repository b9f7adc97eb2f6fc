/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/frame.h"
#include "common/wire/refusal.h"

#include "tests/support/test.h"

static struct wire_signer_refusal refusal_with(const char *sentence)
{
    return (struct wire_signer_refusal){.request_id = "R-1",
                                        .reason = WIRE_SIGNER_BOUNDS,
                                        .sentence = sentence,
                                        .retry_after_s = 7};
}

static void expect_told(const char *sentence, const char *told, const char *request_id)
{
    const struct wire_signer_refusal refusal = refusal_with(sentence);
    AUTO(wire_signer_refusal) read = {0};
    AUTO(buf) frame = BUF_EMPTY;
    struct error err = {0};

    wire_refusal_answer(&refusal, 3, &frame);

    assert_true(frame.len > WIRE_FRAME_HEAD);
    struct bytes payload = {frame.data + WIRE_FRAME_HEAD, frame.len - WIRE_FRAME_HEAD};
    assert_ok(wire_signer_refusal_decode(payload, &read, &err), &err);
    assert_int_equal(read.reason, WIRE_SIGNER_BOUNDS);
    assert_string_equal(read.sentence, told);
    assert_string_equal(read.request_id, request_id);
}

static void a_refusal_is_told_as_it_is(void **state)
{
    (void)state;
    expect_told("a wildcard", "a wildcard", "R-1");
}

static void a_refusal_that_cannot_be_encoded_is_told_by_its_reason(void **state)
{
    static const char plain[] = "refused, for a reason that cannot be told";
    char longer[WIRE_SENTENCE_MAX + 2];

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    expect_told("", plain, "");
    expect_told("half a character: \xc3", plain, "");
    expect_told(longer, plain, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_told_as_it_is),
        cmocka_unit_test(a_refusal_that_cannot_be_encoded_is_told_by_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
