/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env: one Lua state for one decision: what rules may use, and how much of it.
 *
 * Rules see the names of env_names() and nothing else. All tables of functions are read-only,
 * so that no rule can change what the next one sees; facts are read-only userdata. There is no
 * way to catch an error, to make a metatable or to load code. Instructions, time and memory
 * are counted; one call of a C function is bounded by its arguments, and where that is not
 * enough (patterns), by whoever watches the process.
 */
#ifndef AE_POLICYD_RULES_ENV_H
#define AE_POLICYD_RULES_ENV_H

#include <lua.h>

#include "common/wire/bundle.h"

#include "policyd/rules/facts.h"

enum {
    ENV_PATTERN_MAX = 256,    /* octets of a pattern */
    ENV_SUBJECT_MAX = 4096,   /* octets that a pattern is tried on */
    ENV_LIST_MAX = 64 * 1024, /* elements of a table that functions work on */
    ENV_CHECK_EVERY = 100,    /* instructions between two looks at the budgets */
};

struct dn_set;
struct env_image;
struct env_room;

struct env {
    lua_State *lua;
    struct env_room *room;   /* where the state's memory is, borrowed; NULL: the heap */
    struct env_image *image; /* it was taken from; NULL: none */
    struct wire_budget budget;
    uint64_t memory;            /* octets in use */
    uint64_t instructions;      /* of the present rule */
    uint64_t instructions_left; /* of the decision */
    int64_t ends_ns;            /* CPU time of the process at which the decision ends */
    const char *limit;          /* the budget that was hit: "instructions"; else NULL */

    const struct wire_facts *facts; /* as rules see them; NULL while a bundle is loaded */
    const struct wire_rule *rule;   /* the one that runs; NULL likewise */
    struct buf scratch;
    struct dn_set *groups; /* of the principal, made at the first question */
    bool declared;         /* rule{} was called */
    void *verbs;           /* what d works on; the verbs' own */
};

/*
 * A state with everything in it, on caller's storage that must not move.
 * errors  ERROR_INTERNAL  no memory within the budget
 */
AE_MUST_CHECK bool env_init(struct env *env, const struct wire_budget *budget,
                            struct error *err);
void env_clear(struct env *env);
CLEANUP_DEFINE_VALUE(env, struct env, env_clear);

/*
 * A state as env_init() makes it, with files that are not too long together compiled in it, kept as
 * octets: making one costs more than most decisions.
 *
 * load    borrowed for as long as there is an env of the image; its files compile
 * errors  as env_init(), or the state is too large to be kept
 */
AE_MUST_CHECK bool env_image_new(const struct wire_bundle_load *load,
                                 struct env_image **out, struct error *err);
void env_image_free(struct env_image *image); /* accepts NULL; no env is of it any more */
CLEANUP_DEFINE(env_image, struct env_image *, env_image_free);

/*
 * As env_init(), with the budget that the image was made with: what a state of the image did,
 * none that follows has. image NULL, or one of which there is an env already: a new state.
 * errors  as env_init()
 */
AE_MUST_CHECK bool env_init_from(struct env *env, struct env_image *image,
                                 const struct wire_budget *budget, struct error *err);

/* The env that a state belongs to; for functions that Lua calls. */
struct env *env_of(lua_State *lua);

/*
 * Call body protected, with a fresh count of a rule's instructions. what: its argument, as a
 * light userdata.
 *
 * failure  replaced by the message with its traceback, octets as the rule wrote them
 * errors   false: an error was raised, or a budget was hit (env->limit)
 */
bool env_call(struct env *env, lua_CFunction body, void *what, struct buf *failure);

/*
 * Inside env_call(): compile one rule file, unless that was done when the image was made, and run
 * it; its value, the table given to rule{}, is on the stack then. Raises what is wrong. Binary
 * chunks are refused.
 */
void env_run_file(lua_State *lua, const char *name, struct bytes content);

/* Push a fact object. */
void env_push_object(lua_State *lua, const struct fact_type *type, const void *record);

/* Push d: a userdata whose methods are the functions (NULL name at the end). */
struct env_function {
    const char *name;
    lua_CFunction function;
};
void env_push_methods(lua_State *lua, const char *title,
                      const struct env_function *functions);

/* Raise an error's sentence, as error() would. */
_Noreturn void env_raise(lua_State *lua, const struct error *err);

/* Arguments, without any coercion; what names the argument in the sentence. */
struct bytes env_text(lua_State *lua, int arg, const char *what);
/* The same without a NUL inside, as C text. */
const char *env_word(lua_State *lua, int arg, const char *what);
int64_t env_whole(lua_State *lua, int arg, const char *what); /* NaN, 1.5, "1" raise */

/* All keys of the plain table at index are among names (NULL at the end), or it raises. */
void env_only(lua_State *lua, int index, const char *what, const char *const *names);

/* Push the text of any value, as the rules' tostring() has it: never an address. */
void env_push_text(lua_State *lua, int arg);

/* Elements of a plain table or of a list of facts; raises for anything else. */
lua_Integer env_length(lua_State *lua, int arg);

/* Every name that rules can use, "string.find\n", sorted; for tests and documents. */
void env_names(struct env *env, struct buf *out);

#endif
