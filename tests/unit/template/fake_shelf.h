/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_shelf: a shelf behind a search port, which fails where a test wants it to.
 */
#ifndef AE_TESTS_UNIT_TEMPLATE_FAKE_SHELF_H
#define AE_TESTS_UNIT_TEMPLATE_FAKE_SHELF_H

#include <semaphore.h>

#include "policyd/template.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/template/shelf.h"

#define FAKE_CONFIG_BASE "cn=config,dc=x"

/* Parts of the bases that are searched. */
#define AT_TEMPLATES "CN=Certificate Templates,CN=Public Key Services,CN=Services,"
#define AT_SERVICES  "CN=autoenroll,CN=Services,"
#define AT_LINKS     "CN=OID,CN=Public Key Services,CN=Services,"

struct fake_shelf {
    struct shelf shelf;
    struct fake_clock time;
    struct clock clock;
    const char *fails_at; /* a base that begins so is not answered */
    enum error_code fails_with;
    const char *partial_at; /* or only in part: without the last entry */
    const char *link; /* the OID of a policy with a group; NULL: none, "": without */
    int64_t takes_s;  /* how long a search for templates takes */
    struct template_store
        *told;             /* is told of a change while templates are searched for */
    unsigned int searches; /* for templates */
    bool wrong;            /* some query was not as it should be */
    sem_t searched;        /* posted by each of them */
    sem_t *held;           /* which then waits for this; NULL: does not */
};

void fake_shelf_init(struct fake_shelf *fake);
void fake_shelf_clear(struct fake_shelf *fake);
CLEANUP_DEFINE_VALUE(fake_shelf, struct fake_shelf, fake_shelf_clear);

/* Read every 10 seconds, served for 30. */
struct template_settings fake_shelf_settings(struct fake_shelf *fake);

#endif
