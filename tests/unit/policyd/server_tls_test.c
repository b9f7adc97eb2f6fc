/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/key.h"
#include "common/pki/pem.h"

#include "policyd/server_tls.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define DAY INT64_C(86400)

struct bench {
    char *directory;
    char *tls_directory; /* in it */
    char *kept;          /* path of the file in that */
    char *chain_path, *key_path;
    struct fake_clock time;
    struct clock clock;
    struct fixture_ca *ca;
    const char *name;                     /* in what is issued */
    bool signer_away, chain_away, refuse; /* what fails */
    bool other_key;
    unsigned int issued, asked, shown;
    struct buf chain, key; /* as they were shown last */
    char *names[2];
    struct server_tls_options options;
    struct server_tls *tls;
};

static void issue(void *ctx, const struct server_wish *wish, struct server_outcome *out)
{
    struct bench *b = ctx;
    AUTO(string) san = mem_printf("subjectAltName=DNS:%s", b->name);
    AUTO(buf) other = BUF_EMPTY;
    int64_t now_utc = clock_now_utc(&b->clock);

    *out = (struct server_outcome){.reason = REASON_SIGNER, .detail = "it is away"};
    if (b->signer_away) {
        return;
    }
    fixture_spki(FIXTURE_EC, &other);
    out->reason = REASON_NONE;
    b->issued++;
    fixture_ca_issue(
        b->ca,
        &(struct fixture_leaf){.cn = "x",
                               .extensions = {san, "extendedKeyUsage=serverAuth"},
                               .not_before_utc = now_utc,
                               .not_after_utc = now_utc + (int64_t)wish->validity_s,
                               .spki = b->other_key ? buf_bytes(&other) : wish->spki},
        &out->certificate);
}

static bool get_chain(void *ctx, struct buf *pem, struct error *err)
{
    struct bench *b = ctx;

    b->asked++;
    if (b->chain_away) {
        return error_set(err, ERROR_UNAVAILABLE, "nobody there");
    }
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(b->ca), pem);
    return true;
}

static bool show(void *ctx, struct bytes chain_pem, struct bytes key_pem,
                 struct error *err)
{
    struct bench *b = ctx;

    if (b->refuse) {
        return error_set(err, ERROR_INVALID, "no binding is defined");
    }
    b->shown++;
    buf_truncate(&b->chain, 0);
    buf_truncate(&b->key, 0);
    buf_append(&b->chain, chain_pem.data, chain_pem.len);
    buf_append(&b->key, key_pem.data, key_pem.len);
    return true;
}

static int set_up(void **state)
{
    struct bench *b = mem_new(sizeof(*b));

    b->directory = temp_dir_new();
    b->tls_directory = mem_printf("%s/tls", b->directory);
    b->kept = mem_printf("%s/tls.pem", b->tls_directory);
    b->chain_path = mem_printf("%s/chain.pem", b->directory);
    b->key_path = mem_printf("%s/key.pem", b->directory);
    fake_clock_set(&b->time, FIXTURE_NOW);
    b->clock = fake_clock_port(&b->time);
    b->ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    b->name = "ca1.example.test";
    b->key = BUF_SECRET;
    b->options = (struct server_tls_options){.clock = &b->clock,
                                             .port = {issue, get_chain, show, b},
                                             .chain = b->chain_path,
                                             .key = b->key_path,
                                             .directory = b->tls_directory,
                                             .names = b->names,
                                             .validity_s = 30 * DAY,
                                             .renew_before_s = 10 * DAY};
    b->tls = server_tls_new(&b->options);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    server_tls_free(b->tls);
    fixture_ca_free(b->ca);
    buf_clear(&b->chain);
    buf_clear(&b->key);
    temp_dir_free(b->directory);
    free(b->tls_directory);
    free(b->kept);
    free(b->chain_path);
    free(b->key_path);
    free(b);
    return 0;
}

static void restart(struct bench *b)
{
    server_tls_free(b->tls);
    b->tls = server_tls_new(&b->options);
}

/* What main does each second. */
static void tick(struct bench *b)
{
    if (server_tls_is_due(b->tls)) {
        server_tls_keep(b->tls);
    }
}

static void expect(struct bench *b, unsigned int issued, unsigned int shown,
                   const char *problem)
{
    struct server_tls_state now;

    server_tls_get_state(b->tls, &now);
    assert_int_equal(b->issued, issued);
    assert_int_equal(b->shown, shown);
    if ((*problem == '\0') != (now.problem[0] == '\0') ||
        strstr(now.problem, problem) == NULL) {
        fail_msg("'%s' is not '%s'", now.problem, problem);
    }
}

static void it_is_issued_kept_and_shown(void **state)
{
    struct bench *b = *state;
    struct server_tls_state now;
    struct stat kept;
    AUTO(key) key = NULL;
    struct error err = {0};

    expect(b, 0, 0, "no certificate yet");
    assert_true(server_tls_is_due(b->tls));
    tick(b);

    expect(b, 1, 1, "");
    server_tls_get_state(b->tls, &now);
    assert_int_equal(now.not_after_utc, FIXTURE_NOW + 30 * DAY);
    assert_ok(key_from_pem(buf_bytes(&b->key), NULL, &key, &err), &err);
    assert_int_equal(stat(b->kept, &kept), 0);
    assert_int_equal(kept.st_mode & 0777, 0600);
    assert_false(server_tls_is_due(b->tls));
}

static void the_ca_stands_behind_it(void **state)
{
    struct bench *b = *state;
    AUTO(buf) ca = BUF_EMPTY;

    tick(b);
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(b->ca), &ca);

    assert_non_null(strstr(buf_text(&b->chain), buf_text(&ca)));
    assert_ptr_not_equal(strstr(buf_text(&b->chain), buf_text(&ca)), buf_text(&b->chain));
}

static void the_next_life_shows_what_was_kept(void **state)
{
    struct bench *b = *state;
    AUTO(buf) before = BUF_EMPTY;

    tick(b);
    buf_append(&before, b->chain.data, b->chain.len);
    b->signer_away = b->chain_away = true;
    restart(b);
    tick(b);

    expect(b, 1, 2, "");
    assert_string_equal(buf_text(&b->chain), buf_text(&before));
}

static void spoil(const struct bench *b, const char *text)
{
    struct error err = {0};

    assert_ok(file_write_atomic(b->kept, bytes_of_text(text), FILE_MODE(0600), &err),
              &err);
}

static void what_cannot_serve_any_more_is_issued_anew(void **state)
{
    char other[] = "other.example.test";
    struct bench *b = *state;

    tick(b);
    spoil(b, "not a key");
    restart(b);
    tick(b);
    expect(b, 2, 2, "");

    assert_int_equal(chmod(b->kept, 0644), 0); /* who knows who has read it */
    restart(b);
    tick(b);
    expect(b, 3, 3, "");

    fake_clock_advance(&b->time, 31 * DAY);
    restart(b);
    tick(b);
    expect(b, 4, 4, "");

    b->names[0] = other;
    b->options.name_count = 1;
    b->name = other;
    restart(b);
    tick(b);
    expect(b, 5, 5, "");

    restart(b); /* the near twin */
    tick(b);
    expect(b, 5, 6, "");
}

static void one_with_more_names_than_wanted_is_issued_anew(void **state)
{
    char wanted[] = "ca1.example.test";
    struct bench *b = *state;

    b->name = "ca1.example.test,DNS:more.example.test";
    tick(b);
    b->name = wanted;
    restart(b);
    tick(b);
    expect(b, 1, 2, ""); /* any will do */
    b->names[0] = wanted;
    b->options.name_count = 1;
    restart(b);
    tick(b);

    expect(b, 2, 3, "");
}

static void it_is_renewed_before_its_end(void **state)
{
    struct bench *b = *state;
    AUTO(buf) key = BUF_SECRET;

    tick(b);
    buf_append(&key, b->key.data, b->key.len);
    fake_clock_advance(&b->time, 20 * DAY - 1);
    assert_false(server_tls_is_due(b->tls));
    fake_clock_advance(&b->time, 1);
    assert_true(server_tls_is_due(b->tls));
    tick(b);

    expect(b, 2, 2, "");
    assert_string_not_equal(buf_text(&b->key), buf_text(&key));
    assert_false(server_tls_is_due(b->tls));
}

static void another_ca_gets_another_certificate(void **state)
{
    struct bench *b = *state;

    tick(b);
    server_tls_look_again(b->tls);
    tick(b);
    expect(b, 1, 1, "");
    assert_int_equal(b->asked, 2);

    fixture_ca_free(b->ca);
    b->ca = fixture_ca_new(FIXTURE_EC, "Another CA", NULL, -1);
    server_tls_look_again(b->tls);
    tick(b);
    expect(b, 2, 2, "");
}

static void a_look_that_failed_is_taken_again(void **state)
{
    struct bench *b = *state;

    tick(b);
    fixture_ca_free(b->ca);
    b->ca = fixture_ca_new(FIXTURE_EC, "Another CA", NULL, -1);
    b->chain_away = true;
    server_tls_look_again(b->tls);
    tick(b);
    expect(b, 1, 1, "nobody there");
    b->chain_away = false;
    fake_clock_advance(&b->time, 5);
    tick(b);

    expect(b, 2, 2, "");
}

static void what_failed_is_tried_again_ever_less_often(void **state)
{
    static const int64_t waits[] = {5, 10, 20, 40, 80, 160, 300, 300};
    struct bench *b = *state;

    b->signer_away = true;
    tick(b);
    expect(b, 0, 0, "SIGNER: it is away");
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        fake_clock_advance(&b->time, waits[i] - 1);
        assert_false(server_tls_is_due(b->tls));
        fake_clock_advance(&b->time, 1);
        assert_true(server_tls_is_due(b->tls));
        tick(b);
    }
    b->signer_away = false;
    server_tls_look_again(b->tls); /* the signer is back: at once */
    tick(b);

    expect(b, 1, 1, "");
}

static void the_old_one_is_shown_until_there_is_a_new_one(void **state)
{
    struct bench *b = *state;
    struct server_tls_state now;

    tick(b);
    b->signer_away = true;
    fake_clock_advance(&b->time, 20 * DAY);
    tick(b);
    expect(b, 1, 1, "SIGNER");
    server_tls_get_state(b->tls, &now);
    assert_true(now.shown);
    b->signer_away = false;
    fake_clock_advance(&b->time, 5);
    tick(b);

    expect(b, 2, 2, "");
}

static void a_certificate_of_another_key_is_not_shown(void **state)
{
    struct bench *b = *state;

    b->other_key = true;
    tick(b);
    expect(b, 1, 0, "the key is not the certificate's");
    b->other_key = false;
    fake_clock_advance(&b->time, 5);
    tick(b);

    expect(b, 2, 1, "");
}

static void one_that_cannot_be_kept_serves_all_the_same(void **state)
{
    struct bench *b = *state;
    struct error err = {0};

    assert_ok(file_write_atomic(b->options.directory, bytes_of_text("a file"),
                                FILE_MODE(0600), &err),
              &err);
    tick(b);

    expect(b, 1, 1, "");
}

static void one_that_cannot_be_shown_is_a_problem(void **state)
{
    struct bench *b = *state;

    b->refuse = true;
    tick(b);

    expect(b, 1, 0, "no binding is defined");
}

/* ---- of a file ----------------------------------------------------------------------- */

static void write_file(const char *path, struct bytes content, mode_t mode)
{
    struct error err = {0};

    assert_ok(file_write_atomic(path, content, FILE_MODE(mode), &err), &err);
}

/* A certificate with its key, in two files. */
static void write_pair(struct bench *b)
{
    AUTO(key) key = NULL;
    AUTO(buf) key_pem = BUF_SECRET;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) pem = BUF_EMPTY;
    struct error err = {0};

    assert_ok(key_generate(KEY_EC, 256, &key, &err), &err);
    assert_ok(key_to_pem(key, NULL, &key_pem, &err), &err);
    fixture_ca_issue(b->ca, &(struct fixture_leaf){.cn = "x", .spki = key_get_spki(key)},
                     &der);
    pem_write(PEM_CERTIFICATE, buf_bytes(&der), &pem);
    write_file(b->chain_path, buf_bytes(&pem), 0644);
    write_file(b->key_path, buf_bytes(&key_pem), 0600);
}

static void use_files(struct bench *b)
{
    b->options.from_file = true;
    restart(b);
}

static void that_of_a_file_is_read_again_when_told(void **state)
{
    struct bench *b = *state;
    AUTO(buf) before = BUF_EMPTY;

    use_files(b);
    write_pair(b);
    tick(b);
    expect(b, 0, 1, "");
    buf_append(&before, b->chain.data, b->chain.len);
    write_pair(b);
    tick(b);
    expect(b, 0, 1, "");
    server_tls_look_again(b->tls);
    tick(b);

    expect(b, 0, 2, "");
    assert_string_not_equal(buf_text(&b->chain), buf_text(&before));
    assert_int_equal(b->asked, 0);
}

static void files_that_do_not_fit_leave_what_is_shown(void **state)
{
    struct bench *b = *state;
    AUTO(buf) key = BUF_SECRET;

    use_files(b);
    tick(b);
    expect(b, 0, 0, "chain.pem");
    write_pair(b);
    fake_clock_advance(&b->time, 5);
    tick(b);
    expect(b, 0, 1, "");
    buf_append(&key, b->key.data, b->key.len);
    write_pair(b);
    write_file(b->key_path, buf_bytes(&key), 0600); /* that of the one before */
    server_tls_look_again(b->tls);
    tick(b);
    expect(b, 0, 1, "the key is not the certificate's");
    write_pair(b);
    assert_int_equal(chmod(b->key_path, 0640), 0);
    server_tls_look_again(b->tls);
    tick(b);
    expect(b, 0, 1, "key.pem");
    assert_int_equal(chmod(b->key_path, 0600), 0);
    server_tls_look_again(b->tls);
    tick(b);

    expect(b, 0, 2, "");
}

static void one_that_has_expired_is_a_problem(void **state)
{
    struct bench *b = *state;

    use_files(b);
    write_pair(b);
    tick(b);
    fake_clock_set(&b->time, FIXTURE_NOT_AFTER);
    expect(b, 0, 1, "");
    fake_clock_set(&b->time, FIXTURE_NOT_AFTER + 1);

    expect(b, 0, 1, "has expired");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(it_is_issued_kept_and_shown),
        STORY(the_ca_stands_behind_it),
        STORY(the_next_life_shows_what_was_kept),
        STORY(what_cannot_serve_any_more_is_issued_anew),
        STORY(one_with_more_names_than_wanted_is_issued_anew),
        STORY(it_is_renewed_before_its_end),
        STORY(another_ca_gets_another_certificate),
        STORY(a_look_that_failed_is_taken_again),
        STORY(what_failed_is_tried_again_ever_less_often),
        STORY(the_old_one_is_shown_until_there_is_a_new_one),
        STORY(a_certificate_of_another_key_is_not_shown),
        STORY(one_that_cannot_be_kept_serves_all_the_same),
        STORY(one_that_cannot_be_shown_is_a_problem),
        STORY(that_of_a_file_is_read_again_when_told),
        STORY(files_that_do_not_fit_leave_what_is_shown),
        STORY(one_that_has_expired_is_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
