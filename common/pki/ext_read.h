/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_read: what the value of an extension says. Values come from strangers.
 *
 * Every function takes the content of extnValue (struct ext's der), at most EXT_DER_MAX
 * octets, trailing ones an error. Text lives as long as the store. subjectAltName is read by
 * name_parse_generals().
 */
#ifndef AE_COMMON_PKI_EXT_READ_H
#define AE_COMMON_PKI_EXT_READ_H

#include "common/pki/ext.h"

/*
 * The SID of [MS-WCCE] 2.2.2.7.7.4, decimal.
 * errors  ERROR_INVALID  anything but one SID in its one otherName
 */
AE_MUST_CHECK bool ext_read_sid(struct bytes der, struct name_store *store,
                                const char **out, struct error *err);
/*
 * errors  ERROR_INVALID  not the template extension, or a version above 2^32 - 1
 */
AE_MUST_CHECK bool ext_read_template(struct bytes der, struct name_store *store,
                                     struct ext_template *out, struct error *err);
/*
 * The name in any spelling: a bare BMPString as AD CS and certmonger write it, the
 * SEQUENCE { UTF8String } of the specification, or a bare UTF8String or PrintableString, which
 * people give to openssl req.
 * errors  ERROR_INVALID  none of these, empty, or not plain text
 */
AE_MUST_CHECK bool ext_read_template_name(struct bytes der, struct name_store *store,
                                          const char **out, struct error *err);
/*
 * usage: EXT_KU_…, CA bits too. Zeros at the end, which GnuTLS writes, are accepted.
 * errors  ERROR_INVALID  no named bit list, no bit set, an unknown bit
 */
AE_MUST_CHECK bool ext_read_key_usage(struct bytes der, uint32_t *usage,
                                      struct error *err);
/*
 * 1..EXT_OIDS_MAX object identifiers, as they are.
 * errors  ERROR_INVALID  not that
 */
AE_MUST_CHECK bool ext_read_extended_key_usage(struct bytes der, struct name_store *store,
                                               struct ext_texts *out, struct error *err);
/*
 * The OIDs of certificatePolicies or application policies; qualifiers are passed over.
 * errors  ERROR_INVALID  not such a list of 1..EXT_OIDS_MAX, or an OID twice
 */
AE_MUST_CHECK bool ext_read_policies(struct bytes der, struct name_store *store,
                                     struct ext_texts *out, struct error *err);

struct ext_constraints {
    bool ca;
    bool has_path_length; /* only if ca */
    uint32_t path_length;
};
/*
 * errors  ERROR_INVALID  not basicConstraints, a path length without CA:TRUE
 */
AE_MUST_CHECK bool ext_read_basic_constraints(struct bytes der,
                                              struct ext_constraints *out,
                                              struct error *err);
/*
 * The key identifier, a view into der.
 * errors  ERROR_INVALID  not subjectKeyIdentifier of 1 to 64 octets
 */
AE_MUST_CHECK bool ext_read_ski(struct bytes der, struct bytes *key_id,
                                struct error *err);
/*
 * The key identifier, a view into der; len 0 when there is only issuer and serial.
 * errors  ERROR_INVALID  not authorityKeyIdentifier
 */
AE_MUST_CHECK bool ext_read_aki(struct bytes der, struct bytes *key_id,
                                struct error *err);

#endif
