/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_crl: a CRL of any size, made and signed piece by piece (RFC 5280 5; common/wire/crl.h).
 *
 * The CRL is what these functions append, in this order: head, opened, entries, tail. Only the
 * head comes last, since it tells the length of the signature too.
 */
#ifndef AE_POLICYD_SIGNER_CA_CRL_H
#define AE_POLICYD_SIGNER_CA_CRL_H

#include "common/wire/crl.h"

#include "policyd/signer/ca.h"

struct ca_crl;

/*
 * Begin: the size of everything is known from what was announced.
 *
 * ca      outlives the CRL
 * begin   borrowed for the call
 * opened  appended: the beginning of the TBSCertList
 * out     on success owned by the caller: ca_crl_free()
 * errors  ERROR_INVALID   an end before the beginning; entries without octets or the other way
 *                         round; a distribution point where the CA has no URL for CRLs; a kind
 *                         of key that cannot sign piece by piece
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool ca_crl_begin(const struct ca *ca, const struct wire_crl_begin *begin,
                                struct buf *opened, struct ca_crl **out,
                                struct error *err);
void ca_crl_free(struct ca_crl *crl); /* accepts NULL */
CLEANUP_DEFINE(ca_crl, struct ca_crl *, ca_crl_free);

/* Octets of the whole TBSCertList. */
uint64_t ca_crl_tbs_octets(const struct ca_crl *crl);

/*
 * Append the DER of some entries to out.
 * errors  ERROR_INVALID   a serial that is no positive DER INTEGER or does not ascend, more than
 *                         was announced; out is as before, and the CRL cannot be finished
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool ca_crl_add(struct ca_crl *crl, const struct wire_crl_entries *entries,
                              struct buf *out, struct error *err);

/*
 * All entries came: what the journal must hold before the signature is made (I1).
 * errors  ERROR_INVALID   fewer came than announced, in number or octets
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool ca_crl_close(struct ca_crl *crl, unsigned char tbs_sha256[WIRE_SHA256],
                                struct error *err);

/*
 * Sign a closed CRL; its signature is verified before it leaves.
 *
 * head    appended: tag and length of the CertificateList
 * tail    appended: the CRL's extensions, signatureAlgorithm, signature
 * errors  ERROR_INTERNAL  OpenSSL failed, or the signature does not verify
 */
AE_MUST_CHECK bool ca_crl_sign(struct ca_crl *crl, struct buf *head, struct buf *tail,
                               struct error *err);

#endif
