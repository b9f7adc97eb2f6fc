/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>

#include "common/base/mem.h"
#include "common/pki/base64.h"

#include "tests/support/test.h"

/* RFC 4648 section 10. */
static const struct {
    const char *data;
    const char *text;
} vectors[] = {
    {"", "\n"},
    {"f", "Zg==\n"},
    {"fo", "Zm8=\n"},
    {"foo", "Zm9v\n"},
    {"foob", "Zm9vYg==\n"},
    {"fooba", "Zm9vYmE=\n"},
    {"foobar", "Zm9vYmFy\n"},
};

static void base64_encodes_the_published_vectors_on_one_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        AUTO(buf) text = BUF_EMPTY;

        base64_encode(bytes_of_text(vectors[i].data), &text);
        assert_string_equal(buf_text(&text), vectors[i].text);
    }
}

static void base64_of_every_octet_is_openssls(void **state)
{
    unsigned char data[768];
    unsigned char expected[1032];
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 7 + i / 256);
    }
    int len = EVP_EncodeBlock(expected, data, sizeof(data));
    base64_encode((struct bytes){data, sizeof(data)}, &text);
    assert_int_equal(text.len, len + 1);
    assert_memory_equal(text.data, expected, (size_t)len);
    assert_ok(base64_decode(buf_bytes(&text), sizeof(data), &again, &err), &err);
    assert_int_equal(again.len, sizeof(data));
    assert_memory_equal(again.data, data, sizeof(data));
}

/* RFC 8951 section 3: receivers tolerate white space; RFC 4648 3.5: canonical padding. */
static void base64_decode_takes_white_space_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        const char *data; /* NULL: refused */
    } cases[] = {
        {"Zm9vYmFy", "foobar"},
        {"Zm9vYmFy\n", "foobar"},
        {" Zm9v\r\n\tYmFy\r\n\r\n", "foobar"},
        {"Z m 9 v", "foo"},
        {"Zg=\n=\n", "f"},
        {"Zg==", "f"},
        {"Zg=", NULL},
        {"Zg", NULL},
        {"Z", NULL},
        {"Z===", NULL},
        {"====", NULL},
        {"Zg===", NULL},
        {"Zg==Zg==", NULL},
        {"Zm8=Zg==", NULL},
        {"Zm8=AAAA", NULL},
        {"Zg=A", NULL},
        {"Zm=v", NULL},
        {"Z=9v", NULL},
        {"Zh==", NULL}, /* bits behind the last octet */
        {"Zm9=", NULL},
        {"Zm9v-_==", NULL},
        {"Zm9v\v", NULL},
        {"Zm9v\x80", NULL},
        {"-----BEGIN CERTIFICATE REQUEST-----\nZm9v\n", NULL},
        {"", NULL},
        {" \r\n", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        buf_append_text(&out, "kept:");

        bool good = base64_decode(bytes_of_text(cases[i].text), 100, &out, &err);
        const char *expected = cases[i].data == NULL ? "" : cases[i].data;
        if (good != (cases[i].data != NULL) ||
            strcmp(buf_text(&out) + 5, expected) != 0) {
            fail_msg("'%s' -> '%s' %s", cases[i].text, buf_text(&out), err.message);
        }
    }
}

static void base64_decode_takes_lines_of_any_length(void **state)
{
    const char *sentence =
        "who breaks lines, breaks them where he likes: after any digit";
    AUTO(buf) text = BUF_EMPTY;
    (void)state;
    base64_encode(bytes_of_text(sentence), &text);

    for (size_t width = 1; width <= text.len; width++) {
        AUTO(buf) lines = BUF_EMPTY;
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        for (size_t i = 0; i < text.len; i++) {
            buf_append_text(&lines, i % width == 0 ? "\r\n" : "");
            buf_append_byte(&lines, text.data[i]);
        }

        assert_ok(base64_decode(buf_bytes(&lines), strlen(sentence), &out, &err), &err);
        assert_string_equal(buf_text(&out), sentence);
    }
}

static void base64_decode_says_at_which_octet_a_text_is_none(void **state)
{
    AUTO(buf) text = BUF_EMPTY;
    (void)state;
    base64_encode(bytes_of_text("wherever it stands, it is found"), &text);

    for (size_t i = 0; i < text.len; i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        char where[64];
        unsigned char was = text.data[i];
        (void)snprintf(where, sizeof(where), "not base64 at octet %zu", i + 1);

        text.data[i] = '!';
        assert_fails(base64_decode(buf_bytes(&text), 100, &out, &err), &err,
                     ERROR_INVALID, where);
        assert_int_equal(out.len, 0);
        text.data[i] = was;
        assert_ok(base64_decode(buf_bytes(&text), 100, &out, &err), &err);
    }
}

static void base64_decode_refuses_a_nul(void **state)
{
    static const unsigned char text[] = {'Z', 'm', '9', 'v', 0};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(base64_decode((struct bytes){text, sizeof(text)}, 100, &out, &err), &err,
                 ERROR_INVALID, "at octet 5");
    assert_ok(base64_decode((struct bytes){text, 4}, 100, &out, &err), &err);
}

static void base64_decode_is_bounded_and_leaves_out_as_it_was(void **state)
{
    static const char *const texts[] = {"Zm9vYmFyYmF6", "Zm9v\nYmFy\nYmF6",
                                        "Z m9vYmFyYmF6"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts) * 9; i++) {
        struct bytes text = bytes_of_text(texts[i / 9]);
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        buf_append_text(&out, "kept");

        assert_fails(base64_decode(text, i % 9, &out, &err), &err, ERROR_INVALID,
                     "base64 of more than");
        assert_string_equal(buf_text(&out), "kept");
        assert_ok(base64_decode(text, 9, &out, &err), &err);
        assert_string_equal(buf_text(&out), "keptfoobarbaz");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_encodes_the_published_vectors_on_one_line),
        cmocka_unit_test(base64_of_every_octet_is_openssls),
        cmocka_unit_test(base64_decode_takes_white_space_and_nothing_else),
        cmocka_unit_test(base64_decode_takes_lines_of_any_length),
        cmocka_unit_test(base64_decode_says_at_which_octet_a_text_is_none),
        cmocka_unit_test(base64_decode_refuses_a_nul),
        cmocka_unit_test(base64_decode_is_bounded_and_leaves_out_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
