/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_signer_inside: what the parts of fake_signer share.
 */
#ifndef AE_TESTS_SUPPORT_FAKE_SIGNER_INSIDE_H
#define AE_TESTS_SUPPORT_FAKE_SIGNER_INSIDE_H

#include <pthread.h>

#include "common/audit/segment.h"
#include "common/base/buf.h"
#include "common/wire/peer.h"

#include "policyd/signer/ca.h"
#include "tests/support/fake_signer.h"
#include "tests/support/fixture_ca.h"

enum { FAKE_RECORDS_MAX = 65536, FAKE_KEPT_MAX = 1024 };

/* A frame that waits. */
struct fake_kept {
    enum wire_type type;
    uint64_t exchange;
    struct buf payload;
};

struct fake_signer {
    char *path;
    struct fixture_ca *fixture;
    struct ca *ca;
    pthread_t thread;
    int wake;

    /* the thread's own */
    int listener;
    int client;
    struct wire_reader reader;
    struct buf output;
    struct crlstream *crl;
    struct fake_kept kept[FAKE_KEPT_MAX];
    size_t kept_len;
    bool close_client; /* when the output is sent */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool ending;
    bool wanted; /* it shall listen */
    bool listening;
    bool cut; /* the client's connection shall end */
    bool cutting;
    bool paused;
    enum fake_fault fault;
    unsigned int fault_left;
    enum wire_signer_reason reason;
    unsigned int heard[WIRE_TYPE_COUNT];
    unsigned char run_id[16];
    struct audit_chain chain;
    struct buf records;
    size_t offsets[FAKE_RECORDS_MAX]; /* of record n + 1 in records */
    uint16_t types[FAKE_RECORDS_MAX];
};

/* The first record of a journal. */
void fake_begin_journal(struct fake_signer *fake, const char *sentence);

/* What the next intent is to meet. */
enum fake_fault fake_next_fault(struct fake_signer *fake);

/* Answer one frame into fake->output. */
void fake_answer(struct fake_signer *fake, const struct wire_frame *frame,
                 enum fake_fault fault);

/* For what cannot fail in a test. */
void fake_must(bool ok, const struct error *err, const char *what);

#endif
