/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: listening TCP sockets; those of the UNIX kind are common/base/local's.
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
 * The same in two steps. First a socket that has address and port, and refuses connections;
 * errors   as above
 */
AE_MUST_CHECK bool listener_bind_tcp(const char *address, uint16_t *port, int *fd,
                                     struct error *err);

/*
 * Then it listens.
 * errors   ERROR_UNAVAILABLE  another socket was quicker
 */
AE_MUST_CHECK bool listener_begin(int fd, struct error *err);

#endif
