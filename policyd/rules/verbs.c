/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/verbs.h"

#include <lauxlib.h>
#include <string.h>

#include "policyd/rules/verbs_shape.h"

enum { HOLD_TTL_S = 259200 };

static const char verbs_key[] = "d";

struct verbs *verbs_of(lua_State *lua)
{
    if (luaL_testudata(lua, 1, verbs_key) == NULL) {
        (void)luaL_error(lua, "write d:verb(...), with a colon");
    }
    return env_of(lua)->verbs;
}

static void none_left(lua_State *lua, int count)
{
    if (lua_gettop(lua) > count && !lua_isnil(lua, count + 1)) {
        (void)luaL_error(lua, "too many arguments");
    }
}

/* A detail may be a number or a truth, or be left out; its text is left on the stack. */
static struct bytes detail_at(lua_State *lua, int arg, const char *what)
{
    size_t len = 0;

    if (lua_isnoneornil(lua, arg)) {
        return (struct bytes){(const unsigned char *)"", 0};
    }
    if (lua_type(lua, arg) != LUA_TSTRING && lua_type(lua, arg) != LUA_TNUMBER &&
        lua_type(lua, arg) != LUA_TBOOLEAN) {
        (void)luaL_error(lua, "%s must be text or a number, not %s", what,
                         luaL_typename(lua, arg));
    }
    env_push_text(lua, arg);
    const char *text = lua_tolstring(lua, -1, &len);
    return (struct bytes){(const unsigned char *)text, len};
}

static int permit(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);
    struct error err = {0};

    none_left(lua, 2);
    if (!judge_permit(verbs->judge, env_word(lua, 2, "the code"), &err)) {
        env_raise(lua, &err);
    }
    return 0;
}

static int deny(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);
    struct bytes sentence = {(const unsigned char *)"", 0};
    struct error err = {0};

    none_left(lua, 4);
    const char *code = env_word(lua, 2, "the code");
    if (!lua_isnoneornil(lua, 4)) {
        sentence = env_text(lua, 4, "the sentence for the peer");
    }
    struct bytes detail = detail_at(lua, 3, "the detail");
    if (!judge_deny(verbs->judge, code, detail, sentence, &err)) {
        env_raise(lua, &err);
    }
    return 0;
}

static void check_hold_names(lua_State *lua)
{
    static const char *const names[] = {"code", "from", "need", "ttl"};

    for (lua_pushnil(lua); lua_next(lua, 2) != 0; lua_pop(lua, 1)) {
        bool known = false;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            known = known || (lua_type(lua, -2) == LUA_TSTRING &&
                              strcmp(lua_tostring(lua, -2), names[i]) == 0);
        }
        if (!known) {
            env_push_text(lua, -2);
            (void)luaL_error(lua, "hold has no '%s'; it takes code, from, need, ttl",
                             lua_tostring(lua, -1));
        }
    }
}

/* d:hold{code="wildcard", from="S-1-... or a DN", need=2, ttl=259200}; all but code may lack */
static int hold(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);
    struct judge_hold held = {.need = 1, .ttl_s = HOLD_TTL_S};
    struct error err = {0};

    none_left(lua, 2);
    luaL_checktype(lua, 2, LUA_TTABLE);
    check_hold_names(lua);
    lua_settop(lua, 2);
    lua_getfield(lua, 2, "code");
    held.code = env_word(lua, 3, "hold's code");
    if (lua_getfield(lua, 2, "from") != LUA_TNIL) {
        held.from = env_word(lua, 4, "hold's from");
    }
    if (lua_getfield(lua, 2, "need") != LUA_TNIL) {
        held.need = env_whole(lua, 5, "hold's need");
    }
    if (lua_getfield(lua, 2, "ttl") != LUA_TNIL) {
        held.ttl_s = env_whole(lua, 6, "hold's ttl");
    }
    if (!judge_hold(verbs->judge, &held, &err)) {
        env_raise(lua, &err);
    }
    return 0;
}

static int warn(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);
    struct error err = {0};

    none_left(lua, 3);
    const char *code = env_word(lua, 2, "the code");
    if (!judge_warn(verbs->judge, code, detail_at(lua, 3, "the detail"), &err)) {
        env_raise(lua, &err);
    }
    return 0;
}

static int note(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);
    struct error err = {0};

    none_left(lua, 3);
    const char *key = env_word(lua, 2, "the key");
    if (!judge_note(verbs->judge, key, detail_at(lua, 3, "the value"), &err)) {
        env_raise(lua, &err);
    }
    return 0;
}

void verbs_push(lua_State *lua)
{
    static const struct env_function functions[] = {
        {"permit", permit},
        {"deny", deny},
        {"hold", hold},
        {"warn", warn},
        {"note", note},
        {"cap_validity", verbs_cap_validity},
        {"not_after", verbs_not_after},
        {"set_rdn", verbs_set_rdn},
        {"remove_rdn", verbs_remove_rdn},
        {"add_san", verbs_add_san},
        {"remove_san", verbs_remove_san},
        {"add_ext", verbs_add_ext},
        {"remove_ext", verbs_remove_ext},
        {"narrow_eku", verbs_narrow_eku},
        {"supersede", verbs_supersede},
        {NULL, NULL},
    };

    env_push_methods(lua, verbs_key, functions);
}
