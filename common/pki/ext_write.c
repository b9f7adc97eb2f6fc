/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext_write.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/pki/der.h"
#include "common/pki/ext_list.h"
#include "common/pki/name_rules.h"
#include "common/pki/ossl.h"

enum { SID_TEXT_MAX = 184, SID_SUB_AUTHORITIES_MAX = 15 };

bool ext_add_san(struct ext_list *list, const struct general_names *names,
                 bool subject_is_empty, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!name_encode_generals(names, &der, err)) {
        return error_wrap(err, "subjectAltName");
    }
    return ext_list_append(list, EXT_OID_SAN, subject_is_empty, buf_bytes(&der), err);
}

/* One "-<decimal>" of at most 10 digits and 2^32 - 1 (the authority: 2^48 - 1). */
static bool take_number(const char **text, uint64_t max)
{
    uint64_t value = 0;
    size_t digits = 0;

    if (**text != '-') {
        return false;
    }
    (*text)++;
    digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 15 || (digits > 1 && **text == '0')) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (uint64_t)((*text)[i] - '0');
    }
    *text += digits;
    return value <= max;
}

/* [MS-DTYP] 2.4.2.1, the decimal form */
bool ext_is_sid(const char *sid)
{
    size_t subs = 0;

    if (strnlen(sid, SID_TEXT_MAX + 1) > SID_TEXT_MAX || !text_has_prefix(sid, "S-1")) {
        return false;
    }
    sid += strlen("S-1");
    if (!take_number(&sid, UINT64_C(0xFFFFFFFFFFFF))) {
        return false;
    }
    while (*sid != '\0') {
        if (!take_number(&sid, UINT32_MAX)) {
            return false;
        }
        subs++;
    }
    return subs >= 1 && subs <= SID_SUB_AUTHORITIES_MAX;
}

bool ext_add_sid(struct ext_list *list, const char *sid, struct error *err)
{
    AUTO(buf) value = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;

    if (!ext_is_sid(sid)) {
        return error_set(err, ERROR_INVALID, "'%.64s' is not a security identifier", sid);
    }
    der_put_text(&value, DER_OCTET_STRING, sid);
    struct general_name name = {GENERAL_OTHER, EXT_OID_SID_VALUE, buf_bytes(&value)};
    struct general_names names = {&name, 1};
    if (!name_encode_generals(&names, &der, err)) {
        return false;
    }
    return ext_list_append(list, EXT_OID_SID, false, buf_bytes(&der), err);
}

bool ext_add_template(struct ext_list *list, const struct ext_template *t,
                      struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_SEQUENCE);

    if (!der_put_oid(&der, t->oid)) {
        return error_set(err, ERROR_INVALID, "'%.64s' is no template's OID", t->oid);
    }
    if (t->has_minor && !t->has_major) { /* it would be read as the major version */
        return error_set(err, ERROR_INVALID,
                         "the template %.64s has a minor version and no major one",
                         t->oid);
    }
    if (t->has_major) {
        der_put_uint(&der, t->major);
    }
    if (t->has_minor) {
        der_put_uint(&der, t->minor);
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_TEMPLATE, false, buf_bytes(&der), err);
}

bool ext_add_template_name(struct ext_list *list, const char *name, struct error *err)
{
    struct bytes text = bytes_of_text(name);
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_BMP);
    bool fits =
        text.len > 0 && text.len <= EXT_TEMPLATE_NAME_MAX && name_text_is_plain(text);

    for (size_t i = 0; fits && i < text.len;) {
        uint32_t code = 0;

        i += utf8_read(text.data + i, text.len - i, &code);
        fits = code <= 0xFFFF; /* the plane that BMPString has */
        buf_append_byte(&der, (unsigned char)(code >> 8));
        buf_append_byte(&der, (unsigned char)code);
    }
    if (!fits) {
        return error_set(err, ERROR_INVALID,
                         "the template name '%.64s' cannot be a BMPString of 1 to %d "
                         "octets",
                         name, EXT_TEMPLATE_NAME_MAX);
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_TEMPLATE_NAME, false, buf_bytes(&der), err);
}

bool ext_add_key_usage(struct ext_list *list, uint32_t usage, bool critical,
                       struct error *err)
{
    unsigned char bits[2] = {0, 0};
    AUTO(buf) der = BUF_EMPTY;

    if (usage == 0 || (usage & ~(uint32_t)EXT_KU_ALL) != 0) { /* RFC 5280 4.2.1.3 */
        return error_set(err, ERROR_INVALID, "key usage 0x%x: no bit or an unknown one",
                         usage);
    }
    if ((usage & (EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN)) != 0) { /* I4 */
        return error_set(err, ERROR_INVALID,
                         "key usage 0x%x: keyCertSign and cRLSign are for CAs", usage);
    }
    if ((usage & (EXT_KU_ENCIPHER_ONLY | EXT_KU_DECIPHER_ONLY)) != 0 &&
        (usage & EXT_KU_KEY_AGREEMENT) == 0) {
        return error_set(err, ERROR_INVALID,
                         "key usage 0x%x: encipherOnly and decipherOnly mean nothing "
                         "without keyAgreement",
                         usage);
    }
    for (unsigned bit = 0; bit < 9; bit++) {
        if ((usage >> bit & 1) != 0) {
            bits[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
        }
    }
    der_put_named_bits(&der, (struct bytes){bits, sizeof(bits)});
    return ext_list_append(list, EXT_OID_KEY_USAGE, critical, buf_bytes(&der), err);
}

bool ext_add_end_entity(struct ext_list *list, bool critical, struct error *err)
{
    static const unsigned char der[] = {DER_SEQUENCE, 0}; /* cA is FALSE by default */

    return ext_list_append(list, EXT_OID_BASIC_CONSTRAINTS, critical,
                           (struct bytes){der, sizeof(der)}, err);
}

bool ext_add_aki(struct ext_list *list, struct bytes key_id, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_SEQUENCE);

    if (key_id.len == 0 || key_id.len > EXT_KEY_ID_MAX) {
        return error_set(err, ERROR_INVALID,
                         "authority key identifier of %zu octets; 1 to %d are allowed",
                         key_id.len, EXT_KEY_ID_MAX);
    }
    der_put(&der, DER_CONTEXT | 0, key_id);
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_AKI, false, buf_bytes(&der), err);
}

bool ext_add_ski(struct ext_list *list, struct bytes spki, struct error *err)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_len = 0;
    AUTO(buf) der = BUF_EMPTY;
    struct bytes parts;
    struct bytes algorithm;
    struct bytes bits;

    if (!der_read_only(spki, DER_SEQUENCE, &parts) ||
        !der_read(&parts, DER_SEQUENCE, &algorithm) ||
        !der_read_only(parts, DER_BIT_STRING, &bits) || bits.len < 2 ||
        bits.data[0] != 0) {
        return error_set(err, ERROR_INVALID, "not a SubjectPublicKeyInfo");
    }
    /* without the octet that counts unused bits */
    if (EVP_Digest(bits.data + 1, bits.len - 1, hash, &hash_len, EVP_sha1(), NULL) != 1) {
        return ossl_fail(err, "naming the key");
    }
    der_put(&der, DER_OCTET_STRING, (struct bytes){hash, hash_len});
    return ext_list_append(list, EXT_OID_SKI, false, buf_bytes(&der), err);
}

bool ext_add_ocsp_no_check(struct ext_list *list, struct error *err)
{
    static const unsigned char der[] = {DER_NULL, 0};

    return ext_list_append(list, EXT_OID_OCSP_NO_CHECK, false,
                           (struct bytes){der, sizeof(der)}, err);
}
