/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_answer: what an HTTP answer says, as records of common/wire. No I/O.
 *
 * Everything lives as long as the store. Nothing of a peer's text gets into a record that is not
 * printable and within the record's bounds.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_ANSWER_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_ANSWER_H

#include "common/pki/name_store.h"
#include "common/wire/agent.h"

#include "autoenroll-client/transport_http.h"

/* A failure that did not come from the server; returns false. */
bool transport_fail(const struct error *err, struct name_store *store,
                    struct wire_agent_failure *out);

/*
 * What a status other than the expected one means: a refusal with its reason, a server that is
 * busy, or an answer that makes no sense. Returns false.
 * source  RFC 9457 (problem+json), RFC 7030 4.2.3 (text)
 */
bool transport_refused(const struct transport_answer *answer, struct name_store *store,
                       struct wire_agent_failure *out);

/* The 202 of an enrollment (RFC 7030 4.2.3). */
void transport_read_pending(const struct transport_answer *answer,
                            struct name_store *store, struct wire_enroll_pending *out);

/*
 * The certificates of a body, unjudged.
 *
 * out     views into copies of the store; max entries
 * errors  ERROR_INVALID  another content type, no base64, no certs-only PKCS #7, none, too many
 * source  RFC 7030 4.1.3, RFC 8951 3
 */
AE_MUST_CHECK bool transport_read_certificates(const struct transport_answer *answer,
                                               struct name_store *store,
                                               struct bytes *out, size_t max,
                                               size_t *count, struct error *err);

/*
 * Which of them is for the key of a CSR; the others are its chain.
 *
 * all     is put in order: the one first
 * errors  ERROR_INVALID  none is, or the CSR is none
 */
AE_MUST_CHECK bool transport_find_own(struct bytes csr, struct bytes *all, size_t count,
                                      struct error *err);

#endif
