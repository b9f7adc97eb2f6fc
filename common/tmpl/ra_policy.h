/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ra_policy: the second syntax of msPKI-RA-Application-Policies, in which templates of
 * version 3 and 4 say what kind of key they want.
 */
#ifndef AE_COMMON_TMPL_RA_POLICY_H
#define AE_COMMON_TMPL_RA_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/tmpl/list.h"

enum {
    RA_POLICY_PROPERTIES_MAX = 16,
    RA_POLICY_OIDS_MAX = 64,
};

/* Texts are NULL where the property is absent. */
struct ra_policy {
    struct tmpl_list oids; /* msPKI-RA-Application-Policies, sorted */
    char *algorithm;       /* msPKI-Asymmetric-Algorithm */
    char *hash;            /* msPKI-Hash-Algorithm */
    char *key_sddl;        /* msPKI-Key-Security-Descriptor */
    char *symmetric;       /* msPKI-Symmetric-Algorithm */
    bool has_key_usage, has_symmetric_bits;
    uint32_t key_usage;       /* msPKI-Key-Usage: 1 decrypt, 2 sign, 4 agree on keys */
    uint32_t symmetric_bits;  /* msPKI-Symmetric-Key-Length */
    struct tmpl_list unknown; /* names of other properties, sorted */
};

/*
 * "<name>`<type>`<value>`…", any order, with or without the last grave accent.
 *
 * out     on success owned by the caller: ra_policy_clear()
 * errors  ERROR_INVALID  not triplets, a type that is not DWORD or PZPWSTR or not the
 *                        property's, a property twice, a malformed number or OID
 * source  [MS-CRTD] 2.23.2
 */
AE_MUST_CHECK bool ra_policy_parse(const char *text, struct ra_policy *out,
                                   struct error *err);
void ra_policy_clear(struct ra_policy *policy);
CLEANUP_DEFINE_VALUE(ra_policy, struct ra_policy, ra_policy_clear);

#endif
