/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/bounds/bounds.h"
#include "common/pki/csr.h"
#include "common/pki/ext_words.h"

#include "policyd/signer/ca.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"
#include "tests/unit/bounds/bounds_file.h"

#define NOW FIXTURE_NOW

#define DAY_S INT64_C(86400)

static struct bounds *bounds;
static struct buf csr_octets; /* of the key in use */

static int set_up(void **state)
{
    const struct cfg_text file = {"bounds.conf", bytes_of_text(BOUNDS_FILE)};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(bounds_parse(&file, &bounds, &report, &err), &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bounds_free(bounds);
    buf_clear(&csr_octets);
    return 0;
}

static struct bytes csr_of(const struct key *key)
{
    const struct csr_wish wish = {.subject = {NULL, 0}};
    struct error err = {0};

    buf_clear(&csr_octets);
    assert_ok(csr_build(key, sig_default(key_get_info(key)), &wish, &csr_octets, &err),
              &err);
    return buf_bytes(&csr_octets);
}

static struct wire_infrastructure_intent tls(enum keys_kind kind)
{
    return (struct wire_infrastructure_intent){.request_id = "I-1",
                                               .ca = "lab",
                                               .profile = WIRE_PROFILE_TLS,
                                               .spki = key_get_spki(keys_get(kind)),
                                               .csr = csr_of(keys_get(kind)),
                                               .validity_s = 30 * DAY_S,
                                               .deadline_ms = 1000};
}

static const struct bounds_moment now = {NOW, FIXTURE_NOT_BEFORE, FIXTURE_NOT_AFTER};

static void shape(const struct wire_infrastructure_intent *intent,
                  const struct bounds_moment *moment, struct bounds_shape *out)
{
    enum wire_signer_reason reason = WIRE_SIGNER_INTERNAL;
    struct error err = {0};

    assert_ok(bounds_shape_infrastructure(bounds, intent, moment, out, &reason, &err),
              &err);
}

static void refuse(const struct wire_infrastructure_intent *intent,
                   const struct bounds_moment *moment, enum wire_signer_reason expected,
                   const char *words)
{
    struct bounds_shape out;
    enum wire_signer_reason reason = WIRE_SIGNER_INTERNAL;
    struct error err = {0};
    bool shaped =
        bounds_shape_infrastructure(bounds, intent, moment, &out, &reason, &err);

    if (shaped || reason != expected || strstr(err.message, words) == NULL) {
        fail_msg("%s (%s): %s", shaped ? "shaped" : "refused",
                 wire_signer_reason_name(reason), err.message);
    }
}

static void all_names_of_the_profile_or_a_choice_of_them(void **state)
{
    struct wire_infrastructure_intent intent = tls(KEYS_P256);
    const char *one[] = {"est.example.test"};
    const char *foreign[] = {"est.example.test", "www.example.test"};
    struct bounds_shape out;
    (void)state;

    shape(&intent, &now, &out);
    assert_int_equal(out.intent.content.san_count, 2);
    intent.dns_names = one;
    intent.dns_name_count = 1;
    shape(&intent, &now, &out);
    assert_int_equal(out.intent.content.san_count, 1);
    assert_memory_equal(out.sans[0].name.value.data, "est.example.test", 16);
    intent.dns_names = foreign;
    intent.dns_name_count = 2;
    refuse(&intent, &now, WIRE_SIGNER_BOUNDS, "www.example.test");
}

static void the_validity_is_the_wish_within_profile_and_ca(void **state)
{
    struct wire_infrastructure_intent intent = tls(KEYS_P256);
    const struct bounds_moment late = {NOW, NOW - 60, NOW + 3600};
    const struct bounds_moment gone = {NOW, NOW - 60, NOW};
    struct bounds_shape out;
    (void)state;

    shape(&intent, &now, &out);
    assert_int_equal(out.intent.content.not_after_utc, NOW + 30 * DAY_S);
    assert_int_equal(out.intent.content.not_before_utc, NOW - 600);
    intent.validity_s = (uint64_t)(36500 * DAY_S);
    shape(&intent, &now, &out);
    assert_int_equal(out.intent.content.not_after_utc, NOW + 90 * DAY_S);
    shape(&intent, &late, &out);
    assert_int_equal(out.intent.content.not_after_utc, NOW + 3600);
    assert_int_equal(out.intent.content.not_before_utc, NOW - 60);
    refuse(&intent, &gone, WIRE_SIGNER_BOUNDS, "not valid now");
}

static void the_key_must_be_proven_and_strong_enough(void **state)
{
    struct wire_infrastructure_intent intent = tls(KEYS_P256);
    (void)state;

    intent.spki = key_get_spki(keys_get(KEYS_P384));
    refuse(&intent, &now, WIRE_SIGNER_MALFORMED, "another key");
    intent = tls(KEYS_RSA2048);
    refuse(&intent, &now, WIRE_SIGNER_BOUNDS, "rsa-2048");
    intent = tls(KEYS_P384);
    csr_octets.data[csr_octets.len - 1] ^= 1;
    refuse(&intent, &now, WIRE_SIGNER_MALFORMED, "the request");
}

static void only_profiles_of_the_file_and_their_ca(void **state)
{
    struct wire_infrastructure_intent intent = tls(KEYS_P256);
    (void)state;

    intent.ca = "other";
    refuse(&intent, &now, WIRE_SIGNER_BOUNDS, "CA 'other'");
    intent.ca = "lab";
    intent.profile = WIRE_PROFILE_RA;
    refuse(&intent, &now, WIRE_SIGNER_UNKNOWN_PROFILE, "'ra'");
}

static void a_responder_signs_answers_and_needs_no_check(void **state)
{
    struct wire_infrastructure_intent intent = tls(KEYS_P256);
    struct bounds_shape out;
    (void)state;

    intent.profile = WIRE_PROFILE_OCSP;
    shape(&intent, &now, &out);
    assert_true(out.intent.content.ocsp_no_check);
    assert_int_equal(out.intent.content.eku_count, 1);
    assert_string_equal(out.purposes[0], EXT_PURPOSE_OCSP_SIGNER);
    intent.profile = WIRE_PROFILE_TLS;
    shape(&intent, &now, &out);
    assert_false(out.intent.content.ocsp_no_check);
    assert_string_equal(out.purposes[0], EXT_PURPOSE_SERVER);
}

static void a_ca_makes_it_without_template_and_sid(void **state)
{
    AUTO(fixture_ca) fixture = fixture_ca_new(FIXTURE_EC, "CA", NULL, 0);
    const struct wire_infrastructure_intent intent = tls(KEYS_P256);
    struct bounds_shape out;
    struct key *key = NULL;
    AUTO(ca) ca = NULL;
    AUTO(cert) cert = NULL;
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    shape(&intent, &now, &out);
    assert_ok(key_from_pem(fixture_ca_key(fixture), NULL, &key, &err), &err);
    assert_ok(ca_new("lab", key, fixture_ca_certificate(fixture), &(struct ca_urls){0},
                     &ca, &err),
              &err);
    assert_ok(ca_build_tbs(ca, &out.intent, (const unsigned char *)"@123456789012345",
                           &tbs, &err),
              &err);
    assert_ok(ca_sign(ca, buf_bytes(&tbs), &tail, &der, &err), &err);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    assert_null(ext_list_find(cert_get_extensions(cert), EXT_OID_TEMPLATE));
    assert_null(ext_list_find(cert_get_extensions(cert), EXT_OID_SID));
    assert_non_null(ext_list_find(cert_get_extensions(cert), EXT_OID_SAN));
}

static void take(struct bounds_rates *rates, const struct bounds_counted *counted,
                 size_t count, int64_t at)
{
    uint32_t wait_s = 0;
    struct error err = {0};

    for (size_t i = 0; i < count; i++) {
        assert_ok(bounds_rates_take(rates, bounds, counted, at, &wait_s, &err), &err);
    }
}

static void an_hour_has_so_many_of_a_template_and_of_all(void **state)
{
    AUTO(bounds_rates) rates = bounds_rates_new();
    const struct bounds_counted machine = {.template = "Machine"};
    const struct bounds_counted user = {.template = "User"};
    const struct bounds_counted profile = {.profile = "tls"};
    uint32_t wait_s = 0;
    struct error err = {0};
    (void)state;

    take(rates, &machine, 3, NOW);
    assert_fails(bounds_rates_take(rates, bounds, &machine, NOW + 60, &wait_s, &err),
                 &err, ERROR_UNAVAILABLE, "3 certificates");
    take(rates, &user, 2, NOW + 60);
    assert_fails(bounds_rates_take(rates, bounds, &user, NOW + 60, &wait_s, &err), &err,
                 ERROR_UNAVAILABLE, "global");
    take(rates, &profile, 20, NOW + 60); /* not of the whole */
    assert_false(bounds_rates_take(rates, bounds, &profile, NOW, &wait_s, &err));

    assert_in_range(wait_s, 1, 3660 + 60);
    take(rates, &machine, 1, NOW + 3660);
    assert_false(bounds_rates_take(rates, bounds, &(struct bounds_counted){"New", NULL},
                                   NOW + 10000, &wait_s, &err));
}

static void what_was_signed_before_a_restart_counts(void **state)
{
    AUTO(bounds_rates) rates = bounds_rates_new();
    const struct bounds_counted machine = {.template = "Machine"};
    uint32_t wait_s = 0;
    struct error err = {0};
    (void)state;

    bounds_rates_note(rates, &machine, NOW - 3600);
    bounds_rates_note(rates, &machine, NOW - 60);
    bounds_rates_note(rates, &(struct bounds_counted){.template = "Gone"}, NOW - 60);
    take(rates, &machine, 1, NOW);

    assert_fails(bounds_rates_take(rates, bounds, &machine, NOW, &wait_s, &err), &err,
                 ERROR_UNAVAILABLE, "hourly_max");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_names_of_the_profile_or_a_choice_of_them),
        cmocka_unit_test(the_validity_is_the_wish_within_profile_and_ca),
        cmocka_unit_test(the_key_must_be_proven_and_strong_enough),
        cmocka_unit_test(only_profiles_of_the_file_and_their_ca),
        cmocka_unit_test(a_responder_signs_answers_and_needs_no_check),
        cmocka_unit_test(a_ca_makes_it_without_template_and_sid),
        cmocka_unit_test(an_hour_has_so_many_of_a_template_and_of_all),
        cmocka_unit_test(what_was_signed_before_a_restart_counts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
