/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/ca.h"
#include "common/wire/entry.h"
#include "common/wire/status.h"

#include "policyd/signer/serial.h"
#include "tests/support/fake_signer_inside.h"

#define NOW_NS ((uint64_t)FIXTURE_NOW * 1000000000U)

/* ---- the journal --------------------------------------------------------------------- */

static uint64_t record(struct fake_signer *fake, const struct wire_message *message,
                       const void *content, enum wire_record type)
{
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    fake_must(wire_message_encode(message, content, &payload, &err), &err, "record");
    (void)pthread_mutex_lock(&fake->lock);
    size_t at = fake->chain.tree.size;
    fake->offsets[at] = fake->records.len;
    fake->types[at] = (uint16_t)type;
    audit_chain_append(&fake->chain, (uint16_t)type, NOW_NS, buf_bytes(&payload),
                       &fake->records);
    uint64_t sequence = fake->chain.tree.size;
    (void)pthread_mutex_unlock(&fake->lock);
    return sequence;
}

void fake_begin_journal(struct fake_signer *fake, const char *sentence)
{
    const struct wire_control begin = {.action = WIRE_CONTROL_RELOAD,
                                       .actor = {.program = "fake"},
                                       .sentence = sentence};

    (void)record(fake, &wire_control_message, &begin, WIRE_RECORD_CONTROL);
}

static void answer_tail(struct fake_signer *fake, const struct wire_frame *frame)
{
    AUTO(wire_journal_tail) tail = {0};
    struct error err = {0};

    fake_must(wire_journal_tail_decode(frame->payload, &tail, &err), &err, "tail");
    struct wire_journal_entry *entries = mem_array(tail.max, sizeof(*entries));
    struct wire_journal_records records = {.records = entries};
    (void)pthread_mutex_lock(&fake->lock);
    uint64_t last = fake->chain.tree.size;
    for (uint64_t n = tail.after; n < last && records.record_count < tail.max; n++) {
        struct audit_record r;
        size_t at = fake->offsets[n];
        struct wire_journal_entry *e = &entries[records.record_count++];

        (void)audit_record_read(buf_bytes(&fake->records), &at, &r);
        *e = (struct wire_journal_entry){.sequence = r.sequence,
                                         .time_ns = r.time_ns,
                                         .type = r.type,
                                         .payload = r.payload};
        memcpy(e->previous_sha256, r.previous.octets, WIRE_SHA256);
        memcpy(e->sha256, r.hash.octets, WIRE_SHA256);
    }
    records.more = tail.after + records.record_count < last;
    records.last = last;
    fake_must(wire_journal_records_frame(&records, frame->exchange, &fake->output, &err),
              &err, "records");
    (void)pthread_mutex_unlock(&fake->lock);
    free(entries);
}

static void answer_recorded(struct fake_signer *fake, const struct wire_frame *frame,
                            const struct wire_message *message, enum wire_record type)
{
    unsigned char content[4096] __attribute__((aligned(16)));
    struct wire_recorded recorded = {.recorded_utc = FIXTURE_NOW};
    struct error err = {0};

    fake_must(message->table->size <= sizeof(content), &err, "size");
    fake_must(wire_message_decode(message, frame->payload, content, &err), &err,
              "decoding what shall be recorded");
    recorded.journal_sequence = record(fake, message, content, type);
    wire_table_clear(message->table, content);
    memcpy(recorded.sha256, fake->chain.last.octets, WIRE_SHA256);
    fake_must(wire_recorded_frame(&recorded, frame->exchange, &fake->output, &err), &err,
              "recorded");
}

/* ---- certificates -------------------------------------------------------------------- */

static void refuse(struct fake_signer *fake, uint64_t exchange, const char *request_id)
{
    struct wire_signer_refusal refusal = {.request_id = request_id,
                                          .reason = fake->reason,
                                          .sentence = "the test says no",
                                          .retry_after_s = 7};
    struct error err = {0};

    fake_must(wire_signer_refusal_frame(&refusal, exchange, &fake->output, &err), &err,
              "refusal");
}

/* What the certificate will be made from, when it is not what was asked. */
struct twisted {
    struct wire_issue_intent intent;
    struct buf spki;
    struct wire_rdn subject[1];
    struct wire_san san[1];
    const char *ekus[WIRE_OIDS_MAX];
};

static void twist_names(struct twisted *t)
{
    t->subject[0] = (struct wire_rdn){
        {"2.5.4.3", "mallory", NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"};
    t->san[0] =
        (struct wire_san){{GENERAL_DNS, "", bytes_of_text("mallory.example.test")},
                          WIRE_PROOF_DIRECTORY,
                          "x"};
    t->intent.content.subject = t->subject;
    t->intent.content.subject_count = 1;
    t->intent.content.sans = t->san;
    t->intent.content.san_count = 1;
}

static void twist(struct twisted *t, enum fake_fault fault)
{
    struct wire_content *c = &t->intent.content;

    if (fault == FAKE_FAULT_OTHER_KEY) {
        fixture_spki(FIXTURE_EC, &t->spki);
        t->intent.spki = buf_bytes(&t->spki);
    } else if (fault == FAKE_FAULT_OTHER_NAME) {
        twist_names(t);
    } else if (fault == FAKE_FAULT_OTHER_END) {
        c->not_after_utc++;
    } else if (fault == FAKE_FAULT_OTHER_START) {
        c->not_before_utc--;
    } else if (fault == FAKE_FAULT_OTHER_TEMPLATE) {
        t->intent.template.minor++;
    } else if (fault == FAKE_FAULT_OTHER_SID) {
        t->intent.account.sid = "S-1-5-21-1-2-3-500";
    } else if (fault == FAKE_FAULT_OTHER_USAGE) {
        memcpy(t->ekus, c->ekus, c->eku_count * sizeof(*c->ekus));
        t->ekus[c->eku_count++] = "1.3.6.1.5.5.7.3.8";
        c->ekus = t->ekus;
    }
}

static void send_result(struct fake_signer *fake, struct wire_issue_result *result,
                        uint64_t exchange, enum fake_fault fault)
{
    struct wire_recorded recorded = {.journal_sequence = 1, .recorded_utc = FIXTURE_NOW};
    struct error err = {0};

    if (fault == FAKE_FAULT_SILENCE) {
        return;
    }
    if (fault == FAKE_FAULT_OTHER_SERIAL) {
        result->serial[SERIAL_SIZE - 1] ^= 1;
    }
    if (fault == FAKE_FAULT_OTHER_REQUEST) {
        result->request_id = "R-other";
    }
    if (fault == FAKE_FAULT_WRONG_TYPE) {
        fake_must(wire_recorded_frame(&recorded, exchange, &fake->output, &err), &err,
                  "recorded");
        return;
    }
    size_t before = fake->output.len;
    exchange += fault == FAKE_FAULT_STRANGE ? 1000000 : 0;
    fake_must(wire_issue_result_frame(result, exchange, &fake->output, &err), &err,
              "result");
    if (fault == FAKE_FAULT_CUT_FRAME) {
        buf_truncate(&fake->output, before + (fake->output.len - before) / 2);
        fake->close_client = true;
    }
}

static uint64_t record_result(struct fake_signer *fake, uint64_t intent,
                              const unsigned char *serial, struct bytes der,
                              struct bytes tail)
{
    struct wire_journal_result entry = {.intent_sequence = intent, .tail = tail};

    memcpy(entry.serial, serial, SERIAL_SIZE);
    digest_sha256(der.data, der.len, entry.certificate_sha256);
    return record(fake, &wire_journal_result_message, &entry, WIRE_RECORD_RESULT);
}

static void set_issuer(const struct fake_signer *fake, unsigned char *sha256)
{
    memcpy(sha256, cert_get_sha256(ca_get_certificate(fake->ca)), WIRE_SHA256);
}

static void finish(struct fake_signer *fake, const struct wire_frame *frame,
                   struct wire_issue_result *result, struct bytes tbs,
                   enum fake_fault fault)
{
    AUTO(buf) tail = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    if (fault == FAKE_FAULT_CLOSE_INTENT) {
        fake->close_client = true;
        return;
    }
    fake_must(ca_sign(fake->ca, tbs, &tail, &der, &err), &err, "signing");
    result->result_sequence = record_result(fake, result->intent_sequence, result->serial,
                                            buf_bytes(&der), buf_bytes(&tail));
    if (fault == FAKE_FAULT_CLOSE_RESULT) {
        fake->close_client = true;
        return;
    }
    result->certificate = buf_bytes(&der);
    result->node = FAKE_SIGNER_NODE;
    result->signed_utc = FIXTURE_NOW;
    set_issuer(fake, result->issuer_sha256);
    send_result(fake, result, frame->exchange, fault);
}

static void answer_intent(struct fake_signer *fake, const struct wire_frame *frame,
                          enum fake_fault fault)
{
    AUTO(wire_issue_intent) intent = {0};
    AUTO(buf) tbs = BUF_EMPTY;
    struct twisted twisted = {.spki = BUF_EMPTY};
    struct wire_journal_intent entry = {{0}, {0}, {NULL, 0}, {0}};
    struct error err = {0};

    fake_must(wire_issue_intent_decode(frame->payload, &intent, &err), &err, "intent");
    if (fault == FAKE_FAULT_REFUSE) {
        refuse(fake, frame->exchange, intent.request_id);
        return;
    }
    fake->close_client = fault == FAKE_FAULT_CLOSE_UNSEEN;
    if (fake->close_client) {
        return;
    }
    fake_must(serial_make(FAKE_SIGNER_NODE, FIXTURE_NOW, entry.serial, &err), &err,
              "serial");
    twisted.intent = intent;
    twist(&twisted, fault);
    fake_must(ca_build_tbs(fake->ca, &twisted.intent, entry.serial, &tbs, &err), &err,
              "TBS");
    buf_clear(&twisted.spki);
    entry.tbs = buf_bytes(&tbs);
    entry.intent = intent;
    set_issuer(fake, entry.issuer_sha256);
    struct wire_issue_result result = {.request_id = intent.request_id, .ca = intent.ca};
    memcpy(result.serial, entry.serial, SERIAL_SIZE);
    result.intent_sequence =
        record(fake, &wire_journal_intent_message, &entry, WIRE_RECORD_INTENT);
    finish(fake, frame, &result, buf_bytes(&tbs), fault);
}

/* As the real one would: names of the bounds file, here always these. */
static void answer_infrastructure(struct fake_signer *fake,
                                  const struct wire_frame *frame, enum fake_fault fault)
{
    AUTO(wire_infrastructure_intent) intent = {0};
    AUTO(buf) other_key = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct wire_journal_infrastructure entry = {{0}, {0}, {NULL, 0}, {0}};
    struct error err = {0};

    fake_must(wire_infrastructure_intent_decode(frame->payload, &intent, &err), &err,
              "infrastructure");
    if (fault == FAKE_FAULT_REFUSE) {
        refuse(fake, frame->exchange, intent.request_id);
        return;
    }
    fake_must(serial_make(FAKE_SIGNER_NODE, FIXTURE_NOW, entry.serial, &err), &err,
              "serial");
    fixture_spki(FIXTURE_EC, &other_key);
    struct fixture_leaf leaf = {
        .cn = "ca1.example.test",
        .extensions = {"subjectAltName=DNS:ca1.example.test",
                       "extendedKeyUsage=serverAuth"},
        .not_before_utc = FIXTURE_NOW,
        .not_after_utc = FIXTURE_NOW + (int64_t)intent.validity_s,
        .spki = fault == FAKE_FAULT_OTHER_KEY ? buf_bytes(&other_key) : intent.spki,
        .serial = {entry.serial, SERIAL_SIZE}};
    fixture_ca_issue(fake->fixture, &leaf, &der);
    fake_must(cert_parse(buf_bytes(&der), &cert, &err), &err, "parsing");
    entry.tbs = cert_get_tbs(cert);
    entry.intent = intent;
    struct wire_issue_result result = {.request_id = intent.request_id, .ca = intent.ca};
    memcpy(result.serial, entry.serial, SERIAL_SIZE);
    result.intent_sequence = record(fake, &wire_journal_infrastructure_message, &entry,
                                    WIRE_RECORD_INFRASTRUCTURE);
    finish(fake, frame, &result, cert_get_tbs(cert), fault);
}

/* ---- CRLs ---------------------------------------------------------------------------- */

static void crl_begin(struct fake_signer *fake, const struct wire_frame *frame)
{
    AUTO(wire_crl_begin) begin = {0};
    AUTO(buf) opened = BUF_EMPTY;
    struct error err = {0};

    crlstream_free(TAKE(fake->crl));
    fake_must(wire_crl_begin_decode(frame->payload, &begin, &err), &err, "crl");
    fake_must(ca_begin_crl(fake->ca, &begin, &opened, &fake->crl, &err), &err, "crl");
    struct wire_crl_opened answer = {buf_bytes(&opened), crlstream_tbs_octets(fake->crl)};
    fake_must(wire_crl_opened_frame(&answer, frame->exchange, &fake->output, &err), &err,
              "opened");
}

static void crl_entries(struct fake_signer *fake, const struct wire_frame *frame)
{
    AUTO(wire_crl_entries) entries = {0};
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    fake_must(wire_crl_entries_decode(frame->payload, &entries, &err), &err, "entries");
    fake_must(crlstream_add(fake->crl, &entries, &der, &err), &err, "entries");
    struct wire_crl_der answer = {buf_bytes(&der)};
    fake_must(wire_crl_der_frame(&answer, frame->exchange, &fake->output, &err), &err,
              "der");
}

static void crl_finish(struct fake_signer *fake, const struct wire_frame *frame)
{
    AUTO(wire_crl_finish) finish_crl = {0};
    AUTO(buf) head = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    struct wire_crl_signed answer = {.request_id = "crl", .signed_utc = FIXTURE_NOW};
    struct error err = {0};

    fake_must(wire_crl_finish_decode(frame->payload, &finish_crl, &err), &err, "finish");
    if (finish_crl.abandon) {
        crlstream_free(TAKE(fake->crl));
        fake->reason = WIRE_SIGNER_SEQUENCE;
        refuse(fake, frame->exchange, "");
        return;
    }
    fake_must(crlstream_close(fake->crl, answer.tbs_sha256, &err), &err, "close");
    fake_must(crlstream_sign(fake->crl, &head, &tail, &err), &err, "sign");
    crlstream_free(TAKE(fake->crl));
    struct wire_control stand_in = {.actor = {.program = "fake"}, .sentence = "a CRL"};
    answer.journal_sequence =
        record(fake, &wire_control_message, &stand_in, WIRE_RECORD_CONTROL);
    answer.head = buf_bytes(&head);
    answer.tail = buf_bytes(&tail);
    fake_must(wire_crl_signed_frame(&answer, frame->exchange, &fake->output, &err), &err,
              "signed");
}

/* ---- all ----------------------------------------------------------------------------- */

static void answer_control(struct fake_signer *fake, const struct wire_frame *frame)
{
    answer_recorded(fake, frame, &wire_control_message, WIRE_RECORD_CONTROL);
}

static void answer_revocation(struct fake_signer *fake, const struct wire_frame *frame)
{
    answer_recorded(fake, frame, &wire_revocation_message, WIRE_RECORD_REVOCATION);
}

static void answer_decisions(struct fake_signer *fake, const struct wire_frame *frame)
{
    answer_recorded(fake, frame, &wire_decision_batch_message, WIRE_RECORD_DECISIONS);
}

static void answer_approval(struct fake_signer *fake, const struct wire_frame *frame)
{
    answer_recorded(fake, frame, &wire_approval_record_message, WIRE_RECORD_APPROVAL);
}

void fake_answer(struct fake_signer *fake, const struct wire_frame *frame,
                 enum fake_fault fault)
{
    static void (*const answers[WIRE_TYPE_COUNT])(struct fake_signer *,
                                                  const struct wire_frame *) = {
        [WIRE_TYPE_JOURNAL_TAIL] = answer_tail,
        [WIRE_TYPE_CONTROL] = answer_control,
        [WIRE_TYPE_REVOCATION] = answer_revocation,
        [WIRE_TYPE_DECISION_BATCH] = answer_decisions,
        [WIRE_TYPE_APPROVAL_RECORD] = answer_approval,
        [WIRE_TYPE_CRL_BEGIN] = crl_begin,
        [WIRE_TYPE_CRL_ENTRIES] = crl_entries,
        [WIRE_TYPE_CRL_FINISH] = crl_finish,
    };

    if (frame->type == WIRE_TYPE_ISSUE_INTENT) {
        answer_intent(fake, frame, fault);
    } else if (frame->type == WIRE_TYPE_INFRASTRUCTURE_INTENT) {
        answer_infrastructure(fake, frame, fault);
    } else if (answers[frame->type] != NULL) {
        answers[frame->type](fake, frame);
    }
}
