/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_listen: ports below 1024, which take a right, and giving up that right and all others of root.
 */
#ifndef AE_POLICYD_MAIN_LISTEN_H
#define AE_POLICYD_MAIN_LISTEN_H

#include <stdint.h>

#include "common/base/error.h"

#include "policyd/config.h"
#include "policyd/http.h"

/* Sockets that have their port, and do not listen yet; -1: none. */
struct main_listen {
    int est;
    int plain;
};

/*
 * Take the ports below 1024, and give all rights up. A port that cannot be had now is tried again
 * later, like any: for that one right is kept, which no other program gets. As long as there is one
 * thread.
 * out     to be cleared, also after an error
 * errors  ERROR_INTERNAL  the rights stay: nothing may be served
 */
AE_MUST_CHECK bool main_listen_take(const struct config_listen *c,
                                    struct main_listen *out, struct error *err);

/*
 * Serve: on the socket that was taken, else on one as listener_open_tcp() makes it.
 * taken    -1 once it is served; after an error as it was, for the next try
 * port     as there
 * options  the listener in it is set here
 * errors   as there, and http_start()'s
 */
AE_MUST_CHECK bool main_listen_serve(int *taken, const char *address, uint16_t *port,
                                     const struct http_options *options,
                                     struct http **out, struct error *err);

void main_listen_clear(struct main_listen *listen);

#endif
