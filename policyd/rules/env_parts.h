/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env_parts: what the .c files of env have from one another.
 */
#ifndef AE_POLICYD_RULES_ENV_PARTS_H
#define AE_POLICYD_RULES_ENV_PARTS_H

#include "policyd/rules/env.h"

/*
 * Each puts its functions into the table at the top of the stack, by name. Those of the
 * standard library come from the tables that luaopen_* leave; nothing else of them stays.
 */
void env_open_base(lua_State *lua);
void env_open_string(lua_State *lua);
void env_open_table(lua_State *lua);
void env_open_numbers(lua_State *lua); /* math, utf8 */
void env_open_names(lua_State *lua);   /* dns, ip, dn, glob */
void env_open_lists(lua_State *lua);   /* list, text, time */

/* Metatables of facts. */
void env_open_facts(lua_State *lua);

/* Copy the fields named (NULL at the end) of the table at from into the one at the top. */
void env_copy_names(lua_State *lua, int from, const char *const *names);

/* The functions (NULL at the end) into the table at the top. */
void env_set_functions(lua_State *lua, const struct env_function *functions);

/* Replace the table at the top by a read-only view of it; title names it in sentences. */
void env_protect(lua_State *lua, const char *title);

/* A fact's view, or NULL for anything else. */
struct env_view {
    const struct fact_type *type;  /* of an object; NULL for a list */
    const struct fact_field *list; /* NULL for an object */
    const void *record;
};
const struct env_view *env_view(lua_State *lua, int arg);
void env_push_value(lua_State *lua, const struct fact_value *value);
/* The name can be read: it is known, and the rule that runs declared that it needs it. */
bool env_view_tells(lua_State *lua, const struct env_view *view, const char *name);

/* groups:has() */
int env_groups_has(lua_State *lua);

#endif
