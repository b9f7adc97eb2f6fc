/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture_ca: certificates made at test time by OpenSSL, right and wrong ones, so that no
 * test depends on our own encoders to judge our own readers. A failure ends the process.
 *
 * Nothing expires: all is valid from 2020 to 2090 unless said otherwise; tests bring their
 * own clock.
 */
#ifndef AE_TESTS_SUPPORT_FIXTURE_CA_H
#define AE_TESTS_SUPPORT_FIXTURE_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"

#define FIXTURE_NOT_BEFORE INT64_C(1577836800) /* 2020-01-01T00:00:00Z */
#define FIXTURE_NOT_AFTER  INT64_C(3786912000) /* 2090-01-01T00:00:00Z */
#define FIXTURE_NOW        INT64_C(1800000000) /* a moment in between, in 2027 */

enum fixture_key { FIXTURE_EC = 0, FIXTURE_RSA, FIXTURE_ED25519, FIXTURE_ED448 };

/* What differs from the usual; zero for everything else. */
struct fixture_leaf {
    const char *cn; /* the only attribute of the subject, UTF-8; NULL: empty subject */
    /* "name=value" of OpenSSL's configuration, NULL at the end; one twice stands twice */
    const char *extensions[16];
    int64_t not_before_utc;
    int64_t not_after_utc;
    struct bytes spki;   /* none: a key of its own, P-256 */
    struct bytes serial; /* big-endian, positive; none: random */
    const char *digest;  /* "SHA1"; NULL: SHA-256 */
    bool bad_signature;
};

struct fixture_ca;

/* A CA with a new key; parent NULL: self-signed. path_length below 0: none. */
struct fixture_ca *fixture_ca_new(enum fixture_key kind, const char *cn,
                                  const struct fixture_ca *parent, int path_length);
void fixture_ca_free(struct fixture_ca *ca);
CLEANUP_DEFINE(fixture_ca, struct fixture_ca *, fixture_ca_free);

/* Borrowed from the CA: its certificate's DER, its private key as PEM of PKCS #8. */
struct bytes fixture_ca_certificate(const struct fixture_ca *ca);
struct bytes fixture_ca_key(const struct fixture_ca *ca);

/* Append the DER of a certificate. */
void fixture_ca_issue(const struct fixture_ca *ca, const struct fixture_leaf *leaf,
                      struct buf *out);
/* The same, signed by its own new key. */
void fixture_self_signed(const struct fixture_leaf *leaf, struct buf *out);
/* Append the DER SubjectPublicKeyInfo of a new key. */
void fixture_spki(enum fixture_key kind, struct buf *out);

#endif
