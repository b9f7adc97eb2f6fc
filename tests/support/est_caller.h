/* SPDX-License-Identifier: Apache-2.0 */
/*
 * est_caller: an account that asks policyd for certificates over EST, by the network half of our
 * own client; for stories and benches that need many at once. What has nothing to do with
 * policyd's answer, a key that cannot be made for example, ends the program.
 */
#ifndef AE_TESTS_SUPPORT_EST_CALLER_H
#define AE_TESTS_SUPPORT_EST_CALLER_H

#include "common/base/buf.h"
#include "common/base/error.h"

#include "autoenroll-client/transport_http.h"

/* All borrowed, and to be kept as long as the caller. */
struct est_caller_options {
    const char *url;
    const struct buf *anchors; /* PEM */
    const char *principal;
    const char *keytab;
};

/* One thread uses it at a time. It has one connection, made when it is needed. */
struct est_caller;
struct est_caller *est_caller_new(const struct est_caller_options *options);
void est_caller_free(struct est_caller *caller); /* accepts NULL */
CLEANUP_DEFINE(est_caller, struct est_caller *, est_caller_free);

/* The next request is made over another connection. */
void est_caller_hang_up(struct est_caller *caller);

/* From now on it shows this certificate in place of a ticket; PEM files. NULL: a ticket again. */
void est_caller_show(struct est_caller *caller, const char *certificate, const char *key);

/* A request that names nobody, for an EC key of its own. */
struct est_request {
    struct buf body; /* base64 */
    struct buf key;  /* PEM */
};
#define EST_REQUEST_EMPTY                                                                \
    {                                                                                    \
        BUF_EMPTY, BUF_SECRET                                                            \
    }
/* out: EST_REQUEST_EMPTY before */
void est_request_make(struct est_request *out);
void est_request_clear(struct est_request *request);
CLEANUP_DEFINE_VALUE(est_request, struct est_request, est_request_clear);

/*
 * Ask and wait.
 * operation  "Machine/simpleenroll"
 * out        whatever policyd answered; to be cleared by the caller
 * errors     as transport_http_ask()
 */
AE_MUST_CHECK bool est_caller_ask(struct est_caller *caller, const char *operation,
                                  const struct est_request *request,
                                  struct transport_answer *out, struct error *err);

/* The certificate of an answer with status 200, DER; it ends the program if there is none. */
void est_caller_take(const struct transport_answer *answer, struct buf *der);

#endif
