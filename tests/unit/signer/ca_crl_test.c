/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/base/mem.h"
#include "common/base/octets.h"

#include "policyd/signer/ca.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

enum { CHUNK = 1000, SERIAL_OCTETS = 16 };

struct house {
    struct fixture_ca *fixture;
    struct ca *ca;
};

static struct ca *new_ca(const struct fixture_ca *fixture, const char *crl_url)
{
    const struct ca_urls urls = {crl_url, NULL, NULL};
    struct key *key = NULL;
    struct ca *ca = NULL;
    struct error err = {0};

    assert_ok(key_from_pem(fixture_ca_key(fixture), NULL, &key, &err), &err);
    assert_ok(ca_new("lab", key, fixture_ca_certificate(fixture), &urls, &ca, &err),
              &err);
    return ca;
}

static int set_up_with(void **state, enum fixture_key kind)
{
    struct house *h = mem_new(sizeof(*h));

    h->fixture = fixture_ca_new(kind, "Test Issuing CA", NULL, 0);
    h->ca = new_ca(h->fixture, "http://pki.example.test/crl");
    *state = h;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, FIXTURE_EC);
}

static int set_up_rsa(void **state)
{
    return set_up_with(state, FIXTURE_RSA);
}

static int tear_down(void **state)
{
    struct house *h = *state;

    ca_free(h->ca);
    fixture_ca_free(h->fixture);
    free(h);
    return 0;
}

/* The i-th revocation of a made-up CA: every reason, dates on both sides of 2050. */
static struct wire_crl_entry entry_of(unsigned int i, unsigned char serial[SERIAL_OCTETS])
{
    memset(serial, 0x41, SERIAL_OCTETS);
    octets_put_u32(serial + SERIAL_OCTETS - 4, i);
    return (struct wire_crl_entry){
        .serial = {serial, SERIAL_OCTETS},
        .revoked_utc = i % 2 == 0 ? FIXTURE_NOW : INT64_C(2524608000) + i,
        .reason = (enum wire_revocation_reason)(i % WIRE_REVOCATION_REASON_COUNT)};
}

static struct wire_crl_begin begin_of(unsigned int count)
{
    struct wire_crl_begin begin = {.request_id = "crl",
                                   .ca = "lab",
                                   .generation = 1,
                                   .number = 300,
                                   .this_update_utc = FIXTURE_NOW,
                                   .next_update_utc = FIXTURE_NOW + 604800,
                                   .entry_count = count};

    for (unsigned int i = 0; i < count; i++) {
        unsigned char serial[SERIAL_OCTETS];
        struct wire_crl_entry entry = entry_of(i, serial);

        begin.entry_octets += wire_crl_entry_octets(&entry);
    }
    return begin;
}

static bool add_chunk(struct crlstream *crl, unsigned int first, unsigned int count,
                      struct buf *out, struct error *err)
{
    unsigned char(*serials)[SERIAL_OCTETS] = mem_array(count, SERIAL_OCTETS);
    struct wire_crl_entries entries = {mem_array(count, sizeof(*entries.entries)), count};

    for (unsigned int i = 0; i < count; i++) {
        entries.entries[i] = entry_of(first + i, serials[i]);
    }
    bool added = crlstream_add(crl, &entries, out, err);
    free(entries.entries);
    free(serials);
    return added;
}

static bool make_crl(const struct ca *ca, const struct wire_crl_begin *begin,
                     unsigned int entries, struct buf *out, struct error *err)
{
    AUTO(crlstream) crl = NULL;
    AUTO(buf) body = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    unsigned char sha256[WIRE_SHA256];

    if (!ca_begin_crl(ca, begin, &body, &crl, err)) {
        return false;
    }
    for (unsigned int i = 0; i < entries; i += CHUNK) {
        unsigned int count = entries - i < CHUNK ? entries - i : CHUNK;

        if (!add_chunk(crl, i, count, &body, err)) {
            return false;
        }
    }
    if (!crlstream_close(crl, sha256, err) || !crlstream_sign(crl, out, &tail, err)) {
        return false;
    }
    buf_append(out, body.data, body.len);
    buf_append(out, tail.data, tail.len);
    return true;
}

/* OpenSSL reads all of it, and finds the CA's signature on it. */
static X509_CRL *read_crl(const struct house *h, const struct buf *der)
{
    struct bytes ca_der = fixture_ca_certificate(h->fixture);
    const unsigned char *at = ca_der.data;
    X509 *issuer = d2i_X509(NULL, &at, (long)ca_der.len);
    const unsigned char *octets = der->data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &octets, (long)der->len);

    assert_non_null(issuer);
    assert_non_null(crl);
    assert_ptr_equal(octets, der->data + der->len);
    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)), 0);
    X509_free(issuer);
    return crl;
}

static void check_entry(X509_CRL *crl, unsigned int i)
{
    unsigned char octets[SERIAL_OCTETS];
    struct wire_crl_entry entry = entry_of(i, octets);
    X509_REVOKED *revoked = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), (int)i);
    const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(revoked);
    ASN1_ENUMERATED *reason =
        X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
    struct tm date;

    assert_int_equal(serial->length, SERIAL_OCTETS);
    assert_memory_equal(serial->data, octets, SERIAL_OCTETS);
    assert_int_equal(ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(revoked), &date),
                     1);
    assert_int_equal(timegm(&date), entry.revoked_utc);
    if (entry.reason == WIRE_REVOCATION_UNSPECIFIED) {
        assert_null(reason);
    } else {
        assert_int_equal(ASN1_ENUMERATED_get(reason),
                         wire_revocation_reason_code(entry.reason));
    }
    ASN1_ENUMERATED_free(reason);
}

static void crls_of_every_size_are_read_by_strangers(void **state)
{
    static const unsigned int counts[] = {0, 1, 2, 9, 999, 1000, 1001, 5000};
    const struct house *h = *state;

    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        const struct wire_crl_begin begin = begin_of(counts[c]);
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};

        assert_ok(make_crl(h->ca, &begin, counts[c], &der, &err), &err);
        X509_CRL *crl = read_crl(h, &der);
        STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
        assert_int_equal(list != NULL ? sk_X509_REVOKED_num(list) : 0, counts[c]);
        assert_int_equal(list == NULL, counts[c] == 0);
        for (unsigned int i = 0; i < counts[c]; i++) {
            check_entry(crl, i);
        }
        X509_CRL_free(crl);
    }
}

static void a_crl_has_number_times_and_issuer_key(void **state)
{
    const struct house *h = *state;
    const struct wire_crl_begin begin = begin_of(3);
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    struct tm date;

    assert_ok(make_crl(h->ca, &begin, 3, &der, &err), &err);
    X509_CRL *crl = read_crl(h, &der);
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    assert_int_equal(ASN1_INTEGER_get(number), 300);
    ASN1_INTEGER_free(number);
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(ASN1_TIME_to_tm(X509_CRL_get0_lastUpdate(crl), &date), 1);
    assert_int_equal(timegm(&date), FIXTURE_NOW);
    assert_int_equal(ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(crl), &date), 1);
    assert_int_equal(timegm(&date), FIXTURE_NOW + 604800);
    assert_true(X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1) >= 0);
    assert_true(X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) < 0);
    X509_CRL_free(crl);
}

static void a_shard_says_which_it_is(void **state)
{
    const struct house *h = *state;
    struct wire_crl_begin begin = begin_of(1);
    AUTO(buf) der = BUF_EMPTY;
    AUTO(ca) homeless = new_ca(h->fixture, NULL);
    struct error err = {0};
    int critical = 0;

    begin.distribution_point = true;
    begin.shard = 7;
    assert_ok(make_crl(h->ca, &begin, 1, &der, &err), &err);
    X509_CRL *crl = read_crl(h, &der);
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
    assert_int_equal(critical, 1);
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0);
    assert_string_equal(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
                        "http://pki.example.test/crl/lab-1-7.crl");
    ISSUING_DIST_POINT_free(point);
    X509_CRL_free(crl);

    buf_truncate(&der, 0);
    assert_fails(make_crl(homeless, &begin, 1, &der, &err), &err, ERROR_INVALID,
                 "no URL");
    begin.distribution_point = false;
    assert_ok(make_crl(homeless, &begin, 1, &der, &err), &err);
}

static void what_was_not_announced_is_not_signed(void **state)
{
    const struct house *h = *state;
    static const struct {
        unsigned int announced, sent;
        int extra_octets;
        bool good;
    } cases[] = {
        {5, 5, 0, true},   {5, 4, 0, false}, {5, 6, 0, false}, {5, 5, 1, false},
        {5, 5, -1, false}, {0, 1, 0, false}, {1, 0, 0, false}, {0, 0, 1, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wire_crl_begin begin = begin_of(cases[i].announced);
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};

        begin.entry_octets += (uint64_t)(int64_t)cases[i].extra_octets;
        bool made = make_crl(h->ca, &begin, cases[i].sent, &der, &err);
        if (made != cases[i].good || (!made && der.len > 0)) {
            fail_msg("case %zu: %s", i, err.message);
        }
    }
}

static void serials_ascend_and_are_der(void **state)
{
    static const struct {
        struct bytes first, second;
        bool good;
    } cases[] = {
#define S(text) {(const unsigned char *)(text), sizeof(text) - 1}
        {S("\x01"), S("\x02"), true},
        {S("\x7f"), S("\x00\x80"), true},
        {S("\x00\xff"), S("\x01\x00"), true},
        {S("\x02"), S("\x02"), false},
        {S("\x02"), S("\x01"), false},
        {S("\x01\x00"), S("\x00\xff"), false},
        {S("\x01"), S("\x80"), false},
        {S("\x01"), S("\x00\x02"), false},
        {S("\x01"), S("\x00"), false},
        {S("\x01"), S(""), false},
        {S("\x01"), S("123456789012345678901"), false},
    };
    const struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wire_crl_entry both[] = {{.serial = cases[i].first, .revoked_utc = 1},
                                        {.serial = cases[i].second, .revoked_utc = 1}};
        const struct wire_crl_entries entries = {both, 2};
        struct wire_crl_begin begin = begin_of(0);
        AUTO(crlstream) crl = NULL;
        AUTO(buf) out = BUF_EMPTY;
        unsigned char sha256[WIRE_SHA256];
        struct error err = {0};

        begin.entry_count = 2;
        begin.entry_octets =
            wire_crl_entry_octets(&both[0]) + wire_crl_entry_octets(&both[1]);
        assert_ok(ca_begin_crl(h->ca, &begin, &out, &crl, &err), &err);
        bool good = crlstream_add(crl, &entries, &out, &err);
        if (good != cases[i].good || crlstream_close(crl, sha256, &err) != good) {
            fail_msg("case %zu", i);
        }
    }
}

static void times_must_go_forward(void **state)
{
    const struct house *h = *state;
    struct wire_crl_begin begin = begin_of(0);
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    begin.next_update_utc = begin.this_update_utc;
    assert_fails(make_crl(h->ca, &begin, 0, &der, &err), &err, ERROR_INVALID,
                 "nextUpdate");
    begin.next_update_utc++;
    assert_ok(make_crl(h->ca, &begin, 0, &der, &err), &err);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(crls_of_every_size_are_read_by_strangers),
        cmocka_unit_test_setup_teardown(a_crl_has_number_times_and_issuer_key, set_up_rsa,
                                        tear_down),
        STORY(a_crl_has_number_times_and_issuer_key),
        STORY(a_shard_says_which_it_is),
        STORY(what_was_not_announced_is_not_signed),
        STORY(serials_ascend_and_are_der),
        STORY(times_must_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
