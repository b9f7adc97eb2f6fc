/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/local.h"
#include "common/base/mem.h"

#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct place {
    char *directory, *path;
};

static int set_up(void **state)
{
    struct place *place = mem_new(sizeof(*place));

    place->directory = temp_dir_new();
    place->path = mem_printf("%s/s.sock", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    temp_dir_free(place->directory);
    free(place->path);
    free(place);
    return 0;
}

static struct local_options options_of(const struct place *place)
{
    return (struct local_options){place->path, 0660, (gid_t)-1};
}

static void close_listener(struct local_listener *listener)
{
    file_close(&listener->socket);
    file_close(&listener->lock);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        file_close(&fd);
    }
    return fd;
}

static void a_socket_has_its_mode_and_knows_its_peer(void **state)
{
    const struct place *place = *state;
    const struct local_options options = options_of(place);
    struct local_listener listener = {-1, -1};
    struct local_peer peer;
    struct stat status;
    struct error err = {0};

    assert_ok(local_listen(&options, &listener, &err), &err);
    int client = connect_to(place->path);
    int server = accept4(listener.socket, NULL, NULL, SOCK_CLOEXEC);

    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    assert_ok(local_get_peer(server, &peer, &err), &err);
    assert_int_equal(peer.uid, geteuid());
    assert_int_equal(peer.pid, getpid());
    file_close(&client);
    file_close(&server);
    close_listener(&listener);
}

static void what_a_dead_program_left_is_replaced(void **state)
{
    const struct place *place = *state;
    const struct local_options options = options_of(place);
    struct local_listener listener = {-1, -1};
    struct error err = {0};

    assert_ok(local_listen(&options, &listener, &err), &err);
    close_listener(&listener); /* its name stays */
    assert_int_equal(connect_to(place->path), -1);

    assert_ok(local_listen(&options, &listener, &err), &err);

    int client = connect_to(place->path);
    assert_true(client >= 0);
    file_close(&client);
    close_listener(&listener);
}

static void a_live_socket_is_never_taken(void **state)
{
    const struct place *place = *state;
    const struct local_options options = options_of(place);
    struct local_listener first = {-1, -1};
    struct local_listener second = {-1, -1};
    struct error err = {0};

    assert_ok(local_listen(&options, &first, &err), &err);
    assert_fails(local_listen(&options, &second, &err), &err, ERROR_CONFLICT,
                 "another process serves");
    file_close(&first.lock); /* as a program without our lock would serve it */
    assert_fails(local_listen(&options, &second, &err), &err, ERROR_CONFLICT,
                 "another process serves");

    int client = connect_to(place->path);
    assert_true(client >= 0);
    file_close(&client);
    close_listener(&first);
}

static void a_file_that_is_no_socket_stays(void **state)
{
    const struct place *place = *state;
    const struct local_options options = options_of(place);
    struct local_listener listener = {-1, -1};
    struct stat status;
    struct error err = {0};
    int fd = open(place->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    file_close(&fd);
    assert_fails(local_listen(&options, &listener, &err), &err, ERROR_INVALID,
                 "no socket of ours");
    assert_int_equal(lstat(place->path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

static void wrong_places_are_told(void **state)
{
    const struct place *place = *state;
    AUTO(string) missing = mem_printf("%s/none/s.sock", place->directory);
    char lengthy[200];
    struct local_options options = options_of(place);
    struct local_listener listener = {-1, -1};
    struct local_peer peer;
    struct error err = {0};

    memset(lengthy, 'x', sizeof(lengthy));
    lengthy[0] = '/';
    lengthy[sizeof(lengthy) - 1] = '\0';
    options.path = lengthy;
    assert_fails(local_listen(&options, &listener, &err), &err, ERROR_INVALID,
                 "too long");
    options.path = missing;
    assert_fails(local_listen(&options, &listener, &err), &err, ERROR_NOT_FOUND,
                 "s.sock");
    assert_fails(local_get_peer(STDIN_FILENO, &peer, &err), &err, ERROR_UNAVAILABLE,
                 "not known");
}

static void users_and_groups_are_found_by_name_and_number(void **state)
{
    uid_t uid = 1;
    gid_t gid = 1;
    struct error err = {0};
    (void)state;

    assert_ok(local_find_user("root", &uid, &err), &err);
    assert_int_equal(uid, 0);
    assert_ok(local_find_user("4711", &uid, &err), &err);
    assert_int_equal(uid, 4711);
    assert_ok(local_find_group("root", &gid, &err), &err);
    assert_int_equal(gid, 0);
    assert_ok(local_find_group("4712", &gid, &err), &err);
    assert_int_equal(gid, 4712);
    assert_fails(local_find_user("no-such-user", &uid, &err), &err, ERROR_NOT_FOUND,
                 "no-such-user");
    assert_fails(local_find_group("no-such-group", &gid, &err), &err, ERROR_NOT_FOUND,
                 "no-such-group");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_socket_has_its_mode_and_knows_its_peer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_a_dead_program_left_is_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_live_socket_is_never_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_socket_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(wrong_places_are_told, set_up, tear_down),
        cmocka_unit_test(users_and_groups_are_found_by_name_and_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
