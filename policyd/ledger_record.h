/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_record: the rows of the ledger as plain structs.
 *
 * Numbers of enums stand in the database: new ones go to the end, none changes. Texts are never
 * NULL in a record that was read; in one that is written NULL counts as "".
 */
#ifndef AE_POLICYD_LEDGER_RECORD_H
#define AE_POLICYD_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"

enum {
    LEDGER_SERIAL_SIZE = 16,
    LEDGER_HASH_SIZE = 32,
    LEDGER_ID_MAX = 255,    /* octets of an account id or a name of something of ours */
    LEDGER_TEXT_MAX = 1024, /* octets of any other text but the SAN and the next */
    LEDGER_GROUPS_MAX =
        33 * 1024, /* of as many groups' DNs as there are holds, one a line */
    LEDGER_SAN_MAX = 32 * 1024,  /* octets of the SAN as text */
    LEDGER_NAMES_MAX = 128,      /* names of one certificate */
    LEDGER_DER_MAX = 128 * 1024, /* octets */
    LEDGER_BLOB_MAX = 1 << 20,   /* octets of facts, of a trace */
    LEDGER_BUNDLE_MAX = 1 << 22, /* octets of a rule bundle */
};

/* All zero: none. A real one begins with 0x40-0x7f (I2). */
struct ledger_serial {
    unsigned char octets[LEDGER_SERIAL_SIZE];
};
/* SHA-256. All zero: none. */
struct ledger_hash {
    unsigned char octets[LEDGER_HASH_SIZE];
};

enum ledger_kind {
    LEDGER_KIND_MACHINE = 1,
    LEDGER_KIND_USER,
    LEDGER_KIND_INFRASTRUCTURE, /* policyd's own: no account, template or request */
    LEDGER_KIND_END
};

enum ledger_operation {
    LEDGER_OPERATION_ENROLL = 1,
    LEDGER_OPERATION_RENEW,
    LEDGER_OPERATION_REKEY,
    LEDGER_OPERATION_ON_BEHALF,
    LEDGER_OPERATION_ADMIN,
    LEDGER_OPERATION_INFRASTRUCTURE,
    LEDGER_OPERATION_END
};

enum ledger_status {
    LEDGER_STATUS_LIVE = 1, /* valid as far as revocation goes; expiry is the clock's */
    LEDGER_STATUS_HELD,
    LEDGER_STATUS_REVOKED,
    LEDGER_STATUS_END
};

enum ledger_name_kind {
    LEDGER_NAME_DNS = 1, /* lower case, no trailing dot */
    LEDGER_NAME_UPN,     /* lower case */
    LEDGER_NAME_EMAIL,
    LEDGER_NAME_KRB5, /* principal with realm */
    LEDGER_NAME_IP,   /* as text */
    LEDGER_NAME_URI,
    LEDGER_NAME_SID,
    LEDGER_NAME_END
};

/* A name that the certificate carries; found again by its exact octets. */
struct ledger_name {
    enum ledger_name_kind kind;
    const char *value;
};

struct ledger_template {
    const char *name; /* cn; "": none */
    const char *oid;  /* "": a version 1 template has none */
    int64_t major;
    int64_t minor;
    struct ledger_hash content;
};

struct ledger_certificate {
    struct ledger_serial serial;
    const char *ca; /* as in the CRL's address */
    int64_t node;
    int64_t journal_seq; /* of the signer's intent */
    int64_t request;     /* number; 0: none */
    enum ledger_operation operation;
    enum ledger_kind kind;
    const char *account; /* immutable id; "" for infrastructure only */
    const char *principal;
    struct ledger_template template;
    struct ledger_hash bundle;
    int64_t crl_generation;
    int64_t crl_shard;
    struct ledger_hash key; /* of the SubjectPublicKeyInfo */
    const char *subject;
    const char *san;
    int64_t not_before_utc;
    int64_t not_after_utc;
    int64_t issued_utc;
    enum ledger_status status; /* read only: revoking changes it */
    bool delivered;            /* false: signed, but no answer was ever given with it */
    struct ledger_serial renews;
    struct ledger_serial superseded_by; /* read only */
    struct bytes der;                   /* empty: not known, or not asked for */
    const struct ledger_name *names;    /* written only */
    size_t names_len;
};

bool ledger_serial_equal(const struct ledger_serial *a, const struct ledger_serial *b);
bool ledger_hash_equal(const struct ledger_hash *a, const struct ledger_hash *b);
bool ledger_serial_is_none(const struct ledger_serial *serial);
bool ledger_hash_is_none(const struct ledger_hash *hash);

/* A copy in one block of memory, without the names: free(). */
struct ledger_certificate *
ledger_certificate_copy(const struct ledger_certificate *certificate);
CLEANUP_DEFINE(ledger_certificate, struct ledger_certificate *, free);

#endif
