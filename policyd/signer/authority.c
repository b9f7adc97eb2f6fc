/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/authority.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/cert_file.h"
#include "common/pki/key_file.h"
#include "common/pki/spki.h"

struct authorities {
    size_t refs;
    size_t count;
    struct authority *items;
};

static bool read_certificate(const struct settings_ca *settings, struct authority *a,
                             struct error *err)
{
    struct spki spki;
    size_t count = 0;

    if (!cert_file_read(settings->certificate, FILE_TRUSTED, (struct cert_count){1, 1},
                        &a->cert, &count, err) ||
        !spki_read(cert_get_spki(a->cert), &spki, err)) {
        return false;
    }
    a->key = spki.info;
    return *settings->chain == '\0' ||
           cert_file_read(settings->chain, FILE_TRUSTED,
                          (struct cert_count){0, WIRE_CHAIN_MAX}, a->chain,
                          &a->chain_count, err);
}

static const char *or_none(const char *url)
{
    return *url != '\0' ? url : NULL;
}

static bool load_key(const struct settings_ca *settings, struct authority *a,
                     struct error *err)
{
    AUTO(string) passphrase = settings_passphrase_path(settings);
    const struct key_file file = {settings->key, passphrase, false};
    const struct ca_urls urls = {or_none(settings->crl_url), or_none(settings->ocsp_url),
                                 or_none(settings->issuers_url)};
    struct key *key = NULL;

    if (!key_file_load(&file, &key, err)) {
        a->locked = err->code == ERROR_AUTH;
        return false;
    }
    return ca_new(a->name, key, cert_get_der(a->cert), &urls, &a->ca, err);
}

static void load(const struct settings_ca *settings, struct authority *a)
{
    struct error err = {0};

    a->name = mem_strdup(settings->name);
    a->active = settings->active;
    a->store = *settings->key != '\0' ? WIRE_KEY_STORE_FILE : WIRE_KEY_STORE_NONE;
    if (!read_certificate(settings, a, &err) ||
        (a->store != WIRE_KEY_STORE_NONE && !load_key(settings, a, &err))) {
        a->problem = err;
    } else if (a->store == WIRE_KEY_STORE_NONE) {
        (void)error_set(&a->problem, ERROR_UNAVAILABLE, "its key is kept offline");
    }
}

struct authorities *authorities_load(const struct settings *settings)
{
    struct authorities *set = mem_new(sizeof(*set));

    set->refs = 1;
    set->count = settings->cas.count;
    set->items = mem_array(set->count, sizeof(*set->items));
    for (size_t i = 0; i < set->count; i++) {
        load(settings_get_ca(settings, i), &set->items[i]);
    }
    return set;
}

const struct authority *authorities_find_problem(const struct authorities *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct authority *a = &set->items[i];

        if (a->ca == NULL && (a->cert == NULL || a->store != WIRE_KEY_STORE_NONE)) {
            return a;
        }
    }
    return NULL;
}

struct authorities *authorities_ref(struct authorities *set)
{
    set->refs++;
    return set;
}

void authorities_unref(struct authorities *set)
{
    if (set == NULL || --set->refs > 0) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        struct authority *a = &set->items[i];

        free(a->name);
        cert_free(a->cert);
        for (size_t j = 0; j < WIRE_CHAIN_MAX; j++) {
            cert_free(a->chain[j]);
        }
        ca_free(a->ca);
    }
    free(set->items);
    free(set);
}

size_t authorities_count(const struct authorities *set)
{
    return set->count;
}

const struct authority *authorities_get(const struct authorities *set, size_t i)
{
    return &set->items[i];
}

const struct authority *authorities_find(const struct authorities *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->items[i].name, name) == 0) {
            return &set->items[i];
        }
    }
    return NULL;
}

enum wire_key_algorithm authority_algorithm(const struct authority *authority)
{
    static const enum wire_key_algorithm algorithms[] = {[KEY_RSA] = WIRE_KEY_RSA,
                                                         [KEY_EC] = WIRE_KEY_EC,
                                                         [KEY_ED25519] =
                                                             WIRE_KEY_ED25519};
    _Static_assert(sizeof(algorithms) / sizeof(algorithms[0]) == KEY_ALG_COUNT,
                   "every algorithm has its counterpart");

    return algorithms[authority->key.alg];
}
