/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "common/tmpl/dn.h"

#include "policyd/rules/env_parts.h"

struct address {
    unsigned char octets[16];
    unsigned int bits; /* 32 or 128 */
};

static bool host_is_under(const char *host, const char *suffix)
{
    size_t len = strlen(host);
    size_t end = strlen(suffix);

    if (suffix[0] != '.' && strcasecmp(host, suffix) == 0) {
        return true;
    }
    return len > end && end > 0 && strcasecmp(host + (len - end), suffix) == 0 &&
           (suffix[0] == '.' || host[len - end - 1] == '.');
}

/* Calls test on the i-th of the texts at arg (a list, or one text); true at the first. */
static bool any_of(lua_State *lua, int arg, const void *wanted, const char *what,
                   bool (*test)(lua_State *lua, const void *wanted, const char *text))
{
    lua_Integer count = lua_type(lua, arg) == LUA_TSTRING ? 1 : env_length(lua, arg);

    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_type(lua, arg) == LUA_TSTRING) {
            lua_pushvalue(lua, arg);
        } else {
            lua_geti(lua, arg, i);
        }
        if (test(lua, wanted, env_word(lua, -1, what))) {
            return true;
        }
        lua_pop(lua, 1);
    }
    return false;
}

static bool test_host(lua_State *lua, const void *wanted, const char *text)
{
    (void)lua;
    return host_is_under(wanted, text);
}

/* dns.under(name, {".corp.example.com", "example.com"}) */
static int dns_under(lua_State *lua)
{
    const char *name = env_word(lua, 1, "a DNS name");

    lua_pushboolean(lua, any_of(lua, 2, name, "a suffix", test_host));
    return 1;
}

/* An IPv4 address inside an IPv6 one counts as itself (RFC 4291 2.5.5.2). */
static bool parse_address(const char *text, struct address *out)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

    if (inet_pton(AF_INET, text, out->octets) == 1) {
        out->bits = 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->octets) != 1) {
        return false;
    }
    out->bits = 128;
    if (bytes_equal((struct bytes){out->octets, sizeof(mapped)},
                    (struct bytes){mapped, sizeof(mapped)})) {
        memmove(out->octets, out->octets + sizeof(mapped), 4);
        out->bits = 32;
    }
    return true;
}

static bool parse_network(const char *text, struct address *out, uint64_t *prefix)
{
    char address[INET6_ADDRSTRLEN] = "";
    const char *slash = strchrnul(text, '/');
    struct error err = {0};

    if ((size_t)(slash - text) >= sizeof(address)) {
        return false;
    }
    (void)snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
    if (!parse_address(address, out)) {
        return false;
    }
    *prefix = out->bits;
    return *slash == '\0' || text_parse_u64(slash + 1, 0, out->bits, prefix, &err);
}

static bool test_network(lua_State *lua, const void *wanted, const char *text)
{
    const struct address *address = wanted;
    struct address network = {{0}, 0};
    uint64_t prefix = 0;

    if (!parse_network(text, &network, &prefix)) {
        (void)luaL_error(lua, "'%s' is no network; write it as 10.0.0.0/8", text);
    }
    if (network.bits != address->bits) {
        return false;
    }
    for (uint64_t bit = 0; bit < prefix; bit++) {
        unsigned int mask = 0x80U >> (bit % 8);
        if (((network.octets[bit / 8] ^ address->octets[bit / 8]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

/* ip.within(address, {"10.0.0.0/8"}): doubt about the address is an error */
static int ip_within(lua_State *lua)
{
    const char *text = env_word(lua, 1, "an IP address");
    struct address address = {{0}, 0};

    if (!parse_address(text, &address)) {
        return luaL_error(lua, "'%s' is no IP address", text);
    }
    lua_pushboolean(lua, any_of(lua, 2, &address, "a network", test_network));
    return 1;
}

/* dn.under(name, container): parsed and compared part by part */
static int dn_under(lua_State *lua)
{
    const char *name = env_word(lua, 1, "a distinguished name");
    const char *container = env_word(lua, 2, "a container's name");
    struct error err = {0};
    bool below = false;
    bool good = false;
    {
        AUTO(string) a = NULL;
        AUTO(string) b = NULL;
        good = dn_normalize(bytes_of_text(name), &a, &err) &&
               dn_normalize(bytes_of_text(container), &b, &err);
        below = good && dn_is_below(a, b);
    } /* freed before anything is raised */
    if (!good) {
        env_raise(lua, &err);
    }
    lua_pushboolean(lua, below);
    return 1;
}

/* The whole text; '*' is any number of octets, '?' one. Goes back to the last '*' only. */
static bool glob_matches(struct bytes text, struct bytes pattern)
{
    size_t t = 0;
    size_t p = 0;
    size_t star = pattern.len; /* where the last '*' stood */
    size_t resume = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len &&
                   (pattern.data[p] == '?' || pattern.data[p] == text.data[t])) {
            p++;
            t++;
        } else if (star < pattern.len) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static int glob(lua_State *lua)
{
    struct bytes text = env_text(lua, 1, "a text");
    struct bytes pattern = env_text(lua, 2, "a pattern");

    if (text.len > ENV_SUBJECT_MAX || pattern.len > ENV_PATTERN_MAX) {
        return luaL_error(lua, "glob takes at most %d octets of text and %d of pattern",
                          ENV_SUBJECT_MAX, ENV_PATTERN_MAX);
    }
    lua_pushboolean(lua, glob_matches(text, pattern));
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

void env_open_names(lua_State *lua)
{
    static const struct env_function dns[] = {{"under", dns_under}, {NULL, NULL}};
    static const struct env_function ip[] = {{"within", ip_within}, {NULL, NULL}};
    static const struct env_function dn[] = {{"under", dn_under}, {NULL, NULL}};

    open_table(lua, "dns", dns);
    open_table(lua, "ip", ip);
    open_table(lua, "dn", dn);
    lua_pushcfunction(lua, glob);
    lua_setfield(lua, -2, "glob");
}
