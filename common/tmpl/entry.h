/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry: a template as the directory sent it, whoever read it. Nothing here is owned.
 */
#ifndef AE_COMMON_TMPL_ENTRY_H
#define AE_COMMON_TMPL_ENTRY_H

#include <stddef.h>

#include "common/base/bytes.h"

struct tmpl_attr {
    const char *name; /* as it came, options included: "msPKI-RA-Policies;range=0-1499" */
    const struct bytes *values;
    size_t count;
};

struct tmpl_entry {
    const char *dn; /* "" when it is not known */
    const struct tmpl_attr *attrs;
    size_t count;
};

#endif
