/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/name_rules.h"

/* GeneralName's tags (RFC 5280 4.2.1.6) */
enum {
    TAG_OTHER = DER_EXPLICIT | 0, /* IMPLICIT SEQUENCE */
    TAG_EMAIL = DER_CONTEXT | 1,
    TAG_DNS = DER_CONTEXT | 2,
    TAG_X400 = DER_EXPLICIT | 3,
    TAG_DIRECTORY = DER_EXPLICIT | 4, /* EXPLICIT: Name is a CHOICE */
    TAG_EDI_PARTY = DER_EXPLICIT | 5,
    TAG_URI = DER_CONTEXT | 6,
    TAG_IP = DER_CONTEXT | 7,
    TAG_RID = DER_CONTEXT | 8
};

/* The kinds whose value is the element's content as it is. */
static const struct {
    unsigned char tag;
    enum general_type type;
} plain[] = {{TAG_EMAIL, GENERAL_EMAIL},
             {TAG_DNS, GENERAL_DNS},
             {TAG_DIRECTORY, GENERAL_DIRECTORY},
             {TAG_URI, GENERAL_URI},
             {TAG_IP, GENERAL_IP}};
enum { PLAIN_COUNT = sizeof(plain) / sizeof(plain[0]) };

/* ---- reading ------------------------------------------------------------------------ */

static void keep(struct name_store *store, enum general_type type, struct bytes value,
                 struct general_name *out)
{
    char *copy = name_store_copy(store, value.data, value.len);

    if (type == GENERAL_DNS) {
        text_lower(copy); /* a NUL stops this; name_check_general() refuses it */
    }
    out->type = type;
    out->value = (struct bytes){(const unsigned char *)copy, value.len};
}

/* The value of an otherName as one element of this tag. */
static bool keep_inner(struct name_store *store, enum general_type type,
                       unsigned char tag, struct bytes value, struct general_name *out)
{
    struct bytes content;

    if (!der_read_only(value, tag, &content)) {
        return false;
    }
    keep(store, type, content, out);
    return true;
}

static bool read_principal(struct name_store *store, struct bytes der,
                           struct general_name *out, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;

    if (!name_read_principal(der, &text, err)) {
        return false;
    }
    keep(store, GENERAL_KRB5, buf_bytes(&text), out);
    return true;
}

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool read_other(struct name_store *store, struct bytes content,
                       struct general_name *out, struct error *err)
{
    char oid[DER_OID_TEXT_SIZE];
    struct bytes value;

    if (!der_read_oid(&content, oid) ||
        !der_read_only(content, DER_EXPLICIT | 0, &value)) {
        return error_set(err, ERROR_INVALID, "an otherName is not DER");
    }
    if (strcmp(oid, NAME_OID_UPN) == 0) {
        return keep_inner(store, GENERAL_UPN, DER_UTF8, value, out) ||
               error_set(err, ERROR_INVALID, /* [MS-WCCE] 2.2.2.7.5 */
                         "the user principal name is not a UTF8String");
    }
    if (strcmp(oid, NAME_OID_GUID) == 0) {
        return keep_inner(store, GENERAL_GUID, DER_OCTET_STRING, value, out) ||
               error_set(err, ERROR_INVALID, "the directory GUID is not an OCTET STRING");
    }
    if (strcmp(oid, NAME_OID_KRB5) == 0) {
        return read_principal(store, value, out, err);
    }
    out->oid = name_store_copy(store, oid, strlen(oid));
    keep(store, GENERAL_OTHER, value, out);
    return true;
}

static bool read_rid(struct name_store *store, struct bytes content,
                     struct general_name *out, struct error *err)
{
    char oid[DER_OID_TEXT_SIZE];

    if (!der_oid_text(content, oid)) {
        return error_set(err, ERROR_INVALID,
                         "the registeredID is not an object identifier");
    }
    keep(store, GENERAL_RID, bytes_of_text(oid), out);
    return true;
}

static bool read_general(struct name_store *store, const struct der_item *item,
                         struct general_name *out, struct error *err)
{
    out->oid = "";
    for (size_t i = 0; i < PLAIN_COUNT; i++) {
        if (plain[i].tag == item->tag) {
            keep(store, plain[i].type, item->content, out);
            return true;
        }
    }
    if (item->tag == TAG_OTHER) {
        return read_other(store, item->content, out, err);
    }
    if (item->tag == TAG_RID) {
        return read_rid(store, item->content, out, err);
    }
    if (item->tag == TAG_X400 || item->tag == TAG_EDI_PARTY) {
        return error_set(err, ERROR_INVALID, "%s is not supported",
                         item->tag == TAG_X400 ? "x400Address" : "ediPartyName");
    }
    return error_set(err, ERROR_INVALID, "tag %u is not a general name", item->tag);
}

static size_t count_items(struct bytes list)
{
    struct der_item item;
    size_t count = 0;

    while (list.len > 0 && der_next(&list, &item)) {
        count++;
    }
    return list.len > 0 ? 0 : count;
}

bool name_parse_generals(struct bytes der, struct name_store *store,
                         struct general_names *out, struct error *err)
{
    struct bytes list;
    struct der_item item;

    if (der.len > NAME_GENERALS_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the general names have %zu octets; %d are allowed", der.len,
                         NAME_GENERALS_DER_MAX);
    }
    if (!der_read_only(der, DER_SEQUENCE, &list)) {
        return error_set(err, ERROR_INVALID, "the general names are not DER");
    }
    size_t count = count_items(list);
    if (count == 0 || count > NAME_GENERALS_MAX) { /* RFC 5280: SIZE (1..MAX) */
        return error_set(err, ERROR_INVALID,
                         "the general names are not a list of 1 to %d elements",
                         NAME_GENERALS_MAX);
    }
    struct general_name *names = name_store_new(store, count * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        if (!der_next(&list, &item) || !read_general(store, &item, &names[i], err) ||
            !name_check_general(&names[i], err)) {
            return false;
        }
    }
    *out = (struct general_names){names, count};
    return true;
}

/* ---- writing ------------------------------------------------------------------------ */

/* An otherName around one element. */
static void put_other(const char *oid, struct bytes element, struct buf *out)
{
    size_t other = der_open(out, TAG_OTHER);

    (void)der_put_oid(out, oid); /* a constant, or checked */
    der_put(out, DER_EXPLICIT | 0, element);
    der_close(out, other);
}

static void put_inner(const char *oid, unsigned char tag, struct bytes value,
                      struct buf *out)
{
    AUTO(buf) element = BUF_EMPTY;

    der_put(&element, tag, value);
    put_other(oid, buf_bytes(&element), out);
}

static bool put_principal(struct bytes text, struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!name_write_principal(text, &der, err)) {
        return false;
    }
    put_other(NAME_OID_KRB5, buf_bytes(&der), out);
    return true;
}

static void put_rid(struct bytes text, struct buf *out)
{
    AUTO(string) dotted = mem_dup(text.data, text.len);
    size_t start = out->len;

    (void)der_put_oid(out, dotted); /* checked */
    out->data[start] = TAG_RID;     /* IMPLICIT */
}

static void put_plain(const struct general_name *name, struct buf *out)
{
    for (size_t i = 0; i < PLAIN_COUNT; i++) {
        if (plain[i].type == name->type) {
            der_put(out, plain[i].tag, name->value);
        }
    }
}

static bool put_general(const struct general_name *name, struct buf *out,
                        struct error *err)
{
    if (!name_check_general(name, err)) {
        return false;
    }
    switch (name->type) {
    case GENERAL_RID:
        put_rid(name->value, out);
        break;
    case GENERAL_UPN:
        put_inner(NAME_OID_UPN, DER_UTF8, name->value, out);
        break;
    case GENERAL_GUID:
        put_inner(NAME_OID_GUID, DER_OCTET_STRING, name->value, out);
        break;
    case GENERAL_KRB5:
        return put_principal(name->value, out, err);
    case GENERAL_OTHER:
        put_other(name->oid, name->value, out);
        break;
    case GENERAL_EMAIL:
    case GENERAL_DNS:
    case GENERAL_URI:
    case GENERAL_IP:
    case GENERAL_DIRECTORY:
    case GENERAL_TYPE_COUNT:
        put_plain(name, out);
        break;
    }
    return true;
}

bool name_encode_generals(const struct general_names *names, struct buf *out,
                          struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (names->count == 0 || names->count > NAME_GENERALS_MAX) {
        return error_set(err, ERROR_INVALID, "%zu general names; 1 to %d are allowed",
                         names->count, NAME_GENERALS_MAX);
    }
    size_t mark = der_open(&der, DER_SEQUENCE);
    for (size_t i = 0; i < names->count; i++) {
        if (!put_general(&names->names[i], &der, err)) {
            return false;
        }
    }
    der_close(&der, mark);
    if (der.len > NAME_GENERALS_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the general names have %zu octets; %d are allowed", der.len,
                         NAME_GENERALS_DER_MAX);
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}
