/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: who asks. policyd sends an IDENTITY_REQUEST for every HTTP request that carries
 * credentials, the identity port answers ACCOUNT_ASSERTION or IDENTITY_REFUSAL; an
 * ACCOUNT_LOOKUP is answered by ACCOUNT_FOUND or IDENTITY_REFUSAL.
 *
 * The port is in policyd's process for now; only it makes assertions, and a lookup is of
 * another type, so that nothing can be issued on an account that did not authenticate.
 */
#ifndef AE_COMMON_WIRE_IDENTITY_H
#define AE_COMMON_WIRE_IDENTITY_H

#include "common/wire/account.h"
#include "common/wire/message.h"
#include "common/wire/step.h"

enum wire_channel {
    WIRE_CHANNEL_TLS12 = 0,
    WIRE_CHANNEL_TLS13,
    WIRE_CHANNEL_UNIX, /* the admin socket: no TLS, so no channel binding */
    WIRE_CHANNEL_COUNT
};
const char *wire_channel_name(enum wire_channel channel); /* "TLS 1.3" */

/* All credentials of one request; two that name different accounts refuse it. */
struct wire_identity_request {
    uint64_t connection; /* the same for all requests of a TLS connection, never reused */
    enum wire_channel channel;
    const char *peer_address;     /* numeric, no port; "" on the admin socket; 0..45 */
    struct bytes channel_binding; /* RFC 5929 tls-server-end-point, hash only; 0..64 */
    struct bytes token;          /* after "Negotiate ", decoded; none; secret; 0..65536 */
    struct bytes certificate;    /* the TLS peer's, DER; none; 0..16384 */
    const char *basic_user;      /* "" without Basic; 0..512 */
    struct bytes basic_password; /* secret; 0..1024 */
    const char **attributes;     /* what rules need besides; 0..64, 1..256 octets each */
    size_t attribute_count;
    uint32_t deadline_ms; /* from arrival; no answer is wanted later; 1..600000 */
};
WIRE_DECLARE(identity_request);

struct wire_account_assertion {
    struct wire_account account; /* complete and groups_complete say what may be denied */
    enum wire_auth_method method;
    bool channel_bound;        /* the token was bound to this TLS connection */
    int64_t authenticated_utc; /* may be earlier on a kept connection */
    int64_t valid_until_utc;   /* of account: read_utc and at most 30 s */
    struct bytes serial;       /* of the client certificate, else none; 0..20 */
    struct bytes reply_token;  /* for WWW-Authenticate: Negotiate; none; 0..65536 */
    struct bytes seal; /* goes into the intent unread; none while in process; 0..4096 */
    struct wire_step *evidence; /* for explain; 0..64 */
    size_t evidence_count;
};
WIRE_DECLARE(account_assertion);

struct wire_identity_refusal {
    enum reason reason;         /* for the peer: every 401 is AUTH_NONE */
    enum reason audit_reason;   /* for the record */
    const char *sentence;       /* for operators; 1..512 */
    const char *principal;      /* as far as it is known; 0..512 */
    uint32_t retry_after_s;     /* 0: a retry does not help; 0..86400 */
    struct wire_step *evidence; /* 0..64 */
    size_t evidence_count;
};
WIRE_DECLARE(identity_refusal);

/* An account that is not asking itself. */
struct wire_account_lookup {
    const char *principal;   /* or "": by id; 0..512 */
    const char *id;          /* or "": by principal; 0..64 */
    const char **attributes; /* 0..64, 1..256 octets each */
    size_t attribute_count;
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(account_lookup);

struct wire_account_found {
    struct wire_account account;
    struct wire_step *evidence; /* 0..64 */
    size_t evidence_count;
};
WIRE_DECLARE(account_found);

#endif
