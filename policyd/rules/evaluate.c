/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/evaluate.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"

#include "policyd/rules/env.h"
#include "policyd/rules/match.h"
#include "policyd/rules/verbs.h"

struct evaluation {
    const struct bundle *bundle;
    struct wire_facts view; /* the facts, with the proposal as it is now */
    struct env env;
    struct judge judge;
    struct proposal proposal;
    struct proposal_saved saved;
    struct verbs verbs;
    const struct wire_verdict *verdict;
};

static int64_t used_us(void)
{
    struct timespec used = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* Nothing comes back but through d; whatever else a rule returns is its mistake. */
static void check_results(lua_State *lua)
{
    for (int i = 2; i <= lua_gettop(lua); i++) {
        if (!lua_isnil(lua, i)) {
            (void)luaL_error(lua, "evaluate returns nothing, not a %s; say it with d",
                             luaL_typename(lua, i));
        }
    }
}

static int rule_body(lua_State *lua)
{
    const struct bundle_rule *rule = *(const struct bundle_rule **)lua_touserdata(lua, 1);
    struct env *env = env_of(lua);

    lua_settop(lua, 0);
    env_run_file(lua, rule->file->name, rule->file->content);
    if (!env->declared || lua_type(lua, 1) != LUA_TTABLE) {
        return luaL_error(lua, "the file does not end in: return rule{...}");
    }
    lua_getfield(lua, 1, "evaluate");
    env_push_object(lua, &fact_request_type, env->facts);
    verbs_push(lua);
    lua_call(lua, 2, LUA_MULTRET);
    check_results(lua);
    return 0;
}

static void run_rule(struct evaluation *e, const struct bundle_rule *rule)
{
    const bool scratch = rule->declared.phase == WIRE_PHASE_SHAPE &&
                         rule->declared.mode == WIRE_MODE_AUDIT;
    const int64_t start_us = used_us();
    AUTO(buf) failure = BUF_EMPTY;

    if (scratch) {
        proposal_save(&e->proposal, &e->saved);
    }
    e->env.rule = &rule->declared;
    e->verbs.rule = rule->declared.name;
    e->verbs.shapes = rule->declared.phase == WIRE_PHASE_SHAPE;
    if (!env_call(&e->env, rule_body, &rule, &failure)) {
        judge_error(&e->judge, buf_bytes(&failure));
        if (e->env.limit != NULL) {
            judge_limit(&e->judge, e->env.limit);
        }
    }
    judge_spent(&e->judge, e->env.instructions, (uint64_t)(used_us() - start_us));
    if (scratch) {
        proposal_restore(&e->proposal, &e->saved);
    }
}

/* Once a budget is used up nothing more runs: the rest would only be cut short too. */
static void run_rules(struct evaluation *e)
{
    for (size_t i = 0; i < e->bundle->loaded.rule_count; i++) {
        const struct bundle_rule *rule = &e->bundle->rules[i];
        const bool matches = match_facts(&rule->declared, &e->view);

        judge_enter(&e->judge, i, rule->file->sha256, matches);
        if (matches && e->env.limit == NULL) {
            run_rule(e, rule);
        }
    }
}

/* The proposal that rules read is the one that they change. */
static void tie(struct evaluation *e, const struct wire_facts *facts)
{
    e->view = *facts;
    e->env.facts = &e->view;
    e->env.verbs = &e->verbs;
    e->verbs = (struct verbs){.judge = &e->judge, .proposal = &e->proposal};
    proposal_init(&e->proposal, facts, &e->view.proposed);
    judge_init(&e->judge, facts, &e->bundle->loaded);
}

/* Without a state no rule can say anything, and all have failed. */
static void fail(struct evaluation *e, const struct error *err)
{
    for (size_t i = 0; i < e->bundle->loaded.rule_count; i++) {
        judge_enter(&e->judge, i, e->bundle->rules[i].file->sha256, false);
    }
    judge_fail(&e->judge, err->message);
}

struct evaluation *evaluate(const struct bundle *bundle, const struct wire_facts *facts)
{
    struct evaluation *e = mem_new(sizeof(*e));
    struct error err = {0};

    e->bundle = bundle;
    if (env_init_from(&e->env, bundle->image, &bundle->load->budget, &err)) {
        tie(e, facts);
        run_rules(e);
    } else {
        tie(e, facts);
        fail(e, &err);
    }
    e->verdict = judge_finish(&e->judge, &e->view.proposed);
    return e;
}

const struct wire_verdict *evaluation_verdict(const struct evaluation *evaluation)
{
    return evaluation->verdict;
}

void evaluation_free(struct evaluation *evaluation)
{
    if (evaluation == NULL) {
        return;
    }
    env_clear(&evaluation->env);
    proposal_clear(&evaluation->proposal);
    judge_clear(&evaluation->judge);
    free(evaluation);
}
