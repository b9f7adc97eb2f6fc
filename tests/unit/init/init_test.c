/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/cert_trust.h"
#include "common/pki/key_file.h"
#include "common/pki/pem.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"
#include "common/wire/record.h"

#include "policyd/init/init.h"
#include "policyd/init/init_parts.h"
#include "policyd/signer/ca.h"
#include "policyd/signer/settings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define NOW    INT64_C(1800000000)
#define YEAR_S INT64_C(31536000)

struct house {
    char *directory, *journal_directory;
    char *paths[5]; /* certificate, key, passphrase, root's certificate, root's key */
    struct buf root_passphrase;
    struct fake_clock fake;
    struct clock clock;
    struct init_job job;
    struct init_place place;
};

static int set_up(void **state)
{
    static const char *const names[] = {"ca.crt", "ca.key", "ca.passphrase", "root.crt",
                                        "root.key"};
    struct house *h = mem_new(sizeof(*h));
    struct journal_options here = {.segment_max = 1 << 20};
    struct error err = {0};

    h->directory = temp_dir_new();
    h->journal_directory = mem_printf("%s/journal", h->directory);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        h->paths[i] = mem_printf("%s/%s", h->directory, names[i]);
    }
    h->root_passphrase = BUF_SECRET;
    buf_append_text(&h->root_passphrase, "a root's passphrase");
    h->fake = (struct fake_clock){NOW * CLOCK_NS_PER_SECOND, 0};
    h->clock = fake_clock_port(&h->fake);
    h->job = (struct init_job){
        .name = "lab",
        .issuing = {"Issuing CA", "Example", h->paths[0], h->paths[1], 10 * YEAR_S},
        .root = {"Root CA", "Example", h->paths[3], h->paths[4], 20 * YEAR_S},
        .passphrase = h->paths[2],
        .root_passphrase = &h->root_passphrase};
    assert_int_equal(mkdir(h->journal_directory, 0700), 0);
    here.directory = h->journal_directory;
    assert_ok(journal_open(&here, (uint64_t)h->fake.now_ns, &h->place.journal, &err),
              &err);
    h->place.clock = &h->clock;
    h->place.node = 0x40;
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    struct house *h = *state;

    journal_free(h->place.journal);
    for (size_t i = 0; i < COUNT_OF(h->paths); i++) {
        free(h->paths[i]);
    }
    buf_clear(&h->root_passphrase);
    temp_dir_free(h->directory);
    free(h->journal_directory);
    free(h);
    return 0;
}

static struct cert *read_cert(const char *path)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct cert *cert = NULL;
    bool found = false;
    struct error err = {0};

    assert_ok(file_read(path, 65536, FILE_TRUSTED, &text, &err), &err);
    struct pem pem = {buf_bytes(&text), 0};
    assert_ok(pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, &err), &err);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    return cert;
}

struct seen {
    unsigned int intents, made;
    bool in_order;
};

static bool see(void *ctx, const struct audit_record *record, struct error *err)
{
    struct seen *seen = ctx;

    if (record->type == WIRE_RECORD_AUTHORITY) {
        seen->in_order &= seen->intents == seen->made;
        seen->intents++;
    } else if (record->type == WIRE_RECORD_AUTHORITY_MADE) {
        seen->made++;
    }
    (void)err;
    return true;
}

static struct seen read_journal(const struct house *h)
{
    struct seen seen = {.in_order = true};
    const struct audit_visitor visitor = {see, &seen};
    struct error err = {0};

    assert_ok(journal_read(h->place.journal, 1, &visitor, &err), &err);
    return seen;
}

static void make(const struct house *h)
{
    struct error err = {0};

    assert_ok(init_make(&h->job, &h->place, &err), &err);
}

static void refuse(const struct house *h, enum error_code code, const char *words)
{
    struct error err = {0};

    assert_fails(init_make(&h->job, &h->place, &err), &err, code, words);
}

static void a_root_signs_an_issuing_ca_that_can_sign(void **state)
{
    const struct house *h = *state;
    const struct key_file file = {h->paths[1], h->paths[2], false};
    AUTO(cert) root = NULL;
    AUTO(cert) issuing = NULL;
    AUTO(key) root_key = NULL;
    AUTO(ca) ca = NULL;
    struct key *key = NULL;
    struct error err = {0};

    make(h);
    root = read_cert(h->paths[3]);
    issuing = read_cert(h->paths[0]);
    assert_true(cert_is_ca(root) && cert_is_ca(issuing));
    assert_ok(key_from_spki(cert_get_spki(root), &root_key, &err), &err);
    assert_ok(cert_check_signature(issuing, root_key, &err), &err);
    assert_ok(cert_check_signature(root, root_key, &err), &err);
    assert_int_equal(key_get_info(root_key)->bits, 384);
    assert_true(bytes_equal(cert_get_issuer(issuing), cert_get_subject(root)));
    assert_int_equal(cert_get_serial(issuing).len, SERIAL_SIZE);
    assert_true(cert_get_not_before_utc(issuing) < NOW - 3600);
    assert_ok(key_file_load(&file, &key, &err), &err);
    assert_ok(ca_new("lab", key, cert_get_der(issuing), &(struct ca_urls){0}, &ca, &err),
              &err);
}

static void every_signature_has_a_record_before_it(void **state) /* I1 */
{
    const struct house *h = *state;
    struct seen seen;

    make(h);
    seen = read_journal(h);

    assert_int_equal(seen.intents, 2);
    assert_int_equal(seen.made, 2);
    assert_true(seen.in_order);
}

static void keys_are_encrypted_and_for_us_alone(void **state)
{
    const struct house *h = *state;

    make(h);
    for (size_t i = 1; i < COUNT_OF(h->paths); i += 3) { /* both keys */
        AUTO(buf) pem = BUF_SECRET;
        struct stat info;
        struct error err = {0};

        assert_int_equal(stat(h->paths[i], &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        assert_ok(file_read(h->paths[i], 65536, FILE_SECRET, &pem, &err), &err);
        assert_non_null(strstr(buf_text(&pem), "ENCRYPTED"));
    }
}

static void nothing_is_made_twice(void **state)
{
    const struct house *h = *state;

    make(h);
    refuse(h, ERROR_CONFLICT, "has a certificate already");
    assert_int_equal(read_journal(h).intents, 2);
}

/* What a crash leaves behind is the files up to some point: here each of them is the last. */
static void a_rerun_takes_up_what_a_crash_left_behind(void **state)
{
    const struct house *h = *state;
    static const size_t order[] = {4, 3, 2, 1, 0}; /* in which the files appear */

    for (size_t kept = 0; kept < COUNT_OF(order); kept++) {
        make(h);
        for (size_t i = kept; i < COUNT_OF(order); i++) {
            assert_int_equal(unlink(h->paths[order[i]]), 0);
        }
        make(h);
        AUTO(cert) root = read_cert(h->paths[3]);
        AUTO(cert) issuing = read_cert(h->paths[0]);
        assert_true(bytes_equal(cert_get_issuer(issuing), cert_get_subject(root)));
        for (size_t i = 0; i < COUNT_OF(order); i++) {
            assert_int_equal(unlink(h->paths[i]), 0);
        }
    }
}

static void a_root_that_is_not_the_one_asked_for_is_left_alone(void **state)
{
    struct house *h = *state;

    make(h);
    assert_int_equal(unlink(h->paths[0]), 0);
    h->job.root.common_name = "Another Root";
    refuse(h, ERROR_CONFLICT, "another name");
    h->job.root.common_name = "Root CA";
    buf_append_text(&h->root_passphrase, "x");
    refuse(h, ERROR_AUTH, "root.key");
    buf_truncate(&h->root_passphrase, h->root_passphrase.len - 1);
    assert_int_equal(rename(h->paths[4], h->paths[0]), 0); /* handed out */
    h->job.issuing.certificate = h->paths[4];
    h->job.root.key = "/nonexistent/root.key";
    refuse(h, ERROR_CONFLICT, "without its key");
}

static void names_and_times_that_no_ca_can_have_are_refused(void **state)
{
    struct house *h = *state;

    h->job.issuing.common_name = h->job.root.common_name;
    refuse(h, ERROR_INVALID, "need different names");
    assert_int_equal(access(h->paths[4], F_OK), -1);
    h->job.issuing.common_name = "Issuing CA";
    h->job.issuing.validity_s = h->job.root.validity_s + 1;
    refuse(h, ERROR_INVALID, "outlast");
    h->job.issuing.validity_s--;
    make(h);
}

static void put(const struct house *h, enum wire_record type, const void *record)
{
    const uint64_t now_ns = (uint64_t)h->fake.now_ns;
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    assert_ok(wire_message_encode(wire_record_message(type), record, &payload, &err),
              &err);
    assert_ok(journal_prepare(h->place.journal, now_ns, &err), &err);
    (void)journal_append(h->place.journal, (uint16_t)type, now_ns, buf_bytes(&payload));
    assert_ok(journal_commit(h->place.journal, JOURNAL_SYNCED, &err), &err);
}

static void put_control(const struct house *h, enum wire_control_action action)
{
    const struct wire_control control = {
        .action = action, .actor = {.program = "test"}, .sentence = "an audit"};

    put(h, WIRE_RECORD_CONTROL, &control);
}

/* The journal as a run of its own would open it. */
static bool open_again(struct house *h, int64_t later_ns, struct error *err)
{
    const struct settings settings = {.journal = h->journal_directory,
                                      .segment = 1 << 20};

    journal_free(TAKE(h->place.journal));
    return init_open_journal(&settings, h->fake.now_ns + later_ns, &h->place.journal,
                             err);
}

static void a_service_that_may_not_sign_keeps_a_ca_from_being_made(void **state)
{
    struct house *h = *state;
    const struct wire_journal_start start = {
        .software = "0.1.0", .pid = 1, .node = 0x40, .frozen_sentence = ""};
    struct error err = {0};

    put(h, WIRE_RECORD_START, &start);
    put_control(h, WIRE_CONTROL_FREEZE);
    assert_fails(open_again(h, 1, &err), &err, ERROR_DENIED, "signing is stopped: ");

    assert_null(h->place.journal);
    const struct journal_options options = {h->journal_directory, 1 << 20};
    assert_ok(journal_open(&options, (uint64_t)h->fake.now_ns, &h->place.journal, &err),
              &err);
    put_control(h, WIRE_CONTROL_THAW);
    assert_ok(open_again(h, 1, &err), &err);
}

static void a_clock_behind_the_journal_keeps_a_ca_from_being_made(void **state)
{
    struct house *h = *state;
    struct error err = {0};

    put_control(h, WIRE_CONTROL_THAW);
    assert_fails(open_again(h, -1, &err), &err, ERROR_UNAVAILABLE, "clock is behind");
    assert_ok(open_again(h, 0, &err), &err);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_root_signs_an_issuing_ca_that_can_sign),
        STORY(every_signature_has_a_record_before_it),
        STORY(keys_are_encrypted_and_for_us_alone),
        STORY(nothing_is_made_twice),
        STORY(a_rerun_takes_up_what_a_crash_left_behind),
        STORY(a_root_that_is_not_the_one_asked_for_is_left_alone),
        STORY(names_and_times_that_no_ca_can_have_are_refused),
        STORY(a_service_that_may_not_sign_keeps_a_ca_from_being_made),
        STORY(a_clock_behind_the_journal_keeps_a_ca_from_being_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
