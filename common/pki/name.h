/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name: distinguished names and general names, as plain records and as DER.
 *
 * The records are what decisions, messages and rules work on. They own nothing: text and
 * octets are borrowed from whoever filled them, which is said there.
 */
#ifndef AE_COMMON_PKI_NAME_H
#define AE_COMMON_PKI_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bytes.h"

/* Other string types of X.520 are refused on reading and never written. */
enum name_encoding {
    NAME_UTF8 = 0,  /* UTF8String */
    NAME_PRINTABLE, /* PrintableString */
    NAME_IA5, /* IA5String: emailAddress and domainComponent only (RFC 5280 4.1.2.4) */
    NAME_ENCODING_COUNT
};

/* One AttributeTypeAndValue of a distinguished name. */
struct name_ava {
    const char *oid;   /* dotted */
    const char *value; /* UTF-8, printable, at least one character */
    enum name_encoding encoding;
    bool joined; /* stands in the same RDN as the one before it */
};

/* A distinguished name in the order of its encoding (root first); count 0 is the empty name. */
struct name_dn {
    struct name_ava *avas;
    size_t count;
};

/* The forms of GeneralName (RFC 5280 4.2.1.6), the otherName kinds that matter told apart. */
enum general_type {
    GENERAL_EMAIL = 0, /* rfc822Name: ASCII */
    GENERAL_DNS,       /* dNSName: lower-case A-labels, no trailing dot; "*." may lead */
    GENERAL_URI,       /* uniformResourceIdentifier: ASCII */
    GENERAL_IP,        /* iPAddress: 4 or 16 octets */
    GENERAL_DIRECTORY, /* directoryName: DER of a Name */
    GENERAL_RID,       /* registeredID: dotted OID as text */
    GENERAL_UPN,       /* otherName 1.3.6.1.4.1.311.20.2.3: UTF-8 */
    GENERAL_KRB5, /* otherName 1.3.6.1.5.2.2: principal@REALM as krb5 writes it (RFC 4556) */
    GENERAL_GUID,  /* otherName 1.3.6.1.4.1.311.25.1: 16 octets as AD stores them */
    GENERAL_OTHER, /* any other otherName: oid is its type, value the DER of its value */
    GENERAL_TYPE_COUNT
};

struct general_name {
    enum general_type type;
    const char *oid;    /* GENERAL_OTHER: dotted type-id; else "" */
    struct bytes value; /* text without NUL, or octets, as the type says */
};

struct general_names {
    struct general_name *names;
    size_t count;
};

#endif
