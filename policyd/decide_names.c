/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a template's name flags make of a directory entry ([MS-WCCE] 3.2.2.6.2.1.4.5.9). A
 * name that is required and that the entry does not have refuses; nothing is made up.
 */
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "common/tmpl/effective.h"

#include "policyd/decide_parts.h"

#define OID_COMMON_NAME "2.5.4.3"
#define OID_EMAIL       "1.2.840.113549.1.9.1"

/* UPN and Kerberos principal, DNS name, the domain's two, mail, GUID: what add_sans() adds at most. */
enum { OWN_SANS_MAX = 7 };

static bool has_name_flag(const struct decision *d, uint32_t bit)
{
    return tmpl_has_flag(d->in.tmpl, TMPL_NAME, bit);
}

static bool missing(const struct decision *d, const char *attribute, struct error *err)
{
    return error_set(err, ERROR_DENIED, "template '%s' wants %s, and %s has none",
                     d->in.tmpl->cn, attribute, d->in.account->dn);
}

/* ---- the subject --------------------------------------------------------------------- */

static void add_rdn(struct decision *d, const struct name_ava *ava, enum wire_proof proof,
                    const char *source)
{
    struct wire_content *c = &d->facts.proposed;

    c->subject[c->subject_count++] =
        (struct wire_rdn){.ava = *ava, .proof = proof, .source = source};
}

static void add_directory_rdn(struct decision *d, const char *oid, const char *value,
                              const char *attribute)
{
    struct name_ava ava = {.oid = oid,
                           .value = value,
                           .encoding =
                               strcmp(oid, OID_EMAIL) == 0 ? NAME_IA5 : NAME_UTF8};

    add_rdn(d, &ava, WIRE_PROOF_DIRECTORY, attribute);
}

/* The whole DN of the entry, as attributes from the root on. */
static bool add_path(struct decision *d, struct error *err)
{
    struct name_dn dn = {NULL, 0};

    if (!name_scan_dn(d->in.account->dn, &d->store, &dn, err)) {
        return error_wrap(err, "the entry's name cannot be a subject");
    }
    for (size_t i = 0; i < dn.count; i++) {
        add_rdn(d, &dn.avas[i], WIRE_PROOF_DIRECTORY, "dn");
    }
    return true;
}

static bool add_common_name(struct decision *d, struct error *err)
{
    const struct wire_account *a = d->in.account;
    bool is_machine = a->ref.kind == WIRE_ACCOUNT_MACHINE;
    const char *value = is_machine ? a->dns_host_name : a->cn;
    const char *attribute = is_machine ? "dNSHostName" : "cn";

    if (value[0] == '\0') {
        return missing(d, attribute, err);
    }
    if (strlen(value) > 64) { /* RFC 5280 appendix A.1: ub-common-name */
        return error_set(err, ERROR_DENIED,
                         "%s '%s' is longer than the 64 characters of a common name: use "
                         "a template with alternative names only",
                         attribute, value);
    }
    add_directory_rdn(d, OID_COMMON_NAME, value, attribute);
    return true;
}

static bool add_subject(struct decision *d, struct error *err)
{
    const struct wire_account *a = d->in.account;

    if (has_name_flag(d, TMPL_SUBJECT_DIRECTORY_PATH)) {
        if (!add_path(d, err)) {
            return false;
        }
    } else if (has_name_flag(d, TMPL_SUBJECT_COMMON_NAME | TMPL_SUBJECT_DNS_AS_CN) &&
               !add_common_name(d, err)) {
        return false;
    }
    if (has_name_flag(d, TMPL_SUBJECT_EMAIL)) {
        if (a->mail_count == 0) {
            return missing(d, "mail", err);
        }
        add_directory_rdn(d, OID_EMAIL, a->mails[0], "mail");
    }
    return true;
}

/* ---- the alternative names ----------------------------------------------------------- */

static void add_san(struct decision *d, const struct general_name *name,
                    enum wire_proof proof, const char *source)
{
    struct wire_content *c = &d->facts.proposed;

    c->sans[c->san_count++] =
        (struct wire_san){.name = *name, .proof = proof, .source = source};
}

static void add_text_san(struct decision *d, enum general_type type, const char *text,
                         const char *attribute)
{
    const struct general_name name = {type, "", bytes_of_text(text)};

    add_san(d, &name, WIRE_PROOF_DIRECTORY, attribute);
}

/*
 * UPN, and what MIT and Heimdal KDCs look for instead (RFC 4556 3.2.2). The SPN flag is
 * specified as the same thing, whatever its name.
 */
static bool add_logon_names(struct decision *d, struct error *err)
{
    const struct wire_account *a = d->in.account;
    bool is_ad = a->ref.id_kind == WIRE_ID_OBJECT_GUID;

    if (!has_name_flag(d, TMPL_SAN_UPN | TMPL_SAN_SPN)) {
        return true;
    }
    if (a->upn[0] == '\0' && is_ad) {
        return missing(d, "userPrincipalName", err);
    }
    if (a->upn[0] != '\0') {
        add_text_san(d, GENERAL_UPN, a->upn, "userPrincipalName");
    }
    if (!is_ad) {
        add_text_san(d, GENERAL_KRB5, a->ref.principal, "krbPrincipalName");
    }
    return true;
}

static bool add_host_names(struct decision *d, struct error *err)
{
    const struct wire_account *a = d->in.account;

    if (has_name_flag(d, TMPL_SAN_DNS)) {
        if (a->dns_host_name[0] == '\0') {
            return missing(d, "dNSHostName", err);
        }
        add_text_san(d, GENERAL_DNS, a->dns_host_name, "dNSHostName");
    }
    if (has_name_flag(d, TMPL_SAN_DOMAIN_DNS)) {
        /* from our own configuration, never from what a request names */
        if (d->in.site->domain[0] == '\0') {
            return error_set(err, ERROR_DENIED,
                             "template '%s' wants the domain's name, and none is "
                             "configured: set directory.domain",
                             d->in.tmpl->cn);
        }
        add_text_san(d, GENERAL_DNS, d->in.site->domain, "directory.domain");
        if (d->in.site->netbios[0] != '\0') {
            add_text_san(d, GENERAL_DNS, d->in.site->netbios, "directory.netbios");
        }
    }
    return true;
}

static bool add_sans(struct decision *d, struct error *err)
{
    const struct wire_account *a = d->in.account;

    if (!add_logon_names(d, err)) {
        return false;
    }
    if (has_name_flag(d, TMPL_SAN_EMAIL)) {
        if (a->mail_count == 0) {
            return missing(d, "mail", err);
        }
        add_text_san(d, GENERAL_EMAIL, a->mails[0], "mail");
    }
    if (has_name_flag(d, TMPL_SAN_DIRECTORY_GUID)) {
        const struct general_name guid = {GENERAL_GUID, "", a->guid};

        if (a->guid.len != 16) {
            return missing(d, "objectGUID", err);
        }
        add_san(d, &guid, WIRE_PROOF_DIRECTORY, "objectGUID");
    }
    return add_host_names(d, err);
}

/* ---- names out of the request -------------------------------------------------------- */

static bool is_text(struct bytes value, const char *text)
{
    return text[0] != '\0' && value.len == strlen(text) &&
           strncasecmp((const char *)value.data, text, value.len) == 0;
}

static bool is_mail(const struct wire_account *a, struct bytes value)
{
    for (size_t i = 0; i < a->mail_count; i++) {
        if (is_text(value, a->mails[i])) {
            return true;
        }
    }
    return false;
}

/* The attribute of the account's entry that vouches for the name; NULL: none does. */
static const char *find_own(const struct wire_account *a, const struct general_name *name)
{
    const struct {
        enum general_type type;
        bool is_own;
        const char *attribute;
    } facts[] = {
        {GENERAL_DNS, is_text(name->value, a->dns_host_name), "dNSHostName"},
        {GENERAL_UPN, is_text(name->value, a->upn), "userPrincipalName"},
        {GENERAL_KRB5, bytes_equal(name->value, bytes_of_text(a->ref.principal)),
         "krbPrincipalName"},
        {GENERAL_EMAIL, is_mail(a, name->value), "mail"},
    };

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (facts[i].type == name->type && facts[i].is_own) {
            return facts[i].attribute;
        }
    }
    return NULL;
}

static const char *find_own_common_name(const struct wire_account *a, const char *value)
{
    struct bytes text = bytes_of_text(value);

    if (a->ref.kind == WIRE_ACCOUNT_MACHINE) {
        return is_text(text, a->dns_host_name) ? "dNSHostName" : NULL;
    }
    return is_text(text, a->cn) ? "cn" : NULL;
}

/* That a renewal repeats what was approved once is proof enough where the flag says so. */
static bool is_previous_good(const struct decision *d)
{
    const struct decide_previous *previous = d->in.previous;

    return previous != NULL && previous->template_oid != NULL &&
           strcmp(previous->template_oid, d->in.tmpl->oid) == 0 &&
           tmpl_has_flag(d->in.tmpl, TMPL_ENROLLMENT, TMPL_PREVIOUS_APPROVAL_VALIDATE);
}

static bool previous_has_ava(const struct decision *d, const struct name_ava *ava)
{
    const struct name_dn *subject = &d->in.previous->subject;
    struct name_ava wanted = *ava;
    const struct name_dn one = {&wanted, 1};

    wanted.joined = false;
    for (size_t i = 0; i < subject->count; i++) {
        struct name_ava had = subject->avas[i];

        had.joined = false;
        if (name_dn_equal(&one, &(struct name_dn){&had, 1})) {
            return true;
        }
    }
    return false;
}

static void take_subject(struct decision *d)
{
    const struct name_dn *subject = &d->in.csr->subject;

    for (size_t i = 0; i < subject->count; i++) {
        const struct name_ava *ava = &subject->avas[i];
        const char *own = strcmp(ava->oid, OID_COMMON_NAME) == 0
                              ? find_own_common_name(d->in.account, ava->value)
                              : NULL;

        if (own != NULL) {
            add_rdn(d, ava, WIRE_PROOF_DIRECTORY, own);
        } else if (is_previous_good(d) && previous_has_ava(d, ava)) {
            add_rdn(d, ava, WIRE_PROOF_CERTIFICATE, "previous");
        } else {
            add_rdn(d, ava, WIRE_PROOF_APPROVAL, d->in.request_id);
        }
    }
}

/* A kind that the site does not allow is left out, and refused as a name later. */
static void take_sans(struct decision *d)
{
    const struct general_names *sans = &d->in.csr->sans;

    for (size_t i = 0; i < sans->count; i++) {
        const struct general_name *name = &sans->names[i];
        const char *own = find_own(d->in.account, name);

        if ((d->in.site->san_types & (1U << name->type)) == 0) {
            continue;
        }
        if (own != NULL) {
            add_san(d, name, WIRE_PROOF_DIRECTORY, own);
        } else if (is_previous_good(d) &&
                   name_generals_contain(&d->in.previous->sans, name)) {
            add_san(d, name, WIRE_PROOF_CERTIFICATE, "previous");
        } else {
            add_san(d, name, WIRE_PROOF_APPROVAL, d->in.request_id);
        }
    }
}

/* ---- what is critical ---------------------------------------------------------------- */

static bool is_present(const struct wire_content *c, const char *oid)
{
    const struct {
        const char *oid;
        bool present;
    } fields[] = {
        {EXT_OID_KEY_USAGE, c->key_usage != 0},
        {EXT_OID_EXTENDED_KEY_USAGE, c->eku_count > 0},
        {EXT_OID_APPLICATION_POLICIES, c->application_policy_count > 0},
        {EXT_OID_POLICIES, c->policy_count > 0},
        {EXT_OID_BASIC_CONSTRAINTS, c->basic_constraints},
        {EXT_OID_SAN, c->san_count > 0},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].oid, oid) == 0) {
            return fields[i].present;
        }
    }
    return false;
}

static void mark_critical(struct decision *d)
{
    const struct tmpl_list *wanted = &d->in.tmpl->critical;
    struct wire_content *c = &d->facts.proposed;
    bool has_san = false;

    c->critical = name_store_new(&d->store, (wanted->count + 1) * sizeof(*c->critical));
    for (size_t i = 0; i < wanted->count; i++) {
        if (is_present(c, wanted->items[i])) {
            c->critical[c->critical_count++] = wanted->items[i];
            has_san = has_san || strcmp(wanted->items[i], EXT_OID_SAN) == 0;
        }
    }
    /* RFC 5280 4.2.1.6: without a subject the alternative name is critical */
    if (c->subject_count == 0 && c->san_count > 0 && !has_san) {
        c->critical[c->critical_count++] = EXT_OID_SAN;
    }
}

/* ---- all ----------------------------------------------------------------------------- */

bool decide_names(struct decision *d, struct error *err)
{
    struct wire_content *c = &d->facts.proposed;
    bool takes_subject = has_name_flag(d, TMPL_ENROLLEE_SUPPLIES_SUBJECT);

    c->subject = name_store_new(&d->store, (WIRE_AVAS_MAX + 1) * sizeof(*c->subject));
    c->sans = name_store_new(&d->store,
                             (d->in.csr->sans.count + OWN_SANS_MAX) * sizeof(*c->sans));
    if (takes_subject) {
        take_subject(d);
    } else if (!add_subject(d, err)) {
        return false;
    }
    if (takes_subject || has_name_flag(d, TMPL_ENROLLEE_SUPPLIES_SAN)) {
        take_sans(d);
    } else if (!add_sans(d, err)) {
        return false;
    }
    mark_critical(d);
    return true;
}

static void separate(struct buf *out, size_t begun)
{
    if (out->len > begun) {
        buf_append_text(out, ", ");
    }
}

void decide_print_names(const struct wire_content *content, struct buf *out)
{
    const size_t begun = out->len;

    for (size_t i = 0; i < content->subject_count; i++) {
        struct name_ava ava = content->subject[i].ava;

        ava.joined = false;
        separate(out, begun);
        name_print_dn(&(struct name_dn){&ava, 1}, out);
    }
    for (size_t i = 0; i < content->san_count; i++) {
        separate(out, begun);
        name_print_general(&content->sans[i].name, out);
    }
    if (out->len == begun) {
        buf_append_text(out, "no name at all");
    }
}
