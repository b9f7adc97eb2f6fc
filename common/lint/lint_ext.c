/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lint/lint_ext.h"

#include <string.h>

#include "common/pki/ext_read.h"
#include "common/pki/ext_words.h"

static const struct ext *find(const struct cert *cert, const char *oid)
{
    return ext_list_find(cert_get_extensions(cert), oid);
}

static bool is_same_list(const struct ext_texts *found, const char *const *wanted,
                         size_t count)
{
    bool same = found->count == count;

    for (size_t i = 0; same && i < count; i++) {
        same = strcmp(found->texts[i], wanted[i]) == 0;
    }
    return same;
}

bool lint_check_usage(const struct cert *cert, const struct wire_content *c,
                      struct name_store *store, struct error *err)
{
    struct cert_usage usage;

    if (!cert_read_usage(cert, store, &usage, err)) {
        return error_wrap(err, "lint");
    }
    uint32_t bits = usage.has_key_usage ? usage.key_usage : 0;
    if (bits != c->key_usage || usage.has_key_usage != (c->key_usage != 0) ||
        (bits & (EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN)) != 0) {
        return error_set(err, ERROR_INVALID,
                         "lint: the key usage is not the intent's, or a CA's");
    }
    bool same = usage.has_purposes ? is_same_list(&usage.purposes, c->ekus, c->eku_count)
                                   : c->eku_count == 0;
    for (size_t i = 0; same && i < c->eku_count; i++) {
        same = !ext_is_any_purpose(c->ekus[i]);
    }
    return same || error_set(err, ERROR_INVALID,
                             "lint: the purposes are not the intent's, or any purpose");
}

/* What must be there, once each. */
struct expected {
    const char *oids[EXT_MAX];
    bool critical[EXT_MAX];
    size_t count;
};

static bool is_critical(const struct wire_content *c, const char *oid)
{
    for (size_t i = 0; i < c->critical_count; i++) {
        if (strcmp(c->critical[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

static void expect(struct expected *e, bool wanted, const char *oid, bool critical)
{
    if (wanted && e->count < EXT_MAX) {
        e->oids[e->count] = oid;
        e->critical[e->count++] = critical;
    }
}

static void expect_all(struct expected *e, const struct wire_issue_intent *intent,
                       const struct lint_issuer *issuer)
{
    const struct wire_content *c = &intent->content;
    const struct {
        bool wanted;
        const char *oid;
    } chosen[] = {
        {c->key_usage != 0, EXT_OID_KEY_USAGE},
        {c->eku_count > 0, EXT_OID_EXTENDED_KEY_USAGE},
        {c->application_policy_count > 0, EXT_OID_APPLICATION_POLICIES},
        {c->policy_count > 0, EXT_OID_POLICIES},
        {c->basic_constraints, EXT_OID_BASIC_CONSTRAINTS},
    };

    for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
        expect(e, chosen[i].wanted, chosen[i].oid, is_critical(c, chosen[i].oid));
    }
    expect(e, true, EXT_OID_AKI, false);
    expect(e, true, EXT_OID_SKI, false);
    expect(e, c->san_count > 0, EXT_OID_SAN, c->subject_count == 0);
    expect(e, issuer->crl && !c->no_revocation, EXT_OID_CRL_POINTS, false);
    expect(e, issuer->info && !c->no_revocation, EXT_OID_AUTHORITY_INFO, false);
    expect(e, *intent->account.sid != '\0', EXT_OID_SID, false);
    expect(e, *intent->template.oid != '\0', EXT_OID_TEMPLATE, false);
    expect(e, c->template_name_v1, EXT_OID_TEMPLATE_NAME, false);
    expect(e, c->ocsp_no_check, EXT_OID_OCSP_NO_CHECK, false);
    for (size_t i = 0; i < c->extension_count; i++) {
        expect(e, true, c->extensions[i].oid, c->extensions[i].critical);
    }
}

bool lint_check_set(const struct cert *cert, const struct wire_issue_intent *intent,
                    const struct lint_issuer *issuer, struct error *err)
{
    struct expected expected = {.count = 0};

    expect_all(&expected, intent, issuer);
    if (expected.count == EXT_MAX) {
        return error_set(err, ERROR_INVALID, "lint: the intent has too many extensions");
    }
    for (size_t i = 0; i < expected.count; i++) {
        const struct ext *found = find(cert, expected.oids[i]);

        if (found == NULL || found->critical != expected.critical[i]) {
            return error_set(err, ERROR_INVALID, "lint: the extension %s is %s",
                             expected.oids[i],
                             found == NULL     ? "missing"
                             : found->critical ? "critical"
                                               : "not critical");
        }
    }
    /* each that is expected was found, none can be there twice: the counts tell the rest */
    return cert_get_extensions(cert)->count == expected.count ||
           error_set(err, ERROR_INVALID, "lint: there are other extensions too");
}

static bool check_key_ids(const struct cert *cert, const struct lint_issuer *issuer,
                          struct error *err)
{
    const struct ext *above = find(issuer->certificate, EXT_OID_SKI);
    struct bytes wanted;
    struct bytes aki;
    struct bytes ski;

    if (above == NULL || !ext_read_ski(above->der, &wanted, err) ||
        !ext_read_aki(find(cert, EXT_OID_AKI)->der, &aki, err) ||
        !ext_read_ski(find(cert, EXT_OID_SKI)->der, &ski, err) ||
        !bytes_equal(aki, wanted)) {
        return error_set(err, ERROR_INVALID, "lint: the key ids are wrong");
    }
    return true;
}

static bool check_account(const struct cert *cert, const struct wire_issue_intent *intent,
                          struct name_store *store, struct error *err)
{
    const struct wire_template_ref *template = &intent->template;
    const struct ext *sid = find(cert, EXT_OID_SID);
    const struct ext *v2 = find(cert, EXT_OID_TEMPLATE);
    const struct ext *v1 = find(cert, EXT_OID_TEMPLATE_NAME);
    struct ext_template found;
    const char *text = NULL;

    if (sid != NULL && (!ext_read_sid(sid->der, store, &text, err) ||
                        strcmp(text, intent->account.sid) != 0)) {
        return error_set(err, ERROR_INVALID, "lint: the SID is not the account's");
    }
    if (v1 != NULL && (!ext_read_template_name(v1->der, store, &text, err) ||
                       strcmp(text, template->name) != 0)) {
        return error_set(err, ERROR_INVALID, "lint: the template's name is another");
    }
    if (v2 != NULL &&
        (!ext_read_template(v2->der, store, &found, err) ||
         strcmp(found.oid, template->oid) != 0 || !found.has_major || !found.has_minor ||
         found.major != template->major || found.minor != template->minor)) {
        return error_set(err, ERROR_INVALID, "lint: the template is another");
    }
    return true;
}

static bool check_policies(const struct cert *cert, const struct wire_content *c,
                           struct name_store *store, struct error *err)
{
    const struct ext *application = find(cert, EXT_OID_APPLICATION_POLICIES);
    const struct ext *policies = find(cert, EXT_OID_POLICIES);
    struct ext_texts texts = {NULL, 0};
    bool same =
        application == NULL ||
        (ext_read_policies(application->der, store, &texts, err) &&
         is_same_list(&texts, c->application_policies, c->application_policy_count));

    if (same && policies != NULL) {
        same = ext_read_policies(policies->der, store, &texts, err) &&
               texts.count == c->policy_count;
        for (size_t i = 0; same && i < texts.count; i++) {
            same = strcmp(texts.texts[i], c->policies[i].oid) == 0;
        }
    }
    return same ||
           error_set(err, ERROR_INVALID, "lint: the policies are not the intent's");
}

bool lint_check_values(const struct cert *cert, const struct wire_issue_intent *intent,
                       const struct lint_issuer *issuer, struct name_store *store,
                       struct error *err)
{
    const struct wire_content *c = &intent->content;

    for (size_t i = 0; i < c->extension_count; i++) {
        if (ext_is_reserved(c->extensions[i].oid) ||
            !bytes_equal(find(cert, c->extensions[i].oid)->der, c->extensions[i].der)) {
            return error_set(err, ERROR_INVALID,
                             "lint: the extension %s is not the intent's",
                             c->extensions[i].oid);
        }
    }
    return check_key_ids(cert, issuer, err) && check_account(cert, intent, store, err) &&
           check_policies(cert, c, store, err);
}
