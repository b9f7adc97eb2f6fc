/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sid: security identifiers as octets, as text and as the sorted set that a token is.
 */
#ifndef AE_COMMON_TMPL_SID_H
#define AE_COMMON_TMPL_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

enum {
    SID_SUB_MAX = 15,        /* [MS-DTYP] 2.4.2.2 */
    SID_SET_MAX = 64 * 1024, /* members; AD itself stops at some 1,000 a token */
};

struct sid {
    uint64_t authority; /* 48 bits */
    uint32_t sub[SID_SUB_MAX];
    uint8_t sub_count; /* 1..SID_SUB_MAX */
};

/*
 * Read the SID that stands at the start of octets; *used is its length there.
 * errors  ERROR_INVALID  cut short, revision not 1, no or too many sub-authorities
 */
AE_MUST_CHECK bool sid_read(struct bytes octets, struct sid *out, size_t *used,
                            struct error *err);

/*
 * The same where nothing may follow, as in the attribute objectSid.
 * errors  ERROR_INVALID  as above, or octets are left over
 */
AE_MUST_CHECK bool sid_parse(struct bytes octets, struct sid *out, struct error *err);

/*
 * "S-1-5-21-1-2-3-513"; an authority of 2^32 or more is written 0x and 12 digits.
 * errors  ERROR_INVALID  anything else
 * source  [MS-DTYP] 2.4.2.1
 */
AE_MUST_CHECK bool sid_parse_text(const char *text, struct sid *out, struct error *err);

void sid_append(struct buf *out, const struct sid *sid); /* octets */
void sid_append_text(struct buf *out, const struct sid *sid);
int sid_compare(const struct sid *a, const struct sid *b); /* a total order */

/* The SIDs of one account: itself, its groups, the well-known ones. Immutable. */
struct sid_set {
    struct sid *sids; /* sorted */
    size_t count;
    bool complete; /* false: there may be more groups, so no right can be judged */
};

/* sids is copied, any order, duplicates allowed, at most SID_SET_MAX; never NULL. */
struct sid_set *sid_set_new(const struct sid *sids, size_t count, bool complete);
void sid_set_free(struct sid_set *set);
CLEANUP_DEFINE(sid_set, struct sid_set *, sid_set_free);
bool sid_set_has(const struct sid_set *set, const struct sid *sid);

#endif
