/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert: a certificate as it is read: strict DER, every field a view into it.
 *
 * A struct cert is immutable; threads may share it. What its names and extensions say is read
 * on demand, so that an odd name in somebody's root does not make the root unreadable.
 */
#ifndef AE_COMMON_PKI_CERT_H
#define AE_COMMON_PKI_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/ext.h"
#include "common/pki/key.h"
#include "common/pki/name.h"

enum {
    CERT_DER_MAX = 16 * 1024, /* octets; larger certificates are refused unread */
    CERT_SERIAL_MAX = 20,     /* octets, RFC 5280 4.1.2.2 */
    CERT_SHA256_SIZE = 32
};

struct cert;

/*
 * Read one DER Certificate. Its signature is not looked at.
 *
 * der     borrowed, copied; trailing octets are an error
 * out     on success owned by the caller: cert_free()
 * errors  ERROR_INVALID  too large, not DER throughout, not version 3; a serial that is not
 *                        positive or longer than CERT_SERIAL_MAX; unequal signature
 *                        algorithms; a time not in the form of its era, an end before the
 *                        beginning; unique identifiers; an extension twice; broken
 *                        basicConstraints; a signature of odd bits
 * source  RFC 5280 4.1
 */
AE_MUST_CHECK bool cert_parse(struct bytes der, struct cert **out, struct error *err);
void cert_free(struct cert *cert); /* accepts NULL */
CLEANUP_DEFINE(cert, struct cert *, cert_free);

/* All borrowed from the certificate. */
struct bytes cert_get_der(const struct cert *cert);
struct bytes cert_get_tbs(const struct cert *cert);     /* what is signed */
struct bytes cert_get_serial(const struct cert *cert);  /* big-endian, no zero in front */
struct bytes cert_get_issuer(const struct cert *cert);  /* DER Name */
struct bytes cert_get_subject(const struct cert *cert); /* DER Name */
struct bytes cert_get_spki(const struct cert *cert);    /* DER SubjectPublicKeyInfo */
struct bytes cert_get_sig_alg(const struct cert *cert); /* DER AlgorithmIdentifier */
struct bytes cert_get_signature(const struct cert *cert); /* without the count of bits */
int64_t cert_get_not_before_utc(const struct cert *cert);
int64_t cert_get_not_after_utc(const struct cert *cert); /* the last second of validity */
const unsigned char *cert_get_sha256(const struct cert *cert); /* of the whole DER */
const unsigned char *cert_get_spki_sha256(const struct cert *cert);
const struct ext_list *cert_get_extensions(const struct cert *cert);

bool cert_is_ca(const struct cert *cert); /* basicConstraints has CA:TRUE */
/* Exactly this key, compared as DER. */
bool cert_has_spki(const struct cert *cert, struct bytes spki);

/*
 * The names as records; they live as long as the store.
 * errors  ERROR_INVALID  not a name as name_parse_dn() wants it
 */
AE_MUST_CHECK bool cert_read_subject(const struct cert *cert, struct name_store *store,
                                     struct name_dn *out, struct error *err);
/*
 * errors  ERROR_INVALID  not a name as name_parse_dn() wants it
 */
AE_MUST_CHECK bool cert_read_issuer(const struct cert *cert, struct name_store *store,
                                    struct name_dn *out, struct error *err);
/*
 * The subjectAltName; count 0 where there is none.
 * errors  ERROR_INVALID  not names as name_parse_generals() wants them
 */
AE_MUST_CHECK bool cert_read_sans(const struct cert *cert, struct name_store *store,
                                  struct general_names *out, struct error *err);

/* What the key may be used for; an extension that is not there restricts nothing. */
struct cert_usage {
    bool has_key_usage;
    bool has_purposes;
    uint32_t key_usage;        /* EXT_KU_… */
    struct ext_texts purposes; /* of the extended key usage */
};
/*
 * errors  ERROR_INVALID  one of the two extensions is malformed
 */
AE_MUST_CHECK bool cert_read_usage(const struct cert *cert, struct name_store *store,
                                   struct cert_usage *out, struct error *err);

/*
 * Is the signature the issuer key's, by an algorithm of sig.h?
 * errors  ERROR_INVALID   it is not
 *         ERROR_DENIED    an algorithm that we do not accept
 *         ERROR_INTERNAL  OpenSSL failed before it could tell
 */
AE_MUST_CHECK bool cert_check_signature(const struct cert *cert, const struct key *issuer,
                                        struct error *err);

#endif
