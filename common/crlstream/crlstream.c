/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crlstream/crlstream.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/pki/ext_write.h"
#include "common/pki/sig_stream.h"

#define OID_CRL_NUMBER         "2.5.29.20"
#define OID_REASON_CODE        "2.5.29.21"
#define OID_DISTRIBUTION_POINT "2.5.29.28"

enum { CRL_VERSION_2 = 1, TAG_URI = 6, TAG_REASON = 0x0A };

struct crlstream {
    struct crlstream_issuer issuer;
    struct sig_stream *stream;
    struct digest *digest;
    struct buf extensions; /* what ends the TBSCertList */
    uint64_t tbs_octets;
    uint64_t entries_left, octets_left;
    unsigned char last_serial[WIRE_SERIAL_MAX]; /* without a leading zero */
    size_t last_serial_len;
    bool broken; /* a step failed: nothing is signed any more */
};

static void put_extension(struct buf *out, const char *oid, bool critical,
                          struct bytes der)
{
    size_t mark = der_open(out, DER_SEQUENCE);

    (void)der_put_oid(out, oid); /* of our own: always one */
    if (critical) {
        der_put_bool(out, true);
    }
    der_put(out, DER_OCTET_STRING, der);
    der_close(out, mark);
}

/* RFC 5280 5.2.5: distributionPoint, fullName, one URI. */
static void put_distribution_point(const char *url, struct buf *out)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t point = der_open(&der, DER_SEQUENCE);
    size_t name = der_open(&der, DER_EXPLICIT | 0);
    size_t full = der_open(&der, DER_EXPLICIT | 0);

    der_put_text(&der, DER_CONTEXT | TAG_URI, url);
    der_close(&der, full);
    der_close(&der, name);
    der_close(&der, point);
    put_extension(out, OID_DISTRIBUTION_POINT, true, buf_bytes(&der));
}

/* RFC 5280 5.2: authorityKeyIdentifier and cRLNumber always. */
static bool put_extensions(const struct crlstream_issuer *issuer,
                           const struct wire_crl_begin *begin, struct buf *out,
                           struct error *err)
{
    AUTO(ext_list) aki = EXT_LIST_EMPTY;
    AUTO(buf) number = BUF_EMPTY;

    if (begin->distribution_point && issuer->url == NULL) {
        return error_set(err, ERROR_INVALID, "CA '%s' has no URL for its CRLs",
                         issuer->name);
    }
    if (!ext_add_aki(&aki, issuer->key_id, err)) {
        return false;
    }
    size_t explicit = der_open(out, DER_EXPLICIT | 0);
    size_t list = der_open(out, DER_SEQUENCE);
    put_extension(out, aki.items[0].oid, false, aki.items[0].der);
    der_put_uint(&number, begin->number);
    put_extension(out, OID_CRL_NUMBER, false, buf_bytes(&number));
    if (begin->distribution_point) {
        put_distribution_point(issuer->url, out);
    }
    der_close(out, list);
    der_close(out, explicit);
    return true;
}

/* Up to nextUpdate. */
static bool put_fields(const struct crlstream_issuer *issuer,
                       const struct wire_crl_begin *begin, struct buf *out,
                       struct error *err)
{
    der_put_uint(out, CRL_VERSION_2);
    sig_write(issuer->alg, out);
    der_put_raw(out, issuer->subject);
    if (begin->next_update_utc <= begin->this_update_utc ||
        !der_put_time(out, begin->this_update_utc) ||
        !der_put_time(out, begin->next_update_utc)) {
        return error_set(err, ERROR_INVALID, "nextUpdate is not after thisUpdate");
    }
    return true;
}

static bool hash(struct crlstream *crl, struct bytes data, struct error *err)
{
    digest_update(crl->digest, data.data, data.len);
    if (!sig_stream_update(crl->stream, data, err)) {
        crl->broken = true;
        return false;
    }
    return true;
}

static bool open_tbs(struct crlstream *crl, const struct wire_crl_begin *begin,
                     struct buf *opened, struct error *err)
{
    AUTO(buf) fields = BUF_EMPTY;
    AUTO(buf) start = BUF_EMPTY;

    if ((begin->entry_count == 0) != (begin->entry_octets == 0)) {
        return error_set(err, ERROR_INVALID, "entries without octets, or octets without");
    }
    if (!put_fields(&crl->issuer, begin, &fields, err) ||
        !put_extensions(&crl->issuer, begin, &crl->extensions, err)) {
        return false;
    }
    if (begin->entry_count > 0) { /* RFC 5280 5.1.2.6: absent, not empty */
        der_put_head(&fields, DER_SEQUENCE, begin->entry_octets);
    }
    uint64_t content = fields.len + begin->entry_octets + crl->extensions.len;
    der_put_head(&start, DER_SEQUENCE, content);
    crl->tbs_octets = start.len + content;
    buf_append(&start, fields.data, fields.len);
    if (!hash(crl, buf_bytes(&start), err)) {
        return false;
    }
    buf_append(opened, start.data, start.len);
    return true;
}

bool crlstream_begin(const struct crlstream_issuer *issuer,
                     const struct wire_crl_begin *begin, struct buf *opened,
                     struct crlstream **out, struct error *err)
{
    AUTO(crlstream) crl = mem_new(sizeof(*crl));

    crl->issuer = *issuer;
    crl->entries_left = begin->entry_count;
    crl->octets_left = begin->entry_octets;
    crl->digest = digest_new();
    if (!sig_stream_new(issuer->key, issuer->public_key, issuer->alg, &crl->stream,
                        err) ||
        !open_tbs(crl, begin, opened, err)) {
        return false;
    }
    *out = TAKE(crl);
    return true;
}

void crlstream_free(struct crlstream *crl)
{
    if (crl == NULL) {
        return;
    }
    sig_stream_free(crl->stream);
    digest_free(crl->digest);
    buf_clear(&crl->extensions);
    free(crl);
}

uint64_t crlstream_tbs_octets(const struct crlstream *crl)
{
    return crl->tbs_octets;
}

/* Its value without a leading zero; false: not the content of a positive DER INTEGER. */
static bool read_serial(struct bytes *serial)
{
    bool padded = serial->len > 1 && serial->data[0] == 0;

    if (serial->len == 0 || serial->len > WIRE_SERIAL_MAX ||
        (serial->data[0] & 0x80) != 0 || (padded && (serial->data[1] & 0x80) == 0)) {
        return false;
    }
    if (padded) {
        serial->data++;
        serial->len--;
    }
    return serial->data[0] != 0;
}

/* Ascending numbers: no serial comes twice, and the order tells nothing. */
static bool ascends(struct crlstream *crl, struct bytes serial)
{
    struct bytes value = serial;

    if (!read_serial(&value)) {
        return false;
    }
    bool larger = value.len > crl->last_serial_len ||
                  (value.len == crl->last_serial_len &&
                   memcmp(value.data, crl->last_serial, value.len) > 0);
    if (larger) {
        memcpy(crl->last_serial, value.data, value.len);
        crl->last_serial_len = value.len;
    }
    return larger;
}

static bool put_entry(const struct wire_crl_entry *entry, struct buf *out)
{
    size_t mark = der_open(out, DER_SEQUENCE);

    der_put(out, DER_INTEGER, entry->serial);
    if (!der_put_time(out, entry->revoked_utc)) {
        return false;
    }
    if (entry->reason !=
        WIRE_REVOCATION_UNSPECIFIED) { /* RFC 5280 5.3.1: absent, not 0 */
        const unsigned char code[] = {
            TAG_REASON, 1, (unsigned char)wire_revocation_reason_code(entry->reason)};
        size_t list = der_open(out, DER_SEQUENCE);

        put_extension(out, OID_REASON_CODE, false, (struct bytes){code, sizeof(code)});
        der_close(out, list);
    }
    der_close(out, mark);
    return true;
}

static bool put_entries(struct crlstream *crl, const struct wire_crl_entries *entries,
                        struct buf *out, struct error *err)
{
    if (entries->entry_count > crl->entries_left) {
        return error_set(err, ERROR_INVALID, "more entries than were announced");
    }
    for (size_t i = 0; i < entries->entry_count; i++) {
        if (!ascends(crl, entries->entries[i].serial) ||
            !put_entry(&entries->entries[i], out)) {
            return error_set(err, ERROR_INVALID,
                             "entry %zu: a serial out of order, or no serial or date", i);
        }
    }
    if (out->len > crl->octets_left) {
        return error_set(err, ERROR_INVALID, "more octets than were announced");
    }
    return true;
}

bool crlstream_add(struct crlstream *crl, const struct wire_crl_entries *entries,
                   struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (crl->broken) {
        return error_set(err, ERROR_INVALID, "an earlier step of this CRL failed");
    }
    if (!put_entries(crl, entries, &der, err)) {
        crl->broken = true;
        return false;
    }
    crl->entries_left -= entries->entry_count;
    crl->octets_left -= der.len;
    if (!hash(crl, buf_bytes(&der), err)) {
        return false;
    }
    buf_append(out, der.data, der.len);
    return true;
}

bool crlstream_close(struct crlstream *crl, unsigned char tbs_sha256[WIRE_SHA256],
                     struct error *err)
{
    if (crl->broken || crl->entries_left > 0 || crl->octets_left > 0) {
        crl->broken = true;
        return error_set(err, ERROR_INVALID, "the entries are not those announced");
    }
    if (!hash(crl, buf_bytes(&crl->extensions), err)) {
        return false;
    }
    digest_finish(crl->digest, tbs_sha256);
    return true;
}

bool crlstream_sign(struct crlstream *crl, struct buf *head, struct buf *tail,
                    struct error *err)
{
    AUTO(buf) signature = BUF_EMPTY;
    AUTO(buf) end = BUF_EMPTY;

    if (crl->broken || !sig_stream_finish(crl->stream, &signature, err)) {
        crl->broken = true;
        return error_set(err, ERROR_INTERNAL,
                         "a CRL of CA '%s' could not be signed: nothing is released",
                         crl->issuer.name);
    }
    sig_write(crl->issuer.alg, &end);
    size_t bits = der_open(&end, DER_BIT_STRING);
    buf_append_byte(&end, 0); /* no unused bits */
    buf_append(&end, signature.data, signature.len);
    der_close(&end, bits);
    der_put_head(head, DER_SEQUENCE, crl->tbs_octets + end.len);
    buf_append(tail, crl->extensions.data, crl->extensions.len);
    buf_append(tail, end.data, end.len);
    return true;
}
