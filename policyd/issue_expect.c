/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/issue_expect.h"

#include <string.h>

#include "common/pki/ext_write.h"

static bool is_critical(const struct wire_content *content, const char *oid)
{
    for (size_t i = 0; i < content->critical_count; i++) {
        if (strcmp(content->critical[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- what is expected ---------------------------------------------------------------- */

static bool expect_usages(const struct wire_content *c, struct ext_list *list,
                          struct error *err)
{
    const struct ext_texts ekus = {c->ekus, c->eku_count};
    const struct ext_texts policies = {c->application_policies,
                                       c->application_policy_count};

    if (c->key_usage != 0 &&
        !ext_add_key_usage(list, c->key_usage, is_critical(c, EXT_OID_KEY_USAGE), err)) {
        return false;
    }
    if (ekus.count > 0 &&
        !ext_add_extended_key_usage(list, ekus,
                                    is_critical(c, EXT_OID_EXTENDED_KEY_USAGE), err)) {
        return false;
    }
    return policies.count == 0 ||
           ext_add_application_policies(
               list, policies, is_critical(c, EXT_OID_APPLICATION_POLICIES), err);
}

static bool expect_policies(const struct wire_content *c, struct ext_list *list,
                            struct error *err)
{
    struct ext_policy policies[WIRE_OIDS_MAX];

    for (size_t i = 0; i < c->policy_count && i < WIRE_OIDS_MAX; i++) {
        const struct wire_policy *p = &c->policies[i];

        policies[i] = (struct ext_policy){p->oid, p->cps_uri, p->notice};
    }
    return c->policy_count == 0 ||
           ext_add_policies(list, policies, c->policy_count,
                            is_critical(c, EXT_OID_POLICIES), err);
}

static bool expect_names(const struct wire_content *c, struct ext_list *list,
                         struct error *err)
{
    struct general_name names[WIRE_SANS_MAX];

    for (size_t i = 0; i < c->san_count && i < WIRE_SANS_MAX; i++) {
        names[i] = c->sans[i].name;
    }
    const struct general_names all = {names, c->san_count};
    return c->san_count == 0 || ext_add_san(list, &all, c->subject_count == 0, err);
}

/* SID and template say where the certificate comes from, whatever the content says. */
static bool expect_origin(const struct issue_proposal *p, struct ext_list *list,
                          struct error *err)
{
    const struct ext_template template = {p->template.oid, true, true, p->template.major,
                                          p->template.minor};
    const char *sid = p->account.sid;

    return (sid == NULL || *sid == '\0' || ext_add_sid(list, sid, err)) &&
           ext_add_template(list, &template, err) &&
           (!p->content.template_name_v1 ||
            ext_add_template_name(list, p->template.name, err));
}

static bool expect_others(const struct wire_content *c, struct ext_list *list,
                          struct error *err)
{
    for (size_t i = 0; i < c->extension_count; i++) {
        const struct wire_extension *e = &c->extensions[i];

        if (!ext_add_other(list, e->oid, e->critical, e->der, err)) {
            return false;
        }
    }
    return (!c->basic_constraints ||
            ext_add_end_entity(list, is_critical(c, EXT_OID_BASIC_CONSTRAINTS), err)) &&
           (!c->ocsp_no_check || ext_add_ocsp_no_check(list, err));
}

static bool expect_all(const struct issue_proposal *p, struct ext_list *list,
                       struct error *err)
{
    const struct wire_content *c = &p->content;

    if (c->policy_count > WIRE_OIDS_MAX || c->san_count > WIRE_SANS_MAX) {
        return error_set(err, ERROR_INTERNAL,
                         "the content has too many names or policies");
    }
    return expect_usages(c, list, err) && expect_policies(c, list, err) &&
           expect_names(c, list, err) && expect_origin(p, list, err) &&
           expect_others(c, list, err) && ext_add_ski(list, p->spki, err);
}

/* ---- what is there ------------------------------------------------------------------- */

/* Where to find the CA's certificate, CRL and OCSP is the signer's to say. */
static bool is_signers_own(const struct issue_proposal *p, const char *oid)
{
    if (strcmp(oid, EXT_OID_AKI) == 0) {
        return true;
    }
    return !p->content.no_revocation && (strcmp(oid, EXT_OID_CRL_POINTS) == 0 ||
                                         strcmp(oid, EXT_OID_AUTHORITY_INFO) == 0);
}

static bool check_one(const struct issue_proposal *p, const struct ext *found,
                      const struct ext_list *expected, struct error *err)
{
    const struct ext *wanted = ext_list_find(expected, found->oid);

    if (wanted == NULL) {
        return is_signers_own(p, found->oid) ||
               error_set(err, ERROR_INTERNAL,
                         "the certificate has extension %s, which was not asked for",
                         found->oid);
    }
    return (wanted->critical == found->critical &&
            bytes_equal(wanted->der, found->der)) ||
           error_set(err, ERROR_INTERNAL,
                     "the certificate has another extension %s than was asked for",
                     found->oid);
}

bool issue_expect_extensions(const struct issue_proposal *proposal,
                             const struct ext_list *found, struct error *err)
{
    AUTO(ext_list) expected = EXT_LIST_EMPTY;

    if (!expect_all(proposal, &expected, err)) {
        err->code = ERROR_INTERNAL; /* the signer made it all the same */
        return false;
    }
    for (size_t i = 0; i < found->count; i++) {
        if (!check_one(proposal, &found->items[i], &expected, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < expected.count; i++) {
        if (ext_list_find(found, expected.items[i].oid) == NULL) {
            return error_set(err, ERROR_INTERNAL,
                             "the certificate lacks extension %s, which was asked for",
                             expected.items[i].oid);
        }
    }
    return true;
}
