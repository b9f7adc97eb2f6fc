/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/canon.h"
#include "common/pki/der.h"
#include "common/pki/ext_list.h"

/* What ext_add_other() leaves to others: our own functions, CAs, transparency logs. */
static const char *const reserved[] = {
    EXT_OID_SKI,
    EXT_OID_KEY_USAGE,
    EXT_OID_SAN,
    EXT_OID_BASIC_CONSTRAINTS,
    EXT_OID_CRL_POINTS,
    EXT_OID_POLICIES,
    EXT_OID_AKI,
    EXT_OID_EXTENDED_KEY_USAGE,
    EXT_OID_AUTHORITY_INFO,
    EXT_OID_OCSP_NO_CHECK,
    EXT_OID_TEMPLATE_NAME,
    EXT_OID_TEMPLATE,
    EXT_OID_APPLICATION_POLICIES,
    EXT_OID_SID,
    "2.5.29.30",               /* nameConstraints */
    "2.5.29.33",               /* policyMappings */
    "2.5.29.36",               /* policyConstraints */
    "2.5.29.54",               /* inhibitAnyPolicy */
    "1.3.6.1.4.1.311.21.1",    /* CA version */
    "1.3.6.1.4.1.311.21.11",   /* application policy mappings */
    "1.3.6.1.4.1.311.21.12",   /* application policy constraints */
    "1.3.6.1.4.1.11129.2.4.2", /* signed certificate timestamps, RFC 6962 3.3 */
    "1.3.6.1.4.1.11129.2.4.3", /* precertificate poison, RFC 6962 3.1 */
};

void ext_list_clear(struct ext_list *list)
{
    name_store_clear(&list->store);
    list->count = 0;
}

const struct ext *ext_list_find(const struct ext_list *list, const char *oid)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].oid, oid) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* One more item; its parts must live as long as the list. */
static bool append(struct ext_list *list, struct ext ext, struct error *err)
{
    if (ext_list_find(list, ext.oid) != NULL) {
        return error_set(err, ERROR_INVALID, "the extension %.64s is there twice",
                         ext.oid);
    }
    if (list->count == EXT_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d extensions", EXT_MAX);
    }
    list->items[list->count++] = ext;
    return true;
}

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
static bool read_extension(struct bytes in, struct ext_list *list, struct error *err)
{
    char oid[DER_OID_TEXT_SIZE];
    struct ext ext = {.critical = false};

    if (!der_read_oid(&in, oid)) {
        return error_set(err, ERROR_INVALID, "an extension has no object identifier");
    }
    if (der_has_tag(in, DER_BOOLEAN) &&
        (!der_read_bool(&in, &ext.critical) || !ext.critical)) {
        return error_set(err, ERROR_INVALID, /* X.690 11.5: a default is left out */
                         "'critical' of the extension %.64s is not DER", oid);
    }
    if (!der_read_only(in, DER_OCTET_STRING, &ext.der)) {
        return error_set(err, ERROR_INVALID, "the extension %.64s is not DER", oid);
    }
    ext.oid = name_store_copy(&list->store, oid, strlen(oid));
    return append(list, ext, err);
}

bool ext_list_parse(struct bytes der, struct ext_list *out, struct error *err)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct bytes rest;
    struct bytes extension;

    if (der.len > EXT_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the extensions have %zu octets; %d are allowed", der.len,
                         EXT_DER_MAX);
    }
    if (!der_read_only(der, DER_SEQUENCE, &rest) || rest.len == 0) {
        return error_set(err, ERROR_INVALID, "the extensions are not a DER list");
    }
    while (rest.len > 0) {
        if (!der_read(&rest, DER_SEQUENCE, &extension)) {
            return error_set(err, ERROR_INVALID, "an extension is not DER");
        }
        if (!read_extension(extension, &list, err)) {
            return false;
        }
    }
    *out = list;
    list = EXT_LIST_EMPTY; /* out owns the store now */
    return true;
}

bool ext_list_encode(const struct ext_list *list, struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t whole = der_open(&der, DER_SEQUENCE);

    for (size_t i = 0; i < list->count; i++) {
        const struct ext *ext = &list->items[i];
        size_t mark = der_open(&der, DER_SEQUENCE);

        (void)der_put_oid(&der, ext->oid); /* ext_list_append() saw it */
        if (ext->critical) {
            der_put_bool(&der, true);
        }
        der_put(&der, DER_OCTET_STRING, ext->der);
        der_close(&der, mark);
    }
    der_close(&der, whole);
    if (list->count == 0 || der.len > EXT_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "%zu extensions of %zu octets; 1 and more of %d are allowed",
                         list->count, der.len, EXT_DER_MAX);
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}

bool ext_list_append(struct ext_list *list, const char *oid, bool critical,
                     struct bytes value, struct error *err)
{
    if (!text_is_oid(oid)) {
        return error_set(err, ERROR_INVALID, "'%.64s' is not an extension", oid);
    }
    if (value.len > EXT_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the extension %.64s has %zu octets; %d are allowed", oid,
                         value.len, EXT_DER_MAX);
    }
    if (!canon_check(value, err)) {
        return error_wrap(err, "the extension %.64s", oid);
    }
    char *copy = name_store_copy(&list->store, value.data, value.len);
    struct ext ext = {.oid = name_store_copy(&list->store, oid, strlen(oid)),
                      .critical = critical,
                      .der = {(const unsigned char *)copy, value.len}};
    return append(list, ext, err);
}

bool ext_add_other(struct ext_list *list, const char *oid, bool critical,
                   struct bytes value, struct error *err)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], oid) == 0) {
            return error_set(err, ERROR_INVALID,
                             "the extension %.64s cannot be added as octets", oid);
        }
    }
    return ext_list_append(list, oid, critical, value, err);
}
