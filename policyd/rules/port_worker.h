/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_worker: one policyd-rules: started, asked, killed. Belongs to one thread at a time.
 */
#ifndef AE_POLICYD_RULES_PORT_WORKER_H
#define AE_POLICYD_RULES_PORT_WORKER_H

#include <sys/types.h>

#include "common/wire/reader.h"

struct port_worker {
    pid_t pid; /* 0: none */
    int fd;
    uint64_t exchange; /* of the last question */
    uint32_t asked;
    struct wire_reader reader;
};

/* A moment at which waiting ends, on the clock that nobody sets. */
int64_t port_deadline_ns(uint32_t timeout_ms);

/*
 * Start the program with an empty environment and no descriptor but its socket (and stderr,
 * until it enters its sandbox), and exchange HELLOs.
 * errors  ERROR_UNAVAILABLE  it does not start, or not by the deadline; is another program
 */
AE_MUST_CHECK bool port_worker_start(struct port_worker *worker, const char *program,
                                     int64_t deadline_ns, struct error *err);

/*
 * Send a message and read the one that answers it.
 *
 * answer   its payload is appended; so is the frame that was sent, to asked
 * errors   ERROR_UNAVAILABLE  the worker ended (the sentence says how), was late, or does not
 *                             keep to the conversation; kill it
 *          ERROR_INVALID      the message breaks its bounds; the worker never saw it
 */
struct port_answer {
    enum wire_type type;
    struct buf payload;
    struct buf asked;
};
AE_MUST_CHECK bool port_worker_ask(struct port_worker *worker,
                                   const struct wire_message *message, const void *record,
                                   int64_t deadline_ns, struct port_answer *answer,
                                   struct error *err);

/* It has said nothing unasked, and has not ended while it had nothing to do. */
bool port_worker_is_ready(const struct port_worker *worker);

/* Kill it, if there is one, and reap it. */
void port_worker_kill(struct port_worker *worker);

#endif
