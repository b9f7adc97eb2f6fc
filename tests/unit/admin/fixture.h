/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: an admin with a real ledger and a signer that says what a test wants.
 */
#ifndef AE_TESTS_UNIT_ADMIN_FIXTURE_H
#define AE_TESTS_UNIT_ADMIN_FIXTURE_H

#include <semaphore.h>
#include <stdatomic.h>

#include "common/wire/entry.h"
#include "common/wire/journal.h"
#include "common/wire/status.h"

#include "policyd/admin.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/ledger/fixture.h"

enum { OPERATOR = 0, STRANGER = 4000000 /* no such user */ };

struct signer_fake {
    struct admin_link link;
    struct wire_signer_status status;
    struct wire_ca_status ca; /* status' only one */
    struct wire_ca ca_list;   /* one; its certificate is the test's */
    struct wire_journal_entry records[8];
    size_t record_count;
    enum error_code fails; /* ERROR_NONE: it answers */
    atomic_bool hangs;
    sem_t entered, go_on;
    enum wire_type asked; /* the last question but status */
    enum wire_control_action action;
    char sentence[600];
    uint32_t uid;
    uint64_t after;
    uint32_t max;
};

struct admin_fixture {
    struct fixture *store;
    struct fake_clock time;
    struct clock clock;
    struct signer_fake signer;
    struct admin_port port;
    struct admin *admin;
    struct admin_revocation revocation; /* the last one that was ordered */
    char note[600];
    enum error_code revoke_fails;
    struct admin_crls crls;
    const char *problem;                 /* of main's own; NULL: none */
    struct admin_problem server_problem; /* no what: none */
    atomic_bool requests_hang;           /* until the signer's go_on */
    unsigned int reloads, publishes, rebuilds, confirmations;
    struct error reload_error;
};

/* For cmocka: *state is a struct admin_fixture whose signer and ledger are well. */
int admin_fixture_setup(void **state);
int admin_fixture_teardown(void **state);

/* One request of a local process; the answer's body is appended. Its status is returned. */
int ask_as(struct admin_fixture *f, uid_t uid, const char *line, const char *body,
           struct buf *out);
/* The same as root: "GET /v1/status", "POST /v1/freeze". */
int ask(struct admin_fixture *f, const char *line, const char *body, struct buf *out);

/* The status, and words that the answer must contain; fails the test otherwise. */
void expect(struct admin_fixture *f, const char *line, const char *body, int status,
            const char *words);

#endif
