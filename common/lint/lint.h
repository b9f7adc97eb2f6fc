/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: does a certificate say what its intent says, all of it and nothing else (I3, I4)?
 *
 * It reads what was built with the readers of strangers' certificates and knows nothing of how
 * it was built. The signer asks before it signs, policyd when it gets the result.
 */
#ifndef AE_COMMON_LINT_LINT_H
#define AE_COMMON_LINT_LINT_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/cert.h"
#include "common/pki/sig.h"
#include "common/wire/issue.h"

struct lint_issuer {
    const struct cert *certificate;
    bool crl;  /* certificates of this CA have a CDP, */
    bool info; /* and an AIA, unless the content leaves both out */
};

/*
 * The serial has our form (I2) and is for the caller to compare.
 *
 * errors  ERROR_INVALID  they differ, or the certificate is none for an end entity; the
 *                        sentence names the field
 */
AE_MUST_CHECK bool lint_certificate(const struct cert *cert,
                                    const struct wire_issue_intent *intent,
                                    const struct lint_issuer *issuer, struct error *err);

/*
 * The same for what is yet to be signed.
 *
 * alg     that it will be signed with
 * errors  as lint_certificate(); no TBSCertificate, or of another algorithm
 */
AE_MUST_CHECK bool lint_tbs(struct bytes tbs, enum sig_alg alg,
                            const struct wire_issue_intent *intent,
                            const struct lint_issuer *issuer, struct error *err);

#endif
