/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext_words.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/ext.h"

static const struct {
    const char *word;
    uint32_t bit;
} key_usages[] = {
    {"digitalSignature", EXT_KU_DIGITAL_SIGNATURE},
    {"nonRepudiation", EXT_KU_NON_REPUDIATION},
    {"keyEncipherment", EXT_KU_KEY_ENCIPHERMENT},
    {"dataEncipherment", EXT_KU_DATA_ENCIPHERMENT},
    {"keyAgreement", EXT_KU_KEY_AGREEMENT},
    {"encipherOnly", EXT_KU_ENCIPHER_ONLY},
    {"decipherOnly", EXT_KU_DECIPHER_ONLY},
};

static const struct {
    const char *word, *oid;
} purposes[] = {
    {"serverAuth", EXT_PURPOSE_SERVER},
    {"clientAuth", EXT_PURPOSE_CLIENT},
    {"codeSigning", "1.3.6.1.5.5.7.3.3"},
    {"emailProtection", "1.3.6.1.5.5.7.3.4"},
    {"timeStamping", "1.3.6.1.5.5.7.3.8"},
    {"OCSPSigning", EXT_PURPOSE_OCSP_SIGNER},
    {"ipsecIKE", "1.3.6.1.5.5.7.3.17"},
    {"cmcRA", EXT_PURPOSE_CMC_RA},
    {"pkinitClient", "1.3.6.1.5.2.3.4"}, /* RFC 4556 3.2.2 */
    {"pkinitKdc", "1.3.6.1.5.2.3.5"},    /* RFC 4556 3.2.4 */
    {"smartcardLogon", "1.3.6.1.4.1.311.20.2.2"},
};

uint32_t ext_find_key_usage(const char *word)
{
    for (size_t i = 0; i < sizeof(key_usages) / sizeof(key_usages[0]); i++) {
        if (strcmp(key_usages[i].word, word) == 0) {
            return key_usages[i].bit;
        }
    }
    return 0;
}

const char *ext_find_purpose(const char *text)
{
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        if (strcmp(purposes[i].word, text) == 0) {
            return purposes[i].oid;
        }
    }
    return text_is_oid(text) ? text : NULL;
}

bool ext_is_any_purpose(const char *oid)
{
    return strcmp(oid, "2.5.29.37.0") == 0 || strcmp(oid, "1.3.6.1.4.1.311.10.12.1") == 0;
}

bool ext_is_reserved(const char *oid)
{
    static const char *const exactly[] = {
        EXT_OID_AUTHORITY_INFO, EXT_OID_OCSP_NO_CHECK,        EXT_OID_TEMPLATE_NAME,
        EXT_OID_TEMPLATE,       EXT_OID_APPLICATION_POLICIES, EXT_OID_SID,
    };

    for (size_t i = 0; i < sizeof(exactly) / sizeof(exactly[0]); i++) {
        if (strcmp(exactly[i], oid) == 0) {
            return true;
        }
    }
    /* id-ce; Netscape's, whose certificate type can say CA */
    return text_has_prefix(oid, "2.5.29.") ||
           text_has_prefix(oid, "2.16.840.1.113730.1.");
}
