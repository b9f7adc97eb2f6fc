/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/finding.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/base/error.h"
#include "common/base/mem.h"

static const char *const reason_names[] = {
    [TMPL_UNKNOWN_FLAG] = "UNKNOWN_FLAG",
    [TMPL_REFUSED_FLAG] = "REFUSED_FLAG",
    [TMPL_IDLE_FLAG] = "IDLE_FLAG",
    [TMPL_BAD_NAME] = "BAD_NAME",
    [TMPL_KEY_ALGORITHM] = "KEY_ALGORITHM",
    [TMPL_KEY_PROPERTY] = "KEY_PROPERTY",
    [TMPL_HASH_ALGORITHM] = "HASH_ALGORITHM",
    [TMPL_KEY_USAGE] = "KEY_USAGE",
    [TMPL_ANY_PURPOSE] = "ANY_PURPOSE",
    [TMPL_PURPOSES_DIFFER] = "PURPOSES_DIFFER",
    [TMPL_OCSP] = "OCSP",
    [TMPL_RA_SIGNATURE] = "RA_SIGNATURE",
    [TMPL_SUPERSEDES_ITSELF] = "SUPERSEDES_ITSELF",
    [TMPL_DESCRIPTOR] = "DESCRIPTOR",
    [TMPL_NO_DACL] = "NO_DACL",
    [TMPL_TWO_ACCESS_FORMS] = "TWO_ACCESS_FORMS",
    [TMPL_OVERLAP] = "OVERLAP",
    [TMPL_NAMES] = "NAMES",
    [TMPL_OID_ARC] = "OID_ARC",
    [TMPL_ESC1] = "ESC1",
    [TMPL_ESC2] = "ESC2",
    [TMPL_ESC3] = "ESC3",
    [TMPL_ESC4] = "ESC4",
    [TMPL_ESC9] = "ESC9",
    [TMPL_ESC13] = "ESC13",
    [TMPL_ESC15] = "ESC15",
};
_Static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == TMPL_REASON_COUNT,
               "every reason has a name");

static const char *const severity_names[] = {
    [TMPL_NOTE] = "note",
    [TMPL_UNSAFE] = "unsafe",
    [TMPL_BLOCKS] = "blocks",
};
_Static_assert(sizeof(severity_names) / sizeof(severity_names[0]) == TMPL_SEVERITY_COUNT,
               "every severity has a name");

void tmpl_finding_add(struct tmpl_findings *list, struct tmpl_finding finding,
                      const char *fmt, ...)
{
    struct error text = {0}; /* makes quoted values printable and bounds them */
    va_list args;

    va_start(args, fmt);
    error_set_va(&text, ERROR_INVALID, fmt, args);
    va_end(args);
    finding.text = mem_strdup(text.message);
    list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = finding;
}

void tmpl_findings_clear(struct tmpl_findings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].text);
    }
    free(list->items);
    *list = TMPL_FINDINGS_EMPTY;
}

const struct tmpl_finding *tmpl_findings_worst(const struct tmpl_findings *list)
{
    const struct tmpl_finding *worst = NULL;

    for (size_t i = 0; i < list->count; i++) {
        if (worst == NULL || list->items[i].severity > worst->severity) {
            worst = &list->items[i];
        }
    }
    return worst;
}

const char *tmpl_reason_name(enum tmpl_reason reason)
{
    return (unsigned int)reason < TMPL_REASON_COUNT ? reason_names[reason] : "UNKNOWN";
}

const char *tmpl_severity_name(enum tmpl_severity severity)
{
    return (unsigned int)severity < TMPL_SEVERITY_COUNT ? severity_names[severity]
                                                        : "unknown";
}
