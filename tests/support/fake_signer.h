/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_signer: a signer for tests: it answers on a socket of its own, signs with a CA of its own,
 * keeps its journal in memory, and misbehaves when it is told to. Its time stands still.
 *
 * A failure inside ends the process.
 */
#ifndef AE_TESTS_SUPPORT_FAKE_SIGNER_H
#define AE_TESTS_SUPPORT_FAKE_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/wire/issue.h"
#include "common/wire/journal.h"

#define FAKE_SIGNER_CA   "lab"
#define FAKE_SIGNER_NODE 0x40

/* What happens to the next intents. */
enum fake_fault {
    FAKE_FAULT_NONE = 0,
    FAKE_FAULT_SILENCE,      /* journalled and signed, never answered */
    FAKE_FAULT_CUT_FRAME,    /* half an answer, then the connection ends */
    FAKE_FAULT_CLOSE_INTENT, /* the connection ends between intent and signature */
    FAKE_FAULT_CLOSE_RESULT, /* ... before the answer */
    FAKE_FAULT_CLOSE_UNSEEN, /* ... before the intent is journalled */
    FAKE_FAULT_REFUSE,       /* by the reason set */
    FAKE_FAULT_OTHER_KEY,    /* the certificate has another key than asked for */
    FAKE_FAULT_OTHER_NAME,   /* ... another subject and SAN */
    FAKE_FAULT_OTHER_END,    /* ... an end of validity a second later */
    FAKE_FAULT_OTHER_START,
    FAKE_FAULT_OTHER_TEMPLATE,
    FAKE_FAULT_OTHER_USAGE, /* ... one more extended key usage */
    FAKE_FAULT_OTHER_SID,
    FAKE_FAULT_OTHER_SERIAL,  /* the answer names another serial than the certificate */
    FAKE_FAULT_OTHER_REQUEST, /* the answer names another request */
    FAKE_FAULT_WRONG_TYPE,    /* RECORDED */
    FAKE_FAULT_STRANGE,       /* an answer to an exchange that is not open */
    FAKE_FAULT_REVERSED, /* kept back until as many intents have come, then last first */
    FAKE_FAULT_COUNT
};

struct fake_signer;

/* Listens on directory/signer.sock. */
struct fake_signer *fake_signer_new(const char *directory);
void fake_signer_free(struct fake_signer *fake); /* accepts NULL */
CLEANUP_DEFINE(fake_signer, struct fake_signer *, fake_signer_free);

const char *fake_signer_path(const struct fake_signer *fake);
struct bytes fake_signer_certificate(const struct fake_signer *fake); /* its CA's */

void fake_signer_misbehave(struct fake_signer *fake, enum fake_fault fault,
                           unsigned int intents);
void fake_signer_refuse(struct fake_signer *fake, enum wire_signer_reason reason,
                        unsigned int intents);

/* While it is paused no intent is answered; those that came are answered later, the last of them with
 * the faults, if there are fewer faults than intents. */
void fake_signer_pause(struct fake_signer *fake, bool paused);

/* The connection ends and nobody listens; and back again, with the same journal. */
void fake_signer_stop(struct fake_signer *fake);
void fake_signer_start(struct fake_signer *fake);

/* Cut, as when the power fails: the connection ends, a new life begins. */
void fake_signer_restart(struct fake_signer *fake);

/* A journal that begins anew: another signer in this one's place. */
void fake_signer_forget(struct fake_signer *fake);

/* How many records of a type the journal has; messages of a type that came in. */
unsigned int fake_signer_records(struct fake_signer *fake, enum wire_record type);
unsigned int fake_signer_heard(struct fake_signer *fake, enum wire_type type);
/* The payload of the nth record of a type (0: the first), appended; false: there are not so many. */
bool fake_signer_record(struct fake_signer *fake, enum wire_record type, unsigned int n,
                        struct buf *payload);

/* Wait, within a generous bound, until so many came in. */
void fake_signer_await(struct fake_signer *fake, enum wire_type type, unsigned int count);

#endif
