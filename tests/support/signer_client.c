/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_client: says one thing to a signer, for stories.
 *
 *     signer_client SOCKET issue machine|user|server SPKI OUT     DER in, PEM out
 *     signer_client SOCKET infrastructure tls|ocsp|ra CSR OUT SECONDS [DNS-NAME]...
 *     signer_client SOCKET revoke SERIAL
 *     signer_client SOCKET crl OUT NUMBER [SERIAL]...             DER; serials in order
 *     signer_client SOCKET decisions | self-test | checkpoint
 *     signer_client SOCKET status
 *     signer_client SOCKET tail                                   "SEQUENCE TYPE" lines
 *     signer_client SOCKET stranger                               what is told without asking
 *     signer_client SOCKET attack KIND SEED                       see signer_attack.h
 *
 * A refusal is printed as "REFUSED REASON RECORD SENTENCE", exit code 1; 2: no answer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/csr.h"
#include "common/pki/pem.h"
#include "common/wire/crl.h"
#include "common/wire/journal.h"
#include "common/wire/record.h"
#include "common/wire/status.h"

#include "tests/support/signer_attack.h"

enum { FILE_MAX = 1024 * 1024, REFUSED = 1, UNANSWERED = 2, WEEK_S = 604800 };

/* A question under way. */
struct client {
    const char *path;
    char **args; /* behind the verb */
    int arg_count;
    struct signer_talk talk;
    struct signer_reply reply;
};

static bool ask(struct client *c, const struct wire_message *message, const void *record,
                enum wire_type wanted, struct error *err)
{
    AUTO(buf) payload = BUF_EMPTY;

    if (!wire_message_encode(message, record, &payload, err) ||
        !signer_reply_get(&c->talk, message->type, buf_bytes(&payload), &c->reply, err)) {
        return false;
    }
    return c->reply.type == wanted ||
           error_set(err,
                     c->reply.type == WIRE_TYPE_SIGNER_REFUSAL ? ERROR_DENIED
                                                               : ERROR_INTERNAL,
                     "'%s' came", wire_type_name(c->reply.type));
}

static bool put_certificate(struct client *c, const char *path, struct error *err)
{
    AUTO(wire_issue_result) result = {0};
    AUTO(buf) pem = BUF_EMPTY;
    AUTO(buf) serial = BUF_EMPTY;

    if (!wire_issue_result_decode(buf_bytes(&c->reply.payload), &result, err)) {
        return false;
    }
    pem_write(PEM_CERTIFICATE, result.certificate, &pem);
    text_append_hex(&serial, result.serial, WIRE_SERIAL);
    (void)printf("%s\n", buf_text(&serial));
    return file_write_atomic(path, buf_bytes(&pem), FILE_MODE(0644), err);
}

static bool do_issue(struct client *c, struct error *err)
{
    AUTO(signer_intent) x = {0};
    AUTO(buf) spki = BUF_EMPTY;
    enum signer_base base = SIGNER_MACHINE;

    while (base < SIGNER_BASE_COUNT && strcmp(signer_base_name(base), c->args[0]) != 0) {
        base++;
    }
    if (base == SIGNER_BASE_COUNT) {
        return error_set(err, ERROR_INVALID, "'%s' is none of them", c->args[0]);
    }
    if (!file_read(c->args[1], FILE_MAX, FILE_ANY, &spki, err)) {
        return false;
    }
    signer_intent_init(&x, base, buf_bytes(&spki), (int64_t)time(NULL));
    return ask(c, &wire_issue_intent_message, &x.i, WIRE_TYPE_ISSUE_RESULT, err) &&
           put_certificate(c, c->args[2], err);
}

static bool do_infrastructure(struct client *c, struct error *err)
{
    struct wire_infrastructure_intent intent = {
        .request_id = "I-1", .ca = "lab", .crl_generation = 1, .deadline_ms = 60000};
    enum csr_fault fault = CSR_FAULT_NONE;
    AUTO(csr) csr = NULL;
    AUTO(buf) der = BUF_EMPTY;

    while (intent.profile + 1 < WIRE_PROFILE_COUNT &&
           strcmp(wire_profile_name(intent.profile), c->args[0]) != 0) {
        intent.profile++;
    }
    if (!file_read(c->args[1], FILE_MAX, FILE_ANY, &der, err) ||
        !text_parse_u64(c->args[3], 1, UINT32_MAX, &intent.validity_s, err) ||
        !csr_parse(buf_bytes(&der), &csr, &fault, err)) {
        return false;
    }
    AUTO(octets)
    names = mem_dup(c->args + 4, sizeof(char *) * (size_t)(c->arg_count - 4));
    intent.dns_names = (const char **)(void *)names;
    intent.dns_name_count = (size_t)(c->arg_count - 4);
    intent.spki = key_get_spki(csr->key);
    intent.csr = buf_bytes(&der);
    return ask(c, &wire_infrastructure_intent_message, &intent, WIRE_TYPE_ISSUE_RESULT,
               err) &&
           put_certificate(c, c->args[2], err);
}

static const struct wire_actor actor = {.program = "signer_client"};

static bool do_revoke(struct client *c, struct error *err)
{
    AUTO(buf) serial = BUF_EMPTY;

    if (!text_parse_hex(c->args[0], WIRE_SERIAL_MAX, &serial, err)) {
        return false;
    }
    const struct wire_revocation revocation = {.ca = "lab",
                                               .serial = buf_bytes(&serial),
                                               .reason = WIRE_REVOCATION_KEY_COMPROMISE,
                                               .revoked_utc = (int64_t)time(NULL),
                                               .crl_generation = 1,
                                               .actor = actor,
                                               .request_id = "",
                                               .sentence = "a story wants it"};
    return ask(c, &wire_revocation_message, &revocation, WIRE_TYPE_RECORDED, err);
}

static bool do_control(struct client *c, struct error *err)
{
    const struct wire_control control = {WIRE_CONTROL_CHECKPOINT, actor, "a story"};

    return ask(c, &wire_control_message, &control, WIRE_TYPE_RECORDED, err);
}

static bool do_decisions(struct client *c, struct error *err)
{
    const struct wire_decision_batch batch = {.first_sequence = 1,
                                              .count = 3,
                                              .refused = 1,
                                              .node = WIRE_NODE_MIN,
                                              .first_utc = 1,
                                              .last_utc = 2};

    return ask(c, &wire_decision_batch_message, &batch, WIRE_TYPE_RECORDED, err);
}

static bool do_approval(struct client *c, struct error *err)
{
    AUTO(signer_intent) x = {0};

    signer_intent_init(&x, SIGNER_MACHINE, bytes_of_text("x"), (int64_t)time(NULL));
    const struct wire_approval_record record = {.request_id = "R-1",
                                                .account = x.i.account,
                                                .template = x.i.template,
                                                .approved = true,
                                                .approver = x.i.account,
                                                .group = "cn=approvers",
                                                .sentence = "a story"};
    return ask(c, &wire_approval_record_message, &record, WIRE_TYPE_RECORDED, err);
}

static bool do_self_test(struct client *c, struct error *err)
{
    const struct wire_self_test test = {"lab"};

    return ask(c, &wire_self_test_message, &test, WIRE_TYPE_RECORDED, err);
}

/* ---- a CRL --------------------------------------------------------------------------- */

static bool collect_entries(struct client *c, struct wire_crl_entry *entries,
                            struct buf *octets, struct error *err)
{
    for (int i = 2; i < c->arg_count; i++) {
        if (!text_parse_hex(c->args[i], WIRE_SERIAL_MAX, octets, err)) {
            return false;
        }
    }
    for (int i = 2; i < c->arg_count; i++) {
        entries[i - 2] = (struct wire_crl_entry){
            .serial = {octets->data + (size_t)(i - 2) * WIRE_SERIAL, WIRE_SERIAL},
            .revoked_utc = (int64_t)time(NULL),
            .reason = WIRE_REVOCATION_KEY_COMPROMISE};
    }
    return true;
}

static bool stream(struct client *c, const struct wire_crl_begin *begin,
                   struct wire_crl_entry *entries, struct buf *body, struct error *err)
{
    const struct wire_crl_entries chunk = {entries, (size_t)begin->entry_count};
    AUTO(wire_crl_opened) opened = {0};
    AUTO(wire_crl_der) der = {0};

    if (!ask(c, &wire_crl_begin_message, begin, WIRE_TYPE_CRL_OPENED, err) ||
        !wire_crl_opened_decode(buf_bytes(&c->reply.payload), &opened, err)) {
        return false;
    }
    c->talk.same = true;
    buf_append(body, opened.der.data, opened.der.len);
    if (begin->entry_count == 0) {
        return true;
    }
    if (!ask(c, &wire_crl_entries_message, &chunk, WIRE_TYPE_CRL_DER, err) ||
        !wire_crl_der_decode(buf_bytes(&c->reply.payload), &der, err)) {
        return false;
    }
    buf_append(body, der.der.data, der.der.len);
    return true;
}

static bool do_crl(struct client *c, struct error *err)
{
    struct wire_crl_entry entries[64] = {{.revoked_utc = 0}};
    struct wire_crl_begin begin = {.request_id = "crl",
                                   .ca = "lab",
                                   .generation = 1,
                                   .this_update_utc = (int64_t)time(NULL) - 60,
                                   .next_update_utc = (int64_t)time(NULL) + WEEK_S,
                                   .entry_count = (uint64_t)(c->arg_count - 2),
                                   .deadline_ms = 60000};
    struct wire_crl_finish finish = {.entry_count = begin.entry_count};
    AUTO(wire_crl_signed) sealed = {0};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) body = BUF_EMPTY;
    AUTO(buf) crl = BUF_EMPTY;

    if (begin.entry_count > 64 || !collect_entries(c, entries, &octets, err) ||
        !text_parse_u64(c->args[1], 1, UINT32_MAX, &begin.number, err)) {
        return false;
    }
    for (size_t i = 0; i < begin.entry_count; i++) {
        begin.entry_octets += wire_crl_entry_octets(&entries[i]);
    }
    if (!stream(c, &begin, entries, &body, err) ||
        !ask(c, &wire_crl_finish_message, &finish, WIRE_TYPE_CRL_SIGNED, err) ||
        !wire_crl_signed_decode(buf_bytes(&c->reply.payload), &sealed, err)) {
        return false;
    }
    buf_append(&crl, sealed.head.data, sealed.head.len);
    buf_append(&crl, body.data, body.len);
    buf_append(&crl, sealed.tail.data, sealed.tail.len);
    return file_write_atomic(c->args[0], buf_bytes(&crl), FILE_MODE(0644), err);
}

/* ---- what is told -------------------------------------------------------------------- */

static bool do_status(struct client *c, struct error *err)
{
    const struct wire_status_request question = {true};
    AUTO(wire_signer_status) s = {0};

    if (!ask(c, &wire_status_request_message, &question, WIRE_TYPE_SIGNER_STATUS, err) ||
        !wire_signer_status_decode(buf_bytes(&c->reply.payload), &s, err)) {
        return false;
    }
    (void)printf("pid=%u\nsequence=%" PRIu64 "\nrecovered=%" PRIu64 "\nfailed=%d\n"
                 "octets_free=%" PRIu64 "\njournal_problem=%s\nfrozen=%d\n",
                 s.pid, s.journal.sequence, s.journal.recovered_octets, s.journal.failed,
                 s.journal.octets_free, s.journal.problem, s.frozen);
    for (size_t i = 0; i < s.counter_count; i++) {
        (void)printf("%s=%" PRIu64 "\n", s.counters[i].name, s.counters[i].value);
    }
    return true;
}

static bool do_tail(struct client *c, struct error *err)
{
    struct wire_journal_tail tail = {0, 1024, 60000};
    bool more = true;

    while (more) {
        AUTO(wire_journal_records) records = {0};

        if (!ask(c, &wire_journal_tail_message, &tail, WIRE_TYPE_JOURNAL_RECORDS, err) ||
            !wire_journal_records_decode(buf_bytes(&c->reply.payload), &records, err)) {
            return false;
        }
        for (size_t i = 0; i < records.record_count; i++) {
            tail.after = records.records[i].sequence;
            (void)printf("%" PRIu64 " %s\n", tail.after,
                         wire_record_name(records.records[i].type));
        }
        more = records.more;
    }
    return true;
}

/* Whoever is not answered at all is told so, and that is all. */
static bool do_stranger(struct client *c, struct error *err)
{
    struct wire_frame frame;

    if (!signer_talk_receive(&c->talk, &frame, err)) {
        return false;
    }
    c->reply.type = frame.type;
    buf_append(&c->reply.payload, frame.payload.data, frame.payload.len);
    return frame.type != WIRE_TYPE_SIGNER_REFUSAL ||
           (wire_signer_refusal_decode(buf_bytes(&c->reply.payload), &c->reply.refusal,
                                       err) &&
            error_set(err, ERROR_DENIED, "refused"));
}

static bool do_attack(struct client *c, struct error *err)
{
    const char *kind = c->args[0];
    AUTO(signer_attack) a = {0};
    uint64_t seed = 0;

    if (!text_parse_u64(c->args[1], 0, UINT64_MAX, &seed, err) ||
        !signer_attack_open(&a, c->path, err)) {
        return false;
    }
    a.seed = seed;
    if (strcmp(kind, "contents") == 0) {
        signer_attack_forge(&a, &signer_forged_contents);
    } else if (strcmp(kind, "names") == 0) {
        signer_attack_forge(&a, &signer_forged_names);
    } else if (strcmp(kind, "cut") == 0) {
        signer_attack_cut(&a);
    } else if (strcmp(kind, "bounds") == 0) {
        signer_attack_bounds(&a);
    } else if (strcmp(kind, "turn") == 0) {
        signer_attack_turn(&a);
    } else if (strcmp(kind, "frames") == 0) {
        signer_attack_frames(&a);
    } else {
        return error_set(err, ERROR_INVALID, "there is no attack '%s'", kind);
    }
    return true;
}

static const struct verb {
    const char *name;
    bool (*run)(struct client *c, struct error *err);
    int least, most; /* arguments */
} verbs[] = {
    {"issue", do_issue, 3, 3},         {"infrastructure", do_infrastructure, 4, 20},
    {"revoke", do_revoke, 1, 1},       {"crl", do_crl, 2, 66},
    {"decisions", do_decisions, 0, 0}, {"approval", do_approval, 0, 0},
    {"self-test", do_self_test, 0, 0}, {"checkpoint", do_control, 0, 0},
    {"status", do_status, 0, 0},       {"tail", do_tail, 0, 0},
    {"stranger", do_stranger, 0, 0},   {"attack", do_attack, 2, 2},
};

static const struct verb *find_verb(const char *name, int arg_count)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, name) == 0 && arg_count >= verbs[i].least &&
            arg_count <= verbs[i].most) {
            return &verbs[i];
        }
    }
    return NULL;
}

static int finish(struct client *c, bool ok, const struct error *err)
{
    int code = ok ? EXIT_SUCCESS : UNANSWERED;

    if (!ok && c->reply.type == WIRE_TYPE_SIGNER_REFUSAL) {
        (void)printf("REFUSED %s %" PRIu64 " %s\n",
                     wire_signer_reason_name(c->reply.refusal.reason),
                     c->reply.refusal.journal_sequence, c->reply.refusal.sentence);
        code = REFUSED;
    } else if (!ok) {
        (void)fprintf(stderr, "%s\n", err->message);
    }
    signer_talk_close(&c->talk);
    signer_reply_clear(&c->reply);
    return code;
}

int main(int argc, char *argv[])
{
    struct client c = {.talk = SIGNER_TALK_CLOSED};
    const struct verb *verb = argc < 3 ? NULL : find_verb(argv[2], argc - 3);
    struct error err = {0};

    if (verb == NULL) {
        (void)fprintf(stderr, "see the head of signer_client.c\n");
        return UNANSWERED;
    }
    c.path = argv[1];
    c.args = argv + 3;
    c.arg_count = argc - 3;
    bool greet = verb->run != do_stranger;
    bool ok = signer_talk_open(&c.talk, c.path, greet, &err) && verb->run(&c, &err);
    return finish(&c, ok, &err);
}
