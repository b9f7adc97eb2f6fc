/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/tmpl/dn.h"

#include "policyd/rules/env_parts.h"
#include "policyd/rules/envelope.h"

static const char view_key[] = "rules.fact";

const struct env_view *env_view(lua_State *lua, int arg)
{
    return luaL_testudata(lua, arg, view_key);
}

static void push_view(lua_State *lua, const struct env_view *view)
{
    struct env_view *copy = lua_newuserdatauv(lua, sizeof(*view), 0);

    *copy = *view;
    luaL_setmetatable(lua, view_key);
}

void env_push_object(lua_State *lua, const struct fact_type *type, const void *record)
{
    const struct env_view view = {.type = type, .record = record};

    push_view(lua, &view);
}

void env_push_value(lua_State *lua, const struct fact_value *value)
{
    const struct env_view list = {.list = value->list, .record = value->record};

    switch (value->kind) {
    case FACT_NIL:
        lua_pushnil(lua);
        break;
    case FACT_BOOL:
        lua_pushboolean(lua, value->flag);
        break;
    case FACT_NUMBER:
        lua_pushinteger(lua, value->number);
        break;
    case FACT_TEXT:
        lua_pushlstring(lua, value->text.len > 0 ? (const char *)value->text.data : "",
                        value->text.len);
        break;
    case FACT_OBJECT:
        env_push_object(lua, value->type, value->record);
        break;
    case FACT_LIST:
        push_view(lua, &list);
        break;
    case FACT_UNKNOWN:
        lua_pushlstring(lua, (const char *)value->text.data, value->text.len);
        (void)luaL_error(lua, "%s", lua_tostring(lua, -1));
        break;
    }
}

/* What a rule reads it must have declared: another rule's needs are none of its business. */
static bool is_declared(const struct env *env, const struct env_view *view,
                        const char *name)
{
    const struct wire_rule *rule = env->rule;

    if (view->type == &fact_request_type && strcmp(name, "history") == 0) {
        return rule == NULL || rule->history;
    }
    if (view->type != &fact_attributes_type || rule == NULL) {
        return true;
    }
    for (size_t i = 0; i < rule->attribute_count; i++) {
        if (strcasecmp(rule->attributes[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool env_view_tells(lua_State *lua, const struct env_view *view, const char *name)
{
    struct env *env = env_of(lua);

    return is_declared(env, view, name) &&
           fact_read(view->type, view->record, name, &env->scratch).kind != FACT_UNKNOWN;
}

static int index_list(lua_State *lua, const struct env_view *view)
{
    size_t count = fact_count(view->list, view->record);
    int whole = 0;
    lua_Integer at = lua_type(lua, 2) == LUA_TNUMBER ? lua_tointegerx(lua, 2, &whole) : 0;

    if (whole == 0) {
        env_push_text(lua, 2);
        return luaL_error(lua, "the list '%s' has numbers and no '%s'", view->list->name,
                          lua_tostring(lua, -1));
    }
    if (at < 1 || (lua_Unsigned)at > count) {
        lua_pushnil(lua); /* so that loops end */
        return 1;
    }
    struct fact_value value = fact_item(view->list, view->record, (size_t)at - 1);
    env_push_value(lua, &value);
    return 1;
}

static int index_view(lua_State *lua)
{
    const struct env_view *view = luaL_checkudata(lua, 1, view_key);
    struct env *env = env_of(lua);

    if (view->list != NULL) {
        return index_list(lua, view);
    }
    const char *name = env_word(lua, 2, "the name of a fact");
    if (view->type == &fact_groups_type && strcmp(name, "has") == 0) {
        lua_pushcfunction(lua, env_groups_has);
        return 1;
    }
    if (!is_declared(env, view, name)) {
        return luaL_error(lua, "'%s' is not among what the rule needs; declare it: %s",
                          name,
                          view->type == &fact_attributes_type ? "needs={attrs={...}}"
                                                              : "needs={history=true}");
    }
    struct fact_value value = fact_read(view->type, view->record, name, &env->scratch);
    env_push_value(lua, &value);
    return 1;
}

static int refuse_writing(lua_State *lua)
{
    lua_settop(lua, 2);
    env_push_text(lua, 2);
    return luaL_error(lua, "facts are read-only: '%s' cannot be set",
                      lua_tostring(lua, -1));
}

static int length_of_view(lua_State *lua)
{
    const struct env_view *view = luaL_checkudata(lua, 1, view_key);

    if (view->list == NULL) {
        return luaL_error(lua, "%s is no list and has no length", view->type->name);
    }
    lua_pushinteger(lua, (lua_Integer)fact_count(view->list, view->record));
    return 1;
}

static int views_equal(lua_State *lua)
{
    const struct env_view *a = env_view(lua, 1);
    const struct env_view *b = env_view(lua, 2);

    lua_pushboolean(lua, a != NULL && b != NULL && a->type == b->type &&
                             a->list == b->list && a->record == b->record);
    return 1;
}

void env_open_facts(lua_State *lua)
{
    static const struct env_function events[] = {{"__index", index_view},
                                                 {"__newindex", refuse_writing},
                                                 {"__len", length_of_view},
                                                 {"__eq", views_equal},
                                                 {NULL, NULL}};

    (void)luaL_newmetatable(lua, view_key);
    env_set_functions(lua, events);
    lua_pushboolean(lua, false);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

lua_Integer env_length(lua_State *lua, int arg)
{
    const struct env_view *view = env_view(lua, arg);
    lua_Unsigned length = 0;

    if (view != NULL && view->list != NULL) {
        return (lua_Integer)fact_count(view->list, view->record);
    }
    luaL_checktype(lua, arg, LUA_TTABLE);
    length = lua_rawlen(lua, arg);
    if (length > ENV_LIST_MAX) {
        (void)luaL_error(lua, "the table has more than %d elements", ENV_LIST_MAX);
    }
    return (lua_Integer)length;
}

/* The names of all groups, comparable; built once a decision. */
static struct dn_set *make_groups(const struct wire_account *account, struct error *err)
{
    const char **names = mem_array(account->group_count + 1, sizeof(*names));
    struct dn_set *set = NULL;
    size_t count = 0;

    for (size_t i = 0; i < account->group_count; i++) {
        if (account->groups[i].dn[0] != '\0') {
            names[count++] = account->groups[i].dn;
        }
    }
    if (!dn_set_new(account->dn, names, count, account->groups_complete, &set, err)) {
        set = NULL;
    }
    free(names);
    return set;
}

static bool has_sid(const struct wire_account *account, const char *sid)
{
    for (size_t i = 0; i < account->group_count; i++) {
        if (strcasecmp(account->groups[i].sid, sid) == 0) {
            return true;
        }
    }
    return false;
}

/* True, false, or -1 with *err filled. */
static int has_dn(struct env *env, const struct wire_account *account, const char *dn,
                  struct error *err)
{
    const bool is_principal = account == envelope_principal(env->facts);
    struct dn_set *set = is_principal ? env->groups : NULL;
    const struct dn_member *member = NULL;
    AUTO(string) normal = NULL;
    int answer = -1;

    if (set == NULL) {
        set = make_groups(account, err);
    }
    if (set != NULL && dn_normalize(bytes_of_text(dn), &normal, err)) {
        member = dn_set_find(set, normal);
        answer = member != NULL && member->relation == DN_GROUP;
        if (answer == 0 && set->incomparable != NULL) {
            answer = -1;
            (void)error_set(err, ERROR_INVALID,
                            "the name of the group '%.200s' cannot be compared",
                            set->incomparable);
        }
    }
    if (is_principal) {
        env->groups = set;
    } else {
        dn_set_free(set);
    }
    return answer;
}

int env_groups_has(lua_State *lua)
{
    struct env *env = env_of(lua);
    const struct env_view *view = env_view(lua, 1);
    const struct wire_account *account = NULL;
    struct error err = {0};
    int answer = 0;

    if (view == NULL || view->type != &fact_groups_type) {
        return luaL_error(lua, "write groups:has(...), with a colon");
    }
    account = view->record;
    const char *group = env_word(lua, 2, "a group");
    answer = strncasecmp(group, "S-1-", 4) == 0 ? (int)has_sid(account, group)
                                                : has_dn(env, account, group, &err);
    if (answer < 0) {
        env_raise(lua, &err);
    }
    if (answer == 0 && !account->groups_complete) {
        return luaL_error(lua, "not all groups are known, so none can be ruled out");
    }
    lua_pushboolean(lua, answer);
    return 1;
}
