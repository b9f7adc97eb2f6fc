/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key: public keys and key pairs, what is known of them, and their PEM files' content.
 *
 * A struct key is immutable; threads may share it. Private parts live in OpenSSL's memory,
 * which wipes them on free.
 */
#ifndef AE_COMMON_PKI_KEY_H
#define AE_COMMON_PKI_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

enum {
    KEY_RSA_BITS_MIN = 2048,
    KEY_RSA_BITS_MAX = 4096,
    KEY_SPKI_MAX = 1024,     /* octets of DER; RSA-4096 needs 550 */
    KEY_PEM_MAX = 16 * 1024, /* octets of a private key's PEM; RSA-4096 needs 3,500 */
    KEY_PASSPHRASE_MAX = 1024,
    KEY_SHA256_SIZE = 32
};

enum key_alg { KEY_RSA = 0, KEY_EC, KEY_ED25519, KEY_ALG_COUNT };

/* Named curves only; KEY_CURVE_NONE for everything but KEY_EC. */
enum key_curve {
    KEY_CURVE_NONE = 0,
    KEY_CURVE_P256,
    KEY_CURVE_P384,
    KEY_CURVE_P521,
    KEY_CURVE_COUNT
};

/*
 * Keys that can be read and must not be certified: bit 1 << enum key_weakness of
 * key_info.weak. The keys of Debian's broken generator of 2008 are not among them: no package
 * carries their list any more.
 */
enum key_weakness {
    KEY_WEAK_EVEN_MODULUS = 0,
    KEY_WEAK_SMALL_FACTOR,   /* of the modulus, below 1024 */
    KEY_WEAK_CLOSE_PRIMES,   /* Fermat's method finds them at once */
    KEY_WEAK_ROCA,           /* CVE-2017-15361 */
    KEY_WEAK_SMALL_EXPONENT, /* e below 65537 (FIPS 186-5 A.1.1) */
    KEY_WEAK_SMALL_ORDER,    /* an Ed25519 point for which anybody can sign */
    KEY_WEAKNESS_COUNT
};

struct key_info {
    enum key_alg alg;
    enum key_curve curve;
    unsigned int bits; /* of the modulus or the field: 2048..4096, 256, 384, 521, 255 */
    unsigned int weak; /* 0 when nothing is wrong */
    uint64_t e;        /* RSA's public exponent, odd, 3..2^64-1; else 0 */
    unsigned char spki_sha256[KEY_SHA256_SIZE];
};

/* "rsa", "ec", "ed25519"; "P-256", …, "" for none; "even_modulus", …: never NULL. */
const char *key_alg_name(enum key_alg alg);
const char *key_curve_name(enum key_curve curve);
const char *key_weakness_name(enum key_weakness weakness);
/* The set bits as words: "small_factor, roca"; nothing for 0. */
void key_append_weaknesses(unsigned int weak, struct buf *out);

struct key;                     /* a public key, perhaps with its private key */
void key_free(struct key *key); /* accepts NULL */
CLEANUP_DEFINE(key, struct key *, key_free);

/*
 * A public key from its SubjectPublicKeyInfo: judged as spki_read() does before OpenSSL sees
 * it, then an EC point is checked to lie on its curve.
 *
 * der     1..KEY_SPKI_MAX octets, copied; trailing ones are an error
 * out     on success owned by the caller: key_free()
 * errors  ERROR_INVALID   not one well-formed DER SubjectPublicKeyInfo
 *         ERROR_DENIED    a kind of key that we do not take, a weak key, a point off its curve
 *         ERROR_INTERNAL  no memory
 * source  NIST SP 800-56A 5.6.2.3.3 (point validation)
 */
AE_MUST_CHECK bool key_from_spki(struct bytes der, struct key **out, struct error *err);

/*
 * The same, for who reads many: where the new key is on the curve of another, it takes over what
 * OpenSSL has worked out for that, and nothing else.
 * like    any key, which stays the caller's; NULL: none
 * errors  as key_from_spki()
 * threads may share like
 */
AE_MUST_CHECK bool key_from_spki_like(struct bytes der, const struct key *like,
                                      struct key **out, struct error *err);

/*
 * A new key pair: RSA of 2048..4096 bits (a multiple of 256; e is 65537), EC of 256, 384 or
 * 521 bits, Ed25519 of 255 bits.
 * errors  ERROR_INVALID   no such size
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool key_generate(enum key_alg alg, unsigned int bits, struct key **out,
                                struct error *err);

/* Borrowed from the key. */
const struct key_info *key_get_info(const struct key *key);
struct bytes key_get_spki(const struct key *key); /* the DER as it was read */
bool key_has_private(const struct key *key);

/*
 * The private key as PEM of PKCS #8, plain or encrypted by PBES2 with scrypt (16 MiB, five
 * passes) and AES-256-CBC: a stolen file costs its thief memory for each guess, and every
 * OpenSSL since 1.1 reads it.
 *
 * passphrase 1..KEY_PASSPHRASE_MAX octets; NULL: not encrypted
 * out     appended to; must be a secret buffer
 * errors  ERROR_INVALID   no private key, an empty or overlong passphrase
 *         ERROR_INTERNAL  OpenSSL failed
 * source  RFC 5958, RFC 7468 10 and 11, RFC 8018 6.2, RFC 7914
 */
AE_MUST_CHECK bool key_to_pem(const struct key *key, const struct buf *passphrase,
                              struct buf *out, struct error *err);

/*
 * A key pair from PEM: exactly one PRIVATE KEY or ENCRYPTED PRIVATE KEY, nothing around it
 * but white space. Encrypted: PBES2 with scrypt or PBKDF2 and AES-CBC, its cost bounded.
 * That the public key belongs to the private one is checked by computation, not by signing.
 *
 * passphrase NULL: an encrypted key is refused; it may be given for a plain key
 * errors  ERROR_INVALID   not such a PEM, another encryption, public and private part differ
 *         ERROR_AUTH      encrypted, and the passphrase is missing or wrong
 *         ERROR_DENIED    a kind of key that we do not take, or a weak one
 *         ERROR_INTERNAL  no memory
 */
AE_MUST_CHECK bool key_from_pem(struct bytes pem, const struct buf *passphrase,
                                struct key **out, struct error *err);

#endif
