/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bounds/bounds_judge.h"

#include <stdarg.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bounds/bounds_parts.h"
#include "common/pki/ext_words.h"

bool bounds_refuse(struct bounds_judgement *j, enum wire_signer_reason reason,
                   const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(j->err,
                       reason == WIRE_SIGNER_MALFORMED ? ERROR_INVALID : ERROR_DENIED,
                       fmt, args);
    va_end(args);
    j->reason = reason;
    return error_wrap(j->err, "template '%s'", j->intent->template.name);
}

static bool find_section(struct bounds_judgement *j)
{
    const struct wire_template_ref *template = &j->intent->template;

    j->template = bounds_find_template(j->bounds, template->name);
    if (j->template == NULL) {
        return bounds_refuse(j, WIRE_SIGNER_UNKNOWN_PROFILE,
                             "the bounds have no section for it");
    }
    return *j->template->oid == '\0' || strcmp(j->template->oid, template->oid) == 0 ||
           bounds_refuse(j, WIRE_SIGNER_UNKNOWN_PROFILE,
                         "its OID %s is not the %s of the bounds", template->oid,
                         j->template->oid);
}

/* Whom it is for, who asked, and which CA is to sign. */
static bool check_origin(struct bounds_judgement *j)
{
    const struct wire_issue_intent *intent = j->intent;
    const char *kind = wire_account_kind_name(intent->account.kind);
    const char *at = strrchr(intent->account.principal, '@');
    bool for_another = intent->op == WIRE_OP_ON_BEHALF || intent->op == WIRE_OP_ADMIN;

    if (at == NULL || (intent->requester != NULL && !for_another) ||
        (intent->requester == NULL && intent->op == WIRE_OP_ON_BEHALF)) {
        return bounds_refuse(j, WIRE_SIGNER_MALFORMED, "%s",
                             at == NULL ? "the principal has no realm"
                                        : "the requester does not fit the operation");
    }
    if (!bounds_has(&j->bounds->realms, at + 1)) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the realm %s is not among the realms of the bounds",
                             at + 1);
    }
    if (!bounds_has(&j->template->ca, intent->ca)) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "CA '%s' is not in its ca",
                             intent->ca);
    }
    if (!bounds_has(&j->template->kinds, kind)) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "a %s is not in its kinds", kind);
    }
    return !for_another || j->template->on_behalf ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                         "nobody may ask on behalf of another (on_behalf)");
}

static bool check_key(struct bounds_judgement *j, const struct key_info *key)
{
    if (key->weak != 0) {
        AUTO(buf) words = BUF_EMPTY;

        key_append_weaknesses(key->weak, &words);
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "the key is weak: %s",
                             buf_text(&words));
    }
    return bounds_allows_key(&j->template->keys, key) ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS, "a key of %s-%u is not in its keys",
                         key_alg_name(key->alg), key->bits);
}

static bool check_validity(struct bounds_judgement *j)
{
    const struct wire_content *c = &j->intent->content;
    int64_t tolerance = j->bounds->begin_tolerance_s;

    if (c->not_after_utc <= c->not_before_utc) {
        return bounds_refuse(j, WIRE_SIGNER_MALFORMED,
                             "the validity ends before it begins");
    }
    if (c->not_before_utc < j->now_utc - tolerance ||
        c->not_before_utc > j->now_utc + tolerance) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the validity begins more than begin_tolerance from now");
    }
    if (c->not_after_utc - j->now_utc > j->template->validity_max_s) {
        AUTO(buf) most = BUF_EMPTY;

        text_append_duration(&most, j->template->validity_max_s);
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the validity is longer than its validity_max of %s",
                             buf_text(&most));
    }
    return true;
}

static bool check_key_usage(struct bounds_judgement *j)
{
    const struct cfg_texts *names = &j->template->key_usage;
    uint32_t allowed = 0;

    if (j->intent->content.key_usage == 0 && !j->template->no_key_usage) {
        /* without the extension every usage is allowed (RFC 5280 4.2.1.3) */
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "it has no key usage (no_key_usage)");
    }
    for (size_t i = 0; i < names->count; i++) {
        allowed |= ext_find_key_usage(names->texts[i]);
    }
    return (j->intent->content.key_usage & ~allowed) == 0 ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                         "the key usage 0x%x has bits that are not in its key_usage",
                         j->intent->content.key_usage);
}

static bool is_purpose(const char *entry, const char *oid)
{
    return strcmp(ext_find_purpose(entry), oid) == 0;
}

static bool check_purpose(struct bounds_judgement *j, const char *oid)
{
    if (ext_is_any_purpose(oid) || bounds_is_infrastructure_purpose(oid)) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the purpose %s is never signed for an account", oid);
    }
    return bounds_find(&j->template->ekus, is_purpose, oid) != NULL ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS, "the purpose %s is not in its ekus", oid);
}

static bool check_purposes(struct bounds_judgement *j)
{
    const struct wire_content *c = &j->intent->content;

    for (size_t i = 0; i < c->eku_count; i++) {
        if (!check_purpose(j, c->ekus[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < c->application_policy_count; i++) {
        if (!check_purpose(j, c->application_policies[i])) {
            return false;
        }
    }
    return c->eku_count > 0 || j->template->no_eku ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS, "it has no extended key usage (no_eku)");
}

static bool check_extensions(struct bounds_judgement *j)
{
    const struct wire_content *c = &j->intent->content;

    for (size_t i = 0; i < c->policy_count; i++) {
        if (!bounds_has(&j->template->policies, c->policies[i].oid)) {
            return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                                 "the policy %s is not in its policies",
                                 c->policies[i].oid);
        }
    }
    for (size_t i = 0; i < c->extension_count; i++) {
        if (ext_is_reserved(c->extensions[i].oid) ||
            !bounds_has(&j->template->extensions, c->extensions[i].oid)) {
            return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                                 "the extension %s is not in its extensions",
                                 c->extensions[i].oid);
        }
    }
    if (c->ocsp_no_check) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "ocsp-nocheck is never signed for an account");
    }
    return !c->no_revocation || j->template->no_revocation ||
           bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                         "CDP and AIA may not be left out (no_revocation)");
}

bool bounds_judge(const struct bounds *b, const struct wire_issue_intent *intent,
                  const struct key_info *key, int64_t now_utc,
                  enum wire_signer_reason *reason, struct error *err)
{
    struct bounds_judgement j = {
        .bounds = b, .intent = intent, .now_utc = now_utc, .err = err};

    if (find_section(&j) && check_origin(&j) && check_key(&j, key) &&
        check_validity(&j) && check_key_usage(&j) && check_purposes(&j) &&
        check_extensions(&j) && bounds_check_names(&j) && bounds_check_approvals(&j)) {
        return true;
    }
    *reason = j.reason;
    return false;
}
