/* SPDX-License-Identifier: Apache-2.0 */
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/nearest.h"
#include "common/wire/fields.h"

#include "policyd/rules/proposal.h"
#include "policyd/rules/sample.h"

enum value_kind { VALUE_TEXT, VALUE_BOOL, VALUE_U32, VALUE_U64, VALUE_I64, VALUE_TEXTS };

/* A member that takes the value as it is. */
struct plain_path {
    const char *path;
    enum value_kind kind;
    size_t offset;
    size_t count_offset; /* of texts */
};

#define PLAIN(path, member, type, kind)                                                  \
    {                                                                                    \
        (path), (kind), WIRE_AT(sample, member, type), 0                                 \
    }
#define TEXT(path, member)  PLAIN(path, facts.member, const char *, VALUE_TEXT)
#define TRUTH(path, member) PLAIN(path, facts.member, bool, VALUE_BOOL)
#define TEXTS(path, member, counter)                                                     \
    {                                                                                    \
        (path), VALUE_TEXTS, WIRE_AT(sample, facts.member, const char **),               \
            WIRE_AT(sample, facts.counter, size_t)                                       \
    }

static const struct plain_path plain_paths[] = {
    PLAIN("csr.key.bits", facts.csr.key.bits, uint32_t, VALUE_U32),
    TEXT("csr.key.curve", csr.key.curve),
    TEXTS("csr.key.weak", csr.key.weak, csr.key.weak_count),
    PLAIN("history.issued_24h", history.issued_24h, uint32_t, VALUE_U32),
    PLAIN("history.issued_7d", history.issued_7d, uint32_t, VALUE_U32),
    PLAIN("history.known", has_history, bool, VALUE_BOOL),
    TEXT("peer_ip", peer_address),
    TEXT("principal.cn", requester.cn),
    TEXT("principal.dn", requester.dn),
    TEXT("principal.dns_host_name", requester.dns_host_name),
    TRUTH("principal.enabled", requester.enabled),
    TRUTH("principal.groups.complete", requester.groups_complete),
    TEXT("principal.id", requester.ref.id),
    TEXTS("principal.mails", requester.mails, requester.mail_count),
    TEXT("principal.principal", requester.ref.principal),
    TEXT("principal.sam", requester.sam),
    TEXT("principal.sid", requester.ref.sid),
    TEXTS("principal.spns", requester.spns, requester.spn_count),
    TEXT("principal.upn", requester.upn),
    PLAIN("proposed.validity", validity_s, int64_t, VALUE_I64),
    TRUTH("template.envelope.csr_names", template.envelope.csr_names),
    TEXTS("template.envelope.eku", template.envelope.ekus, template.envelope.eku_count),
    TEXTS("template.envelope.extensions", template.envelope.extensions,
          template.envelope.extension_count),
    TEXTS("template.envelope.name_suffixes", template.envelope.name_suffixes,
          template.envelope.name_suffix_count),
    PLAIN("template.envelope.validity_max", facts.template.envelope.validity_max_s,
          uint64_t, VALUE_U64),
    TEXTS("template.eku", template.ekus, template.eku_count),
    TEXT("template.name", template.ref.name),
    TEXT("template.oid", template.ref.oid),
    PLAIN("time", facts.time_utc, int64_t, VALUE_I64),
    PLAIN("time.offset", facts.local_offset_s, int64_t, VALUE_I64),
};

/* ---- values of Lua --------------------------------------------------------------------- */

static const char *copy_text(lua_State *lua, struct sample *s, int index,
                             const char *what)
{
    const char *text = env_word(lua, index, what);

    return name_store_copy(s->store, text, strlen(text));
}

static size_t count_texts(lua_State *lua, int index, const char *what)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(lua, index);
    if (count > WIRE_GROUPS_MAX) {
        (void)luaL_error(lua, "%s: too long a list", what);
    }
    return (size_t)count;
}

/* Item i of the list at index, on the top of the stack. */
static void push_item(lua_State *lua, int index, size_t i)
{
    (void)lua_rawgeti(lua, index, (lua_Integer)i + 1);
}

static void set_texts(lua_State *lua, struct sample *s, const struct plain_path *p,
                      int index)
{
    size_t count = count_texts(lua, index, p->path);
    const char **texts = name_store_new(s->store, (count + 1) * sizeof(*texts));
    char *base = (char *)s;

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        texts[i] = copy_text(lua, s, -1, p->path);
        lua_pop(lua, 1);
    }
    memcpy(base + p->offset, (void *)&texts, sizeof(texts));
    memcpy(base + p->count_offset, &count, sizeof(count));
}

static bool truth(lua_State *lua, int index, const char *what)
{
    if (lua_type(lua, index) != LUA_TBOOLEAN) {
        (void)luaL_error(lua, "%s is true or false", what);
    }
    return lua_toboolean(lua, index) != 0;
}

static void set_plain(lua_State *lua, struct sample *s, const struct plain_path *p,
                      int index)
{
    void *member = (char *)s + p->offset;

    if (p->kind == VALUE_TEXTS) {
        set_texts(lua, s, p, index);
    } else if (p->kind == VALUE_TEXT) {
        *(const char **)member = copy_text(lua, s, index, p->path);
    } else if (p->kind == VALUE_BOOL) {
        *(bool *)member = truth(lua, index, p->path);
    } else {
        int64_t number = env_whole(lua, index, p->path);

        if (p->kind != VALUE_I64 && (number < 0 || number > UINT32_MAX)) {
            (void)luaL_error(lua, "%s is 0 to %d", p->path, INT32_MAX);
        }
        if (p->kind == VALUE_U32) {
            *(uint32_t *)member = (uint32_t)number;
        } else {
            *(int64_t *)member = number;
        }
    }
}

/* ---- words ----------------------------------------------------------------------------- */

static unsigned int find_word(lua_State *lua, int index, const char *path,
                              unsigned int count, const char *(*name)(unsigned int))
{
    const char *word = env_word(lua, index, path);
    unsigned int value = 0;

    while (value < count && strcmp(name(value), word) != 0) {
        value++;
    }
    if (value == count) {
        (void)luaL_error(lua, "%s: there is no '%s'", path, word);
    }
    return value;
}

#define WORDS(function, of, tag)                                                         \
    static const char *function(unsigned int value)                                      \
    {                                                                                    \
        /* NOLINTNEXTLINE(bugprone-macro-parentheses): tag is a type's */                \
        return of((enum tag)value);                                                      \
    }
WORDS(op_word, wire_op_name, wire_op)
WORDS(stage_word, wire_stage_name, wire_stage)
WORDS(auth_word, wire_auth_method_name, wire_auth_method)
WORDS(algorithm_word, wire_key_algorithm_name, wire_key_algorithm)
WORDS(same_key_word, wire_same_key_name, wire_same_key)

static void set_op(lua_State *lua, struct sample *s, const char *path, int index)
{
    s->facts.op = (enum wire_op)find_word(lua, index, path, WIRE_OP_COUNT, op_word);
}

static void set_stage(lua_State *lua, struct sample *s, const char *path, int index)
{
    s->facts.stage =
        (enum wire_stage)find_word(lua, index, path, WIRE_STAGE_COUNT, stage_word);
}

static void set_auth(lua_State *lua, struct sample *s, const char *path, int index)
{
    s->facts.auth = (enum wire_auth_method)find_word(lua, index, path,
                                                     WIRE_AUTH_METHOD_COUNT, auth_word);
}

static void set_algorithm(lua_State *lua, struct sample *s, const char *path, int index)
{
    s->facts.csr.key.algorithm = (enum wire_key_algorithm)find_word(
        lua, index, path, WIRE_KEY_ALGORITHM_COUNT, algorithm_word);
}

static void set_same_key(lua_State *lua, struct sample *s, const char *path, int index)
{
    s->history.same_key = (enum wire_same_key)find_word(
        lua, index, path, WIRE_SAME_KEY_COUNT, same_key_word);
}

/* ---- names: "dns:www.example.com", "CN=www" ---------------------------------------------- */

/* The text at the top of the stack in two, at the separator; the type is in the store. */
static const char *split(lua_State *lua, struct sample *s, char separator,
                         const char *what, struct bytes *value)
{
    struct bytes text = env_text(lua, -1, what);
    const unsigned char *at = memchr(text.data, separator, text.len);

    if (at == NULL) {
        (void)luaL_error(lua, "%s: write \"%s\", not '%s'", what,
                         separator == ':' ? "dns:www.example.com" : "CN=www",
                         (const char *)text.data);
        return "";
    }
    size_t type = (size_t)(at - text.data);
    *value = (struct bytes){at + 1, text.len - type - 1};
    return name_store_copy(s->store, text.data, type);
}

static void read_san(lua_State *lua, struct sample *s, const char *path,
                     struct general_name *out)
{
    struct bytes value = {NULL, 0};
    const char *type = split(lua, s, ':', path, &value);
    struct error err = {0};

    if (!proposal_read_general(type, value, s->store, out, &err)) {
        env_raise(lua, &err);
    }
    lua_pop(lua, 1);
}

static void read_rdn(lua_State *lua, struct sample *s, const char *path,
                     struct name_ava *out)
{
    struct bytes value = {NULL, 0};
    const char *type = split(lua, s, '=', path, &value);
    struct error err = {0};

    if (!proposal_read_ava(type, value, s->store, out, &err)) {
        env_raise(lua, &err);
    }
    lua_pop(lua, 1);
}

static void set_csr_sans(lua_State *lua, struct sample *s, const char *path, int index)
{
    size_t count = count_texts(lua, index, path);
    struct general_name *names = name_store_new(s->store, (count + 1) * sizeof(*names));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        read_san(lua, s, path, &names[i]);
    }
    s->facts.csr.sans = names;
    s->facts.csr.san_count = count;
}

static void set_csr_subject(lua_State *lua, struct sample *s, const char *path, int index)
{
    size_t count = count_texts(lua, index, path);
    struct name_ava *avas = name_store_new(s->store, (count + 1) * sizeof(*avas));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        read_rdn(lua, s, path, &avas[i]);
    }
    s->facts.csr.subject = avas;
    s->facts.csr.subject_count = count;
}

/* As decide proposes names of the CSR: somebody must vouch for them. */
static void set_proposed_sans(lua_State *lua, struct sample *s, const char *path,
                              int index)
{
    size_t count = count_texts(lua, index, path);
    struct wire_san *sans = name_store_new(s->store, (count + 1) * sizeof(*sans));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        read_san(lua, s, path, &sans[i].name);
        sans[i].proof = WIRE_PROOF_APPROVAL;
        sans[i].source = s->facts.request_id;
    }
    s->facts.proposed.sans = sans;
    s->facts.proposed.san_count = count;
    s->has_sans = true;
}

static void set_proposed_subject(lua_State *lua, struct sample *s, const char *path,
                                 int index)
{
    size_t count = count_texts(lua, index, path);
    struct wire_rdn *rdns = name_store_new(s->store, (count + 1) * sizeof(*rdns));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        read_rdn(lua, s, path, &rdns[i].ava);
        rdns[i].proof = WIRE_PROOF_APPROVAL;
        rdns[i].source = s->facts.request_id;
    }
    s->facts.proposed.subject = rdns;
    s->facts.proposed.subject_count = count;
    s->has_subject = true;
}

static void set_groups(lua_State *lua, struct sample *s, const char *path, int index)
{
    size_t count = count_texts(lua, index, path);
    struct wire_group *groups = name_store_new(s->store, (count + 1) * sizeof(*groups));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        const char *name = copy_text(lua, s, -1, path);
        const bool sid = strncmp(name, "S-1-", 4) == 0;
        groups[i] =
            (struct wire_group){.id = "", .sid = sid ? name : "", .dn = sid ? "" : name};
        lua_pop(lua, 1);
    }
    s->facts.requester.groups = groups;
    s->facts.requester.group_count = count;
}

static void set_san_types(lua_State *lua, struct sample *s, const char *path, int index)
{
    size_t count = count_texts(lua, index, path);

    s->facts.template.envelope.san_types = 0;
    for (size_t i = 0; i < count; i++) {
        enum general_type type = GENERAL_DNS;

        push_item(lua, index, i);
        const char *word = env_word(lua, -1, path);
        if (!fact_general_find(word, &type)) {
            (void)luaL_error(lua, "%s: there is no '%s'", path, word);
        }
        s->facts.template.envelope.san_types |= 1U << type;
        lua_pop(lua, 1);
    }
}

/* ---- all of them ----------------------------------------------------------------------- */

static const struct made_path {
    const char *path;
    void (*set)(lua_State *lua, struct sample *s, const char *path, int index);
} made_paths[] = {
    {"auth", set_auth},
    {"csr.key.alg", set_algorithm},
    {"csr.sans", set_csr_sans},
    {"csr.subject", set_csr_subject},
    {"history.same_key", set_same_key},
    {"op", set_op},
    {"principal.groups", set_groups},
    {"proposed.sans", set_proposed_sans},
    {"proposed.subject", set_proposed_subject},
    {"stage", set_stage},
    {"template.envelope.san_types", set_san_types},
};

#define ATTRS "principal.attrs."

/* A list of texts, empty for an attribute that the entry does not have. */
static void set_attribute(lua_State *lua, struct sample *s, const char *path, int index)
{
    const char *name = path + strlen(ATTRS);
    size_t count = count_texts(lua, index, path);
    struct bytes *values = name_store_new(s->store, (count + 1) * sizeof(*values));

    for (size_t i = 0; i < count; i++) {
        push_item(lua, index, i);
        struct bytes text = env_text(lua, -1, path);
        const char *copy = name_store_copy(s->store, text.data, text.len);
        values[i] = (struct bytes){(const unsigned char *)copy, text.len};
        lua_pop(lua, 1);
    }
    const struct wire_attribute attribute = {
        name_store_copy(s->store, name, strlen(name)), values, count};
    if (!sample_add_attribute(s, &attribute)) {
        (void)luaL_error(lua, "%s: too many attributes", path);
    }
}

enum {
    PLAIN_COUNT = sizeof(plain_paths) / sizeof(plain_paths[0]),
    MADE_COUNT = sizeof(made_paths) / sizeof(made_paths[0]),
};

static void list_paths(const char *paths[PLAIN_COUNT + MADE_COUNT])
{
    for (size_t i = 0; i < PLAIN_COUNT; i++) {
        paths[i] = plain_paths[i].path;
    }
    for (size_t i = 0; i < MADE_COUNT; i++) {
        paths[PLAIN_COUNT + i] = made_paths[i].path;
    }
}

static _Noreturn void refuse_path(lua_State *lua, const char *path)
{
    const char *paths[PLAIN_COUNT + MADE_COUNT];
    struct error err = {0};

    list_paths(paths);
    const char *nearest = nearest_name(path, paths, PLAIN_COUNT + MADE_COUNT);
    (void)error_set(&err, ERROR_INVALID, "a case cannot set '%.64s'%s%s%s", path,
                    nearest == NULL ? "" : "; is '", nearest == NULL ? "" : nearest,
                    nearest == NULL ? "" : "' meant?");
    env_raise(lua, &err);
}

void sample_set(lua_State *lua, struct sample *s, const char *path, int index)
{
    index = lua_absindex(lua, index);
    for (size_t i = 0; i < PLAIN_COUNT; i++) {
        if (strcmp(plain_paths[i].path, path) == 0) {
            set_plain(lua, s, &plain_paths[i], index);
            return;
        }
    }
    for (size_t i = 0; i < MADE_COUNT; i++) {
        if (strcmp(made_paths[i].path, path) == 0) {
            made_paths[i].set(lua, s, path, index);
            return;
        }
    }
    if (strncmp(path, ATTRS, strlen(ATTRS)) != 0 || path[strlen(ATTRS)] == '\0') {
        refuse_path(lua, path);
    }
    set_attribute(lua, s, path, index);
}

void sample_paths(struct buf *out)
{
    const char *paths[PLAIN_COUNT + MADE_COUNT];

    list_paths(paths);
    for (size_t i = 0; i < PLAIN_COUNT + MADE_COUNT; i++) {
        buf_printf(out, "%s\n", paths[i]);
    }
}
