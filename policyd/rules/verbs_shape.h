/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs_shape: the verbs of the shape phase, for verbs.c; in a check rule they raise.
 */
#ifndef AE_POLICYD_RULES_VERBS_SHAPE_H
#define AE_POLICYD_RULES_VERBS_SHAPE_H

#include "policyd/rules/verbs.h"

/* Of the d at argument 1; raises for anything else. */
struct verbs *verbs_of(lua_State *lua);

int verbs_cap_validity(lua_State *lua);
int verbs_not_after(lua_State *lua);
int verbs_set_rdn(lua_State *lua);
int verbs_remove_rdn(lua_State *lua);
int verbs_add_san(lua_State *lua);
int verbs_remove_san(lua_State *lua);
int verbs_add_ext(lua_State *lua);
int verbs_remove_ext(lua_State *lua);
int verbs_narrow_eku(lua_State *lua);
int verbs_supersede(lua_State *lua);

#endif
