/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_approve: an approver's word on a held request: who may give it, and its way into journal
 * and ledger.
 *
 * Only a person of the directory counts who has shown a Kerberos ticket of his own: enabled, in one
 * of the groups that the hold names, and not the requester; over TLS it is bound to that connection,
 * so that nobody can have passed it on. What entitles a local process makes no approver of anybody. The signer's journal has the word first. If policyd ends before the ledger has it too,
 * the approver got no answer, and nothing counts until he says it again.
 */
#ifndef AE_POLICYD_SERVER_APPROVE_H
#define AE_POLICYD_SERVER_APPROVE_H

#include "common/wire/record.h"

#include "policyd/ledger.h"
#include "policyd/server_identity.h"

/* All borrowed. */
struct server_approve {
    struct ledger *ledger;
    int64_t node;
    /*
     * Have it journalled; sequence: of the record.
     * errors  as server_record_approval()
     */
    bool (*record)(void *ctx, const struct wire_approval_record *record,
                   uint64_t *sequence, struct error *err);
    void *ctx;
};

/* What is said, and to what: key and names as they were shown to the approver. */
struct server_word {
    int64_t number;
    bool approved;
    const char *sentence; /* why; 0..512; of a denial for the requester, too: 1.. */
    struct ledger_hash key, names;
    int64_t now_utc;
    bool local; /* said at the admin socket, where a ticket has no TLS to be bound to */
    bool operates; /* by a process that sees all requests */
};

struct server_heard {
    enum ledger_request_state state; /* afterwards */
    int64_t approvals;               /* that were given so far */
    int64_t needed;
};

/*
 * Take it.
 *
 * who     known, or nothing is taken
 * reason  set on failure
 * errors  ERROR_NOT_FOUND    NO_ITEM, also for whoever may not see it
 *         ERROR_AUTH         CB_MISSING
 *         ERROR_DENIED       NOT_APPROVER
 *         ERROR_CONFLICT     CONFLICT: it does not wait (any more), asks for something else than was
 *                            shown, this approver has spoken, or only another group is waited for
 *         ERROR_UNAVAILABLE  STORE, SIGNER, DIR_PARTIAL
 */
AE_MUST_CHECK bool server_approve_take(const struct server_approve *a,
                                       const struct server_identity *who,
                                       const struct server_word *word,
                                       struct server_heard *out, enum reason *reason,
                                       struct error *err);

/*
 * Whether the account is in a group whose members may approve the request, be it his own or not;
 * group: which, appended, or nothing. Of several the one that needs most yet.
 *
 * reason  set on failure
 * errors  ERROR_UNAVAILABLE  STORE; DIR_PARTIAL: not all groups of the account are known
 */
AE_MUST_CHECK bool server_approve_find_group(struct ledger *ledger,
                                             const struct ledger_request *request,
                                             const struct wire_account *account,
                                             struct buf *group, enum reason *reason,
                                             struct error *err);

#endif
