/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlstream: a CRL of any size, made and signed piece by piece (RFC 5280 5; common/wire/crl.h).
 *
 * The CRL is what these functions append, in this order: head, opened, entries, tail. Only the
 * head comes last, since it tells the length of the signature too.
 */
#ifndef AE_COMMON_CRLSTREAM_CRLSTREAM_H
#define AE_COMMON_CRLSTREAM_CRLSTREAM_H

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/pki/key.h"
#include "common/pki/sig.h"
#include "common/wire/crl.h"

struct crlstream;

/* Who signs it; all but the URL outlives the CRL. */
struct crlstream_issuer {
    const char *name; /* as sentences call it */
    const char
        *url; /* where this CRL will lie, for its distribution point; NULL: nowhere */
    const struct key *key, *public_key;
    enum sig_alg alg;
    struct bytes subject; /* DER Name */
    struct bytes key_id;  /* of the subjectKeyIdentifier */
};

/*
 * Begin: the size of everything is known from what was announced.
 *
 * begin   borrowed for the call
 * opened  appended: the beginning of the TBSCertList
 * out     on success owned by the caller: crlstream_free()
 * errors  ERROR_INVALID   an end before the beginning; entries without octets or the other way
 *                         round; a distribution point where the CA has no URL for CRLs; a kind
 *                         of key that cannot sign piece by piece
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool crlstream_begin(const struct crlstream_issuer *issuer,
                                   const struct wire_crl_begin *begin, struct buf *opened,
                                   struct crlstream **out, struct error *err);
void crlstream_free(struct crlstream *crl); /* accepts NULL */
CLEANUP_DEFINE(crlstream, struct crlstream *, crlstream_free);

/* Octets of the whole TBSCertList. */
uint64_t crlstream_tbs_octets(const struct crlstream *crl);

/*
 * Append the DER of some entries to out.
 * errors  ERROR_INVALID   a serial that is no positive DER INTEGER or does not ascend, more than
 *                         was announced; out is as before, and the CRL cannot be finished
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool crlstream_add(struct crlstream *crl,
                                 const struct wire_crl_entries *entries, struct buf *out,
                                 struct error *err);

/*
 * All entries came: what the journal must hold before the signature is made (I1).
 * errors  ERROR_INVALID   fewer came than announced, in number or octets
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool crlstream_close(struct crlstream *crl,
                                   unsigned char tbs_sha256[WIRE_SHA256],
                                   struct error *err);

/*
 * Sign a closed CRL; its signature is verified before it leaves.
 *
 * head    appended: tag and length of the CertificateList
 * tail    appended: the CRL's extensions, signatureAlgorithm, signature
 * errors  ERROR_INTERNAL  OpenSSL failed, or the signature does not verify
 */
AE_MUST_CHECK bool crlstream_sign(struct crlstream *crl, struct buf *head,
                                  struct buf *tail, struct error *err);

#endif
