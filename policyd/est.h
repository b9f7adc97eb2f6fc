/* SPDX-License-Identifier: Apache-2.0 */
/*
 * est: Enrollment over Secure Transport on the wire (RFC 7030 with RFC 8951 and RFC 9266):
 * addresses, bodies, answers. Octets in, records out, and back; no I/O.
 *
 * Refusals carry a reason beside the error: ERROR_INVALID is MALFORMED unless said otherwise.
 */
#ifndef AE_POLICYD_EST_H
#define AE_POLICYD_EST_H

#include "common/base/error.h"
#include "common/pki/csr.h"

#include "policyd/enroll.h"

#define EST_PREFIX "/.well-known/est/" /* RFC 7030 3.2.2 */

enum {
    EST_LABEL_MAX = 256,
    EST_BODY_MAX = 64 * 1024, /* octets of base64 text with its white space */
    EST_RETRY_MAX_S = 24 * 60 * 60
};

enum est_op {
    EST_CACERTS = 0,
    EST_SIMPLEENROLL,
    EST_SIMPLEREENROLL,
    EST_CSRATTRS,
    EST_SERVERKEYGEN, /* known, so that no label is called like it; not served */
    EST_FULLCMC,      /* likewise */
    EST_OP_COUNT
};
const char *est_op_name(enum est_op op); /* "simpleenroll" */

struct est_address {
    enum est_op op;
    char label[EST_LABEL_MAX + 1]; /* "": none */
};

/*
 * Read a path: EST_PREFIX, perhaps a label, an operation.
 * reason  NO_PATH: nothing of ours, or an operation that is not served
 * errors  ERROR_NOT_FOUND
 * source  RFC 7030 3.2.2: a label is never called like an operation
 */
AE_MUST_CHECK bool est_read_path(const char *path, struct est_address *out,
                                 enum reason *reason, struct error *err);

/* A template's name that can stand in a path. */
bool est_is_label(const char *name);

/*
 * Read the body of an enrollment.
 *
 * content_type  NULL: the request had none
 * der           appended: the CSR
 * errors        ERROR_INVALID  with the reason MEDIA_TYPE, TOO_LARGE or MALFORMED
 * source        RFC 7030 4.2.1; RFC 8951 3: white space anywhere, transfer encoding ignored
 */
AE_MUST_CHECK bool est_read_request(const char *content_type, struct bytes body,
                                    struct buf *der, enum reason *reason,
                                    struct error *err);

/*
 * A challengePassword links the CSR to its TLS session: whenever there is one it must be the
 * base64 of what both ends know.
 *
 * required  by the template: one must be there
 * reason    POP
 * errors    ERROR_DENIED
 * source    RFC 7030 3.5; RFC 9266 under TLS 1.3
 */
AE_MUST_CHECK bool est_check_link(const struct csr *csr,
                                  const struct enroll_channel *channel, bool required,
                                  enum reason *reason, struct error *err);

struct est_answer {
    int status;
    const char *content_type; /* a constant */
    struct buf body;
    unsigned int retry_after_s; /* 0: none */
};
void est_answer_clear(struct est_answer *answer);
CLEANUP_DEFINE_VALUE(est_answer, struct est_answer, est_answer_clear);

/*
 * The answer to simpleenroll and simplereenroll; whatever fails becomes a 500.
 *
 * accept  the request's header, NULL without: application/problem+json there is honoured
 * source  RFC 7030 4.2.3; RFC 8951 5 (errors are text)
 */
void est_write_outcome(const struct enroll_outcome *outcome, const char *accept,
                       struct est_answer *out);

/* CA certificates, DER, in any order. source  RFC 7030 4.1.3 */
void est_write_cacerts(const struct bytes *certificates, size_t count,
                       struct est_answer *out);

/* What a template wants to find in a CSR. */
struct est_wishes {
    enum key_alg algorithm;
    enum key_curve curve; /* KEY_EC */
    uint32_t bits;        /* KEY_RSA: at least; 0: any */
    bool challenge;       /* challengePassword is required */
};
/* wishes  NULL: nothing to say, 204. source  RFC 8951 4; RFC 9908 3.2 */
void est_write_csrattrs(const struct est_wishes *wishes, struct est_answer *out);

#endif
