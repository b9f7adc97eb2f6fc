/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca: one certification authority: its key, its certificate, and the certificates it makes.
 *
 * Whatever the caller asks for: no certificate that is made here has CA:TRUE, keyCertSign,
 * cRLSign or anyExtendedKeyUsage (I4); the SID comes from the account and the template extension
 * from the template of the intent; only the key is copied as it is (I3). What a template may ask
 * for at all is judged by bounds before.
 */
#ifndef AE_POLICYD_SIGNER_CA_H
#define AE_POLICYD_SIGNER_CA_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/crlstream/crlstream.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/pki/key_probe.h"
#include "common/wire/issue.h"

#include "policyd/signer/serial.h"

/* Where relying parties find what belongs to the CA: http URLs, none of them required. */
struct ca_urls {
    const char *crl;  /* without its end "/<ca>-<generation>-<shard>.crl"; NULL: no CDP */
    const char *ocsp; /* NULL: none */
    const char *issuers; /* of the CA's own certificate; NULL: none */
};

struct ca;

/*
 * Take a key and the certificate that names it.
 *
 * name   1..64 characters, as the configuration has it; copied, as the URLs are
 * key    with its private part; owned by the CA from now on, also on failure
 * der    of the certificate, borrowed
 * out    on success owned by the caller: ca_free()
 * errors  ERROR_INVALID  no readable certificate, not a CA's, of another key, without a
 *                        subjectKeyIdentifier
 *         ERROR_INTERNAL OpenSSL failed
 */
AE_MUST_CHECK bool ca_new(const char *name, struct key *key, struct bytes der,
                          const struct ca_urls *urls, struct ca **out, struct error *err);
void ca_free(struct ca *ca); /* accepts NULL */
CLEANUP_DEFINE(ca, struct ca *, ca_free);

/* Borrowed from the CA. */
const char *ca_get_name(const struct ca *ca);
const struct cert *ca_get_certificate(const struct ca *ca);
const struct key_info *ca_get_key_info(const struct ca *ca);
/* For the keys of requests, which mostly are on the CA's own curve. */
struct key_probe *ca_get_key_probe(const struct ca *ca);

/*
 * Append the TBSCertificate that an intent asks for, and that common/lint finds right.
 *
 * errors  ERROR_INVALID  a field cannot stand in a certificate, or no certificate may have it;
 *                        validity beyond the CA's own; what was built says something else than
 *                        the intent; out is as before
 */
AE_MUST_CHECK bool ca_build_tbs(const struct ca *ca,
                                const struct wire_issue_intent *intent,
                                const unsigned char serial[SERIAL_SIZE], struct buf *out,
                                struct error *err);

/*
 * Sign a TBS that ca_build_tbs() made, and look at the result as a stranger would: it must read
 * back, verify under the CA's public key, and hold the very TBS. A wrong signature never leaves.
 *
 * tail    appended: signatureAlgorithm and signature, DER, for the journal
 * der     appended: the certificate
 * errors  ERROR_UNAVAILABLE  the key's back end failed
 *         ERROR_INTERNAL     what was made does not verify
 */
AE_MUST_CHECK bool ca_sign(const struct ca *ca, struct bytes tbs, struct buf *tail,
                           struct buf *der, struct error *err);

/*
 * Begin a CRL, which crlstream goes on with; the CA outlives it.
 * errors  as crlstream_begin()
 */
AE_MUST_CHECK bool ca_begin_crl(const struct ca *ca, const struct wire_crl_begin *begin,
                                struct buf *opened, struct crlstream **out,
                                struct error *err);

/*
 * Sign a message that is no certificate, and verify that.
 * errors  ERROR_UNAVAILABLE  the key's back end failed
 *         ERROR_INTERNAL     what was made does not verify
 */
AE_MUST_CHECK bool ca_test(const struct ca *ca, struct bytes message, struct error *err);

#endif
