/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_set_caller: what templates one account may enroll for. Made once an account, asked
 * for any number of templates. Pure.
 */
#ifndef AE_POLICYD_TEMPLATE_SET_CALLER_H
#define AE_POLICYD_TEMPLATE_SET_CALLER_H

#include "common/base/cleanup.h"
#include "common/tmpl/access.h"
#include "common/wire/account.h"

#include "policyd/template_set.h"

struct template_caller;

/*
 * account  borrowed for the call
 * out      on success owned by the caller: template_caller_free()
 * reason   set on failure
 * errors   ERROR_UNAVAILABLE  DIR_PARTIAL: its groups are not completely known, or one of them
 *                             not in the form that templates are judged by
 *          ERROR_DENIED       NO_ENROLL: a name of its that cannot be compared
 */
AE_MUST_CHECK bool template_caller_new(const struct wire_account *account,
                                       enum template_form form,
                                       struct template_caller **out, enum reason *reason,
                                       struct error *err);
void template_caller_free(struct template_caller *caller); /* accepts NULL */
CLEANUP_DEFINE(template_caller, struct template_caller *, template_caller_free);

/*
 * The rights, with the entry that decided.
 *
 * item    one that could be read
 * out     on success owned by the caller: tmpl_access_clear()
 * reason  set on failure
 * errors  ERROR_UNAVAILABLE  DIR_PARTIAL: the template's access was not read
 *         ERROR_DENIED       NO_ENROLL: who is denied cannot be told; TPL_UNSAFE: its
 *                            descriptor cannot be judged
 */
AE_MUST_CHECK bool template_caller_access(const struct template_caller *caller,
                                          const struct template_item *item,
                                          struct tmpl_access *out, enum reason *reason,
                                          struct error *err);

#endif
