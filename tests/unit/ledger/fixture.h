/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: a ledger in a directory of its own.
 */
#ifndef AE_TESTS_UNIT_LEDGER_FIXTURE_H
#define AE_TESTS_UNIT_LEDGER_FIXTURE_H

#include "policyd/ledger_rows.h"
#include "tests/unit/ledger/records.h"

struct fixture {
    char *directory;
    char *path; /* of the database in it */
    struct ledger_options options;
    struct ledger *ledger;
};

/* For cmocka: *state is a struct fixture with an open, empty ledger. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Close and open again, as a new life of policyd would. */
void fixture_restart(struct fixture *f);

/* These fail the test unless they succeed. */
void fixture_settle(struct fixture *f, const struct ledger_certificate *certificate);
void fixture_issue(struct fixture *f, unsigned int n);
void fixture_hold(struct fixture *f, unsigned int n, int64_t approvals_needed);
void fixture_revoke(struct fixture *f, unsigned int n, enum ledger_revocation_event event,
                    enum ledger_reason reason, int64_t journal_seq);

/* All rows of a table, a line each; free(). */
char *fixture_dump(struct ledger *ledger, enum ledger_table table);
unsigned int fixture_count(struct ledger *ledger, enum ledger_table table);

/* Its state is that, and its sentence contains the words. */
void fixture_expect_state(struct ledger *ledger, enum ledger_state state,
                          const char *words);

#endif
