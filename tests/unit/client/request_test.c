/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"

#include "autoenroll-client/request.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"

static struct wire_policy_template template_of(enum wire_key_algorithm algorithm,
                                               const char *curve, uint32_t bits)
{
    return (struct wire_policy_template){
        .ref = {.oid = "1.2.3.4", .name = "Machine", .major = 7, .minor = 3},
        .algorithm = algorithm,
        .curve = curve,
        .bits = bits};
}

static struct csr *build(const struct wire_policy_template *t, const struct key *key,
                         const struct cert *old, const char *host)
{
    AUTO(buf) der = BUF_EMPTY;
    enum csr_fault fault = CSR_FAULT_NONE;
    struct csr *out = NULL;
    struct error err;

    assert_ok(request_build(t, key, old, host, &der, &err), &err);
    assert_ok(csr_parse(buf_bytes(&der), &out, &fault, &err), &err);
    return out;
}

static void keys_are_made_as_the_template_says(void **state)
{
    static const struct {
        enum wire_key_algorithm algorithm;
        const char *curve;
        uint32_t bits;
        enum key_alg alg;
        unsigned int made; /* 0: none */
    } cases[] = {
        {WIRE_KEY_EC, "P-256", 256, KEY_EC, 256},
        {WIRE_KEY_EC, "P-384", 384, KEY_EC, 384},
        {WIRE_KEY_EC, "P-521", 521, KEY_EC, 521},
        {WIRE_KEY_EC, "", 256, KEY_EC, 256},
        {WIRE_KEY_EC, "", 257, KEY_EC, 384},
        {WIRE_KEY_EC, "brainpoolP256r1", 256, KEY_EC, 0},
        {WIRE_KEY_RSA, "", 1024, KEY_RSA, 2048},
        {WIRE_KEY_RSA, "", 2048, KEY_RSA, 2048},
        {WIRE_KEY_RSA, "", 2049, KEY_RSA, 2304},
        {WIRE_KEY_RSA, "", 4097, KEY_RSA, 0},
        {WIRE_KEY_RSA, "", UINT32_MAX, KEY_RSA, 0},
        {WIRE_KEY_ED25519, "", 255, KEY_ED25519, 255},
        {WIRE_KEY_ED448, "", 448, KEY_EC, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct wire_policy_template t =
            template_of(cases[i].algorithm, cases[i].curve, cases[i].bits);
        AUTO(key) key = NULL;
        struct error err;

        if (cases[i].made == 0) {
            assert_fails(request_make_key(&t, &key, &err), &err, ERROR_INVALID, "no key");
            continue;
        }
        assert_ok(request_make_key(&t, &key, &err), &err);
        assert_int_equal(key_get_info(key)->alg, cases[i].alg);
        assert_int_equal(key_get_info(key)->bits, cases[i].made);
        assert_true(request_key_fits(&t, key));
    }
}

static void a_key_behind_a_passphrase_is_not_made(void **state)
{
    struct wire_policy_template t = template_of(WIRE_KEY_EC, "P-256", 256);
    AUTO(key) key = NULL;
    struct error err;
    (void)state;
    t.flags = WIRE_POLICY_PROTECT_KEY;

    assert_fails(request_make_key(&t, &key, &err), &err, ERROR_INVALID, "passphrase");
}

static void a_key_of_another_kind_does_not_fit(void **state)
{
    const struct wire_policy_template ec = template_of(WIRE_KEY_EC, "P-256", 256);
    const struct wire_policy_template rsa = template_of(WIRE_KEY_RSA, "", 2048);
    const struct wire_policy_template rsa3 = template_of(WIRE_KEY_RSA, "", 3072);
    (void)state;

    assert_true(request_key_fits(&ec, keys_get(KEYS_P256)));
    assert_false(request_key_fits(&ec, keys_get(KEYS_P384)));
    assert_false(request_key_fits(&ec, keys_get(KEYS_RSA2048)));
    assert_true(request_key_fits(&rsa, keys_get(KEYS_RSA2048)));
    assert_true(request_key_fits(&rsa, keys_get(KEYS_RSA3072)));
    assert_false(request_key_fits(&rsa3, keys_get(KEYS_RSA2048)));
}

static void a_first_request_names_the_template_and_nobody(void **state)
{
    const struct wire_policy_template t = template_of(WIRE_KEY_EC, "P-256", 256);
    AUTO(csr) csr = build(&t, keys_get(KEYS_P256), NULL, "web1.example.test");
    (void)state;

    assert_int_equal(csr->subject.count, 0);
    assert_int_equal(csr->sans.count, 0);
    assert_string_equal(csr->template.oid, "1.2.3.4");
    assert_int_equal(csr->template.major, 7);
    assert_int_equal(csr->template.minor, 3);
    assert_true(bytes_equal(key_get_spki(csr->key), key_get_spki(keys_get(KEYS_P256))));
}

static void where_the_enrollee_names_itself_it_does(void **state)
{
    struct wire_policy_template t = template_of(WIRE_KEY_EC, "P-256", 256);
    t.subject = WIRE_SUBJECT_ENROLLEE;
    AUTO(csr) csr = build(&t, keys_get(KEYS_P256), NULL, "web1.example.test");
    AUTO(csr) without = build(&t, keys_get(KEYS_P256), NULL, "");
    (void)state;

    assert_int_equal(csr->subject.count, 1);
    assert_string_equal(csr->subject.avas[0].value, "web1.example.test");
    assert_int_equal(csr->sans.count, 1);
    assert_true(
        bytes_equal(csr->sans.names[0].value, bytes_of_text("web1.example.test")));
    assert_int_equal(without->sans.count, 0);
}

static void a_renewal_repeats_the_old_names(void **state)
{
    const struct wire_policy_template t = template_of(WIRE_KEY_EC, "P-256", 256);
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    const struct fixture_leaf leaf = {
        .cn = "web1",
        .extensions = {"subjectAltName=DNS:web1.example.test,DNS:www.example.test"}};
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) old = NULL;
    struct error err;
    (void)state;
    fixture_ca_issue(ca, &leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &old, &err), &err);

    AUTO(csr) csr = build(&t, keys_get(KEYS_P256), old, "");

    assert_int_equal(csr->subject.count, 1);
    assert_string_equal(csr->subject.avas[0].value, "web1");
    assert_int_equal(csr->sans.count, 2);
}

static void pss_is_used_where_the_template_wants_it(void **state)
{
    struct wire_policy_template t = template_of(WIRE_KEY_RSA, "", 2048);
    AUTO(csr) plain = build(&t, keys_get(KEYS_RSA2048), NULL, "");
    (void)state;
    t.flags = WIRE_POLICY_PSS;
    AUTO(csr) pss = build(&t, keys_get(KEYS_RSA2048), NULL, "");

    assert_int_equal(plain->signature, SIG_RSA_SHA256);
    assert_int_equal(pss->signature, SIG_PSS_SHA256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_made_as_the_template_says),
        cmocka_unit_test(a_key_behind_a_passphrase_is_not_made),
        cmocka_unit_test(a_key_of_another_kind_does_not_fit),
        cmocka_unit_test(a_first_request_names_the_template_and_nobody),
        cmocka_unit_test(where_the_enrollee_names_itself_it_does),
        cmocka_unit_test(a_renewal_repeats_the_old_names),
        cmocka_unit_test(pss_is_used_where_the_template_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
