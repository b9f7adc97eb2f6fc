/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_text: a template's model as lines "field=value", so that tests compare every field.
 */
#ifndef AE_TESTS_UNIT_TMPL_MODEL_TEXT_H
#define AE_TESTS_UNIT_TMPL_MODEL_TEXT_H

#include <stdbool.h>

#include "common/tmpl/tmpl.h"

void model_append_text(struct buf *out, const struct tmpl *tmpl);

/*
 * Is actual the base text with the lines of changes in place of those with the same field?
 * Prints the first line that is not, and returns false.
 */
bool model_equals(const char *actual, const char *base, const char *changes);

#endif
