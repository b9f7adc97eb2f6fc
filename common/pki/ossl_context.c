/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ossl_context.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define BASE_NAME "default" /* of OpenSSL's */
#define OWN_NAME  "few-kinds-of-keys"

static const char *const kinds[] = {"RSA", "EC", "ED25519"};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct ossl_context {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *base; /* in the default context; the rows below need its state */
    OSSL_PROVIDER *own;
};

/*
 * What our provider offers: rows of its base's own tables, which are constant. OpenSSL calls it
 * with the base's state, as the functions in the rows expect, so that it has no other place for
 * this. Written once.
 */
static struct {
    const OSSL_ALGORITHM *digests;
    const OSSL_ALGORITHM *signatures;
    OSSL_ALGORITHM keys[KIND_COUNT + 1]; /* a row of zeros ends them */
    OSSL_ALGORITHM decoders[KIND_COUNT + 1];
} offer;

/* A row's names are "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool is_kind(const char *names)
{
    size_t len = strcspn(names, ":");

    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strlen(kinds[i]) == len && strncmp(kinds[i], names, len) == 0) {
            return true;
        }
    }
    return false;
}

static void pick(const OSSL_ALGORITHM *all, const char *property,
                 OSSL_ALGORITHM out[KIND_COUNT + 1])
{
    size_t count = 0;

    for (; all != NULL && all->algorithm_names != NULL && count < KIND_COUNT; all++) {
        if (is_kind(all->algorithm_names) &&
            strstr(all->property_definition, property) != NULL) {
            out[count++] = *all;
        }
    }
}

static void fill_offer(void)
{
    OSSL_PROVIDER *base = OSSL_PROVIDER_load(NULL, BASE_NAME);
    int no_cache = 0;

    if (base == NULL) {
        return; /* no key can be read then, and whoever asks finds that out */
    }
    offer.digests = OSSL_PROVIDER_query_operation(base, OSSL_OP_DIGEST, &no_cache);
    offer.signatures = OSSL_PROVIDER_query_operation(base, OSSL_OP_SIGNATURE, &no_cache);
    pick(OSSL_PROVIDER_query_operation(base, OSSL_OP_KEYMGMT, &no_cache), "", offer.keys);
    pick(OSSL_PROVIDER_query_operation(base, OSSL_OP_DECODER, &no_cache),
         "input=der,structure=SubjectPublicKeyInfo", offer.decoders);
    OSSL_PROVIDER_unload(base);
}

/* OSSL_FUNC_provider_query_operation */
static const OSSL_ALGORITHM *query(void *state, int operation, int *no_cache)
{
    (void)state;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_DIGEST:
        return offer.digests;
    case OSSL_OP_SIGNATURE:
        return offer.signatures;
    case OSSL_OP_KEYMGMT:
        return offer.keys;
    case OSSL_OP_DECODER:
        return offer.decoders;
    default:
        return NULL;
    }
}

/* OSSL_provider_init_fn; the base outlives it, as struct ossl_context holds it. */
static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                 const OSSL_DISPATCH **out, void **state)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {0, NULL},
    };
    OSSL_PROVIDER *base = OSSL_PROVIDER_load(NULL, BASE_NAME);
    (void)handle;
    (void)in;

    if (base == NULL) {
        return 0;
    }
    *state = OSSL_PROVIDER_get0_provider_ctx(base);
    *out = functions;
    OSSL_PROVIDER_unload(base);
    return 1;
}

static bool load(struct ossl_context *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    context->base = OSSL_PROVIDER_load(NULL, BASE_NAME);
    context->libctx = OSSL_LIB_CTX_new();
    if (context->base == NULL || context->libctx == NULL ||
        pthread_once(&once, fill_offer) != 0 ||
        OSSL_PROVIDER_add_builtin(context->libctx, OWN_NAME, start) != 1) {
        return false;
    }
    context->own = OSSL_PROVIDER_load(context->libctx, OWN_NAME);
    return context->own != NULL;
}

struct ossl_context *ossl_context_new(void)
{
    if (OSSL_PROVIDER_available(NULL, BASE_NAME) != 1 ||
        EVP_default_properties_is_fips_enabled(NULL) != 0) {
        return NULL;
    }
    AUTO(ossl_context) context = mem_new(sizeof(*context));
    if (!load(context)) {
        ERR_clear_error();
        return NULL;
    }
    return TAKE(context);
}

static void unload(OSSL_PROVIDER *provider)
{
    if (provider != NULL) {
        OSSL_PROVIDER_unload(provider);
    }
}

void ossl_context_free(struct ossl_context *context)
{
    if (context != NULL) {
        unload(context->own);
        OSSL_LIB_CTX_free(context->libctx);
        unload(context->base);
        free(context);
    }
}

OSSL_LIB_CTX *ossl_context_get(const struct ossl_context *context)
{
    return context->libctx;
}
