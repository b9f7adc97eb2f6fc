/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_inside: what a port consists of. For the .c files of port only.
 */
#ifndef AE_POLICYD_SIGNER_PORT_INSIDE_H
#define AE_POLICYD_SIGNER_PORT_INSIDE_H

#include <pthread.h>

#include "policyd/signer/port_calls.h"
#include "policyd/signer/port_link.h"

struct signer_port {
    struct signer_port_options options; /* with texts of our own, and the defaults */
    char *path;
    char *software;
    unsigned char run_id[SIGNER_RUN_ID];
    int wake; /* an eventfd: the thread shall look */
    pthread_t thread;
    struct port_link link; /* the thread's own, but for fd while it is up */

    pthread_mutex_t lock; /* of all that follows */
    bool ending;
    bool up;
    bool broken; /* the thread shall give the connection up, for why */
    struct error why;
    uint64_t connection;
    uint64_t admitted; /* the connection on which may be issued */
    uint64_t last_exchange;
    uint32_t in_flight_max;
    struct port_calls open;
    struct port_list waiting; /* for room among the open ones */
    struct buf output;        /* what the socket did not take yet ... */
    size_t output_used;       /* ... from here on */
};

/* Complete a call that will get no answer. */
void port_fail(struct signer_call *call, const struct error *why);
void port_fail_all(struct port_list *list, const struct error *why);

void port_wake(struct signer_port *port);

/* These want the lock held. */
void port_break(struct signer_port *port, const struct error *why);
/* Send what waits, as far as there is room among the open calls; what cannot be encoded is
 * moved to failed, with its error. */
void port_pump(struct signer_port *port, struct port_list *failed);
void port_flush(struct signer_port *port);

/* The thread: connects, reads, gives up, connects again. */
void *port_run(void *arg);

#endif
