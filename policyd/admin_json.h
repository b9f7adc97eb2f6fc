/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_json: the verbs, and the forms that values have in their bodies and answers. Private to
 * admin's own files.
 */
#ifndef AE_POLICYD_ADMIN_JSON_H
#define AE_POLICYD_ADMIN_JSON_H

#include "policyd/admin_inside.h"

void admin_add_utc(struct json_writer *w, const char *key, int64_t utc); /* null: 0 */
void admin_add_hex(struct json_writer *w, const char *key, const void *data, size_t len);
void admin_add_pem(struct json_writer *w, const char *key, struct bytes der);

/*
 * The body's members: an object with these names only, or no body at all.
 * errors  ERROR_INVALID  another one
 */
AE_MUST_CHECK bool admin_body_expect(const struct admin_call *call,
                                     const char *const *names, struct error *err);
/*
 * A text of the body, "" where it is absent.
 * errors  ERROR_INVALID  not printable, or longer than max octets
 */
AE_MUST_CHECK bool admin_body_text(const struct admin_call *call, const char *name,
                                   size_t max, const char **out, struct error *err);

/*
 * The signer's answer cannot be read: that is nobody's mistake who asks. Returns false.
 * errors  ERROR_INTERNAL  with the sentence that stands there already
 */
AE_MUST_CHECK bool admin_fail_answer(struct error *err);

/* The list of CRLs as status and crl/publish show it. */
void admin_add_crls(const struct admin *admin, struct json_writer *w,
                    const struct admin_crls *crls);

/*
 * A verb: writes the members of an open object.
 * errors  their class decides the status
 */
#define ADMIN_VERB(name)                                                                 \
    AE_MUST_CHECK bool admin_run_##name(const struct admin_call *call,                   \
                                        struct json_writer *out, struct error *err)

ADMIN_VERB(status);
ADMIN_VERB(healthz);
ADMIN_VERB(readyz);
ADMIN_VERB(cas);
ADMIN_VERB(crls);
ADMIN_VERB(list);
ADMIN_VERB(certificate);
ADMIN_VERB(audit);
ADMIN_VERB(explain);
ADMIN_VERB(templates);
ADMIN_VERB(freeze);
ADMIN_VERB(thaw);
ADMIN_VERB(clock);
ADMIN_VERB(checkpoint);
ADMIN_VERB(reload);
ADMIN_VERB(publish);
ADMIN_VERB(rebuild);
ADMIN_VERB(requests);

#endif
