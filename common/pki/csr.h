/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr: PKCS #10 certification requests (RFC 2986), read strictly and built.
 *
 * What a request says is untrusted: names and extensions are wishes that a decision judges,
 * and only the public key is ever copied (I3).
 */
#ifndef AE_COMMON_PKI_CSR_H
#define AE_COMMON_PKI_CSR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/digest.h"
#include "common/pki/ext.h"
#include "common/pki/key.h"
#include "common/pki/name.h"
#include "common/pki/sig.h"

enum {
    CSR_DER_MAX = 16 * 1024, /* octets; larger requests are refused unparsed */
    CSR_ATTRIBUTES_MAX = 32,
    CSR_CHALLENGE_MAX = 255 /* octets of a challengePassword (RFC 2985 5.4.1) */
};

/* Why a request is refused, in the order in which it is looked for. */
enum csr_fault {
    CSR_FAULT_NONE = 0,  /* not the request's fault */
    CSR_FAULT_MALFORMED, /* not one DER request; something twice      -> 400 MALFORMED */
    CSR_FAULT_KEY,       /* weak, or a kind that we do not take       -> 403 KEY_WEAK */
    CSR_FAULT_POP,       /* signature bad, or by a bad algorithm      -> 400 POP */
    CSR_FAULT_NAME,      /* a name that no certificate of ours can have
                                                                 -> 403 NAME_NOT_YOURS */
    CSR_FAULT_EXTENSION, /* an unreadable template extension     -> 403 CSR_EXTENSION */
    CSR_FAULT_COUNT
};

enum csr_attribute_kind {
    CSR_ATTRIBUTE_OTHER = 0,   /* unknown: a decision refuses it */
    CSR_ATTRIBUTE_HARMLESS,    /* says something about the client, asks for nothing */
    CSR_ATTRIBUTE_EXTENSIONS,  /* extensionRequest, or Microsoft's twin of it */
    CSR_ATTRIBUTE_CHALLENGE,   /* challengePassword */
    CSR_ATTRIBUTE_CHANGE_NAME, /* ChangeSubjectName (RFC 6402 2.8) */
    CSR_ATTRIBUTE_NAME_VALUE_PAIRS, /* Microsoft's: may carry names; refused */
    CSR_ATTRIBUTE_KIND_COUNT
};

struct csr_attribute {
    const char *oid; /* dotted */
    enum csr_attribute_kind kind;
    struct bytes value; /* DER of its one value */
};

/* A read request. All of it lives until csr_free() and is not to be changed. */
struct csr {
    struct bytes der;
    unsigned char sha256[DIGEST_SHA256_SIZE]; /* of der */
    struct key *key;                          /* with its raw SPKI */
    enum sig_alg signature;                   /* what it was signed with */
    struct bytes subject_der;                 /* the Name as it was encoded */
    struct name_dn subject;                   /* count 0: empty */
    struct general_names sans;                /* count 0: none */
    struct ext_list extensions;               /* requested, the SAN among them */
    struct csr_attribute attributes[CSR_ATTRIBUTES_MAX];
    size_t attribute_count;
    struct bytes challenge_password; /* text, 1..CSR_CHALLENGE_MAX octets; len 0: none */
    struct bytes change_name;        /* DER of ChangeSubjectName; len 0: none */
    const char *template_name;       /* asked for by name; NULL: none */
    struct ext_template template;    /* asked for by OID; oid NULL: none */
    struct name_store store;         /* owns the text */
    unsigned char *octets;           /* owns the DER */
};

void csr_free(struct csr *csr); /* accepts NULL */
CLEANUP_DEFINE(csr, struct csr *, csr_free);

/*
 * Read a DER request and check that its maker holds the private key.
 *
 * Bounds and the key come before any computation with it. The order of attributes is free:
 * clients sort them or not, and each type may be there once only.
 *
 * der     1..CSR_DER_MAX octets, copied; trailing ones are an error
 * like    for who reads many: as key_from_spki_like() has it
 * out     on success owned by the caller: csr_free()
 * fault   set on failure
 * errors  ERROR_INVALID   CSR_FAULT_MALFORMED, CSR_FAULT_POP
 *         ERROR_DENIED    CSR_FAULT_KEY, CSR_FAULT_NAME, CSR_FAULT_EXTENSION
 *         ERROR_INTERNAL  CSR_FAULT_NONE: no memory
 * source  RFC 2986 4.2; RFC 7030 4.2.1 (body of /simpleenroll)
 */
AE_MUST_CHECK bool csr_parse(struct bytes der, struct csr **out, enum csr_fault *fault,
                             struct error *err);
AE_MUST_CHECK bool csr_parse_like(struct bytes der, const struct key *like,
                                  struct csr **out, enum csr_fault *fault,
                                  struct error *err);

/* "malformed", …; never NULL. */
const char *csr_fault_name(enum csr_fault fault);

/* NULL when there is none. */
const struct csr_attribute *csr_find_attribute(const struct csr *csr, const char *oid);

/* What a request is to say. Zero members are left out. */
struct csr_wish {
    struct name_dn subject;
    const struct ext_list *extensions;      /* ext_add_san() and the like fill it */
    struct bytes challenge_password;        /* ASCII, at most CSR_CHALLENGE_MAX */
    const struct csr_attribute *attributes; /* oid and value count, kind does not */
    size_t attribute_count;
};

/*
 * Build and sign a request; what it appends csr_parse() reads.
 *
 * key     with its private part
 * errors  ERROR_INVALID   no private key, an algorithm that does not fit it, a bad name,
 *                         password or attribute, an attribute twice, larger than CSR_DER_MAX
 *         ERROR_INTERNAL  OpenSSL failed
 * source  RFC 2986 4.2; attributes sorted as X.690 11.6 has it
 */
AE_MUST_CHECK bool csr_build(const struct key *key, enum sig_alg alg,
                             const struct csr_wish *wish, struct buf *out,
                             struct error *err);

/*
 * The same in two steps, for who has something to do before he signs: append the
 * CertificationRequestInfo.
 * errors  ERROR_INVALID  a bad name, password or attribute, an attribute twice
 */
AE_MUST_CHECK bool csr_build_info(const struct key *key, const struct csr_wish *wish,
                                  struct buf *out, struct error *err);

/*
 * Append the request: what csr_build_info() made, and its signature.
 * errors  ERROR_INVALID   the signature is not the key's, or csr_parse() refuses the rest
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool csr_assemble(struct bytes info, enum sig_alg alg,
                                struct bytes signature, struct buf *out,
                                struct error *err);

#endif
