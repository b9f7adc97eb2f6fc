/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/pki/canon.h"
#include "common/pki/csr_attribute.h"
#include "common/pki/der.h"
#include "common/pki/ext_read.h"

/* CertificationRequest, taken apart; views into the request. */
struct parts {
    struct bytes info; /* whole: what is signed */
    struct bytes subject;
    struct bytes spki;
    struct bytes attributes; /* content of [0] */
    struct bytes algorithm;
    struct bytes signature;
    const struct key *like; /* of the caller */
};

/* One step of reading; a failure is the request's fault of this kind. */
struct step {
    enum csr_fault fault;
    bool (*run)(struct csr *csr, struct parts *parts, struct error *err);
};

static const char *const fault_names[] = {
    [CSR_FAULT_NONE] = "none", [CSR_FAULT_MALFORMED] = "malformed",
    [CSR_FAULT_KEY] = "key",   [CSR_FAULT_POP] = "proof of possession",
    [CSR_FAULT_NAME] = "name", [CSR_FAULT_EXTENSION] = "extension",
};
_Static_assert(sizeof(fault_names) / sizeof(fault_names[0]) == CSR_FAULT_COUNT,
               "every fault has a name");

const char *csr_fault_name(enum csr_fault fault)
{
    return (unsigned int)fault < CSR_FAULT_COUNT ? fault_names[fault] : "unknown";
}

void csr_free(struct csr *csr)
{
    if (csr != NULL) {
        key_free(csr->key);
        ext_list_clear(&csr->extensions);
        name_store_clear(&csr->store);
        free(csr->octets);
        free(csr);
    }
}

const struct csr_attribute *csr_find_attribute(const struct csr *csr, const char *oid)
{
    for (size_t i = 0; i < csr->attribute_count; i++) {
        if (strcmp(csr->attributes[i].oid, oid) == 0) {
            return &csr->attributes[i];
        }
    }
    return NULL;
}

static bool read_whole(struct bytes *in, unsigned char tag, struct bytes *whole)
{
    struct der_item item;

    if (!der_has_tag(*in, tag) || !der_next(in, &item)) {
        return false;
    }
    *whole = item.whole;
    return true;
}

/* CertificationRequestInfo (RFC 2986 4.1) */
static bool split_info(struct parts *parts, struct error *err)
{
    struct bytes info;
    uint64_t version = 0;

    if (!der_read_only(parts->info, DER_SEQUENCE, &info) ||
        !der_has_tag(info, DER_INTEGER)) {
        return error_set(err, ERROR_INVALID, "it does not begin with a version");
    }
    if (!der_read_uint(&info, 0, &version)) { /* RFC 2986 4.1: v1(0) */
        return error_set(err, ERROR_INVALID, "its version is not 0");
    }
    if (!read_whole(&info, DER_SEQUENCE, &parts->subject)) {
        return error_set(err, ERROR_INVALID, "it has no subject");
    }
    if (!read_whole(&info, DER_SEQUENCE, &parts->spki)) {
        return error_set(err, ERROR_INVALID, "it has no public key");
    }
    /* Not OPTIONAL in RFC 2986, but OpenSSL reads requests without, so some must be made. */
    if (info.len > 0 && !der_read(&info, DER_EXPLICIT | 0, &parts->attributes)) {
        return error_set(err, ERROR_INVALID,
                         "what follows its key is no list of attributes");
    }
    return info.len == 0 ||
           error_set(err, ERROR_INVALID, "something follows its attributes");
}

/* CertificationRequest (RFC 2986 4.2), every part of it DER. */
static bool split(struct csr *csr, struct parts *parts, struct error *err)
{
    struct bytes outer;
    struct bytes bits;

    if (!canon_check(csr->der, err)) {
        return false;
    }
    if (!der_read_only(csr->der, DER_SEQUENCE, &outer) ||
        !read_whole(&outer, DER_SEQUENCE, &parts->info) ||
        !read_whole(&outer, DER_SEQUENCE, &parts->algorithm) ||
        !der_read_only(outer, DER_BIT_STRING, &bits) || bits.data[0] != 0) {
        return error_set(err, ERROR_INVALID,
                         "it is not information, algorithm and signature");
    }
    parts->signature = (struct bytes){bits.data + 1, bits.len - 1};
    if (!split_info(parts, err)) {
        return false;
    }
    csr->subject_der = parts->subject;
    return true;
}

static bool read_attributes(struct csr *csr, struct parts *parts, struct error *err)
{
    return csr_attributes_read(parts->attributes, csr, err);
}

/* Values are the DER of some type (RFC 5280 4.2), whoever reads them. */
static bool check_values(struct csr *csr, struct parts *parts, struct error *err)
{
    (void)parts;
    for (size_t i = 0; i < csr->extensions.count; i++) {
        const struct ext *ext = &csr->extensions.items[i];
        if (!canon_check(ext->der, err)) {
            return error_wrap(err, "extension %.64s", ext->oid);
        }
    }
    return true;
}

static bool read_key(struct csr *csr, struct parts *parts, struct error *err)
{
    return key_from_spki_like(parts->spki, parts->like, &csr->key, err);
}

static bool read_algorithm(struct csr *csr, struct parts *parts, struct error *err)
{
    return sig_read(parts->algorithm, &csr->signature, err);
}

/* RFC 2986 3: the requester signs with the private key, and so proves to hold it. */
static bool verify(struct csr *csr, struct parts *parts, struct error *err)
{
    return sig_verify(csr->key, csr->signature, parts->info, parts->signature, err);
}

static bool read_subject(struct csr *csr, struct parts *parts, struct error *err)
{
    return name_parse_dn(parts->subject, &csr->store, &csr->subject, err) ||
           error_wrap(err, "subject");
}

static bool read_sans(struct csr *csr, struct parts *parts, struct error *err)
{
    const struct ext *san = ext_list_find(&csr->extensions, EXT_OID_SAN);

    (void)parts;
    return san == NULL || name_parse_generals(san->der, &csr->store, &csr->sans, err) ||
           error_wrap(err, "subjectAltName");
}

static bool read_template(struct csr *csr, struct parts *parts, struct error *err)
{
    const struct ext *name = ext_list_find(&csr->extensions, EXT_OID_TEMPLATE_NAME);
    const struct ext *template = ext_list_find(&csr->extensions, EXT_OID_TEMPLATE);

    (void)parts;
    if (name != NULL &&
        !ext_read_template_name(name->der, &csr->store, &csr->template_name, err)) {
        return error_wrap(err, "template name");
    }
    return template == NULL ||
           ext_read_template(template->der, &csr->store, &csr->template, err) ||
           error_wrap(err, "template");
}

/* The order is a promise: what is cheap comes first, and nothing computes with a bad key. */
static const struct step steps[] = {
    {CSR_FAULT_MALFORMED, split},         {CSR_FAULT_MALFORMED, read_attributes},
    {CSR_FAULT_MALFORMED, check_values},  {CSR_FAULT_KEY, read_key},
    {CSR_FAULT_POP, read_algorithm},      {CSR_FAULT_POP, verify},
    {CSR_FAULT_NAME, read_subject},       {CSR_FAULT_NAME, read_sans},
    {CSR_FAULT_EXTENSION, read_template},
};

/* The step's fault, and the class that goes with its status. */
static enum csr_fault settle_fault(enum csr_fault fault, struct error *err)
{
    if (err->code == ERROR_INTERNAL) {
        return CSR_FAULT_NONE;
    }
    if (fault == CSR_FAULT_KEY && err->code == ERROR_INVALID) {
        return CSR_FAULT_MALFORMED;
    }
    err->code = fault == CSR_FAULT_MALFORMED || fault == CSR_FAULT_POP ? ERROR_INVALID
                                                                       : ERROR_DENIED;
    return fault;
}

static bool run_steps(struct csr *csr, const struct key *like, enum csr_fault *fault,
                      struct error *err)
{
    struct parts parts = {.like = like};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!steps[i].run(csr, &parts, err)) {
            *fault = settle_fault(steps[i].fault, err);
            return error_wrap(err, "request");
        }
    }
    return true;
}

bool csr_parse_like(struct bytes der, const struct key *like, struct csr **out,
                    enum csr_fault *fault, struct error *err)
{
    AUTO(csr) csr = NULL;

    if (der.len == 0 || der.len > CSR_DER_MAX) {
        *fault = CSR_FAULT_MALFORMED;
        return error_set(err, ERROR_INVALID, "request: %zu octets, 1 to %d are accepted",
                         der.len, CSR_DER_MAX);
    }
    csr = mem_new(sizeof(*csr));
    csr->octets = mem_dup(der.data, der.len);
    csr->der = (struct bytes){csr->octets, der.len};
    digest_sha256(der.data, der.len, csr->sha256);
    if (!run_steps(csr, like, fault, err)) {
        return false;
    }
    *out = TAKE(csr);
    return true;
}

bool csr_parse(struct bytes der, struct csr **out, enum csr_fault *fault,
               struct error *err)
{
    return csr_parse_like(der, NULL, out, fault, err);
}
