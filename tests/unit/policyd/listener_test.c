/* SPDX-License-Identifier: Apache-2.0 */

#include "common/base/file.h"

#include "policyd/listener.h"
#include "tests/support/test.h"

static void listener_finds_a_free_port_and_refuses_a_taken_one(void **state)
{
    AUTO(fd) first = -1;
    AUTO(fd) second = -1;
    AUTO(fd) third = -1;
    uint16_t port = 0;
    uint16_t other = 0;
    struct error err = {0};
    (void)state;

    assert_ok(listener_open_tcp("127.0.0.1", &port, &first, &err), &err);
    assert_true(port > 0);
    uint16_t taken = port;
    assert_fails(listener_open_tcp("127.0.0.1", &taken, &second, &err), &err,
                 ERROR_UNAVAILABLE, "listening at 127.0.0.1 port");
    assert_ok(listener_open_tcp("127.0.0.1", &other, &third, &err), &err);
    assert_int_not_equal(other, port);
}

static void listener_wants_an_ip_address(void **state)
{
    static const char *const odd[] = {"localhost", "", "127.1", "127.0.0.1:80", "[::1]"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        AUTO(fd) fd = -1;
        uint16_t port = 0;
        struct error err = {0};

        assert_fails(listener_open_tcp(odd[i], &port, &fd, &err), &err, ERROR_INVALID,
                     "is no IP address");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_finds_a_free_port_and_refuses_a_taken_one),
        cmocka_unit_test(listener_wants_an_ip_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
