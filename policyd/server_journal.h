/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_journal: a stretch of the signer's journal, verified, as the ledger's entries.
 */
#ifndef AE_POLICYD_SERVER_JOURNAL_H
#define AE_POLICYD_SERVER_JOURNAL_H

#include "common/wire/journal.h"

#include "policyd/server_convert.h"
#include "policyd/signer/port_ask.h"

enum { SERVER_STRETCH_MAX = 256 /* records */ };

struct server_stretch_item;

/* AUTO(server_stretch) s = {0}; entries borrow from the rest. */
struct server_stretch {
    uint64_t after;
    uint64_t through;          /* the last sequence that was taken in; after: none was */
    struct ledger_hash record; /* that record's hash */
    bool more;                 /* the journal has more behind it */
    uint64_t last;             /* sequence of the newest record */
    bool stopped;              /* it ends before the intent of a request in flight */
    struct ledger_journal_entry entries[SERVER_STRETCH_MAX];
    size_t entry_count;
    uint64_t decisions; /* the last whose digest a record has; 0: none has */
    struct signer_reply reply;
    struct wire_journal_records records;
    struct server_stretch_item *items;
    size_t item_count;
};
void server_stretch_free(struct server_stretch *stretch);
CLEANUP_DEFINE(server_stretch, struct server_stretch *, server_stretch_free);

struct server_stretch_source {
    struct signer_port *port;
    uint64_t connection; /* 0: the present one */
    int64_t node;
    /* May this intent be taken over? NULL: all. */
    bool (*is_in_flight)(void *ctx, const char *request_id);
    void *ctx;
};

/*
 * Read what follows a record. A cursor above zero is read again, to see that the journal still has
 * the very record that the ledger saw.
 *
 * out     on success owned by the caller: server_stretch_free()
 * errors  ERROR_UNAVAILABLE  the signer is away
 *         ERROR_CONFLICT     the journal does not go on where the ledger stopped
 *         ERROR_INVALID      a record is not chained, its hash is wrong, it cannot be read
 */
AE_MUST_CHECK bool server_stretch_read(const struct server_stretch_source *source,
                                       const struct ledger_cursor *cursor,
                                       struct server_stretch **out, struct error *err);

#endif
