/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_chain: reserve, sign and record, one after the other, while whoever wants it waits once.
 * What the ledger reserved in one transaction goes to the signer together, and what the signer
 * answered together goes to the ledger together, on the ledger's and the port's threads. Whatever is
 * not as it should be ends the chain there, and is for the waiting thread to see to.
 */
#ifndef AE_POLICYD_SERVER_CHAIN_H
#define AE_POLICYD_SERVER_CHAIN_H

#include <semaphore.h>

#include "policyd/server_settle.h"

enum server_chain_end {
    SERVER_CHAIN_UNRESERVED = 0, /* op failed, or its outcome is not LEDGER_RESERVED */
    SERVER_CHAIN_UNSIGNED,       /* call failed, or its answer is no result */
    SERVER_CHAIN_UNLIKE,         /* why: what was signed is not what was asked for */
    SERVER_CHAIN_OVER,           /* op has recorded the certificate, or failed to */
};

/* Too large for a stack; on its way it belongs to the thread that has it. */
struct server_chain {
    struct server *server;
    const struct issue_proposal *proposal;
    struct ledger_hash key;
    struct buf question; /* the intent, encoded */
    struct ledger_op op; /* the reservation, then the settling */
    struct signer_call call;
    struct wire_issue_result result; /* borrows from call.answer */
    struct cert *certificate;
    struct server_settling settling; /* borrows from all of them */
    struct error why;
    enum server_chain_end end;
    sem_t over;
};

/*
 * key: SHA-256 of the proposal's SPKI.
 * out     owned by the caller: server_chain_free(); borrows from the proposal
 * errors  ERROR_INVALID  the proposal cannot be encoded as an intent
 */
AE_MUST_CHECK bool server_chain_new(struct server *server,
                                    const struct issue_proposal *proposal,
                                    const struct ledger_hash *key,
                                    struct server_chain **out, struct error *err);
void server_chain_free(struct server_chain *chain);
CLEANUP_DEFINE(server_chain, struct server_chain *, server_chain_free);

/* From the reservation on, and wait for its end; again after SERVER_CHAIN_UNRESERVED only. */
void server_chain_run(struct server_chain *chain, int64_t retry_window_s);

/* Hand on what was gathered, ctx being the server: what is reserved to the signer, on the ledger's
 * thread, and what is signed to the ledger, on the port's. */
void server_chain_reserved(void *ctx);
void server_chain_signed(void *ctx);

#endif
