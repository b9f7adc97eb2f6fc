/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"

#include "policyd/signer/port_inside.h"

enum {
    LATE_CHECK_MS = 200, /* while calls are open */
    IDLE_CHECK_MS =
        500, /* others submit without waking this thread, so it looks by itself */
    NS_PER_MS = 1000000
};

/* ---- answers ------------------------------------------------------------------------- */

/* The call is nobody else's any more. */
static void answer_call(struct signer_call *call, const struct wire_frame *frame)
{
    call->ok = true;
    call->type = frame->type;
    buf_append(&call->answer, frame->payload.data, frame->payload.len);
    call->done(call);
}

static bool take_frame(struct signer_port *port, const struct wire_frame *frame,
                       struct error *err)
{
    (void)pthread_mutex_lock(&port->lock);
    struct signer_call *call = port_calls_take(&port->open, frame->exchange);
    (void)pthread_mutex_unlock(&port->lock);
    if (call == NULL) {
        return error_set(err, ERROR_INVALID,
                         "the signer sent '%s' for exchange %llu, which is not open",
                         wire_type_name(frame->type),
                         (unsigned long long)frame->exchange);
    }
    answer_call(call, frame);
    return true;
}

static void send_waiting(struct signer_port *port)
{
    struct port_list failed;
    struct signer_call *call = NULL;

    port_list_init(&failed);
    (void)pthread_mutex_lock(&port->lock);
    port_pump(port, &failed);
    (void)pthread_mutex_unlock(&port->lock);
    while ((call = port_list_take(&failed)) != NULL) {
        port_fail(call, &call->error);
    }
}

static bool take_frames(struct signer_port *port, struct error *err)
{
    struct wire_frame frame;
    bool complete = true;

    for (;;) {
        if (!wire_reader_next(&port->link.reader, &frame, &complete, err)) {
            return false;
        }
        if (!complete) {
            return true;
        }
        if (!take_frame(port, &frame, err)) {
            return false;
        }
    }
}

static bool take_input(struct signer_port *port, struct error *err)
{
    if (!port_link_read(&port->link, err)) {
        return false;
    }
    bool ok = take_frames(port, err);
    if (port->options.answered != NULL) {
        port->options.answered(port->options.ctx);
    }
    if (ok) {
        send_waiting(port);
    }
    return ok;
}

/* ---- one connection ------------------------------------------------------------------ */

struct look {
    bool ending;
    bool output; /* waits for room in the socket */
    bool any_open;
};

static bool look_around(struct signer_port *port, struct look *out, struct error *err)
{
    (void)pthread_mutex_lock(&port->lock);
    bool broken = port->broken;
    *out = (struct look){.ending = port->ending,
                         .output = port->output.len > port->output_used,
                         .any_open = port->open.open > 0};
    if (broken) {
        *err = port->why;
    }
    (void)pthread_mutex_unlock(&port->lock);
    return !broken;
}

static bool check_late(struct signer_port *port, int64_t *checked_ns, struct error *err)
{
    int64_t now_ns = clock_boottime_ns(clock_system());

    if (now_ns - *checked_ns < (int64_t)LATE_CHECK_MS * NS_PER_MS) {
        return true;
    }
    *checked_ns = now_ns;
    (void)pthread_mutex_lock(&port->lock);
    bool late = port_calls_is_late(&port->open, now_ns);
    (void)pthread_mutex_unlock(&port->lock);
    return !late || error_set(err, ERROR_UNAVAILABLE,
                              "the signer does not answer; its connection was given up");
}

static void drain_wake(struct signer_port *port)
{
    uint64_t count = 0;

    (void)!read(port->wake, &count, sizeof(count));
}

/* Wait for the signer, for room in the socket or for a wake-up, and do what there is to do. */
static bool serve_once(struct signer_port *port, const struct look *look,
                       struct error *err)
{
    short events = look->output ? POLLIN | POLLOUT : POLLIN;
    struct pollfd wait[] = {{port->link.fd, events, 0}, {port->wake, POLLIN, 0}};

    if (poll(wait, 2, look->any_open ? LATE_CHECK_MS : IDLE_CHECK_MS) < 0) {
        return errno == EINTR || error_set_errno(err, errno, "waiting for the signer");
    }
    if (wait[1].revents != 0) {
        drain_wake(port);
    }
    if ((wait[0].revents & POLLOUT) != 0) {
        send_waiting(port);
    }
    return (wait[0].revents & ~POLLOUT) == 0 || take_input(port, err);
}

/* False with an error when the connection is over; true when the port ends. */
static bool serve(struct signer_port *port, struct error *err)
{
    int64_t checked_ns = clock_boottime_ns(clock_system());
    struct look look;

    for (;;) {
        if (!look_around(port, &look, err)) {
            return false;
        }
        if (look.ending) {
            return true;
        }
        if (!serve_once(port, &look, err) || !check_late(port, &checked_ns, err)) {
            return false;
        }
    }
}

static void go_up(struct signer_port *port, const struct port_link *link)
{
    uint32_t max = port->options.in_flight_max;

    (void)pthread_mutex_lock(&port->lock);
    port->link = *link;
    port->in_flight_max = link->in_flight_max < max ? link->in_flight_max : max;
    port->up = true;
    port->broken = false;
    port->connection++;
    (void)pthread_mutex_unlock(&port->lock);
    if (port->options.connected != NULL) {
        port->options.connected(port->options.ctx, port->connection, link->run_id);
    }
}

/* Whatever the reason: for those who wait it is a peer that went away. */
static void go_down(struct signer_port *port, struct error *why)
{
    struct port_list lost;

    why->code = ERROR_UNAVAILABLE;
    port_list_init(&lost);
    (void)pthread_mutex_lock(&port->lock);
    port->up = false;
    port->admitted = 0;
    port->why = *why;
    port_calls_take_all(&port->open, &lost);
    *lost.end = port->waiting.first;
    port_list_init(&port->waiting);
    buf_truncate(&port->output, 0);
    port->output_used = 0;
    port_link_close(&port->link);
    (void)pthread_mutex_unlock(&port->lock);
    /* The owner first: whoever hears that his call has failed finds him knowing why. */
    if (port->options.lost != NULL) {
        port->options.lost(port->options.ctx, port->connection, why);
    }
    port_fail_all(&lost, why);
}

/* ---- the thread ---------------------------------------------------------------------- */

static bool is_ending(struct signer_port *port)
{
    (void)pthread_mutex_lock(&port->lock);
    bool ending = port->ending;
    (void)pthread_mutex_unlock(&port->lock);
    return ending;
}

static void set_why(struct signer_port *port, const struct error *why)
{
    (void)pthread_mutex_lock(&port->lock);
    port->why = *why;
    (void)pthread_mutex_unlock(&port->lock);
}

static void wait_ms(struct signer_port *port, unsigned int ms)
{
    struct pollfd wait = {port->wake, POLLIN, 0};

    (void)poll(&wait, 1, (int)ms);
}

void *port_run(void *arg)
{
    struct signer_port *port = arg;
    unsigned int retry_ms = port->options.retry_min_ms;
    struct port_link link;
    struct error why;

    while (!is_ending(port)) {
        drain_wake(port);
        if (is_ending(port)) {
            break;
        }
        if (!port_link_open(&port->options, port->run_id, port->wake, &link, &why)) {
            set_why(port, &why);
            wait_ms(port, retry_ms);
            retry_ms = 2 * retry_ms < port->options.retry_max_ms
                           ? 2 * retry_ms
                           : port->options.retry_max_ms;
            continue;
        }
        go_up(port, &link);
        if (serve(port, &why)) {
            (void)error_set(&why, ERROR_UNAVAILABLE, "policyd is ending");
        }
        go_down(port, &why);
        retry_ms = port->options.retry_min_ms;
        wait_ms(port, retry_ms);
    }
    return NULL;
}
