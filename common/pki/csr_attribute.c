/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr_attribute.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/der.h"

struct known {
    const char *oid;
    enum csr_attribute_kind kind;
};

/* [MS-WCCE] 2.2.2.7 has the ones below 1.3.6.1.4.1.311. */
static const struct known known[] = {
    {CSR_OID_EXTENSION_REQUEST, CSR_ATTRIBUTE_EXTENSIONS},
    {"1.3.6.1.4.1.311.2.1.14", CSR_ATTRIBUTE_EXTENSIONS}, /* szOID_CERT_EXTENSIONS */
    {CSR_OID_CHALLENGE, CSR_ATTRIBUTE_CHALLENGE},
    {"1.3.6.1.5.5.7.7.36", CSR_ATTRIBUTE_CHANGE_NAME}, /* RFC 6402 2.8 */
    {"1.3.6.1.4.1.311.13.2.1", CSR_ATTRIBUTE_NAME_VALUE_PAIRS},
    {"1.2.840.113549.1.9.20", CSR_ATTRIBUTE_HARMLESS},  /* friendlyName */
    {"1.3.6.1.4.1.311.13.2.2", CSR_ATTRIBUTE_HARMLESS}, /* cryptographic provider */
    {"1.3.6.1.4.1.311.13.2.3", CSR_ATTRIBUTE_HARMLESS}, /* version of the system */
    {"1.3.6.1.4.1.311.21.20", CSR_ATTRIBUTE_HARMLESS},  /* client information */
};

enum csr_attribute_kind csr_attribute_kind_of(const char *oid)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].oid, oid) == 0) {
            return known[i].kind;
        }
    }
    return CSR_ATTRIBUTE_OTHER;
}

bool csr_attribute_is_password(struct bytes text)
{
    return text.len > 0 && text.len <= CSR_CHALLENGE_MAX &&
           text_is_printable((const char *)text.data, text.len);
}

static bool read_extensions(struct csr *csr, struct bytes value, struct error *err)
{
    /* Each kind alone is a list; both together would be two, of which readers choose one. */
    if (csr->extensions.count > 0) {
        return error_set(err, ERROR_INVALID,
                         "extensionRequest and Microsoft's form of it together");
    }
    return ext_list_parse(value, &csr->extensions, err);
}

static bool read_challenge(struct csr *csr, struct bytes value, struct error *err)
{
    struct bytes text;

    if ((!der_read_only(value, DER_PRINTABLE, &text) &&
         !der_read_only(value, DER_UTF8, &text) &&
         !der_read_only(value, DER_IA5, &text)) ||
        !csr_attribute_is_password(text)) {
        return error_set(err, ERROR_INVALID,
                         "a challengePassword that is not 1 to %d octets of text",
                         CSR_CHALLENGE_MAX);
    }
    csr->challenge_password = text;
    return true;
}

static bool read_change_name(struct csr *csr, struct bytes value, struct error *err)
{
    if (!der_has_tag(value, DER_SEQUENCE)) {
        return error_set(err, ERROR_INVALID, "a ChangeSubjectName that is no SEQUENCE");
    }
    csr->change_name = value;
    return true;
}

static bool read_by_kind(struct csr *csr, const struct csr_attribute *attribute,
                         struct error *err)
{
    switch (attribute->kind) {
    case CSR_ATTRIBUTE_EXTENSIONS:
        return read_extensions(csr, attribute->value, err);
    case CSR_ATTRIBUTE_CHALLENGE:
        return read_challenge(csr, attribute->value, err);
    case CSR_ATTRIBUTE_CHANGE_NAME:
        return read_change_name(csr, attribute->value, err);
    case CSR_ATTRIBUTE_OTHER:
    case CSR_ATTRIBUTE_HARMLESS:
    case CSR_ATTRIBUTE_NAME_VALUE_PAIRS:
    case CSR_ATTRIBUTE_KIND_COUNT:
    default:
        return true;
    }
}

/* Attribute ::= SEQUENCE { type, values SET OF }, here with exactly one value */
static bool read_attribute(struct bytes in, struct csr *csr, struct error *err)
{
    char oid[DER_OID_TEXT_SIZE];
    struct bytes set;
    struct der_item value;

    if (!der_read_oid(&in, oid) || !der_read_only(in, DER_SET, &set)) {
        return error_set(err, ERROR_INVALID, "an attribute is malformed");
    }
    if (!der_next(&set, &value) || set.len > 0) {
        return error_set(err, ERROR_INVALID, "attribute %.64s has not exactly one value",
                         oid);
    }
    if (csr_find_attribute(csr, oid) != NULL) {
        return error_set(err, ERROR_INVALID, "attribute %.64s is there twice", oid);
    }
    if (csr->attribute_count == CSR_ATTRIBUTES_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d attributes",
                         CSR_ATTRIBUTES_MAX);
    }
    struct csr_attribute *attribute = &csr->attributes[csr->attribute_count++];
    *attribute = (struct csr_attribute){
        .oid = name_store_copy(&csr->store, oid, strlen(oid)),
        .kind = csr_attribute_kind_of(oid),
        .value = value.whole,
    };
    return read_by_kind(csr, attribute, err);
}

bool csr_attributes_read(struct bytes content, struct csr *csr, struct error *err)
{
    struct bytes attribute;

    while (content.len > 0) {
        if (!der_read(&content, DER_SEQUENCE, &attribute)) {
            return error_set(err, ERROR_INVALID, "an attribute is no SEQUENCE");
        }
        if (!read_attribute(attribute, csr, err)) {
            return false;
        }
    }
    return true;
}
