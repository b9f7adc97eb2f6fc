/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/sd.h"

#include "tests/support/sd_build.h"
#include "tests/support/test.h"

enum { CR = 0x100, FULL_CONTROL = 0x000F00FF, GA = 0x10000000, IO = 0x08 };

/* Some right that is neither of ours. */
static const struct guid other = {{1, 2, 3}};

/* Alice, who is an enrollee; everything the rules below are asked about. */
static struct sid_set *alice(void)
{
    static const char *const texts[] = {SID_ALICE, SID_USERS, SID_ENROLLEE, SID_EVERYONE,
                                        "S-1-5-11"};
    struct sid sids[COUNT_OF(texts)];
    struct error err = {0};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_ok(sid_parse_text(texts[i], &sids[i], &err), &err);
    }
    return sid_set_new(sids, COUNT_OF(texts), true);
}

static struct sd *parse_aces(const struct sd_build_ace *aces, size_t count)
{
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};
    struct sd *sd = NULL;

    sd_build(&octets, aces, count);
    assert_ok(sd_parse(buf_bytes(&octets), &sd, &err), &err);
    return sd;
}

struct rule_case {
    const char *label;
    struct sd_build_ace aces[3]; /* up to the first without type and SID */
    enum sd_answer answer;
    size_t ace;
};

static size_t count_aces(const struct rule_case *c)
{
    size_t count = 0;

    while (count < COUNT_OF(c->aces) &&
           (c->aces[count].sid != NULL || c->aces[count].type != 0)) {
        count++;
    }
    return count;
}

static void check_cases(const struct rule_case *cases, size_t count)
{
    AUTO(sid_set) token = alice();

    for (size_t i = 0; i < count; i++) {
        AUTO(sd) sd = parse_aces(cases[i].aces, count_aces(&cases[i]));
        struct error err = {0};
        struct sd_verdict verdict = {0};

        assert_ok(sd_evaluate(sd, token, &sd_enroll, &verdict, &err), &err);
        if (verdict.answer != cases[i].answer || verdict.ace != cases[i].ace) {
            fail_msg("%s: answer %d by entry %zu", cases[i].label, (int)verdict.answer,
                     verdict.ace);
        }
    }
}

static const struct rule_case order_cases[] = {
    {"an empty DACL", {{0}}, SD_NOT_GRANTED, 0},
    {"object allow", {{0x05, 0, CR, &sd_enroll, SID_ENROLLEE, NULL}}, SD_GRANTED, 0},
    {"to the account", {{0x05, 0, CR, &sd_enroll, SID_ALICE, NULL}}, SD_GRANTED, 0},
    {"to somebody else", {{0x05, 0, CR, &sd_enroll, SID_BOB, NULL}}, SD_NOT_GRANTED, 0},
    {"another right", {{0x05, 0, CR, &other, SID_ALICE, NULL}}, SD_NOT_GRANTED, 0},
    {"autoenroll is not enroll",
     {{0x05, 0, CR, &sd_autoenroll, SID_ALICE, NULL}},
     SD_NOT_GRANTED,
     0},
    {"all extended rights", {{0x05, 0, CR, NULL, SID_ALICE, NULL}}, SD_GRANTED, 0},
    {"plain allow", {{0x00, 0, CR, NULL, SID_ALICE, NULL}}, SD_GRANTED, 0},
    {"allow before deny",
     {{0x05, 0, CR, &sd_enroll, SID_ENROLLEE, NULL},
      {0x06, 0, CR, &sd_enroll, SID_ALICE, NULL}},
     SD_GRANTED,
     0},
    {"deny before allow",
     {{0x06, 0, CR, &sd_enroll, SID_ALICE, NULL},
      {0x05, 0, CR, &sd_enroll, SID_ENROLLEE, NULL}},
     SD_DENIED,
     0},
    {"plain deny after a stranger's allow",
     {{0x05, 0, CR, &sd_enroll, SID_BOB, NULL},
      {0x01, 0, CR, NULL, SID_EVERYONE, NULL},
      {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_DENIED,
     1},
    {"a deny of another right",
     {{0x06, 0, CR, &other, SID_ALICE, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     1},
    {"a deny of all extended rights",
     {{0x06, 0, CR, NULL, SID_ALICE, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_DENIED,
     0},
    {"a deny for somebody else",
     {{0x01, 0, CR, NULL, SID_BOB, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     1},
};

static void the_first_entry_about_token_and_right_decides(void **state)
{
    (void)state;

    check_cases(order_cases, COUNT_OF(order_cases));
}

static const struct rule_case entry_cases[] = {
    {"Full Control as certtmpl sets it is not Enroll",
     {{0x00, 0, FULL_CONTROL, NULL, SID_ALICE, NULL}},
     SD_NOT_GRANTED,
     0},
    {"Full Control with CR is",
     {{0x00, 0, FULL_CONTROL | CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     0},
    {"generic all counts as CR", {{0x00, 0, GA, NULL, SID_ALICE, NULL}}, SD_GRANTED, 0},
    {"also in a deny",
     {{0x01, 0, GA, NULL, SID_ALICE, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_DENIED,
     0},
    {"inherit-only allow is skipped",
     {{0x00, IO, CR, NULL, SID_ALICE, NULL}},
     SD_NOT_GRANTED,
     0},
    {"inherit-only deny is skipped",
     {{0x01, IO, CR, NULL, SID_ALICE, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     1},
    {"an inherited entry counts",
     {{0x00, 0x10, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     0},
    {"callback allow is ignored",
     {{0x09, 0, CR, NULL, SID_ALICE, "artx...."}},
     SD_NOT_GRANTED,
     0},
    {"callback object allow is ignored",
     {{0x0B, 0, CR, &sd_enroll, SID_ALICE, "artx...."},
      {0x05, 0, CR, &sd_enroll, SID_ENROLLEE, NULL}},
     SD_GRANTED,
     1},
    {"callback deny denies",
     {{0x0A, 0, CR, NULL, SID_ALICE, "artx...."}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_DENIED,
     0},
    {"callback object deny denies its right",
     {{0x0C, 0, CR, &sd_enroll, SID_ALICE, "artx...."},
      {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_DENIED,
     0},
    {"and no other",
     {{0x0C, 0, CR, &other, SID_ALICE, "artx...."}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     1},
    {"an unknown type that only inherits is skipped",
     {{0x11, IO, 0, NULL, NULL, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     SD_GRANTED,
     1},
};

static void masks_flags_and_conditions_count_as_they_should(void **state)
{
    (void)state;

    check_cases(entry_cases, COUNT_OF(entry_cases));
}

static void every_unknown_entry_type_fails_closed(void **state)
{
    AUTO(sid_set) token = alice();
    (void)state;

    for (unsigned int type = 0; type < 256; type++) {
        const struct sd_build_ace aces[] = {
            {0x00, 0, CR, NULL, SID_ALICE, NULL},
            {(uint8_t)type, 0, 0, NULL, SID_BOB, NULL},
        };
        AUTO(sd) sd = parse_aces(aces, COUNT_OF(aces));
        struct error err = {0};
        struct sd_verdict verdict = {0};
        bool known = type <= 1 || type == 5 || type == 6 || (type >= 9 && type <= 12);

        if (known) {
            assert_ok(sd_evaluate(sd, token, &sd_enroll, &verdict, &err), &err);
            assert_int_equal(verdict.answer, SD_GRANTED);
        } else {
            assert_fails(sd_evaluate(sd, token, &sd_enroll, &verdict, &err), &err,
                         ERROR_INVALID, "entry 2 of the security descriptor has the unk");
            assert_int_equal(sd_find_unknown(sd), 1);
        }
    }
}

static void an_incomplete_token_is_never_judged(void **state)
{
    static const struct sd_build_ace lists[][1] = {
        {{0x00, 0, CR, NULL, SID_ALICE, NULL}},
        {{0x01, 0, CR, NULL, SID_ALICE, NULL}},
        {{0x00, 0, CR, NULL, SID_BOB, NULL}},
    };
    AUTO(sid_set) token = alice();
    (void)state;

    token->complete = false;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        AUTO(sd) sd = parse_aces(lists[i], 1);
        struct error err = {0};
        struct sd_verdict verdict = {0};

        assert_fails(sd_evaluate(sd, token, &sd_enroll, &verdict, &err), &err,
                     ERROR_UNAVAILABLE, "not completely known");
    }
}

static void no_dacl_is_everyone_and_an_empty_one_nobody(void **state)
{
    AUTO(sid_set) token = alice();
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(sd) empty = parse_aces(NULL, 0);
    AUTO(sd) without = NULL;
    AUTO(sd) cleared = NULL;
    struct error err = {0};
    struct sd_verdict verdict = {0};
    (void)state;

    assert_ok(sd_evaluate(empty, token, &sd_enroll, &verdict, &err), &err);
    assert_int_equal(verdict.answer, SD_NOT_GRANTED);
    sd_build_without_dacl(&octets);
    assert_ok(sd_parse(buf_bytes(&octets), &without, &err), &err);
    assert_ok(sd_evaluate(without, token, &sd_enroll, &verdict, &err), &err);
    assert_int_equal(verdict.answer, SD_GRANTED_TO_ALL);

    /* DACL-present clear, whatever the offset says */
    buf_clear(&octets);
    sd_build(&octets, &(struct sd_build_ace){0x01, 0, CR, NULL, SID_ALICE, NULL}, 1);
    octets.data[2] = 0x00;
    assert_ok(sd_parse(buf_bytes(&octets), &cleared, &err), &err);
    assert_false(cleared->has_dacl);
}

/* As Samba stores what samba-tool dsacl set (OA;;CR;Enroll;;SID)(OA;;CR;AutoEnroll;;SID). */
static const char samba_descriptor[] = "01000484"
                                       "14000000"
                                       "30000000"
                                       "00000000"
                                       "4c000000" /* owner, group, no SACL */
                                       "010500000000000515000000010000000200000003000000"
                                       "00020000" /* …-512 */
                                       "010500000000000515000000010000000200000003000000"
                                       "00020000"
                                       "04007800"
                                       "02000000" /* two entries */
                                       "05003800"
                                       "00010000"
                                       "01000000"
                                       "68c9100efb78d21190d400c04f79dc55"
                                       "010500000000000515000000010000000200000003000000"
                                       "d1070000" /* …-2001 */
                                       "05003800"
                                       "00010000"
                                       "01000000"
                                       "c28c5ba0bc170248a710e7c15ab866a2"
                                       "010500000000000515000000010000000200000003000000"
                                       "d1070000";

static void a_descriptor_as_samba_stores_it_is_read(void **state)
{
    AUTO(sid_set) token = alice();
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    AUTO(sd) sd = NULL;
    struct error err = {0};
    struct sd_verdict verdict = {0};
    (void)state;

    assert_ok(text_parse_hex(samba_descriptor, 512, &octets, &err), &err);
    assert_ok(sd_parse(buf_bytes(&octets), &sd, &err), &err);
    assert_true(sd->has_owner && sd->has_group && sd->has_dacl);
    sid_append_text(&text, &sd->owner);
    assert_string_equal(buf_text(&text), SID_ADMINS);
    assert_int_equal(sd->ace_count, 2);
    assert_ok(sd_evaluate(sd, token, &sd_enroll, &verdict, &err), &err);
    assert_true(verdict.answer == SD_GRANTED && verdict.ace == 0);
    assert_ok(sd_evaluate(sd, token, &sd_autoenroll, &verdict, &err), &err);
    assert_true(verdict.answer == SD_GRANTED && verdict.ace == 1);
    assert_ok(sd_evaluate(sd, token, &other, &verdict, &err), &err);
    assert_int_equal(verdict.answer, SD_NOT_GRANTED);
}

static void entries_are_printed_as_sddl_has_them(void **state)
{
    static const struct sd_build_ace aces[] = {
        {0x05, 0, CR, &sd_enroll, "S-1-5-11", NULL},
        {0x01, 0x1B, 0x000F01FF, NULL, SID_EVERYONE, NULL},
        {0x0A, 0, 0x00800000, NULL, SID_BOB, "artx"},
        {0x13, 0, 0, NULL, NULL, NULL},
    };
    static const char *const texts[] = {
        "entry 1 (OA;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;S-1-5-11)",
        "entry 2 (D;OICIIOID;RCSDWDWORPWPCCDCLCSWLODTCR;;;S-1-1-0)",
        "entry 3 (XD;;0x800000;;;S-1-5-21-1-2-3-1002)",
        "entry 4 (type 0x13)",
    };
    AUTO(sd) sd = parse_aces(aces, COUNT_OF(aces));
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        AUTO(buf) out = BUF_EMPTY;

        sd_append_ace_text(&out, sd, i);
        assert_string_equal(buf_text(&out), texts[i]);
    }
}

static void a_descriptor_cut_anywhere_is_refused(void **state)
{
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};
    struct sd *sd = NULL;
    (void)state;

    assert_ok(text_parse_hex(samba_descriptor, 512, &octets, &err), &err);
    for (size_t len = 0; len < octets.len; len++) {
        /* of just that size, so that reading on is a sanitizer's finding */
        AUTO(octets) cut = mem_array(len, 1);

        memcpy(cut, octets.data, len);
        assert_fails(sd_parse((struct bytes){cut, len}, &sd, &err), &err, ERROR_INVALID,
                     "security descriptor");
    }
    assert_ok(sd_parse(buf_bytes(&octets), &sd, &err), &err);
    sd_free(sd);
}

/* what to change in samba_descriptor: one octet */
static const struct {
    size_t at;
    unsigned char octet;
    const char *words; /* NULL: a good twin */
} malformed[] = {
    {1, 0x01, NULL}, /* the unused octet may be anything */
    {0, 0x02, "not self-relative of revision 1"},
    {3, 0x04, "not self-relative"},
    {4, 0x13, "an offset of 19"},
    {4, 0xC3, "SID"},
    {5, 0xFF, "lies outside"},
    {8, 0x14, "overlap"}, /* group on the owner */
    {8, 0x18, "SID"},
    {16, 0x30, "ACL"}, /* DACL on the group */
    {21, 0x10, "16 sub-authorities"},
    {76, 0x02, NULL}, /* ACL revision 2 */
    {76, 0x03, "revision 3"},
    {78, 0x79, "claims 121"},
    {78, 0x07, "claims 7"},
    {78, 0x77, "entry 2"},
    {80, 0x01, NULL}, /* one entry, and unused octets behind it */
    {80, 0x03, "entry 3: the ACL ends before it"},
    {81, 0xFF, "claims 65282 entries"},
    {86, 0x39, "entry 1: it claims 57"},
    {86, 0x3C, "entry 1: 4 octets follow"},
    {86, 0x34, "entry 1: a SID is cut short"},
    {86, 0x04, "entry 1: it has only 4"},
    {86, 0x0C, "entry 1: an object entry"},
    {87, 0x01, "entry 1: it claims"},
    {92, 0x04, "entry 1: unknown object flags 0x00000004"},
    {92, 0x03, "entry 1: a SID"},
    {112, 0x02, "entry 1: a SID has revision 2"},
    {84, 0x00, "entry 1"}, /* a plain entry where an object's is */
};

static void malformed_descriptors_are_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        AUTO(sd) sd = NULL;
        struct error err = {0};

        assert_ok(text_parse_hex(samba_descriptor, 512, &octets, &err), &err);
        octets.data[malformed[i].at] = malformed[i].octet;
        if (malformed[i].words == NULL) {
            assert_ok(sd_parse(buf_bytes(&octets), &sd, &err), &err);
        } else {
            assert_fails(sd_parse(buf_bytes(&octets), &sd, &err), &err, ERROR_INVALID,
                         malformed[i].words);
        }
    }
}

static void a_descriptor_is_bounded(void **state)
{
    AUTO(octets) huge = mem_array(SD_LEN_MAX + 1, 1);
    struct error err = {0};
    AUTO(sd) sd = NULL;
    (void)state;

    huge[0] = 1;
    huge[3] = 0x80;
    assert_ok(sd_parse((struct bytes){huge, SD_LEN_MAX}, &sd, &err), &err);
    assert_false(sd->has_owner || sd->has_group || sd->has_dacl);
    assert_fails(sd_parse((struct bytes){huge, SD_LEN_MAX + 1}, &sd, &err), &err,
                 ERROR_INVALID, "this one has 65537");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_entry_about_token_and_right_decides),
        cmocka_unit_test(masks_flags_and_conditions_count_as_they_should),
        cmocka_unit_test(every_unknown_entry_type_fails_closed),
        cmocka_unit_test(an_incomplete_token_is_never_judged),
        cmocka_unit_test(no_dacl_is_everyone_and_an_empty_one_nobody),
        cmocka_unit_test(a_descriptor_as_samba_stores_it_is_read),
        cmocka_unit_test(entries_are_printed_as_sddl_has_them),
        cmocka_unit_test(a_descriptor_cut_anywhere_is_refused),
        cmocka_unit_test(malformed_descriptors_are_refused),
        cmocka_unit_test(a_descriptor_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
