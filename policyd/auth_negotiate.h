/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_negotiate: the acceptor of HTTP Negotiate (RFC 4559): SPNEGO with Kerberos, and Kerberos
 * alone; never NTLM. For auth's own files.
 *
 * Each thread that is in it has an acceptor credential of its own, since sharing one costs more
 * than it saves; they are kept for the next. Nothing is read from the process's environment.
 */
#ifndef AE_POLICYD_AUTH_NEGOTIATE_H
#define AE_POLICYD_AUTH_NEGOTIATE_H

#include "policyd/auth.h"

struct negotiate;

/*
 * errors  ERROR_INVALID   service is no principal of a service
 *         ERROR_INTERNAL  Kerberos failed otherwise
 */
AE_MUST_CHECK bool negotiate_new(const struct auth_options *options,
                                 struct negotiate **out, struct error *err);
void negotiate_free(struct negotiate *n); /* accepts NULL */
CLEANUP_DEFINE(negotiate, struct negotiate *, negotiate_free);

/*
 * errors  ERROR_UNAVAILABLE  no credential can be had from the keytab
 */
AE_MUST_CHECK bool negotiate_check(struct negotiate *n, struct error *err);

/* A negotiation that is half done. */
struct negotiate_context;
void negotiate_context_free(struct negotiate_context *context); /* accepts NULL */
CLEANUP_DEFINE(negotiate_context, struct negotiate_context *, negotiate_context_free);

struct negotiate_leg {
    struct bytes token;
    bool tls; /* then binding is the hash of tls-server-end-point */
    struct bytes binding;
};

/*
 * Take one token.
 *
 * context  *context NULL: the first one. Behind AUTH_CONTINUE it is for the next one, else NULL
 * result   outcome, reason, sentence, principal, channel_bound, ticket_utc, expires_utc and
 *          reply_token are set; whether a binding is wanted is for the caller to say
 */
void negotiate_accept(struct negotiate *n, const struct negotiate_leg *leg,
                      struct negotiate_context **context, struct auth_result *result);

#endif
