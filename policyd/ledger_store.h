/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_store: what a back end gives the ledger. Private to the ledger's own files.
 *
 * Writes come from one thread at a time, batches at once; reads come from any thread.
 */
#ifndef AE_POLICYD_LEDGER_STORE_H
#define AE_POLICYD_LEDGER_STORE_H

#include "policyd/ledger_read_request.h"
#include "policyd/ledger_rows.h"

enum ledger_read_kind {
    LEDGER_READ_CERTIFICATE = 0,
    LEDGER_READ_CERTIFICATES,
    LEDGER_READ_REVOCATIONS,
    LEDGER_READ_HISTORY,
    LEDGER_READ_REQUEST,
    LEDGER_READ_REQUEST_OPEN,
    LEDGER_READ_REQUESTS,
    LEDGER_READ_APPROVALS,
    LEDGER_READ_DECISION,
    LEDGER_READ_DECISIONS,
    LEDGER_READ_CURSOR,
    LEDGER_READ_CRL,
    LEDGER_READ_SETTING,
    LEDGER_READ_BUNDLE,
    LEDGER_READ_DUMP,
    LEDGER_READ_COUNT
};

/* One question: what the public function of that kind was given. */
struct ledger_read {
    enum ledger_read_kind kind;
    /* of whom, or of what */
    const struct ledger_serial *serial;
    const struct ledger_list_query *list;
    const struct ledger_history_query *history;
    const struct ledger_request_key *request_key;
    const struct ledger_request_query *requests;
    const struct ledger_hash *bundle;
    const char *name; /* signer, setting, CA */
    int64_t number;   /* request, CRL generation */
    int64_t shard;
    enum ledger_table table;
    size_t limit;
    struct ledger_page *page;
    /* where the answer goes: one of these */
    struct ledger_certificate **certificate;
    struct ledger_request **request;
    struct ledger_decision **decision;
    struct ledger_history *history_out;
    struct ledger_cursor *cursor;
    struct ledger_crl *crl;
    char **text;
    struct buf *content;
    bool *found;
    ledger_certificate_visitor *visit_certificate;
    bool (*visit_revocation)(void *, const struct ledger_revocation *, struct error *);
    bool (*visit_request)(void *, const struct ledger_request *, struct error *);
    bool (*visit_approval)(void *, const struct ledger_approval *, struct error *);
    bool (*visit_decision)(void *, const struct ledger_decision *, struct error *);
    bool (*visit_line)(void *, const char *, struct error *);
    void *ctx; /* the visitor's */
};

struct ledger_store_methods {
    /*
     * Apply the operations in order, in one transaction: each gets its own ok and error, and
     * one that fails changes nothing. Readers see it then; sync() makes it last.
     * errors  ERROR_UNAVAILABLE  nothing of the batch may be taken as stored
     */
    bool (*write)(void *ctx, struct ledger_op *const *ops, size_t count,
                  struct error *err);
    /*
     * All that was written is on stable storage.
     * errors  ERROR_UNAVAILABLE  it may or may not be; nothing is written any more
     */
    bool (*sync)(void *ctx, struct error *err);
    /* After the operations of a batch were completed: time for what nobody waits for. */
    void (*rest)(void *ctx);
    bool (*read)(void *ctx, const struct ledger_read *question, struct error *err);
    bool (*crl_open)(void *ctx, const struct ledger_crl_scope *scope, void **rows,
                     struct error *err);
    bool (*crl_next)(void *rows, struct ledger_crl_entry *out, bool *found,
                     struct error *err);
    void (*crl_rewind)(void *rows);
    void (*crl_free)(void *rows);
    void (*health)(void *ctx, struct ledger_health *out);
    bool (*reopen)(void *ctx, int64_t now_utc, struct error *err);
    void (*free)(void *ctx);
};

struct ledger_store {
    void *ctx;
    const struct ledger_store_methods *methods;
};

/* Never fails: what is wrong is in its status. */
struct ledger_store ledger_sqlite_store(const struct ledger_options *options);

#endif
