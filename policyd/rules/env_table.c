/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "policyd/rules/env_parts.h"

enum { UNPACK_MAX = 256 };

/* The standard function, upvalue 1, once the table's length is bounded. */
static int call_standard(lua_State *lua)
{
    int arguments = lua_gettop(lua);

    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, arguments, LUA_MULTRET);
    return lua_gettop(lua);
}

/* A table may say that it has 2^62 elements with 62 of them. */
static int call_bounded(lua_State *lua)
{
    (void)env_length(lua, 1);
    return call_standard(lua);
}

static void check_range(lua_State *lua, int from, lua_Integer count, lua_Integer max)
{
    lua_Integer first = luaL_optinteger(lua, from, 1);
    lua_Integer last = luaL_optinteger(lua, from + 1, count);

    if (first < 1 || last > ENV_LIST_MAX || last - first >= max) {
        (void)luaL_error(lua, "the range of elements is too large");
    }
}

static int concat_bounded(lua_State *lua)
{
    struct env *env = env_of(lua);

    check_range(lua, 3, env_length(lua, 1), ENV_LIST_MAX);
    (void)call_standard(lua);
    if (lua_rawlen(lua, -1) > env->budget.string_max) {
        return luaL_error(lua, "the text would be longer than %d octets",
                          (int)env->budget.string_max);
    }
    return 1;
}

static int unpack_bounded(lua_State *lua)
{
    check_range(lua, 2, env_length(lua, 1), UNPACK_MAX);
    return call_standard(lua);
}

static void wrap(lua_State *lua, int from, const char *name, lua_CFunction function)
{
    from = lua_absindex(lua, from);
    lua_getfield(lua, from, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void env_open_table(lua_State *lua)
{
    lua_pushcfunction(lua, luaopen_table);
    lua_call(lua, 0, 1);
    lua_getfield(lua, -1, "sort");
    lua_setfield(lua, LUA_REGISTRYINDEX, "rules.sort");
    lua_newtable(lua);
    wrap(lua, -2, "concat", concat_bounded);
    wrap(lua, -2, "insert", call_bounded);
    wrap(lua, -2, "remove", call_bounded);
    wrap(lua, -2, "sort", call_bounded);
    wrap(lua, -2, "unpack", unpack_bounded);
    lua_remove(lua, -2);
    env_protect(lua, "table");
    lua_setfield(lua, -2, "table");
}

static void open_part(lua_State *lua, lua_CFunction open, const char *const *names,
                      const char *title)
{
    lua_pushcfunction(lua, open);
    lua_call(lua, 0, 1);
    lua_newtable(lua);
    env_copy_names(lua, -2, names);
    lua_remove(lua, -2);
    env_protect(lua, title);
    lua_setfield(lua, -2, title);
}

/* No random numbers: the same facts give the same verdict. */
void env_open_numbers(lua_State *lua)
{
    static const char *const math[] = {
        "abs", "acos",       "asin", "atan", "ceil", "cos", "deg",
        "exp", "floor",      "fmod", "huge", "log",  "max", "maxinteger",
        "min", "mininteger", "modf", "pi",   "rad",  "sin", "sqrt",
        "tan", "tointeger",  "type", "ult",  NULL};
    static const char *const utf8[] = {"char", "codepoint", "len", NULL};

    open_part(lua, luaopen_math, math, "math");
    open_part(lua, luaopen_utf8, utf8, "utf8");
}
