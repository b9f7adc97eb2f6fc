/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/ctl/operand.h"
#include "tests/support/test.h"

#define NOW INT64_C(1796000000)

static void operand_takes_serials_with_and_without_colons(void **state)
{
    static const struct {
        const char *text, *serial; /* NULL: refused */
    } cases[] = {
        {"40691f8e", "40691f8e"},
        {"40:69:1F:8e", "40691f8e"},
        {"0x40691F8E", "40691f8e"},
        {"0X40:69", "4069"},
        {"7f", "7f"},
        {"0102030405060708090a0b0c0d0e0f1011121314",
         "0102030405060708090a0b0c0d0e0f1011121314"},
        {"0102030405060708090a0b0c0d0e0f101112131415", NULL}, /* 21 octets */
        {"", NULL},
        {"0x", NULL},
        {":", NULL},
        {"4", NULL},
        {"40691", NULL},
        {"40:69:", NULL},
        {":40:69", NULL},
        {"4:069", NULL},
        {"40::69", NULL},
        {"40-69", NULL},
        {"40 69", NULL},
        {"4g", NULL},
        {" 40", NULL},
        {"40/revoke", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) serial = BUF_EMPTY;
        struct error err = {0};

        if (operand_parse_serial(cases[i].text, &serial, &err) !=
            (cases[i].serial != NULL)) {
            fail_msg("'%s': %s", cases[i].text, err.message);
        }
        assert_string_equal(buf_text(&serial),
                            cases[i].serial == NULL ? "" : cases[i].serial);
    }
}

static void operand_takes_moments_days_and_durations_ago(void **state)
{
    static const struct {
        const char *text;
        int64_t utc; /* -1: refused */
    } cases[] = {
        {"2026-11-30T00:53:20Z", NOW},
        {"2026-11-30", NOW - 3200},
        {"3d", NOW - INT64_C(3) * 86400},
        {"1h30m", NOW - 5400},
        {"2026-02-30", -1},
        {"2026-11-30T00:53:20+01:00", -1},
        {"2026-11-30T00:53:20", -1},
        {"yesterday", -1},
        {"3", -1},
        {"-3d", -1},
        {"999999999d", -1}, /* before the epoch */
        {"", -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        int64_t utc = -1;

        if (operand_parse_time(cases[i].text, NOW, &utc, &err) != (cases[i].utc != -1)) {
            fail_msg("'%s': %s", cases[i].text, err.message);
        }
        assert_int_equal(utc, cases[i].utc);
    }
}

static void operand_takes_reasons_by_their_rfc_5280_names(void **state)
{
    static const struct {
        const char *text, *name; /* NULL: refused */
    } cases[] = {
        {"unspecified", "unspecified"},
        {"keyCompromise", "keyCompromise"},
        {"KEYCOMPROMISE", "keyCompromise"},
        {"caCompromise", "cACompromise"},
        {"affiliationChanged", "affiliationChanged"},
        {"superseded", "superseded"},
        {"cessationOfOperation", "cessationOfOperation"},
        {"privilegeWithdrawn", "privilegeWithdrawn"},
        {"aaCompromise", "aACompromise"},
        {"certificateHold", NULL},
        {"removeFromCRL", NULL},
        {"key-compromise", NULL},
        {"1", NULL},
        {"", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        const char *name = "";

        if (operand_parse_reason(cases[i].text, &name, &err) != (cases[i].name != NULL)) {
            fail_msg("'%s': %s", cases[i].text, err.message);
        }
        if (cases[i].name != NULL && strcasecmp(name, cases[i].name) != 0) {
            fail_msg("'%s' gave '%s'", cases[i].text, name);
        }
    }
}

static void operand_names_the_reason_that_was_meant(void **state)
{
    const char *name = NULL;
    struct error err = {0};
    (void)state;

    assert_fails(operand_parse_reason("keyComprimise", &name, &err), &err, ERROR_INVALID,
                 "did you mean 'keyCompromise'?");
    assert_fails(operand_parse_reason("certificateHold", &name, &err), &err,
                 ERROR_INVALID, "cert hold");
}

static void operand_tells_names_keys_and_texts_apart(void **state)
{
    static const struct {
        const char *text;
        enum operand_search kind;
    } cases[] = {
        {"dns:web1.corp.example", SEARCH_NAME},
        {"upn:alice@corp.example", SEARCH_NAME},
        {"dns:", SEARCH_TEXT},
        {"web1", SEARCH_TEXT},
        {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", SEARCH_KEY},
        {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeef", SEARCH_TEXT},
        {"zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", SEARCH_TEXT},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (operand_search_kind(cases[i].text) != cases[i].kind) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operand_takes_serials_with_and_without_colons),
        cmocka_unit_test(operand_takes_moments_days_and_durations_ago),
        cmocka_unit_test(operand_takes_reasons_by_their_rfc_5280_names),
        cmocka_unit_test(operand_names_the_reason_that_was_meant),
        cmocka_unit_test(operand_tells_names_keys_and_texts_apart),
    };

    return cmocka_run_group_tests_name("ctl_operand", tests, NULL, NULL);
}
