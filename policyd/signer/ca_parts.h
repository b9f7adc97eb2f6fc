/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_parts: what ca's own files share; nobody else includes it.
 */
#ifndef AE_POLICYD_SIGNER_CA_PARTS_H
#define AE_POLICYD_SIGNER_CA_PARTS_H

#include <stdint.h>

#include "common/pki/sig.h"

#include "policyd/signer/ca.h"

struct ca {
    char *name;
    char *crl_url, *ocsp_url, *issuers_url; /* NULL: none */
    struct key *key;
    struct key *public_key; /* from the certificate: what others verify with */
    struct cert *cert;
    enum sig_alg sig_alg;
    struct bytes key_id; /* the certificate's subjectKeyIdentifier, borrowed from it */
};

/* Where the CRL of a shard lies; the CA has a URL for CRLs. Owned by the caller: free(). */
char *ca_crl_url(const struct ca *ca, uint32_t generation, uint32_t shard);

#endif
