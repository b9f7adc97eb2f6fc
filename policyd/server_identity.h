/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_identity: credentials and directory together: which account asks, or why there is no
 * telling. The one place where the two meet, so that no other step sees a token or an LDAP entry.
 *
 * A certificate stands for the account that the ledger says, whatever that is called today; a
 * token for the account that bears its principal's name today; both must be the same account.
 */
#ifndef AE_POLICYD_SERVER_IDENTITY_H
#define AE_POLICYD_SERVER_IDENTITY_H

#include "policyd/auth.h"
#include "policyd/directory.h"
#include "policyd/http_tls.h"

/* All borrowed. */
struct server_identity_source {
    struct auth *auth;
    struct directory *directory;
    struct directory_texts attributes; /* that rules ask for; 0..WIRE_ATTRIBUTES_MAX */
    uint32_t timeout_ms; /* for the directory, all look-ups of a request together */
};

/* AUTO(server_identity) who = {0}; what the messages borrow is in it: it is not to be copied. */
struct server_identity {
    bool known;
    struct wire_account_assertion assertion; /* known */
    struct wire_identity_refusal refusal;    /* not known; its own text for the record */
    struct auth_result login;
    const struct directory_account
        *account;              /* of a disabled one, too; NULL: none was found */
    int64_t directory_left_ns; /* of the time for look-ups */
    char sentence[WIRE_SENTENCE_MAX + 1];
    char how[WIRE_SENTENCE_MAX + 1];
    struct wire_step *evidence;
    size_t evidence_count;
};
void server_identity_clear(struct server_identity *who);
CLEANUP_DEFINE_VALUE(server_identity, struct server_identity, server_identity_clear);

/* Who asks; who is all zero before, and filled in any case. Waits for ledger and directory. */
void server_identity_find(const struct server_identity_source *source,
                          const struct http_request *request,
                          struct server_identity *who);

/* The same behind server_login(), which has filled who->login. */
void server_identity_judge(const struct server_identity_source *source,
                           struct server_identity *who);

/* The answer to somebody who is not known: his reason, and with a 401 the challenge. */
void server_identity_refuse(const struct server_identity *who,
                            const struct http_request *request,
                            struct http_answer *answer);

#endif
