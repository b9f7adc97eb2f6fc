/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CSR beside the certificate that was judged. Nothing is taken from it here: a wish that
 * would not come true refuses, so that the requester learns of it instead of getting something
 * else in silence.
 */
#include <string.h>
#include <strings.h>

#include "common/pki/ext_read.h"

#include "policyd/decide_parts.h"

#define OID_COMMON_NAME "2.5.4.3"

enum { NAME_SHOWN_MAX = 256 /* octets in a sentence */ };

/* ---- names --------------------------------------------------------------------------- */

static bool has_ava(const struct wire_content *content, const struct name_ava *ava)
{
    struct name_ava wanted = *ava;
    const struct name_dn one = {&wanted, 1};

    wanted.joined = false;
    for (size_t i = 0; i < content->subject_count; i++) {
        struct name_ava given = content->subject[i].ava;

        given.joined = false;
        if (name_dn_equal(&one, &(struct name_dn){&given, 1})) {
            return true;
        }
    }
    return false;
}

static bool has_san(const struct wire_content *content, const struct general_name *name)
{
    for (size_t i = 0; i < content->san_count; i++) {
        if (name_general_equal(&content->sans[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Clients put the host's or the user's name into CN although it will be a SAN only. */
static bool is_san_text(const struct wire_content *content, const char *value)
{
    size_t len = strlen(value);

    for (size_t i = 0; i < content->san_count; i++) {
        const struct general_name *name = &content->sans[i].name;
        bool is_text = name->type == GENERAL_DNS || name->type == GENERAL_EMAIL ||
                       name->type == GENERAL_UPN;

        if (is_text && name->value.len == len &&
            strncasecmp((const char *)name->value.data, value, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool refuse_name(const struct wire_content *content, const char *kind,
                        struct bytes value, struct error *err)
{
    AUTO(buf) names = BUF_EMPTY;

    decide_print_names(content, &names);
    return error_set(err, ERROR_DENIED,
                     "the request asks for the %s '%.*s', which the certificate would "
                     "not have; it would have: %s",
                     kind, (int)(value.len < NAME_SHOWN_MAX ? value.len : NAME_SHOWN_MAX),
                     (const char *)value.data, buf_text(&names));
}

/* The account's own logon names are harmless anywhere: what certmonger always sends. */
static bool is_own_logon_name(const struct wire_account *account,
                              const struct general_name *name)
{
    return (name->type == GENERAL_UPN || name->type == GENERAL_KRB5) &&
           (bytes_equal(name->value, bytes_of_text(account->ref.principal)) ||
            (account->upn[0] != '\0' &&
             bytes_equal(name->value, bytes_of_text(account->upn))));
}

static bool compare_names(const struct decision *d, const struct wire_content *content,
                          struct error *err)
{
    const struct csr *csr = d->in.csr;

    for (size_t i = 0; i < csr->subject.count; i++) {
        const struct name_ava *ava = &csr->subject.avas[i];
        bool is_cn = strcmp(ava->oid, OID_COMMON_NAME) == 0;

        if (!has_ava(content, ava) && !(is_cn && is_san_text(content, ava->value))) {
            return refuse_name(content, name_attribute_label(ava->oid),
                               bytes_of_text(ava->value), err);
        }
    }
    for (size_t i = 0; i < csr->sans.count; i++) {
        AUTO(buf) text = BUF_EMPTY;

        if (!has_san(content, &csr->sans.names[i]) &&
            !is_own_logon_name(d->in.account, &csr->sans.names[i])) {
            name_print_general(&csr->sans.names[i], &text);
            return refuse_name(content, "alternative name", buf_bytes(&text), err);
        }
    }
    return true;
}

/* ---- extensions ---------------------------------------------------------------------- */

/* Does the value ask for nothing that the certificate will not have? */
typedef bool extension_check(const struct decision *d, const struct wire_content *content,
                             struct bytes der);

static bool check_anything(const struct decision *d, const struct wire_content *content,
                           struct bytes der)
{
    (void)d;
    (void)content;
    (void)der;
    return true; /* names were compared; templates were gated; the SKI is our own */
}

static bool check_constraints(const struct decision *d,
                              const struct wire_content *content, struct bytes der)
{
    struct ext_constraints constraints;
    struct error err;
    (void)d;
    (void)content;

    return ext_read_basic_constraints(der, &constraints, &err) && !constraints.ca;
}

static bool check_key_usage(const struct decision *d, const struct wire_content *content,
                            struct bytes der)
{
    uint32_t usage = 0;
    struct error err;
    (void)d;

    return ext_read_key_usage(der, &usage, &err) && (usage & ~content->key_usage) == 0;
}

static bool is_among(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool are_among(const struct ext_texts *asked, const char *const *texts,
                      size_t count)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (!is_among(texts, count, asked->texts[i])) {
            return false;
        }
    }
    return true;
}

static bool check_purposes(const struct decision *d, const struct wire_content *content,
                           struct bytes der)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct ext_texts asked = {NULL, 0};
    struct error err;
    (void)d;

    return ext_read_extended_key_usage(der, &store, &asked, &err) &&
           are_among(&asked, content->ekus, content->eku_count);
}

static bool check_application_policies(const struct decision *d,
                                       const struct wire_content *content,
                                       struct bytes der)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct ext_texts asked = {NULL, 0};
    struct error err;
    (void)d;

    return ext_read_policies(der, &store, &asked, &err) &&
           are_among(&asked, content->ekus, content->eku_count);
}

static bool check_sid(const struct decision *d, const struct wire_content *content,
                      struct bytes der)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    const char *sid = "";
    struct error err;
    (void)content;

    return ext_read_sid(der, &store, &sid, &err) &&
           strcmp(sid, d->in.account->ref.sid) == 0;
}

static const struct {
    const char *oid;
    extension_check *check;
} harmless[] = {
    {EXT_OID_SAN, check_anything},
    {EXT_OID_SKI, check_anything},
    {EXT_OID_TEMPLATE, check_anything},
    {EXT_OID_TEMPLATE_NAME, check_anything},
    {EXT_OID_BASIC_CONSTRAINTS, check_constraints},
    {EXT_OID_KEY_USAGE, check_key_usage},
    {EXT_OID_EXTENDED_KEY_USAGE, check_purposes},
    {EXT_OID_APPLICATION_POLICIES, check_application_policies},
    {EXT_OID_SID, check_sid},
};

static bool is_harmless(const struct decision *d, const struct wire_content *content,
                        const struct ext *ext)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (strcmp(harmless[i].oid, ext->oid) == 0) {
            return harmless[i].check(d, content, ext->der);
        }
    }
    for (size_t i = 0; i < content->extension_count; i++) {
        if (strcmp(content->extensions[i].oid, ext->oid) == 0) {
            return bytes_equal(content->extensions[i].der, ext->der);
        }
    }
    return false;
}

static bool compare_extensions(const struct decision *d,
                               const struct wire_content *content, struct error *err)
{
    const struct ext_list *list = &d->in.csr->extensions;

    for (size_t i = 0; i < list->count; i++) {
        if (!is_harmless(d, content, &list->items[i])) {
            return error_set(err, ERROR_DENIED,
                             "the request asks for extension %s with a value that the "
                             "certificate would not have",
                             list->items[i].oid);
        }
    }
    return true;
}

static bool check_attributes(const struct decision *d, struct error *err)
{
    for (size_t i = 0; i < d->in.csr->attribute_count; i++) {
        const struct csr_attribute *a = &d->in.csr->attributes[i];

        if (a->kind == CSR_ATTRIBUTE_OTHER || a->kind == CSR_ATTRIBUTE_CHANGE_NAME ||
            a->kind == CSR_ATTRIBUTE_NAME_VALUE_PAIRS) {
            return error_set(err, ERROR_DENIED,
                             "the request has attribute %s, which nothing here answers",
                             a->oid);
        }
    }
    return true;
}

bool decide_compare_csr(const struct decision *d, const struct wire_content *content,
                        enum reason *reason, struct error *err)
{
    *reason = REASON_NAME_NOT_YOURS;
    if (!compare_names(d, content, err)) {
        return false;
    }
    *reason = REASON_CSR_EXTENSION;
    return compare_extensions(d, content, err) && check_attributes(d, err);
}
