/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_write: the extensions of our certificates, each made from typed values alone.
 *
 * No function here can make a CA certificate: those are in ext_ca.h (I4).
 *
 * Each appends one extension to a list (ext.h).
 * errors  ERROR_INVALID  a value breaks its rule, the extension is in the list already; the
 *                        list is as before
 */
#ifndef AE_COMMON_PKI_EXT_WRITE_H
#define AE_COMMON_PKI_EXT_WRITE_H

#include "common/pki/ext.h"
#include "common/pki/name.h"

/*
 * subjectAltName; critical exactly if the subject is empty (RFC 5280 4.2.1.6).
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_san(struct ext_list *list, const struct general_names *names,
                               bool subject_is_empty, struct error *err);
/*
 * The account's security identifier "S-1-5-21-…", decimal ([MS-WCCE] 2.2.2.7.7.4).
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_sid(struct ext_list *list, const char *sid, struct error *err);
/*
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_template(struct ext_list *list, const struct ext_template *t,
                                    struct error *err);
/*
 * The template's name as AD CS writes it for version 1: a bare BMPString.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_template_name(struct ext_list *list, const char *name,
                                         struct error *err);
/*
 * usage: EXT_KU_…, at least one.
 * errors  as above; keyCertSign, cRLSign (I4); encipherOnly or decipherOnly without
 *         keyAgreement, where RFC 5280 leaves them undefined
 */
AE_MUST_CHECK bool ext_add_key_usage(struct ext_list *list, uint32_t usage, bool critical,
                                     struct error *err);
/*
 * errors  as above; an OID twice; anyExtendedKeyUsage (I4)
 */
AE_MUST_CHECK bool ext_add_extended_key_usage(struct ext_list *list,
                                              struct ext_texts oids, bool critical,
                                              struct error *err);
/*
 * The same list in the form of certificatePolicies, for Windows.
 * errors  as ext_add_extended_key_usage()
 */
AE_MUST_CHECK bool ext_add_application_policies(struct ext_list *list,
                                                struct ext_texts oids, bool critical,
                                                struct error *err);
/*
 * policies: 1..EXT_OIDS_MAX (RFC 5280 4.2.1.4).
 * errors  as above; an OID twice; anyPolicy
 */
AE_MUST_CHECK bool ext_add_policies(struct ext_list *list,
                                    const struct ext_policy *policies, size_t count,
                                    bool critical, struct error *err);
/*
 * basicConstraints with CA:FALSE.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_end_entity(struct ext_list *list, bool critical,
                                      struct error *err);
/*
 * key_id: the issuer's subjectKeyIdentifier, 1..64 octets.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_aki(struct ext_list *list, struct bytes key_id,
                               struct error *err);
/*
 * The SHA-1 of the key's bits: RFC 5280 4.2.1.2 method 1, as OpenSSL and AD CS have it. It
 * names a key, it protects nothing; RFC 7093 would name the same key differently elsewhere.
 * spki    DER SubjectPublicKeyInfo
 * errors  as above
 *         ERROR_INTERNAL  OpenSSL cannot hash
 */
AE_MUST_CHECK bool ext_add_ski(struct ext_list *list, struct bytes spki,
                               struct error *err);
/*
 * cRLDistributionPoints: one point, all URIs name the same CRL; http only.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_crl_points(struct ext_list *list, struct ext_texts uris,
                                      struct error *err);
/*
 * authorityInfoAccess: responders, then issuer certificates; http only; one of them at least.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_authority_info(struct ext_list *list, struct ext_texts ocsp,
                                          struct ext_texts issuers, struct error *err);
/*
 * id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1), for a responder's certificate.
 * errors  as above
 */
AE_MUST_CHECK bool ext_add_ocsp_no_check(struct ext_list *list, struct error *err);

#endif
