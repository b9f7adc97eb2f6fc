/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/policy/policy_json.h"

#include "tests/support/test.h"
#include "tests/support/wire_compare.h"
#include "tests/support/wire_random.h"

static const char policy[] =
    "{\"principal\":\"host/web1.a.test@A.TEST\",\"ca\":\"issuing\",\"server_time\":"
    "\"2027-01-15T08:00:00Z\",\"ask_again_s\":28800,\"templates\":[{\"name\":\"Machine\","
    "\"oid\":\"1.2.3\",\"major\":5,\"minor\":1,\"content_sha256\":\"abababababababababab"
    "abababababababababababababababababababababab\",\"display\":\"Computer\",\"label\":"
    "\"Machine\",\"kind\":\"machine\",\"enroll\":true,\"autoenroll\":true,\"reason\":"
    "\"\","
    "\"sentence\":\"\",\"key_algorithm\":\"ec\",\"key_curve\":\"P-256\",\"key_bits\":256,"
    "\"subject\":\"directory\",\"flags\":[\"same_key\",\"pss\"],\"validity_s\":31536000,"
    "\"renewal_s\":3628800,\"supersedes\":[\"1.2.3.4\"]}]}";

static void a_policy_is_read_and_written_as_it_was(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct wire_policy_answer answer;
    struct error err;
    (void)state;

    assert_ok(policy_read_json(bytes_of_text(policy), &store, &answer, &err), &err);
    assert_int_equal(answer.template_count, 1);
    assert_string_equal(answer.templates[0].ref.name, "Machine");
    assert_int_equal(answer.templates[0].flags, WIRE_POLICY_SAME_KEY | WIRE_POLICY_PSS);
    assert_int_equal(answer.templates[0].ref.content_sha256[31], 0xAB);
    assert_int_equal(answer.server_utc, 1800000000);

    assert_ok(policy_write_json(&answer, &again, &err), &err);
    assert_string_equal(buf_text(&again), policy);
}

static void random_messages_come_back(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed < 200; seed++) {
        AUTO(wire_random) random;
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) text = BUF_EMPTY;
        struct wire_policy_answer sent;
        struct wire_policy_answer got;
        struct error err = {0};

        wire_random_init(&random, seed);
        wire_random_fill(&random, &wire_policy_answer_table, &sent);
        if (policy_write_json(&sent, &text, &err)) { /* else too large */
            sent.unchanged = false;                  /* HTTP's, not the document's */
            sent.etag = "";
            assert_ok(policy_read_json(buf_bytes(&text), &store, &got, &err), &err);
            assert_true(wire_equal(&wire_policy_answer_table, &sent, &got));
        } else {
            assert_non_null(strstr(err.message, "octets"));
        }
        wire_table_clear(&wire_policy_answer_table, &sent);
    }
}

/* Replace once. */
static char *edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);

    assert_non_null(at);
    return mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void what_is_no_policy_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
        bool ok;
    } cases[] = {
        {"\"ca\":\"issuing\"", "\"ca\":\"issuing\",\"news\":1",
         true}, /* of a newer server */
        {"\"pss\"", "\"unheard_of\"", true},
        {"\"ca\":\"issuing\",", "", false},
        {"\"issuing\"", "7", false},
        {"\"machine\"", "\"printer\"", false},
        {"28800", "0", false},
        {"28800", "604801", false},
        {"2027-01-15T08:00:00Z", "yesterday", false},
        {"abab", "ab", false},
        {"abab", "xyab", false},
        {"\"1.2.3\"", "\"no oid\"", false},
        {"256,", "-1,", false},
        {"[{", "[7,{", false},
        {"\"enroll\":true", "\"enroll\":\"true\"", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        char *text = edited(policy, cases[i].from, cases[i].to);
        struct wire_policy_answer answer;
        struct error err = {0};

        if (policy_read_json(bytes_of_text(text), &store, &answer, &err) != cases[i].ok) {
            fail_msg("%s -> %s: %s", cases[i].from, cases[i].to, err.message);
        }
        free(text);
    }
}

static void reports_come_back_and_know_every_member(void **state)
{
    struct wire_report_entry entry = {.template = {.oid = "1.2.3", .name = "User"},
                                      .health = WIRE_HEALTH_DENIED,
                                      .reason = "NO_ENROLL",
                                      .sentence = "no right"};
    struct wire_report sent = {.software = "0.1.0",
                               .started_utc = 1800000000,
                               .finished_utc = 1800000002,
                               .exit_code = 6,
                               .entries = &entry,
                               .entry_count = 1,
                               .deadline_ms = 1};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct wire_report got;
    struct error err;
    (void)state;

    assert_ok(report_write_json(&sent, &text, &err), &err);
    assert_ok(report_read_json(buf_bytes(&text), &store, &got, &err), &err);
    assert_true(wire_equal(&wire_report_table, &sent, &got));

    char *more = edited(buf_text(&text), "\"exit_code\"", "\"extra\":1,\"exit_code\"");
    assert_fails(report_read_json(bytes_of_text(more), &store, &got, &err), &err,
                 ERROR_INVALID, "extra");
    free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_read_and_written_as_it_was),
        cmocka_unit_test(random_messages_come_back),
        cmocka_unit_test(what_is_no_policy_is_refused),
        cmocka_unit_test(reports_come_back_and_know_every_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
