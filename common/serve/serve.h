/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: the messages of many connections on one local socket, in rounds, on one thread.
 *
 * A round waits, reads what arrived, and hands out every frame that is complete, so that the
 * program can do its work for all of them at once (frame.h); then it flushes. Memory is bounded:
 * of each connection one read and one unfinished frame, and whoever does not take his answers is
 * not read any further.
 */
#ifndef AE_COMMON_SERVE_SERVE_H
#define AE_COMMON_SERVE_SERVE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/local.h"
#include "common/wire/reader.h"

enum { SERVE_READ = 256 * 1024, SERVE_BACKLOG = 1024 * 1024 }; /* octets */

/* A connection, for its handler; it lives until `closed` was called with it. */
struct serve_client {
    struct local_peer peer;
    void *data; /* the handler's own; NULL at first */
};

struct serve_handler {
    /* HELLO came before; the payload is borrowed until the next round. */
    void (*frame)(void *ctx, struct serve_client *client, const struct wire_frame *frame);
    /* It is going to be closed for this reason: a uid that is not served, a stream that is
     * none of ours. A last frame may still be sent. */
    void (*refused)(void *ctx, struct serve_client *client, const struct error *why);
    void (*closed)(void *ctx, struct serve_client *client);
    void *ctx;
};

struct serve_options {
    int listener; /* non-blocking; borrowed, as all that follows */
    const uid_t *uids;
    size_t uid_count;
    size_t connections_max; /* more wait in the kernel's queue */
    const struct wire_types *allowed;
    struct bytes hello; /* our first frame, whole */
    struct serve_handler handler;
};

struct serve;
struct serve *serve_new(const struct serve_options *options);
void serve_free(struct serve *serve); /* accepts NULL; closes every connection */
CLEANUP_DEFINE(serve, struct serve *, serve_free);

/*
 * Wait for something, take it, hand it out.
 *
 * timeout_ms  -1: as long as it takes
 * mask        signals blocked while waiting (ppoll); a signal ends the wait
 * errors      ERROR_UNAVAILABLE  poll failed
 */
AE_MUST_CHECK bool serve_round(struct serve *serve, int timeout_ms, const sigset_t *mask,
                               struct error *err);

/* Queue a frame, or several. What a closed connection gets is dropped. */
void serve_send(struct serve_client *client, struct bytes frames);

/* Octets queued and not yet taken by the peer. */
size_t serve_backlog(const struct serve_client *client);

/* Send what the peers take without waiting; close what is to be closed. */
void serve_flush(struct serve *serve);

#endif
