/* SPDX-License-Identifier: Apache-2.0 */
#include "common/serve/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/hello.h"

/* Public part first: a handler's client is a connection. */
struct connection {
    struct serve_client client;
    int fd;
    struct wire_reader reader;
    struct buf out;
    size_t sent; /* of out */
    bool greeted;
    bool ending; /* nothing more is read; closed once out is sent */
    bool broken; /* closed at once */
};

struct serve {
    struct serve_options options;
    struct connection **connections;
    struct pollfd *polled; /* the listener first */
    size_t count;
    unsigned char *input;
};

struct serve *serve_new(const struct serve_options *options)
{
    struct serve *serve = mem_new(sizeof(*serve));

    serve->options = *options;
    serve->connections = mem_array(options->connections_max, sizeof(struct connection *));
    serve->polled = mem_array(options->connections_max + 1, sizeof(*serve->polled));
    serve->input = mem_new(SERVE_READ);
    return serve;
}

static void close_connection(struct serve *serve, struct connection *c)
{
    const struct serve_handler *handler = &serve->options.handler;

    handler->closed(handler->ctx, &c->client);
    file_close(&c->fd);
    wire_reader_clear(&c->reader);
    buf_clear(&c->out);
    free(c);
}

void serve_free(struct serve *serve)
{
    if (serve == NULL) {
        return;
    }
    for (size_t i = 0; i < serve->count; i++) {
        close_connection(serve, serve->connections[i]);
    }
    free(serve->connections);
    free(serve->polled);
    free(serve->input);
    free(serve);
}

void serve_send(struct serve_client *client, struct bytes frames)
{
    struct connection *c = (struct connection *)client;

    if (c->broken) {
        return;
    }
    if (c->sent > SERVE_READ) { /* what was sent must not pile up either */
        memmove(c->out.data, c->out.data + c->sent, c->out.len - c->sent);
        buf_truncate(&c->out, c->out.len - c->sent);
        c->sent = 0;
    }
    buf_append(&c->out, frames.data, frames.len);
}

size_t serve_backlog(const struct serve_client *client)
{
    const struct connection *c = (const struct connection *)client;

    return c->out.len - c->sent;
}

static void refuse(struct serve *serve, struct connection *c, const struct error *why)
{
    const struct serve_handler *handler = &serve->options.handler;

    c->ending = true;
    handler->refused(handler->ctx, &c->client, why);
}

static bool is_served(const struct serve_options *options, uid_t uid)
{
    for (size_t i = 0; i < options->uid_count; i++) {
        if (options->uids[i] == uid) {
            return true;
        }
    }
    return false;
}

static void accept_one(struct serve *serve)
{
    int fd = accept4(serve->options.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct error err = {0};

    if (fd < 0) {
        return; /* gone again, or no descriptor left: another round will see */
    }
    struct connection *c = mem_new(sizeof(*c));
    c->fd = fd;
    wire_reader_init(&c->reader, serve->options.allowed, false);
    serve->connections[serve->count++] = c;
    serve_send(&c->client, serve->options.hello);
    if (!local_get_peer(fd, &c->client.peer, &err)) {
        c->broken = true;
        return;
    }
    if (!is_served(&serve->options, c->client.peer.uid)) {
        (void)error_set(&err, ERROR_DENIED, "uid %u is not answered here",
                        (unsigned int)c->client.peer.uid);
        refuse(serve, c, &err);
    }
}

/* The peer's HELLO, before anything else. */
static bool greet(struct connection *c, const struct wire_frame *frame, struct error *err)
{
    AUTO(wire_hello) hello = {0};

    if (frame->type != WIRE_TYPE_HELLO) {
        return error_set(err, ERROR_INVALID, "the first message is '%s' and not HELLO",
                         wire_type_name(frame->type));
    }
    if (!wire_hello_decode(frame->payload, &hello, err)) {
        return false;
    }
    if (hello.version_oldest > WIRE_VERSION || hello.version_newest < WIRE_VERSION) {
        return error_set(err, ERROR_INVALID,
                         "the peer speaks versions %u to %u of the messages, not %d",
                         hello.version_oldest, hello.version_newest, WIRE_VERSION);
    }
    c->greeted = true;
    return true;
}

static bool hand_out(struct serve *serve, struct connection *c,
                     const struct wire_frame *frame, struct error *err)
{
    const struct serve_handler *handler = &serve->options.handler;

    if (!c->greeted) {
        return greet(c, frame, err);
    }
    if (frame->type == WIRE_TYPE_HELLO) {
        return error_set(err, ERROR_INVALID, "HELLO comes only once");
    }
    handler->frame(handler->ctx, &c->client, frame);
    return true;
}

static void take_frames(struct serve *serve, struct connection *c)
{
    struct wire_frame frame;
    struct error err = {0};
    bool complete = true;

    while (!c->ending) {
        if (!wire_reader_next(&c->reader, &frame, &complete, &err) ||
            (complete && !hand_out(serve, c, &frame, &err))) {
            refuse(serve, c, &err);
            return;
        }
        if (!complete) {
            return;
        }
    }
}

static void read_from(struct serve *serve, struct connection *c)
{
    ssize_t n = recv(c->fd, serve->input, SERVE_READ, 0);

    if (n < 0) {
        c->broken = errno != EAGAIN && errno != EINTR;
        return;
    }
    if (n == 0) {
        c->ending = true;
        return;
    }
    wire_reader_feed(&c->reader, serve->input, (size_t)n);
    take_frames(serve, c);
}

static short wanted(const struct connection *c)
{
    size_t left = serve_backlog(&c->client);
    short events = left > 0 ? POLLOUT : 0;

    if (!c->ending && left <= SERVE_BACKLOG) {
        events |= POLLIN;
    }
    return events;
}

static void set_polled(struct serve *serve)
{
    serve->polled[0] = (struct pollfd){.fd = serve->options.listener, .events = POLLIN};
    if (serve->count == serve->options.connections_max) {
        serve->polled[0].fd = -1;
    }
    for (size_t i = 0; i < serve->count; i++) {
        const struct connection *c = serve->connections[i];

        serve->polled[i + 1] = (struct pollfd){.fd = c->fd, .events = wanted(c)};
    }
}

bool serve_round(struct serve *serve, int timeout_ms, const sigset_t *mask,
                 struct error *err)
{
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    size_t count = serve->count; /* of those polled: the new ones come behind */

    set_polled(serve);
    if (ppoll(serve->polled, count + 1, timeout_ms < 0 ? NULL : &timeout, mask) < 0) {
        return errno == EINTR || error_set_errno(err, errno, "waiting for messages");
    }
    for (size_t i = 0; i < count; i++) {
        struct connection *c = serve->connections[i];
        short seen = serve->polled[i + 1].revents;

        if ((seen & POLLIN) != 0) {
            read_from(serve, c);
        } else if ((seen & (POLLHUP | POLLERR)) != 0) {
            c->broken = true;
        }
    }
    if (serve->polled[0].revents != 0) {
        accept_one(serve);
    }
    return true;
}

static void write_to(struct connection *c)
{
    while (!c->broken && c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0 && errno != EINTR) {
            c->broken = true;
            return;
        }
        c->sent += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&c->out);
    c->sent = 0;
}

void serve_flush(struct serve *serve)
{
    size_t kept = 0;

    for (size_t i = 0; i < serve->count; i++) {
        struct connection *c = serve->connections[i];

        write_to(c);
        if (c->broken || (c->ending && serve_backlog(&c->client) == 0)) {
            close_connection(serve, c);
        } else {
            serve->connections[kept++] = c;
        }
    }
    serve->count = kept;
}
