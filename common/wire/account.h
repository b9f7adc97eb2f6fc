/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account: a person or a machine of the directory, whole and as a reference; and who did
 * something.
 */
#ifndef AE_COMMON_WIRE_ACCOUNT_H
#define AE_COMMON_WIRE_ACCOUNT_H

#include "common/wire/limits.h"
#include "common/wire/table.h"

enum wire_account_kind {
    WIRE_ACCOUNT_MACHINE = 0,
    WIRE_ACCOUNT_USER,
    WIRE_ACCOUNT_KIND_COUNT
};
const char *wire_account_kind_name(enum wire_account_kind kind); /* "machine" */

/* Where the immutable id comes from. */
enum wire_id_kind {
    WIRE_ID_OBJECT_GUID = 0, /* Active Directory */
    WIRE_ID_ENTRY_UUID,      /* OpenLDAP, RFC 4530 */
    WIRE_ID_IPA_UNIQUE_ID,   /* FreeIPA, 389 Directory Server */
    WIRE_ID_KIND_COUNT
};
const char *wire_id_kind_name(enum wire_id_kind kind); /* "objectGUID" */

enum wire_auth_method {
    WIRE_AUTH_KERBEROS = 0,
    WIRE_AUTH_CERTIFICATE,
    WIRE_AUTH_BASIC,
    WIRE_AUTH_ADMIN, /* an operator on the admin socket asks for somebody else */
    WIRE_AUTH_METHOD_COUNT
};
const char *wire_auth_method_name(enum wire_auth_method method); /* "kerberos" */

/* An account that something in a row, a record or an intent belongs to. */
struct wire_account_ref {
    enum wire_id_kind id_kind;
    const char *id; /* lower-case canonical text, 1..64 */
    enum wire_account_kind kind;
    const char *principal; /* canonical, with realm; 1..512 */
    const char *sid;       /* "S-1-…", "" where the account has none */
};
extern const struct wire_table wire_account_ref_table;

/* One group, direct or through others. */
struct wire_group {
    const char *id;  /* immutable id, 0..64 */
    const char *sid; /* "" where it has none */
    const char *dn;  /* "" where only the SID is known (AD tokenGroups) */
};

/* One attribute that a rule asked for; present without values is "has none". */
struct wire_attribute {
    const char *name;     /* as the rule wrote it, 1..256 */
    struct bytes *values; /* as the directory gave them, 0..4096 octets each; 0..256 */
    size_t value_count;
};
extern const struct wire_table wire_attribute_table;

/* Everything a decision may know of an account, from one look at the directory. */
struct wire_account {
    struct wire_account_ref ref;
    const char *dn;            /* 1..2048 */
    const char *cn;            /* 0..256 */
    const char *sam;           /* sAMAccountName or uid, 0..256 */
    const char *upn;           /* 0..1024 */
    const char *dns_host_name; /* lower case, checked to be its own; 0..253 */
    struct bytes guid;         /* 16 octets as AD stores them; else none */
    const char **mails;        /* 0..16, 1..320 octets each */
    size_t mail_count;
    const char **spns; /* 0..512, 1..512 octets each */
    size_t spn_count;
    struct wire_group *groups; /* 0..4096 */
    size_t group_count;
    bool groups_complete; /* false: no group may be taken as absent */
    bool complete;        /* false: some other fact could not be read */
    bool enabled;
    const char *disabled_by;           /* the attribute that says so, 0..256 */
    struct wire_attribute *attributes; /* exactly those asked for; 0..64 */
    size_t attribute_count;
    int64_t read_utc; /* when the directory answered */
};
extern const struct wire_table wire_account_table;

/* Who did it: an account, or a local uid (an operator, or the program itself). */
struct wire_actor {
    struct wire_account_ref *account; /* NULL: not identified by the directory */
    uint32_t uid;                     /* of the local process */
    const char *program;              /* "policyctl", "policyd"; token, 1..64 */
};
extern const struct wire_table wire_actor_table;

#endif
