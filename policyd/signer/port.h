/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port: policyd's end of the signer's socket. It connects, and connects again by itself; many
 * calls are open at once, and a lost connection ends them all: what was asked then may have
 * been done. Until the owner has looked into the journal (signer_port_admit()) nothing that
 * issues is let through.
 *
 * Part of policyd, not of the signer. All functions may be called from any thread.
 */
#ifndef AE_POLICYD_SIGNER_PORT_H
#define AE_POLICYD_SIGNER_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/wire/issue.h"

struct signer_port;

enum { SIGNER_RUN_ID = 16 };

/* Zero means the default, except for path and software. */
struct signer_port_options {
    const char *path;     /* of the signer's socket */
    const char *software; /* our version, for HELLO */
    bool check_uid;       /* the signer must run as this uid */
    uid_t uid;
    unsigned int retry_min_ms;  /* 50: before connecting again; doubles */
    unsigned int retry_max_ms;  /* 2,000 */
    unsigned int hello_wait_ms; /* 5,000 */
    unsigned int
        in_flight_max; /* 1,024 calls; more wait here. The signer may allow less */
    /* Both on the port's thread: quick, and without asking the port and waiting for it.
     * connections are numbered 1, 2, ... */
    void (*connected)(void *ctx, uint64_t connection,
                      const unsigned char run_id[SIGNER_RUN_ID]);
    /* Before the done()s of the calls that were open. */
    void (*lost)(void *ctx, uint64_t connection, const struct error *why);
    /* Likewise, after each read and the done()s of what it completed, if anything. May be NULL. */
    void (*answered)(void *ctx);
    void *ctx;
};

struct signer_port_state {
    bool connected;
    bool admitted;
    uint64_t connection;
    uint32_t pid;      /* of the signer, as the kernel says */
    char message[512]; /* why it is not connected; "" when it is */
};

/*
 * Start the thread that connects; whether the signer is there does not matter.
 * out     owned by the caller: signer_port_free()
 * errors  ERROR_INVALID      a path that is no socket's address
 *         ERROR_UNAVAILABLE  the system gives no thread or descriptor
 */
AE_MUST_CHECK bool signer_port_new(const struct signer_port_options *options,
                                   struct signer_port **out, struct error *err);

/* End all open calls and the connection for good; calls are refused from now on. */
void signer_port_stop(struct signer_port *port);

/* Stop and free. Accepts NULL; nobody may submit any more. */
void signer_port_free(struct signer_port *port);
CLEANUP_DEFINE(signer_port, struct signer_port *, signer_port_free);

/* Let issuing calls through on this connection, or no longer. An older number is ignored. */
void signer_port_admit(struct signer_port *port, uint64_t connection, bool admitted);

/* Give up a connection whose other end misbehaves; another one is made. */
void signer_port_drop(struct signer_port *port, uint64_t connection, const char *why);

void signer_port_get_state(struct signer_port *port, struct signer_port_state *out);

/*
 * One question. All zero but message, record, done and what is said to be optional.
 * errors  ERROR_UNAVAILABLE  not connected, not admitted, the connection was lost, or no answer
 *                            within timeout_ms: then the connection is given up
 *         ERROR_INVALID      the record cannot be encoded
 */
struct signer_call {
    const struct wire_message *message;
    const void *record;   /* of that message; borrowed until done */
    struct bytes encoded; /* or its payload, by wire_message_encode(); likewise */
    bool issuing;         /* only when admitted */
    uint32_t timeout_ms;  /* 0: 30,000 */
    /* The next step of a conversation (common/wire/crl.h): both as the step before left them;
     * zero: a new exchange. */
    uint64_t exchange;
    uint64_t connection;
    /* Called once, on the port's thread, or on the submitter's when refused at once; quick.
     * May free the call. */
    void (*done)(struct signer_call *call);
    void *ctx; /* the caller's, for done */

    bool ok; /* out: there is an answer, perhaps a SIGNER_REFUSAL */
    struct error error;
    bool sent;           /* out: without an answer it may have been done all the same */
    enum wire_type type; /* out: of the answer */
    struct buf answer;   /* out: its payload; buf_clear() */

    int64_t deadline_ns; /* the port's */
    struct signer_call *next;
};

/* Hand over count calls together, so that the signer can take them as one batch. */
void signer_port_submit(struct signer_port *port, struct signer_call *const *calls,
                        size_t count);

#endif
