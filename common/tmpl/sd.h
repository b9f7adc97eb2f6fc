/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd: the nTSecurityDescriptor of a directory object: parse, evaluate, print.
 *
 * What is not understood grants nothing. Positions of entries count from 0 in the code and
 * from 1 in texts.
 */
#ifndef AE_COMMON_TMPL_SD_H
#define AE_COMMON_TMPL_SD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/tmpl/guid.h"
#include "common/tmpl/sid.h"

enum {
    SD_LEN_MAX = 64 * 1024, /* octets */
    SD_ACES_MAX = 4096,
};

/* The access mask ([MS-ADTS] 5.1.3.2). */
#define SD_RIGHT_WRITE_PROPERTY UINT32_C(0x00000020)
#define SD_RIGHT_CONTROL_ACCESS UINT32_C(0x00000100)
#define SD_RIGHT_WRITE_DACL     UINT32_C(0x00040000)
#define SD_RIGHT_WRITE_OWNER    UINT32_C(0x00080000)
#define SD_RIGHT_GENERIC_ALL    UINT32_C(0x10000000)
#define SD_RIGHT_GENERIC_WRITE  UINT32_C(0x40000000)

enum { SD_ACE_INHERIT_ONLY = 0x08 }; /* of sd_ace.flags */

extern const struct guid sd_enroll;     /* [MS-CRTD] 2.5.1 */
extern const struct guid sd_autoenroll; /* [MS-CRTD] 2.5.2 */

enum sd_ace_kind { SD_ACE_UNKNOWN = 0, SD_ACE_ALLOW, SD_ACE_DENY };

struct sd_ace {
    enum sd_ace_kind kind;
    uint8_t type, flags;
    bool conditional; /* a callback entry: its condition is not evaluated */
    bool has_object;
    struct guid object; /* the right or attribute it is limited to, where has_object */
    uint32_t mask;      /* this and what follows are 0 where kind is SD_ACE_UNKNOWN */
    struct sid sid;
    struct bytes octets; /* all of the entry, borrowed from the descriptor */
};

/* One descriptor, read; owns everything it points to. Immutable. */
struct sd {
    bool has_owner, has_group;
    bool has_dacl; /* false: everyone has every right, as AD sees it */
    struct sid owner, group;
    struct sd_ace *aces;
    size_t ace_count;
    unsigned char *octets; /* a copy of the input */
};

/*
 * Read a self-relative descriptor; entries of a type not known here are kept as such.
 *
 * octets  borrowed, at most SD_LEN_MAX
 * out     on success owned by the caller: sd_free()
 * errors  ERROR_INVALID  cut short, too long, not self-relative, an offset, size or count
 *                        that does not fit, parts that overlap, a malformed SID
 * source  [MS-DTYP] 2.4.6, 2.4.5, 2.4.4
 */
AE_MUST_CHECK bool sd_parse(struct bytes octets, struct sd **out, struct error *err);
void sd_free(struct sd *sd);
CLEANUP_DEFINE(sd, struct sd *, sd_free);

enum sd_answer {
    SD_NOT_GRANTED = 0, /* no entry is about this token and right */
    SD_DENIED,          /* by the entry at ace */
    SD_GRANTED,         /* by the entry at ace */
    SD_GRANTED_TO_ALL,  /* there is no DACL */
};

struct sd_verdict {
    enum sd_answer answer;
    size_t ace; /* where SD_DENIED or SD_GRANTED */
};

/*
 * Has the token the extended right? The first entry that is about both decides.
 *
 * errors  ERROR_UNAVAILABLE  the token is not complete
 *         ERROR_INVALID      an entry is of an unknown type
 * source  [MS-ADTS] 5.1.3.3.4, [MS-CRTD] 2.5.1
 */
AE_MUST_CHECK bool sd_evaluate(const struct sd *sd, const struct sid_set *token,
                               const struct guid *right, struct sd_verdict *out,
                               struct error *err);

/* The first entry of an unknown type that is not inherit-only; ace_count when all are known. */
size_t sd_find_unknown(const struct sd *sd);

/* "entry 2 (OA;;CR;0e10c968-…;;S-1-5-11)": its place and what SDDL would say. */
void sd_append_ace_text(struct buf *out, const struct sd *sd, size_t ace);

#endif
