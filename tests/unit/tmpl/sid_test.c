/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/guid.h"
#include "common/tmpl/sid.h"

#include "tests/support/test.h"

static void sid_texts_and_octets_are_the_same_sid(void **state)
{
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"S-1-1-0", "010100000000000100000000"},
        {"S-1-5-11", "01010000000000050b000000"},
        {"S-1-5-32-544", "01020000000000052000000020020000"},
        {"S-1-5-21-1-2-3-513", "010500000000000515000000010000000200000003000000"
                               "01020000"},
        {"S-1-5-4294967295", "0101000000000005ffffffff"},
        {"S-1-0x0100000000ff-1", "01010100000000ff01000000"},
        {"S-1-4294967295-7", "01010000ffffffff07000000"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        AUTO(buf) text = BUF_EMPTY;
        struct error err = {0};
        struct sid from_text = {0};
        struct sid from_octets = {0};

        assert_ok(sid_parse_text(cases[i].text, &from_text, &err), &err);
        assert_ok(text_parse_hex(cases[i].hex, 68, &octets, &err), &err);
        assert_ok(sid_parse(buf_bytes(&octets), &from_octets, &err), &err);
        assert_int_equal(sid_compare(&from_text, &from_octets), 0);
        sid_append_text(&text, &from_octets);
        assert_string_equal(buf_text(&text), cases[i].text);
        sid_append(&again, &from_text);
        assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&octets)));
    }
}

static void sid_parse_refuses_what_is_not_exactly_one_sid(void **state)
{
    static const struct {
        const char *hex;
        const char *words; /* NULL: a good twin */
    } cases[] = {
        {"01010000000000050b000000", NULL},
        {"", "cut short"},
        {"01", "cut short"},
        {"01010000000000050b0000", "cut short"},
        {"01020000000000050b000000", "cut short"},
        {"01010000000000050b00000000", "1 octets follow"},
        {"02010000000000050b000000", "revision 2"},
        {"00010000000000050b000000", "revision 0"},
        {"0100000000000005", "0 sub-authorities"},
        {"0110000000000005", "16 sub-authorities"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        struct error err = {0};
        struct sid sid = {0};

        assert_ok(text_parse_hex(cases[i].hex, 128, &octets, &err), &err);
        if (cases[i].words == NULL) {
            assert_ok(sid_parse(buf_bytes(&octets), &sid, &err), &err);
        } else {
            assert_fails(sid_parse(buf_bytes(&octets), &sid, &err), &err, ERROR_INVALID,
                         cases[i].words);
        }
    }
}

static void sid_parse_text_refuses_other_spellings(void **state)
{
    static const char *const bad[] = {
        "",
        "S",
        "S-1",
        "S-1-",
        "S-1-5",
        "S-1-5-",
        "S-2-5-11",
        "s-1-5-11",
        "S-1-5-011",
        "S-1-05-11",
        "S-1-5--11",
        "S-1-5-11-",
        "S-1-5-11 ",
        " S-1-5-11",
        "S-1-5-4294967296",
        "S-1-5-99999999999999999999",
        "S-1-4294967296-1",      /* needs the hexadecimal form */
        "S-1-0x000000000005-11", /* needs the decimal form */
        "S-1-0x1ffffffff-1",     /* not 12 digits */
        "S-1-0x0100000000fff-1", /* 13 digits */
        "S-1-5-0x10",
        "S-1-5-11-a",
        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", /* 16 sub-authorities */
        "BA",
    };
    struct error err = {0};
    struct sid sid = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_fails(sid_parse_text(bad[i], &sid, &err), &err, ERROR_INVALID,
                     "is not a SID");
    }
    assert_ok(sid_parse_text("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", &sid, &err),
              &err);
    assert_int_equal(sid.sub_count, 15);
}

static struct sid sid_of(const char *text)
{
    struct error err = {0};
    struct sid sid = {0};

    assert_ok(sid_parse_text(text, &sid, &err), &err);
    return sid;
}

static void sid_set_knows_its_members_in_any_order_and_no_near_twins(void **state)
{
    static const char *const members[] = {"S-1-5-21-9-9-9-513", "S-1-1-0",
                                          "S-1-5-11",           "S-1-5-21-1-2-3-1001",
                                          "S-1-5-21-1-2-3-513", "S-1-5-11"};
    static const char *const strangers[] = {"S-1-5-21-1-2-3-514",
                                            "S-1-5-21-1-2-4-513",
                                            "S-1-5-21-1-2-3",
                                            "S-1-5-21-1-2-3-513-0",
                                            "S-1-2-0",
                                            "S-1-5-10",
                                            "S-1-0x010000000005-11"};
    struct sid sids[COUNT_OF(members)];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        sids[i] = sid_of(members[i]);
    }
    AUTO(sid_set) set = sid_set_new(sids, COUNT_OF(sids), true);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        assert_true(sid_set_has(set, &sids[i]));
    }
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        struct sid stranger = sid_of(strangers[i]);

        assert_false(sid_set_has(set, &stranger));
    }
}

static void sid_set_that_had_to_be_cut_is_not_complete(void **state)
{
    struct sid *many = mem_array(SID_SET_MAX + 1, sizeof(*many));
    (void)state;

    for (size_t i = 0; i <= SID_SET_MAX; i++) {
        many[i] = (struct sid){.authority = 5, .sub = {(uint32_t)i}, .sub_count = 1};
    }
    AUTO(sid_set) full = sid_set_new(many, SID_SET_MAX, true);
    AUTO(sid_set) cut = sid_set_new(many, SID_SET_MAX + 1, true);
    AUTO(sid_set) none = sid_set_new(NULL, 0, true);
    assert_true(full->complete && sid_set_has(full, &many[SID_SET_MAX - 1]));
    assert_false(cut->complete);
    assert_true(none->complete);
    assert_false(sid_set_has(none, &many[0]));
    free(many);
}

static void guid_stores_its_first_three_fields_little_endian(void **state)
{
    static const char text[] = "0e10c968-78fb-11d2-90d4-00c04f79dc55";
    static const char stored[] = "68c9100efb78d21190d400c04f79dc55";
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    struct guid from_text = {{0}};
    struct guid from_octets = {{0}};
    (void)state;

    assert_ok(guid_parse_text(text, &from_text, &err), &err);
    assert_ok(text_parse_hex(stored, GUID_LEN, &octets, &err), &err);
    assert_ok(guid_parse(buf_bytes(&octets), &from_octets, &err), &err);
    assert_true(guid_equal(&from_text, &from_octets));
    guid_append_text(&out, &from_octets);
    assert_string_equal(buf_text(&out), text);
    assert_ok(guid_parse_text("0E10C968-78FB-11D2-90D4-00C04F79DC55", &from_text, &err),
              &err);
    assert_true(guid_equal(&from_text, &from_octets));
}

static void guid_refuses_other_lengths_and_spellings(void **state)
{
    static const char *const bad[] = {
        "",
        "0e10c968",
        "{0e10c968-78fb-11d2-90d4-00c04f79dc55}",
        "0e10c968-78fb-11d2-90d4-00c04f79dc5",
        "0e10c968-78fb-11d2-90d4-00c04f79dc555",
        "0e10c96878fb-11d2-90d4-00c04f79dc5555",
        "0e10c968-78fb-11d2-90d4-00c04f79dcgg",
        "0e10c968078fb011d2090d4000c04f79dc55",
    };
    static const unsigned char octets[17] = {0};
    struct error err = {0};
    struct guid guid = {{0}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_fails(guid_parse_text(bad[i], &guid, &err), &err, ERROR_INVALID,
                     "is not a GUID");
    }
    assert_fails(guid_parse((struct bytes){octets, 15}, &guid, &err), &err, ERROR_INVALID,
                 "this one has 15");
    assert_fails(guid_parse((struct bytes){octets, 17}, &guid, &err), &err, ERROR_INVALID,
                 "this one has 17");
    assert_ok(guid_parse((struct bytes){octets, 16}, &guid, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sid_texts_and_octets_are_the_same_sid),
        cmocka_unit_test(sid_parse_refuses_what_is_not_exactly_one_sid),
        cmocka_unit_test(sid_parse_text_refuses_other_spellings),
        cmocka_unit_test(sid_set_knows_its_members_in_any_order_and_no_near_twins),
        cmocka_unit_test(sid_set_that_had_to_be_cut_is_not_complete),
        cmocka_unit_test(guid_stores_its_first_three_fields_little_endian),
        cmocka_unit_test(guid_refuses_other_lengths_and_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
