/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/cert_file.h"
#include "common/pki/csr.h"
#include "common/pki/ext_read.h"
#include "common/pki/pem.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"

#include "policyd/init/init.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define YEAR_S INT64_C(31536000)
#define CA_EXTENSIONS                                                                    \
    "basicConstraints=critical,CA:TRUE,pathlen:0",                                       \
        "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash",            \
        "authorityKeyIdentifier=keyid:always"

/* A place where a CA is to be, and roots of somebody's. */
struct house {
    char *directory, *journal_directory;
    char *certificate, *key, *passphrase, *chain, *request, *answer;
    struct fake_clock fake;
    struct clock clock;
    struct init_job job;
    struct init_place place;
    struct fixture_ca *root, *middle, *stranger;
};

static int set_up(void **state)
{
    struct house *h = mem_new(sizeof(*h));
    struct journal_options here = {.segment_max = 1 << 20};
    struct error err = {0};

    h->directory = temp_dir_new();
    h->journal_directory = mem_printf("%s/journal", h->directory);
    h->certificate = mem_printf("%s/ca.crt", h->directory);
    h->key = mem_printf("%s/ca.key", h->directory);
    h->passphrase = mem_printf("%s/ca.passphrase", h->directory);
    h->chain = mem_printf("%s/root.crt", h->directory);
    h->request = mem_printf("%s/ca.csr", h->directory);
    h->answer = mem_printf("%s/answer.pem", h->directory);
    h->fake = (struct fake_clock){FIXTURE_NOW * CLOCK_NS_PER_SECOND, 0};
    h->clock = fake_clock_port(&h->fake);
    h->job = (struct init_job){
        .name = "lab",
        .issuing = {"Issuing CA", "Example", h->certificate, h->key, 10 * YEAR_S},
        .root = {.certificate = h->chain},
        .passphrase = h->passphrase};
    assert_int_equal(mkdir(h->journal_directory, 0700), 0);
    here.directory = h->journal_directory;
    assert_ok(journal_open(&here, (uint64_t)h->fake.now_ns, &h->place.journal, &err),
              &err);
    h->place.clock = &h->clock;
    h->place.node = 0x40;
    h->root = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    h->middle = fixture_ca_new(FIXTURE_EC, "Middle", h->root, 1);
    h->stranger = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    struct house *h = *state;
    char *const paths[] = {
        h->journal_directory, h->certificate, h->key, h->passphrase, h->chain,
        h->request,           h->answer};

    journal_free(h->place.journal);
    temp_dir_free(h->directory);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        free(paths[i]);
    }
    fixture_ca_free(h->root);
    fixture_ca_free(h->middle);
    fixture_ca_free(h->stranger);
    free(h);
    return 0;
}

static struct csr *read_request(const struct house *h)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    enum csr_fault fault = CSR_FAULT_NONE;
    struct csr *csr = NULL;
    bool found = false;
    struct error err = {0};

    assert_ok(file_read(h->request, 65536, FILE_TRUSTED, &text, &err), &err);
    struct pem pem = {buf_bytes(&text), 0};
    assert_ok(pem_next(&pem, PEM_REQUEST, CSR_DER_MAX, &der, &found, &err), &err);
    assert_true(found);
    assert_ok(csr_parse(buf_bytes(&der), &csr, &fault, &err), &err);
    return csr;
}

static struct csr *request(const struct house *h)
{
    struct error err = {0};

    assert_ok(init_request(&h->job, &h->place, h->request, &err), &err);
    return read_request(h);
}

/* ---- the request ----------------------------------------------------------------------- */

struct seen {
    unsigned int intents, made;
};

static bool see(void *ctx, const struct audit_record *record, struct error *err)
{
    struct seen *seen = ctx;

    if (record->type == WIRE_RECORD_AUTHORITY) {
        AUTO(wire_journal_authority) intent = {0};

        assert_ok(wire_journal_authority_decode(record->payload, &intent, err), err);
        assert_int_equal(intent.authority, WIRE_AUTHORITY_REQUEST);
        assert_int_equal(seen->intents++, seen->made);
    } else if (record->type == WIRE_RECORD_AUTHORITY_MADE) {
        seen->made++;
    }
    return true;
}

static void a_request_asks_for_a_ca_and_is_journalled(void **state) /* I1 */
{
    const struct house *h = *state;
    AUTO(csr) csr = request(h);
    struct seen seen = {0};
    const struct audit_visitor visitor = {see, &seen};
    const struct ext *basic = ext_list_find(&csr->extensions, EXT_OID_BASIC_CONSTRAINTS);
    struct ext_constraints constraints;
    struct error err = {0};

    assert_int_equal(csr->subject.count, 2);
    assert_string_equal(csr->subject.avas[0].value, "Example");
    assert_string_equal(csr->subject.avas[1].value, "Issuing CA");
    assert_non_null(basic);
    assert_ok(ext_read_basic_constraints(basic->der, &constraints, &err), &err);
    assert_true(constraints.ca && constraints.has_path_length);
    assert_int_equal(constraints.path_length, 0);
    assert_ok(journal_read(h->place.journal, 1, &visitor, &err), &err);
    assert_int_equal(seen.intents, 1);
    assert_int_equal(seen.made, 1);
}

static void a_second_request_has_the_same_key(void **state)
{
    const struct house *h = *state;
    AUTO(csr) first = request(h);
    struct error err = {0};

    assert_fails(init_request(&h->job, &h->place, h->request, &err), &err, ERROR_CONFLICT,
                 "exists: remove it");
    assert_int_equal(unlink(h->request), 0);
    AUTO(csr) second = request(h);
    assert_true(bytes_equal(key_get_spki(first->key), key_get_spki(second->key)));
}

/* ---- what comes back ------------------------------------------------------------------- */

static void append_pem(struct buf *out, struct bytes der)
{
    pem_write(PEM_CERTIFICATE, der, out);
}

static void write_text(const char *path, const struct buf *text)
{
    struct error err = {0};

    assert_ok(file_write_atomic(path, buf_bytes(text), FILE_MODE(0600), &err), &err);
}

enum above { NOTHING = 0, ROOT = 1, MIDDLE = 2, STRANGER = 4, UPSIDE_DOWN = 8 };

/* The answer file: a certificate of our key by some CA, and those said to be above it. */
static void answer(const struct house *h, const struct fixture_ca *by,
                   const struct fixture_leaf *leaf, unsigned int above)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;

    fixture_ca_issue(by, leaf, &der);
    if ((above & UPSIDE_DOWN) == 0) {
        append_pem(&text, buf_bytes(&der));
    }
    if ((above & ROOT) != 0) {
        append_pem(&text, fixture_ca_certificate(h->root));
    }
    if ((above & MIDDLE) != 0) {
        append_pem(&text, fixture_ca_certificate(h->middle));
    }
    if ((above & STRANGER) != 0) {
        append_pem(&text, fixture_ca_certificate(h->stranger));
    }
    if ((above & UPSIDE_DOWN) != 0) {
        append_pem(&text, buf_bytes(&der));
    }
    write_text(h->answer, &text);
}

static void install(const struct house *h)
{
    struct error err = {0};

    assert_ok(init_install(&h->job, &h->place, h->answer, &err), &err);
}

static void refuse(const struct house *h, enum error_code code, const char *words)
{
    struct error err = {0};

    assert_fails(init_install(&h->job, &h->place, h->answer, &err), &err, code, words);
    assert_int_equal(access(h->certificate, F_OK), -1);
}

static size_t count_certificates(const char *path)
{
    struct cert *certs[8] = {NULL};
    size_t count = 0;
    struct error err = {0};

    assert_ok(cert_file_read(path, FILE_TRUSTED, (struct cert_count){1, 8}, certs, &count,
                             &err),
              &err);
    for (size_t i = 0; i < count; i++) {
        cert_free(certs[i]);
    }
    return count;
}

static void an_answer_with_those_above_it_in_any_order_is_installed(void **state)
{
    const struct house *h = *state;
    AUTO(csr) csr = request(h);
    const struct fixture_leaf leaf = {.cn = "Issuing CA",
                                      .spki = key_get_spki(csr->key),
                                      .extensions = {CA_EXTENSIONS}};

    answer(h, h->middle, &leaf, ROOT | MIDDLE | UPSIDE_DOWN);
    install(h);

    assert_int_equal(count_certificates(h->certificate), 1);
    assert_int_equal(count_certificates(h->chain), 2);
    struct error err = {0};
    assert_fails(init_install(&h->job, &h->place, h->answer, &err), &err, ERROR_CONFLICT,
                 "has a certificate already");
    assert_fails(init_request(&h->job, &h->place, h->request, &err), &err, ERROR_CONFLICT,
                 "has a certificate already");
}

static void a_chain_that_is_there_need_not_be_sent_again(void **state)
{
    const struct house *h = *state;
    AUTO(csr) csr = request(h);
    AUTO(buf) chain = BUF_EMPTY;
    const struct fixture_leaf namesake = {
        .cn = "Root", .spki = key_get_spki(csr->key), .extensions = {CA_EXTENSIONS}};
    const struct fixture_leaf leaf = {.cn = "Issuing CA",
                                      .spki = key_get_spki(csr->key),
                                      .extensions = {CA_EXTENSIONS}};

    answer(h, h->root, &leaf, NOTHING);
    refuse(h, ERROR_INVALID, "the root above it is neither");
    append_pem(&chain, fixture_ca_certificate(h->stranger));
    write_text(h->chain, &chain);
    refuse(h, ERROR_INVALID, "");
    answer(h, h->root, &leaf, ROOT);
    refuse(h, ERROR_CONFLICT, "holds others above it");
    buf_truncate(&chain, 0);
    append_pem(&chain, fixture_ca_certificate(h->root));
    write_text(h->chain, &chain);
    answer(h, h->root, &namesake, NOTHING);
    refuse(h, ERROR_INVALID, "a root itself");
    answer(h, h->root, &leaf, NOTHING);
    install(h);
}

static void a_root_is_taken_only_from_a_file_that_nobody_else_can_write(void **state)
{
    const struct house *h = *state;
    AUTO(csr) csr = request(h);
    const struct fixture_leaf leaf = {.cn = "Issuing CA",
                                      .spki = key_get_spki(csr->key),
                                      .extensions = {CA_EXTENSIONS}};

    answer(h, h->root, &leaf, ROOT);
    assert_int_equal(chmod(h->answer, 0666), 0);
    refuse(h, ERROR_DENIED, "answer.pem");
    assert_int_equal(chmod(h->answer, 0644), 0);
    install(h);
}

static const struct {
    const char *label;
    struct fixture_leaf leaf; /* with our key */
    enum error_code code;
    const char *words; /* NULL: it is installed */
} answers[] = {
    {"no CA's",
     {.cn = "I",
      .extensions = {"basicConstraints=critical,CA:FALSE",
                     "keyUsage=critical,digitalSignature", "subjectKeyIdentifier=hash",
                     "authorityKeyIdentifier=keyid:always"}},
     ERROR_INVALID,
     "no CA's"},
    {"no cRLSign",
     {.cn = "I",
      .extensions = {"basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign",
                     "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always"}},
     ERROR_INVALID,
     "key usage"},
    {"no key usage",
     {.cn = "I",
      .extensions = {"basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash",
                     "authorityKeyIdentifier=keyid:always"}},
     ERROR_INVALID,
     ""},
    {"no key identifier",
     {.cn = "I",
      .extensions = {"basicConstraints=critical,CA:TRUE",
                     "keyUsage=critical,keyCertSign,cRLSign",
                     "authorityKeyIdentifier=keyid:always"}},
     ERROR_INVALID,
     "subjectKeyIdentifier"},
    {"over",
     {.cn = "I", .not_after_utc = FIXTURE_NOW - 1, .extensions = {CA_EXTENSIONS}},
     ERROR_INVALID,
     "expired"},
    {"to come",
     {.cn = "I", .not_before_utc = FIXTURE_NOW + 60, .extensions = {CA_EXTENSIONS}},
     ERROR_INVALID,
     "not yet valid"},
    {"the root's name",
     {.cn = "Root", .extensions = {CA_EXTENSIONS}},
     ERROR_INVALID,
     "do not stand above ours"},
    {"SHA-1",
     {.cn = "I", .digest = "SHA1", .extensions = {CA_EXTENSIONS}},
     ERROR_INVALID,
     ""},
    {"a wrong signature",
     {.cn = "I", .bad_signature = true, .extensions = {CA_EXTENSIONS}},
     ERROR_INVALID,
     "signature"},
    {"a critical extension that nobody knows",
     {.cn = "I", .extensions = {CA_EXTENSIONS, "1.2.3=critical,DER:05:00"}},
     ERROR_INVALID,
     "critical extension"},
    {"a right one", {.cn = "I", .extensions = {CA_EXTENSIONS}}, ERROR_NONE, NULL},
};

static void an_answer_that_cannot_serve_is_refused(void **state)
{
    const struct house *h = *state;
    AUTO(csr) csr = request(h);

    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct fixture_leaf leaf = answers[i].leaf;

        leaf.spki = key_get_spki(csr->key);
        answer(h, h->root, &leaf, ROOT);
        if (answers[i].words != NULL) {
            refuse(h, answers[i].code, answers[i].words);
        } else {
            install(h);
        }
    }
}

static void an_answer_to_somebody_elses_request_is_refused(void **state)
{
    const struct house *h = *state;
    struct fixture_leaf leaf = {.cn = "Issuing CA", .extensions = {CA_EXTENSIONS}};

    answer(h, h->root, &leaf, ROOT);
    refuse(h, ERROR_NOT_FOUND, "--csr-out");
    AUTO(csr) csr = request(h);
    refuse(h, ERROR_INVALID, "none of its certificates is of our key");
    leaf.spki = key_get_spki(csr->key);
    answer(h, h->root, &leaf, ROOT | STRANGER);
    refuse(h, ERROR_INVALID, "do not stand above ours");
    answer(h, h->middle, &leaf, MIDDLE);
    refuse(h, ERROR_INVALID, "do not end in a root");
    answer(h, h->stranger, &leaf, ROOT);
    refuse(h, ERROR_INVALID, "");
    answer(h, h->root, &leaf, ROOT);
    install(h);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_request_asks_for_a_ca_and_is_journalled),
        STORY(a_second_request_has_the_same_key),
        STORY(an_answer_with_those_above_it_in_any_order_is_installed),
        STORY(a_chain_that_is_there_need_not_be_sent_again),
        STORY(a_root_is_taken_only_from_a_file_that_nobody_else_can_write),
        STORY(an_answer_that_cannot_serve_is_refused),
        STORY(an_answer_to_somebody_elses_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
