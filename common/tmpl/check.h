/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the findings that a template's own entry gives. Used by the parser.
 */
#ifndef AE_COMMON_TMPL_CHECK_H
#define AE_COMMON_TMPL_CHECK_H

#include "common/tmpl/tmpl.h"

/* Append to tmpl->findings, once, when all other fields are filled in. */
void tmpl_check(struct tmpl *tmpl);

#endif
