/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: certification requests put together by hand and signed by OpenSSL, so that any one
 * part can be wrong while all others are right.
 */
#ifndef AE_TESTS_SUPPORT_REQUEST_H
#define AE_TESTS_SUPPORT_REQUEST_H

#include <openssl/types.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"

#include "tests/support/keys.h"

/* OIDs as der_text() takes them. */
#define REQUEST_EXTENSIONS    "06092a864886f70d01090e"
#define REQUEST_MS_EXTENSIONS "060a2b060104018237 02010e"
#define REQUEST_CHALLENGE     "06092a864886f70d010907"
#define REQUEST_CHANGE_NAME   "06082b06010505070724"
#define REQUEST_NAME_VALUE    "060a2b0601040182370d0201"
#define REQUEST_FRIENDLY_NAME "06092a864886f70d010914"
#define REQUEST_SAN           "0603551d11"
#define REQUEST_CN            "0603550403"

/* One attribute with one value; one extensionRequest; one extension; a SAN of names. */
#define REQUEST_ATTRIBUTE(oid, value) "30(" oid "31(" value "))"
#define REQUEST_EXTENSION_REQUEST(...)                                                   \
    REQUEST_ATTRIBUTE(REQUEST_EXTENSIONS, "30(" __VA_ARGS__ ")")
#define REQUEST_EXTENSION(oid, value) "30(" oid "04(" value "))"
#define REQUEST_SAN_OF(names)                                                            \
    REQUEST_EXTENSION_REQUEST(REQUEST_EXTENSION(REQUEST_SAN, "30(" names ")"))

/* Text members are read by der_text(). */
struct request {
    const char *version;
    const char *subject;
    struct bytes spki;
    const char *attributes; /* what stands inside [0]; NULL: no [0] */
    const char *tail;       /* behind the attributes */
    const char *algorithm;  /* AlgorithmIdentifier */
    const char *hash;       /* what is really used: OpenSSL's name, NULL for Ed25519 */
    int pss_salt;           /* octets; -1: not PSS */
    EVP_PKEY *signer;       /* borrowed */
    bool flip;              /* a bit of the signature is wrong */
    const char *behind;     /* behind it all */
};

/* A good one: CN=alice, no attributes, the key's usual algorithm. */
struct request request_good(enum keys_kind kind);
/* The same for a key that our own code would not take; spki must outlive the request. */
struct request request_of(EVP_PKEY *signer, const char *algorithm, struct buf *spki);

void request_put(const struct request *request, struct buf *out);

/* What `openssl req -verify` finds. */
bool request_verifies(struct bytes der);

#endif
