/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/audit/directory.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/octets.h"
#include "common/pki/cert.h"
#include "common/pki/digest.h"
#include "common/pki/ext.h"
#include "common/pki/ext_words.h"
#include "common/pki/key.h"
#include "common/pki/pem.h"
#include "common/wire/content_names.h"
#include "common/wire/crl.h"
#include "common/wire/entry.h"
#include "common/wire/hello.h"
#include "common/wire/issue.h"
#include "common/wire/journal.h"
#include "common/wire/peer.h"
#include "common/wire/record.h"
#include "common/wire/status.h"

#include "policyd/signer/service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { WAIT_MS = 60000, HOUR_S = 3600, PIECE = 4096 };

static const char bounds_text[] =
    "[global]\nrealms = EXAMPLE.TEST\n"
    "[template Machine]\nca = lab\nkinds = machine\nvalidity_max = 365d\n"
    "ekus = clientAuth\ndns = example.test\n";

/* A signer and one connection to it, on one thread. */
struct house {
    char *directory, *conf;
    struct fake_clock fake;
    struct clock clock;
    struct local_listener listener;
    uid_t uid;
    struct service *service;
    struct serve *serve;
    int client;
    struct wire_reader reader;
    struct buf spki;
    struct wire_approval approval; /* goes with what is asked for; of nobody: none does */
};

static char *path_of(const struct house *h, const char *name)
{
    return mem_printf("%s/%s", h->directory, name);
}

static void put(const struct house *h, const char *name, struct bytes content)
{
    AUTO(string) path = path_of(h, name);
    struct error err = {0};

    assert_ok(file_write_atomic(path, content, FILE_MODE(0600), &err), &err);
}

static void put_ca(const struct house *h)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "Test Issuing CA", NULL, 0);
    AUTO(key) key = NULL;
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) certificate = BUF_EMPTY;
    AUTO(buf) passphrase = BUF_SECRET;
    struct error err = {0};

    buf_append_text(&passphrase, "correct horse battery staple");
    assert_ok(key_from_pem(fixture_ca_key(ca), NULL, &key, &err), &err);
    assert_ok(key_to_pem(key, &passphrase, &pem, &err), &err);
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(ca), &certificate);
    put(h, "ca.key", buf_bytes(&pem));
    put(h, "ca.crt", buf_bytes(&certificate));
    put(h, "pass", buf_bytes(&passphrase));
}

static void put_conf(const struct house *h)
{
    const char *d = h->directory;
    AUTO(string)
    text = mem_printf("[signer]\nsocket = %s/s\npeers = 0\nbounds = %s/bounds\n"
                      "[journal]\ndirectory = %s/journal\n"
                      "[checkpoint]\ndirectory = %s/checkpoints\nkey = %s/audit.key\n"
                      "[ca lab]\ncertificate = %s/ca.crt\nkey = %s/ca.key\n"
                      "passphrase_file = %s/pass\n",
                      d, d, d, d, d, d, d, d);

    put(h, "conf", bytes_of_text(text));
}

static void turn(struct house *h)
{
    struct error err = {0};

    assert_ok(serve_round(h->serve, WAIT_MS, NULL, &err), &err);
    service_run(h->service);
    serve_flush(h->serve);
}

static void send_frame(const struct house *h, const struct wire_message *message,
                       const void *record)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    assert_ok(wire_frame_append(message, 1, record, &out, &err), &err);
    assert_int_equal(send(h->client, out.data, out.len, MSG_NOSIGNAL), out.len);
}

/* The next frame, which is there already. */
static struct wire_frame receive(struct house *h)
{
    unsigned char piece[PIECE];
    struct wire_frame frame = {0};
    struct error err = {0};
    bool complete = false;

    for (;;) {
        assert_ok(wire_reader_next(&h->reader, &frame, &complete, &err), &err);
        if (complete) {
            return frame;
        }
        ssize_t n = recv(h->client, piece, sizeof(piece), MSG_DONTWAIT);
        assert_true(n > 0);
        wire_reader_feed(&h->reader, piece, (size_t)n);
    }
}

static struct wire_frame ask(struct house *h, const struct wire_message *message,
                             const void *record)
{
    send_frame(h, message, record);
    turn(h);
    return receive(h);
}

/* Another client; who keeps the one before has taken it. */
static void connect_again(struct house *h)
{
    const struct wire_hello hello = {.program = WIRE_PROGRAM_POLICYD,
                                     .software = "0.1.0",
                                     .version_oldest = WIRE_VERSION,
                                     .version_newest = WIRE_VERSION,
                                     .pid = 1,
                                     .in_flight_max = 1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(string) path = path_of(h, "s");

    memcpy(address.sun_path, path, strlen(path) + 1);
    h->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        connect(h->client, (const struct sockaddr *)&address, sizeof(address)), 0);
    wire_reader_init(&h->reader, wire_direction_types(WIRE_SIGNER_TO_POLICYD), false);
    turn(h);
    assert_int_equal(receive(h).type, WIRE_TYPE_HELLO);
    send_frame(h, &wire_hello_message, &hello);
    turn(h);
}

static void start(struct house *h)
{
    struct settings settings = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    assert_ok(settings_load(h->conf, &settings, NULL, &report, &err), &err);
    const struct local_options place = {settings.socket, 0600, (gid_t)-1};
    assert_ok(local_listen(&place, &h->listener, &err), &err);
    h->service = service_new(h->conf, &settings, &h->clock);
    h->uid = geteuid();
    const struct serve_options options = {
        .listener = h->listener.socket,
        .uids = &h->uid,
        .uid_count = 1,
        .connections_max = 2,
        .allowed = wire_direction_types(WIRE_POLICYD_TO_SIGNER),
        .hello = service_get_hello(h->service),
        .handler = service_get_handler(h->service)};
    h->serve = serve_new(&options);
    connect_again(h);
}

static void stop(struct house *h)
{
    service_stop(h->service);
    serve_free(h->serve);
    service_free(h->service);
    file_close(&h->client);
    file_close(&h->listener.socket);
    file_close(&h->listener.lock);
    wire_reader_clear(&h->reader);
}

static int set_up(void **state)
{
    struct house *h = mem_new(sizeof(*h));

    h->directory = temp_dir_new();
    h->conf = path_of(h, "conf");
    h->fake = (struct fake_clock){FIXTURE_NOW * CLOCK_NS_PER_SECOND,
                                  INT64_C(1000) * CLOCK_NS_PER_SECOND};
    h->clock = fake_clock_port(&h->fake);
    fixture_spki(FIXTURE_EC, &h->spki);
    put_ca(h);
    put_conf(h);
    put(h, "bounds", bytes_of_text(bounds_text));
    start(h);
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    struct house *h = *state;

    stop(h);
    temp_dir_free(h->directory);
    buf_clear(&h->spki);
    free(h->conf);
    free(h);
    return 0;
}

static struct wire_frame ask_issue(struct house *h, const char *template, const char *dns)
{
    struct wire_rdn subject = {
        {"2.5.4.3", "web1.example.test", NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"};
    struct wire_san san = {
        {GENERAL_DNS, "", bytes_of_text(dns)}, WIRE_PROOF_DIRECTORY, "dNSHostName"};
    const char *ekus[] = {EXT_PURPOSE_CLIENT};
    int64_t now_utc = clock_now_utc(&h->clock);
    const struct wire_issue_intent intent = {
        .request_id = "R-1",
        .ca = "lab",
        .template = {.oid = "1.2.3.4", .name = template, .major = 1},
        .account = {.id = "a-1",
                    .kind = WIRE_ACCOUNT_MACHINE,
                    .principal = "host/web1.example.test@EXAMPLE.TEST",
                    .sid = ""},
        .content = {.subject = &subject,
                    .subject_count = 1,
                    .sans = &san,
                    .san_count = 1,
                    .ekus = ekus,
                    .eku_count = 1,
                    .not_before_utc = now_utc - 60,
                    .not_after_utc = now_utc + HOUR_S,
                    .key_usage = EXT_KU_DIGITAL_SIGNATURE},
        .spki = buf_bytes(&h->spki),
        .approvals = &h->approval,
        .approval_count = h->approval.request_id != NULL,
        .decided_utc = now_utc,
        .deadline_ms = 1000};

    return ask(h, &wire_issue_intent_message, &intent);
}

static void order(struct house *h, enum wire_control_action action)
{
    const struct wire_control control = {
        action, {.uid = 0, .program = "policyctl"}, "because"};

    assert_int_equal(ask(h, &wire_control_message, &control).type, WIRE_TYPE_RECORDED);
}

static void assert_issued(const struct wire_frame *frame)
{
    if (frame->type == WIRE_TYPE_SIGNER_REFUSAL) {
        AUTO(wire_signer_refusal) refusal = {0};
        struct error err = {0};

        assert_ok(wire_signer_refusal_decode(frame->payload, &refusal, &err), &err);
        print_error("refused: %s\n", refusal.sentence);
    }
    assert_int_equal(frame->type, WIRE_TYPE_ISSUE_RESULT);
}

static void assert_refused(const struct wire_frame *frame, enum wire_signer_reason reason)
{
    AUTO(wire_signer_refusal) refusal = {0};
    struct error err = {0};

    assert_int_equal(frame->type, WIRE_TYPE_SIGNER_REFUSAL);
    assert_ok(wire_signer_refusal_decode(frame->payload, &refusal, &err), &err);
    assert_string_equal(wire_signer_reason_name(refusal.reason),
                        wire_signer_reason_name(reason));
    assert_true(refusal.journal_sequence > 0);
}

struct counts {
    unsigned int of[WIRE_RECORD_END];
};

static bool count(void *ctx, const struct audit_record *record, struct error *err)
{
    struct counts *counts = ctx;

    (void)err;
    counts->of[record->type]++;
    return true;
}

static struct counts read_journal(const struct house *h)
{
    AUTO(string) path = path_of(h, "journal");
    struct counts counts = {{0}};
    const struct audit_visitor visitor = {count, &counts};
    struct audit_chain chain;
    struct segment_end end;
    struct error err = {0};

    assert_ok(audit_verify(path, &visitor, &chain, &end, &err), &err);
    return counts;
}

/* Nothing is signed for what no private key can belong to, and its refusal stands there instead. */
static void a_point_off_its_curve_is_no_key(void **state)
{
    struct house *h = *state;
    const unsigned int intents = read_journal(h).of[WIRE_RECORD_INTENT];

    h->spki.data[h->spki.len - 1] ^= 1; /* the end of y, on the CA's own curve */
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_BOUNDS);
    assert_int_equal(read_journal(h).of[WIRE_RECORD_INTENT], intents);

    h->spki.data[h->spki.len - 1] ^= 1;
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

static void what_is_issued_stands_in_the_journal(void **state)
{
    struct house *h = *state;
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    AUTO(wire_issue_result) result = {0};
    AUTO(cert) cert = NULL;
    struct error err = {0};

    assert_issued(&frame);
    assert_ok(wire_issue_result_decode(frame.payload, &result, &err), &err);
    assert_ok(cert_parse(result.certificate, &cert, &err), &err);
    assert_memory_equal(cert_get_serial(cert).data, result.serial, WIRE_SERIAL);
    assert_true(result.result_sequence > result.intent_sequence);
    struct counts counts = read_journal(h);
    assert_int_equal(counts.of[WIRE_RECORD_INTENT], 1);
    assert_int_equal(counts.of[WIRE_RECORD_RESULT], 1);
}

static void what_is_refused_stands_in_the_journal_too(void **state)
{
    struct house *h = *state;
    struct wire_frame frame = ask_issue(h, "WebServer", "web1.example.test");

    assert_refused(&frame, WIRE_SIGNER_UNKNOWN_PROFILE);
    frame = ask_issue(h, "Machine", "web1.example.org");
    assert_refused(&frame, WIRE_SIGNER_BOUNDS);
    struct counts counts = read_journal(h);
    assert_int_equal(counts.of[WIRE_RECORD_REFUSAL], 2);
    assert_int_equal(counts.of[WIRE_RECORD_INTENT], 0);
}

static void frozen_stays_frozen_over_a_restart(void **state)
{
    struct house *h = *state;

    order(h, WIRE_CONTROL_FREEZE);
    stop(h);
    start(h);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_FROZEN);

    order(h, WIRE_CONTROL_THAW);
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

static void a_jump_of_the_clock_stops_issuing_until_it_is_confirmed(void **state)
{
    struct house *h = *state;

    fake_clock_set(&h->fake, FIXTURE_NOW + HOUR_S);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_CLOCK);

    order(h, WIRE_CONTROL_CONFIRM_CLOCK);
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

static void a_clock_behind_the_journal_issues_nothing(void **state)
{
    struct house *h = *state;

    stop(h);
    fake_clock_set(&h->fake, FIXTURE_NOW - HOUR_S);
    start(h);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_CLOCK);

    fake_clock_set(&h->fake, FIXTURE_NOW + 1);
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

static void without_bounds_it_starts_and_says_why(void **state)
{
    const struct wire_status_request request = {true};
    struct house *h = *state;
    AUTO(wire_signer_status) status = {0};
    struct error err = {0};

    put(h, "bounds", bytes_of_text("[nonsense]\n"));
    stop(h);
    start(h);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_BOUNDS);
    frame = ask(h, &wire_status_request_message, &request);
    assert_ok(wire_signer_status_decode(frame.payload, &status, &err), &err);
    assert_true(strlen(status.bounds.problem) > 0);
    assert_string_equal(status.cas[0].problem, "");

    put(h, "bounds", bytes_of_text(bounds_text));
    order(h, WIRE_CONTROL_RELOAD);
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

static void a_wrong_passphrase_signs_nothing(void **state)
{
    struct house *h = *state;

    put(h, "pass", bytes_of_text("wrong"));
    stop(h);
    start(h);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");

    assert_refused(&frame, WIRE_SIGNER_KEY);
}

static void the_tail_tells_every_record(void **state)
{
    const struct wire_journal_tail question = {0, 1024, 1000};
    struct house *h = *state;
    AUTO(wire_journal_records) records = {0};
    struct error err = {0};

    (void)ask_issue(h, "Machine", "web1.example.test");
    struct wire_frame frame = ask(h, &wire_journal_tail_message, &question);
    assert_int_equal(frame.type, WIRE_TYPE_JOURNAL_RECORDS);
    assert_ok(wire_journal_records_decode(frame.payload, &records, &err), &err);
    assert_int_equal(records.record_count, records.last);
    assert_false(records.more);
}

static void a_key_can_be_tested_and_a_checkpoint_made(void **state)
{
    const struct wire_self_test question = {"lab"};
    struct house *h = *state;

    assert_int_equal(ask(h, &wire_self_test_message, &question).type, WIRE_TYPE_RECORDED);
    order(h, WIRE_CONTROL_CHECKPOINT);
    struct counts counts = read_journal(h);
    assert_int_equal(counts.of[WIRE_RECORD_SELF_TEST], 1);
    assert_true(counts.of[WIRE_RECORD_CHECKPOINT] > 0);
}

static void expect_journal_refusal(struct wire_frame frame, const char *part)
{
    AUTO(wire_signer_refusal) refusal = {0};
    struct error err = {0};

    assert_int_equal(frame.type, WIRE_TYPE_SIGNER_REFUSAL);
    assert_ok(wire_signer_refusal_decode(frame.payload, &refusal, &err), &err);
    assert_int_equal(refusal.reason, WIRE_SIGNER_JOURNAL);
    assert_non_null(strstr(refusal.sentence, part));
}

static void an_older_journal_is_named_and_left_alone(void **state)
{
    struct house *h = *state;
    AUTO(string) journal = path_of(h, "journal");
    AUTO(string) aside = path_of(h, "journal-aside");

    (void)ask_issue(h, "Machine", "web1.example.test");
    stop(h); /* with a checkpoint */
    assert_int_equal(rename(journal, aside), 0);
    start(h);

    for (int i = 0; i < 3; i++) {
        const struct wire_journal_tail tail = {.max = 1024, .deadline_ms = 1000};

        expect_journal_refusal(ask(h, &wire_journal_tail_message, &tail),
                               "an older journal was put in its place");
        expect_journal_refusal(ask_issue(h, "Machine", "web1.example.test"),
                               "an older journal was put in its place");
        fake_clock_advance(&h->fake, 2);
    }
    struct counts counts = read_journal(h);
    assert_int_equal(counts.of[WIRE_RECORD_START], 1);
    assert_int_equal(counts.of[WIRE_RECORD_REFUSAL], 0);
}

static void a_reload_by_signal_and_orders_in_one_round_do_no_harm(void **state)
{
    const struct wire_self_test test = {"lab"};
    const struct wire_control checkpoint = {
        WIRE_CONTROL_CHECKPOINT, {.uid = 0, .program = "policyctl"}, ""};
    struct house *h = *state;
    struct error err = {0};

    assert_ok(service_reload(h->service, &err), &err);
    send_frame(h, &wire_self_test_message, &test);
    send_frame(h, &wire_control_message, &checkpoint);
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_int_equal(frame.type, WIRE_TYPE_RECORDED);
    assert_int_equal(receive(h).type, WIRE_TYPE_RECORDED);
    frame = receive(h);
    assert_issued(&frame);
    assert_true(read_journal(h).of[WIRE_RECORD_CA] >= 2);
}

static struct wire_crl_begin crl_of(uint64_t number)
{
    return (struct wire_crl_begin){.request_id = "crl",
                                   .ca = "lab",
                                   .number = number,
                                   .this_update_utc = FIXTURE_NOW,
                                   .next_update_utc = FIXTURE_NOW + HOUR_S,
                                   .deadline_ms = 1000};
}

/* An empty CRL from its beginning to its signature. */
static void make_crl(struct house *h, const struct wire_crl_begin *begin)
{
    const struct wire_crl_finish finish = {false, 0};

    assert_int_equal(ask(h, &wire_crl_begin_message, begin).type, WIRE_TYPE_CRL_OPENED);
    assert_int_equal(ask(h, &wire_crl_finish_message, &finish).type,
                     WIRE_TYPE_CRL_SIGNED);
}

/* At its beginning already, before anybody sends entries; that leaves no record. */
static void refuse_crl(struct house *h, const struct wire_crl_begin *begin)
{
    struct wire_frame frame = ask(h, &wire_crl_begin_message, begin);
    AUTO(wire_signer_refusal) refusal = {0};
    struct error err = {0};

    assert_int_equal(frame.type, WIRE_TYPE_SIGNER_REFUSAL);
    assert_ok(wire_signer_refusal_decode(frame.payload, &refusal, &err), &err);
    assert_int_equal(refusal.reason, WIRE_SIGNER_SEQUENCE);
}

static void crl_numbers_of_a_scope_only_rise(void **state) /* RFC 5280 5.2.3 */
{
    struct house *h = *state;
    struct wire_crl_begin begin = crl_of(7);

    make_crl(h, &begin);
    refuse_crl(h, &begin);
    begin.number = 6;
    refuse_crl(h, &begin);
    begin.shard = 1; /* of another scope it is free */
    make_crl(h, &begin);
    begin.shard = 0;
    begin.generation = 1;
    make_crl(h, &begin);
    begin.generation = 0;
    begin.number = 8;
    make_crl(h, &begin);
}

/* Days between the runs, so that a start reads no more than the last one. */
static void crl_numbers_outlive_every_run(void **state)
{
    struct house *h = *state;
    struct wire_crl_begin begin = crl_of(7);

    make_crl(h, &begin);
    for (unsigned int run = 0; run < 3; run++) {
        stop(h);
        h->fake.now_ns += INT64_C(3) * 24 * HOUR_S * CLOCK_NS_PER_SECOND;
        start(h);
        refuse_crl(h, &begin);
    }
    assert_true(read_journal(h).of[WIRE_RECORD_CRL_NUMBER] >= 3);
    begin.number = 8;
    make_crl(h, &begin);
}

/* Two connections may have begun with the same number: who ends first has it. */
static void one_number_is_not_signed_twice(void **state)
{
    const struct wire_crl_finish finish = {false, 0};
    const struct wire_crl_begin begin = crl_of(7);
    struct house *h = *state;

    assert_int_equal(ask(h, &wire_crl_begin_message, &begin).type, WIRE_TYPE_CRL_OPENED);
    int first = h->client;
    struct wire_reader reader = h->reader;
    connect_again(h);
    make_crl(h, &begin);
    file_close(&h->client);
    wire_reader_clear(&h->reader);
    h->client = first;
    h->reader = reader;
    struct wire_frame frame = ask(h, &wire_crl_finish_message, &finish);
    assert_refused(&frame, WIRE_SIGNER_SEQUENCE);
    assert_int_equal(read_journal(h).of[WIRE_RECORD_CRL], 1);
}

static void a_crl_is_recorded_before_it_is_signed(void **state)
{
    const struct wire_crl_begin begin = crl_of(1);
    const struct wire_crl_finish finish = {false, 0};
    struct house *h = *state;

    struct wire_frame frame = ask(h, &wire_crl_finish_message, &finish);
    assert_refused(&frame, WIRE_SIGNER_SEQUENCE);
    assert_int_equal(ask(h, &wire_crl_begin_message, &begin).type, WIRE_TYPE_CRL_OPENED);
    assert_int_equal(ask(h, &wire_crl_finish_message, &finish).type,
                     WIRE_TYPE_CRL_SIGNED);
    assert_int_equal(read_journal(h).of[WIRE_RECORD_CRL], 1);
}

/* ---- approvals ----------------------------------------------------------------------- */

enum { APPROVED_S = 3600 };

/* Somebody approves what ask_issue() asks for with this name. */
static struct wire_approval_record approval_of(const struct house *h, const char *dns)
{
    struct wire_rdn subject = {.ava = {.oid = "2.5.4.3", .value = "web1.example.test"}};
    struct wire_san san = {.name = {GENERAL_DNS, "", bytes_of_text(dns)}};
    const struct wire_content content = {
        .subject = &subject, .subject_count = 1, .sans = &san, .san_count = 1};
    struct wire_approval_record record = {
        .request_id = "R-1",
        .account = {.id = "a-1",
                    .kind = WIRE_ACCOUNT_MACHINE,
                    .principal = "host/web1.example.test@EXAMPLE.TEST",
                    .sid = ""},
        .template = {.oid = "1.2.3.4", .name = "Machine", .major = 1},
        .approved = true,
        .approver = {.id = "carol",
                     .kind = WIRE_ACCOUNT_USER,
                     .principal = "carol@EXAMPLE.TEST",
                     .sid = ""},
        .group = "cn=approvers",
        .approved_utc = clock_now_utc(&h->clock),
        .valid_until_utc = clock_now_utc(&h->clock) + APPROVED_S,
        .sentence = "as agreed"};
    AUTO(buf) names = BUF_EMPTY;

    wire_content_append_names(&content, record.template.content_sha256, &names);
    digest_sha256(names.data, names.len, record.names_sha256);
    digest_sha256(h->spki.data, h->spki.len, record.spki_sha256);
    return record;
}

/* Have it recorded, and show it with what is asked for from now on. */
static void approve(struct house *h, const struct wire_approval_record *record)
{
    const struct wire_frame frame = ask(h, &wire_approval_record_message, record);
    AUTO(wire_recorded) recorded = {0};
    struct error err = {0};

    assert_int_equal(frame.type, WIRE_TYPE_RECORDED);
    assert_ok(wire_recorded_decode(frame.payload, &recorded, &err), &err);
    h->approval = (struct wire_approval){.request_id = "R-1",
                                         .approver = record->approver,
                                         .group = record->group,
                                         .approved_utc = record->approved_utc,
                                         .valid_until_utc = record->valid_until_utc,
                                         .journal_sequence = recorded.journal_sequence};
}

static void an_approval_is_good_for_the_names_that_were_shown(void **state)
{
    struct house *h = *state;
    struct wire_approval_record record = approval_of(h, "web1.example.test");

    approve(h, &record);
    struct wire_frame frame = ask_issue(h, "Machine", "web2.example.test");
    assert_refused(&frame, WIRE_SIGNER_APPROVAL);
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

/* What policyd says of an approval must be what the journal says. */
static void an_approval_is_what_was_recorded_and_no_more(void **state)
{
    struct house *h = *state;
    const struct wire_approval_record good = approval_of(h, "web1.example.test");
    struct wire_approval_record bad[] = {good, good, good, good};

    bad[0].approved = false;
    bad[1].request_id = "R-2";
    bad[2].spki_sha256[0] ^= 1;
    bad[3].account.id = "a-2";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        approve(h, &bad[i]);
        struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
        assert_refused(&frame, WIRE_SIGNER_APPROVAL);
    }
    approve(h, &good);
    h->approval.journal_sequence--;
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_refused(&frame, WIRE_SIGNER_APPROVAL);
    h->approval.journal_sequence++;
    frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

/* Whole frames, whose payload ends too early. */
static void no_truncation_of_a_question_does_harm(void **state)
{
    const struct wire_control control = {
        WIRE_CONTROL_FREEZE, {.uid = 0, .program = "policyctl"}, "because"};
    struct house *h = *state;
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    assert_ok(wire_control_encode(&control, &payload, &err), &err);
    for (size_t len = 0; len < payload.len; len++) {
        unsigned char head[WIRE_FRAME_HEAD] = {0};

        octets_put_u32(head, (uint32_t)(WIRE_FRAME_HEAD - 4 + len));
        head[4] = WIRE_VERSION;
        octets_put_u16(head + 5, WIRE_TYPE_CONTROL);
        assert_int_equal(send(h->client, head, sizeof(head), MSG_NOSIGNAL), sizeof(head));
        assert_int_equal(send(h->client, payload.data, len, MSG_NOSIGNAL), len);
        turn(h);
        struct wire_frame frame = receive(h);
        assert_refused(&frame, WIRE_SIGNER_MALFORMED);
    }
    struct wire_frame frame = ask_issue(h, "Machine", "web1.example.test");
    assert_issued(&frame);
}

int main(void)
{
#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_HOUSE(a_point_off_its_curve_is_no_key),
        IN_HOUSE(what_is_issued_stands_in_the_journal),
        IN_HOUSE(what_is_refused_stands_in_the_journal_too),
        IN_HOUSE(frozen_stays_frozen_over_a_restart),
        IN_HOUSE(a_jump_of_the_clock_stops_issuing_until_it_is_confirmed),
        IN_HOUSE(a_clock_behind_the_journal_issues_nothing),
        IN_HOUSE(without_bounds_it_starts_and_says_why),
        IN_HOUSE(a_wrong_passphrase_signs_nothing),
        IN_HOUSE(the_tail_tells_every_record),
        IN_HOUSE(an_older_journal_is_named_and_left_alone),
        IN_HOUSE(a_key_can_be_tested_and_a_checkpoint_made),
        IN_HOUSE(a_reload_by_signal_and_orders_in_one_round_do_no_harm),
        IN_HOUSE(a_crl_is_recorded_before_it_is_signed),
        IN_HOUSE(crl_numbers_of_a_scope_only_rise),
        IN_HOUSE(crl_numbers_outlive_every_run),
        IN_HOUSE(one_number_is_not_signed_twice),
        IN_HOUSE(an_approval_is_good_for_the_names_that_were_shown),
        IN_HOUSE(an_approval_is_what_was_recorded_and_no_more),
        IN_HOUSE(no_truncation_of_a_question_does_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
