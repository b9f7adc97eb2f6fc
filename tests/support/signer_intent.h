/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_intent: what policyd would ask the signer of tests/integration/signer_lib.sh for, and
 * ways to say something else in one place.
 */
#ifndef AE_TESTS_SUPPORT_SIGNER_INTENT_H
#define AE_TESTS_SUPPORT_SIGNER_INTENT_H

#include "common/base/cleanup.h"
#include "common/wire/issue.h"

/* An extension that the bounds let a Machine have. */
#define SIGNER_INTENT_EXTENSION "1.3.6.1.4.1.55555.1"

enum signer_base { SIGNER_MACHINE = 0, SIGNER_USER, SIGNER_SERVER, SIGNER_BASE_COUNT };
const char *signer_base_name(enum signer_base base); /* "machine" */

struct signer_intent {
    struct wire_issue_intent i; /* borrows from what follows: do not copy */
    struct wire_rdn subject[2];
    struct wire_san sans[4];
    const char *ekus[3];
    const char *application[1];
    const char *critical[2];
    struct wire_extension extensions[1];
    struct wire_policy policies[1];
    struct wire_account_ref requester;
    struct wire_approval approvals[1];
    struct buf spki, octets;
};

/* spki: DER, copied. now_utc: the signer's time. */
void signer_intent_init(struct signer_intent *x, enum signer_base base, struct bytes spki,
                        int64_t now_utc);
void signer_intent_clear(struct signer_intent *x);
CLEANUP_DEFINE_VALUE(signer_intent, struct signer_intent, signer_intent_clear);

/* Put octets, written as hexadecimal, where a forgery can borrow them. */
void signer_intent_set_octets(struct signer_intent *x, const char *hex);

/* One thing forged: text and number as the function takes them; the near twin is signed. */
struct signer_forgery {
    const char *label;
    enum signer_base base;
    void (*forge)(struct signer_intent *x, const char *text, int64_t number);
    const char *bad_text;
    int64_t bad;
    const char *twin_text;
    int64_t twin;
    enum wire_signer_reason reason;
    const char *words; /* in the refusal's sentence */
};

struct signer_forgeries {
    const struct signer_forgery *rows;
    size_t count;
};
extern const struct signer_forgeries signer_forged_contents, signer_forged_names;

#endif
