/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/name_rules.h"

#include "policyd/rules/facts.h"
#include "policyd/rules/proposal.h"

/* The types that rules can write by their short names. */
static const char *const known_oids[] = {
    "2.5.4.3",
    "2.5.4.4",
    "2.5.4.5",
    "2.5.4.6",
    "2.5.4.7",
    "2.5.4.8",
    "2.5.4.9",
    "2.5.4.10",
    "2.5.4.11",
    "2.5.4.12",
    "2.5.4.13",
    "2.5.4.17",
    "2.5.4.41",
    "2.5.4.42",
    "2.5.4.43",
    "2.5.4.44",
    "2.5.4.46",
    "2.5.4.65",
    "2.5.4.97",
    "0.9.2342.19200300.100.1.1",
    "0.9.2342.19200300.100.1.25",
    "1.2.840.113549.1.9.1",
};

static const char *oid_of(const char *type)
{
    for (size_t i = 0; i < sizeof(known_oids) / sizeof(known_oids[0]); i++) {
        if (text_equal_nocase(name_attribute_label(known_oids[i]), type)) {
            return known_oids[i];
        }
    }
    return text_is_oid(type) ? type : NULL;
}

static bool refuse_type(const char *type, struct error *err)
{
    return error_set(
        err, ERROR_INVALID,
        "'%.64s' is no type of a name's part; write CN, O, OU, ... or an OID", type);
}

/* The string type in which the attribute may stand (RFC 5280 appendix A.1). */
static enum name_encoding encoding_of(const char *oid)
{
    static const char *const printable[] = {"C", "serialNumber", "dnQualifier"};
    static const char *const ia5[] = {"DC", "emailAddress"};
    const char *label = name_attribute_label(oid);

    for (size_t i = 0; i < sizeof(printable) / sizeof(printable[0]); i++) {
        if (strcmp(label, printable[i]) == 0) {
            return NAME_PRINTABLE;
        }
    }
    for (size_t i = 0; i < sizeof(ia5) / sizeof(ia5[0]); i++) {
        if (strcmp(label, ia5[i]) == 0) {
            return NAME_IA5;
        }
    }
    return NAME_UTF8;
}

bool proposal_read_ava(const char *type, struct bytes value, struct name_store *store,
                       struct name_ava *out, struct error *err)
{
    const char *oid = oid_of(type);

    if (oid == NULL) {
        return refuse_type(type, err);
    }
    if (value.len > NAME_VALUE_MAX || memchr(value.data, '\0', value.len) != NULL) {
        return error_set(err, ERROR_INVALID, "the value of %s is no text of a name",
                         type);
    }
    *out = (struct name_ava){.oid = name_store_copy(store, oid, strlen(oid)),
                             .value = name_store_copy(store, value.data, value.len),
                             .encoding = encoding_of(oid)};
    return true;
}

static size_t find_rdn(const struct proposal *p, const char *oid)
{
    size_t i = 0;

    while (i < p->content->subject_count &&
           strcmp(p->parts.subject[i].ava.oid, oid) != 0) {
        i++;
    }
    return i;
}

static void take_out(struct proposal *p, size_t at)
{
    struct wire_rdn *subject = p->parts.subject;
    size_t last = p->content->subject_count - 1;

    if (at < last && !subject[at].ava.joined) {
        subject[at + 1].ava.joined = false; /* it leads its RDN now */
    }
    memmove(&subject[at], &subject[at + 1], (last - at) * sizeof(subject[0]));
    memmove(&p->parts.set_by_rule[at], &p->parts.set_by_rule[at + 1], last - at);
    p->content->subject_count = last;
}

/* Root first: what is general stands before what names somebody. */
static size_t place_of(const struct proposal *p, const char *oid)
{
    size_t cn = find_rdn(p, known_oids[0]);

    return strcmp(oid, known_oids[0]) == 0 || cn == p->content->subject_count ||
                   p->parts.subject[cn].ava.joined
               ? p->content->subject_count
               : cn;
}

static void put_in(struct proposal *p, size_t at, const struct wire_rdn *rdn)
{
    struct wire_rdn *subject = p->parts.subject;
    size_t behind = p->content->subject_count - at;

    memmove(&subject[at + 1], &subject[at], behind * sizeof(subject[0]));
    memmove(&p->parts.set_by_rule[at + 1], &p->parts.set_by_rule[at], behind);
    subject[at] = *rdn;
    if (behind > 0) {
        subject[at + 1].ava.joined = false; /* not to the new one */
    }
    p->parts.set_by_rule[at] = true;
    p->content->subject_count++;
}

bool proposal_set_rdn(struct proposal *p, const char *rule, const char *type,
                      struct bytes value, bool replace, struct error *err)
{
    struct envelope_origin origin = {0};
    struct wire_rdn rdn = {.ava = {.oid = "", .value = ""}};

    if (!proposal_read_ava(type, value, &p->texts, &rdn.ava, err)) {
        return false;
    }
    if (!envelope_check_ava(p->facts, &rdn.ava, &origin, err)) {
        return error_wrap(err, "%s", type);
    }
    rdn.proof = origin.proof;
    rdn.source = origin.source[0] != '\0'
                     ? origin.source
                     : name_store_copy(&p->texts, rule, strlen(rule));
    const char *oid = rdn.ava.oid;
    size_t at = find_rdn(p, oid);
    const bool found = at < p->content->subject_count;
    if (found && p->parts.set_by_rule[at] && !replace &&
        strcmp(p->parts.subject[at].ava.value, rdn.ava.value) != 0) {
        return error_set(err, ERROR_INVALID,
                         "%s was set by a rule already, to another value; say "
                         "{replace=true} to set it again",
                         type);
    }
    if (!found && p->content->subject_count == WIRE_AVAS_MAX) {
        return error_set(err, ERROR_INVALID, "the subject has too many parts");
    }
    for (size_t old = at; old < p->content->subject_count; old = find_rdn(p, oid)) {
        take_out(p, old);
    }
    put_in(p, found && at <= p->content->subject_count ? at : place_of(p, oid), &rdn);
    return true;
}

bool proposal_remove_rdn(struct proposal *p, const char *type, struct error *err)
{
    const char *oid = oid_of(type);

    if (oid == NULL) {
        return refuse_type(type, err);
    }
    if (find_rdn(p, oid) == p->content->subject_count) {
        return error_set(err, ERROR_INVALID, "the subject has no %s to remove", type);
    }
    for (size_t at = find_rdn(p, oid); at < p->content->subject_count;
         at = find_rdn(p, oid)) {
        take_out(p, at);
    }
    return true;
}

static bool parse_ip(struct bytes text, unsigned char octets[16], size_t *len)
{
    char copy[INET6_ADDRSTRLEN] = "";

    if (text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    *len = strchr(copy, ':') == NULL ? 4 : 16;
    return inet_pton(*len == 4 ? AF_INET : AF_INET6, copy, octets) == 1;
}

bool proposal_read_general(const char *word, struct bytes value, struct name_store *store,
                           struct general_name *out, struct error *err)
{
    unsigned char octets[16];
    struct bytes binary = {octets, 0};

    *out = (struct general_name){.oid = ""};
    if (!fact_general_find(word, &out->type) || out->type == GENERAL_DIRECTORY ||
        out->type == GENERAL_OTHER || out->type == GENERAL_GUID) {
        return error_set(
            err, ERROR_INVALID,
            "rules add names of the types dns, email, uri, ip, upn, krb5 and "
            "rid, not '%.64s'",
            word);
    }
    if (value.len < 1 || value.len > WIRE_DN_MAX) {
        return error_set(err, ERROR_INVALID, "a name has 1 to %d octets", WIRE_DN_MAX);
    }
    if (out->type == GENERAL_IP) {
        if (!parse_ip(value, octets, &binary.len)) {
            return error_set(err, ERROR_INVALID, "'%.*s' is no IP address",
                             (int)value.len, (const char *)value.data);
        }
        value = binary;
    }
    out->value.data = (unsigned char *)name_store_copy(store, value.data, value.len);
    out->value.len = value.len;
    return true;
}

static void prove(struct proposal *p, const char *rule,
                  const struct envelope_origin *origin, struct wire_san *san)
{
    san->proof = origin->proof;
    san->source = origin->source[0] != '\0'
                      ? origin->source
                      : name_store_copy(&p->texts, rule, strlen(rule));
}

bool proposal_add_san(struct proposal *p, const char *rule, const char *type,
                      struct bytes value, struct error *err)
{
    struct envelope_origin origin = {0};
    struct wire_san san = {0};

    if (!proposal_read_general(type, value, &p->texts, &san.name, err) ||
        !envelope_check_san(p->facts, &san.name, &origin, err)) {
        return error_wrap(err, "%s '%.*s'", type,
                          (int)(value.len < 128 ? value.len : 128),
                          (const char *)value.data);
    }
    for (size_t i = 0; i < p->content->san_count; i++) {
        if (!name_general_equal(&p->parts.sans[i].name, &san.name)) {
            continue;
        }
        if (p->parts.sans[i].proof == WIRE_PROOF_APPROVAL) {
            prove(p, rule, &origin, &p->parts.sans[i]); /* it no longer needs one */
        }
        return true;
    }
    if (p->content->san_count == WIRE_SANS_MAX) {
        return error_set(err, ERROR_INVALID, "there are %d alternative names already",
                         WIRE_SANS_MAX);
    }
    prove(p, rule, &origin, &san);
    p->parts.sans[p->content->san_count++] = san;
    return true;
}

bool proposal_remove_san(struct proposal *p, int64_t number, struct error *err)
{
    if (number < 1 || (uint64_t)number > p->content->san_count) {
        return error_set(err, ERROR_INVALID, "there are %zu alternative names",
                         p->content->san_count);
    }
    size_t at = (size_t)number - 1;
    p->content->san_count--;
    memmove(&p->parts.sans[at], &p->parts.sans[at + 1],
            (p->content->san_count - at) * sizeof(p->parts.sans[0]));
    return true;
}
