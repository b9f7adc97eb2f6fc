/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key_probe.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"
#include "common/pki/spki.h"

struct key_probe {
    EVP_PKEY *pkey; /* on that curve, with the point that was judged last */
    enum key_curve curve;
};

bool key_probe_new(const struct key *like, struct key_probe **out, struct error *err)
{
    AUTO(key_probe) probe = mem_new(sizeof(*probe));

    probe->curve = key_get_info(like)->curve;
    probe->pkey = EVP_PKEY_new();
    if (probe->pkey == NULL ||
        (probe->curve != KEY_CURVE_NONE &&
         EVP_PKEY_copy_parameters(probe->pkey, key_borrow_pkey(like)) != 1)) {
        return ossl_fail(err, "preparing for public keys");
    }
    *out = TAKE(probe);
    return true;
}

void key_probe_free(struct key_probe *probe)
{
    if (probe != NULL) {
        EVP_PKEY_free(probe->pkey);
        free(probe);
    }
}

/* Refuses a point that is not on the curve; such a one is never looked at again. */
static bool put_point(const struct key_probe *probe, const struct spki *spki)
{
    return EVP_PKEY_set1_encoded_public_key(probe->pkey, spki->point.data,
                                            spki->point.len) == 1;
}

static bool build(const struct spki *spki)
{
    AUTO(evp_pkey) pkey = key_build_public(spki);

    return pkey != NULL;
}

bool key_probe_spki(struct key_probe *probe, struct bytes der, struct key_info *out,
                    struct error *err)
{
    struct spki spki;

    if (!key_read_spki(der, &spki, err)) {
        return false;
    }
    bool fits = spki.info.curve != KEY_CURVE_NONE && spki.info.curve == probe->curve;
    ERR_clear_error();
    if (!(fits ? put_point(probe, &spki) : build(&spki))) {
        return key_fail_public(&spki, err);
    }
    *out = spki.info;
    return true;
}
