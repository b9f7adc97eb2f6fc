/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/trust.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

/* A root, a CA below it, and another pair with the same names. */
struct scene {
    char *directory, *path;
    struct fixture_ca *root, *issuing, *other_root, *other;
};

static void write_anchor(const struct scene *s, struct bytes der)
{
    AUTO(buf) pem = BUF_EMPTY;
    struct error err;

    pem_write(PEM_CERTIFICATE, der, &pem);
    assert_ok(file_write_atomic(s->path, buf_bytes(&pem), FILE_MODE(0644), &err), &err);
}

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    s->directory = temp_dir_new();
    s->path = mem_printf("%s/ca.pem", s->directory);
    s->root = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    s->issuing = fixture_ca_new(FIXTURE_EC, "Issuing", s->root, 0);
    s->other_root = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    s->other = fixture_ca_new(FIXTURE_EC, "Issuing", s->other_root, 0);
    write_anchor(s, fixture_ca_certificate(s->root));
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    fixture_ca_free(s->root);
    fixture_ca_free(s->issuing);
    fixture_ca_free(s->other_root);
    fixture_ca_free(s->other);
    temp_dir_free(s->directory);
    free(s->path);
    free(s);
    return 0;
}

static struct trust *load(const struct scene *s)
{
    struct trust *out = NULL;
    struct error err;

    assert_ok(trust_load(s->path, &out, &err), &err);
    return out;
}

static struct cert *issue(const struct fixture_ca *ca)
{
    const struct fixture_leaf leaf = {
        .cn = "web1",
        .extensions = {"subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"}};
    AUTO(buf) der = BUF_EMPTY;
    struct cert *out = NULL;
    struct error err;

    fixture_ca_issue(ca, &leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &out, &err), &err);
    return out;
}

static void what_leads_to_the_anchor_is_trusted(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = load(s);
    AUTO(cert) ours = issue(s->issuing);
    AUTO(cert) direct = issue(s->root);
    struct bytes between = fixture_ca_certificate(s->issuing);
    struct error err;

    assert_ok(trust_check(trust, direct, FIXTURE_NOW, &err), &err);
    assert_fails(trust_check(trust, ours, FIXTURE_NOW, &err), &err, ERROR_DENIED,
                 "does not lead to a CA that we trust");
    assert_ok(trust_add(trust, &between, 1, &err), &err);
    assert_ok(trust_check(trust, ours, FIXTURE_NOW, &err), &err);
}

static void what_a_server_sends_never_becomes_an_anchor(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = load(s);
    AUTO(cert) foreign = issue(s->other);
    AUTO(cert) rooted = issue(s->other_root);
    const struct bytes sent[] = {fixture_ca_certificate(s->other_root),
                                 fixture_ca_certificate(s->other),
                                 fixture_ca_certificate(s->issuing)};
    struct error err;

    assert_ok(trust_add(trust, sent, COUNT_OF(sent), &err), &err);

    assert_fails(trust_check(trust, foreign, FIXTURE_NOW, &err), &err, ERROR_DENIED, "");
    assert_fails(trust_check(trust, rooted, FIXTURE_NOW, &err), &err, ERROR_DENIED, "");
}

static void garbage_and_end_entities_are_passed_over(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = load(s);
    AUTO(cert) leaf = issue(s->root);
    AUTO(cert) ours = issue(s->issuing);
    const struct bytes sent[] = {bytes_of_text("garbage"), cert_get_der(leaf),
                                 fixture_ca_certificate(s->root),
                                 fixture_ca_certificate(s->issuing)};
    struct bytes chain[TRUST_CHAIN_MAX];
    struct error err;

    assert_ok(trust_add(trust, sent, COUNT_OF(sent), &err), &err);

    assert_ok(trust_check(trust, ours, FIXTURE_NOW, &err), &err);
    assert_int_equal(trust_chain(trust, ours, chain), 1);
}

static void a_chain_stands_between_certificate_and_anchor(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = load(s);
    AUTO(cert) ours = issue(s->issuing);
    AUTO(cert) direct = issue(s->root);
    AUTO(cert) foreign = issue(s->other);
    struct bytes between = fixture_ca_certificate(s->issuing);
    struct bytes chain[TRUST_CHAIN_MAX];
    struct error err;
    assert_ok(trust_add(trust, &between, 1, &err), &err);

    assert_int_equal(trust_chain(trust, ours, chain), 1);
    assert_true(bytes_equal(chain[0], between));
    assert_int_equal(trust_chain(trust, direct, chain), 0);
    assert_int_equal(trust_chain(trust, foreign, chain), 0);
}

static void time_counts(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = load(s);
    AUTO(cert) direct = issue(s->root);
    struct error err;

    assert_fails(trust_check(trust, direct, FIXTURE_NOT_AFTER, &err), &err, ERROR_DENIED,
                 "expired");
    assert_ok(trust_check(trust, direct, FIXTURE_NOW, &err), &err);
}

static void anchors_come_from_a_file_that_is_ours(void **state)
{
    const struct scene *s = *state;
    AUTO(trust) trust = NULL;
    AUTO(cert) leaf = issue(s->root);
    struct error err;

    write_anchor(s, cert_get_der(leaf));
    assert_fails(trust_load(s->path, &trust, &err), &err, ERROR_INVALID, "is no CA's");
    write_anchor(s, fixture_ca_certificate(s->root));
    assert_int_equal(chmod(s->path, 0666), 0);
    assert_fails(trust_load(s->path, &trust, &err), &err, ERROR_DENIED, s->path);
    assert_int_equal(chmod(s->path, 0644), 0);
    assert_ok(trust_load(s->path, &trust, &err), &err);
    assert_true(trust_anchors(trust).len > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_leads_to_the_anchor_is_trusted),
        TEST(what_a_server_sends_never_becomes_an_anchor),
        TEST(garbage_and_end_entities_are_passed_over),
        TEST(a_chain_stands_between_certificate_and_anchor),
        TEST(time_counts),
        TEST(anchors_come_from_a_file_that_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
