/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext_read.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/pki/canon.h"
#include "common/pki/der.h"
#include "common/pki/ext_list.h"
#include "common/pki/name_rules.h"

static bool refuse(struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "the extension is not %s", what);
}

bool ext_read_sid(struct bytes der, struct name_store *store, const char **out,
                  struct error *err)
{
    struct general_names names;
    struct bytes sid;

    if (!name_parse_generals(der, store, &names, err)) {
        return error_wrap(err, "security identifier");
    }
    const struct general_name *name = &names.names[0];
    if (names.count != 1 || name->type != GENERAL_OTHER ||
        strcmp(name->oid, EXT_OID_SID_VALUE) != 0 ||
        !der_read_only(name->value, DER_OCTET_STRING, &sid)) {
        return refuse(err, "one security identifier");
    }
    const char *text = name_store_copy(store, sid.data, sid.len);
    if (strlen(text) != sid.len || !ext_is_sid(text)) {
        return refuse(err, "one security identifier in decimal text");
    }
    *out = text;
    return true;
}

/* SEQUENCE { templateID OID, majorVersion INTEGER OPTIONAL, minorVersion INTEGER OPTIONAL } */
bool ext_read_template(struct bytes der, struct name_store *store,
                       struct ext_template *out, struct error *err)
{
    struct ext_template t = {.has_major = false};
    char oid[DER_OID_TEXT_SIZE];
    struct bytes fields;
    uint64_t number = 0;

    if (!der_read_only(der, DER_SEQUENCE, &fields) || !der_read_oid(&fields, oid)) {
        return refuse(err, "a certificate template");
    }
    if (der_read_uint(&fields, UINT32_MAX, &number)) {
        t.has_major = true;
        t.major = (uint32_t)number;
    }
    if (t.has_major && der_read_uint(&fields, UINT32_MAX, &number)) {
        t.has_minor = true;
        t.minor = (uint32_t)number;
    }
    if (fields.len > 0) {
        return refuse(err, "a certificate template with versions below 2^32");
    }
    t.oid = name_store_copy(store, oid, strlen(oid));
    *out = t;
    return true;
}

/* UCS-2, big-endian; surrogates have no place in it. */
static bool bmp_to_utf8(struct bytes bmp, struct buf *out)
{
    if (bmp.len % 2 != 0 || bmp.len > 2 * (size_t)EXT_TEMPLATE_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < bmp.len; i += 2) {
        uint32_t code = (uint32_t)bmp.data[i] << 8 | bmp.data[i + 1];

        if (code >= 0x800) {
            buf_append_byte(out, (unsigned char)(0xE0 | code >> 12));
            buf_append_byte(out, (unsigned char)(0x80 | (code >> 6 & 0x3F)));
            buf_append_byte(out, (unsigned char)(0x80 | (code & 0x3F)));
        } else if (code >= 0x80) {
            buf_append_byte(out, (unsigned char)(0xC0 | code >> 6));
            buf_append_byte(out, (unsigned char)(0x80 | (code & 0x3F)));
        } else {
            buf_append_byte(out, (unsigned char)code);
        }
    }
    return true;
}

bool ext_read_template_name(struct bytes der, struct name_store *store, const char **out,
                            struct error *err)
{
    AUTO(buf) converted = BUF_EMPTY;
    struct bytes inner;
    struct bytes text;

    if (der_read_only(der, DER_BMP, &inner)) {
        if (!bmp_to_utf8(inner, &converted)) {
            return refuse(err, "a template name of whole characters");
        }
        text = buf_bytes(&converted);
    } else if (!der_read_only(der, DER_UTF8, &text) &&
               !der_read_only(der, DER_PRINTABLE, &text) &&
               (!der_read_only(der, DER_SEQUENCE, &inner) ||
                !der_read_only(inner, DER_UTF8, &text))) {
        return refuse(err, "a template name");
    }
    if (text.len == 0 || text.len > EXT_TEMPLATE_NAME_MAX || !name_text_is_plain(text)) {
        return refuse(err, "a template name of plain text");
    }
    *out = name_store_copy(store, text.data, text.len);
    return true;
}

bool ext_read_key_usage(struct bytes der, uint32_t *usage, struct error *err)
{
    uint32_t found = 0;
    struct bytes bits;

    if (!der_read_only(der, DER_BIT_STRING, &bits) || bits.len < 2 || bits.len > 3 ||
        bits.data[0] > 7) {
        return refuse(err, "a key usage");
    }
    for (unsigned bit = 0; bit < 8 * (bits.len - 1); bit++) {
        if ((bits.data[1 + bit / 8] & 0x80 >> bit % 8) != 0) {
            found |= UINT32_C(1) << bit;
        }
    }
    uint32_t padding = (1U << bits.data[0]) - 1;
    if (found == 0 || (found & ~(uint32_t)EXT_KU_ALL) != 0 ||
        (bits.data[bits.len - 1] & padding) != 0) {
        return refuse(err, "a key usage with known bits"); /* RFC 5280 4.2.1.3 */
    }
    *usage = found;
    return true;
}

/* The texts found so far, while a list is read. */
struct texts {
    const char *texts[EXT_OIDS_MAX];
    size_t count;
};

static bool keep_oid(struct texts *found, struct bytes *in, struct name_store *store)
{
    char oid[DER_OID_TEXT_SIZE];

    if (found->count == EXT_OIDS_MAX || !der_read_oid(in, oid)) {
        return false;
    }
    found->texts[found->count++] = name_store_copy(store, oid, strlen(oid));
    return true;
}

static void give(const struct texts *found, struct name_store *store,
                 struct ext_texts *out)
{
    const char **kept = name_store_new(store, found->count * sizeof(*kept));

    memcpy(kept, found->texts, found->count * sizeof(*kept));
    *out = (struct ext_texts){kept, found->count};
}

bool ext_read_extended_key_usage(struct bytes der, struct name_store *store,
                                 struct ext_texts *out, struct error *err)
{
    struct texts found = {.count = 0};
    struct bytes list;

    if (!der_read_only(der, DER_SEQUENCE, &list) || list.len == 0) {
        return refuse(err, "an extended key usage");
    }
    while (list.len > 0) {
        if (!keep_oid(&found, &list, store)) {
            return refuse(err, "a list of at most 64 key purposes");
        }
    }
    give(&found, store, out);
    return true;
}

static bool last_is_new(const struct texts *found)
{
    for (size_t i = 0; i + 1 < found->count; i++) {
        if (strcmp(found->texts[i], found->texts[found->count - 1]) == 0) {
            return false;
        }
    }
    return true;
}

/* PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OPTIONAL } */
bool ext_read_policies(struct bytes der, struct name_store *store, struct ext_texts *out,
                       struct error *err)
{
    struct texts found = {.count = 0};
    struct bytes list;
    struct bytes information;
    struct bytes qualifiers;

    if (!canon_check(der, err)) {
        return error_wrap(err, "policies");
    }
    if (!der_read_only(der, DER_SEQUENCE, &list) || list.len == 0) {
        return refuse(err, "a list of policies");
    }
    while (list.len > 0) {
        if (!der_read(&list, DER_SEQUENCE, &information) ||
            !keep_oid(&found, &information, store) ||
            (information.len > 0 &&
             !der_read_only(information, DER_SEQUENCE, &qualifiers))) {
            return refuse(err, "a list of at most 64 policies");
        }
        if (!last_is_new(&found)) { /* RFC 5280 4.2.1.4 */
            return refuse(err, "a list where each policy stands once");
        }
    }
    give(&found, store, out);
    return true;
}

/* SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL } */
bool ext_read_basic_constraints(struct bytes der, struct ext_constraints *out,
                                struct error *err)
{
    struct ext_constraints found = {.ca = false};
    struct bytes fields;
    uint64_t length = 0;

    if (!der_read_only(der, DER_SEQUENCE, &fields)) {
        return refuse(err, "a basic constraint");
    }
    if (fields.len > 0 && (!der_read_bool(&fields, &found.ca) || !found.ca)) {
        return refuse(err, "a basic constraint in DER: FALSE is left out there");
    }
    if (fields.len > 0) {
        found.has_path_length = der_read_uint(&fields, UINT32_MAX - 1, &length);
        found.path_length = (uint32_t)length;
    }
    if (fields.len > 0) {
        return refuse(err, "a basic constraint with a sensible path length");
    }
    *out = found;
    return true;
}

bool ext_read_ski(struct bytes der, struct bytes *key_id, struct error *err)
{
    struct bytes found;

    if (!der_read_only(der, DER_OCTET_STRING, &found) || found.len == 0 ||
        found.len > EXT_KEY_ID_MAX) {
        return refuse(err, "a subject key identifier");
    }
    *key_id = found;
    return true;
}

/* SEQUENCE { [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber } */
bool ext_read_aki(struct bytes der, struct bytes *key_id, struct error *err)
{
    struct bytes found = {NULL, 0};
    struct bytes fields;
    struct bytes skipped;

    if (!canon_check(der, err)) {
        return error_wrap(err, "authority key identifier");
    }
    if (!der_read_only(der, DER_SEQUENCE, &fields) ||
        (der_has_tag(fields, DER_CONTEXT | 0) &&
         (!der_read(&fields, DER_CONTEXT | 0, &found) || found.len == 0 ||
          found.len > EXT_KEY_ID_MAX))) {
        return refuse(err, "an authority key identifier");
    }
    (void)der_read(&fields, DER_EXPLICIT | 1, &skipped);
    (void)der_read(&fields, DER_CONTEXT | 2, &skipped);
    if (fields.len > 0) {
        return refuse(err, "an authority key identifier");
    }
    *key_id = found;
    return true;
}
