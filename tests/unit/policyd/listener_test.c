/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/listener.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

static int set_up(void **state)
{
    *state = temp_dir_new();
    return 0;
}

static int tear_down(void **state)
{
    temp_dir_free(*state);
    return 0;
}

static bool connects(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

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

static void listener_opens_a_socket_for_every_local_user(void **state)
{
    AUTO(string) path = mem_printf("%s/s", (char *)*state);
    AUTO(fd) fd = -1;
    struct error err = {0};
    struct stat st;

    assert_ok(listener_open_unix(path, &fd, &err), &err);

    assert_true(connects(path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
}

static void listener_replaces_what_a_dead_process_left(void **state)
{
    AUTO(string) path = mem_printf("%s/s", (char *)*state);
    struct error err = {0};
    AUTO(fd) fd = -1;
    AUTO(fd) again = -1;

    assert_ok(listener_open_unix(path, &fd, &err), &err);
    file_close(&fd);
    assert_false(connects(path));
    assert_ok(listener_open_unix(path, &again, &err), &err);

    assert_true(connects(path));
}

static void listener_leaves_a_living_process_its_socket(void **state)
{
    AUTO(string) path = mem_printf("%s/s", (char *)*state);
    struct error err = {0};
    AUTO(fd) fd = -1;
    AUTO(fd) again = -1;

    assert_ok(listener_open_unix(path, &fd, &err), &err);
    assert_fails(listener_open_unix(path, &again, &err), &err, ERROR_CONFLICT,
                 "another process listens");

    assert_true(connects(path));
}

static void listener_refuses_to_replace_a_file(void **state)
{
    AUTO(string) path = mem_printf("%s/s", (char *)*state);
    struct error err = {0};
    AUTO(fd) fd = -1;

    assert_ok(file_write_atomic(path, bytes_of_text("x"), FILE_MODE(0600), &err), &err);
    assert_fails(listener_open_unix(path, &fd, &err), &err, ERROR_INVALID, "no socket");

    assert_int_equal(access(path, F_OK), 0);
}

static void listener_refuses_a_long_path_and_a_missing_directory(void **state)
{
    char name[120];
    struct error err = {0};
    AUTO(fd) fd = -1;
    AUTO(string) path = mem_printf("%s/none/s", (char *)*state);

    memset(name, 'a', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_fails(listener_open_unix(name, &fd, &err), &err, ERROR_INVALID, "longer than");
    assert_fails(listener_open_unix(path, &fd, &err), &err, ERROR_NOT_FOUND, "making");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_finds_a_free_port_and_refuses_a_taken_one),
        cmocka_unit_test(listener_wants_an_ip_address),
        cmocka_unit_test_setup_teardown(listener_opens_a_socket_for_every_local_user,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(listener_replaces_what_a_dead_process_left,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(listener_leaves_a_living_process_its_socket,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(listener_refuses_to_replace_a_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            listener_refuses_a_long_path_and_a_missing_directory, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
