/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd_build: security descriptors made from a table of entries, for tests.
 */
#ifndef AE_TESTS_SUPPORT_SD_BUILD_H
#define AE_TESTS_SUPPORT_SD_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/tmpl/guid.h"

/* SIDs that read well in tables. */
#define SID_ALICE    "S-1-5-21-1-2-3-1001"
#define SID_BOB      "S-1-5-21-1-2-3-1002"
#define SID_ENROLLEE "S-1-5-21-1-2-3-2001"
#define SID_BANNED   "S-1-5-21-1-2-3-2002"
#define SID_ADMINS   "S-1-5-21-1-2-3-512"
#define SID_USERS    "S-1-5-21-1-2-3-513"
#define SID_EVERYONE "S-1-1-0"

struct sd_build_ace {
    uint8_t type, flags;
    uint32_t mask;
    const struct guid *object; /* of the object types; NULL: none */
    const char *sid;           /* NULL: an entry of a type that has none we know */
    const char *data;          /* behind the SID, a multiple of 4 characters; or NULL */
};

/* A descriptor with the owner SID_ADMINS and this DACL, appended to out. */
void sd_build(struct buf *out, const struct sd_build_ace *aces, size_t count);

/* The same with another owner. */
void sd_build_owned(struct buf *out, const char *owner, const struct sd_build_ace *aces,
                    size_t count);

/* A descriptor without a DACL. */
void sd_build_without_dacl(struct buf *out);

#endif
