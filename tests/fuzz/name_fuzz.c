/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/name.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/der_text.h"

/* What we take, OpenSSL takes, too, and all of it. */
static void check_against_openssl(struct bytes der)
{
    const unsigned char *end = der.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &end, (long)der.len);

    FUZZ_CHECK(name != NULL && end == der.data + der.len);
    X509_NAME_free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct bytes der = {data, size};
    struct name_dn dn = {NULL, 0};
    struct error err = {0};

    if (!name_parse_dn(der, &store, &dn, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    FUZZ_CHECK(name_encode_dn(&dn, &again, &err));
    FUZZ_CHECK(bytes_equal(der, buf_bytes(&again)));
    FUZZ_CHECK(name_dn_equal(&dn, &dn));
    name_print_dn(&dn, &text);
    FUZZ_CHECK(text_is_printable(buf_text(&text), text.len));
    check_against_openssl(der);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "30()",
        "30(31(30(0603550403 0c('alice'))))",
        "30(31(30(0603550406 13('DE')))31(30(060355040a 0c('Example, Inc')))"
        "31(30(0603550403 0c('m' c3bc 'ller'))30(0603550405 13('12'))))",
        "30(31(30(060a0992268993f22c640119 16('test')))"
        "31(30(06092a864886f70d010901 16('a@b.test')))31(30(06032a0304 13('x'))))",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        AUTO(buf) der = BUF_EMPTY;

        der_text(seeds[i], &der);
        emit(ctx, der.data, der.len);
    }
}
