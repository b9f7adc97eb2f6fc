/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/csr.h"
#include "common/pki/csr_attribute.h"
#include "common/pki/der.h"

/* Encoded attributes, kept in the order of DER. */
struct sorted {
    struct buf items[CSR_ATTRIBUTES_MAX];
    size_t count;
};

static void sorted_clear(struct sorted *sorted)
{
    for (size_t i = 0; i < sorted->count; i++) {
        buf_clear(&sorted->items[i]);
    }
}

CLEANUP_DEFINE_VALUE(csr_sorted, struct sorted, sorted_clear);

/* Attribute ::= SEQUENCE { type, values SET OF }, put in its place (X.690 11.6) */
static bool add(struct sorted *sorted, const char *oid, struct bytes value,
                struct error *err)
{
    AUTO(buf) item = BUF_EMPTY;
    size_t at = sorted->count;

    if (sorted->count == CSR_ATTRIBUTES_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d attributes",
                         CSR_ATTRIBUTES_MAX);
    }
    size_t attribute = der_open(&item, DER_SEQUENCE);
    if (!der_put_oid(&item, oid)) {
        return error_set(err, ERROR_INVALID, "'%.64s' is no object identifier", oid);
    }
    der_put(&item, DER_SET, value);
    der_close(&item, attribute);
    while (at > 0 &&
           der_compare(buf_bytes(&sorted->items[at - 1]), buf_bytes(&item)) > 0) {
        sorted->items[at] = sorted->items[at - 1];
        at--;
    }
    sorted->items[at] = item;
    item = BUF_EMPTY; /* sorted owns it now */
    sorted->count++;
    return true;
}

static bool add_extensions(struct sorted *sorted, const struct csr_wish *wish,
                           struct error *err)
{
    AUTO(buf) value = BUF_EMPTY;

    if (wish->extensions == NULL || wish->extensions->count == 0) {
        return true;
    }
    return ext_list_encode(wish->extensions, &value, err) &&
           add(sorted, CSR_OID_EXTENSION_REQUEST, buf_bytes(&value), err);
}

/* PrintableString where it can be (RFC 2985 5.4.1); base64 can. */
static bool add_challenge(struct sorted *sorted, const struct csr_wish *wish,
                          struct error *err)
{
    static const char printable[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789 '()+,-./:=?";
    AUTO(buf) value = BUF_EMPTY;
    struct bytes text = wish->challenge_password;
    size_t plain = 0;

    if (text.len == 0) {
        return true;
    }
    while (plain < text.len &&
           memchr(printable, text.data[plain], sizeof(printable) - 1) != NULL) {
        plain++;
    }
    der_put(&value, plain == text.len ? DER_PRINTABLE : DER_UTF8, text);
    return add(sorted, CSR_OID_CHALLENGE, buf_bytes(&value), err);
}

static bool add_attributes(struct sorted *sorted, const struct csr_wish *wish,
                           struct error *err)
{
    if (!add_extensions(sorted, wish, err) || !add_challenge(sorted, wish, err)) {
        return false;
    }
    for (size_t i = 0; i < wish->attribute_count; i++) {
        const struct csr_attribute *attribute = &wish->attributes[i];
        if (!add(sorted, attribute->oid, attribute->value, err)) {
            return false;
        }
    }
    return true;
}

/* CertificationRequestInfo (RFC 2986 4.1) */
bool csr_build_info(const struct key *key, const struct csr_wish *wish, struct buf *out,
                    struct error *err)
{
    AUTO(csr_sorted) sorted = {.count = 0};
    AUTO(buf) subject = BUF_EMPTY;

    if (!name_encode_dn(&wish->subject, &subject, err) ||
        !add_attributes(&sorted, wish, err)) {
        return false;
    }
    size_t info = der_open(out, DER_SEQUENCE);
    der_put_uint(out, 0); /* v1 */
    der_put_raw(out, buf_bytes(&subject));
    der_put_raw(out, key_get_spki(key));
    size_t attributes = der_open(out, DER_EXPLICIT | 0);
    for (size_t i = 0; i < sorted.count; i++) {
        der_put_raw(out, buf_bytes(&sorted.items[i]));
    }
    der_close(out, attributes);
    der_close(out, info);
    return true;
}

/* Nothing is sent that our own reader would refuse, nor a signature that fails. */
static bool check_result(struct bytes der, struct error *err)
{
    AUTO(csr) csr = NULL;
    enum csr_fault fault = CSR_FAULT_NONE;

    if (!csr_parse(der, &csr, &fault, err)) {
        err->code = fault == CSR_FAULT_NONE ? ERROR_INTERNAL : ERROR_INVALID;
        return false;
    }
    return true;
}

bool csr_assemble(struct bytes info, enum sig_alg alg, struct bytes signature,
                  struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t request = der_open(&der, DER_SEQUENCE);

    der_put_raw(&der, info);
    sig_write(alg, &der);
    size_t bits = der_open(&der, DER_BIT_STRING);
    buf_append_byte(&der, 0); /* no unused bits */
    der_put_raw(&der, signature);
    der_close(&der, bits);
    der_close(&der, request);
    if (!check_result(buf_bytes(&der), err)) {
        return false;
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}

bool csr_build(const struct key *key, enum sig_alg alg, const struct csr_wish *wish,
               struct buf *out, struct error *err)
{
    AUTO(buf) info = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;

    return csr_build_info(key, wish, &info, err) &&
           sig_sign(key, alg, buf_bytes(&info), &signature, err) &&
           csr_assemble(buf_bytes(&info), alg, buf_bytes(&signature), out, err);
}
