/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope: what rules can make of a proposal at most. The worker asks before each change, so
 * that a rule's author gets a line and a sentence; policyd asks again for the whole, because a
 * worker that was taken over answers what it likes.
 *
 * A name that is added must be the principal's (any fact of the directory entry that was
 * read), or lie under a suffix of the envelope, or, where the envelope lets rules take names
 * from the CSR, stand there. Of a subject only the attributes that name somebody (CN, UID,
 * emailAddress, serialNumber) are held to that; O, OU, C and the like are the rule's to say.
 */
#ifndef AE_POLICYD_RULES_ENVELOPE_H
#define AE_POLICYD_RULES_ENVELOPE_H

#include "common/wire/facts.h"

/* Whom the certificate is for. */
const struct wire_account *envelope_principal(const struct wire_facts *facts);

/* Why a name may stand in the certificate; see struct wire_rdn. */
struct envelope_origin {
    enum wire_proof proof;
    const char *source; /* the attribute; "" for WIRE_PROOF_RULE: the rule's name */
};

/*
 * errors  ERROR_INVALID  not well formed
 *         ERROR_DENIED   the envelope does not allow it; the sentence says why
 */
AE_MUST_CHECK bool envelope_check_ava(const struct wire_facts *facts,
                                      const struct name_ava *ava,
                                      struct envelope_origin *origin, struct error *err);
AE_MUST_CHECK bool envelope_check_san(const struct wire_facts *facts,
                                      const struct general_name *san,
                                      struct envelope_origin *origin, struct error *err);

/*
 * An extension that rules may add: listed, and none that the profile, the signer or a field
 * of struct wire_content decides.
 * errors  ERROR_DENIED  as said
 */
AE_MUST_CHECK bool envelope_check_extension(const struct wire_facts *facts,
                                            const char *oid, struct error *err);

/*
 * The time a certificate ends at.
 * errors  ERROR_DENIED  not after the decision's time, or later than the envelope allows
 */
AE_MUST_CHECK bool envelope_check_end(const struct wire_facts *facts,
                                      int64_t not_after_utc, struct error *err);

/*
 * Everything that differs from facts->proposed is allowed, and nothing differs that rules
 * cannot change.
 * errors  ERROR_INVALID, ERROR_DENIED  the first thing that is not
 */
AE_MUST_CHECK bool envelope_check(const struct wire_facts *facts,
                                  const struct wire_content *judged, struct error *err);

#endif
