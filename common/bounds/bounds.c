/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bounds/bounds.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cfg_rows.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bounds/bounds_parts.h"
#include "common/pki/ext_words.h"
#include "common/pki/key_spec.h"
#include "common/pki/name_match.h"
#include "common/pki/name_rules.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    VALIDITY_MAX_S = 3660 * DAY_S, /* ten years and their leap days */
    COUNT_MAX = 1000000
};

static bool is_kind(const char *text)
{
    return strcmp(text, wire_account_kind_name(WIRE_ACCOUNT_MACHINE)) == 0 ||
           strcmp(text, wire_account_kind_name(WIRE_ACCOUNT_USER)) == 0;
}

static bool is_key_usage(const char *text)
{
    return ext_find_key_usage(text) != 0;
}

static bool is_profile_purpose(const char *text)
{
    const char *oid = ext_find_purpose(text);

    return oid != NULL && !ext_is_any_purpose(oid);
}

bool bounds_is_infrastructure_purpose(const char *oid)
{
    return strcmp(oid, EXT_PURPOSE_OCSP_SIGNER) == 0 ||
           strcmp(oid, EXT_PURPOSE_CMC_RA) == 0;
}

static bool is_purpose(const char *text)
{
    return is_profile_purpose(text) &&
           !bounds_is_infrastructure_purpose(ext_find_purpose(text));
}

static bool is_extension(const char *text)
{
    return text_is_oid(text) && !ext_is_reserved(text);
}

static bool is_attribute(const char *text)
{
    const char *oid = NULL;
    enum name_encoding encoding;

    return name_attribute_find(text, &oid, &encoding);
}

static bool is_beginning(const char *text)
{
    return strchr(text, ':') != NULL && text[0] != ':';
}

static bool is_oid_or_none(const char *text)
{
    return *text == '\0' || text_is_oid(text);
}

static bool is_proof(const char *text)
{
    return strcmp(text, wire_proof_name(WIRE_PROOF_DIRECTORY)) == 0 ||
           strcmp(text, wire_proof_name(WIRE_PROOF_RULE)) == 0 ||
           strcmp(text, wire_proof_name(WIRE_PROOF_CERTIFICATE)) == 0;
}

#define LIST(member, def, test, is, words)                                               \
    CFG_ROW_FITTING(bounds_template, member, NULL, #member, 1024, def, test, is, words)
#define FLAG(member, words)                                                              \
    CFG_ROW_BOOL(bounds_template, member, NULL, #member, "no", true, words)
#define NUMBER(tag, member, type, key, least, most, def, words)                          \
    CFG_ROW_NUMBER(tag, member, type, NULL, key, least, most, def, true, words)
#define KEYS "such as 'rsa-3072', 'ec-256', 'ed25519'"

static const struct cfg_row template_rows[] = {
    {.key = "oid",
     .type = CFG_TEXT,
     .offset = offsetof(struct bounds_template, oid),
     .max = 256,
     .fallback = "",
     .reloads = true,
     .help = "The template must have this OID too; any without it.",
     .fits = is_oid_or_none,
     .what = "an OID"},
    LIST(ca, NULL, NULL, NULL, "The CAs that may sign it."),
    LIST(kinds, NULL, is_kind, "'machine' or 'user'",
         "Accounts it is for: `machine`, `user`."),
    NUMBER(bounds_template, validity_max_s, CFG_DURATION, "validity_max", HOUR_S,
           VALIDITY_MAX_S, NULL, "The longest validity, counted from the signature."),
    LIST(keys, "rsa-2048, ec-256", key_is_spec, KEYS,
         "Kinds of key and their least size: `rsa-3072`, `ec-256`, `ed25519`."),
    LIST(key_usage, "digitalSignature", is_key_usage,
         "a key usage that an end entity may have",
         "Key usages by their names in RFC 5280; never keyCertSign, cRLSign."),
    FLAG(no_key_usage, "May leave the key usage out: good for any."),
    LIST(ekus, "", is_purpose, "a purpose that a template may have",
         "Purposes (and application policies), OIDs or names such as `clientAuth`; never "
         "any purpose, OCSPSigning, cmcRA."),
    FLAG(no_eku, "May leave the extended key usage out: good for anything."),
    LIST(policies, "", text_is_oid, "an OID", "Certificate policies, OIDs."),
    LIST(extensions, "", is_extension,
         "the OID of an extension without a key or field of its own",
         "Further extensions, OIDs; none that has a key here or a field of its own."),
    LIST(subject, "CN", is_attribute, "an attribute of a subject",
         "Attributes of the subject, OIDs or names such as `CN`, `O`."),
    LIST(dns, "", name_is_domain, "a domain without '*' or '.' in front",
         "DNS names: each of these and everything below it. The CN of a certificate for "
         "servers is held to it as well when it has a dot."),
    FLAG(dns_wildcards, "DNS names may begin with `*.`."),
    LIST(email, "", name_is_domain, "a domain",
         "Mail addresses: their domains, exactly."),
    LIST(upn, "", name_is_domain, "what follows the '@'",
         "User principal names: what follows the `@`."),
    LIST(krb5, "", name_is_domain, "a realm", "KRB5PrincipalName: realms, exactly."),
    LIST(ip, "", name_is_network, "a network such as '10.1.0.0/16'",
         "IP addresses, as networks: `10.1.0.0/16`, `fd00::/8`."),
    LIST(
        uri, "", is_beginning, "the beginning of a URI",
        "URIs: how they begin, up to their end, a `/`, `?` or `#`; an entry that ends in "
        "`:` or `/` is open. URIs with `/..` or `%` never."),
    FLAG(guid, "The object's GUID as alternative name."),
    LIST(other_names, "", text_is_oid, "an OID",
         "Further kinds of otherName, OIDs; their values are not looked at."),
    LIST(approval_for, "rule", is_proof, "'directory', 'rule' or 'certificate'",
         "Names with these proofs need an approval: `rule`, `certificate`, `directory`."),
    NUMBER(bounds_template, approvals, CFG_INT, "approvals", 0, WIRE_APPROVALS_MAX, "0",
           "Approvals that each certificate needs."),
    FLAG(on_behalf, "May be asked for by another than the account."),
    FLAG(no_revocation, "May leave CDP and AIA out."),
    NUMBER(bounds_template, hourly_max, CFG_INT, "hourly_max", 1, COUNT_MAX, "1000",
           "Certificates an hour."),
};

static const struct cfg_row profile_rows[] = {
    CFG_ROW_TEXT(bounds_profile, ca, CFG_TEXT, NULL, "ca", 1, WIRE_CA_MAX, NULL, true,
                 "The CA that may sign it."),
    CFG_ROW_TEXT(bounds_profile, subject, CFG_TEXT, NULL, "subject", 0, 64, "", true,
                 "The subject's CN; the subject is empty without it."),
    CFG_ROW_FITTING(bounds_profile, dns, NULL, "dns", WIRE_HOST_MAX, "", name_is_domain,
                    "a DNS name", "Its DNS names, exactly; at most 16."),
    CFG_ROW_FITTING(
        bounds_profile, ekus, NULL, "ekus", 256, "", is_profile_purpose, "a purpose",
        "Purposes beside its own (serverAuth of `tls`, OCSPSigning of `ocsp`, "
        "cmcRA of `ra`); at most 3."),
    NUMBER(bounds_profile, validity_max_s, CFG_DURATION, "validity_max", HOUR_S,
           VALIDITY_MAX_S, "90d", "The longest validity."),
    CFG_ROW_FITTING(bounds_profile, keys, NULL, "keys", 16, "rsa-3072, ec-256",
                    key_is_spec, KEYS,
                    "Kinds of key and their least size, as of a template."),
    NUMBER(bounds_profile, hourly_max, CFG_INT, "hourly_max", 1, COUNT_MAX, "20",
           "Certificates an hour."),
};

static const struct cfg_row global_rows[] = {
    CFG_ROW_TEXTS(bounds, realms, "global", "realms", 1, WIRE_HOST_MAX, NULL, true,
                  "Realms whose accounts get certificates; exactly as they are."),
    CFG_ROW_TEXTS(
        bounds, protected, "global", "protected", 1, WIRE_PRINCIPAL_MAX, "", true,
        "Names for which nothing is signed without an approval: hosts, `.example.com` "
        "for all below it, accounts, principals, mail addresses, SIDs; as any kind of "
        "name, in any case."),
    CFG_ROW_NUMBER(bounds, approvals, CFG_INT, "global", "approvals", 1,
                   WIRE_APPROVALS_MAX, "1", true,
                   "Approvals that a protected name needs."),
    CFG_ROW_NUMBER(bounds, hourly_max, CFG_INT, "global", "hourly_max", 1, COUNT_MAX,
                   "5000", true, "Certificates an hour, of all templates."),
    CFG_ROW_NUMBER(bounds, begin_tolerance_s, CFG_DURATION, "global", "begin_tolerance",
                   60, DAY_S, "1h", true,
                   "How far a validity may begin from now, before or after."),
};

static const struct cfg_group groups[] = {
    {"template", offsetof(struct bounds, templates), sizeof(struct bounds_template),
     template_rows, sizeof(template_rows) / sizeof(template_rows[0]),
     "What certificates of the template NAME may hold. A template without a section is "
     "refused (UNKNOWN_PROFILE), and so is what its section does not name. An empty list "
     "allows nothing."},
    {"profile", offsetof(struct bounds, profiles), sizeof(struct bounds_profile),
     profile_rows, sizeof(profile_rows) / sizeof(profile_rows[0]),
     "Certificates that policyd gets for itself, whatever the directory's state. NAME is "
     "`tls`, `ocsp` or `ra`."},
};

static const struct cfg_table table = {
    "bounds.conf", sizeof(struct bounds),
    global_rows,   sizeof(global_rows) / sizeof(global_rows[0]),
    groups,        sizeof(groups) / sizeof(groups[0])};

const struct cfg_table *bounds_get_table(void)
{
    return &table;
}

void bounds_free(struct bounds *b)
{
    if (b != NULL) {
        cfg_clear(&table, b);
        free(b);
    }
}

const char *bounds_find(const struct cfg_texts *list, bounds_match *match,
                        const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (match(list->texts[i], text)) {
            return list->texts[i];
        }
    }
    return NULL;
}

static bool is_equal(const char *entry, const char *text)
{
    return strcmp(entry, text) == 0;
}

bool bounds_has(const struct cfg_texts *list, const char *text)
{
    return bounds_find(list, is_equal, text) != NULL;
}

bool bounds_allows_key(const struct cfg_texts *keys, const struct key_info *key)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (key_meets_spec(key, keys->texts[i])) {
            return true;
        }
    }
    return false;
}

const struct bounds_template *bounds_find_template(const struct bounds *b,
                                                   const char *name)
{
    const struct bounds_template *items = b->templates.items;

    for (size_t i = 0; i < b->templates.count; i++) {
        if (strcmp(items[i].name, name) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

const struct bounds_profile *bounds_find_profile(const struct bounds *b, const char *name)
{
    const struct bounds_profile *items = b->profiles.items;

    for (size_t i = 0; i < b->profiles.count; i++) {
        if (strcmp(items[i].name, name) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

static bool check_profile(const struct bounds_profile *p, struct error *err)
{
    bool known = false;

    for (unsigned int i = 0; i < WIRE_PROFILE_COUNT; i++) {
        known |= strcmp(p->name, wire_profile_name((enum wire_profile)i)) == 0;
    }
    if (!known) {
        return error_set(err, ERROR_INVALID, "[profile %s] is none of tls, ocsp, ra",
                         p->name);
    }
    if (p->dns.count > BOUNDS_DNS_NAMES_MAX || p->ekus.count > BOUNDS_PURPOSES_MAX - 1) {
        return error_set(err, ERROR_INVALID, "[profile %s] has too many dns or ekus",
                         p->name);
    }
    return p->dns.count > 0 || *p->subject != '\0' ||
           error_set(err, ERROR_INVALID, "[profile %s] has neither dns nor subject",
                     p->name);
}

static bool check_profiles(const struct bounds *b, struct error *err)
{
    const struct bounds_profile *profiles = b->profiles.items;

    for (size_t i = 0; i < b->profiles.count; i++) {
        if (!check_profile(&profiles[i], err)) {
            return false;
        }
    }
    return true;
}

bool bounds_parse(const struct cfg_text *file, struct bounds **out, struct buf *report,
                  struct error *err)
{
    AUTO(bounds) b = mem_new(sizeof(*b));

    if (!cfg_parse(&table, file, b, NULL, report, err)) {
        return false;
    }
    if (!check_profiles(b, err)) {
        buf_printf(report, "%s: %s\n", file->name, err->message);
        return error_wrap(err, "%s", file->name);
    }
    *out = TAKE(b);
    return true;
}
