/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/cert.h"
#include "common/pki/cert_build.h"
#include "common/pki/ext_write.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/der_text.h"

/* OpenSSL looks into names and algorithms, where it may refuse; else it must agree. */
static void check_against_openssl(const struct cert *cert)
{
    struct bytes der = cert_get_der(cert);
    const unsigned char *end = der.data;
    X509 *x = d2i_X509(NULL, &end, (long)der.len);

    if (x != NULL) {
        FUZZ_CHECK(end == der.data + der.len);
        FUZZ_CHECK(X509_get_version(x) == X509_VERSION_3);
        FUZZ_CHECK((size_t)(X509_get_ext_count(x) < 0 ? 0 : X509_get_ext_count(x)) ==
                   cert_get_extensions(cert)->count);
        FUZZ_CHECK(i2d_X509(x, NULL) == (int)der.len);
    }
    X509_free(x);
}

/* Fields that we would build from give the TBS that was read. */
static void check_builds_again(const struct cert *cert)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct name_dn subject = {NULL, 0};
    struct error err = {0};
    struct cert_fields fields = {
        .serial = cert_get_serial(cert),
        .issuer = cert_get_issuer(cert),
        .subject = &subject,
        .not_before_utc = cert_get_not_before_utc(cert),
        .not_after_utc = cert_get_not_after_utc(cert),
        .spki = cert_get_spki(cert),
        .extensions = cert_get_extensions(cert),
    };

    if (!cert_read_subject(cert, &store, &subject, &err) ||
        !sig_read(cert_get_sig_alg(cert), &fields.sig_alg, &err) ||
        !cert_build_tbs(&fields, &tbs, &err)) {
        return;
    }
    FUZZ_CHECK(bytes_equal(buf_bytes(&tbs), cert_get_tbs(cert)));
    FUZZ_CHECK(cert_assemble(buf_bytes(&tbs), fields.sig_alg, cert_get_signature(cert),
                             &der, &err));
    FUZZ_CHECK(bytes_equal(buf_bytes(&der), cert_get_der(cert)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(cert) cert = NULL;
    struct general_names sans = {NULL, 0};
    struct cert_usage usage = {.has_key_usage = false};
    struct error err = {0};

    if (!cert_parse((struct bytes){data, size}, &cert, &err)) {
        FUZZ_CHECK(cert == NULL && err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    struct bytes serial = cert_get_serial(cert);
    FUZZ_CHECK(serial.len > 0 && serial.len <= CERT_SERIAL_MAX && serial.data[0] != 0);
    FUZZ_CHECK(cert_get_not_before_utc(cert) <= cert_get_not_after_utc(cert));
    FUZZ_CHECK(cert_has_spki(cert, cert_get_spki(cert)));
    (void)!cert_read_sans(cert, &store, &sans, &err);
    (void)!cert_read_usage(cert, &store, &usage, &err);
    check_against_openssl(cert);
    check_builds_again(cert);
    return 0;
}

/* Parts of a certificate with the usual extensions; the key is the curve's base point. */
#define SPKI                                                                             \
    "30(30(06072a8648ce3d0201 06082a8648ce3d030107)"                                     \
    "03(00046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"            \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))"
#define ECDSA     "30(06082a8648ce3d040302)"
#define ISSUER    "30(31(30(0603550403 0c('CA'))))"
#define SIGNATURE "03(00 3006020101020101)"

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "30(30(a0(020102)021041 0203040506070809000102030405" ECDSA ISSUER
        "30(17('200101000000Z')18('20500101000000Z'))30(31(30(0603550403 "
        "0c('web1'))))" SPKI
        "a3(30(30(0603551d11 04(30(82('web1.test'))))30(0603551d0f 0101ff 04(03020780))"
        "30(0603551d25 04(30(06082b06010505070302)))30(0603551d0e 04(04(0102)))"
        "30(0603551d23 04(30(80(0102)))))))" ECDSA SIGNATURE ")",
        "30(30(a0(020102)020101" ECDSA ISSUER
        "30(17('200101000000Z')17('200101000000Z'))" ISSUER SPKI
        "a3(30(30(0603551d13 0101ff 04(30(0101ff020100))))))" ECDSA SIGNATURE ")",
        "30(30(a0(020102)020101" ECDSA ISSUER
        "30(17('200101000000Z')17('200101000000Z'))30()" SPKI ")" ECDSA SIGNATURE ")",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        AUTO(buf) der = BUF_EMPTY;

        der_text(seeds[i], &der);
        emit(ctx, der.data, der.len);
    }
}
