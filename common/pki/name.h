/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name: distinguished names and general names, as plain records and as DER.
 *
 * The records are what decisions, messages and rules work on. They own nothing: text and
 * octets are borrowed from whoever filled them: here a store, which its caller clears.
 */
#ifndef AE_COMMON_PKI_NAME_H
#define AE_COMMON_PKI_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/name_store.h"

enum {
    NAME_DN_DER_MAX = 8 * 1024,        /* octets of one distinguished name */
    NAME_AVAS_MAX = 64,                /* attributes of one distinguished name */
    NAME_VALUE_MAX = 1024,             /* octets of one attribute value */
    NAME_GENERALS_DER_MAX = 16 * 1024, /* octets of one list of general names */
    NAME_GENERALS_MAX = 256            /* general names of one list */
};

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

/*
 * Read one DER Name.
 *
 * der     borrowed; at most NAME_DN_DER_MAX octets, trailing ones are an error
 * out     lives as long as the store; the empty name has count 0
 * errors  ERROR_INVALID  not DER; a string type other than the three above or one that does
 *                        not belong to the attribute; a value that is empty, too long (RFC
 *                        5280 appendix A.1), not UTF-8, or holds a control, invisible or
 *                        direction-changing character; too many attributes
 * source  RFC 5280 4.1.2.4
 */
AE_MUST_CHECK bool name_parse_dn(struct bytes der, struct name_store *store,
                                 struct name_dn *out, struct error *err);

/*
 * Append the DER of a name under the same rules; the attributes of one RDN are sorted.
 * errors  ERROR_INVALID  the record breaks a rule; out is as before
 */
AE_MUST_CHECK bool name_encode_dn(const struct name_dn *dn, struct buf *out,
                                  struct error *err);

/*
 * A name as LDAP writes it (RFC 4514), most specific RDN first; out has the root first.
 *
 * out     lives as long as the store; at least one attribute
 * errors  ERROR_INVALID  not RFC 4514 (spaces around separators are allowed), a type that is
 *                        neither a known short name nor an OID, a value as '#' and
 *                        hexadecimal or against the rules of name_parse_dn()
 */
AE_MUST_CHECK bool name_scan_dn(const char *text, struct name_store *store,
                                struct name_dn *out, struct error *err);

/*
 * The same name: same attributes in the same RDNs; the case of ASCII letters, outer and
 * doubled spaces and the string type do not count; other characters count exactly (RFC 5280
 * 7.1 without its Unicode foldings: in doubt names differ).
 */
bool name_dn_equal(const struct name_dn *a, const struct name_dn *b);

/* RFC 4514 text, most specific RDN first: "CN=web1,O=Example\, Inc"; "" for the empty name. */
void name_print_dn(const struct name_dn *dn, struct buf *out);
/* The short name of an attribute type ("CN"), or the OID itself when it has none. */
const char *name_attribute_label(const char *oid);

/*
 * Read one DER GeneralNames. dNSName comes out in lower case; an otherName of a kind we know
 * must be well formed, of another kind it is kept as GENERAL_OTHER.
 *
 * der     borrowed; 1..NAME_GENERALS_DER_MAX octets, trailing ones are an error
 * out     lives as long as the store; at least one name
 * errors  ERROR_INVALID  not DER; an empty list or too many; x400Address, ediPartyName; a
 *                        value that is not what enum general_type says
 * source  RFC 5280 4.2.1.6; RFC 4556 3.2.2 (KRB5PrincipalName); [MS-WCCE] 2.2.2.7.5 (UPN)
 */
AE_MUST_CHECK bool name_parse_generals(struct bytes der, struct name_store *store,
                                       struct general_names *out, struct error *err);

/*
 * Append the DER of GeneralNames, at least one; values must be as the parser gives them.
 * errors  ERROR_INVALID  a value breaks a rule; out is as before
 */
AE_MUST_CHECK bool name_encode_generals(const struct general_names *names,
                                        struct buf *out, struct error *err);

/*
 * The same name. Exact octets, but: the case of a dNSName and of a mail domain does not
 * count, and directory names compare as name_dn_equal(). What is malformed equals nothing.
 */
bool name_general_equal(const struct general_name *a, const struct general_name *b);
bool name_generals_contain(const struct general_names *names,
                           const struct general_name *name);

/* Readable text, its kind in front: "dns:web1.example.test", "ip:::1", "upn:a@b.test". */
void name_print_general(const struct general_name *name, struct buf *out);

#endif
