/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext: the list of X.509 extensions of a certificate or a request.
 *
 * No list ever holds an extension twice: OpenSSL reports that as "no such extension", and
 * who believes it overlooks a name (reading), or no parser agrees with another (writing).
 */
#ifndef AE_COMMON_PKI_EXT_H
#define AE_COMMON_PKI_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/name_store.h"

enum {
    EXT_MAX = 64,            /* extensions of one list */
    EXT_DER_MAX = 16 * 1024, /* octets of one value, and of a list */
    EXT_OIDS_MAX = 64        /* object identifiers, policies or URIs of one extension */
};

#define EXT_OID_SKI                  "2.5.29.14"
#define EXT_OID_KEY_USAGE            "2.5.29.15"
#define EXT_OID_SAN                  "2.5.29.17"
#define EXT_OID_BASIC_CONSTRAINTS    "2.5.29.19"
#define EXT_OID_CRL_POINTS           "2.5.29.31"
#define EXT_OID_POLICIES             "2.5.29.32"
#define EXT_OID_AKI                  "2.5.29.35"
#define EXT_OID_EXTENDED_KEY_USAGE   "2.5.29.37"
#define EXT_OID_AUTHORITY_INFO       "1.3.6.1.5.5.7.1.1"
#define EXT_OID_OCSP_NO_CHECK        "1.3.6.1.5.5.7.48.1.5"
#define EXT_OID_TEMPLATE_NAME        "1.3.6.1.4.1.311.20.2"  /* version 1 templates */
#define EXT_OID_TEMPLATE             "1.3.6.1.4.1.311.21.7"  /* version 2 and later */
#define EXT_OID_APPLICATION_POLICIES "1.3.6.1.4.1.311.21.10" /* [MS-WCCE] 2.2.2.7.7.3 */
#define EXT_OID_SID                  "1.3.6.1.4.1.311.25.2"  /* [MS-WCCE] 2.2.2.7.7.4 */

struct ext {
    const char *oid; /* dotted */
    bool critical;
    struct bytes der; /* the content of extnValue: one DER element */
};

/* Key usage: bit n of RFC 5280 4.2.1.3 is 1 << n. */
enum {
    EXT_KU_DIGITAL_SIGNATURE = 1 << 0,
    EXT_KU_NON_REPUDIATION = 1 << 1,
    EXT_KU_KEY_ENCIPHERMENT = 1 << 2,
    EXT_KU_DATA_ENCIPHERMENT = 1 << 3,
    EXT_KU_KEY_AGREEMENT = 1 << 4,
    EXT_KU_KEY_CERT_SIGN = 1 << 5,
    EXT_KU_CRL_SIGN = 1 << 6,
    EXT_KU_ENCIPHER_ONLY = 1 << 7,
    EXT_KU_DECIPHER_ONLY = 1 << 8,
    EXT_KU_ALL = 0x1FF
};

/* One template in the version 2 form ([MS-WCCE] 2.2.2.7.7.2). */
struct ext_template {
    const char *oid;
    bool has_major, has_minor;
    uint32_t major, minor;
};

struct ext_policy {
    const char *oid;
    const char *cps_uri; /* "" for none */
    const char *notice;  /* explicitText, at most 200 characters; "" for none */
};

/* A borrowed list of texts: OIDs or URIs, 1..EXT_OIDS_MAX. */
struct ext_texts {
    const char *const *texts;
    size_t count;
};

/* AUTO(ext_list) list = EXT_LIST_EMPTY; items are in the order of the encoding. */
struct ext_list {
    struct ext items[EXT_MAX];
    size_t count;
    struct name_store store; /* what this list owns */
};
#define EXT_LIST_EMPTY ((struct ext_list){.count = 0})
void ext_list_clear(struct ext_list *list);
CLEANUP_DEFINE_VALUE(ext_list, struct ext_list, ext_list_clear);

/*
 * Read one DER Extensions, the SEQUENCE itself.
 *
 * der     borrowed as long as the list lives; trailing octets are an error
 * out     must be empty; values are views into der and may be anything
 * errors  ERROR_INVALID  not DER (an explicit "critical FALSE" is not); empty, too many or
 *                        too large; an extension twice
 * source  RFC 5280 4.1.2.9, 4.2
 */
AE_MUST_CHECK bool ext_list_parse(struct bytes der, struct ext_list *out,
                                  struct error *err);

/*
 * Append the DER Extensions of a list with at least one item.
 * errors  ERROR_INVALID  an empty list, or larger than EXT_DER_MAX
 */
AE_MUST_CHECK bool ext_list_encode(const struct ext_list *list, struct buf *out,
                                   struct error *err);

/* NULL when the list has none; lives as long as the list does not change. */
const struct ext *ext_list_find(const struct ext_list *list, const char *oid);

/*
 * Append an extension that has no function of its own in ext_write.h; value is copied.
 *
 * errors  ERROR_INVALID  an extension that has one, or that only a CA or a log may make
 *                        (name and policy constraints and mappings, SCTs); no OID, not
 *                        exactly one DER element, too large; twice in the list, list full
 */
AE_MUST_CHECK bool ext_add_other(struct ext_list *list, const char *oid, bool critical,
                                 struct bytes value, struct error *err);

#endif
