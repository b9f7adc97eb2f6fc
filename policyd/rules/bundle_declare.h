/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_declare: reads what a file gave to rule{}.
 */
#ifndef AE_POLICYD_RULES_BUNDLE_DECLARE_H
#define AE_POLICYD_RULES_BUNDLE_DECLARE_H

#include "policyd/rules/bundle.h"
#include "policyd/rules/env.h"

/*
 * Inside env_call(): the table at index is a rule; raises what is wrong with it.
 * out  its file is set already; texts and lists are made in store
 */
void bundle_declare(lua_State *lua, int index, struct name_store *store,
                    struct wire_rule *out);

#endif
