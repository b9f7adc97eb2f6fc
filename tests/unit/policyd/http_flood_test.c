/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/http_tls.h"
#include "policyd/pool.h"
#include "tests/support/line.h"
#include "tests/support/test.h"

enum {
    FLOOD = 2000,       /* half-open connections */
    PLACES = FLOOD / 2, /* connections that the server takes */
    DEADLINE_S = 300,   /* what honest peers are served within comes by pressure */
    PATIENCE_MS = 1000, /* with peers that have stopped in mid-handshake */
    WINDOWS = 10,
    WORK_MAX_MS = 100,      /* of CPU meanwhile; one that spins takes all there is */
    BODY_MAX = 64 * 1024,   /* octets */
    GROWTH_MAX = 256 * 1024 /* KiB; sanitizers need much of it */
};

struct server {
    struct pool *pool;
    struct http *http;
    struct http_route routes[2];
    uint16_t port;
    struct tls_cert certificate;
};

static void echo(void *ctx, const struct http_request *request,
                 struct http_answer *answer)
{
    (void)ctx;
    answer->status = 200;
    buf_printf(&answer->body, "%zu", request->body.len);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, SOMAXCONN), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int set_up(void **state)
{
    struct server *s = mem_new(sizeof(*s));
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    struct error err = {0};

    s->routes[0] =
        (struct http_route){HTTP_GET | HTTP_POST, "/echo", BODY_MAX, false, echo, s};
    assert_ok(pool_new(&(struct pool_options){2, 8}, &s->pool, &err), &err);
    const struct http_options options = {.listener = listen_on_loopback(&s->port),
                                         .routes = s->routes,
                                         .pool = s->pool,
                                         .threads = 2,
                                         .connections_max = PLACES,
                                         .deadline_s = DEADLINE_S,
                                         .tls = true};
    assert_ok(http_start(&options, &s->http, &err), &err);
    tls_cert_make(ca, &(struct fixture_leaf){.cn = "localhost"}, KEYS_P256,
                  &s->certificate);
    assert_ok(http_set_certificate(s->http, buf_bytes(&s->certificate.chain_pem),
                                   buf_bytes(&s->certificate.key_pem), &err),
              &err);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct server *s = *state;

    http_stop(s->http, 1);
    pool_free(s->pool);
    http_free(s->http);
    tls_cert_clear(&s->certificate);
    free(s);
    return 0;
}

static struct line *dial(const struct server *s)
{
    return line_open(&(struct line_options){.port = s->port, .tls = true});
}

static void an_honest_peer_is_served(const struct server *s)
{
    AUTO(line) line = dial(s);
    AUTO(buf) answer = BUF_EMPTY;

    line_send(line, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    line_receive(line, &answer);
    assert_int_equal(line_status(&answer), 200);
}

static long resident_kib(void)
{
    AUTO(stream) statm = fopen("/proc/self/statm", "re");
    char line[256];

    assert_non_null(fgets(line, sizeof(line), statm));
    char *second = strchr(line, ' ');
    assert_non_null(second);
    return strtol(second, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Room for both ends of all connections; false when the system gives none. */
static bool raise_limit(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    return limit.rlim_max >= FLOOD + PLACES + 100 &&
           setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* A connection on which nothing, or only the first octets of a handshake, are ever sent. */
static int open_half(const struct server *s, int number)
{
    static const unsigned char record[] = {22, 3, 1, 2, 0, 1}; /* a ClientHello begins */
    struct sockaddr_in address = loopback(s->port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof(address));

    assert_true(failed == 0 || errno == EINPROGRESS);
    if (number % 2 == 0) {
        (void)send(fd, record, sizeof(record), MSG_NOSIGNAL);
    }
    return fd;
}

static void half_open_connections_only_slow_an_honest_peer_down(void **state)
{
    struct server *s = *state;
    int fds[FLOOD];

    if (!raise_limit()) {
        skip();
    }
    an_honest_peer_is_served(s);
    long before = resident_kib();
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = open_half(s, i);
    }
    an_honest_peer_is_served(s);
    long growth = resident_kib() - before;
    for (int i = 0; i < FLOOD; i++) {
        (void)close(fds[i]);
    }
    print_message("resident memory grew by %ld KiB\n", growth);
    assert_true(growth < GROWTH_MAX);
    an_honest_peer_is_served(s);
}

static int64_t cpu_ms(void)
{
    struct timespec used;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void a_handshake_that_has_stopped_costs_no_work(void **state)
{
    struct server *s = *state;
    struct pollfd stopped[4];

    an_honest_peer_is_served(s);
    for (int i = 0; i < 4; i++) {
        stopped[i] = (struct pollfd){.fd = open_half(s, 0), .events = POLLIN};
    }
    an_honest_peer_is_served(s);
    /* What there is to do comes to an end, however slow we are; what spins does not. */
    int64_t work = WORK_MAX_MS;
    for (int i = 0; i < WINDOWS && work >= WORK_MAX_MS; i++) {
        int64_t before = cpu_ms();

        assert_int_equal(poll(stopped, 4, PATIENCE_MS), 0);
        work = cpu_ms() - before;
    }
    for (int i = 0; i < 4; i++) {
        (void)close(stopped[i].fd);
    }
    print_message("%lld ms of CPU\n", (long long)work);
    assert_true(work < WORK_MAX_MS);
}

/* Sends until the server has enough; false when it takes everything. */
static bool flood(struct line *line, const char *piece, int times)
{
    for (int i = 0; i < times; i++) {
        if (!line_try_send(line, piece)) {
            return true;
        }
    }
    return false;
}

/* An answer that refuses, or the end of the connection. */
static bool is_refused(struct line *line)
{
    AUTO(buf) answer = BUF_EMPTY;

    line_receive(line, &answer);
    return answer.len == 0 || (line_status(&answer) / 100 == 4 && line_is_closed(line));
}

static void what_is_too_large_is_refused_in_time_and_memory(void **state)
{
    enum { PIECE = 1024, MANY = 10 * 1024 };
    static const struct {
        const char *label, *start;
        int times;
        bool good; /* the header is complete behind it, and small */
    } cases[] = {
        {"a small header", "GET /echo HTTP/1.1\r\nHost: x\r\nX: ", 1, true},
        {"a header of 64 KiB", "GET /echo HTTP/1.1\r\nHost: x\r\nX: ", 64, false},
        {"a header of 10 MiB", "GET /echo HTTP/1.1\r\nHost: x\r\nX: ", MANY, false},
        {"a target of 64 KiB", "GET /echo?", 64, false},
        {"a declared body of 10 MiB",
         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n", MANY,
         false},
        {"a chunk of 10 MiB",
         "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nA00000\r\n",
         MANY, false},
    };
    struct server *s = *state;
    char piece[PIECE + 1];
    long before = resident_kib();

    memset(piece, 'x', PIECE);
    piece[PIECE] = '\0';
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(line) line = dial(s);

        line_send(line, cases[i].start);
        if (!flood(line, piece, cases[i].times)) {
            (void)line_try_send(line, "\r\n\r\n");
        }
        if (cases[i].good) {
            AUTO(buf) answer = BUF_EMPTY;

            line_receive(line, &answer);
            assert_int_equal(line_status(&answer), 200);
        } else if (!is_refused(line)) {
            fail_msg("%s", cases[i].label);
        }
    }
    assert_true(resident_kib() - before < GROWTH_MAX);
    an_honest_peer_is_served(s);
}

static void a_kerberos_token_may_be_longer_than_other_headers(void **state)
{
    enum { TOKEN = 60 * 1024 };
    AUTO(line) line = dial(*state);
    AUTO(buf) request = BUF_EMPTY;
    AUTO(buf) answer = BUF_EMPTY;

    buf_append_text(&request,
                    "GET /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Negotiate ");
    for (int i = 0; i < TOKEN; i++) {
        buf_append_byte(&request, 'A');
    }
    buf_append_text(&request, "\r\n\r\n");
    line_send(line, buf_text(&request));
    line_receive(line, &answer);
    assert_int_equal(line_status(&answer), 200);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(half_open_connections_only_slow_an_honest_peer_down),
        STORY(a_handshake_that_has_stopped_costs_no_work),
        STORY(what_is_too_large_is_refused_in_time_and_memory),
        STORY(a_kerberos_token_may_be_longer_than_other_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
