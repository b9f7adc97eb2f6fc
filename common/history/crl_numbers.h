/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl_numbers: the last CRL number of each CA, generation and shard.
 *
 * RFC 5280 5.2.3: numbers of one scope only rise. A relying party may take a CRL with a lower
 * number for an older one, and so never hear of what it revokes.
 */
#ifndef AE_COMMON_HISTORY_CRL_NUMBERS_H
#define AE_COMMON_HISTORY_CRL_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

enum { CRL_NUMBERS_MAX = 4096 }; /* scopes */

struct crl_number {
    const char *ca; /* of those that are kept, theirs */
    uint32_t generation, shard;
    uint64_t number;
};

/* All zero: none yet. */
struct crl_numbers {
    struct crl_number *items;
    char **names; /* which the items borrow */
    size_t count, room;
};
void crl_numbers_clear(struct crl_numbers *numbers);
CLEANUP_DEFINE_VALUE(crl_numbers, struct crl_numbers, crl_numbers_clear);

/*
 * Is the number above the last one of its scope?
 * errors  ERROR_CONFLICT  it is not
 *         ERROR_DENIED    another scope than the CRL_NUMBERS_MAX that there are
 */
AE_MUST_CHECK bool crl_numbers_check(const struct crl_numbers *numbers,
                                     const struct crl_number *wanted, struct error *err);

/* That number was used: lower ones are no longer free. A scope beyond the most is not kept. */
void crl_numbers_note(struct crl_numbers *numbers, const struct crl_number *used);

#endif
