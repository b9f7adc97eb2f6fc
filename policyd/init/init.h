/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: making a CA: a root, and an issuing CA below it.
 *
 * Every signature is journalled before it is made (I1). Nothing is ever overwritten. Files appear
 * whole or not at all, the issuing CA's certificate last, so that a CA that has one is complete;
 * running it again takes up what a crash left behind.
 */
#ifndef AE_POLICYD_INIT_INIT_H
#define AE_POLICYD_INIT_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/error.h"

#include "policyd/signer/journal.h"

struct init_authority {
    const char *subject;     /* as LDAP writes it: "CN=Example Root CA,O=Example" */
    const char *certificate; /* path */
    const char *key; /* path; a root's may be handed out, it is not needed again */
    int64_t validity_s;
};

struct init_job {
    const char *name; /* of the issuing CA, as signer.conf has it; 1..64 */
    struct init_authority issuing;
    struct init_authority root;
    const char *passphrase; /* path, of the issuing key; made when there is none */
    const struct buf *root_passphrase; /* 1..KEY_PASSPHRASE_MAX octets */
};

/* The signer's identity and time, for serials and the journal. */
struct init_place {
    struct journal *journal; /* open: the lock is ours */
    const struct clock *clock;
    uint8_t node; /* SERIAL_NODE_MIN..SERIAL_NODE_MAX */
};

/*
 * Make root (P-384) and issuing CA (P-256), whatever of them is not there yet. A root that is
 * there with its key is used, if it has the name that was asked for.
 *
 * errors  ERROR_CONFLICT  the issuing CA has its certificate already, the root's certificate is
 *                         there without its key or has another name; the sentence names the file
 *         ERROR_INVALID   a name or validity that no CA can have
 *         ERROR_AUTH      a passphrase that does not open a key that is there
 *         ERROR_DENIED, ERROR_NOT_FOUND, ERROR_UNAVAILABLE, ERROR_INTERNAL  files, journal, OpenSSL
 */
AE_MUST_CHECK bool init_run(const struct init_job *job, const struct init_place *place,
                            struct error *err);

#endif
