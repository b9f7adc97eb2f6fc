/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth: whose credentials a request carries: a Kerberos token, a client certificate, or both.
 * It knows no directory and decides nothing else.
 *
 * A client certificate that cannot serve counts as none, and the result says why. A token that
 * cannot serve refuses, whatever else is there. Threads may share a struct auth.
 */
#ifndef AE_POLICYD_AUTH_H
#define AE_POLICYD_AUTH_H

#include "common/base/clock.h"
#include "common/pki/cert_trust.h"
#include "common/wire/identity.h"

enum auth_binding {
    AUTH_BINDING_REQUIRE = 0, /* a token must be bound to its TLS connection */
    AUTH_BINDING_ACCEPT,      /* it may be unbound (curl); a wrong binding is refused */
    AUTH_BINDING_COUNT
};

/* How the ledger sees a certificate; only a live one counts. */
enum auth_standing {
    AUTH_UNKNOWN = 0, /* it has none with this serial */
    AUTH_LIVE,
    AUTH_HELD,
    AUTH_REVOKED,
    AUTH_UNDELIVERED, /* signed, but nobody was ever given it */
    AUTH_NOBODYS,     /* it belongs to no account: policyd's own */
    AUTH_STANDING_COUNT
};

/* What the ledger knows of a certificate; all zero but standing where it has none. */
struct auth_known {
    enum auth_standing standing;
    unsigned char sha256[WIRE_SHA256]; /* of its DER */
    char account_id[WIRE_ID_MAX + 1];
    char principal[WIRE_PRINCIPAL_MAX + 1]; /* as it was when it was issued */
};

/* Asks the ledger; on any thread. */
struct auth_ledger {
    /*
     * out     all zero before
     * errors  whatever keeps it from being known
     */
    bool (*find)(void *ctx, struct bytes serial, struct auth_known *out,
                 struct error *err);
    void *ctx;
};

struct auth_options {
    const char *keytab;       /* path of a file */
    const char *service;      /* "HTTP/host@REALM", exactly; "": no tokens are taken */
    const char *replay_cache; /* path of a file; only this process should use it */
    enum auth_binding binding;
    int64_t keep_s; /* how long a login may stand for its connection; 0: not at all */
    const struct clock *clock;
    struct auth_ledger ledger;
};

struct auth;

/*
 * options  borrowed for the call, but for what clock and ledger point to
 * out      owned by the caller: auth_free()
 * errors   ERROR_INVALID   service is no principal of a service
 *          ERROR_INTERNAL  Kerberos failed otherwise
 */
AE_MUST_CHECK bool auth_new(const struct auth_options *options, struct auth **out,
                            struct error *err);
void auth_free(struct auth *a); /* accepts NULL; nobody may use it any more */
CLEANUP_DEFINE(auth, struct auth *, auth_free);

/* Whose client certificates count; taken over, NULL: nobody's. At any time. */
void auth_set_trust(struct auth *a, struct cert_trust *trust);

/*
 * Whether tokens can be checked now, for status.
 * errors  ERROR_UNAVAILABLE  the keytab cannot be read, or lacks a key of the service; there is
 *                            no service
 */
AE_MUST_CHECK bool auth_check_keytab(struct auth *a, struct error *err);

/* What is remembered for one connection: a login, and one that is half done. */
struct auth_session;
struct auth_session *auth_session_new(void);
void auth_session_free(void *session); /* a struct auth_session; accepts NULL */

enum auth_outcome {
    AUTH_REFUSED = 0,
    AUTH_CONTINUE, /* the token needs another leg: 401 with reply_token */
    AUTH_KNOWN,
};

/* A certificate that was shown with the request. */
struct auth_certificate {
    bool counts;        /* all of the rest is known */
    enum reason reason; /* why it does not; REASON_NONE: none was shown */
    char sentence[WIRE_SENTENCE_MAX + 1]; /* the same, for operators */
    unsigned char serial[WIRE_SERIAL_MAX];
    size_t serial_len;
    int64_t not_after_utc;
    struct auth_known known;
};

struct auth_result {
    enum auth_outcome outcome;
    enum reason reason;                   /* for the record: why it is refused */
    char sentence[WIRE_SENTENCE_MAX + 1]; /* the same, for operators */
    enum wire_auth_method method; /* Kerberos, where there is a certificate as well */
    char principal[WIRE_PRINCIPAL_MAX + 1]; /* canonical, with realm; of a refusal too, as
                                               far as it is known */
    bool channel_bound;
    int64_t authenticated_utc; /* now, or earlier on a kept connection */
    int64_t ticket_utc;        /* when the ticket's owner authenticated; else 0 */
    int64_t expires_utc;       /* of the ticket or the certificate */
    struct buf reply_token;    /* for WWW-Authenticate: Negotiate; may be empty */
    struct auth_certificate certificate;
};
void auth_result_clear(struct auth_result *result);
CLEANUP_DEFINE_VALUE(auth_result, struct auth_result, auth_result_clear);

/*
 * Judge the credentials of one request. Whoever goes on with a certificate must find the account
 * by known.account_id, and with both must find that id by the principal: server_identity does.
 *
 * session  of the request's connection; NULL: nothing is kept, and tokens have one leg
 * result   all zero before; filled in any case
 */
void auth_check(struct auth *a, const struct wire_identity_request *request,
                struct auth_session *session, struct auth_result *result);

#endif
