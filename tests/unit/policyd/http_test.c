/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/limits.h"

#include "policyd/http_tls.h"
#include "policyd/pool.h"
#include "tests/support/line.h"
#include "tests/support/test.h"

enum {
    BODY_MAX = 1000,
    DEADLINE_S = 1, /* where nobody is in time */
    HANGING_S = 5,  /* where somebody else is */
    THREADS = 4,
    PLACES = 16,
    LARGE = 32 * 1024 * 1024, /* octets: more than sockets hold */
    STILL_MS = 6000           /* longer than what is ready is sent at least */
};

struct server {
    struct pool *pool;
    struct http *http;
    struct http_route routes[7];
    uint16_t port;
    bool tls;
    sem_t entered, leave;
    struct http_peer peer; /* of the last echo */
    char browser[64];      /* the same one's Origin and Sec-Fetch-Site */
};

static void echo(void *ctx, const struct http_request *request,
                 struct http_answer *answer)
{
    struct server *s = ctx;

    s->peer = request->peer;
    (void)snprintf(s->browser, sizeof(s->browser), "%s %s",
                   request->origin != NULL ? request->origin : "-",
                   request->fetch_site != NULL ? request->fetch_site : "-");
    answer->status = 200;
    answer->content_type = "text/plain";
    buf_printf(&answer->body, "%s %s ", request->path,
               request->query != NULL ? request->query : "-");
    buf_append(&answer->body, request->body.data, request->body.len);
}

/* Says that it began, and goes on when it is told to. */
static void hang(void *ctx, const struct http_request *request,
                 struct http_answer *answer)
{
    struct server *s = ctx;

    (void)sem_post(&s->entered);
    (void)sem_wait(&s->leave);
    echo(ctx, request, answer);
}

static void answer_much(void *ctx, const struct http_request *request,
                        struct http_answer *answer)
{
    AUTO(string) octets = mem_new(LARGE);

    (void)ctx;
    (void)request;
    memset(octets, 'x', LARGE);
    answer->status = 200;
    answer->content_type = "text/plain";
    buf_append(&answer->body, octets, LARGE);
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
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* One certificate for all servers of this program. */
static void show_certificate(struct http *http)
{
    static struct tls_cert made;
    struct error err = {0};

    if (made.der.len == 0) {
        AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);

        tls_cert_make(ca, &(struct fixture_leaf){.cn = "localhost"}, KEYS_P256, &made);
    }
    assert_ok(http_set_certificate(http, buf_bytes(&made.chain_pem),
                                   buf_bytes(&made.key_pem), &err),
              &err);
}

static struct server *start(int listener, unsigned int deadline_s, bool tls)
{
    const struct pool_options pool = {THREADS, PLACES};
    struct server *s = mem_new(sizeof(*s));
    struct error err = {0};

    (void)sem_init(&s->entered, 0, 0);
    (void)sem_init(&s->leave, 0, 0);
    s->routes[0] = (struct http_route){HTTP_GET, "/now", 0, true, echo, s};
    s->routes[1] =
        (struct http_route){HTTP_GET | HTTP_POST, "/echo", BODY_MAX, false, echo, s};
    s->routes[2] = (struct http_route){HTTP_GET, "/hang", 0, false, hang, s};
    s->routes[3] = (struct http_route){HTTP_GET, "/tree/*", 0, false, echo, s};
    s->routes[4] =
        (struct http_route){HTTP_POST, "/autoenroll/v1/post", 0, false, echo, s};
    s->routes[5] = (struct http_route){HTTP_GET, "/large", 0, true, answer_much, s};
    assert_ok(pool_new(&pool, &s->pool, &err), &err);
    const struct http_options options = {.listener = listener,
                                         .routes = s->routes,
                                         .pool = s->pool,
                                         .threads = 1,
                                         .connections_max = 100,
                                         .deadline_s = deadline_s,
                                         .tls = tls};
    assert_ok(http_start(&options, &s->http, &err), &err);
    s->tls = tls;
    if (tls) {
        show_certificate(s->http);
    }
    return s;
}

static void stop(struct server *s)
{
    if (s->http != NULL) {
        http_stop(s->http, 1);
    }
    for (int i = 0; i < THREADS + PLACES; i++) {
        (void)sem_post(&s->leave);
    }
    pool_free(s->pool);
    http_free(s->http);
    free(s);
}

/* The state that a story begins with says whether it is told over TLS. */
static int set_up_for(void **state, unsigned int deadline_s)
{
    uint16_t port = 0;
    int listener = listen_on_loopback(&port);
    struct server *s = start(listener, deadline_s, *state != NULL);

    s->port = port;
    *state = s;
    return 0;
}

/* So that nobody but the test itself ends anything. */
static int set_up(void **state)
{
    return set_up_for(state, LINE_PATIENCE_MS / 1000);
}

static int set_up_short(void **state)
{
    return set_up_for(state, DEADLINE_S);
}

static int set_up_for_hanging(void **state)
{
    return set_up_for(state, HANGING_S);
}

static int tear_down(void **state)
{
    stop(*state);
    return 0;
}

static struct line *dial(const struct server *s)
{
    const struct line_options options = {.port = s->port, .tls = s->tls};

    return line_open(&options);
}

/* One request on a connection of its own. */
static int ask(const struct server *s, const char *request, struct buf *answer)
{
    AUTO(line) line = dial(s);

    line_send(line, request);
    line_receive(line, answer);
    return line_status(answer);
}

static void wait_in_flight(struct server *s, unsigned int count)
{
    while (http_in_flight(s->http) != count) {
        (void)poll(NULL, 0, 1);
    }
}

#define HEAD(method, target) method " " target " HTTP/1.1\r\nHost: x\r\n"

static void requests_are_answered_here_and_on_the_pool(void **state)
{
    struct server *s = *state;
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(ask(s, HEAD("GET", "/now?a=b") "\r\n", &answer), 200);
    assert_non_null(strstr(buf_text(&answer), "\r\n\r\n/now a=b "));
    assert_int_equal(
        ask(s, HEAD("POST", "/echo") "Content-Length: 4\r\n\r\nbody", &answer), 200);
    assert_non_null(strstr(buf_text(&answer), "\r\n\r\n/echo - body"));
    assert_int_equal(ask(s,
                         HEAD("POST", "/echo") "Transfer-Encoding: chunked\r\n\r\n"
                                               "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
                         &answer),
                     200);
    assert_non_null(strstr(buf_text(&answer), "\r\n\r\n/echo - body"));
    assert_string_equal(s->peer.address, "127.0.0.1");
    assert_false(s->peer.local);
}

static void what_a_browser_says_of_its_page_is_handed_on(void **state)
{
    struct server *s = *state;
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(ask(s, HEAD("GET", "/now") "\r\n", &answer), 200);
    assert_string_equal(s->browser, "- -");
    assert_int_equal(ask(s,
                         HEAD("GET", "/now") "origin: https://a.test\r\n"
                                             "Sec-Fetch-Site: cross-site\r\n\r\n",
                         &answer),
                     200);
    assert_string_equal(s->browser, "https://a.test cross-site");
}

static void a_connection_carries_many_requests(void **state)
{
    AUTO(line) line = dial(*state);
    AUTO(buf) answer = BUF_EMPTY;

    for (int i = 0; i < 50; i++) {
        bool there = i % 2 == 0;

        line_send(line,
                  there ? HEAD("GET", "/echo") "\r\n" : HEAD("GET", "/none") "\r\n");
        line_receive(line, &answer);
        assert_int_equal(line_status(&answer), there ? 200 : 404);
    }
}

static void append_header(struct buf *out, const char *begin, size_t len)
{
    AUTO(string) value = mem_new(len + 1);

    memset(value, 'A', len);
    buf_printf(out, "%s", begin);
    buf_append_text(out, value);
    buf_append_text(out, "\r\n");
}

/* It comes with all that a client may send besides, and again on the same connection. */
static void the_longest_token_has_room(void **state)
{
    const size_t token = (size_t)(WIRE_TOKEN_OCTETS_MAX + 2) / 3 * 4;
    AUTO(line) line = dial(*state);
    AUTO(buf) request = BUF_EMPTY;
    AUTO(buf) answer = BUF_EMPTY;

    buf_append_text(&request, HEAD("POST", "/echo"));
    append_header(&request, "X-Long: ", 8000);
    append_header(&request, "Authorization: Negotiate ", token);
    buf_append_text(&request, "Content-Length: 4\r\n\r\nbody");
    for (int i = 0; i < 3; i++) {
        line_send(line, buf_text(&request));
        line_receive(line, &answer);
        assert_int_equal(line_status(&answer), 200);
        assert_non_null(strstr(buf_text(&answer), "\r\n\r\n/echo - body"));
    }
}

static void framing_in_doubt_is_refused_and_closed(void **state)
{
#define CHUNKS "\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    static const struct {
        const char *headers;
        bool good;
    } cases[] = {
        {"Content-Length: 4\r\n\r\nbody", true},
        {"content-length: 4\r\nX-Other: 1\r\n\r\nbody", true},
        {"Transfer-Encoding: chunked" CHUNKS, true},
        {"Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", false},
        {"Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody", false},
        {"Content-Length: 4\r\nTransfer-Encoding: chunked" CHUNKS, false},
        {"Transfer-Encoding: chunked\r\nContent-Length: 4" CHUNKS, false},
        {"Transfer-Encoding : chunked" CHUNKS, false},
        {"Content-Length:\r\n 4\r\n\r\nbody", false},
        {"Transfer-Encoding:\r\n chunked" CHUNKS, false},
        {"content-lengths: 4\r\nContent-Length: 4\r\n\r\nbody", false},
        {"Content-Len: 4\r\nContent-Length: 4\r\n\r\nbody", true},
        {"Transfer-Encoding: gzip\r\n\r\n", false},
        {"Transfer-Encoding: gzip, chunked" CHUNKS, false},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked" CHUNKS, false},
        {"Host: y\r\nContent-Length: 4\r\n\r\nbody", false},
        {"Content-Length: +4\r\n\r\nbody", false},
        {"Content-Length: 0x4\r\n\r\nbody", false},
        {"Content-Length: 4 4\r\n\r\nbody", false},
        {"X(Y): 1\r\nContent-Length: 4\r\n\r\nbody", false},
        {"Content-Type: a\r\nContent-Length: 4\r\n\r\nbody", true},
        {"Content-Type: a\r\ncontent-type: b\r\nContent-Length: 4\r\n\r\nbody", false},
        {"Authorization: a\r\nContent-Length: 4\r\n\r\nbody", true},
        {"Authorization: a\r\nauthorization: b\r\nContent-Length: 4\r\n\r\nbody", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(line) line = dial(*state);
        AUTO(buf) answer = BUF_EMPTY;
        AUTO(string)
        request = mem_printf("%s%s", HEAD("POST", "/echo"), cases[i].headers);

        line_send(line, request);
        line_receive(line, &answer);
        if (line_status(&answer) != (cases[i].good ? 200 : 400)) {
            fail_msg("%s: %s", cases[i].headers, buf_text(&answer));
        }
        if (!cases[i].good && !line_is_closed(line)) {
            fail_msg("%s: left open", cases[i].headers);
        }
    }
}

static void a_request_without_host_is_refused(void **state)
{
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(ask(*state, "GET /now HTTP/1.1\r\n\r\n", &answer), 400);
    assert_int_equal(ask(*state, "GET /now HTTP/1.0\r\n\r\n", &answer), 200);
}

static void only_plain_paths_and_known_methods_are_routed(void **state)
{
    static const struct {
        const char *method, *target;
        int status;
    } cases[] = {
        {"GET", "/tree/a/b.c", 200},    {"GET", "/tree/..b", 200},
        {"GET", "/tree/", 200},         {"GET", "/echo?x=%41", 200},
        {"GET", "/tree/../now", 404},   {"GET", "/tree/..", 404},
        {"GET", "/tree/./a", 404},      {"GET", "/tree//a", 404},
        {"GET", "/tree/%61", 404},      {"GET", "/tree/a%00", 404},
        {"GET", "//now", 404},          {"GET", "/Now", 404},
        {"GET", "/now/", 404},          {"GET", "/tree\\a", 404},
        {"GET", "/tree/\xc3\xa4", 404}, {"GET", "now", 404},
        {"POST", "/now", 405},          {"PUT", "/echo", 405},
        {"DELETE", "/none", 404},       {"HEAD", "/now", 200},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) answer = BUF_EMPTY;
        AUTO(string)
        request = mem_printf("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                             cases[i].method, cases[i].target);
        int status = ask(*state, request, &answer);
        bool allow = strstr(buf_text(&answer), "Allow: GET") != NULL;

        if (status != cases[i].status || allow != (status == 405)) {
            fail_msg("%s %s: %s", cases[i].method, cases[i].target, buf_text(&answer));
        }
    }
}

static void bodies_are_bounded_whichever_way_they_come(void **state)
{
    AUTO(buf) answer = BUF_EMPTY;
    char body[BODY_MAX + 2] = {0};

    for (size_t len = BODY_MAX; len <= BODY_MAX + 1; len++) {
        int expected = len <= BODY_MAX ? 200 : 413;

        memset(body, 'b', len);
        AUTO(string)
        whole =
            mem_printf(HEAD("POST", "/echo") "Content-Length: %zu\r\n\r\n%s", len, body);
        AUTO(string)
        chunked = mem_printf(HEAD("POST", "/echo") "Transfer-Encoding: chunked\r\n\r\n"
                                                   "%zx\r\n%s\r\n0\r\n\r\n",
                             len, body);
        assert_int_equal(ask(*state, whole, &answer), expected);
        assert_int_equal(ask(*state, chunked, &answer), expected);
    }
}

/* What is announced beyond all measure is refused before it comes. */
static void an_announced_flood_is_refused_unread(void **state)
{
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(ask(*state,
                         HEAD("POST", "/echo") "Content-Length: 1099511627776\r\n\r\n",
                         &answer),
                     413);
    assert_int_not_equal(
        ask(*state, HEAD("POST", "/echo") "Content-Length: 99999999999999999999\r\n\r\n",
            &answer),
        200);
    assert_int_equal(ask(*state,
                         HEAD("POST", "/nowhere") "Content-Length: 1099511627776\r\n\r\n",
                         &answer),
                     404);
    assert_int_equal(ask(*state,
                         HEAD("PUT", "/echo") "Content-Length: 1099511627776\r\n\r\n",
                         &answer),
                     405);
}

static void refusals_are_text_or_problems_as_the_peer_likes(void **state)
{
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(ask(*state, HEAD("GET", "/none") "\r\n", &answer), 404);
    assert_non_null(strstr(buf_text(&answer), "text/plain"));
    assert_non_null(strstr(buf_text(&answer), "NO_PATH: There is nothing"));
    assert_int_equal(ask(*state,
                         HEAD("GET", "/none") "Accept: application/problem+json\r\n\r\n",
                         &answer),
                     404);
    assert_non_null(strstr(buf_text(&answer), "\"reason\":\"NO_PATH\""));
    assert_int_equal(ask(*state, HEAD("GET", "/autoenroll/v1/post") "\r\n", &answer),
                     405);
    assert_non_null(strstr(buf_text(&answer), "\"reason\":\"METHOD\""));
}

static void a_handler_that_hangs_is_given_up_and_hurts_nobody_else(void **state)
{
    struct server *s = *state;
    AUTO(line) hanging = dial(s);
    AUTO(buf) answer = BUF_EMPTY;

    line_send(hanging, HEAD("GET", "/hang") "\r\n");
    (void)sem_wait(&s->entered);
    assert_int_equal(http_in_flight(s->http), 1);
    assert_int_equal(ask(s, HEAD("GET", "/echo") "\r\n", &answer), 200);
    line_receive(hanging, &answer);
    assert_int_equal(line_status(&answer), 503);
    assert_non_null(strstr(buf_text(&answer), "Retry-After: "));
    assert_int_equal(http_in_flight(s->http), 0);

    /* The connection lives, and what the handler says at last answers nobody else. */
    line_send(hanging, HEAD("GET", "/hang?again") "\r\n");
    (void)sem_wait(&s->entered);
    (void)sem_post(&s->leave);
    (void)sem_post(&s->leave);
    line_receive(hanging, &answer);
    assert_int_equal(line_status(&answer), 200);
    assert_non_null(strstr(buf_text(&answer), "/hang again"));
}

static void a_peer_that_trickles_is_cut_off(void **state)
{
    static const char *const starts[] = {
        "GET /echo HTTP/1.1\r\nHost: x\r\nX: ",
        HEAD("POST", "/echo") "Content-Length: 900\r\n\r\n",
    };
    enum { EVERY_MS = 50 };

    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        AUTO(line) line = dial(*state);
        int sent = 0;

        line_send(line, starts[i]);
        while (!line_is_readable(line, EVERY_MS) && sent < LINE_PATIENCE_MS / EVERY_MS) {
            (void)line_try_send(line, "x");
            sent++;
        }
        if (sent == LINE_PATIENCE_MS / EVERY_MS) {
            fail_msg("%s", starts[i]);
        }
    }
}

static void a_silent_peer_is_cut_off(void **state)
{
    AUTO(line) line = dial(*state);

    assert_true(line_is_closed(line));
}

static void too_much_work_is_refused_at_once(void **state)
{
    struct server *s = *state;
    AUTO(buf) answer = BUF_EMPTY;
    struct line *lines[THREADS + PLACES];

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        lines[i] = dial(s);
        line_send(lines[i], HEAD("GET", "/hang") "\r\n");
        wait_in_flight(s, (unsigned int)i + 1);
        if (i < THREADS) {
            (void)sem_wait(&s->entered); /* a thread has it: it takes no place */
        }
    }
    assert_int_equal(ask(s, HEAD("GET", "/echo") "\r\n", &answer), 503);
    assert_int_equal(ask(s, HEAD("GET", "/now") "\r\n", &answer), 200);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        (void)sem_post(&s->leave);
    }
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        line_receive(lines[i], &answer);
        assert_true(line_status(&answer) == 200 || line_status(&answer) == 503);
        line_close(lines[i]);
    }
}

static void stopping_answers_what_is_in_flight(void **state)
{
    struct server *s = *state;
    struct sockaddr_in address = loopback(s->port);
    AUTO(line) one = dial(s);
    AUTO(line) two = dial(s);
    AUTO(fd) late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(buf) answer = BUF_EMPTY;
    int statuses = 0;

    line_send(one, HEAD("GET", "/hang") "\r\n");
    line_send(two, HEAD("GET", "/hang") "\r\n");
    (void)sem_wait(&s->entered);
    (void)sem_wait(&s->entered);
    (void)sem_post(&s->leave); /* one of the two goes on */
    wait_in_flight(s, 1);
    http_stop(s->http, 0);

    line_receive(one, &answer);
    statuses += line_status(&answer);
    line_receive(two, &answer);
    statuses += line_status(&answer);
    assert_int_equal(statuses, 200 + 503);
    assert_int_not_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)sem_post(&s->leave);
    pool_free(TAKE(s->pool));
    http_free(TAKE(s->http));
}

static void *stop_patiently(void *http)
{
    http_stop(http, LINE_PATIENCE_MS / 1000);
    return NULL;
}

static void stopping_waits_for_a_peer_that_takes_its_time(void **state)
{
    struct server *s = *state;
    struct sockaddr_in address = loopback(s->port);
    AUTO(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(string) piece = mem_new(BODY_MAX);
    struct pollfd begun = {.fd = fd, .events = POLLIN};
    pthread_t stopping;
    size_t received = 0;
    ssize_t len = 0;

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(write(fd, HEAD("GET", "/large") "\r\n",
                      strlen(HEAD("GET", "/large") "\r\n")) > 0);
    assert_int_equal(poll(&begun, 1, LINE_PATIENCE_MS), 1);
    assert_int_equal(pthread_create(&stopping, NULL, stop_patiently, s->http), 0);
    (void)poll(NULL, 0, STILL_MS);
    while (received < LARGE && (len = read(fd, piece, BODY_MAX)) > 0) {
        received += (size_t)len;
    }
    assert_true(received >= LARGE);
    (void)shutdown(fd, SHUT_RDWR);
    assert_int_equal(pthread_join(stopping, NULL), 0);
    pool_free(TAKE(s->pool));
    http_free(TAKE(s->http));
}

static void a_local_peer_is_known_by_its_ids(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(address);
    AUTO(buf) answer = BUF_EMPTY;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    /* Binding the family alone chooses one of Linux's abstract names. */
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    struct server *local = start(listener, LINE_PATIENCE_MS / 1000, false);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(line) line = line_open_fd(fd);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    line_send(line, HEAD("GET", "/echo") "\r\n");
    line_receive(line, &answer);

    assert_int_equal(line_status(&answer), 200);
    assert_true(local->peer.local);
    assert_int_equal(local->peer.uid, getuid());
    assert_int_equal(local->peer.pid, getpid());
    assert_string_equal(local->peer.address, "local");
    stop(local);
}

int main(void)
{
    static int tls;
#define STORY_WITH(test, set_up)                                                         \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down),                            \
        cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &tls)
#define STORY(test) STORY_WITH(test, set_up)
    const struct CMUnitTest tests[] = {
        STORY(requests_are_answered_here_and_on_the_pool),
        STORY(what_a_browser_says_of_its_page_is_handed_on),
        STORY(a_connection_carries_many_requests),
        STORY(the_longest_token_has_room),
        STORY(framing_in_doubt_is_refused_and_closed),
        STORY(a_request_without_host_is_refused),
        STORY(only_plain_paths_and_known_methods_are_routed),
        STORY(bodies_are_bounded_whichever_way_they_come),
        STORY(an_announced_flood_is_refused_unread),
        STORY(refusals_are_text_or_problems_as_the_peer_likes),
        STORY_WITH(a_handler_that_hangs_is_given_up_and_hurts_nobody_else,
                   set_up_for_hanging),
        STORY_WITH(a_peer_that_trickles_is_cut_off, set_up_short),
        STORY_WITH(a_silent_peer_is_cut_off, set_up_short),
        STORY(too_much_work_is_refused_at_once),
        STORY(stopping_answers_what_is_in_flight),
        cmocka_unit_test_setup_teardown(stopping_waits_for_a_peer_that_takes_its_time,
                                        set_up, tear_down),
        cmocka_unit_test(a_local_peer_is_known_by_its_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
