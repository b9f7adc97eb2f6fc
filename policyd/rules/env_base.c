/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policyd/rules/env_parts.h"

_Noreturn void env_raise(lua_State *lua, const struct error *err)
{
    (void)luaL_error(lua, "%s", err->message);
    abort(); /* luaL_error does not return */
}

static _Noreturn void refuse_type(lua_State *lua, int arg, const char *what,
                                  const char *wanted)
{
    (void)luaL_error(lua, "%s must be %s, not %s", what, wanted, luaL_typename(lua, arg));
    abort();
}

struct bytes env_text(lua_State *lua, int arg, const char *what)
{
    size_t len = 0;

    if (lua_type(lua, arg) != LUA_TSTRING) {
        refuse_type(lua, arg, what, "text");
    }
    const char *text = lua_tolstring(lua, arg, &len);
    return (struct bytes){(const unsigned char *)text, len};
}

const char *env_word(lua_State *lua, int arg, const char *what)
{
    struct bytes text = env_text(lua, arg, what);

    if (memchr(text.data, '\0', text.len) != NULL) {
        (void)luaL_error(lua, "%s contains a zero octet", what);
    }
    return (const char *)text.data;
}

int64_t env_whole(lua_State *lua, int arg, const char *what)
{
    int whole = 0;

    if (lua_type(lua, arg) != LUA_TNUMBER) {
        refuse_type(lua, arg, what, "a number");
    }
    lua_Integer number = lua_tointegerx(lua, arg, &whole);
    if (whole == 0) {
        (void)luaL_error(lua, "%s must be a whole number, not %f", what,
                         lua_tonumber(lua, arg));
    }
    return number;
}

void env_only(lua_State *lua, int index, const char *what, const char *const *names)
{
    for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
        const char *const *name = names;

        while (*name != NULL && (lua_type(lua, -2) != LUA_TSTRING ||
                                 strcmp(lua_tostring(lua, -2), *name) != 0)) {
            name++;
        }
        if (*name == NULL) {
            const char *key =
                lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "number";
            (void)luaL_error(lua, "%s has no '%s'", what, key);
        }
    }
}

void env_copy_names(lua_State *lua, int from, const char *const *names)
{
    from = lua_absindex(lua, from);
    for (const char *const *name = names; *name != NULL; name++) {
        lua_getfield(lua, from, *name);
        lua_setfield(lua, -2, *name);
    }
}

void env_set_functions(lua_State *lua, const struct env_function *functions)
{
    for (const struct env_function *f = functions; f->name != NULL; f++) {
        lua_pushcfunction(lua, f->function);
        lua_setfield(lua, -2, f->name);
    }
}

static int refuse_missing(lua_State *lua)
{
    const char *title = lua_tostring(lua, lua_upvalueindex(1));

    lua_settop(lua, 2);
    env_push_text(lua, 2);
    return luaL_error(lua, "%s has no '%s'", title, lua_tostring(lua, -1));
}

static int refuse_writing(lua_State *lua)
{
    const char *title = lua_tostring(lua, lua_upvalueindex(1));

    lua_settop(lua, 3);
    env_push_text(lua, 2);
    return luaL_error(lua, "%s is read-only: '%s' cannot be set; is 'local' missing?",
                      title, lua_tostring(lua, -1));
}

static void set_refusal(lua_State *lua, const char *event, lua_CFunction function,
                        const char *title)
{
    lua_pushstring(lua, title);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, event);
}

/*
 * Three tables: the view is empty and sends reading to the real one, whose own metatable
 * refuses names that are not there.
 */
void env_protect(lua_State *lua, const char *title)
{
    lua_createtable(lua, 0, 2);
    set_refusal(lua, "__index", refuse_missing, title);
    (void)lua_setmetatable(lua, -2);
    lua_newtable(lua); /* the view */
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    set_refusal(lua, "__newindex", refuse_writing, title);
    lua_pushboolean(lua, false);
    lua_setfield(lua, -2, "__metatable");
    (void)lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

void env_push_text(lua_State *lua, int arg)
{
    switch (lua_type(lua, arg)) {
    case LUA_TSTRING:
        lua_pushvalue(lua, arg);
        break;
    case LUA_TNUMBER:
        lua_pushvalue(lua, arg);
        (void)lua_tostring(lua, -1);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(lua, lua_toboolean(lua, arg) ? "true" : "false");
        break;
    default: /* an address would differ from run to run, and tell about the process */
        lua_pushstring(lua, luaL_typename(lua, arg));
        break;
    }
}

static int to_text(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_settop(lua, 1);
    env_push_text(lua, 1);
    return 1;
}

/* rule{...}: says that this table is the file's rule; the file returns it. */
static int declare(lua_State *lua)
{
    struct env *env = env_of(lua);

    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    if (env->declared) {
        return luaL_error(lua, "a file has one rule");
    }
    env->declared = true;
    return 1;
}

static int octets_order(const unsigned char *a, size_t a_len, const unsigned char *b,
                        size_t b_len)
{
    for (size_t i = 0; i < a_len && i < b_len; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return (a_len > b_len) - (a_len < b_len);
}

/* pairs: keys in order: numbers by value, then texts by their octets (P20). */
static int key_compare(lua_State *lua, int a, int b)
{
    const bool a_is_text = lua_type(lua, a) == LUA_TSTRING;
    const bool b_is_text = lua_type(lua, b) == LUA_TSTRING;
    size_t a_len = 0;
    size_t b_len = 0;

    if (a_is_text != b_is_text) {
        return b_is_text;
    }
    if (!a_is_text) {
        return lua_compare(lua, a, b, LUA_OPLT);
    }
    const char *a_text = lua_tolstring(lua, a, &a_len);
    const char *b_text = lua_tolstring(lua, b, &b_len);
    return octets_order((const unsigned char *)a_text, a_len,
                        (const unsigned char *)b_text, b_len) < 0;
}

static int key_less(lua_State *lua)
{
    lua_pushboolean(lua, key_compare(lua, 1, 2));
    return 1;
}

/* upvalues: the list of keys, the number of the last one given out */
static int next_pair(lua_State *lua)
{
    lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2)) + 1;

    lua_pushinteger(lua, at);
    lua_replace(lua, lua_upvalueindex(2));
    if (lua_rawgeti(lua, lua_upvalueindex(1), at) == LUA_TNIL) {
        return 1;
    }
    lua_pushvalue(lua, -1);
    lua_gettable(lua, 1);
    return 2;
}

static void collect_table_keys(lua_State *lua)
{
    lua_Integer count = 0;

    for (lua_pushnil(lua); lua_next(lua, 1) != 0;) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) != LUA_TSTRING && lua_type(lua, -1) != LUA_TNUMBER) {
            (void)luaL_error(lua,
                             "pairs: a key is a %s; only text and numbers have an "
                             "order",
                             luaL_typename(lua, -1));
        }
        if (++count > ENV_LIST_MAX) {
            (void)luaL_error(lua, "pairs: more than %d keys", ENV_LIST_MAX);
        }
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, count);
    }
}

static void collect_fact_keys(lua_State *lua, const struct env_view *view)
{
    size_t items = view->list == NULL ? 0 : fact_count(view->list, view->record);
    const char *name = NULL;
    lua_Integer count = 0;

    for (size_t i = 1; i <= items; i++) {
        lua_pushinteger(lua, (lua_Integer)i);
        lua_rawseti(lua, 2, (lua_Integer)i);
    }
    for (size_t i = 0; view->type != NULL; i++) {
        name = fact_name_at(view->type, view->record, i);
        if (name == NULL) {
            break;
        }
        if (env_view_tells(lua, view, name)) {
            lua_pushstring(lua, name);
            lua_rawseti(lua, 2, ++count);
        }
    }
}

static int sorted_pairs(lua_State *lua)
{
    const struct env_view *view = env_view(lua, 1);

    if (view == NULL) {
        luaL_checktype(lua, 1, LUA_TTABLE);
    }
    lua_settop(lua, 1);
    lua_newtable(lua);
    if (view != NULL) {
        collect_fact_keys(lua, view);
    } else {
        collect_table_keys(lua);
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, "rules.sort");
    lua_pushvalue(lua, 2);
    lua_pushcfunction(lua, key_less);
    lua_call(lua, 2, 0);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 2);
    lua_pushvalue(lua, 1);
    return 2;
}

void env_open_base(lua_State *lua)
{
    static const char *const names[] = {"assert",   "error", "ipairs", "select",
                                        "tonumber", "type",  NULL};
    static const struct env_function own[] = {
        {"pairs", sorted_pairs}, {"tostring", to_text}, {"rule", declare}, {NULL, NULL}};

    luaL_requiref(lua, LUA_GNAME, luaopen_base, 0);
    lua_insert(lua, -2);
    env_copy_names(lua, -2, names);
    env_set_functions(lua, own);
    lua_remove(lua, -2);
}
