/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore_pending: keys that a request was made with and that have no certificate yet, so that a
 * repeated request is about the same key.
 */
#ifndef AE_AUTOENROLL_CLIENT_KEYSTORE_PENDING_H
#define AE_AUTOENROLL_CLIENT_KEYSTORE_PENDING_H

#include "autoenroll-client/keystore.h"

/*
 * A key that is about to be certified: on stable storage when this returns.
 * errors  ERROR_INVALID      no such name, no private key
 *         ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_put_pending(struct keystore *ks, const char *template,
                                        const struct key *key, struct error *err);

/*
 * out     on success owned by the caller; NULL: there is none, or none that can be read
 * errors  ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_get_pending(const struct keystore *ks, const char *template,
                                        struct key **out, struct error *err);

/*
 * There being none is fine.
 * errors  ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_drop_pending(struct keystore *ks, const char *template,
                                         struct error *err);

#endif
