/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/flags.h"

#include <inttypes.h>
#include <stddef.h>

enum { BITS = 32 };

/* The number of the only bit of a mask. */
#define AT(mask) __builtin_ctz(UINT32_C(mask))

#define ACTS(name)                                                                       \
    {                                                                                    \
        name, TMPL_FLAG_ACTS, NULL                                                       \
    }
#define IGNORED(name)                                                                    \
    {                                                                                    \
        name, TMPL_FLAG_IGNORED, NULL                                                    \
    }
#define IDLE(name, note)                                                                 \
    {                                                                                    \
        name, TMPL_FLAG_IDLE, note                                                       \
    }
#define REFUSED(name, note)                                                              \
    {                                                                                    \
        name, TMPL_FLAG_REFUSED, note                                                    \
    }

/* [MS-CRTD] 2.4 */
static const struct tmpl_flag general[BITS] = {
    [AT(0x00000001)] = IGNORED("ENROLLEE_SUPPLIES_SUBJECT"), /* the name flag counts */
    [AT(0x00000002)] = IGNORED("ADD_EMAIL"),
    [AT(0x00000008)] = IGNORED("PUBLISH_TO_DS"),
    [AT(0x00000010)] = IGNORED("EXPORTABLE_KEY"),
    [AT(0x00000020)] = ACTS("AUTO_ENROLLMENT"),
    [AT(0x00000040)] = ACTS("MACHINE_TYPE"),
    [AT(0x00000080)] = REFUSED("IS_CA", "certificates of CAs are not issued by template"),
    [AT(0x00000200)] = IGNORED("ADD_TEMPLATE_NAME"), /* the v2 extension always is */
    [AT(0x00000800)] =
        REFUSED("IS_CROSS_CA", "certificates of CAs are not issued by template"),
    [AT(0x00001000)] =
        IDLE("DONOTPERSISTINDB", "every certificate is recorded all the same"),
    [AT(0x00010000)] = IGNORED("IS_DEFAULT"),
    [AT(0x00020000)] = IGNORED("IS_MODIFIED"),
};

/* [MS-CRTD] 2.26, certenroll.h */
static const struct tmpl_flag enrollment[BITS] = {
    [AT(0x00000001)] = IDLE("INCLUDE_SYMMETRIC_ALGORITHMS",
                            "the S/MIME capabilities extension is not written"),
    [AT(0x00000002)] = ACTS("PEND_ALL_REQUESTS"),
    [AT(0x00000004)] = IGNORED("PUBLISH_TO_KRA_CONTAINER"),
    [AT(0x00000008)] = IDLE(
        "PUBLISH_TO_DS",
        "certificates are written to the directory only where the right to was granted"),
    [AT(0x00000010)] = ACTS("AUTO_ENROLLMENT_CHECK_USER_DS_CERTIFICATE"),
    [AT(0x00000020)] = ACTS("AUTO_ENROLLMENT"),
    [AT(0x00000040)] = ACTS("PREVIOUS_APPROVAL_VALIDATE_REENROLLMENT"),
    [AT(0x00000080)] = IGNORED("DOMAIN_AUTHENTICATION_NOT_REQUIRED"), /* it always is */
    [AT(0x00000100)] = ACTS("USER_INTERACTION_REQUIRED"),
    [AT(0x00000200)] = IGNORED("ADD_TEMPLATE_NAME"),
    [AT(0x00000400)] = ACTS("REMOVE_INVALID_CERTIFICATE_FROM_PERSONAL_STORE"),
    [AT(0x00000800)] =
        REFUSED("ALLOW_ENROLL_ON_BEHALF_OF", "nobody enrolls on behalf of others"),
    [AT(0x00001000)] = ACTS("ADD_OCSP_NOCHECK"),
    [AT(0x00002000)] =
        IGNORED("ENABLE_KEY_REUSE_ON_NT_TOKEN_KEYSET_STORAGE_FULL"), /* smart cards */
    [AT(0x00004000)] = ACTS("NOREVOCATIONINFOINISSUEDCERTS"),
    [AT(0x00008000)] = ACTS("INCLUDE_BASIC_CONSTRAINTS_FOR_EE_CERTS"),
    [AT(0x00010000)] =
        IDLE("ALLOW_PREVIOUS_APPROVAL_KEYBASEDRENEWAL_VALIDATE_REENROLLMENT",
             "the right to enroll is checked at every renewal"),
    [AT(0x00020000)] = ACTS("ISSUANCE_POLICIES_FROM_REQUEST"),
    [AT(0x00040000)] = ACTS("SKIP_AUTO_RENEWAL"),
    [AT(0x00080000)] =
        IDLE("NO_SECURITY_EXTENSION", "the SID extension is written all the same"),
};

/* [MS-CRTD] 2.27 */
static const struct tmpl_flag private_key[BITS] = {
    [AT(0x00000001)] =
        REFUSED("REQUIRE_PRIVATE_KEY_ARCHIVAL", "private keys are not archived"),
    [AT(0x00000010)] = ACTS("EXPORTABLE_KEY"),
    [AT(0x00000020)] = IDLE("STRONG_KEY_PROTECTION_REQUIRED",
                            "keys are protected by file modes, not by a passphrase"),
    [AT(0x00000040)] = ACTS("REQUIRE_ALTERNATE_SIGNATURE_ALGORITHM"),
    [AT(0x00000080)] = ACTS("REQUIRE_SAME_KEY_RENEWAL"),
    [AT(0x00000100)] = ACTS("USE_LEGACY_PROVIDER"),
    [AT(0x00000200)] = IGNORED("EK_TRUST_ON_USE"), /* without attestation */
    [AT(0x00000400)] = IGNORED("EK_VALIDATE_CERT"),
    [AT(0x00000800)] = IGNORED("EK_VALIDATE_KEY"),
    [AT(0x00001000)] = IDLE("ATTEST_PREFERRED", "key attestation is not supported"),
    [AT(0x00002000)] = REFUSED("ATTEST_REQUIRED", "key attestation is not supported"),
    [AT(0x00004000)] = IGNORED("ATTESTATION_WITHOUT_POLICY"),
    [AT(0x00010000)] = IGNORED("MINIMUM_CA_VERSION_1"), /* features are checked instead */
    [AT(0x00020000)] = IGNORED("MINIMUM_CA_VERSION_2"),
    [AT(0x00040000)] = IGNORED("MINIMUM_CA_VERSION_4"),
    [AT(0x00080000)] = IGNORED("MINIMUM_CA_VERSION_8"),
    [AT(0x00100000)] =
        REFUSED("HELLO_KSP_KEY", "keys of Windows Hello are not supported"),
    [AT(0x00200000)] =
        REFUSED("HELLO_LOGON_KEY", "keys of Windows Hello are not supported"),
    [AT(0x01000000)] = IGNORED("MINIMUM_CLIENT_VERSION_1"),
    [AT(0x02000000)] = IGNORED("MINIMUM_CLIENT_VERSION_2"),
    [AT(0x04000000)] = IGNORED("MINIMUM_CLIENT_VERSION_4"),
    [AT(0x08000000)] = IGNORED("MINIMUM_CLIENT_VERSION_8"),
};

/* [MS-CRTD] 2.28 */
static const struct tmpl_flag name_bits[BITS] = {
    [AT(0x00000001)] = ACTS("ENROLLEE_SUPPLIES_SUBJECT"),
    [AT(0x00000008)] = ACTS("OLD_CERT_SUPPLIES_SUBJECT_AND_ALT_NAME"),
    [AT(0x00010000)] =
        IDLE("ENROLLEE_SUPPLIES_SUBJECT_ALT_NAME", "it permits no names by itself"),
    [AT(0x00400000)] = ACTS("SUBJECT_ALT_REQUIRE_DOMAIN_DNS"),
    [AT(0x00800000)] = ACTS("SUBJECT_ALT_REQUIRE_SPN"),
    [AT(0x01000000)] = ACTS("SUBJECT_ALT_REQUIRE_DIRECTORY_GUID"),
    [AT(0x02000000)] = ACTS("SUBJECT_ALT_REQUIRE_UPN"),
    [AT(0x04000000)] = ACTS("SUBJECT_ALT_REQUIRE_EMAIL"),
    [AT(0x08000000)] = ACTS("SUBJECT_ALT_REQUIRE_DNS"),
    [AT(0x10000000)] = ACTS("SUBJECT_REQUIRE_DNS_AS_CN"),
    [AT(0x20000000)] = ACTS("SUBJECT_REQUIRE_EMAIL"),
    [AT(0x40000000)] = ACTS("SUBJECT_REQUIRE_COMMON_NAME"),
    [AT(0x80000000)] = ACTS("SUBJECT_REQUIRE_DIRECTORY_PATH"),
};

static const struct tmpl_flag *const rows[] = {
    [TMPL_GENERAL] = general,
    [TMPL_ENROLLMENT] = enrollment,
    [TMPL_PRIVATE_KEY] = private_key,
    [TMPL_NAME] = name_bits,
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == TMPL_FIELD_COUNT,
               "every field has its rows");

static const char *const field_names[] = {
    [TMPL_GENERAL] = "flags",
    [TMPL_ENROLLMENT] = "msPKI-Enrollment-Flag",
    [TMPL_PRIVATE_KEY] = "msPKI-Private-Key-Flag",
    [TMPL_NAME] = "msPKI-Certificate-Name-Flag",
};
_Static_assert(sizeof(field_names) / sizeof(field_names[0]) == TMPL_FIELD_COUNT,
               "every field has a name");

const char *tmpl_field_name(enum tmpl_field field)
{
    return field_names[field];
}

const struct tmpl_flag *tmpl_flag_get(enum tmpl_field field, unsigned int bit)
{
    return &rows[field][bit % BITS];
}

void tmpl_flags_append_text(struct buf *out, enum tmpl_field field, uint32_t value)
{
    const char *separator = "";

    for (unsigned int bit = 0; bit < BITS; bit++) {
        const struct tmpl_flag *flag = tmpl_flag_get(field, bit);
        uint32_t mask = UINT32_C(1) << bit;

        if ((value & mask) == 0) {
            continue;
        }
        buf_append_text(out, separator);
        if (flag->name != NULL) {
            buf_append_text(out, flag->name);
        } else {
            buf_printf(out, "0x%08" PRIx32, mask);
        }
        separator = "|";
    }
    if (value == 0) {
        buf_append_byte(out, '0');
    }
}

/* What one bit makes of the template; false when there is nothing to say. */
static bool judge(const struct tmpl_flag *flag, struct tmpl_finding *out)
{
    switch (flag->disposition) {
    case TMPL_FLAG_ACTS:
    case TMPL_FLAG_IGNORED:
        return false;
    case TMPL_FLAG_IDLE:
        *out = (struct tmpl_finding){.severity = TMPL_NOTE, .reason = TMPL_IDLE_FLAG};
        return true;
    case TMPL_FLAG_REFUSED:
        *out =
            (struct tmpl_finding){.severity = TMPL_BLOCKS, .reason = TMPL_REFUSED_FLAG};
        return true;
    case TMPL_FLAG_UNKNOWN:
        break;
    }
    *out = (struct tmpl_finding){.severity = TMPL_BLOCKS, .reason = TMPL_UNKNOWN_FLAG};
    return true;
}

void tmpl_flags_judge(enum tmpl_field field, uint32_t value, struct tmpl_findings *out)
{
    for (unsigned int bit = 0; bit < BITS; bit++) {
        const struct tmpl_flag *flag = tmpl_flag_get(field, bit);
        struct tmpl_finding finding = {0};
        uint32_t mask = UINT32_C(1) << bit;

        if ((value & mask) == 0 || !judge(flag, &finding)) {
            continue;
        }
        finding.field = tmpl_field_name(field);
        if (flag->name == NULL) {
            tmpl_finding_add(out, finding, "%s: unknown bit 0x%08" PRIx32, finding.field,
                             mask);
        } else {
            tmpl_finding_add(out, finding, "%s: %s (0x%08" PRIx32 "): %s", finding.field,
                             flag->name, mask, flag->note);
        }
    }
}
