/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/base/mem.h"

#include "policyd/signer/serial.h"
#include "tests/support/test.h"

/* What the kernel does next time: 0 its work, else this many octets or this error. */
static struct {
    ssize_t result;
    int error, interruptions;
} kernel;

ssize_t __real_getrandom(void *out, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned int flags);

ssize_t __wrap_getrandom(void *out, size_t len, unsigned int flags)
{
    if (kernel.interruptions > 0) {
        kernel.interruptions--;
        errno = EINTR;
        return -1;
    }
    if (kernel.result != 0) {
        errno = kernel.error;
        return kernel.result;
    }
    return __real_getrandom(out, len, flags);
}

static void a_serial_is_node_time_and_chance(void **state)
{
    unsigned char serial[SERIAL_SIZE];
    struct error err = {0};
    (void)state;

    assert_ok(serial_make(0x41, 0x6B49D200, serial, &err), &err);

    assert_memory_equal(serial, "\x41\x6B\x49\xD2\x00", 5);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SERIAL_SIZE);
}

/* I2: within one second, where chance alone keeps them apart. */
static void a_hundred_thousand_serials_differ_in_their_last_88_bits(void **state)
{
    enum { COUNT = 100000 };
    unsigned char(*serials)[SERIAL_SIZE] = mem_array(COUNT, SERIAL_SIZE);
    unsigned char ones[SERIAL_SIZE] = {0};
    unsigned char zeros[SERIAL_SIZE] = {0};
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(serial_make(0x40, 1, serials[i], &err), &err);
        for (size_t o = 0; o < SERIAL_SIZE; o++) {
            ones[o] |= serials[i][o];
            zeros[o] |= (unsigned char)~serials[i][o];
        }
    }
    qsort(serials, COUNT, SERIAL_SIZE, compare);
    for (size_t i = 1; i < COUNT; i++) {
        assert_memory_not_equal(serials[i - 1], serials[i], SERIAL_SIZE);
    }
    for (size_t o = 5; o < SERIAL_SIZE; o++) { /* every bit was seen both ways */
        assert_int_equal(ones[o], 0xFF);
        assert_int_equal(zeros[o], 0xFF);
    }
    free(serials);
}

static void nodes_and_times_out_of_range_are_refused(void **state)
{
    static const struct {
        uint8_t node;
        int64_t now;
        bool good;
    } cases[] = {
        {0x40, 0, true},          {0x7F, UINT32_MAX, true},
        {0x3F, 1, false},         {0x80, 1, false},
        {0x00, 1, false},         {0xFF, 1, false},
        {0x40, -1, false},        {0x40, (int64_t)UINT32_MAX + 1, false},
        {0x40, INT64_MAX, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned char serial[SERIAL_SIZE] = "unchanged";
        struct error err = {0};
        bool good = serial_make(cases[i].node, cases[i].now, serial, &err);

        if (good != cases[i].good ||
            (!good && strcmp((char *)serial, "unchanged") != 0)) {
            fail_msg("case %zu", i);
        }
    }
}

static void without_chance_there_is_no_serial(void **state)
{
    unsigned char serial[SERIAL_SIZE];
    struct error err = {0};
    (void)state;

    kernel.result = -1;
    kernel.error = ENOSYS;
    assert_fails(serial_make(0x40, 1, serial, &err), &err, ERROR_INTERNAL, "no random");
    kernel.result = 5;
    assert_fails(serial_make(0x40, 1, serial, &err), &err, ERROR_INTERNAL, "too few");
    kernel.result = 0;
    kernel.interruptions = 2;
    assert_ok(serial_make(0x40, 1, serial, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_serial_is_node_time_and_chance),
        cmocka_unit_test(a_hundred_thousand_serials_differ_in_their_last_88_bits),
        cmocka_unit_test(nodes_and_times_out_of_range_are_refused),
        cmocka_unit_test(without_chance_there_is_no_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
