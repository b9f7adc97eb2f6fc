/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/cert.h"
#include "common/pki/digest.h"

#include "tests/support/der_text.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

static const unsigned char serial_octets[] = {0x9f, 0x01, 0x02};

static const struct fixture_leaf web1 = {
    .cn = "web1.test",
    .extensions = {"basicConstraints=critical,CA:FALSE",
                   "keyUsage=critical,digitalSignature,keyEncipherment",
                   "extendedKeyUsage=clientAuth,serverAuth",
                   "subjectAltName=DNS:web1.test,IP:192.0.2.1",
                   "authorityKeyIdentifier=keyid:always", "subjectKeyIdentifier=hash"},
    .serial = {serial_octets, sizeof(serial_octets)},
};

static struct cert *issue(const struct fixture_ca *ca, const struct fixture_leaf *leaf)
{
    AUTO(buf) der = BUF_EMPTY;
    struct cert *cert = NULL;
    struct error err = {0};

    fixture_ca_issue(ca, leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    return cert;
}

static void assert_same(struct bytes ours, unsigned char *theirs, int len)
{
    assert_int_equal(ours.len, len);
    assert_memory_equal(ours.data, theirs, ours.len);
    OPENSSL_free(theirs);
}

static void cert_fields_are_those_that_openssl_reads(void **state)
{
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_RSA; kind++) {
        AUTO(fixture_ca) ca = fixture_ca_new((enum fixture_key)kind, "CA", NULL, 0);
        AUTO(cert) cert = issue(ca, &web1);
        struct bytes der = cert_get_der(cert);
        const unsigned char *in = der.data;
        X509 *x = d2i_X509(NULL, &in, (long)der.len);
        unsigned char *part = NULL;
        int len = i2d_X509_NAME(X509_get_issuer_name(x), &part);

        assert_same(cert_get_issuer(cert), part, len);
        part = NULL;
        len = i2d_X509_NAME(X509_get_subject_name(x), &part);
        assert_same(cert_get_subject(cert), part, len);
        part = NULL;
        len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &part);
        assert_true(cert_has_spki(cert, (struct bytes){part, (size_t)len}));
        assert_same(cert_get_spki(cert), part, len);
        part = NULL;
        len = i2d_re_X509_tbs(x, &part);
        assert_same(cert_get_tbs(cert), part, len);
        const X509_ALGOR *alg = NULL;
        const ASN1_BIT_STRING *signature = NULL;
        X509_get0_signature(&signature, &alg, x);
        part = NULL;
        len = i2d_X509_ALGOR(alg, &part);
        assert_same(cert_get_sig_alg(cert), part, len);
        assert_int_equal(cert_get_signature(cert).len, signature->length);
        assert_memory_equal(cert_get_signature(cert).data, signature->data,
                            (size_t)signature->length);
        assert_int_equal(cert_get_extensions(cert)->count, X509_get_ext_count(x));
        X509_free(x);
    }
}

static void cert_gives_serial_times_and_digests(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, 0);
    AUTO(cert) cert = issue(ca, &web1);
    AUTO(cert) own = NULL;
    unsigned char digest[DIGEST_SHA256_SIZE];
    struct error err = {0};
    (void)state;

    struct bytes expected = {serial_octets, sizeof(serial_octets)};
    assert_true(bytes_equal(cert_get_serial(cert), expected));
    assert_int_equal(cert_get_not_before_utc(cert), FIXTURE_NOT_BEFORE);
    assert_int_equal(cert_get_not_after_utc(cert), FIXTURE_NOT_AFTER);
    digest_sha256(cert_get_der(cert).data, cert_get_der(cert).len, digest);
    assert_memory_equal(cert_get_sha256(cert), digest, sizeof(digest));
    digest_sha256(cert_get_spki(cert).data, cert_get_spki(cert).len, digest);
    assert_memory_equal(cert_get_spki_sha256(cert), digest, sizeof(digest));
    assert_false(cert_is_ca(cert));
    assert_ok(cert_parse(fixture_ca_certificate(ca), &own, &err), &err);
    assert_true(cert_is_ca(own));
    assert_false(cert_has_spki(cert, cert_get_spki(own)));
}

static void cert_reads_its_names_and_uses(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, 0);
    AUTO(cert) cert = issue(ca, &web1);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct name_dn dn = {NULL, 0};
    struct general_names sans = {NULL, 0};
    struct cert_usage usage = {.has_key_usage = false};
    struct error err = {0};
    (void)state;

    assert_ok(cert_read_subject(cert, &store, &dn, &err), &err);
    name_print_dn(&dn, &text);
    assert_ok(cert_read_issuer(cert, &store, &dn, &err), &err);
    buf_append_byte(&text, ' ');
    name_print_dn(&dn, &text);
    assert_string_equal(buf_text(&text), "CN=web1.test CN=CA");
    assert_ok(cert_read_sans(cert, &store, &sans, &err), &err);
    assert_int_equal(sans.count, 2);
    assert_ok(cert_read_usage(cert, &store, &usage, &err), &err);
    assert_true(usage.has_key_usage && usage.has_purposes);
    assert_int_equal(usage.key_usage, EXT_KU_DIGITAL_SIGNATURE | EXT_KU_KEY_ENCIPHERMENT);
    assert_int_equal(usage.purposes.count, 2);
    assert_string_equal(usage.purposes.texts[0], "1.3.6.1.5.5.7.3.2");
}

static void cert_without_extensions_restricts_nothing(void **state)
{
    static const struct fixture_leaf bare = {.cn = "bare"};
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, 0);
    AUTO(cert) cert = issue(ca, &bare);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names sans = {NULL, 99};
    struct cert_usage usage = {.has_key_usage = true};
    struct error err = {0};
    (void)state;

    assert_int_equal(cert_get_extensions(cert)->count, 0);
    assert_ok(cert_read_sans(cert, &store, &sans, &err), &err);
    assert_int_equal(sans.count, 0);
    assert_ok(cert_read_usage(cert, &store, &usage, &err), &err);
    assert_false(usage.has_key_usage || usage.has_purposes);
}

static void cert_is_read_although_a_name_or_use_in_it_is_odd(void **state)
{
    static const struct fixture_leaf odd = {.cn = "odd",
                                            .extensions = {"subjectAltName=DNS:a_b.test",
                                                           "keyUsage=DER:03:02:00:00",
                                                           "1.2.3=DER:05:00"}};
    static const struct fixture_leaf odd_purposes = {
        .cn = "odd", .extensions = {"extendedKeyUsage=DER:30:00"}};
    AUTO(fixture_ca)
    ca = fixture_ca_new(FIXTURE_EC,
                        "C\xe2\x80\xae"
                        "A",
                        NULL, 0);
    AUTO(cert) cert = issue(ca, &odd);
    AUTO(cert) second = issue(ca, &odd_purposes);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names sans;
    struct cert_usage usage;
    struct name_dn dn;
    struct error err = {0};
    (void)state;

    assert_fails(cert_read_sans(cert, &store, &sans, &err), &err, ERROR_INVALID,
                 "subjectAltName: the dNSName 'a_b.test'");
    assert_fails(cert_read_usage(cert, &store, &usage, &err), &err, ERROR_INVALID,
                 "key usage");
    assert_fails(cert_read_usage(second, &store, &usage, &err), &err, ERROR_INVALID,
                 "extended key usage");
    assert_fails(cert_read_issuer(cert, &store, &dn, &err), &err, ERROR_INVALID,
                 "issuer: CN");
    assert_ok(cert_read_subject(cert, &store, &dn, &err), &err);
}

static void cert_check_signature_tells_the_issuer_from_others(void **state)
{
    static const struct fixture_leaf damaged = {.cn = "web1", .bad_signature = true};
    static const struct fixture_leaf weak = {.cn = "web1", .digest = "SHA1"};
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_RSA; kind++) {
        AUTO(fixture_ca) ca = fixture_ca_new((enum fixture_key)kind, "CA", NULL, 0);
        AUTO(fixture_ca) namesake = fixture_ca_new((enum fixture_key)kind, "CA", NULL, 0);
        AUTO(cert) cert = issue(ca, &web1);
        AUTO(cert) bad = issue(ca, &damaged);
        AUTO(cert) sha1 = issue(ca, &weak);
        AUTO(key) right = NULL;
        AUTO(key) wrong = NULL;
        struct error err = {0};
        struct bytes pem = fixture_ca_key(ca);
        assert_ok(key_from_pem(pem, NULL, &right, &err), &err);
        assert_ok(key_from_pem(fixture_ca_key(namesake), NULL, &wrong, &err), &err);

        assert_ok(cert_check_signature(cert, right, &err), &err);
        assert_fails(cert_check_signature(cert, wrong, &err), &err, ERROR_INVALID, "");
        assert_fails(cert_check_signature(bad, right, &err), &err, ERROR_INVALID, "");
        assert_fails(cert_check_signature(sha1, right, &err), &err, ERROR_DENIED, "");
    }
}

/* ---- refusals, each with one part changed ------------------------------------------- */

enum part {
    VERSION,
    SERIAL,
    INNER,
    ISSUER,
    VALIDITY,
    SUBJECT,
    KEY,
    EXTENSIONS,
    OUTER,
    SIGNATURE,
    BEHIND,
    PARTS
};

static const char *const good_parts[PARTS] = {
    [VERSION] = "a0(020102)",
    [SERIAL] = "020101",
    [INNER] = "30(06082a8648ce3d040302)",
    [ISSUER] = "30(31(30(0603550403 0c('CA'))))",
    [VALIDITY] = "30(17('200101000000Z')18('20500101000000Z'))",
    [SUBJECT] = "30()",
    [KEY] = "30(30(06032b6570)03(00 01))",
    [EXTENSIONS] = "a3(30(30(0603551d13 04(30()))))",
    [OUTER] = "30(06082a8648ce3d040302)",
    [SIGNATURE] = "03(00 3006020101020101)",
    [BEHIND] = "",
};

_Static_assert(COUNT_OF(good_parts) == PARTS, "one text a part");

static void compose(enum part changed, const char *text, struct buf *out)
{
    AUTO(buf) all = BUF_EMPTY;
    const char *parts[PARTS];

    memcpy(parts, good_parts, sizeof(parts));
    parts[changed] = text;
    buf_printf(&all, "30(30(");
    for (size_t i = VERSION; i <= EXTENSIONS; i++) {
        buf_append_text(&all, parts[i]);
    }
    buf_printf(&all, ")%s%s)%s", parts[OUTER], parts[SIGNATURE], parts[BEHIND]);
    der_text(buf_text(&all), out);
}

static const struct {
    enum part part;
    const char *bad;
    const char *good; /* another that is right; NULL: the usual one */
    const char *words;
} cases[] = {
    {BEHIND, "00", NULL, "not DER"},
    {VERSION, "", NULL, "version"},
    {VERSION, "a0(020100)", NULL, "version"},
    {VERSION, "a0(020101)", NULL, "version"},
    {VERSION, "a0(020103)", NULL, "version"},
    {VERSION, "a0(020106)", NULL, "version"},
    {VERSION, "a0(020102 0500)", NULL, "version"},
    {SERIAL, "020100", "020101", "zero"},
    {SERIAL, "0201ff", "020200ff", "negative"},
    {SERIAL, "020200 7f", "02017f", "not DER"},
    {SERIAL, "0200", NULL, "not DER"},
    {SERIAL, "02(7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f)",
     "02(7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f)", "too long"},
    {SERIAL, "020101 020101", NULL, "signature algorithms"},
    {INNER, "30(06082a8648ce3d040303)", NULL, "two different signature algorithms"},
    {OUTER, "30(06082a8648ce3d040302 0500)", NULL, "two different signature algorithms"},
    {OUTER, "31(06082a8648ce3d040302)", NULL, "not one X.509"},
    {ISSUER, "31()", "30()", "no issuer"},
    {VALIDITY, "30(17('200101000000Z'))", NULL, "times"},
    {VALIDITY, "30(17('200101000000Z')18('20491231235959Z'))",
     "30(17('200101000000Z')17('491231235959Z'))", "times"},
    {VALIDITY, "30(17('2001010000Z')17('491231235959Z'))", NULL, "times"},
    {VALIDITY, "30(17('200101000000Z')17('200230000000Z'))",
     "30(17('200101000000Z')17('200229000000Z'))", "times"},
    {VALIDITY, "30(17('200101000001Z')17('200101000000Z'))",
     "30(17('200101000000Z')17('200101000000Z'))", "ends before"},
    {VALIDITY, "30(17('200101000000Z')18('99991231235960Z'))",
     "30(17('200101000000Z')18('99991231235959Z'))", "times"},
    {SUBJECT, "0500", NULL, "no subject"},
    {KEY, "30()", NULL, "no public key"},
    {KEY, "30(30(06032b6570)03(00))", NULL, "no public key"},
    {KEY, "30(30(06032b6570)03(04 10))", NULL, "no public key"},
    {KEY, "30(30(06032b6570)03(00 01)0500)", NULL, "no public key"},
    {EXTENSIONS, "a1(03020001)a3(30(30(0603551d13 04(30()))))", NULL,
     "unique identifiers"},
    {EXTENSIONS, "a3(30())", "", "not a DER list"},
    {EXTENSIONS, "a3(30(30(0603551d0e 04(0500))30(0603551d0e 04(0500))))",
     "a3(30(30(0603551d0e 04(0500))30(0603551d0f 04(0500))))", "is there twice"},
    {EXTENSIONS, "a3(30(30(0603551d13 04(30(010100)))))",
     "a3(30(30(0603551d13 04(30(0101ff)))))", "basicConstraints"},
    {EXTENSIONS, "a3(30(30(0603551d13 0101ff 04(0500))))",
     "a3(30(30(0603551d13 0101ff 04(30()))))", "basicConstraints"},
    {EXTENSIONS, "a3(30(30(0603551d13 04(30()))))0500", NULL, "unique identifiers"},
    {SIGNATURE, "03(04 10)", "03(00 10)", "not one X.509"},
    {SIGNATURE, "03(00)", NULL, "not one X.509"},
    {SIGNATURE, "03(00 10)0500", NULL, "not one X.509"},
    {SIGNATURE, "04(00 10)", NULL, "not one X.509"},
};

static void cert_parse_refuses_what_its_twin_does_right(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) good = BUF_EMPTY;
        AUTO(buf) bad = BUF_EMPTY;
        AUTO(cert) cert = NULL;
        struct error err = {0};
        enum part part = cases[i].part;
        compose(part, cases[i].bad, &bad);
        compose(part, cases[i].good == NULL ? good_parts[part] : cases[i].good, &good);

        if (cert_parse(buf_bytes(&bad), &cert, &err) || cert != NULL ||
            err.code != ERROR_INVALID || strstr(err.message, cases[i].words) == NULL) {
            fail_msg("bad '%s': '%s'", cases[i].bad, err.message);
        }
        if (!cert_parse(buf_bytes(&good), &cert, &err)) {
            fail_msg("good twin of '%s': '%s'", cases[i].bad, err.message);
        }
    }
}

static void cert_parse_refuses_ber_anywhere(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) ber = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct error err = {0};
    (void)state;
    compose(ISSUER, "30(31(30(0603550403 0c(81024341 ))))", &der);
    compose(ISSUER, "30(31(30(0603550403 0c81024341)))", &ber);

    assert_fails(cert_parse(buf_bytes(&ber), &cert, &err), &err, ERROR_INVALID,
                 "not DER");
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
}

static void cert_parse_is_bounded(void **state)
{
    AUTO(octets) large = mem_array(CERT_DER_MAX + 1, 1);
    AUTO(cert) cert = NULL;
    struct error err = {0};
    (void)state;

    assert_fails(cert_parse((struct bytes){large, CERT_DER_MAX + 1}, &cert, &err), &err,
                 ERROR_INVALID, "16385 octets");
    assert_fails(cert_parse((struct bytes){NULL, 0}, &cert, &err), &err, ERROR_INVALID,
                 "0 octets");
}

static void cert_parse_refuses_every_truncation(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, 0);
    struct bytes der = fixture_ca_certificate(ca);
    AUTO(cert) cert = NULL;
    struct error err = {0};
    (void)state;

    for (size_t len = 0; len < der.len; len++) {
        AUTO(octets) part = mem_dup(der.data, len);
        assert_false(cert_parse((struct bytes){part, len}, &cert, &err));
    }
    assert_ok(cert_parse(der, &cert, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cert_fields_are_those_that_openssl_reads),
        cmocka_unit_test(cert_gives_serial_times_and_digests),
        cmocka_unit_test(cert_reads_its_names_and_uses),
        cmocka_unit_test(cert_without_extensions_restricts_nothing),
        cmocka_unit_test(cert_is_read_although_a_name_or_use_in_it_is_odd),
        cmocka_unit_test(cert_check_signature_tells_the_issuer_from_others),
        cmocka_unit_test(cert_parse_refuses_what_its_twin_does_right),
        cmocka_unit_test(cert_parse_refuses_ber_anywhere),
        cmocka_unit_test(cert_parse_is_bounded),
        cmocka_unit_test(cert_parse_refuses_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
