/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_rules: what a value of each kind of name must look like. For the .c files of name.
 */
#ifndef AE_COMMON_PKI_NAME_RULES_H
#define AE_COMMON_PKI_NAME_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/name.h"

#define NAME_OID_UPN  "1.3.6.1.4.1.311.20.2.3" /* [MS-WCCE] 2.2.2.7.5 */
#define NAME_OID_KRB5 "1.3.6.1.5.2.2"          /* RFC 4556 3.2.2: id-pkinit-san */
#define NAME_OID_GUID                                                                    \
    "1.3.6.1.4.1.311.25.1" /* [MS-WCCE] 2.2.2.7.5: szOID_NTDS_REPLICATION */

/* Well-formed UTF-8 without control, invisible or direction-changing characters. */
bool name_text_is_plain(struct bytes text);

/*
 * One attribute: type, string type, alphabet, length.
 * errors  ERROR_INVALID  with the attribute's name and what is wrong
 */
AE_MUST_CHECK bool name_check_ava(const struct name_ava *ava, struct error *err);

/*
 * The type and string type to write for an attribute named as LDAP does: its short name in any
 * case, or a dotted OID. oid is a constant, or the label itself.
 */
bool name_attribute_find(const char *label, const char **oid,
                         enum name_encoding *encoding);

/* How many attributes from at on stand in one RDN; at < dn->count. */
size_t name_rdn_size(const struct name_dn *dn, size_t at);

/*
 * The value of one general name, as enum general_type says.
 * errors  ERROR_INVALID  with the value and what is wrong
 */
AE_MUST_CHECK bool name_check_general(const struct general_name *name, struct error *err);

/*
 * The same for the kinds that are about hosts.
 * errors  ERROR_INVALID  no host name in lower case, or a wildcard of more than one label
 */
AE_MUST_CHECK bool name_check_dns(struct bytes text, struct error *err);
/*
 * errors  ERROR_INVALID  not local@host, or a quoted local part
 */
AE_MUST_CHECK bool name_check_email(struct bytes text, struct error *err);
/*
 * errors  ERROR_INVALID  relative, a character that URIs do not have, no host behind "//"
 */
AE_MUST_CHECK bool name_check_uri(struct bytes text, struct error *err);

/* "the KIND 'TEXT' WHY", ERROR_INVALID; false. */
bool name_refuse_text(struct error *err, const char *kind, struct bytes text,
                      const char *why);

/* Letters, digits, hyphens and dots of a host name; no wildcard, no trailing dot. */
bool name_is_host(struct bytes text);

/*
 * KRB5PrincipalName in DER <-> text as krb5_unparse_name() writes it.
 * out     appended to; untouched on failure
 * errors  ERROR_INVALID  not well formed, a name type other than unknown, principal, service
 *                        instance or service host; no realm; a realm that RFC 4120 6.1
 *                        forbids or that only an X.500-style realm could have
 */
AE_MUST_CHECK bool name_read_principal(struct bytes der, struct buf *out,
                                       struct error *err);
AE_MUST_CHECK bool name_write_principal(struct bytes text, struct buf *out,
                                        struct error *err);

#endif
