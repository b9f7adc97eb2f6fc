/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"
#include "common/pki/canon.h"
#include "common/pki/der.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

struct canon_case {
    const char *label;
    const char *bad;   /* as der_text() reads it */
    const char *words; /* of the refusal */
    const char *twin;  /* nearly the same, and DER */
};

static const struct canon_case cases[] = {
    {"indefinite length", "3080020100 0000", "octet 0: a cut, indefinite", "3003020100"},
    {"long form of a short length", "308103020100", "octet 0", "3003020100"},
    {"padded long form", "30820003020100", "octet 0", "3003020100"},
    {"length beyond the end", "3004020100", "octet 0", "3003020100"},
    {"child longer than its parent", "3003020200", "octet 2", "3003020100"},
    {"cut after the tag", "300102", "octet 2", "30020500"},
    {"nothing at all", "", "octet 0", "0500"},
    {"high tag number", "1F010101", "octet 0", "020101"},
    {"octets behind", "0500 00", "octet 2: octets behind", "0500"},
    {"a second element", "0500 0500", "octet 2: octets behind", "0500"},
    {"end-of-contents", "30020000", "impossible tag", "30020500"},
    {"primitive SEQUENCE", "1000", "impossible tag", "3000"},
    {"primitive SET", "30021100", "impossible tag", "30023100"},
    {"string in pieces", "24040402AABB", "in pieces", "0402AABB"},
    {"string in pieces, deeper", "30062C040C024142", "octet 2: a string in pieces",
     "30040C024142"},
    {"BOOLEAN of 01", "010101", "BOOLEAN", "0101FF"},
    {"BOOLEAN of two octets", "0102FFFF", "BOOLEAN", "010100"},
    {"empty BOOLEAN", "0100", "BOOLEAN", "010100"},
    {"empty INTEGER", "0200", "INTEGER", "020100"},
    {"padded INTEGER", "0202007F", "INTEGER", "02020080"},
    {"padded negative INTEGER", "0202FF80", "INTEGER", "0202FF7F"},
    {"padded ENUMERATED", "0A020001", "INTEGER", "0A0101"},
    {"BIT STRING without its first octet", "0300", "BIT STRING", "030100"},
    {"eight unused bits", "03020800", "BIT STRING", "03020700"},
    {"unused bits of nothing", "030101", "BIT STRING", "030100"},
    {"unused bits that are set", "03020401", "BIT STRING", "03020410"},
    {"NULL with content", "050100", "NULL", "0500"},
    {"empty OBJECT IDENTIFIER", "0600", "OBJECT IDENTIFIER", "060155"},
    {"padded subidentifier", "0603558001", "OBJECT IDENTIFIER", "060355 8101"},
    {"open subidentifier", "06025581", "OBJECT IDENTIFIER", "06025501"},
    {"BMPString of one octet", "1E0161", "BMPString", "1E020061"},
    {"UniversalString of two octets", "1C020078", "UniversalString", "1C0400000078"},
    {"SET out of order", "3106020102020101", "SET out of order", "3106020101020102"},
    {"SET sorted by content before length", "31070402AAAA0401BB", "SET out of order",
     "31070401BB0402AAAA"},
    {"fault inside an explicit tag", "A00402020001", "octet 2: an INTEGER", "A003020101"},
};

static void canon_refuses_what_is_only_ber_and_takes_its_twin(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) bad = BUF_EMPTY;
        AUTO(buf) twin = BUF_EMPTY;
        struct error err = {0};
        der_text(cases[i].bad, &bad);
        der_text(cases[i].twin, &twin);

        if (canon_check(buf_bytes(&bad), &err) ||
            strstr(err.message, cases[i].words) == NULL) {
            fail_msg("%s: refused with '%s'", cases[i].label, err.message);
        }
        if (!canon_check(buf_bytes(&twin), &err)) {
            fail_msg("%s: the twin failed: %s", cases[i].label, err.message);
        }
    }
}

/* One more OCTET STRING is all the difference between the depths. */
static void nest(size_t depth, struct buf *out)
{
    size_t opened[2 * CANON_DEPTH_MAX];

    for (size_t i = 0; i < depth; i++) {
        opened[i] = der_open(out, DER_SEQUENCE);
    }
    while (depth > 0) {
        der_close(out, opened[--depth]);
    }
}

static void canon_bounds_the_nesting(void **state)
{
    AUTO(buf) deep = BUF_EMPTY;
    AUTO(buf) deepest = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    nest(CANON_DEPTH_MAX - 1, &deepest);
    nest(CANON_DEPTH_MAX, &deep);

    assert_ok(canon_check(buf_bytes(&deepest), &err), &err);
    assert_fails(canon_check(buf_bytes(&deep), &err), &err, ERROR_INVALID, "too deeply");
}

static void
canon_looks_into_neither_octet_strings_nor_primitive_context_tags(void **state)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) context = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    der_text("0403020001", &octets);
    der_text("8003020001", &context);

    assert_ok(canon_check(buf_bytes(&octets), &err), &err);
    assert_ok(canon_check(buf_bytes(&context), &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canon_refuses_what_is_only_ber_and_takes_its_twin),
        cmocka_unit_test(canon_bounds_the_nesting),
        cmocka_unit_test(
            canon_looks_into_neither_octet_strings_nor_primitive_context_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
