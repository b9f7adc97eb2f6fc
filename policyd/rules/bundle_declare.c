/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/bundle_declare.h"

#include <lauxlib.h>
#include <string.h>

#include "common/base/text.h"

enum { TEMPLATES_MAX = 256 };

static const char *copy_text(lua_State *lua, struct name_store *store, const char *what)
{
    struct bytes text = env_text(lua, -1, what);

    if (text.len < 1 || text.len > WIRE_NAME_MAX ||
        !text_is_printable((const char *)text.data, text.len)) {
        (void)luaL_error(lua, "%s is text of 1 to %d octets without control characters",
                         what, WIRE_NAME_MAX);
    }
    return name_store_copy(store, text.data, text.len);
}

/* The table at the top: a list of texts, and nothing else. Its count. */
static size_t list_count(lua_State *lua, const char *what, size_t max)
{
    size_t keys = 0;

    luaL_checktype(lua, -1, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(lua, -1);
    for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
        keys++;
    }
    if (count > max || keys != count) {
        (void)luaL_error(lua, "%s is a list of at most %d texts", what, (int)max);
    }
    return (size_t)count;
}

static void read_texts(lua_State *lua, struct name_store *store, const char *what,
                       size_t max, const char ***out, size_t *out_count)
{
    size_t count = list_count(lua, what, max);
    const char **texts = name_store_new(store, (count + 1) * sizeof(*texts));

    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        texts[i] = copy_text(lua, store, what);
        lua_pop(lua, 1);
    }
    *out = texts;
    *out_count = count;
}

/* Words of a list as bits. */
static uint32_t read_bits(lua_State *lua, const char *what, unsigned int count,
                          const char *(*name)(unsigned int value))
{
    size_t listed = list_count(lua, what, count);
    uint32_t bits = 0;

    for (size_t i = 0; i < listed; i++) {
        unsigned int value = 0;

        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        const char *word = env_word(lua, -1, what);
        while (value < count && strcmp(name(value), word) != 0) {
            value++;
        }
        if (value == count) {
            (void)luaL_error(lua, "%s: there is no '%s'", what, word);
        }
        bits |= 1U << value;
        lua_pop(lua, 1);
    }
    if (bits == 0) {
        (void)luaL_error(lua, "%s is empty, so that the rule would never match", what);
    }
    return bits;
}

static const char *op_word(unsigned int value)
{
    return wire_op_name((enum wire_op)value);
}

static const char *kind_word(unsigned int value)
{
    return wire_account_kind_name((enum wire_account_kind)value);
}

static void read_templates(lua_State *lua, struct name_store *store,
                           struct wire_rule *out)
{
    read_texts(lua, store, "match.templates", TEMPLATES_MAX, &out->templates,
               &out->template_count);
    if (out->template_count == 0) {
        (void)luaL_error(lua,
                         "match.templates is empty, so that the rule would never match");
    }
}

static void read_match(lua_State *lua, int index, struct name_store *store,
                       struct wire_rule *out)
{
    static const char *const names[] = {"templates", "ops", "kinds", NULL};

    if (lua_getfield(lua, index, "match") != LUA_TNIL) {
        luaL_checktype(lua, -1, LUA_TTABLE);
        int match = lua_gettop(lua);
        env_only(lua, match, "match", names);
        if (lua_getfield(lua, match, "templates") != LUA_TNIL) {
            read_templates(lua, store, out);
        }
        if (lua_getfield(lua, match, "ops") != LUA_TNIL) {
            out->ops = read_bits(lua, "match.ops", WIRE_OP_COUNT, op_word);
        }
        if (lua_getfield(lua, match, "kinds") != LUA_TNIL) {
            out->kinds =
                read_bits(lua, "match.kinds", WIRE_ACCOUNT_KIND_COUNT, kind_word);
        }
    }
    lua_settop(lua, index);
}

static void read_needs(lua_State *lua, int index, struct name_store *store,
                       struct wire_rule *out)
{
    static const char *const names[] = {"attrs", "history", NULL};

    if (lua_getfield(lua, index, "needs") != LUA_TNIL) {
        luaL_checktype(lua, -1, LUA_TTABLE);
        int needs = lua_gettop(lua);
        env_only(lua, needs, "needs", names);
        if (lua_getfield(lua, needs, "attrs") != LUA_TNIL) {
            read_texts(lua, store, "needs.attrs", WIRE_ATTRIBUTES_MAX, &out->attributes,
                       &out->attribute_count);
        }
        if (lua_getfield(lua, needs, "history") != LUA_TNIL) {
            luaL_checktype(lua, -1, LUA_TBOOLEAN);
            out->history = lua_toboolean(lua, -1) != 0;
        }
    }
    lua_settop(lua, index);
}

static unsigned int read_word(lua_State *lua, int index, const char *field,
                              const char *first, const char *second)
{
    lua_getfield(lua, index, field);
    const char *word = env_word(lua, -1, field);
    if (strcmp(word, first) != 0 && strcmp(word, second) != 0) {
        (void)luaL_error(lua, "%s is \"%s\" or \"%s\", not \"%s\"", field, first, second,
                         word);
    }
    unsigned int answer = strcmp(word, second) == 0;
    lua_pop(lua, 1);
    return answer;
}

void bundle_declare(lua_State *lua, int index, struct name_store *store,
                    struct wire_rule *out)
{
    static const char *const names[] = {"name", "phase",    "match", "needs",
                                        "mode", "evaluate", NULL};

    if (!env_of(lua)->declared || lua_type(lua, index) != LUA_TTABLE) {
        (void)luaL_error(lua, "%s does not end in: return rule{...}", out->file);
    }
    env_only(lua, index, "rule", names);
    lua_getfield(lua, index, "name");
    out->name = copy_text(lua, store, "name");
    out->phase =
        (enum wire_phase)read_word(lua, index, "phase", wire_phase_name(WIRE_PHASE_SHAPE),
                                   wire_phase_name(WIRE_PHASE_CHECK));
    out->mode = WIRE_MODE_ENFORCE;
    if (lua_getfield(lua, index, "mode") != LUA_TNIL) {
        out->mode = (enum wire_mode)read_word(lua, index, "mode",
                                              wire_mode_name(WIRE_MODE_ENFORCE),
                                              wire_mode_name(WIRE_MODE_AUDIT));
    }
    lua_settop(lua, index);
    out->ops = (1U << WIRE_OP_COUNT) - 1;
    out->kinds = (1U << WIRE_ACCOUNT_KIND_COUNT) - 1;
    read_match(lua, index, store, out);
    read_needs(lua, index, store, out);
    if (lua_getfield(lua, index, "evaluate") != LUA_TFUNCTION) {
        (void)luaL_error(lua, "evaluate must be a function, not %s",
                         luaL_typename(lua, -1));
    }
    lua_settop(lua, index);
}
