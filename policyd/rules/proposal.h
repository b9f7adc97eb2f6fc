/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proposal: the certificate's content while shape rules change it, each change within the
 * template's envelope. A change that fails leaves it as it was.
 */
#ifndef AE_POLICYD_RULES_PROPOSAL_H
#define AE_POLICYD_RULES_PROPOSAL_H

#include "common/pki/name_store.h"

#include "policyd/rules/envelope.h"

/* What the content's lists point to. */
struct proposal_parts {
    struct wire_rdn subject[WIRE_AVAS_MAX];
    bool set_by_rule[WIRE_AVAS_MAX];
    struct wire_san sans[WIRE_SANS_MAX];
    const char *ekus[WIRE_OIDS_MAX];
    const char *application_policies[WIRE_OIDS_MAX];
    struct wire_extension extensions[WIRE_EXTENSIONS_MAX];
};

struct proposal {
    const struct wire_facts *facts; /* with the content before the rules */
    struct wire_content *content;   /* now; its lists are in parts or in facts */
    struct proposal_parts parts;
    struct name_store texts; /* what rules wrote */
};

/* facts and content are borrowed until proposal_clear(); content becomes facts->proposed. */
void proposal_init(struct proposal *p, const struct wire_facts *facts,
                   struct wire_content *content);
void proposal_clear(struct proposal *p);

/* For a rule whose changes must not last. saved and p must stay where they are. */
struct proposal_saved {
    struct wire_content content;
    struct proposal_parts parts;
};
void proposal_save(const struct proposal *p, struct proposal_saved *saved);
void proposal_restore(struct proposal *p, const struct proposal_saved *saved);

/*
 * Names as rules write them: "CN" or an OID and a text; "dns" and a text (of an ip: its text).
 * out     lives as long as the store
 * errors  ERROR_INVALID  no such type, or not a text of one
 */
AE_MUST_CHECK bool proposal_read_ava(const char *type, struct bytes value,
                                     struct name_store *store, struct name_ava *out,
                                     struct error *err);
AE_MUST_CHECK bool proposal_read_general(const char *type, struct bytes value,
                                         struct name_store *store,
                                         struct general_name *out, struct error *err);

/*
 * Who changes what: rule is its name and becomes the proof's source.
 *   _set_rdn  the subject's attribute of a type ("CN" or an OID); another value than a rule
 *             set before needs replace
 *   _add_san  value as rules see it: an ip as text. A name that is there already stays, but
 *             no longer needs approval
 *   _remove_san  by its number, from 1
 *   _narrow_eku  keep only these extended key usages, and application policies, of those
 *                there are
 * errors  ERROR_INVALID  not well formed, or there is nothing such to change
 *         ERROR_DENIED   the envelope does not allow it
 */
AE_MUST_CHECK bool proposal_set_rdn(struct proposal *p, const char *rule,
                                    const char *type, struct bytes value, bool replace,
                                    struct error *err);
AE_MUST_CHECK bool proposal_remove_rdn(struct proposal *p, const char *type,
                                       struct error *err);
AE_MUST_CHECK bool proposal_add_san(struct proposal *p, const char *rule,
                                    const char *type, struct bytes value,
                                    struct error *err);
AE_MUST_CHECK bool proposal_remove_san(struct proposal *p, int64_t number,
                                       struct error *err);
AE_MUST_CHECK bool proposal_cap_validity(struct proposal *p, int64_t seconds,
                                         struct error *err);
AE_MUST_CHECK bool proposal_set_end(struct proposal *p, int64_t not_after_utc,
                                    struct error *err);
AE_MUST_CHECK bool proposal_add_extension(struct proposal *p, const char *oid,
                                          struct bytes der, bool critical,
                                          struct error *err);
AE_MUST_CHECK bool proposal_remove_extension(struct proposal *p, const char *oid,
                                             struct error *err);
AE_MUST_CHECK bool proposal_narrow_eku(struct proposal *p, const char *const *oids,
                                       size_t count, struct error *err);

#endif
