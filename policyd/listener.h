/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: listening sockets, of TCP and of the UNIX kind.
 */
#ifndef AE_POLICYD_LISTENER_H
#define AE_POLICYD_LISTENER_H

#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

/*
 * Listen at an IP address and a port.
 *
 * address  "127.0.0.1", "::" (that one for IPv6 alone)
 * port     in: 0 for any free one; out: the one it is
 * fd       on success owned by the caller
 * errors   ERROR_INVALID      no IP address
 *          ERROR_DENIED       no right to that port
 *          ERROR_UNAVAILABLE  the port is taken, the address is not of this host
 */
AE_MUST_CHECK bool listener_open_tcp(const char *address, uint16_t *port, int *fd,
                                     struct error *err);

/*
 * Listen at a path that every local user may connect to; who is served is decided by the
 * peer's credentials. What is left there of a process that is gone is replaced in one step.
 *
 * path    at most 100 octets
 * fd      on success owned by the caller
 * errors  ERROR_INVALID      too long, or something else than a socket stands there
 *         ERROR_CONFLICT     another process listens there
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  the directory is missing, not ours
 *                            to write, or the system refused
 */
AE_MUST_CHECK bool listener_open_unix(const char *path, int *fd, struct error *err);

#endif
