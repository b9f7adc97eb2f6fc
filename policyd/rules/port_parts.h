/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_parts: what the .c files of port have from one another.
 */
#ifndef AE_POLICYD_RULES_PORT_PARTS_H
#define AE_POLICYD_RULES_PORT_PARTS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "policyd/rules/fileset.h"
#include "policyd/rules/port.h"
#include "policyd/rules/port_strike.h"
#include "policyd/rules/port_worker.h"

static inline bool port_hash_equal(const unsigned char *a, const unsigned char *b)
{
    return bytes_equal((struct bytes){a, WIRE_SHA256}, (struct bytes){b, WIRE_SHA256});
}

/* A worker and what it is at; account is borrowed while it is. */
struct port_slot {
    struct port_worker worker;
    bool busy;
    const char *account;
};

/* A caller in line, on its own stack: woken when it has a slot, and by nothing else. */
struct port_waiter {
    struct port_waiter *next;
    const char *account;
    struct port_slot *slot; /* NULL: none yet */
    sem_t served;
};

/* Options with texts of our own. */
struct port_options {
    struct rules_options set;
    char *program;
    char *directory;
};

struct rules {
    atomic_uint references;
    struct port_options options;
    struct fileset files;
    struct buf loaded_octets; /* what loaded borrows from */
    struct wire_bundle_loaded loaded;

    pthread_mutex_t lock; /* of what follows */
    struct port_slot slots[RULES_WORKERS_MAX];
    size_t waiting;
    struct port_waiter *waiters; /* in the order in which they came */
    struct port_strikes strikes;
};

/*
 * Start a worker and have it load the bundle.
 * loaded   its BUNDLE_LOADED, appended; may be NULL
 * errors   ERROR_INVALID      the rules are wrong: the first problem
 *          ERROR_UNAVAILABLE  it does not start, or does not answer
 */
AE_MUST_CHECK bool port_load(const struct rules *rules, struct port_worker *worker,
                             struct buf *loaded, struct error *err);

/*
 * Is it an answer to this question, and does it keep to the envelope? A worker that was taken
 * over can say anything; what it says can only ever be "no" or within what the template gives.
 * errors  ERROR_DENIED  it is not
 */
AE_MUST_CHECK bool port_verdict_check(const struct wire_bundle_loaded *loaded,
                                      const struct fileset *files,
                                      const struct wire_facts *facts,
                                      const struct wire_verdict *verdict,
                                      struct error *err);

#endif
