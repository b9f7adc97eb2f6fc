/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effective: what follows from several fields of a template together. Pure functions.
 */
#ifndef AE_COMMON_TMPL_EFFECTIVE_H
#define AE_COMMON_TMPL_EFFECTIVE_H

#include "common/tmpl/tmpl.h"

/* Does AUTO_ENROLLMENT stand where the template's version has it? */
bool tmpl_autoenrolls(const struct tmpl *tmpl);

/* Do names come from the request (and so need a rule or an approval for each)? */
bool tmpl_takes_names_from_request(const struct tmpl *tmpl);

/* A machine's template; else a user's. */
bool tmpl_is_for_machines(const struct tmpl *tmpl);

/*
 * The key usage for a key of this family; 0 only where the template gives none.
 *
 * errors  ERROR_INVALID  the family is TMPL_KEY_NONE, or it allows none of the usages given:
 *                        to leave the extension out would permit everything
 * source  RFC 8813 section 3: EC keys never encipher
 */
AE_MUST_CHECK bool tmpl_key_usage_for(const struct tmpl *tmpl,
                                      enum tmpl_key_family family, uint32_t *out,
                                      struct error *err);

/*
 * The purposes to issue: pKIExtendedKeyUsage and, from version 2 on, also
 * msPKI-Certificate-Application-Policy. Appended to out, sorted, each once.
 */
void tmpl_effective_purposes(const struct tmpl *tmpl, struct tmpl_list *out);

/*
 * When renewal starts, before any jitter: the later of notBefore + 80 % of the lifetime and
 * notAfter - overlap.
 *
 * errors  ERROR_INVALID  the certificate does not end after it begins, or the difference
 *                        does not fit, or the overlap is negative
 */
AE_MUST_CHECK bool tmpl_renew_start(int64_t not_before_utc, int64_t not_after_utc,
                                    int64_t overlap_s, int64_t *out_utc,
                                    struct error *err);

#endif
