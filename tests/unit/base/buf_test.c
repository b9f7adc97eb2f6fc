/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"
#include "common/base/mem.h"

#include "tests/support/test.h"

/* Everything that explicit_bzero was asked to wipe since the last reset. */
static struct {
    size_t octets;
    size_t calls;
} wiped;

static void wipe(void *data, size_t len)
{
    wiped.octets += len;
    wiped.calls++;
    memset(data, 0, len);
}

/* The plain name and the one that _FORTIFY_SOURCE calls. */
void __wrap_explicit_bzero(void *data, size_t len);
void __wrap___explicit_bzero_chk(void *data, size_t len, size_t size);

void __wrap_explicit_bzero(void *data, size_t len)
{
    wipe(data, len);
}

void __wrap___explicit_bzero_chk(void *data, size_t len, size_t size)
{
    (void)size;
    wipe(data, len);
}

static int reset_wiped(void **state)
{
    (void)state;
    wiped.octets = 0;
    wiped.calls = 0;
    return 0;
}

static void buf_grows_and_keeps_its_content(void **state)
{
    AUTO(buf) b = BUF_EMPTY;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        buf_append_byte(&b, (unsigned char)i);
    }

    assert_int_equal(b.len, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(b.data[i], (unsigned char)i);
    }
    assert_int_equal(wiped.calls, 0);
}

static void buf_takes_pieces_of_any_length_wherever_it_ends(void **state)
{
    (void)state;

    for (size_t len = 0; len <= 130; len++) {
        AUTO(buf) b = BUF_EMPTY;
        unsigned char piece[130];

        memset(piece, 0xA5, sizeof(piece));
        for (int i = 0; i < 50; i++) {
            size_t start = b.len;

            buf_append(&b, piece, len);
            buf_append_byte(&b, 0x5A);

            assert_true(b.len == start + len + 1 && b.cap >= b.len);
            assert_memory_equal(b.data + start, piece, len);
            assert_int_equal(b.data[start + len], 0x5A);
        }
    }
}

static void buf_wipes_every_copy_of_a_secret(void **state)
{
    struct buf b = BUF_SECRET;
    (void)state;

    buf_append(&b, "0123456789", 10);
    size_t first_cap = b.cap;
    buf_reserve(&b, first_cap); /* forces a second copy */
    assert_int_equal(wiped.octets, first_cap);
    size_t second_cap = b.cap;
    buf_clear(&b);

    assert_int_equal(wiped.octets, first_cap + second_cap);
    assert_null(b.data);
    assert_true(b.secret);
}

static void buf_truncate_wipes_what_it_cuts_off(void **state)
{
    AUTO(buf) b = BUF_SECRET;
    (void)state;

    buf_append(&b, "password", 8);
    buf_truncate(&b, 4);
    assert_int_equal(wiped.octets, 4);
    assert_memory_equal(b.data, "pass\0\0\0\0", 8);
    buf_truncate(&b, 100);

    assert_int_equal(b.len, 4);
}

static void buf_printf_and_text_append_behind_what_is_there(void **state)
{
    AUTO(buf) b = BUF_EMPTY;
    (void)state;

    assert_string_equal(buf_text(&b), "");
    buf_append_text(&b, "serial=");
    buf_printf(&b, "%04x", 0x4AU);
    buf_printf(&b, "%s", "");

    assert_string_equal(buf_text(&b), "serial=004a");
    assert_int_equal(b.len, 11);
}

static void buf_take_moves_the_content_out(void **state)
{
    struct buf b = BUF_EMPTY;
    size_t len = 0;
    (void)state;

    buf_append_text(&b, "abc");
    AUTO(octets) data = buf_take(&b, &len);

    assert_int_equal(len, 3);
    assert_memory_equal(data, "abc", 3);
    assert_null(b.data);
    assert_int_equal(b.len + b.cap, 0);
}

static void mem_helpers_terminate_and_copy(void **state)
{
    (void)state;
    AUTO(string) copy = mem_dup("abc", 2);
    AUTO(string) none = mem_dup(NULL, 0);
    AUTO(string) text = mem_printf("%d-%s", 7, "x");

    assert_string_equal(copy, "ab");
    assert_string_equal(none, "");
    assert_string_equal(text, "7-x");
}

static void take_leaves_null_behind(void **state)
{
    (void)state;
    AUTO(string) owner = mem_strdup("x");
    AUTO(string) next = TAKE(owner);

    assert_null(owner);
    assert_string_equal(next, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(buf_grows_and_keeps_its_content, reset_wiped),
        cmocka_unit_test_setup(buf_takes_pieces_of_any_length_wherever_it_ends,
                               reset_wiped),
        cmocka_unit_test_setup(buf_wipes_every_copy_of_a_secret, reset_wiped),
        cmocka_unit_test_setup(buf_truncate_wipes_what_it_cuts_off, reset_wiped),
        cmocka_unit_test(buf_printf_and_text_append_behind_what_is_there),
        cmocka_unit_test(buf_take_moves_the_content_out),
        cmocka_unit_test(mem_helpers_terminate_and_copy),
        cmocka_unit_test(take_leaves_null_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
