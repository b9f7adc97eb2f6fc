/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP without TLS by libmicrohttpd as policyd has it: a thread that polls, requests suspended, handed
 * to another thread and resumed by it, an answer of 1,600 octets, and the memory a connection that the
 * longest Kerberos token needs, which libmicrohttpd fills with zeros behind each request. GET, on kept connections or each on
 * one of its own. 32 ask at once, from this thread, whose time does not count.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/mem.h"

#include "tests/bench/figures.h"
#include "tests/bench/stages.h"

enum { CLIENTS = 32, ROUNDS = 20, ANSWER = 1600, READ = 4096, MEMORY = 96 * 1024 };

struct exchange {
    struct MHD_Connection *connection;
    struct exchange *next;
    bool answered;
};

struct http {
    struct MHD_Daemon *daemon;
    struct sockaddr_in address;
    pthread_t worker;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct exchange *queue;
    int kept[CLIENTS];
};

static enum MHD_Result respond(struct MHD_Connection *connection)
{
    static char body[ANSWER];
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof(body), body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);

    MHD_destroy_response(response);
    return result;
}

/* NOLINTBEGIN(readability-non-const-parameter, readability-function-size): MHD has it so */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct http *h = cls;
    struct exchange *e = *context;

    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (e == NULL) {
        *context = mem_new(sizeof(struct exchange));
        return MHD_YES;
    }
    if (e->answered) {
        return respond(connection);
    }
    e->connection = connection;
    MHD_suspend_connection(connection);
    (void)pthread_mutex_lock(&h->lock);
    e->next = h->queue;
    h->queue = e;
    (void)pthread_cond_signal(&h->more);
    (void)pthread_mutex_unlock(&h->lock);
    return MHD_YES;
}
/* NOLINTEND(readability-non-const-parameter, readability-function-size) */

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    free(*context);
    *context = NULL;
}

/* Takes all that wait at once. */
static void *work(void *ctx)
{
    struct http *h = ctx;

    for (;;) {
        (void)pthread_mutex_lock(&h->lock);
        while (h->queue == NULL) {
            (void)pthread_cond_wait(&h->more, &h->lock);
        }
        struct exchange *e = TAKE(h->queue);
        (void)pthread_mutex_unlock(&h->lock);
        while (e != NULL) {
            struct exchange *next = e->next;

            e->answered = true;
            MHD_resume_connection(e->connection);
            e = next;
        }
    }
    return NULL;
}

/* ---- clients ------------------------------------------------------------------------- */

static int connect_one(const struct http *h)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    stages_need(fd >= 0 && connect(fd, (const struct sockaddr *)&h->address,
                                   sizeof(h->address)) == 0,
                "no connection");
    return fd;
}

static void say(int fd)
{
    static const char request[] =
        "GET /.well-known/est/Machine/simpleenroll HTTP/1.1\r\nHost: localhost\r\n"
        "User-Agent: bench\r\nAccept: */*\r\n\r\n";

    stages_need(write(fd, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1,
                "a request is not taken");
}

static void hear(int fd)
{
    char text[READ];
    size_t len = 0;

    for (;;) {
        ssize_t got = read(fd, text + len, sizeof(text) - len - 1);

        stages_need(got > 0, "no answer");
        len += (size_t)got;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (end != NULL && len == (size_t)(end + 4 - text) + ANSWER) {
            return;
        }
    }
}

/* CPU us of all threads but this one. */
static double others_us(void)
{
    return figures_seconds(CLOCK_PROCESS_CPUTIME_ID) * 1e6 - stages_now_us();
}

static double slice(struct http *h, bool fresh)
{
    double from = others_us();

    for (unsigned int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CLIENTS; i++) {
            if (fresh) {
                h->kept[i] = connect_one(h);
            }
            say(h->kept[i]);
        }
        for (size_t i = 0; i < CLIENTS; i++) {
            hear(h->kept[i]);
            if (fresh) {
                (void)close(h->kept[i]);
            }
        }
    }
    return (others_us() - from) / (ROUNDS * CLIENTS);
}

static double slice_fresh(void *ctx)
{
    return slice(ctx, true);
}

static double slice_kept(void *ctx)
{
    struct http *h = ctx;

    for (size_t i = 0; i < CLIENTS; i++) {
        h->kept[i] = connect_one(h);
    }
    double us = slice(h, false);
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)close(h->kept[i]);
    }
    return us;
}

void stages_add_http(struct stages *stages)
{
    struct http *h = mem_new(sizeof(*h));

    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->more, NULL);
    h->address.sin_family = AF_INET;
    h->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL,
        NULL, on_request, h, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&h->address,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
    stages_need(h->daemon != NULL, "libmicrohttpd does not start");
    h->address.sin_port =
        htons(MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    stages_need(pthread_create(&h->worker, NULL, work, h) == 0, "no thread");
    stages_add(stages, &(struct stage){.name = "TCP and HTTP, a connection each",
                                       .slice = slice_fresh,
                                       .ctx = h,
                                       .times = {1, 0, 1}});
    stages_add(stages, &(struct stage){.name = "HTTP on a kept connection",
                                       .slice = slice_kept,
                                       .ctx = h,
                                       .times = {0, 1, 0}});
}
