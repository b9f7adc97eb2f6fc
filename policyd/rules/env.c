/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/env.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/tmpl/dn.h"

#include "policyd/rules/env_parts.h"
#include "policyd/rules/env_room.h"

enum {
    TIME_EVERY = 5000, /* instructions between two looks at the clock */
    /* octets of rules; what becomes of them is copied with the state for every decision */
    COMPILED_MAX = 16 * 1024,
};

static const char environment_key[] = "rules.environment";

struct env *env_of(lua_State *lua)
{
    struct env *env = NULL;

    memcpy((void *)&env, lua_getextraspace(lua), sizeof(void *));
    return env;
}

static void *reallocate(const struct env *env, void *old, size_t had, size_t size)
{
    if (env->room != NULL) {
        return env_room_reallocate(env->room, old, had, size);
    }
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

static void *allocate(void *ctx, void *old, size_t old_size, size_t size)
{
    struct env *env = ctx;
    const size_t had = old == NULL ? 0 : old_size;

    if (size > had && size - had > env->budget.memory - env->memory) {
        return NULL;
    }
    void *block = reallocate(env, old, had, size);
    if (block != NULL || size == 0) {
        env->memory = env->memory - had + size;
    }
    return block;
}

static int64_t used_ns(void)
{
    struct timespec used = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * CLOCK_NS_PER_SECOND + used.tv_nsec;
}

static _Noreturn void hit(lua_State *lua, struct env *env, const char *limit,
                          const char *sentence);

/* Once a limit was hit, every instruction raises: nothing runs on. */
static void look(lua_State *lua, lua_Debug *where)
{
    struct env *env = env_of(lua);

    (void)where;
    env->instructions += ENV_CHECK_EVERY;
    env->instructions_left = env->instructions_left > ENV_CHECK_EVERY
                                 ? env->instructions_left - ENV_CHECK_EVERY
                                 : 0;
    if (env->limit != NULL) {
        hit(lua, env, env->limit, "a limit was reached before");
    }
    if (env->instructions > env->budget.instructions_rule) {
        hit(lua, env, "instructions", "the rule used up its instructions");
    }
    if (env->instructions_left == 0) {
        hit(lua, env, "instructions", "the rules used up the decision's instructions");
    }
    if (env->instructions % TIME_EVERY == 0 && used_ns() > env->ends_ns) {
        hit(lua, env, "cpu", "the rules used up the decision's CPU time");
    }
}

static _Noreturn void hit(lua_State *lua, struct env *env, const char *limit,
                          const char *sentence)
{
    env->limit = limit;
    lua_sethook(lua, look, LUA_MASKCOUNT, 1);
    luaL_where(lua, 0); /* within a hook: the line that was about to run */
    lua_pushstring(lua, sentence);
    lua_concat(lua, 2);
    (void)lua_error(lua);
    abort(); /* lua_error does not return */
}

static _Noreturn int panic(lua_State *lua)
{
    (void)lua;
    abort(); /* our bug: every entry is protected */
}

/* Nothing of the standard libraries stays but what the tables hold. */
static int open_all(lua_State *lua)
{
    lua_newtable(lua);
    env_open_base(lua);
    env_open_string(lua);
    env_open_table(lua);
    env_open_numbers(lua);
    env_open_names(lua);
    env_open_lists(lua);
    env_protect(lua, "the environment");
    lua_setfield(lua, LUA_REGISTRYINDEX, environment_key);
    env_open_facts(lua);
    lua_pushnil(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

static void begin(struct env *env, const struct wire_budget *budget,
                  struct env_room *room)
{
    *env = (struct env){.budget = *budget,
                        .room = room,
                        .instructions_left = budget->instructions_decision};
    env->ends_ns = used_ns() + (int64_t)budget->cpu_ms * 1000000;
}

/* The state is this env's from now on. */
static void own_state(struct env *env)
{
    lua_setallocf(env->lua, allocate, env);
    memcpy(lua_getextraspace(env->lua), (const void *)&env, sizeof(void *));
}

/* Push the function that a file is. */
static void compile(lua_State *lua, const char *name, struct bytes content)
{
    const char *data = content.data == NULL ? "" : (const char *)content.data;

    if (content.len > 0 && data[0] == LUA_SIGNATURE[0]) {
        (void)luaL_error(lua, "%s:1: binary chunks are refused", name);
    }
    lua_pushfstring(lua, "@%s", name);
    if (luaL_loadbufferx(lua, data, content.len, lua_tostring(lua, -1), "t") != LUA_OK) {
        (void)lua_error(lua);
    }
    lua_remove(lua, -2);
}

/* For env_run_file(), which finds it by where the file's text lies. */
static int compile_all(lua_State *lua)
{
    const struct wire_bundle_load *load =
        *(const struct wire_bundle_load **)lua_touserdata(lua, 1);
    size_t left = COMPILED_MAX;

    for (size_t i = 0; i < load->file_count; i++) {
        const struct wire_bundle_file *file = &load->files[i];

        if (file->content.len > 0 && file->content.len <= left) {
            compile(lua, file->name, file->content);
            lua_rawsetp(lua, LUA_REGISTRYINDEX, file->content.data);
            left -= file->content.len;
        }
    }
    return 0;
}

static bool make_state(struct env *env, struct error *err)
{
    env->lua = lua_newstate(allocate, env);
    if (env->lua == NULL) {
        return error_set(err, ERROR_INTERNAL, "no memory for a Lua state");
    }
    own_state(env);
    (void)lua_atpanic(env->lua, panic);
    lua_pushcfunction(env->lua, open_all);
    if (lua_pcall(env->lua, 0, 0, 0) != LUA_OK) {
        env_clear(env);
        return error_set(err, ERROR_INTERNAL, "no memory for the rules' functions");
    }
    return true;
}

bool env_init(struct env *env, const struct wire_budget *budget, struct error *err)
{
    begin(env, budget, NULL);
    return make_state(env, err);
}

struct env_image {
    lua_State *lua;
    uint64_t memory; /* that the state counts */
    bool taken;      /* an env is of it */
    struct env_room *room;
};

bool env_image_new(const struct wire_bundle_load *load, struct env_image **out,
                   struct error *err)
{
    AUTO(env_image) image = mem_new(sizeof(*image));
    struct env env;

    image->room = env_room_new();
    begin(&env, &load->budget, image->room);
    if (!make_state(&env, err)) {
        return false;
    }
    lua_pushcfunction(env.lua, compile_all);
    lua_pushlightuserdata(env.lua, (void *)&load);
    if (lua_pcall(env.lua, 1, 0, 0) != LUA_OK) {
        (void)error_set(err, ERROR_INTERNAL, "compiling the rules: %s",
                        lua_tostring(env.lua, -1));
        env_clear(&env);
        return false;
    }
    image->lua = env.lua;
    image->memory = env.memory;
    if (!env_room_keep(image->room)) {
        env_clear(&env);
        return error_set(err, ERROR_INTERNAL, "a state of %zu octets is not kept",
                         (size_t)image->memory);
    }
    *out = TAKE(image);
    return true;
}

void env_image_free(struct env_image *image)
{
    if (image != NULL) {
        env_room_free(image->room);
        free(image);
    }
}

bool env_init_from(struct env *env, struct env_image *image,
                   const struct wire_budget *budget, struct error *err)
{
    if (image == NULL || image->taken) {
        return env_init(env, budget, err);
    }
    begin(env, budget, image->room);
    image->taken = true;
    env->image = image;
    env->lua = image->lua;
    env->memory = image->memory;
    own_state(env);
    return true;
}

/* What lies in a room needs no end; nothing of it stays there for who comes next. */
static void end_state(struct env *env)
{
    if (env->room == NULL || env_room_is_left(env->room)) {
        lua_close(env->lua);
    }
    if (env->image != NULL) {
        env_room_restore(env->room);
        env->image->taken = false;
    }
}

void env_clear(struct env *env)
{
    if (env->lua != NULL) {
        end_state(env);
        env->lua = NULL;
    }
    buf_clear(&env->scratch);
    dn_set_free(env->groups);
    env->groups = NULL;
}

/* An error is an error, whatever a rule raised: text with the way to it. */
static int explain(lua_State *lua)
{
    if (lua_type(lua, 1) != LUA_TSTRING && lua_type(lua, 1) != LUA_TNUMBER) {
        lua_pushfstring(lua, "an error that is no text but a %s", luaL_typename(lua, 1));
        lua_replace(lua, 1);
    }
    luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
    return 1;
}

bool env_call(struct env *env, lua_CFunction body, void *what, struct buf *failure)
{
    lua_State *lua = env->lua;
    size_t len = 0;

    env->instructions = 0;
    lua_settop(lua, 0);
    if (!lua_checkstack(lua, LUA_MINSTACK)) {
        buf_append_text(failure, "no memory");
        return false;
    }
    lua_pushcfunction(lua, explain);
    lua_pushcfunction(lua, body);
    lua_pushlightuserdata(lua, what);
    lua_sethook(lua, look, LUA_MASKCOUNT, ENV_CHECK_EVERY);
    int status = lua_pcall(lua, 1, 0, 1);
    lua_sethook(lua, NULL, 0, 0);
    if (status == LUA_OK) {
        lua_settop(lua, 0);
        return true;
    }
    if (status == LUA_ERRMEM) {
        env->limit = "memory";
        buf_append_text(failure, "the rules used up the decision's memory");
    } else {
        const char *text = lua_tolstring(lua, -1, &len);
        buf_append(failure, text == NULL ? "an error without a text" : text,
                   text == NULL ? strlen("an error without a text") : len);
    }
    lua_settop(lua, 0);
    return false;
}

void env_run_file(lua_State *lua, const char *name, struct bytes content)
{
    struct env *env = env_of(lua);

    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, content.data) != LUA_TFUNCTION) {
        lua_pop(lua, 1);
        compile(lua, name, content);
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, environment_key);
    if (lua_setupvalue(lua, -2, 1) == NULL) {
        lua_pop(lua, 1); /* an empty file has no use for it */
    }
    env->declared = false;
    lua_call(lua, 0, 1);
}

void env_push_methods(lua_State *lua, const char *title,
                      const struct env_function *functions)
{
    if (luaL_newmetatable(lua, title) != 0) {
        lua_newtable(lua);
        env_set_functions(lua, functions);
        env_protect(lua, title);
        lua_setfield(lua, -2, "__index");
        lua_pushboolean(lua, false);
        lua_setfield(lua, -2, "__metatable");
    }
    (void)lua_newuserdatauv(lua, 0, 0);
    lua_insert(lua, -2);
    (void)lua_setmetatable(lua, -2);
}

static void list_names(lua_State *lua, const char *prefix, struct buf *out)
{
    /* the table behind the read-only view at the top */
    if (lua_getmetatable(lua, -1) == 0) {
        return;
    }
    lua_getfield(lua, -1, "__index");
    for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
        AUTO(buf) name = BUF_EMPTY;

        buf_printf(&name, "%s%s", prefix, lua_tostring(lua, -2));
        if (lua_istable(lua, -1)) {
            buf_append_byte(&name, '.');
            list_names(lua, buf_text(&name), out);
        } else {
            buf_printf(out, "%s\n", buf_text(&name));
        }
    }
    lua_pop(lua, 2);
}

void env_names(struct env *env, struct buf *out)
{
    lua_getfield(env->lua, LUA_REGISTRYINDEX, environment_key);
    list_names(env->lua, "", out);
    lua_pop(env->lua, 1);
}
