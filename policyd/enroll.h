/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enroll: what a client asks for and what becomes of it, without a word of any protocol.
 *
 * A protocol is a pair "octets to enroll_request" and "enroll_outcome to octets" at the two
 * ends of the road (I6); it sees nothing of what lies between.
 */
#ifndef AE_POLICYD_ENROLL_H
#define AE_POLICYD_ENROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/wire/reason.h"

enum { ENROLL_ID_SIZE = 65, ENROLL_SENTENCE_SIZE = 513 }; /* with NUL */

/* What only the two ends of one TLS session know; none where the version has none. */
struct enroll_channel {
    struct bytes tls_unique;   /* RFC 5929 3; up to TLS 1.2 */
    struct bytes tls_exporter; /* RFC 9266 4.2; TLS 1.3 */
};

/* All borrowed for the time of the request. */
struct enroll_request {
    bool again;           /* follows an earlier certificate: a renewal or a new key */
    const char *label;    /* the template's name; "": the caller's kind decides */
    struct bytes csr;     /* DER */
    const char *protocol; /* "est" */
    const char *peer_address;
    struct enroll_channel channel;
};

struct enroll_outcome {
    enum reason reason;                  /* REASON_NONE: issued; REASON_HELD: ask again */
    char request_id[ENROLL_ID_SIZE];     /* "" when it never got one */
    char sentence[ENROLL_SENTENCE_SIZE]; /* for the peer; "": the reason's own */
    unsigned int retry_after_s;          /* 0: no word about it */
    struct buf certificate;              /* issued: DER */
};
#define ENROLL_OUTCOME_EMPTY ((struct enroll_outcome){.reason = REASON_INTERNAL})

void enroll_outcome_clear(struct enroll_outcome *outcome);
CLEANUP_DEFINE_VALUE(enroll_outcome, struct enroll_outcome, enroll_outcome_clear);

/*
 * What the peer may read of it: a reason that is shown as another (all of 401) takes that
 * one's sentence with it. Borrowed from the outcome.
 */
struct enroll_public {
    enum reason reason;   /* REASON_NONE: issued */
    const char *sentence; /* "": the reason's own */
};
struct enroll_public enroll_outcome_public(const struct enroll_outcome *outcome);

#endif
