/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags: the four flag fields of a template, bit by bit ([MS-CRTD] 2.4, 2.26 to 2.28), and
 * what is done about each. A bit without a row in the tables is unknown.
 */
#ifndef AE_COMMON_TMPL_FLAGS_H
#define AE_COMMON_TMPL_FLAGS_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/tmpl/finding.h"

enum tmpl_field {
    TMPL_GENERAL = 0, /* flags */
    TMPL_ENROLLMENT,  /* msPKI-Enrollment-Flag */
    TMPL_PRIVATE_KEY, /* msPKI-Private-Key-Flag */
    TMPL_NAME,        /* msPKI-Certificate-Name-Flag */
    TMPL_FIELD_COUNT
};

/* flags */
#define TMPL_AUTO_ENROLLMENT_V1 UINT32_C(0x00000020)
#define TMPL_MACHINE_TYPE       UINT32_C(0x00000040)
#define TMPL_IS_CA              UINT32_C(0x00000080)
#define TMPL_IS_CROSS_CA        UINT32_C(0x00000800)

/* msPKI-Enrollment-Flag */
#define TMPL_PEND_ALL_REQUESTS              UINT32_C(0x00000002)
#define TMPL_PUBLISH_TO_DS                  UINT32_C(0x00000008)
#define TMPL_CHECK_USER_DS_CERTIFICATE      UINT32_C(0x00000010)
#define TMPL_AUTO_ENROLLMENT                UINT32_C(0x00000020)
#define TMPL_PREVIOUS_APPROVAL_VALIDATE     UINT32_C(0x00000040)
#define TMPL_USER_INTERACTION_REQUIRED      UINT32_C(0x00000100)
#define TMPL_REMOVE_INVALID_CERTIFICATE     UINT32_C(0x00000400)
#define TMPL_ADD_OCSP_NOCHECK               UINT32_C(0x00001000)
#define TMPL_NOREVOCATIONINFOINISSUEDCERTS  UINT32_C(0x00004000)
#define TMPL_INCLUDE_BASIC_CONSTRAINTS      UINT32_C(0x00008000)
#define TMPL_ISSUANCE_POLICIES_FROM_REQUEST UINT32_C(0x00020000)
#define TMPL_SKIP_AUTO_RENEWAL              UINT32_C(0x00040000)
#define TMPL_NO_SECURITY_EXTENSION          UINT32_C(0x00080000)

/* msPKI-Private-Key-Flag */
#define TMPL_EXPORTABLE_KEY              UINT32_C(0x00000010)
#define TMPL_REQUIRE_ALTERNATE_SIGNATURE UINT32_C(0x00000040)
#define TMPL_REQUIRE_SAME_KEY_RENEWAL    UINT32_C(0x00000080)
#define TMPL_USE_LEGACY_PROVIDER         UINT32_C(0x00000100)

/* msPKI-Certificate-Name-Flag */
#define TMPL_ENROLLEE_SUPPLIES_SUBJECT UINT32_C(0x00000001)
#define TMPL_OLD_CERT_SUPPLIES_NAMES   UINT32_C(0x00000008)
#define TMPL_ENROLLEE_SUPPLIES_SAN     UINT32_C(0x00010000)
#define TMPL_SAN_DOMAIN_DNS            UINT32_C(0x00400000)
#define TMPL_SAN_SPN                   UINT32_C(0x00800000)
#define TMPL_SAN_DIRECTORY_GUID        UINT32_C(0x01000000)
#define TMPL_SAN_UPN                   UINT32_C(0x02000000)
#define TMPL_SAN_EMAIL                 UINT32_C(0x04000000)
#define TMPL_SAN_DNS                   UINT32_C(0x08000000)
#define TMPL_SUBJECT_DNS_AS_CN         UINT32_C(0x10000000)
#define TMPL_SUBJECT_EMAIL             UINT32_C(0x20000000)
#define TMPL_SUBJECT_COMMON_NAME       UINT32_C(0x40000000)
#define TMPL_SUBJECT_DIRECTORY_PATH    UINT32_C(0x80000000)

enum tmpl_disposition {
    TMPL_FLAG_UNKNOWN = 0, /* the template does not issue */
    TMPL_FLAG_ACTS,        /* server or client do what it says */
    TMPL_FLAG_IGNORED,     /* known to mean nothing here */
    TMPL_FLAG_IDLE,        /* asks for something that is not done: reported */
    TMPL_FLAG_REFUSED,     /* asks for something that must not be: does not issue */
};

struct tmpl_flag {
    const char
        *name; /* [MS-CRTD]'s without its prefix, or certenroll.h's; NULL: unknown */
    enum tmpl_disposition disposition;
    const char *note; /* why, where it is idle or refused; else NULL */
};

const char *tmpl_field_name(enum tmpl_field field); /* the attribute's name */

/* The row of a bit, 0..31; never NULL. */
const struct tmpl_flag *tmpl_flag_get(enum tmpl_field field, unsigned int bit);

/* "AUTO_ENROLLMENT|MACHINE_TYPE|0x00000004"; "0" where no bit is set. */
void tmpl_flags_append_text(struct buf *out, enum tmpl_field field, uint32_t value);

/* One finding for each bit of value that is unknown, refused or idle. */
void tmpl_flags_judge(enum tmpl_field field, uint32_t value, struct tmpl_findings *out);

#endif
