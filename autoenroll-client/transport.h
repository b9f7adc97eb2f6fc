/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: the client's network half: questions to policyd over HTTPS, and what comes back.
 *
 * It speaks the messages of common/wire/agent.h, so that it can become a process of its own. Only
 * the pinned CAs are trusted, credentials go nowhere else, and whatever the peer answers is bounded
 * in size and time. What stands in an answer is for the agent to verify.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/name_store.h"
#include "common/wire/agent.h"

struct transport;
void transport_free(struct transport *t); /* accepts NULL */
CLEANUP_DEFINE(transport, struct transport *, transport_free);

/* All copied. */
struct transport_options {
    const char *url; /* "https://host" or "https://host:port" and nothing behind */
    struct bytes
        anchors; /* PEM of the CA certificates that are trusted, and nothing else */
    const char *
        principal; /* whose ticket to use; "": the cache's, or the host's own in the keytab */
    const char *keytab; /* a file; "": only tickets that are there */
    const char *ccache; /* "FILE:…"; "": the usual one, with a keytab one in memory */
    const char *store;  /* where old_generation of an enrollment lies */
};

/*
 * Nothing is sent yet, no ticket taken.
 * out     on success owned by the caller
 * errors  ERROR_INVALID   the URL is not as said, or there is no CA certificate
 *         ERROR_INTERNAL  libcurl cannot be set up
 */
AE_MUST_CHECK bool transport_new(const struct transport_options *options,
                                 struct transport **out, struct error *err);

/*
 * The functions below ask once and wait, at most for the message's deadline. What they return
 * lives as long as the store. On false *failure says what the agent can do about it, in a sentence
 * that never holds a secret, and nothing else is touched.
 */
AE_MUST_CHECK bool transport_ask_policy(struct transport *t,
                                        const struct wire_policy_request *question,
                                        struct name_store *store,
                                        struct wire_policy_answer *out,
                                        struct wire_agent_failure *failure);

/* Whose ticket it shows: "host/web1.example.test@EXAMPLE.TEST". */
AE_MUST_CHECK bool transport_whoami(struct transport *t, struct name_store *store,
                                    const char **principal,
                                    struct wire_agent_failure *failure);

/* GET cacerts; needs no credential. */
AE_MUST_CHECK bool transport_ask_cacerts(struct transport *t,
                                         const struct wire_cacerts_request *question,
                                         struct name_store *store,
                                         struct wire_cacerts_answer *out,
                                         struct wire_agent_failure *failure);

struct transport_enrolled {
    bool is_pending; /* 202: then pending is filled, else issued */
    struct wire_enroll_issued issued;
    struct wire_enroll_pending pending;
};
AE_MUST_CHECK bool transport_enroll(struct transport *t,
                                    const struct wire_enroll_submit *question,
                                    struct name_store *store,
                                    struct transport_enrolled *out,
                                    struct wire_agent_failure *failure);

AE_MUST_CHECK bool transport_report(struct transport *t, const struct wire_report *report,
                                    struct name_store *store,
                                    struct wire_report_taken *out,
                                    struct wire_agent_failure *failure);

#endif
