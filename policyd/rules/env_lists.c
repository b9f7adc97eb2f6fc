/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <string.h>

#include "common/base/utf8.h"

#include "policyd/rules/env_parts.h"
#include "policyd/rules/facts_rows.h"

/* Calls the function at 2 with the i-th element of the list at 1; its value is on the top. */
static void call_on(lua_State *lua, lua_Integer i)
{
    lua_pushvalue(lua, 2);
    lua_geti(lua, 1, i);
    lua_call(lua, 1, 1);
}

static lua_Integer check_list(lua_State *lua)
{
    lua_Integer count = env_length(lua, 1);

    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    return count;
}

static int list_until(lua_State *lua, int wanted)
{
    lua_Integer count = check_list(lua);

    for (lua_Integer i = 1; i <= count; i++) {
        call_on(lua, i);
        if (lua_toboolean(lua, -1) == wanted) {
            lua_pushboolean(lua, wanted);
            return 1;
        }
        lua_pop(lua, 1);
    }
    lua_pushboolean(lua, !wanted);
    return 1;
}

static int list_any(lua_State *lua)
{
    return list_until(lua, true);
}

static int list_all(lua_State *lua)
{
    return list_until(lua, false);
}

static int list_map(lua_State *lua)
{
    lua_Integer count = check_list(lua);

    lua_newtable(lua);
    for (lua_Integer i = 1; i <= count; i++) {
        call_on(lua, i);
        lua_rawseti(lua, 3, i);
    }
    return 1;
}

/* A to Z only, as in names of hosts and mail domains. */
static int text_to_lower(lua_State *lua)
{
    struct bytes text = env_text(lua, 1, "a text");
    luaL_Buffer out;
    char *copy = luaL_buffinitsize(lua, &out, text.len);

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];
        copy[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    luaL_pushresultsize(&out, text.len);
    return 1;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int text_trim(lua_State *lua)
{
    struct bytes text = env_text(lua, 1, "a text");

    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1])) {
        text.len--;
    }
    lua_pushlstring(lua, (const char *)text.data, text.len);
    return 1;
}

/* Nothing but printable ASCII. */
static int text_ascii(lua_State *lua)
{
    struct bytes text = env_text(lua, 1, "a text");
    bool good = true;

    for (size_t i = 0; i < text.len; i++) {
        good = good && text.data[i] >= ' ' && text.data[i] <= '~';
    }
    lua_pushboolean(lua, good);
    return 1;
}

/* The first characters of a text in UTF-8, never a part of one. */
static int text_truncate(lua_State *lua)
{
    struct bytes text = env_text(lua, 1, "a text");
    int64_t left = env_whole(lua, 2, "the number of characters");
    size_t at = 0;

    while (at < text.len && left > 0) {
        uint32_t code = 0;
        size_t step = utf8_read(text.data + at, text.len - at, &code);

        if (step == 0) {
            return luaL_error(lua, "the text is not UTF-8");
        }
        at += step;
        left--;
    }
    lua_pushlstring(lua, (const char *)text.data, at);
    return 1;
}

/* "07:30" as minutes of the day; "24:00" is its end. */
static int64_t minutes_of(lua_State *lua, int arg)
{
    const char *text = env_word(lua, arg, "a time of day");
    const bool good = strlen(text) == 5 && strspn(text, "0123456789") == 2 &&
                      text[2] == ':' && strspn(text + 3, "0123456789") == 2;
    int hours = good ? (text[0] - '0') * 10 + (text[1] - '0') : 0;
    int minutes = good ? (text[3] - '0') * 10 + (text[4] - '0') : 0;

    if (!good || hours > 24 || minutes > 59 || (hours == 24 && minutes > 0)) {
        (void)luaL_error(lua, "'%s' is no time of day; write it as 07:30", text);
    }
    return (int64_t)hours * 60 + minutes;
}

/* time.between(req.time, "07:00", "19:00"): the site's time; over midnight when from > to */
static int time_between(lua_State *lua)
{
    const struct env_view *view = env_view(lua, 1);
    int64_t from = minutes_of(lua, 2);
    int64_t to = minutes_of(lua, 3);

    if (view == NULL || view->type != &fact_time_type) {
        return luaL_error(lua, "write time.between(req.time, \"07:00\", \"19:00\")");
    }
    const struct wire_facts *facts = view->record;
    int64_t seconds = facts->time_utc + facts->local_offset_s;
    int64_t now = ((seconds % 86400) + 86400) % 86400 / 60;
    lua_pushboolean(lua, from <= to ? now >= from && now < to : now >= from || now < to);
    return 1;
}

static void open_table(lua_State *lua, const char *title,
                       const struct env_function *functions)
{
    lua_newtable(lua);
    env_set_functions(lua, functions);
    env_protect(lua, title);
    lua_setfield(lua, -2, title);
}

void env_open_lists(lua_State *lua)
{
    static const struct env_function list[] = {
        {"all", list_all}, {"any", list_any}, {"map", list_map}, {NULL, NULL}};
    static const struct env_function text[] = {{"ascii", text_ascii},
                                               {"lower", text_to_lower},
                                               {"trim", text_trim},
                                               {"truncate", text_truncate},
                                               {NULL, NULL}};
    static const struct env_function time[] = {{"between", time_between}, {NULL, NULL}};

    open_table(lua, "list", list);
    open_table(lua, "text", text);
    open_table(lua, "time", time);
}
