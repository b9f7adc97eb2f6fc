/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/algorithm.h"

#include <stddef.h>
#include <string.h>

#include "common/tmpl/attrs.h"

enum { HASH_BITS_DEFAULT = 256 };

struct key_name {
    const char *name;
    struct tmpl_key key;
};

/* [MS-WCCE] 3.1.2.4.2.2.2.5 */
static const struct key_name key_names[] = {
    {"RSA", {TMPL_KEY_RSA, 0, NULL}},         {"ECDSA_P256", {TMPL_KEY_EC, 256, NULL}},
    {"ECDSA_P384", {TMPL_KEY_EC, 384, NULL}}, {"ECDSA_P521", {TMPL_KEY_EC, 521, NULL}},
    {"ECDH_P256", {TMPL_KEY_EC, 256, NULL}},  {"ECDH_P384", {TMPL_KEY_EC, 384, NULL}},
    {"ECDH_P521", {TMPL_KEY_EC, 521, NULL}},
};

struct hash_name {
    const char *name;
    uint32_t bits; /* 0: too weak, SHA-256 takes its place */
};

static const struct hash_name hash_names[] = {
    {"SHA256", 256}, {"SHA384", 384}, {"SHA512", 512}, {"SHA1", 0},
    {"MD5", 0},      {"MD4", 0},      {"MD2", 0},
};

/* Of these CryptoAPI providers' keys none can be certified here; all others make RSA keys. */
static const char *const foreign_providers[] = {"DSS", "Diffie-Hellman", "DH SChannel"};

static bool is_foreign(const char *provider)
{
    for (size_t i = 0; i < sizeof(foreign_providers) / sizeof(foreign_providers[0]);
         i++) {
        if (strcasestr(provider, foreign_providers[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* The client may take any provider of the list, so one that makes RSA keys is enough. */
static void choose_by_provider(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = {.severity = TMPL_BLOCKS,
                                         .reason = TMPL_KEY_ALGORITHM,
                                         .field = tmpl_attrs_name(ATTR_DEFAULT_CSPS)};
    size_t foreign = 0;

    for (size_t i = 0; i < tmpl->providers.count; i++) {
        foreign += is_foreign(tmpl->providers.items[i]) ? 1 : 0;
    }
    tmpl->key = (struct tmpl_key){TMPL_KEY_RSA, 0, ""};
    if (foreign > 0 && foreign == tmpl->providers.count) {
        tmpl->key.family = TMPL_KEY_NONE;
        tmpl_finding_add(&tmpl->findings, finding,
                         "%s: keys of '%.128s' are not supported", finding.field,
                         tmpl->providers.items[0]);
    }
}

static void choose_by_name(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = {
        .severity = TMPL_BLOCKS,
        .reason = TMPL_KEY_ALGORITHM,
        .field = tmpl_attrs_name(ATTR_RA_APPLICATION_POLICIES)};

    tmpl->key = (struct tmpl_key){TMPL_KEY_NONE, 0, tmpl->cng.algorithm};
    for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
        if (strcmp(key_names[i].name, tmpl->cng.algorithm) == 0) {
            tmpl->key.family = key_names[i].key.family;
            tmpl->key.curve_bits = key_names[i].key.curve_bits;
        }
    }
    if (tmpl->key.family == TMPL_KEY_NONE) {
        tmpl_finding_add(&tmpl->findings, finding,
                         "%s: keys of the algorithm '%.64s' are not supported",
                         finding.field, tmpl->cng.algorithm);
    } else if (tmpl->key.family == TMPL_KEY_EC &&
               tmpl->key_size_min > tmpl->key.curve_bits) {
        tmpl_finding_add(
            &tmpl->findings, finding, "%s: no key of %s has the %u bits that %s demands",
            finding.field, tmpl->cng.algorithm, (unsigned int)tmpl->key_size_min,
            tmpl_attrs_name(ATTR_MINIMAL_KEY_SIZE));
    }
}

static void choose_hash(struct tmpl *tmpl)
{
    struct tmpl_finding finding = {.severity = TMPL_BLOCKS,
                                   .reason = TMPL_HASH_ALGORITHM,
                                   .field =
                                       tmpl_attrs_name(ATTR_RA_APPLICATION_POLICIES)};

    tmpl->hash_bits = HASH_BITS_DEFAULT;
    if (tmpl->cng.hash == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(hash_names) / sizeof(hash_names[0]); i++) {
        if (strcmp(hash_names[i].name, tmpl->cng.hash) != 0) {
            continue;
        }
        if (hash_names[i].bits > 0) {
            tmpl->hash_bits = hash_names[i].bits;
            return;
        }
        finding.severity = TMPL_NOTE;
    }
    tmpl_finding_add(&tmpl->findings, finding,
                     finding.severity == TMPL_NOTE
                         ? "%s: requests are signed with SHA256 in place of '%.64s'"
                         : "%s: the hash algorithm '%.64s' is not supported",
                     finding.field, tmpl->cng.hash);
}

void tmpl_algorithm_choose(struct tmpl *tmpl)
{
    if (tmpl->cng.algorithm != NULL) {
        choose_by_name(tmpl);
    } else {
        choose_by_provider(tmpl);
    }
    choose_hash(tmpl);
}
