/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/port.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/frame.h"

#include "policyd/signer/port_inside.h"

enum { TIMEOUT_MS = 30000, NS_PER_MS = 1000000 };

/* ---- completing ---------------------------------------------------------------------- */

void port_fail(struct signer_call *call, const struct error *why)
{
    call->ok = false;
    if (why != &call->error) {
        call->error = *why;
    }
    call->done(call);
}

void port_fail_all(struct port_list *list, const struct error *why)
{
    struct signer_call *call = NULL;

    while ((call = port_list_take(list)) != NULL) {
        port_fail(call, why);
    }
}

void port_wake(struct signer_port *port)
{
    const uint64_t one = 1;

    /* It fails only when it is set already. */
    (void)!write(port->wake, &one, sizeof(one));
}

void port_break(struct signer_port *port, const struct error *why)
{
    if (port->up && !port->broken) {
        port->broken = true;
        port->why = *why;
        port_wake(port);
    }
}

/* ---- sending ------------------------------------------------------------------------- */

void port_flush(struct signer_port *port)
{
    struct buf *output = &port->output;
    struct error why;

    while (output->len > port->output_used && !port->broken) {
        ssize_t sent = send(port->link.fd, output->data + port->output_used,
                            output->len - port->output_used, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            port_wake(port); /* the thread waits for room */
            return;
        }
        if (sent < 0 && errno != EINTR) {
            (void)error_set(&why, ERROR_UNAVAILABLE, "the connection to the signer: %s",
                            strerror(errno));
            port_break(port, &why);
            return;
        }
        port->output_used += sent > 0 ? (size_t)sent : 0;
    }
    buf_truncate(output, 0);
    port->output_used = 0;
}

static bool send_call(struct signer_port *port, struct signer_call *call)
{
    uint64_t exchange = call->exchange != 0 ? call->exchange : ++port->last_exchange;

    if (call->encoded.len > 0) {
        wire_frame_append_encoded(call->message, exchange, call->encoded, &port->output);
    } else if (!wire_frame_append(call->message, exchange, call->record, &port->output,
                                  &call->error)) {
        return false;
    }
    uint32_t timeout_ms = call->timeout_ms != 0 ? call->timeout_ms : TIMEOUT_MS;
    call->exchange = exchange;
    call->connection = port->connection;
    call->sent = true;
    call->deadline_ns =
        clock_boottime_ns(clock_system()) + (int64_t)timeout_ms * NS_PER_MS;
    port_calls_put(&port->open, call);
    return true;
}

void port_pump(struct signer_port *port, struct port_list *failed)
{
    while (port->waiting.first != NULL && port->open.open < port->in_flight_max) {
        struct signer_call *call = port_list_take(&port->waiting);

        if (!send_call(port, call)) {
            port_list_add(failed, call);
        }
    }
    port_flush(port);
}

/* ---- submitting ---------------------------------------------------------------------- */

/* The lock is held. */
static bool may_submit(const struct signer_port *port, const struct signer_call *call,
                       struct error *err)
{
    if (!port->up || port->broken || port->ending) {
        return error_set(err, ERROR_UNAVAILABLE, "no connection to the signer: %s",
                         port->ending ? "policyd is ending" : port->why.message);
    }
    if (call->connection != 0 && call->connection != port->connection) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the connection to the signer was lost meanwhile");
    }
    if (call->issuing && port->admitted != port->connection) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the signer's journal is being compared with the ledger");
    }
    return true;
}

static void queue_call(struct signer_port *port, struct signer_call *call,
                       struct port_list *failed)
{
    call->ok = false;
    call->sent = false;
    call->answer = BUF_EMPTY;
    port_list_add(may_submit(port, call, &call->error) ? &port->waiting : failed, call);
}

void signer_port_submit(struct signer_port *port, struct signer_call *const *calls,
                        size_t count)
{
    struct port_list failed;
    struct signer_call *call = NULL;

    port_list_init(&failed);
    (void)pthread_mutex_lock(&port->lock);
    for (size_t i = 0; i < count; i++) {
        queue_call(port, calls[i], &failed);
    }
    if (port->up) {
        port_pump(port, &failed);
    }
    (void)pthread_mutex_unlock(&port->lock);
    while ((call = port_list_take(&failed)) != NULL) {
        port_fail(call, &call->error);
    }
}

/* ---- what the owner says and asks ---------------------------------------------------- */

void signer_port_admit(struct signer_port *port, uint64_t connection, bool admitted)
{
    (void)pthread_mutex_lock(&port->lock);
    if (port->connection == connection) {
        port->admitted = admitted ? connection : 0;
    }
    (void)pthread_mutex_unlock(&port->lock);
}

void signer_port_drop(struct signer_port *port, uint64_t connection, const char *why)
{
    struct error err;

    (void)error_set(&err, ERROR_UNAVAILABLE, "the connection was given up: %s", why);
    (void)pthread_mutex_lock(&port->lock);
    if (port->connection == connection) {
        port_break(port, &err);
    }
    (void)pthread_mutex_unlock(&port->lock);
}

void signer_port_get_state(struct signer_port *port, struct signer_port_state *out)
{
    (void)pthread_mutex_lock(&port->lock);
    *out = (struct signer_port_state){.connected = port->up && !port->broken,
                                      .connection = port->connection,
                                      .pid = port->link.pid};
    out->admitted = out->connected && port->admitted == port->connection;
    if (!out->connected) {
        memcpy(out->message, port->why.message, sizeof(out->message));
    }
    (void)pthread_mutex_unlock(&port->lock);
}

/* ---- beginning and end --------------------------------------------------------------- */

static unsigned int value_or(unsigned int value, unsigned int usual)
{
    return value != 0 ? value : usual;
}

static void copy_options(struct signer_port *port,
                         const struct signer_port_options *options)
{
    struct signer_port_options *o = &port->options;

    *o = *options;
    o->path = port->path = mem_strdup(options->path);
    o->software = port->software = mem_strdup(options->software);
    o->retry_min_ms = value_or(o->retry_min_ms, 50);
    o->retry_max_ms = value_or(o->retry_max_ms, 2000);
    o->hello_wait_ms = value_or(o->hello_wait_ms, 5000);
    o->in_flight_max = value_or(o->in_flight_max, 1024);
}

/* Descriptors and memory only; port->thread does not exist yet or any more. */
static void free_port(struct signer_port *port)
{
    file_close(&port->wake);
    buf_clear(&port->output);
    (void)pthread_mutex_destroy(&port->lock);
    free(port->path);
    free(port->software);
    free(port);
}

/* Signals belong to the main thread: a new thread inherits the mask of its maker. */
static bool start_thread(struct signer_port *port, struct error *err)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&port->thread, NULL, port_run, port);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ||
           error_set(err, ERROR_UNAVAILABLE, "a thread for the signer's socket: %s",
                     strerror(failed));
}

static bool start(struct signer_port *port, struct error *err)
{
    port->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (port->wake < 0 ||
        getrandom(port->run_id, sizeof(port->run_id), 0) != sizeof(port->run_id)) {
        return error_set_errno(err, errno, "the port to the signer");
    }
    return start_thread(port, err);
}

bool signer_port_new(const struct signer_port_options *options, struct signer_port **out,
                     struct error *err)
{
    if (!port_link_check_path(options->path, err)) {
        return false;
    }
    struct signer_port *port = mem_new(sizeof(*port));
    copy_options(port, options);
    port->wake = -1;
    port->link.fd = -1;
    port_list_init(&port->waiting);
    (void)pthread_mutex_init(&port->lock, NULL);
    (void)error_set(&port->why, ERROR_UNAVAILABLE, "not connected yet");
    if (!start(port, err)) {
        free_port(port);
        return false;
    }
    *out = port;
    return true;
}

void signer_port_stop(struct signer_port *port)
{
    (void)pthread_mutex_lock(&port->lock);
    bool first = !port->ending;
    port->ending = true;
    port_wake(port);
    (void)pthread_mutex_unlock(&port->lock);
    if (first) {
        (void)pthread_join(port->thread, NULL);
    }
}

void signer_port_free(struct signer_port *port)
{
    if (port != NULL) {
        signer_port_stop(port);
        free_port(port);
    }
}
