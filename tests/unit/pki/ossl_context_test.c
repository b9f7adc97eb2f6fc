/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "common/pki/ossl_context.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

/* ---- OpenSSL fails, or is told to use something else ------------------------------------- */

enum failure { NOTHING, NO_DEFAULT, FIPS, CONTEXT, BUILTIN, LOAD_BASE, LOAD_OWN, START };
static enum failure failing;
static int loads;

int __wrap_OSSL_PROVIDER_available(OSSL_LIB_CTX *libctx, const char *name);
int __real_OSSL_PROVIDER_available(OSSL_LIB_CTX *libctx, const char *name);
int __wrap_EVP_default_properties_is_fips_enabled(OSSL_LIB_CTX *libctx);
int __real_EVP_default_properties_is_fips_enabled(OSSL_LIB_CTX *libctx);
OSSL_LIB_CTX *__wrap_OSSL_LIB_CTX_new(void);
OSSL_LIB_CTX *__real_OSSL_LIB_CTX_new(void);
int __wrap_OSSL_PROVIDER_add_builtin(OSSL_LIB_CTX *libctx, const char *name,
                                     OSSL_provider_init_fn *start);
int __real_OSSL_PROVIDER_add_builtin(OSSL_LIB_CTX *libctx, const char *name,
                                     OSSL_provider_init_fn *start);
OSSL_PROVIDER *__wrap_OSSL_PROVIDER_load(OSSL_LIB_CTX *libctx, const char *name);
OSSL_PROVIDER *__real_OSSL_PROVIDER_load(OSSL_LIB_CTX *libctx, const char *name);

int __wrap_OSSL_PROVIDER_available(OSSL_LIB_CTX *libctx, const char *name)
{
    return failing == NO_DEFAULT ? 0 : __real_OSSL_PROVIDER_available(libctx, name);
}

int __wrap_EVP_default_properties_is_fips_enabled(OSSL_LIB_CTX *libctx)
{
    return failing == FIPS ? 1 : __real_EVP_default_properties_is_fips_enabled(libctx);
}

OSSL_LIB_CTX *__wrap_OSSL_LIB_CTX_new(void)
{
    return failing == CONTEXT ? NULL : __real_OSSL_LIB_CTX_new();
}

int __wrap_OSSL_PROVIDER_add_builtin(OSSL_LIB_CTX *libctx, const char *name,
                                     OSSL_provider_init_fn *start)
{
    return failing == BUILTIN ? 0 : __real_OSSL_PROVIDER_add_builtin(libctx, name, start);
}

/* The base, then our own, at whose start the base comes once more. */
OSSL_PROVIDER *__wrap_OSSL_PROVIDER_load(OSSL_LIB_CTX *libctx, const char *name)
{
    loads++;
    return failing >= LOAD_BASE && loads == (int)failing - (int)LOAD_BASE + 1
               ? NULL
               : __real_OSSL_PROVIDER_load(libctx, name);
}

static void ossl_context_is_none_where_the_default_provider_does_not_count(void **state)
{
    AUTO(ossl_context) first = ossl_context_new();
    (void)state;
    assert_non_null(first);

    for (int point = NO_DEFAULT; point <= START; point++) {
        loads = 0;
        failing = (enum failure)point;
        AUTO(ossl_context) none = ossl_context_new();
        failing = NOTHING;
        AUTO(ossl_context) again = ossl_context_new();

        assert_null(none);
        assert_int_equal(ERR_peek_error(), 0);
        assert_non_null(again);
    }
}

/* ---- what is in it ------------------------------------------------------------------------ */

static bool reads(const struct ossl_context *context, struct bytes spki)
{
    const unsigned char *in = spki.data;
    EVP_PKEY *pkey =
        d2i_PUBKEY_ex(NULL, &in, (long)spki.len, ossl_context_get(context), NULL);

    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return pkey != NULL;
}

static void ossl_context_knows_three_kinds_of_keys(void **state)
{
    AUTO(ossl_context) context = ossl_context_new();
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_ED448; kind++) {
        AUTO(buf) spki = BUF_EMPTY;
        fixture_spki((enum fixture_key)kind, &spki);

        assert_int_equal(reads(context, buf_bytes(&spki)), kind != FIXTURE_ED448);
    }
}

static void ossl_context_has_the_hashes_and_no_ciphers(void **state)
{
    static const char *const hashes[] = {"SHA1", "SHA256", "SHA384", "SHA512"};
    AUTO(ossl_context) context = ossl_context_new();
    (void)state;

    for (size_t i = 0; i < COUNT_OF(hashes); i++) {
        EVP_MD *md = EVP_MD_fetch(ossl_context_get(context), hashes[i], NULL);

        assert_non_null(md);
        EVP_MD_free(md);
    }
    assert_null(EVP_CIPHER_fetch(ossl_context_get(context), "AES-128-CBC", NULL));
    ERR_clear_error();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ossl_context_is_none_where_the_default_provider_does_not_count),
        cmocka_unit_test(ossl_context_knows_three_kinds_of_keys),
        cmocka_unit_test(ossl_context_has_the_hashes_and_no_ciphers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
