/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_templates: what the admin socket shows of the directory's templates.
 */
#ifndef AE_POLICYD_ADMIN_TEMPLATES_H
#define AE_POLICYD_ADMIN_TEMPLATES_H

#include <stdbool.h>
#include <stdint.h>

#include "policyd/template_set.h"

/* What was read last. */
struct admin_templates {
    const struct template_set
        *set;    /* to be given back: template_set_unref(); NULL: none */
    bool serves; /* it is young enough to issue by */
    int64_t age_ms;
    char problem[512];       /* why the last reading failed; "" */
    char watch_problem[512]; /* why changes are seen by the timer alone; "" */
};

#endif
