/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: making a CA: a root and an issuing CA below it, or an issuing CA below somebody's root.
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
    const char *common_name;  /* 1..64 characters */
    const char *organization; /* NULL: none */
    const char *certificate;  /* path; of a root: the issuing CA's chain */
    const char *key; /* path; a root's may be handed out, it is not needed again */
    int64_t validity_s;
};

struct init_job {
    const char *name; /* of the issuing CA, as signer.conf has it; 1..64 */
    struct init_authority issuing;
    struct init_authority root;        /* for init_make(); of the others its path only */
    const char *passphrase;            /* path, of the issuing key; made if not there */
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
AE_MUST_CHECK bool init_make(const struct init_job *job, const struct init_place *place,
                             struct error *err);

/*
 * Write a request (PKCS #10, PEM) for somebody else's root. The issuing key is made if it is not
 * there yet, and stays.
 *
 * errors  ERROR_CONFLICT  the issuing CA has its certificate already, or path exists
 *         and as init_make()
 */
AE_MUST_CHECK bool init_request(const struct init_job *job,
                                const struct init_place *place, const char *path,
                                struct error *err);

/*
 * Take the certificate that was made of the request: in PEM, with those above it up to a root
 * behind it, in any order. They may be left out if root.certificate is there, and must be the
 * same otherwise.
 *
 * path    a file that brings the root must be ours or root's and nobody else's to write
 * errors  ERROR_CONFLICT   the issuing CA has its certificate already; another root is there
 *         ERROR_NOT_FOUND  there is no key: no request was made here
 *         ERROR_INVALID    none of them is of the issuing key; it does not lead to a root, is no
 *                          CA's, not valid now or has its root's name
 *         and as init_make()
 */
AE_MUST_CHECK bool init_install(const struct init_job *job,
                                const struct init_place *place, const char *path,
                                struct error *err);

#endif
