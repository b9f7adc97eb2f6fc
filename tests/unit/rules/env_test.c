/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules can reach, and what they cannot. In this process: a runaway would hang it, so
 * those that only a kill ends are in port_test.c.
 */
#include <lauxlib.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "policyd/rules/env.h"
#include "tests/support/rules_facts.h"
#include "tests/support/test.h"

static const struct wire_budget budget = {
    .instructions_rule = 2000000,
    .instructions_decision = 10000000,
    .cpu_ms = 60000,
    .memory = 16U << 20,
    .steps_call = 1,
    .steps_decision = 1,
    .string_max = 64 * 1024,
};

/* What all tests begin with: what one of them did to its state, the next does not see. */
static struct env_image *image;

static int set_up(void **state)
{
    struct error err = {0};

    (void)state;
    assert_ok(env_image_new(&(struct wire_bundle_load){.budget = budget}, &image, &err),
              &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    env_image_free(image);
    return 0;
}

static int by_octets(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_lines(struct buf *lines)
{
    AUTO(string) copy = mem_strdup(buf_text(lines));
    const char *names[256] = {NULL};
    char *rest = NULL;
    size_t count = 0;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        assert_true(count < COUNT_OF(names));
        names[count++] = line;
    }
    qsort((void *)names, count, sizeof(names[0]), by_octets);
    buf_truncate(lines, 0);
    for (size_t i = 0; i < count; i++) {
        buf_printf(lines, "%s\n", names[i]);
    }
}

static void rules_reach_these_names_and_no_other(void **state)
{
    static const char expected[] =
        "assert\ndn.under\ndns.under\nerror\nglob\nip.within\nipairs\nlist.all\n"
        "list.any\nlist.map\nmath.abs\nmath.acos\nmath.asin\nmath.atan\nmath.ceil\n"
        "math.cos\nmath.deg\nmath.exp\nmath.floor\nmath.fmod\nmath.huge\nmath.log\n"
        "math.max\nmath.maxinteger\nmath.min\nmath.mininteger\nmath.modf\nmath.pi\n"
        "math.rad\nmath.sin\nmath.sqrt\nmath.tan\nmath.tointeger\nmath.type\nmath.ult\n"
        "pairs\nrule\nselect\nstring.byte\nstring.find\nstring.format\nstring.gmatch\n"
        "string.gsub\nstring.len\nstring.lower\nstring.match\nstring.rep\n"
        "string.reverse\nstring.sub\nstring.upper\ntable.concat\ntable.insert\n"
        "table.remove\ntable.sort\ntable.unpack\ntext.ascii\ntext.lower\ntext.trim\n"
        "text.truncate\ntime.between\ntonumber\ntostring\ntype\nutf8.char\n"
        "utf8.codepoint\nutf8.len\n";
    AUTO(env) env = {0};
    AUTO(buf) names = BUF_EMPTY;
    struct error err = {0};

    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        buf_truncate(&names, 0);
        assert_ok(env_init_from(&env, kept ? image : NULL, &budget, &err), &err);
        env_names(&env, &names);
        sort_lines(&names);
        env_clear(&env);

        assert_string_equal(buf_text(&names), expected);
    }
}

static int run_body(lua_State *lua)
{
    const char *text = *(const char **)lua_touserdata(lua, 1);
    struct env *env = env_of(lua);

    lua_settop(lua, 0);
    if (env->facts != NULL) {
        /* the text is a function of req */
        env_run_file(lua, "t.lua", bytes_of_text(text));
        env_push_object(lua, &fact_request_type, env->facts);
        lua_call(lua, 1, 1);
    } else {
        env_run_file(lua, "t.lua", bytes_of_text(text));
    }
    if (!lua_toboolean(lua, -1)) {
        return luaL_error(lua, "not true");
    }
    return 0;
}

/* Whether the text's value is true; else failure says what happened. */
static bool run(const char *text, const struct rules_facts *f, struct buf *failure)
{
    AUTO(env) env = {0};
    struct error err = {0};

    assert_ok(env_init_from(&env, image, &budget, &err), &err);
    env.facts = f == NULL ? NULL : &f->facts;
    return env_call(&env, run_body, &text, failure);
}

static void expect_true(const char *text, const struct rules_facts *f)
{
    AUTO(buf) failure = BUF_EMPTY;

    if (!run(text, f, &failure)) {
        print_error("%s: %s\n", text, buf_text(&failure));
        fail();
    }
}

static void expect_failure(const char *text, const struct rules_facts *f,
                           const char *words)
{
    AUTO(buf) failure = BUF_EMPTY;

    if (run(text, f, &failure) || strstr(buf_text(&failure), words) == NULL) {
        print_error("%s: got %s; expected ...%s...\n", text, buf_text(&failure), words);
        fail();
    }
}

static void removed_names_are_errors(void **state)
{
    static const char *const removed[] = {
        "load",
        "loadstring",
        "loadfile",
        "dofile",
        "require",
        "package",
        "io",
        "os",
        "debug",
        "coroutine",
        "_G",
        "_VERSION",
        "_ENV.x",
        "collectgarbage",
        "getmetatable",
        "rawget",
        "rawset",
        "rawequal",
        "setmetatable",
        "rawlen",
        "pcall",
        "xpcall",
        "next",
        "warn",
        "print",
        "math.random",
        "math.randomseed",
        "string.dump",
        "string.pack",
        "string.unpack",
        "string.packsize",
        "string.char",
        "table.move",
        "table.pack",
        "utf8.charpattern",
        "utf8.codes",
        "utf8.offset",
        "('').dump",
        "('').pack",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(removed); i++) {
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "return %s", removed[i]);
        expect_failure(buf_text(&text), NULL, "has no '");
    }
    expect_true("return string.upper('a') == 'A' and ('a'):upper() == 'A'", NULL);
}

static void nothing_shared_can_be_changed(void **state)
{
    static const char *const attempts[] = {
        "x = 1 return true",
        "string = nil return true",
        "string.find = 1 return true",
        "math.huge = 0 return true",
        "table.insert(string, 1) return true",
        "table.sort(dns) ; dns.under = nil return true",
        "_ENV.assert = nil return true",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(attempts); i++) {
        expect_failure(attempts[i], NULL, "");
    }
    /* _ENV may be shadowed for oneself */
    expect_true("local _ENV = {a = 1} return a == 1", NULL);
}

static void only_text_is_loaded(void **state)
{
    static const char *const binary[] = {"\033Lua", "\033", "\033LuaS\1"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(binary); i++) {
        expect_failure(binary[i], NULL, "binary chunks are refused");
    }
    expect_failure("return '", NULL, "t.lua:1: unfinished string");
}

static void functions_of_c_are_bounded(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"return ('x'):rep(1 << 30)", "longer than 65536"},
        {"return ('x'):rep(65537)", "longer than 65536"},
        {"return ('x'):rep(2, ('y'):rep(60000))", "longer than 65536"},
        {"local t = {} for i = 0, 62 do t[1 << i] = 1 end table.insert(t, 1, 1) "
         "return false",
         ""},
        {"return table.concat({}, 'x', 1, 1 << 40)", "range"},
        {"return table.unpack({}, 1, 1e7)", "range"},
        {"return table.unpack({}, math.mininteger, math.maxinteger)", "range"},
        {"return ('x'):find(('%a'):rep(200))", "at most 256"},
        {"return ('x'):rep(5000):find('x')", "at most 4096"},
        {"return string.format('%p', {})", "%p"},
        {"return string.format('%-10p', 'x')", "%p"},
        {"return string.format('%99999d', 1)", "invalid"},
        {"return '10' + 1", "arithmetic"},
        {"local t = {} t[{}] = 1 for k in pairs(t) do end", "a key is a table"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        expect_failure(cases[i].text, NULL, cases[i].words);
    }
    expect_true("return #('x'):rep(65536) == 65536", NULL);
    expect_true("return (''):rep(1 << 40) == ''", NULL);
}

static void budgets_trip_where_they_are(void **state)
{
    static struct {
        const char *text;
        const char *limit;
    } cases[] = {
        {"while true do end", "instructions"},
        {"local s = 'x' while true do s = s .. s end", "memory"},
        {"local t = {} for i = 1, 1e7 do t[i] = {i} end", "memory"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        AUTO(env) env = {0};
        AUTO(buf) failure = BUF_EMPTY;
        struct error err = {0};
        struct env_image *from = i % 2 == 0 ? image : NULL;

        assert_ok(env_init_from(&env, from, &budget, &err), &err);
        assert_false(env_call(&env, run_body, &cases[i / 2].text, &failure));
        assert_non_null(env.limit);
        assert_string_equal(env.limit, cases[i / 2].limit);
        assert_true(env.memory <= budget.memory);
    }
}

/* In the place of something that every state has, so that no memory is taken for it. */
static bool is_marked(const struct env *env)
{
    bool marked =
        lua_rawgeti(env->lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS) != LUA_TTABLE;

    lua_pop(env->lua, 1);
    return marked;
}

static void mark(const struct env *env)
{
    lua_pushboolean(env->lua, true);
    lua_rawseti(env->lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    assert_true(is_marked(env));
}

/* A registry is nothing that rules can reach: what they can is less. */
static void nothing_of_a_state_is_in_the_next(void **state)
{
    static const char *amounts[] = {
        "return true", /* all in the room, and beyond it */
        "local t = {} for i = 1, 64 do t[i] = ('x'):rep(16384 + i) end return true"};
    AUTO(env) made = {0};
    struct error err = {0};

    (void)state;
    assert_ok(env_init(&made, &budget, &err), &err);
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        AUTO(env) first = {0};
        AUTO(env) second = {0};
        AUTO(buf) failure = BUF_EMPTY;

        assert_ok(env_init_from(&first, image, &budget, &err), &err);
        assert_int_equal(first.memory, made.memory);
        mark(&first);
        assert_true(env_call(&first, run_body, &amounts[i], &failure));
        env_clear(&first);

        assert_ok(env_init_from(&second, image, &budget, &err), &err);
        assert_int_equal(second.memory, made.memory);
        assert_false(is_marked(&second));
    }
}

static void two_states_at_a_time_have_nothing_in_common(void **state)
{
    AUTO(env) first = {0};
    AUTO(env) second = {0};
    const char *text = "return true";
    AUTO(buf) failure = BUF_EMPTY;
    struct error err = {0};

    (void)state;
    assert_ok(env_init_from(&first, image, &budget, &err), &err);
    mark(&first);
    assert_ok(env_init_from(&second, image, &budget, &err), &err);

    assert_false(is_marked(&second));
    assert_true(env_call(&second, run_body, &text, &failure));
    env_clear(&second);
    assert_true(is_marked(&first));
    assert_true(env_call(&first, run_body, &text, &failure));
}

static void a_state_that_does_not_fit_its_memory_is_not_kept(void **state)
{
    struct wire_bundle_load small = {.budget = budget};
    AUTO(env_image) none = NULL;
    struct error err = {0};

    (void)state;
    small.budget.memory = 8192;
    assert_fails(env_image_new(&small, &none, &err), &err, ERROR_INTERNAL, "no memory");
    small.budget.memory = 65536;
    assert_ok(env_image_new(&small, &none, &err), &err);
}

/* ---- files compiled with the image --------------------------------------------------- */

static struct env_image *image_with(const char *text)
{
    struct wire_bundle_file file = {.name = "t.lua", .content = bytes_of_text(text)};
    const struct wire_bundle_load load = {
        .files = &file, .file_count = 1, .budget = budget};
    struct env_image *made = NULL;
    struct error err = {0};

    assert_ok(env_image_new(&load, &made, &err), &err);
    return made;
}

/* Twice in one state: whether its value is true, and what went wrong. */
static void run_twice(struct env_image *from, const char *text, struct buf *said)
{
    AUTO(env) env = {0};
    struct error err = {0};

    assert_ok(env_init_from(&env, from, &budget, &err), &err);
    for (int i = 0; i < 2; i++) {
        AUTO(buf) failure = BUF_EMPTY;
        bool good = env_call(&env, run_body, &text, &failure);

        buf_printf(said, "%d: %s\n", good, buf_text(&failure));
    }
}

static void a_file_compiled_before_does_what_one_compiled_anew_does(void **state)
{
    static const char *const texts[] = {
        "return true",
        "return nil",
        "error('why')",
        "local t\n\nreturn t.name",
        "local function f() return g() end return f()",
        "x = 1",
        "_ENV = {} return true",
        "local _ENV = {} return x == nil",
        "return (function(...) return select('#', ...) == 2 end)(1, 2)",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        AUTO(env_image) with = image_with(texts[i]);
        AUTO(buf) before = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        AUTO(buf) anew = BUF_EMPTY;

        run_twice(with, texts[i], &before);
        run_twice(with, texts[i], &again);
        run_twice(NULL, texts[i], &anew);
        assert_string_equal(buf_text(&before), buf_text(&anew));
        assert_string_equal(buf_text(&again), buf_text(&anew));
    }
}

static void a_file_is_compiled_once_for_all_states_of_an_image(void **state)
{
    char text[] = "return true";
    AUTO(env_image) with = image_with(text);

    (void)state;
    (void)snprintf(text, sizeof(text), "return nil");
    for (int i = 0; i < 3; i++) {
        AUTO(buf) said = BUF_EMPTY;

        run_twice(with, text, &said);
        assert_string_equal(buf_text(&said), "1: \n1: \n");
    }
    AUTO(buf) anew = BUF_EMPTY;
    run_twice(image, text, &anew);
    assert_non_null(strstr(buf_text(&anew), "not true"));
}

enum { COMPILED_MAX = 16 * 1024 };

/* The state is copied for every decision, with all that is compiled in it. */
static void a_file_that_is_too_long_is_compiled_when_it_runs(void **state)
{
    static char text[COMPILED_MAX + 2];

    (void)state;
    for (size_t len = COMPILED_MAX; len <= COMPILED_MAX + 1; len++) {
        AUTO(buf) said = BUF_EMPTY;
        (void)snprintf(text, sizeof(text), "%-*s", (int)len, "return true");
        AUTO(env_image) with = image_with(text);

        (void)snprintf(text, sizeof(text), "%-*s", (int)len, "return nil");
        run_twice(with, text, &said);
        assert_int_equal(said.data[0], len <= COMPILED_MAX ? '1' : '0');
    }
}

static void what_compiles_to_more_than_the_room_is_not_kept(void **state)
{
    (void)state;

    for (size_t len = 1024; len <= COMPILED_MAX; len += COMPILED_MAX - 1024) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(env_image) made = NULL;
        struct error err = {0};
        buf_append_text(&text, "return {");
        while (text.len < len - 15) {
            buf_append_text(&text, "function()end,");
        }
        buf_append_text(&text, "}");

        struct wire_bundle_file file = {.name = "t.lua", .content = buf_bytes(&text)};
        const struct wire_bundle_load load = {
            .files = &file, .file_count = 1, .budget = budget};
        if (len < COMPILED_MAX) {
            assert_ok(env_image_new(&load, &made, &err), &err);
        } else {
            assert_fails(env_image_new(&load, &made, &err), &err, ERROR_INTERNAL,
                         "is not kept");
        }
    }
}

/* The budget of CPU time trips by itself, without the instructions. */
static void cpu_time_trips_by_itself(void **state)
{
    struct wire_budget short_time = budget;
    const char *text = "while true do end";
    AUTO(env) env = {0};
    AUTO(buf) failure = BUF_EMPTY;
    struct error err = {0};

    (void)state;
    short_time.cpu_ms = 1;
    short_time.instructions_rule = short_time.instructions_decision = UINT64_MAX;
    assert_ok(env_init(&env, &short_time, &err), &err);
    assert_false(env_call(&env, run_body, &text, &failure));
    assert_string_equal(env.limit, "cpu");
}

/* P20: the same facts give the same verdict. */
static void nothing_depends_on_chance(void **state)
{
    (void)state;
    expect_true("local t, o = {b=1, a=2, [3]=1, [1.5]=1, [1]=1, c=3}, {} "
                "for k in pairs(t) do o[#o + 1] = tostring(k) end "
                "return table.concat(o, ' ') == '1 1.5 3 a b c'",
                NULL);
    expect_true("return tostring({}) == 'table' and tostring(pairs) == 'function' and "
                "string.format('%s %s', {}, nil) == 'table nil'",
                NULL);
}

static void helpers_are_anchored(void **state)
{
    static const char *const truths[] = {
        "dns.under('a.corp.test', '.corp.test')",
        "dns.under('A.corp.test', {'x', '.CORP.test'})",
        "not dns.under('corp.test', {'.corp.test'})",
        "dns.under('corp.test', {'corp.test'})",
        "not dns.under('evilcorp.test', {'corp.test'})",
        "not dns.under('a.corp.test.evil', {'.corp.test'})",
        "ip.within('10.1.2.3', {'10.0.0.0/8'})",
        "not ip.within('11.1.2.3', {'10.0.0.0/8'})",
        "ip.within('10.1.2.3', '10.1.2.3')",
        "ip.within('2001:db8::1', {'10.0.0.0/8', '2001:db8::/32'})",
        "not ip.within('::1', {'0.0.0.0/0'})",
        "ip.within('::ffff:10.1.2.3', {'10.0.0.0/8'})",
        "dn.under('cn=a,ou=b,dc=c', 'OU=B,dc=c')",
        "not dn.under('cn=a\\\\,ou=b,dc=c', 'ou=b,dc=c')",
        "glob('web1.corp.test', 'web*.corp.test')",
        "not glob('xweb1.corp.test', 'web*.corp.test')",
        "not glob('web1.corp.test.evil', 'web*.corp.test')",
        "glob('abc', 'a?c') and not glob('abbc', 'a?c') and glob('', '*')",
        "list.any({1, 2}, function(x) return x == 2 end)",
        "not list.all({1, 2}, function(x) return x == 2 end)",
        "list.map({1, 2}, function(x) return x * 2 end)[2] == 4",
        "text.lower('AbC') == 'abc' and text.trim('  a b\\t') == 'a b'",
        "text.ascii('abc') and not text.ascii('\\u{E4}')",
        "text.truncate('\\u{E4}\\u{E4}', 1) == '\\u{E4}'",
    };
    static const char *const failures[] = {
        "ip.within('nonsense', {'10.0.0.0/8'})",
        "ip.within('10.1.1.1', {'10/8'})",
        "ip.within('10.1.1.1', {'10.0.0.0/33'})",
        "dn.under('nonsense', 'dc=c')",
        "dns.under(nil, {'x'})",
        "dns.under('x', 1)",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(truths); i++) {
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "return %s", truths[i]);
        expect_true(buf_text(&text), NULL);
    }
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "return %s", failures[i]);
        expect_failure(buf_text(&text), NULL, "");
    }
}

static const char *const fact_truths[] = {
    "req.id == 'R-00000017' and req.op == 'enroll' and req.stage == 'submit'",
    "req.auth == 'kerberos' and req.peer_ip == '10.1.2.3'",
    "req.time.year == 2026 and req.time.month == 9 and req.time.day == 21",
    "req.time.site.hour == req.time.hour + 2 and req.time.site.zone ~= ''",
    "time.between(req.time, '00:00', '24:00')",
    "req.csr.key.alg == 'ec' and req.csr.key.curve == 'P-256'",
    "req.csr.sans[1].type == 'dns' and req.csr.sans[3] == nil and #req.csr.sans == 2",
    "req.csr.subject[1].type == 'CN'",
    "#req.csr.key.spki_sha256 == 64",
    "req.principal.kind == 'machine'",
    "req.principal.dns_host_name == 'web1.corp.example.test'",
    "req.principal == req.requester",
    "req.principal.attrs.department[1] == 'web'",
    "req.principal.attrs.DEPARTMENT[2] == nil",
    "#req.principal.attrs.networkZone == 0",
    "req.principal.groups:has('S-1-5-21-1-2-3-1001')",
    "req.principal.groups:has('CN=Web,OU=Groups,DC=example,DC=test')",
    "not req.principal.groups:has('cn=web,dc=example,dc=test')",
    "req.template.name == 'WebServer'",
    "req.template.flags.enrollment.auto_enrollment",
    "not req.template.flags.enrollment.pend_all_requests",
    "req.template.envelope.san_types.dns and not req.template.envelope.san_types.upn",
    "req.proposed.sans[1].value == 'web1.corp.example.test'",
    "not req.proposed.sans[1].is_wildcard and req.proposed.validity == 31536000",
    "req.proposed.ku.digital_signature and not req.proposed.ku.key_cert_sign",
    "req.history.same_key == 'none' and req.history.previous == nil",
    "req.history.active[1].serial == '40010203'",
    "#req.approvals == 0",
};

static void facts_are_what_the_message_says(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } failures[] = {
        {"req.csr.key.alog", "is 'alg' meant?"},
        {"req[1]", "must be text"},
        {"req.csr.sans.first", "no 'first'"},
        {"#req.csr", "no list"},
        {"req.principal.attrs.title", "no 'title'"},
        {"req.template.flags.enrollment.nonsense", "no 'nonsense'"},
        {"req.principal.groups.has('x')", "with a colon"},
        {"req.principal.groups:has(1)", "must be text"},
    };
    struct rules_facts f;

    (void)state;
    rules_facts_init(&f);
    for (size_t i = 0; i < COUNT_OF(fact_truths); i++) {
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "return function(req) return %s end", fact_truths[i]);
        expect_true(buf_text(&text), &f);
    }
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "return function(req) return %s end", failures[i].text);
        expect_failure(buf_text(&text), &f, failures[i].words);
    }
}

/* I5: what is not known is an error, never "none". */
static void unknown_facts_are_errors(void **state)
{
    struct rules_facts f;

    (void)state;
    rules_facts_init(&f);
    f.facts.requester.groups_complete = false;
    expect_failure(
        "return function(req) return not req.principal.groups:has('S-1-5-9') end", &f,
        "not all groups are known");
    expect_true(
        "return function(req) return req.principal.groups:has('S-1-5-21-1-2-3-1001') end",
        &f);
    f.facts.history = NULL;
    expect_failure("return function(req) return not req.history end", &f, "not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_state_is_in_the_next),
        cmocka_unit_test(rules_reach_these_names_and_no_other),
        cmocka_unit_test(removed_names_are_errors),
        cmocka_unit_test(nothing_shared_can_be_changed),
        cmocka_unit_test(only_text_is_loaded),
        cmocka_unit_test(functions_of_c_are_bounded),
        cmocka_unit_test(budgets_trip_where_they_are),
        cmocka_unit_test(two_states_at_a_time_have_nothing_in_common),
        cmocka_unit_test(a_state_that_does_not_fit_its_memory_is_not_kept),
        cmocka_unit_test(a_file_compiled_before_does_what_one_compiled_anew_does),
        cmocka_unit_test(a_file_is_compiled_once_for_all_states_of_an_image),
        cmocka_unit_test(a_file_that_is_too_long_is_compiled_when_it_runs),
        cmocka_unit_test(what_compiles_to_more_than_the_room_is_not_kept),
        cmocka_unit_test(cpu_time_trips_by_itself),
        cmocka_unit_test(nothing_depends_on_chance),
        cmocka_unit_test(helpers_are_anchored),
        cmocka_unit_test(facts_are_what_the_message_says),
        cmocka_unit_test(unknown_facts_are_errors),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
