/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/issued.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/pki/ext_read.h"

#define OID_COMMON_NAME "2.5.4.3"
#define OID_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

/* ---- our own names ------------------------------------------------------------------- */

/* The parts of NAME/HOST@REALM. */
struct own {
    const char *principal;
    const char *first; /* "host", "alice", "WEB1$" */
    const char *host;  /* "web1.example.test", or "" */
};

static void split(const char *principal, struct name_store *store, struct own *out)
{
    size_t name_len = strcspn(principal, "@");
    size_t first_len = strcspn(principal, "/@");

    out->principal = principal;
    out->first = name_store_copy(store, principal, first_len);
    out->host = "";
    if (first_len < name_len) {
        out->host =
            name_store_copy(store, principal + first_len + 1, name_len - first_len - 1);
    }
}

const char *issued_host_of(const char *principal, struct name_store *store)
{
    struct own own;

    split(principal, store, &own);
    return own.host;
}

static bool is_text(struct bytes value, const char *text)
{
    AUTO(string) copy = mem_dup(value.data, value.len);

    return strlen(copy) == value.len && text[0] != '\0' && text_equal_nocase(copy, text);
}

/* What a host or a user is called for short: web1 of host/web1.x@R, WEB1 of WEB1$@R, alice. */
static char *short_name(const struct own *own)
{
    char *name = mem_strdup(own->host[0] == '\0' ? own->first : own->host);

    name[strcspn(name, own->host[0] == '\0' ? "$" : ".")] = '\0';
    return name;
}

/* The part before the first of these characters is our short name. */
static bool begins_with_us(struct bytes value, const char *end, const struct own *own)
{
    AUTO(string) name = short_name(own);
    size_t len = 0;

    while (len < value.len && strchr(end, value.data[len]) == NULL) {
        len++;
    }
    return is_text((struct bytes){value.data, len}, name);
}

static bool is_user(const struct own *own)
{
    return own->host[0] == '\0' && strchr(own->first, '$') == NULL;
}

/* ---- names of a certificate ---------------------------------------------------------- */

static bool is_ours(const struct general_name *name, const struct own *own)
{
    switch ((int)name->type) {
    case GENERAL_KRB5:
        return bytes_equal(name->value, bytes_of_text(own->principal));
    case GENERAL_UPN:
    case GENERAL_EMAIL:
        return is_text(name->value, own->principal) ||
               (is_user(own) && begins_with_us(name->value, "@", own));
    case GENERAL_DNS:
        return is_text(name->value, own->host) ||
               (strchr(own->first, '$') != NULL && begins_with_us(name->value, ".", own));
    default:
        return false;
    }
}

static bool has_own_cn(const struct name_dn *subject, const struct own *own)
{
    for (size_t i = 0; i < subject->count; i++) {
        struct bytes value = bytes_of_text(subject->avas[i].value);

        if (strcmp(subject->avas[i].oid, OID_COMMON_NAME) == 0 &&
            (is_text(value, own->host) || begins_with_us(value, "", own))) {
            return true;
        }
    }
    return false;
}

/* A renewal may keep what we had, and a request what it asked for. */
static bool is_expected(const struct general_name *name, const struct issued_facts *facts,
                        const struct general_names *before)
{
    return name_generals_contain(before, name) ||
           (name->type == GENERAL_DNS && is_text(name->value, facts->host));
}

static bool check_names(const struct cert *certificate, const struct issued_facts *facts,
                        struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names before = {NULL, 0};
    struct general_names sans = {NULL, 0};
    struct name_dn subject = {NULL, 0};
    struct own own;

    split(facts->principal, &store, &own);
    if (!cert_read_subject(certificate, &store, &subject, err) ||
        !cert_read_sans(certificate, &store, &sans, err) ||
        (facts->old != NULL && !cert_read_sans(facts->old, &store, &before, err))) {
        return false;
    }
    bool has_own = has_own_cn(&subject, &own);
    for (size_t i = 0; i < sans.count; i++) {
        bool ours = is_ours(&sans.names[i], &own);

        if (sans.names[i].type == GENERAL_KRB5 && !ours) {
            return error_set(err, ERROR_DENIED,
                             "it is for the Kerberos principal %.*s, and we are %s",
                             (int)sans.names[i].value.len,
                             (const char *)sans.names[i].value.data, facts->principal);
        }
        has_own = has_own || ours || is_expected(&sans.names[i], facts, &before);
    }
    AUTO(buf) text = BUF_EMPTY;
    name_print_dn(&subject, &text);
    return has_own || error_set(err, ERROR_DENIED, "it names '%s' and nothing of %s",
                                buf_text(&text), facts->principal);
}

/* ---- the rest ------------------------------------------------------------------------ */

void issued_read_template(const struct cert *certificate, struct name_store *store,
                          struct ext_template *out)
{
    const struct ext *found =
        ext_list_find(cert_get_extensions(certificate), EXT_OID_TEMPLATE);
    struct ext_template read = {.oid = NULL};
    struct error ignored;

    if (found != NULL && !ext_read_template(found->der, store, &read, &ignored)) {
        read.oid = NULL;
    }
    *out = read;
}

bool issued_can_authenticate(const struct cert *certificate)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct cert_usage usage;
    struct error ignored;

    if (!cert_read_usage(certificate, &store, &usage, &ignored)) {
        return false;
    }
    for (size_t i = 0; i < usage.purposes.count; i++) {
        if (strcmp(usage.purposes.texts[i], OID_CLIENT_AUTH) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_time(const struct cert *certificate, int64_t now_utc, struct error *err)
{
    AUTO(buf) when = BUF_EMPTY;

    if (cert_get_not_before_utc(certificate) > now_utc + ISSUED_SKEW_S) {
        utc_append(&when, cert_get_not_before_utc(certificate));
        return error_set(err, ERROR_DENIED, "it is not in force before %s",
                         buf_text(&when));
    }
    if (cert_get_not_after_utc(certificate) <= now_utc) {
        utc_append(&when, cert_get_not_after_utc(certificate));
        return error_set(err, ERROR_DENIED, "it ended at %s", buf_text(&when));
    }
    return true;
}

static bool check_template(const struct cert *certificate,
                           const struct wire_policy_template *template, struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct ext_template found;

    issued_read_template(certificate, &store, &found);
    return found.oid == NULL || strcmp(found.oid, template->ref.oid) == 0 ||
           error_set(err, ERROR_DENIED, "it is of another template (%s)", found.oid);
}

static bool check_usage(const struct cert *certificate, struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct cert_usage usage;

    if (!cert_read_usage(certificate, &store, &usage, err)) {
        return false;
    }
    if (cert_is_ca(certificate) ||
        (usage.key_usage & (EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN)) != 0) {
        return error_set(err, ERROR_DENIED, "it is a CA's certificate");
    }
    return true;
}

bool issued_check(const struct cert *certificate, const struct issued_facts *facts,
                  struct error *err)
{
    if (!cert_has_spki(certificate, facts->spki)) {
        error_set(err, ERROR_DENIED, "it is for another key than ours");
    } else if (check_usage(certificate, err) &&
               check_time(certificate, facts->now_utc, err) &&
               check_template(certificate, facts->template, err) &&
               check_names(certificate, facts, err)) {
        return true;
    }
    error_wrap(err, "the server's certificate for template '%s' is not installed",
               facts->template->ref.name);
    err->code = ERROR_DENIED;
    return false;
}
