/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_listen.h"

#include <errno.h>
#include <fcntl.h>

#include "common/base/file.h"
#include "common/base/rights.h"

#include "policyd/listener.h"

enum { LOW_PORTS = 1024 };

static bool is_low(const char *address, int64_t port)
{
    return *address != '\0' && port > 0 && port < LOW_PORTS;
}

/* Why it could not be had is told when it is tried again, which is at once. */
static int take(const char *address, int64_t port)
{
    uint16_t wanted = (uint16_t)port;
    struct error ignored;
    int fd = -1;

    if (!is_low(address, port) || !listener_bind_tcp(address, &wanted, &fd, &ignored)) {
        return -1;
    }
    return fd;
}

bool main_listen_take(const struct config_listen *c, struct main_listen *out,
                      struct error *err)
{
    *out = (struct main_listen){.est = take(c->est_address, c->est_port),
                                .plain = take(c->plain_address, c->plain_port)};
    const bool wanting = (is_low(c->est_address, c->est_port) && out->est < 0) ||
                         (is_low(c->plain_address, c->plain_port) && out->plain < 0);
    return rights_give_up(wanting ? RIGHTS_LOW_PORTS : RIGHTS_NONE, err);
}

/* A socket that was taken stays open beside it: without the right there is no second one. */
static bool listen_at(int taken, const char *address, uint16_t *port, int *fd,
                      struct error *err)
{
    if (taken < 0) {
        return listener_open_tcp(address, port, fd, err);
    }
    AUTO(fd) same = fcntl(taken, F_DUPFD_CLOEXEC, 0);
    if (same < 0) {
        return error_set_errno(err, errno, "%s port %u", address, (unsigned int)*port);
    }
    if (!listener_begin(same, err)) {
        return error_wrap(err, "%s port %u", address, (unsigned int)*port);
    }
    *fd = file_take(&same);
    return true;
}

bool main_listen_serve(int *taken, const char *address, uint16_t *port,
                       const struct http_options *options, struct http **out,
                       struct error *err)
{
    struct http_options o = *options;

    if (!listen_at(*taken, address, port, &o.listener, err) ||
        !http_start(&o, out, err)) {
        return false;
    }
    file_close(taken);
    return true;
}

void main_listen_clear(struct main_listen *listen)
{
    file_close(&listen->est);
    file_close(&listen->plain);
}
