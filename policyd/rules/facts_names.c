/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policyd/rules/facts_rows.h"

static const char *const encoding_names[] = {
    [NAME_UTF8] = "utf8",
    [NAME_PRINTABLE] = "printable",
    [NAME_IA5] = "ia5",
};
_Static_assert(sizeof(encoding_names) / sizeof(encoding_names[0]) == NAME_ENCODING_COUNT,
               "every encoding has a name");

static struct fact_value get_label(const void *record, struct buf *scratch)
{
    const struct name_ava *ava = record;

    (void)scratch;
    return fact_of_text(name_attribute_label(ava->oid));
}

static struct fact_value get_encoding(const void *record, struct buf *scratch)
{
    const struct name_ava *ava = record;

    (void)scratch;
    return fact_of_text(
        ava->encoding < NAME_ENCODING_COUNT ? encoding_names[ava->encoding] : "unknown");
}

static const struct fact_field ava_rows[] = {
    FACT_TEXT("oid", name_ava, oid),       FACT_GET("type", get_label),
    FACT_TEXT("value", name_ava, value),   FACT_GET("encoding", get_encoding),
    FACT_BOOL("joined", name_ava, joined),
};
const FACT_TYPE(fact_ava_type, "a part of a subject", ava_rows);

static const char *const general_names[] = {
    [GENERAL_EMAIL] = "email", [GENERAL_DNS] = "dns",       [GENERAL_URI] = "uri",
    [GENERAL_IP] = "ip",       [GENERAL_DIRECTORY] = "dir", [GENERAL_RID] = "rid",
    [GENERAL_UPN] = "upn",     [GENERAL_KRB5] = "krb5",     [GENERAL_GUID] = "guid",
    [GENERAL_OTHER] = "other",
};
_Static_assert(sizeof(general_names) / sizeof(general_names[0]) == GENERAL_TYPE_COUNT,
               "every type of name has a word");

const char *fact_general_word(enum general_type type)
{
    return type < GENERAL_TYPE_COUNT ? general_names[type] : "unknown";
}

bool fact_general_find(const char *word, enum general_type *out)
{
    for (size_t i = 0; i < GENERAL_TYPE_COUNT; i++) {
        if (strcmp(general_names[i], word) == 0) {
            *out = (enum general_type)i;
            return true;
        }
    }
    return false;
}

static struct fact_value get_general_type(const void *record, struct buf *scratch)
{
    const struct general_name *name = record;

    (void)scratch;
    return fact_of_text(fact_general_word(name->type));
}

/* Text as it stands; octets as people write them, without the kind in front. */
static struct fact_value get_general_value(const void *record, struct buf *scratch)
{
    const struct general_name *name = record;

    switch ((int)name->type) {
    case GENERAL_IP:
    case GENERAL_DIRECTORY:
    case GENERAL_GUID:
        buf_truncate(scratch, 0);
        name_print_general(name, scratch);
        break;
    default:
        return (struct fact_value){.kind = FACT_TEXT, .text = name->value};
    }
    struct bytes text = buf_bytes(scratch);
    const unsigned char *colon = memchr(text.data, ':', text.len);
    if (colon != NULL) {
        text.len -= (size_t)(colon + 1 - text.data);
        text.data = colon + 1;
    }
    return (struct fact_value){.kind = FACT_TEXT, .text = text};
}

static struct fact_value get_wildcard(const void *record, struct buf *scratch)
{
    const struct general_name *name = record;

    (void)scratch;
    return fact_of_flag(name->type == GENERAL_DNS && name->value.len > 1 &&
                        name->value.data[0] == '*');
}

static const struct fact_field general_rows[] = {
    FACT_GET("type", get_general_type),
    FACT_TEXT("oid", general_name, oid),
    FACT_GET("value", get_general_value),
    FACT_GET("is_wildcard", get_wildcard),
};
const FACT_TYPE(fact_general_type, "an alternative name", general_rows);

/* The same of a certificate, with what the name rests on. */
static const char *proof_word(enum wire_proof proof)
{
    return wire_proof_name(proof);
}

static struct fact_value get_rdn_proof(const void *record, struct buf *scratch)
{
    const struct wire_rdn *rdn = record;

    (void)scratch;
    return fact_of_text(proof_word(rdn->proof));
}

static struct fact_value get_rdn_label(const void *record, struct buf *scratch)
{
    const struct wire_rdn *rdn = record;

    return get_label(&rdn->ava, scratch);
}

static struct fact_value get_rdn_encoding(const void *record, struct buf *scratch)
{
    const struct wire_rdn *rdn = record;

    return get_encoding(&rdn->ava, scratch);
}

static const struct fact_field rdn_rows[] = {
    FACT_TEXT("oid", wire_rdn, ava.oid),       FACT_GET("type", get_rdn_label),
    FACT_TEXT("value", wire_rdn, ava.value),   FACT_GET("encoding", get_rdn_encoding),
    FACT_BOOL("joined", wire_rdn, ava.joined), FACT_GET("proof", get_rdn_proof),
    FACT_TEXT("source", wire_rdn, source),
};
static const FACT_TYPE(rdn_type, "a part of the subject", rdn_rows);

static struct fact_value get_san_proof(const void *record, struct buf *scratch)
{
    const struct wire_san *san = record;

    (void)scratch;
    return fact_of_text(proof_word(san->proof));
}

static struct fact_value get_san_type(const void *record, struct buf *scratch)
{
    const struct wire_san *san = record;

    return get_general_type(&san->name, scratch);
}

static struct fact_value get_san_value(const void *record, struct buf *scratch)
{
    const struct wire_san *san = record;

    return get_general_value(&san->name, scratch);
}

static struct fact_value get_san_wildcard(const void *record, struct buf *scratch)
{
    const struct wire_san *san = record;

    return get_wildcard(&san->name, scratch);
}

static const struct fact_field san_rows[] = {
    FACT_GET("type", get_san_type),   FACT_TEXT("oid", wire_san, name.oid),
    FACT_GET("value", get_san_value), FACT_GET("is_wildcard", get_san_wildcard),
    FACT_GET("proof", get_san_proof), FACT_TEXT("source", wire_san, source),
};
static const FACT_TYPE(san_type, "an alternative name", san_rows);

static const struct fact_field extension_rows[] = {
    FACT_TEXT("oid", wire_extension, oid),
    FACT_BOOL("critical", wire_extension, critical),
    FACT_OCTETS("der", wire_extension, der),
};
static const FACT_TYPE(extension_type, "an extension", extension_rows);

static const char *const usage_names[] = {
    "digital_signature", "non_repudiation", "key_encipherment",
    "data_encipherment", "key_agreement",   "key_cert_sign",
    "crl_sign",          "encipher_only",   "decipher_only",
};

static struct fact_value find_usage(const void *record, const char *name)
{
    const struct wire_content *content = record;

    for (size_t i = 0; i < sizeof(usage_names) / sizeof(usage_names[0]); i++) {
        if (strcmp(usage_names[i], name) == 0) {
            return fact_of_flag((content->key_usage & (1U << i)) != 0);
        }
    }
    return (struct fact_value){.kind = FACT_UNKNOWN};
}

static const char *usage_at(const void *record, size_t i)
{
    (void)record;
    return i < sizeof(usage_names) / sizeof(usage_names[0]) ? usage_names[i] : NULL;
}

static const struct fact_type usage_type = {
    .name = "ku", .find = find_usage, .name_at = usage_at};

static struct fact_value get_validity(const void *record, struct buf *scratch)
{
    const struct wire_content *content = record;

    (void)scratch;
    return fact_of_number(content->not_after_utc - content->not_before_utc);
}

static const struct fact_field content_rows[] = {
    FACT_LIST("subject", wire_content, subject, subject_count, wire_rdn, rdn_type),
    FACT_LIST("sans", wire_content, sans, san_count, wire_san, san_type),
    FACT_I64("not_before", wire_content, not_before_utc),
    FACT_I64("not_after", wire_content, not_after_utc),
    FACT_GET("validity", get_validity),
    FACT_SAME("ku", usage_type),
    FACT_TEXTS("eku", wire_content, ekus, eku_count),
    FACT_LIST("extensions", wire_content, extensions, extension_count, wire_extension,
              extension_type),
};
const FACT_TYPE(fact_content_type, "req.proposed", content_rows);
