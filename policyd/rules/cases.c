/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/cases.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <string.h>

#include "common/base/text.h"

#include "policyd/rules/env.h"
#include "policyd/rules/evaluate.h"
#include "policyd/rules/legible.h"
#include "policyd/rules/sample.h"

enum { WHY_MAX = 2000, ANY = -1 };

/* What a case wants; NULL, ANY and -1 where it does not care. */
struct wanted {
    int verdict;
    const char *code, *rule, *sentence;
    int64_t validity_s;
    const char *sans, *subject; /* as show_sans() writes them */
};

struct one_case {
    const char *name;
    struct sample sample;
    struct wanted wanted;
};

struct reading {
    const struct bundle *bundle;
    const struct wire_bundle_file *file;
    struct name_store texts;
    struct one_case *list[CASES_MAX];
    size_t count;
    const char *present; /* the case that is read; "" before it has a name */
};

/* ---- reading a file ---------------------------------------------------------------------- */

/* The texts of the list at the top of the stack, ", " between them; pops it. */
static const char *join_texts(lua_State *lua, struct name_store *store, const char *what)
{
    luaL_Buffer joined;
    int list = lua_gettop(lua);

    luaL_checktype(lua, list, LUA_TTABLE);
    luaL_buffinit(lua, &joined);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(lua, list); i++) {
        if (i > 1) {
            luaL_addstring(&joined, ", ");
        }
        (void)lua_rawgeti(lua, list, i);
        (void)env_text(lua, -1, what);
        luaL_addvalue(&joined);
    }
    luaL_pushresult(&joined);
    size_t len = 0;
    const char *text = lua_tolstring(lua, -1, &len);
    text = name_store_copy(store, text, len);
    lua_settop(lua, list - 1);
    return text;
}

static const char *optional_text(lua_State *lua, struct name_store *store, int table,
                                 const char *key)
{
    const char *text = NULL;

    if (lua_getfield(lua, table, key) != LUA_TNIL) {
        text = env_word(lua, -1, key);
        text = name_store_copy(store, text, strlen(text));
    }
    lua_pop(lua, 1);
    return text;
}

static void read_proposed(lua_State *lua, struct name_store *store, struct wanted *out)
{
    static const char *const names[] = {"validity", "sans", "subject", NULL};
    int table = lua_gettop(lua);

    luaL_checktype(lua, table, LUA_TTABLE);
    env_only(lua, table, "expect.proposed", names);
    if (lua_getfield(lua, table, "validity") != LUA_TNIL) {
        out->validity_s = env_whole(lua, -1, "expect.proposed.validity");
    }
    lua_pop(lua, 1);
    if (lua_getfield(lua, table, "sans") != LUA_TNIL) {
        out->sans = join_texts(lua, store, "expect.proposed.sans");
    } else {
        lua_pop(lua, 1);
    }
    if (lua_getfield(lua, table, "subject") != LUA_TNIL) {
        out->subject = join_texts(lua, store, "expect.proposed.subject");
    } else {
        lua_pop(lua, 1);
    }
}

static int read_verdict(lua_State *lua, int table)
{
    int decision = 0;

    lua_getfield(lua, table, "verdict");
    const char *word = env_word(lua, -1, "expect.verdict");
    while (decision < WIRE_DECISION_COUNT &&
           strcmp(wire_decision_name((enum wire_decision)decision), word) != 0) {
        decision++;
    }
    if (decision == WIRE_DECISION_COUNT) {
        (void)luaL_error(lua,
                         "expect.verdict is \"permit\", \"hold\", \"deny\", \"error\" or "
                         "\"none\", not \"%s\"",
                         word);
    }
    lua_pop(lua, 1);
    return decision;
}

/* The table at the top; pops it. */
static void read_expect(lua_State *lua, struct name_store *store, struct wanted *out)
{
    static const char *const names[] = {"verdict",  "code",     "rule",
                                        "sentence", "proposed", NULL};
    int table = lua_gettop(lua);

    luaL_checktype(lua, table, LUA_TTABLE);
    env_only(lua, table, "expect", names);
    *out = (struct wanted){.verdict = read_verdict(lua, table), .validity_s = ANY};
    out->code = optional_text(lua, store, table, "code");
    out->rule = optional_text(lua, store, table, "rule");
    out->sentence = optional_text(lua, store, table, "sentence");
    if (lua_getfield(lua, table, "proposed") != LUA_TNIL) {
        read_proposed(lua, store, out);
    }
    lua_settop(lua, table - 1);
}

static enum wire_account_kind read_kind(lua_State *lua, int table)
{
    enum wire_account_kind kind = WIRE_ACCOUNT_MACHINE;

    if (lua_getfield(lua, table, "kind") != LUA_TNIL) {
        const char *word = env_word(lua, -1, "kind");
        if (strcmp(word, wire_account_kind_name(WIRE_ACCOUNT_USER)) == 0) {
            kind = WIRE_ACCOUNT_USER;
        } else if (strcmp(word, wire_account_kind_name(kind)) != 0) {
            (void)luaL_error(lua, "kind is \"machine\" or \"user\", not \"%s\"", word);
        }
    }
    lua_pop(lua, 1);
    return kind;
}

/* The table at the top; pops it. */
static void read_set(lua_State *lua, struct sample *sample)
{
    int table = lua_gettop(lua);

    luaL_checktype(lua, table, LUA_TTABLE);
    for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING) {
            (void)luaL_error(lua, "set is written set = {[\"csr.key.bits\"] = 1024}");
        }
        sample_set(lua, sample, lua_tostring(lua, -2), -1);
    }
    lua_settop(lua, table - 1);
}

static void read_case(lua_State *lua, struct reading *r)
{
    static const char *const names[] = {"name", "kind", "set", "expect", NULL};
    struct one_case *one = name_store_new(&r->texts, sizeof(*one));
    int table = lua_gettop(lua);

    luaL_checktype(lua, table, LUA_TTABLE);
    env_only(lua, table, "a case", names);
    one->name = optional_text(lua, &r->texts, table, "name");
    if (one->name == NULL || *one->name == '\0' || strlen(one->name) > WIRE_NAME_MAX ||
        !text_is_printable(one->name, strlen(one->name))) {
        (void)luaL_error(lua, "a case has a name, of text and at most %d octets",
                         (int)WIRE_NAME_MAX);
    }
    r->present = one->name;
    sample_init(&one->sample, read_kind(lua, table), &r->texts);
    if (lua_getfield(lua, table, "set") != LUA_TNIL) {
        read_set(lua, &one->sample);
    } else {
        lua_pop(lua, 1);
    }
    lua_getfield(lua, table, "expect");
    read_expect(lua, &r->texts, &one->wanted);
    sample_finish(&one->sample, &r->bundle->loaded);
    r->list[r->count++] = one;
}

static int read_body(lua_State *lua)
{
    struct reading *r = lua_touserdata(lua, 1);

    lua_settop(lua, 0);
    env_run_file(lua, r->file->name, r->file->content);
    if (lua_type(lua, 1) != LUA_TTABLE || lua_rawlen(lua, 1) > CASES_MAX) {
        return luaL_error(lua, "%s does not return a list of at most %d cases",
                          r->file->name, (int)CASES_MAX);
    }
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(lua, 1); i++) {
        (void)lua_rawgeti(lua, 1, i);
        r->present = "";
        read_case(lua, r);
        lua_settop(lua, 1);
    }
    return 0;
}

/* ---- running and comparing --------------------------------------------------------------- */

static void show_sans(const struct wire_content *content, struct buf *out)
{
    for (size_t i = 0; i < content->san_count; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        name_print_general(&content->sans[i].name, out);
    }
}

static void show_subject(const struct wire_content *content, struct buf *out)
{
    for (size_t i = 0; i < content->subject_count; i++) {
        buf_printf(out, "%s%s=%s", i > 0 ? ", " : "",
                   name_attribute_label(content->subject[i].ava.oid),
                   content->subject[i].ava.value);
    }
}

static void compare_text(const char *what, const char *wanted, const char *got,
                         struct buf *why)
{
    if (wanted != NULL && strcmp(wanted, got) != 0) {
        buf_printf(why, "%sexpected %s '%s', got '%s'", why->len > 0 ? "; " : "", what,
                   wanted, got);
    }
}

static void compare_content(const struct wanted *wanted,
                            const struct wire_content *content, struct buf *why)
{
    const int64_t validity_s = content->not_after_utc - content->not_before_utc;
    AUTO(buf) sans = BUF_EMPTY;
    AUTO(buf) subject = BUF_EMPTY;

    show_sans(content, &sans);
    show_subject(content, &subject);
    compare_text("the alternative names", wanted->sans, buf_text(&sans), why);
    compare_text("the subject", wanted->subject, buf_text(&subject), why);
    if (wanted->validity_s != ANY && wanted->validity_s != validity_s) {
        buf_printf(why, "%sexpected a validity of %" PRId64 " s, got %" PRId64,
                   why->len > 0 ? "; " : "", wanted->validity_s, validity_s);
    }
}

static void compare(const struct wanted *wanted, const struct wire_verdict *verdict,
                    struct buf *why)
{
    const char *expected = wire_decision_name((enum wire_decision)wanted->verdict);

    if (wanted->verdict != (int)verdict->decision) {
        buf_printf(why, "expected %s, got %s", expected,
                   wire_decision_name(verdict->decision));
        if (verdict->rule[0] != '\0') {
            buf_printf(why, " %s of rule '%s'%s%s", verdict->code, verdict->rule,
                       verdict->detail[0] != '\0' ? ": " : "", verdict->detail);
        }
        return;
    }
    compare_text("code", wanted->code, verdict->code, why);
    compare_text("rule", wanted->rule, verdict->rule, why);
    compare_text("sentence", wanted->sentence, verdict->sentence, why);
    compare_content(wanted, &verdict->proposed, why);
}

/* Facts as a worker gets them: within their bounds, no text that is NULL. */
static void judge_case(const struct bundle *bundle, const struct one_case *one,
                       struct buf *why, bool *reached)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_facts) facts = {0};
    AUTO(evaluation) evaluation = NULL;
    struct error err = {0};

    if (!wire_facts_encode(&one->sample.facts, &octets, &err) ||
        !wire_facts_decode(buf_bytes(&octets), &facts, &err)) {
        buf_printf(why, "no facts: %s", err.message);
        return;
    }
    evaluation = evaluate(bundle, &facts);
    const struct wire_verdict *verdict = evaluation_verdict(evaluation);
    for (size_t i = 0; i < verdict->trace_count; i++) {
        reached[i] = reached[i] || verdict->trace[i].matched;
    }
    compare(&one->wanted, verdict, why);
}

/* why is what a rule or a test wrote: octets. */
static void tell(const struct reading *r, const struct cases_port *port, const char *name,
                 struct bytes why)
{
    AUTO(buf) legible = BUF_EMPTY;

    legible_append(&legible, why, WHY_MAX, true);
    const struct cases_result result = {.file = r->file->name,
                                        .name = name,
                                        .passed = why.len == 0,
                                        .why = buf_text(&legible)};
    port->ended(port->ctx, &result);
}

static void run_case(const struct reading *r, const struct one_case *one,
                     const struct cases_port *port, bool *reached)
{
    AUTO(buf) why = BUF_EMPTY;

    port->begins(port->ctx, r->file->name, one->name);
    judge_case(r->bundle, one, &why, reached);
    tell(r, port, one->name, buf_bytes(&why));
}

static void run_all(struct reading *r, const struct cases_port *port, bool *reached)
{
    AUTO(buf) failure = BUF_EMPTY;
    AUTO(env) env = {0};
    struct error err = {0};

    port->begins(port->ctx, r->file->name, "");
    const bool made = env_init(&env, &r->bundle->load->budget, &err);
    if (made && env_call(&env, read_body, r, &failure)) {
        for (size_t i = 0; i < r->count; i++) {
            run_case(r, r->list[i], port, reached);
        }
        return;
    }
    tell(r, port, r->present, made ? buf_bytes(&failure) : bytes_of_text(err.message));
}

void cases_run(const struct bundle *bundle, const struct wire_bundle_file *file,
               const struct cases_port *port, bool *reached)
{
    struct reading reading = {
        .bundle = bundle, .file = file, .texts = NAME_STORE_EMPTY, .present = ""};

    run_all(&reading, port, reached);
    name_store_clear(&reading.texts);
}
