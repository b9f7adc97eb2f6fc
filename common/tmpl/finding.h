/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding: what is wrong with a template, or worth knowing, as data: show, lint and explain
 * print all of it, and issuing asks for the worst.
 */
#ifndef AE_COMMON_TMPL_FINDING_H
#define AE_COMMON_TMPL_FINDING_H

#include <stddef.h>

#include "common/base/cleanup.h"

enum tmpl_severity {
    TMPL_NOTE = 0, /* worth knowing; it issues */
    TMPL_UNSAFE,   /* does not issue until acknowledged by name and content hash */
    TMPL_BLOCKS,   /* does not issue, and nothing can be acknowledged */
    TMPL_SEVERITY_COUNT
};

enum tmpl_reason {
    TMPL_UNKNOWN_FLAG = 0, /* a bit outside the published tables */
    TMPL_REFUSED_FLAG,     /* asks for something that is never done */
    TMPL_IDLE_FLAG,        /* known, and nothing is done about it here */
    TMPL_BAD_NAME,
    TMPL_KEY_ALGORITHM,
    TMPL_KEY_PROPERTY,
    TMPL_HASH_ALGORITHM,
    TMPL_KEY_USAGE,
    TMPL_ANY_PURPOSE,
    TMPL_PURPOSES_DIFFER,
    TMPL_OCSP,
    TMPL_RA_SIGNATURE,
    TMPL_SUPERSEDES_ITSELF,
    TMPL_DESCRIPTOR,
    TMPL_NO_DACL,
    TMPL_TWO_ACCESS_FORMS,
    TMPL_OVERLAP,
    TMPL_NAMES,
    TMPL_OID_ARC,
    TMPL_ESC1,
    TMPL_ESC2,
    TMPL_ESC3,
    TMPL_ESC4,
    TMPL_ESC9,
    TMPL_ESC13,
    TMPL_ESC15,
    TMPL_REASON_COUNT
};

struct tmpl_finding {
    enum tmpl_severity severity;
    enum tmpl_reason reason;
    const char *field; /* the attribute it is about; static */
    char *text;        /* one sentence that names field and value; printable UTF-8 */
};

struct tmpl_findings {
    struct tmpl_finding *items;
    size_t count;
};

#define TMPL_FINDINGS_EMPTY ((struct tmpl_findings){NULL, 0})

/* severity, reason and field of the new finding; its text is what fmt makes. */
void tmpl_finding_add(struct tmpl_findings *list, struct tmpl_finding finding,
                      const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void tmpl_findings_clear(struct tmpl_findings *list);
CLEANUP_DEFINE_VALUE(tmpl_findings, struct tmpl_findings, tmpl_findings_clear);

/* The first of the gravest, borrowed; NULL when there is none at all. */
const struct tmpl_finding *tmpl_findings_worst(const struct tmpl_findings *list);

const char *tmpl_reason_name(enum tmpl_reason reason);       /* "UNKNOWN_FLAG", "ESC1" */
const char *tmpl_severity_name(enum tmpl_severity severity); /* "note", "unsafe", … */

#endif
