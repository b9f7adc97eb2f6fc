/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl: one certificate template, read from its directory entry. Immutable once parsed.
 *
 * Parsing succeeds wherever the entry can be shown; whether it may issue is in findings.
 */
#ifndef AE_COMMON_TMPL_TMPL_H
#define AE_COMMON_TMPL_TMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/tmpl/entry.h"
#include "common/tmpl/finding.h"
#include "common/tmpl/flags.h"
#include "common/tmpl/guid.h"
#include "common/tmpl/list.h"
#include "common/tmpl/ra_policy.h"
#include "common/tmpl/sd.h"

enum tmpl_version { TMPL_V1 = 1, TMPL_V2, TMPL_V3, TMPL_V4 };

enum { TMPL_KEY_SIZE_MAX = 16384 }; /* bits */

#define TMPL_NO_PATHLEN UINT32_MAX /* of max_issuing_depth */

/* Bits of key_usage: first octet of the BIT STRING low, second high (RFC 5280 4.2.1.3). */
enum tmpl_key_usage {
    TMPL_DIGITAL_SIGNATURE = 0x0080,
    TMPL_NON_REPUDIATION = 0x0040,
    TMPL_KEY_ENCIPHERMENT = 0x0020,
    TMPL_DATA_ENCIPHERMENT = 0x0010,
    TMPL_KEY_AGREEMENT = 0x0008,
    TMPL_KEY_CERT_SIGN = 0x0004,
    TMPL_CRL_SIGN = 0x0002,
    TMPL_ENCIPHER_ONLY = 0x0001,
    TMPL_DECIPHER_ONLY = 0x8000,
};

enum tmpl_key_family { TMPL_KEY_NONE = 0, TMPL_KEY_RSA, TMPL_KEY_EC };

/* What key the template wants. */
struct tmpl_key {
    enum tmpl_key_family family; /* TMPL_KEY_NONE: one that is not supported */
    uint32_t curve_bits;         /* of TMPL_KEY_EC: 256, 384 or 521 */
    const char *algorithm;       /* as written, "" where it follows from the providers;
                                    borrowed from cng */
};

/* DNs of the other form of access: as written, and in dn_normalize()'s form, same order. */
struct tmpl_dns {
    struct tmpl_list text;
    struct tmpl_list normal;
};

struct tmpl {
    char *dn;           /* as given, "" if not */
    char *cn;           /* its name */
    char *display_name; /* "" if it has none */
    char *oid;
    bool has_guid;
    struct guid guid;
    uint32_t schema_version; /* enum tmpl_version */
    uint32_t major;          /* revision */
    uint32_t minor;
    uint32_t flags[TMPL_FIELD_COUNT];
    int64_t validity_s;
    int64_t overlap_s;
    uint32_t key_usage;    /* enum tmpl_key_usage; 0: none given */
    struct tmpl_list ekus; /* pKIExtendedKeyUsage; this list and all others sorted */
    struct tmpl_list app_policies;
    struct tmpl_list purposes; /* what is issued as extended key usage; effective.h */
    struct tmpl_list cert_policies;
    struct tmpl_list critical;  /* OIDs of extensions to mark critical where present */
    uint32_t max_issuing_depth; /* or TMPL_NO_PATHLEN */
    uint32_t ra_signatures;
    struct tmpl_list ra_purposes; /* EKUs a registration authority's signer must have */
    struct tmpl_list ra_policies; /* policies its certificate must have */
    struct tmpl_list supersedes;  /* names of templates */
    uint32_t key_size_min;        /* bits; 0: not given */
    uint32_t key_spec;            /* 1 exchange, 2 signature, 0 not given */
    struct tmpl_list providers;   /* pKIDefaultCSPs without their numbers, best first */
    bool uses_cng;                /* cng was there: the second syntax of ra_policy.h */
    struct ra_policy cng;
    struct tmpl_key key;
    uint32_t hash_bits;    /* of the SHA-2 that signs the request: 256, 384, 512 */
    bool has_descriptor;   /* nTSecurityDescriptor was there */
    struct sd *descriptor; /* NULL when there was none or it is malformed */
    bool has_access;       /* at least one of the access attributes was there */
    struct tmpl_dns allow, allow_auto, deny;
    struct tmpl_findings findings; /* from the entry alone; lint.h finds more */
};

/*
 * Read an entry.
 *
 * entry   borrowed
 * out     on success owned by the caller: tmpl_free()
 * errors  ERROR_INVALID      not a template: an attribute missing, malformed, out of range,
 *                            too long or there twice; the sentence names template, attribute
 *                            and value
 *         ERROR_UNAVAILABLE  the directory sent a part of the values only
 * source  [MS-CRTD] 2; reading order and choice of syntax: 2.23
 */
AE_MUST_CHECK bool tmpl_parse(const struct tmpl_entry *entry, struct tmpl **out,
                              struct error *err);
void tmpl_free(struct tmpl *tmpl);
CLEANUP_DEFINE(tmpl, struct tmpl *, tmpl_free);

/*
 * Is there no finding of the entry itself that blocks it? Unsafe ones are for the caller to
 * compare with what was acknowledged.
 * errors  ERROR_DENIED  there is: the sentence is the first one's
 */
AE_MUST_CHECK bool tmpl_may_issue(const struct tmpl *tmpl, struct error *err);

/*
 * The content as octets to be hashed: equal for equal content, whatever the order of
 * attributes and values, and different for everything that has a say in what is issued, to
 * whom, or how keys are kept. Left out: dn, display_name, guid, and of the descriptor what
 * is only logged (SACL) or layout.
 */
void tmpl_append_canonical(const struct tmpl *tmpl, struct buf *out);

bool tmpl_has_flag(const struct tmpl *tmpl, enum tmpl_field field, uint32_t bit);

#endif
