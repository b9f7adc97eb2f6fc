/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name.h"

#include <stdlib.h>
#include <string.h>

#include "common/pki/der.h"
#include "common/pki/name_rules.h"

/* ---- reading ------------------------------------------------------------------------ */

/* The attributes of one name while it is read. */
struct reading {
    struct name_store *store;
    struct name_ava avas[NAME_AVAS_MAX];
    size_t count;
};

static bool encoding_of_tag(unsigned char tag, enum name_encoding *encoding)
{
    switch (tag) {
    case DER_UTF8:
        *encoding = NAME_UTF8;
        return true;
    case DER_PRINTABLE:
        *encoding = NAME_PRINTABLE;
        return true;
    case DER_IA5:
        *encoding = NAME_IA5;
        return true;
    default:
        return false;
    }
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static bool read_ava(struct reading *r, struct bytes ava_der, bool joined,
                     struct error *err)
{
    struct name_ava ava = {.joined = joined};
    char oid[DER_OID_TEXT_SIZE];
    struct der_item value;

    if (!der_read_oid(&ava_der, oid) || !der_next(&ava_der, &value) || ava_der.len > 0) {
        return error_set(err, ERROR_INVALID, "an attribute of the name is not DER");
    }
    if (!encoding_of_tag(value.tag, &ava.encoding)) {
        return error_set(err, ERROR_INVALID,
                         "%.64s has a string type (tag %u) that is not UTF8String, "
                         "PrintableString or IA5String",
                         name_attribute_label(oid), value.tag);
    }
    if (value.content.len > NAME_VALUE_MAX) {
        return error_set(err, ERROR_INVALID, "%.64s has %zu octets; %d are allowed",
                         name_attribute_label(oid), value.content.len, NAME_VALUE_MAX);
    }
    if (!name_text_is_plain(value.content)) { /* before a NUL can cut the text short */
        return error_set(err, ERROR_INVALID,
                         "%.64s is not UTF-8 or holds a control or invisible character",
                         name_attribute_label(oid));
    }
    if (r->count == NAME_AVAS_MAX) {
        return error_set(err, ERROR_INVALID, "the name has more than %d attributes",
                         NAME_AVAS_MAX);
    }
    ava.oid = name_store_copy(r->store, oid, strlen(oid));
    ava.value = name_store_copy(r->store, value.content.data, value.content.len);
    r->avas[r->count++] = ava;
    return name_check_ava(&ava, err);
}

/* RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue */
static bool read_rdn(struct reading *r, struct bytes set, struct error *err)
{
    struct bytes before = {NULL, 0};
    struct der_item item;

    if (set.len == 0) {
        return error_set(err, ERROR_INVALID, "the name has an empty component");
    }
    while (set.len > 0) {
        if (!der_next(&set, &item) || item.tag != DER_SEQUENCE) {
            return error_set(err, ERROR_INVALID, "a component of the name is not DER");
        }
        if (before.len > 0 && der_compare(before, item.whole) >= 0) {
            return error_set(err, ERROR_INVALID, /* X.690 11.6 */
                             "the attributes of a component are repeated or not in the "
                             "order of DER");
        }
        if (!read_ava(r, item.content, before.len > 0, err)) {
            return false;
        }
        before = item.whole;
    }
    return true;
}

bool name_parse_dn(struct bytes der, struct name_store *store, struct name_dn *out,
                   struct error *err)
{
    struct reading r = {.store = store};
    struct bytes rdns;
    struct bytes rdn;

    if (der.len > NAME_DN_DER_MAX) {
        return error_set(err, ERROR_INVALID, "the name has %zu octets; %d are allowed",
                         der.len, NAME_DN_DER_MAX);
    }
    if (!der_read_only(der, DER_SEQUENCE, &rdns)) {
        return error_set(err, ERROR_INVALID, "not one DER-encoded name");
    }
    while (rdns.len > 0) {
        if (!der_read(&rdns, DER_SET, &rdn)) {
            return error_set(err, ERROR_INVALID, "a component of the name is not DER");
        }
        if (!read_rdn(&r, rdn, err)) {
            return false;
        }
    }
    out->avas = name_store_new(store, r.count * sizeof(*out->avas));
    out->count = r.count;
    if (r.count > 0) {
        memcpy(out->avas, r.avas, r.count * sizeof(*out->avas));
    }
    return true;
}

/* ---- writing ------------------------------------------------------------------------ */

static void put_ava(const struct name_ava *ava, struct buf *out)
{
    static const unsigned char tags[] = {
        [NAME_UTF8] = DER_UTF8, [NAME_PRINTABLE] = DER_PRINTABLE, [NAME_IA5] = DER_IA5};
    size_t mark = der_open(out, DER_SEQUENCE);

    (void)der_put_oid(out, ava->oid); /* name_check_ava() saw it */
    der_put_text(out, tags[ava->encoding], ava->value);
    der_close(out, mark);
}

static int by_der(const void *a, const void *b)
{
    const struct buf *left = a;
    const struct buf *right = b;

    return der_compare(buf_bytes(left), buf_bytes(right));
}

/* The attributes of one RDN, sorted; false when two are the same. */
static bool put_rdn(const struct name_ava *avas, size_t count, struct buf *out)
{
    struct buf encoded[NAME_AVAS_MAX] = {0};
    bool distinct = true;
    size_t mark = der_open(out, DER_SET);

    for (size_t i = 0; i < count; i++) {
        put_ava(&avas[i], &encoded[i]);
    }
    qsort(encoded, count, sizeof(encoded[0]), by_der);
    for (size_t i = 0; i < count; i++) {
        distinct = distinct && (i == 0 || by_der(&encoded[i - 1], &encoded[i]) != 0);
        der_put_raw(out, buf_bytes(&encoded[i]));
    }
    for (size_t i = 0; i < count; i++) {
        buf_clear(&encoded[i]);
    }
    der_close(out, mark);
    return distinct;
}

size_t name_rdn_size(const struct name_dn *dn, size_t at)
{
    size_t end = at + 1;

    while (end < dn->count && dn->avas[end].joined) {
        end++;
    }
    return end - at;
}

static bool check_dn(const struct name_dn *dn, struct error *err)
{
    if (dn->count > NAME_AVAS_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the name has %zu attributes; %d are allowed", dn->count,
                         NAME_AVAS_MAX);
    }
    if (dn->count > 0 && dn->avas[0].joined) {
        return error_set(err, ERROR_INVALID,
                         "the first attribute of the name is joined to nothing");
    }
    for (size_t i = 0; i < dn->count; i++) {
        if (!name_check_ava(&dn->avas[i], err)) {
            return false;
        }
    }
    return true;
}

bool name_encode_dn(const struct name_dn *dn, struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!check_dn(dn, err)) {
        return false;
    }
    size_t mark = der_open(&der, DER_SEQUENCE);
    for (size_t i = 0; i < dn->count; i += name_rdn_size(dn, i)) {
        if (!put_rdn(&dn->avas[i], name_rdn_size(dn, i), &der)) {
            return error_set(err, ERROR_INVALID,
                             "%.64s '%.64s' stands twice in one component",
                             name_attribute_label(dn->avas[i].oid), dn->avas[i].value);
        }
    }
    der_close(&der, mark);
    if (der.len > NAME_DN_DER_MAX) {
        return error_set(err, ERROR_INVALID, "the name has %zu octets; %d are allowed",
                         der.len, NAME_DN_DER_MAX);
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}
