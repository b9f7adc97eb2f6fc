/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "common/pki/ossl.h"

#include "tests/support/test.h"

static void ossl_fail_gives_the_oldest_reason_and_clears_the_queue(void **state)
{
    static const unsigned char junk[] = {0x30, 0x01};
    const unsigned char *in = junk;
    struct error err = {0};
    (void)state;

    ERR_clear_error();
    assert_null(d2i_X509(NULL, &in, sizeof(junk)));
    const char *oldest = ERR_reason_error_string(ERR_peek_error());
    assert_false(ossl_fail(&err, "reading the certificate"));

    assert_int_equal(err.code, ERROR_INTERNAL);
    assert_non_null(strstr(err.message, "reading the certificate: "));
    assert_non_null(strstr(err.message, oldest));
    assert_int_equal(ERR_peek_error(), 0);
}

static void ossl_fail_has_a_sentence_without_a_reason(void **state)
{
    struct error err = {0};
    (void)state;

    ERR_clear_error();
    assert_fails(ossl_fail(&err, "signing"), &err, ERROR_INTERNAL,
                 "signing: OpenSSL gives no reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ossl_fail_gives_the_oldest_reason_and_clears_the_queue),
        cmocka_unit_test(ossl_fail_has_a_sentence_without_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
