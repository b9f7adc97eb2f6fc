/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_certificate: the verdict on a client certificate: ours, for this purpose, now, exactly
 * the one that the ledger has, not revoked. For auth's own files.
 */
#ifndef AE_POLICYD_AUTH_CERTIFICATE_H
#define AE_POLICYD_AUTH_CERTIFICATE_H

#include "policyd/auth.h"

struct auth_certificate_view {
    const struct cert_trust *trust; /* NULL: nobody's certificates count */
    const struct auth_ledger *ledger;
    int64_t now_utc;
};

/*
 * der     as the peer showed it, whose key it has proved to have
 * out     all zero before
 * errors  ERROR_UNAVAILABLE  the ledger cannot tell; in doubt nothing may go on without it
 */
AE_MUST_CHECK bool auth_certificate_judge(const struct auth_certificate_view *view,
                                          struct bytes der, struct auth_certificate *out,
                                          struct error *err);

#endif
