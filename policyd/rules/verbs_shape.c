/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/verbs_shape.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <string.h>

#include "common/base/utc.h"

enum { SHOWN_MAX = 200 /* octets of a value in a trace */ };

static struct verbs *shaping(lua_State *lua)
{
    struct verbs *verbs = verbs_of(lua);

    if (!verbs->shapes) {
        (void)luaL_error(lua, "only rules with phase=\"shape\" change the certificate");
    }
    return verbs;
}

/* The verb's end: raise what failed, else write down what changed. */
static int done(lua_State *lua, const struct verbs *verbs, bool good, struct error *err,
                const char *sentence)
{
    if (!good || !judge_change(verbs->judge, sentence, err)) {
        env_raise(lua, err);
    }
    return 0;
}

int verbs_cap_validity(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    int64_t seconds = env_whole(lua, 2, "the validity");
    char sentence[64] = "";
    struct error err = {0};
    bool good = proposal_cap_validity(verbs->proposal, seconds, &err);

    (void)snprintf(sentence, sizeof(sentence), "validity at most %" PRId64 " s", seconds);
    return done(lua, verbs, good, &err, sentence);
}

int verbs_not_after(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    int64_t end_utc = env_whole(lua, 2, "the end");
    char sentence[64] = "";
    struct error err = {0};
    bool good = proposal_set_end(verbs->proposal, end_utc, &err);

    (void)snprintf(sentence, sizeof(sentence), "ends at %" PRId64, end_utc);
    return done(lua, verbs, good, &err, sentence);
}

/* "set CN=web1"; a value is cut */
static const char *describe(lua_State *lua, const char *verb, const char *type,
                            struct bytes value)
{
    int len = (int)(value.len < SHOWN_MAX ? value.len : SHOWN_MAX);

    lua_pushlstring(lua, len > 0 ? (const char *)value.data : "", (size_t)len);
    return lua_pushfstring(lua, "%s %s%s%s", verb, type, value.len > 0 ? "=" : "",
                           lua_tostring(lua, -1));
}

static bool says_replace(lua_State *lua, int arg)
{
    if (lua_isnoneornil(lua, arg)) {
        return false;
    }
    luaL_checktype(lua, arg, LUA_TTABLE);
    lua_getfield(lua, arg, "replace");
    if (lua_type(lua, -1) != LUA_TBOOLEAN) {
        (void)luaL_error(lua, "set_rdn takes {replace=true} besides type and value");
    }
    return lua_toboolean(lua, -1) != 0;
}

int verbs_set_rdn(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *type = env_word(lua, 2, "the type");
    struct bytes value = env_text(lua, 3, "the value");
    bool replace = says_replace(lua, 4);
    const char *sentence = describe(lua, "set", type, value);
    struct error err = {0};

    return done(
        lua, verbs,
        proposal_set_rdn(verbs->proposal, verbs->rule, type, value, replace, &err), &err,
        sentence);
}

int verbs_remove_rdn(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *type = env_word(lua, 2, "the type");
    const char *sentence = describe(lua, "remove", type, (struct bytes){NULL, 0});
    struct error err = {0};

    return done(lua, verbs, proposal_remove_rdn(verbs->proposal, type, &err), &err,
                sentence);
}

int verbs_add_san(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *type = env_word(lua, 2, "the type");
    struct bytes value = env_text(lua, 3, "the name");
    const char *sentence = describe(lua, "add", type, value);
    struct error err = {0};

    return done(lua, verbs,
                proposal_add_san(verbs->proposal, verbs->rule, type, value, &err), &err,
                sentence);
}

int verbs_remove_san(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    int64_t number = env_whole(lua, 2, "the number of the name");
    char sentence[64] = "";
    struct error err = {0};
    bool good = proposal_remove_san(verbs->proposal, number, &err);

    (void)snprintf(sentence, sizeof(sentence), "remove alternative name %" PRId64,
                   number);
    return done(lua, verbs, good, &err, sentence);
}

int verbs_add_ext(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *oid = env_word(lua, 2, "the OID");
    struct bytes der = env_text(lua, 3, "the value");
    const char *sentence = describe(lua, "add extension", oid, (struct bytes){NULL, 0});
    struct error err = {0};

    if (!lua_isnoneornil(lua, 4)) {
        luaL_checktype(lua, 4, LUA_TBOOLEAN);
    }
    return done(lua, verbs,
                proposal_add_extension(verbs->proposal, oid, der,
                                       lua_toboolean(lua, 4) != 0, &err),
                &err, sentence);
}

int verbs_remove_ext(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *oid = env_word(lua, 2, "the OID");
    const char *sentence =
        describe(lua, "remove extension", oid, (struct bytes){NULL, 0});
    struct error err = {0};

    return done(lua, verbs, proposal_remove_extension(verbs->proposal, oid, &err), &err,
                sentence);
}

int verbs_narrow_eku(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *oids[WIRE_OIDS_MAX] = {NULL};
    lua_Integer count = env_length(lua, 2);
    struct error err = {0};

    if (count > WIRE_OIDS_MAX) {
        return luaL_error(lua, "at most %d extended key usages", WIRE_OIDS_MAX);
    }
    luaL_checkstack(lua, WIRE_OIDS_MAX, NULL);
    for (lua_Integer i = 0; i < count; i++) {
        lua_geti(lua, 2, i + 1);
        oids[i] = env_word(lua, -1, "an OID"); /* stays on the stack */
    }
    return done(lua, verbs,
                proposal_narrow_eku(verbs->proposal, oids, (size_t)count, &err), &err,
                "narrow the extended key usages");
}

int verbs_supersede(lua_State *lua)
{
    struct verbs *verbs = shaping(lua);
    const char *serial = env_word(lua, 2, "the serial number");
    int64_t after_s = lua_isnoneornil(lua, 3) ? 0 : env_whole(lua, 3, "after");
    const char *sentence = lua_pushfstring(lua, "supersede %s", serial);
    struct error err = {0};

    return done(lua, verbs, judge_supersede(verbs->judge, serial, after_s, &err), &err,
                sentence);
}
