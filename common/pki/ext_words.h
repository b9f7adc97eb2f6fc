/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_words: the words by which people name key usages and purposes in files.
 */
#ifndef AE_COMMON_PKI_EXT_WORDS_H
#define AE_COMMON_PKI_EXT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define EXT_PURPOSE_SERVER      "1.3.6.1.5.5.7.3.1"
#define EXT_PURPOSE_CLIENT      "1.3.6.1.5.5.7.3.2"
#define EXT_PURPOSE_OCSP_SIGNER "1.3.6.1.5.5.7.3.9"  /* RFC 6960 4.2.2.2 */
#define EXT_PURPOSE_CMC_RA      "1.3.6.1.5.5.7.3.28" /* RFC 6402 2.10 */

/* The bit of "digitalSignature" (RFC 5280 4.2.1.3); 0: unknown, keyCertSign or cRLSign (I4). */
uint32_t ext_find_key_usage(const char *word);

/* The OID of "clientAuth", or the text itself where it is an OID; NULL: neither. */
const char *ext_find_purpose(const char *text);

/* anyExtendedKeyUsage (RFC 5280 4.2.1.12) or Microsoft's any application policy. */
bool ext_is_any_purpose(const char *oid);

/*
 * An extension that no wish may bring in: one of RFC 5280's own, or one by which a CA, a
 * purpose, a SID or a template is known (I4). ext_write.h makes those that we use.
 */
bool ext_is_reserved(const char *oid);

#endif
