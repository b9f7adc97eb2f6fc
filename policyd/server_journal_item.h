/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_journal_item: one record of the journal as the ledger takes it. For server_journal*.c only.
 */
#ifndef AE_POLICYD_SERVER_JOURNAL_ITEM_H
#define AE_POLICYD_SERVER_JOURNAL_ITEM_H

#include "common/wire/entry.h"

#include "policyd/server_journal.h"

enum server_item_kind {
    SERVER_ITEM_NOTHING = 0, /* the ledger does not keep it */
    SERVER_ITEM_ENTRY,
    SERVER_ITEM_WAITS /* the intent of a request in flight */
};

/* All zero before; what belongs to the record's kind is filled. */
struct server_stretch_item {
    struct ledger_journal_entry entry;
    const struct wire_table *table; /* of content */
    void *content;                  /* the decoded record */
    struct issue_record record;
    struct ledger_name *names;
    struct ledger_certificate certificate;
    struct ledger_revoke revoke;
    struct ledger_crl crl;
    struct buf text; /* of an actor */
    struct buf der;
};
void server_item_clear(struct server_stretch_item *item);

/*
 * errors  ERROR_INVALID  it cannot be read
 *         ERROR_UNAVAILABLE  the intent of a result could not be fetched
 */
AE_MUST_CHECK bool server_item_read(const struct server_stretch_source *source,
                                    const struct server_stretch *stretch,
                                    const struct wire_journal_entry *e,
                                    struct server_stretch_item *item,
                                    enum server_item_kind *kind, struct error *err);

/*
 * One record by its sequence.
 * errors  ERROR_UNAVAILABLE  the signer is away; ERROR_INVALID  there is none
 */
AE_MUST_CHECK bool server_journal_fetch(const struct server_stretch_source *source,
                                        uint64_t sequence, struct signer_reply *reply,
                                        struct wire_journal_records *out,
                                        struct error *err);

#endif
