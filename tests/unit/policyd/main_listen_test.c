/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"

#include "policyd/listener.h"
#include "policyd/main_listen.h"
#include "policyd/pool.h"
#include "tests/support/test.h"

static const char here[] = "127.0.0.1";

/* A socket with a port, as one that took a right. */
struct place {
    struct pool *pool;
    struct http *http;
    int taken;
    uint16_t port;
};

static int setup(void **state)
{
    static struct place place;
    struct error err = {0};

    place = (struct place){.taken = -1};
    *state = &place;
    return pool_new(&(const struct pool_options){1, 8}, &place.pool, &err) &&
                   listener_bind_tcp(here, &place.port, &place.taken, &err)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct place *p = *state;

    if (p->http != NULL) {
        http_stop(p->http, 0);
    }
    pool_free(p->pool);
    http_free(p->http);
    file_close(&p->taken);
    return 0;
}

static bool serve(struct place *p, struct error *err)
{
    static const struct http_route none[] = {{.path = NULL}};
    const struct http_options options = {.routes = none,
                                         .pool = p->pool,
                                         .threads = 1,
                                         .connections_max = 8,
                                         .deadline_s = 30};
    uint16_t port = p->port;
    bool ok = main_listen_serve(&p->taken, here, &port, &options, &p->http, err);

    assert_int_equal(port, p->port);
    return ok;
}

static bool reaches(const struct place *p)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(p->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    AUTO(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static void a_port_that_was_taken_is_served(void **state)
{
    struct place *p = *state;
    struct error err = {0};

    assert_false(reaches(p));
    assert_ok(serve(p, &err), &err);
    assert_int_equal(p->taken, -1);
    assert_true(reaches(p));
}

/* Where two have a port, the first to listen there is alone. */
static void a_port_where_another_listens_is_kept(void **state)
{
    struct place *p = *state;
    uint16_t port = p->port;
    struct error err = {0};
    AUTO(fd) other = -1;

    assert_ok(listener_open_tcp(here, &port, &other, &err), &err);
    const int taken = p->taken;
    assert_fails(serve(p, &err), &err, ERROR_UNAVAILABLE, here);
    assert_int_equal(p->taken, taken);
    file_close(&other);
    assert_ok(serve(p, &err), &err);
    assert_true(reaches(p));
}

/* Leave room for so many descriptors more; what was allowed before. */
static struct rlimit leave_room(unsigned int more)
{
    struct rlimit before;
    AUTO(fd) next = dup(STDERR_FILENO);

    assert_true(next >= 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit scarce = {(rlim_t)next + more, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &scarce), 0);
    return before;
}

static void a_port_that_nobody_can_serve_yet_is_kept(void **state)
{
    struct place *p = *state;
    const int taken = p->taken;
    struct error err = {0};

    for (unsigned int more = 0; more < 2;
         more++) { /* none for the socket, for its server */
        const struct rlimit before = leave_room(more);
        bool ok = serve(p, &err);

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_fails(ok, &err, ERROR_UNAVAILABLE, more == 0 ? here : "HTTP listener");
        assert_int_equal(p->taken, taken);
    }
    assert_ok(serve(p, &err), &err);
    assert_int_equal(p->taken, -1);
    assert_true(reaches(p));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_port_that_was_taken_is_served),
        TEST(a_port_where_another_listens_is_kept),
        TEST(a_port_that_nobody_can_serve_yet_is_kept),
    };

    return cmocka_run_group_tests_name("main_listen", tests, NULL, NULL);
}
