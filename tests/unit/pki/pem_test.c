/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/pem.h"

#include "tests/support/test.h"

enum { MAX = 1024 };

static bool next(const char *text, size_t *offset, struct buf *out, bool *found,
                 struct error *err)
{
    struct pem pem = {bytes_of_text(text), *offset};
    bool ok = pem_next(&pem, PEM_CERTIFICATE, MAX, out, found, err);

    *offset = pem.offset;
    return ok;
}

static void what_is_written_is_read_again(void **state)
{
    static const unsigned char octets[200] = {0x30, 0x82};
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t len = 1; len <= sizeof(octets); len++) {
        AUTO(buf) out = BUF_EMPTY;
        size_t offset = 0;
        bool found = false;

        buf_truncate(&text, 0);
        pem_write(PEM_CERTIFICATE, (struct bytes){octets, len}, &text);
        assert_ok(next(buf_text(&text), &offset, &out, &found, &err), &err);
        assert_true(found);
        assert_true(bytes_equal(buf_bytes(&out), (struct bytes){octets, len}));
        assert_ok(next(buf_text(&text), &offset, &out, &found, &err), &err);
        assert_false(found);
        assert_int_equal(offset, text.len);
    }
}

static void several_objects_come_one_after_the_other(void **state)
{
    static const char text[] = "subject: a\n-----BEGIN CERTIFICATE-----\nYQ==\n"
                               "-----END CERTIFICATE-----\n\nissuer: b\r\n"
                               "-----BEGIN CERTIFICATE-----\r\nYmM=\r\n"
                               "-----END CERTIFICATE-----";
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    size_t offset = 0;
    bool found = false;
    (void)state;

    assert_ok(next(text, &offset, &out, &found, &err), &err);
    assert_ok(next(text, &offset, &out, &found, &err), &err);
    assert_true(found);
    assert_string_equal(buf_text(&out), "abc");
}

static void what_is_no_such_object_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"-----BEGIN CERTIFICATE-----\nYQ==\n", "without its end"},
        {"-----BEGIN CERTIFICATE-----\nYQ==\n-----END PRIVATE KEY-----\n",
         "without its end"},
        {"-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n",
         "no CERTIFICATE"},
        {"-----BEGIN CERTIFICATE", "no CERTIFICATE"},
        {"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "PEM"},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "PEM"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        size_t offset = 0;
        bool found = false;

        assert_fails(next(cases[i].text, &offset, &out, &found, &err), &err,
                     ERROR_INVALID, cases[i].words);
        assert_int_equal(out.len, 0);
    }
}

static void an_object_is_bounded(void **state)
{
    static const unsigned char octets[MAX + 1] = {0};
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    size_t offset = 0;
    bool found = false;
    (void)state;

    pem_write(PEM_CERTIFICATE, (struct bytes){octets, MAX}, &text);
    assert_ok(next(buf_text(&text), &offset, &out, &found, &err), &err);
    buf_truncate(&text, 0);
    offset = 0;
    pem_write(PEM_CERTIFICATE, (struct bytes){octets, sizeof(octets)}, &text);
    assert_fails(next(buf_text(&text), &offset, &out, &found, &err), &err, ERROR_INVALID,
                 "PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(several_objects_come_one_after_the_other),
        cmocka_unit_test(what_is_no_such_object_is_refused),
        cmocka_unit_test(an_object_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
