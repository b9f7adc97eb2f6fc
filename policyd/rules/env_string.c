/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/rules/env_parts.h"

static void check_result(lua_State *lua, int at)
{
    struct env *env = env_of(lua);

    if (lua_type(lua, at) == LUA_TSTRING &&
        lua_rawlen(lua, at) > env->budget.string_max) {
        (void)luaL_error(lua, "the text would be longer than %d octets",
                         (int)env->budget.string_max);
    }
}

/* The standard function, upvalue 1, on arguments that are bounded now. */
static int call_standard(lua_State *lua)
{
    int arguments = lua_gettop(lua);

    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, arguments, LUA_MULTRET);
    check_result(lua, 1);
    return lua_gettop(lua);
}

/* A pattern may take time that grows as a power of the subject's length. */
static int match_bounded(lua_State *lua)
{
    struct env *env = env_of(lua);
    size_t subject = 0;
    size_t pattern = 0;

    (void)luaL_checklstring(lua, 1, &subject);
    (void)luaL_checklstring(lua, 2, &pattern);
    if (env->budget.steps_call == 0 || env->budget.steps_decision == 0) {
        return luaL_error(lua, "patterns are forbidden here");
    }
    if (pattern > ENV_PATTERN_MAX) {
        return luaL_error(lua, "a pattern has at most %d octets", ENV_PATTERN_MAX);
    }
    if (subject > ENV_SUBJECT_MAX) {
        return luaL_error(lua, "a pattern is tried on at most %d octets",
                          ENV_SUBJECT_MAX);
    }
    return call_standard(lua);
}

static int repeat_bounded(lua_State *lua)
{
    struct env *env = env_of(lua);
    size_t len = 0;
    size_t between = 0;

    (void)luaL_checklstring(lua, 1, &len);
    lua_Integer times = luaL_checkinteger(lua, 2);
    (void)luaL_optlstring(lua, 3, "", &between);
    if (times <= 0 || len + between == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)times > env->budget.string_max / (len + between)) {
        return luaL_error(lua, "the text would be longer than %d octets",
                          (int)env->budget.string_max);
    }
    return call_standard(lua);
}

/* What is neither text nor number goes in by the name of its type, never its address. */
static int format_bounded(lua_State *lua)
{
    const char *form = luaL_checkstring(lua, 1);
    int arguments = lua_gettop(lua);

    for (const char *at = strchr(form, '%'); at != NULL; at = strchr(at + 1, '%')) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == 'p') {
            return luaL_error(lua, "%%p is not among what rules can format");
        }
        if (*at == '\0') {
            break;
        }
    }
    for (int i = 2; i <= arguments; i++) {
        if (lua_type(lua, i) != LUA_TSTRING && lua_type(lua, i) != LUA_TNUMBER) {
            env_push_text(lua, i);
            lua_replace(lua, i);
        }
    }
    return call_standard(lua);
}

static void wrap(lua_State *lua, int from, const char *name, lua_CFunction function)
{
    from = lua_absindex(lua, from);
    lua_getfield(lua, from, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void env_open_string(lua_State *lua)
{
    static const char *const names[] = {"byte", "len",   "lower", "reverse",
                                        "sub",  "upper", NULL};
    static const char *const matching[] = {"find", "gmatch", "gsub", "match", NULL};

    lua_pushcfunction(lua, luaopen_string);
    lua_call(lua, 0, 1);
    lua_newtable(lua);
    env_copy_names(lua, -2, names);
    for (const char *const *name = matching; *name != NULL; name++) {
        wrap(lua, -2, *name, match_bounded);
    }
    wrap(lua, -2, "rep", repeat_bounded);
    wrap(lua, -2, "format", format_bounded);
    lua_remove(lua, -2);
    env_protect(lua, "string");
    /* methods of texts find the same functions; no arithmetic on texts */
    lua_pushliteral(lua, "");
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, false);
    lua_setfield(lua, -2, "__metatable");
    (void)lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
    lua_setfield(lua, -2, "string");
}
