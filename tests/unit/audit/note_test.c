/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/audit/note.h"

#include "tests/support/keys.h"
#include "tests/support/test.h"

static struct note_checkpoint example(void)
{
    struct note_checkpoint checkpoint = {.origin = "pki1.corp.example/journal",
                                         .size = 812};

    memset(checkpoint.root.octets, 0x5a, AUDIT_HASH_SIZE);
    return checkpoint;
}

static void sign_example(struct buf *out)
{
    struct note_checkpoint checkpoint = example();
    struct error err = {0};

    assert_ok(note_sign(&checkpoint, keys_get(KEYS_ED25519), out, &err), &err);
}

static void note_reads_back_what_was_signed(void **state)
{
    AUTO(buf) note = BUF_EMPTY;
    struct note_checkpoint read = {.size = 0};
    struct error err = {0};
    (void)state;

    sign_example(&note);

    assert_non_null(strstr(buf_text(&note),
                           "pki1.corp.example/journal\n812\n"
                           "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n"
                           "\xe2\x80\x94 pki1.corp.example/journal "));
    assert_ok(note_read(buf_bytes(&note), keys_get(KEYS_ED25519), &read, &err), &err);
    assert_string_equal(read.origin, "pki1.corp.example/journal");
    assert_int_equal(read.size, 812);
    assert_int_equal(read.root.octets[31], 0x5a);
    assert_ok(note_read(buf_bytes(&note), NULL, &read, &err), &err);
}

static void note_passes_over_other_signatures_and_extension_lines(void **state)
{
    AUTO(buf) note = BUF_EMPTY;
    AUTO(buf) more = BUF_EMPTY;
    struct note_checkpoint read = {.size = 0};
    struct error err = {0};
    (void)state;

    sign_example(&note);
    buf_append(&more, note.data, note.len);
    buf_append_text(&more, "\xe2\x80\x94 witness.example AAAAAAAA\n");

    assert_ok(note_read(buf_bytes(&more), keys_get(KEYS_ED25519), &read, &err), &err);
    assert_int_equal(read.size, 812);
}

/* Each octet of the signed part and of the signature counts. */
static void note_notices_every_changed_octet(void **state)
{
    AUTO(buf) note = BUF_EMPTY;
    (void)state;

    sign_example(&note);
    for (size_t i = 0; i < note.len; i++) {
        struct note_checkpoint read = {.size = 0};
        struct error err = {0};

        note.data[i] ^= 1;
        if (note_read(buf_bytes(&note), keys_get(KEYS_ED25519), &read, &err)) {
            fail_msg("octet %zu was changed and the note still reads", i);
        }
        note.data[i] ^= 1;
    }
}

static void note_refuses_what_is_cut(void **state)
{
    AUTO(buf) note = BUF_EMPTY;
    (void)state;

    sign_example(&note);
    for (size_t len = 0; len < note.len; len++) {
        struct note_checkpoint read = {.size = 0};
        struct error err = {0};

        if (note_read((struct bytes){note.data, len}, keys_get(KEYS_ED25519), &read,
                      &err)) {
            fail_msg("%zu octets of it still read", len);
        }
    }
}

static void note_refuses_other_forms(void **state)
{
    static const struct {
        const char *label;
        const char *text;
        bool reads;
    } cases[] = {
        {"near twin", "o\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", true},
        {"extension", "o\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\nx\n\n", true},
        {"no origin", "\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", false},
        {"a space", "o o\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", false},
        {"size 0", "o\n0\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", false},
        {"size 01", "o\n01\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", false},
        {"size -1", "o\n-1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n", false},
        {"2^64",
         "o\n18446744073709551616\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\n",
         false},
        {"short root", "o\n1\nWlpaWlo=\n\n", false},
        {"no empty line", "o\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n", false},
        {"nothing", "", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct note_checkpoint read = {.size = 0};
        struct error err = {0};

        if (note_read(bytes_of_text(cases[i].text), NULL, &read, &err) !=
            cases[i].reads) {
            fail_msg("%s: %s", cases[i].label, err.message);
        }
    }
}

static void note_is_signed_only_by_ed25519_for_a_right_origin(void **state)
{
    struct note_checkpoint checkpoint = example();
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(note_sign(&checkpoint, keys_get(KEYS_P256), &out, &err), &err,
                 ERROR_INVALID, "not ec");
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "a b");
    assert_fails(note_sign(&checkpoint, keys_get(KEYS_ED25519), &out, &err), &err,
                 ERROR_INVALID, "origin");
    checkpoint = example();
    checkpoint.size = 0;
    assert_fails(note_sign(&checkpoint, keys_get(KEYS_ED25519), &out, &err), &err,
                 ERROR_INVALID, "record");
    assert_int_equal(out.len, 0);
}

static void note_key_goes_through_pem(void **state)
{
    AUTO(buf) pem = BUF_EMPTY;
    AUTO(buf) other = BUF_EMPTY;
    AUTO(buf) note = BUF_EMPTY;
    AUTO(key) key = NULL;
    AUTO(key) none = NULL;
    struct note_checkpoint read = {.size = 0};
    struct error err = {0};
    (void)state;

    note_write_key(keys_get(KEYS_ED25519), &pem);
    assert_ok(note_read_key(buf_bytes(&pem), &key, &err), &err);
    sign_example(&note);
    assert_ok(note_read(buf_bytes(&note), key, &read, &err), &err);

    note_write_key(keys_get(KEYS_P256), &other);
    assert_fails(note_read_key(buf_bytes(&other), &none, &err), &err, ERROR_INVALID,
                 "not ec");
    assert_fails(
        note_read_key(bytes_of_text("-----BEGIN PUBLIC KEY-----\n"), &none, &err), &err,
        ERROR_INVALID, "PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note_reads_back_what_was_signed),
        cmocka_unit_test(note_passes_over_other_signatures_and_extension_lines),
        cmocka_unit_test(note_notices_every_changed_octet),
        cmocka_unit_test(note_refuses_what_is_cut),
        cmocka_unit_test(note_refuses_other_forms),
        cmocka_unit_test(note_is_signed_only_by_ed25519_for_a_right_origin),
        cmocka_unit_test(note_key_goes_through_pem),
    };

    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
