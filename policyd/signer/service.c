/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/hello.h"
#include "common/wire/refusal.h"

#include "policyd/signer/service_parts.h"

#define JOURNAL_RETRY_NS INT64_C(1000000000)

enum {
    RETRY_AFTER_S = 5,
    PEER_BURST = 20, /* refused connections that are recorded, and seconds for one more */
    PEER_REFILL_S = 60,
    QUESTION_BURST = 1000,
    QUESTION_REFILL_S = 1
};

int64_t service_now_utc(const struct service *s)
{
    return s->now.now_ns / CLOCK_NS_PER_SECOND;
}

uint64_t service_now_ns(const struct service *s)
{
    return (uint64_t)s->now.now_ns;
}

bool task_fail(struct task *t, enum wire_signer_reason reason, const struct error *err)
{
    t->refused = true;
    t->refusal.reason = reason;
    (void)snprintf(t->sentence, sizeof(t->sentence), "%s", err->message);
    return false;
}

bool task_refuse(struct task *t, enum wire_signer_reason reason, const char *fmt, ...)
{
    struct error err = {0};
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(&err, ERROR_DENIED, fmt, args);
    va_end(args);
    return task_fail(t, reason, &err);
}

bool task_in_time(const struct service *s, struct task *t, uint32_t deadline_ms)
{
    int64_t now_ns = clock_boottime_ns(s->clock);

    return (now_ns - t->arrived_ns) / 1000000 <= (int64_t)deadline_ms ||
           task_refuse(t, WIRE_SIGNER_DEADLINE, "not done within the %u ms it was given",
                       deadline_ms);
}

bool task_record(struct service *s, struct task *t, enum wire_record type,
                 const void *record)
{
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    if (!wire_message_encode(wire_record_message(type), record, &payload, &err)) {
        return task_fail(t, WIRE_SIGNER_MALFORMED, &err);
    }
    t->sequence = journal_append(s->journal, (uint16_t)type, service_now_ns(s),
                                 buf_bytes(&payload));
    journal_get_pending_hash(s->journal, &t->hash);
    s->counters[COUNTER_RECORDS]++;
    return true;
}

bool task_answer(struct task *t, const struct wire_message *message, const void *record)
{
    struct error err = {0};

    return wire_frame_append(message, t->exchange, record, &t->answer, &err) ||
           task_fail(t, WIRE_SIGNER_INTERNAL, &err);
}

const struct authority *service_find_ca(struct service *s, struct task *t,
                                        const char *name)
{
    const struct authority *a = authorities_find(s->authorities, name);

    if (a == NULL) {
        (void)task_refuse(t, WIRE_SIGNER_UNKNOWN_CA, "there is no CA '%s' in %s", name,
                          s->path);
        return NULL;
    }
    if (a->ca == NULL) {
        (void)task_refuse(t, WIRE_SIGNER_KEY, "CA '%s' cannot sign: %s", name,
                          a->problem.message);
        return NULL;
    }
    return a;
}

/* May one more refusal of that kind be recorded? An attacker must not fill the disk. */
static bool take_credit(struct service *s, bool is_peer)
{
    struct bucket *bucket = &s->refusals[is_peer];
    const int64_t price =
        (is_peer ? PEER_REFILL_S : QUESTION_REFILL_S) * INT64_C(1000000000);
    const int64_t most = price * (is_peer ? PEER_BURST : QUESTION_BURST);

    bucket->credit_ns += s->now.boottime_ns - bucket->at_ns;
    bucket->at_ns = s->now.boottime_ns;
    if (bucket->credit_ns > most) {
        bucket->credit_ns = most;
    }
    if (bucket->credit_ns < price) {
        s->counters[COUNTER_REFUSED_UNRECORDED]++;
        return false;
    }
    bucket->credit_ns -= price;
    return true;
}

static void record_refusal(struct service *s, struct task *t)
{
    struct wire_journal_refusal record = {.type = t->message->type,
                                          .peer_uid = t->client->peer.uid,
                                          .peer_pid = (uint32_t)t->client->peer.pid,
                                          .refusal = t->refusal};
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    if (!take_credit(s, t->message == &wire_hello_message)) {
        return;
    }
    record.refusal.sentence = t->sentence;
    digest_sha256(t->payload.data, t->payload.len, record.question_sha256);
    if (wire_journal_refusal_encode(&record, &payload, &err)) {
        t->refusal.journal_sequence = journal_append(
            s->journal, WIRE_RECORD_REFUSAL, service_now_ns(s), buf_bytes(&payload));
    }
}

/* Nothing is tried again for a while: recovery may read a whole segment. */
static bool fail_journal(struct service *s, const struct error *err)
{
    s->journal_problem = *err;
    s->journal_retry_ns = s->now.boottime_ns + JOURNAL_RETRY_NS;
    log_event_limited(LOG_ERR, "journal.failed",
                      LOG_FIELDS(log_text("why", err->message)));
    return false;
}

/* One that is shorter than what its checkpoints say is neither written to nor told. */
bool service_journal_is_usable(const struct service *s)
{
    return s->journal != NULL && s->audit_key != NULL;
}

bool service_prepare(struct service *s)
{
    struct error err = {0};

    if (s->now.boottime_ns < s->journal_retry_ns) {
        return false;
    }
    if (s->journal == NULL) {
        service_open_journal(s);
    }
    if (!service_journal_is_usable(s)) {
        return fail_journal(s, &s->journal_problem);
    }
    if (!journal_prepare(s->journal, service_now_ns(s), &err)) {
        return fail_journal(s, &err);
    }
    if (journal_first_sequence(s->journal) != s->first_sequence) {
        service_append_start(s, true);
        s->first_sequence = journal_first_sequence(s->journal);
    }
    if (s->cas_changed) {
        service_append_cas(s);
        s->cas_changed = false;
    }
    return true;
}

bool service_commit(struct service *s, enum journal_durability durability)
{
    struct error err = {0};

    if (!journal_commit(s->journal, durability, &err)) {
        return fail_journal(s, &err);
    }
    s->journal_problem = (struct error){0};
    return true;
}

/* What was appended behind `last` is not recorded: nobody may act on it. */
static void void_after(struct service *s, uint64_t last)
{
    for (size_t i = 0; i < s->task_count; i++) {
        struct task *t = &s->tasks[i];

        if (t->refusal.journal_sequence > last) {
            t->refusal.journal_sequence = 0;
        }
        if (t->sequence > last) { /* not even the intent */
            t->refusal.intent_sequence = 0;
            t->refusal.serial = (struct bytes){NULL, 0};
        }
        if (!t->refused && (t->sequence > last || t->result_sequence > last)) {
            t->refusal.retry_after_s = RETRY_AFTER_S;
            (void)task_fail(t, WIRE_SIGNER_JOURNAL, &s->journal_problem);
        }
    }
}

uint64_t service_last_sequence(const struct service *s)
{
    return s->journal != NULL ? journal_last_sequence(s->journal) : 0;
}

static void commit_round(struct service *s, uint64_t last,
                         enum journal_durability durability)
{
    if (service_journal_is_usable(s) && journal_pending(s->journal) > 0 &&
        !service_commit(s, durability)) {
        void_after(s, last);
    }
}

static void begin_task(struct service *s, struct task *t, bool ready)
{
    if (!t->refused && t->verb->journals && !ready) {
        t->refusal.retry_after_s = RETRY_AFTER_S;
        (void)task_fail(t, WIRE_SIGNER_JOURNAL, &s->journal_problem);
    } else if (!t->refused && t->verb->begin != NULL) {
        (void)t->verb->begin(s, t);
    }
    if (t->refused && ready) {
        record_refusal(s, t);
    }
}

static void finish_task(struct service *s, struct task *t, bool ready)
{
    if (!t->refused && t->verb->finish != NULL && !t->verb->finish(s, t) && ready) {
        record_refusal(s, t);
    }
}

static bool needs_journal(const struct service *s)
{
    for (size_t i = 0; i < s->task_count; i++) {
        if (s->tasks[i].refused || s->tasks[i].verb->journals) {
            return true;
        }
    }
    return false;
}

static void work(struct service *s)
{
    bool ready = needs_journal(s) && service_prepare(s);
    uint64_t last = service_last_sequence(s);

    for (size_t i = 0; i < s->task_count; i++) {
        begin_task(s, &s->tasks[i], ready);
    }
    commit_round(s, last, JOURNAL_SYNCED);
    last = service_last_sequence(s);
    for (size_t i = 0; i < s->task_count; i++) {
        struct task *t = &s->tasks[i];

        if (t->verb != NULL && !t->verb->late) {
            finish_task(s, t, ready);
        }
    }
    commit_round(s, last, JOURNAL_WRITTEN);
    for (size_t i = 0; i < s->task_count; i++) {
        struct task *t = &s->tasks[i];

        if (t->verb != NULL && t->verb->late) {
            finish_task(s, t, false);
        }
    }
}

static void answer(struct service *s, struct task *t)
{
    if (t->refused) {
        s->counters[COUNTER_REFUSED]++;
        t->refusal.sentence = t->sentence;
        buf_clear(&t->answer);
        wire_refusal_answer(&t->refusal, t->exchange, &t->answer);
        log_event_limited(
            LOG_WARNING, "question.refused",
            LOG_FIELDS(log_text("type", t->message->table->name),
                       log_text("reason", wire_signer_reason_name(t->refusal.reason)),
                       log_text("request", t->refusal.request_id),
                       log_text("why", t->sentence)));
    }
    serve_send(t->client, buf_bytes(&t->answer));
}

static void clear_task(struct task *t)
{
    struct talk *talk = t->client->data;

    if (talk != NULL) {
        talk->open = 0;
    }
    if (t->work != NULL) {
        t->verb->clear(t->work);
    }
    if (t->question != NULL) {
        wire_table_clear(t->message->table, t->question);
        free(t->question);
    }
    buf_clear(&t->answer);
}

/* A jump within this run stops issuing until an operator confirms; a clock that was
 * behind the journal at the start may come right by itself. */
static void look_at_clock(struct service *s)
{
    s->now = clock_mark_now(s->clock);
    if (s->clock_behind && service_now_ns(s) >= s->history.newest_ns) {
        s->clock_behind = false;
        s->mark = s->now;
    }
    if (!s->clock_behind && !s->clock_jumped &&
        clock_has_jumped(s->mark, s->now,
                         s->settings.clock_tolerance_s * CLOCK_NS_PER_SECOND)) {
        s->clock_jumped = true;
        log_event(LOG_ERR, "clock.jumped", NULL);
    }
    if (!s->clock_behind && service_now_ns(s) > s->history.newest_ns) {
        s->history.newest_ns = service_now_ns(s);
    }
}

void service_run(struct service *s)
{
    struct error err = {0};

    look_at_clock(s);
    if (s->task_count > 0) {
        s->counters[COUNTER_ROUNDS]++;
        work(s);
    }
    for (size_t i = 0; i < s->task_count; i++) {
        answer(s, &s->tasks[i]);
        clear_task(&s->tasks[i]);
    }
    s->task_count = 0;
    if ((s->checkpoint_asked || checkpoint_is_due(s)) && !checkpoint_make(s, &err)) {
        (void)fail_journal(s, &err);
    }
    s->checkpoint_asked = false;
}

static struct task *add_task(struct service *s, struct serve_client *client)
{
    if (s->task_count == s->task_capacity) {
        s->task_capacity = s->task_capacity == 0 ? 64 : s->task_capacity * 2;
        s->tasks = mem_resize(s->tasks, s->task_capacity, sizeof(*s->tasks));
    }
    struct task *t = &s->tasks[s->task_count++];
    *t = (struct task){.client = client,
                       .message = &wire_hello_message,
                       .arrived_ns = clock_boottime_ns(s->clock)};
    return t;
}

/* Told at once, and not worth a record. */
static void refuse_busy(struct serve_client *client, const struct wire_frame *frame)
{
    const struct wire_signer_refusal refusal = {
        .reason = WIRE_SIGNER_BUSY,
        .sentence = "more questions are open than HELLO allowed",
        .retry_after_s = 1};
    AUTO(buf) answer = BUF_EMPTY;
    struct error ignored = {0};

    if (wire_signer_refusal_frame(&refusal, frame->exchange, &answer, &ignored)) {
        serve_send(client, buf_bytes(&answer));
    }
}

/* Where a question has one, a refusal names it. */
static const char *find_request_id(const struct task *t)
{
    const struct wire_table *table = t->message->table;

    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->fields[i].name, "request_id") == 0) {
            const char *id = NULL;

            memcpy(&id, (const char *)t->question + table->fields[i].offset, sizeof(id));
            return id;
        }
    }
    return "";
}

static void decode(struct task *t)
{
    struct error err = {0};

    t->question = mem_new(t->message->table->size);
    if (!wire_message_decode(t->message, t->payload, t->question, &err)) {
        (void)task_fail(t, WIRE_SIGNER_MALFORMED, &err);
        return;
    }
    t->refusal.request_id = find_request_id(t);
    if (t->verb == NULL) {
        (void)task_refuse(t, WIRE_SIGNER_UNKNOWN_PROFILE,
                          "this signer does not answer '%s' yet",
                          t->message->table->name);
    }
}

static void take_frame(void *ctx, struct serve_client *client,
                       const struct wire_frame *frame)
{
    struct service *s = ctx;
    struct talk *talk = client->data;

    if (talk == NULL) {
        talk = client->data = mem_new(sizeof(*talk));
    }
    if (talk->open >= (size_t)s->settings.in_flight) {
        refuse_busy(client, frame);
        return;
    }
    talk->open++;
    struct task *t = add_task(s, client);
    t->message = wire_message_find(frame->type);
    t->verb = service_find_verb(frame->type);
    t->exchange = frame->exchange;
    t->payload = frame->payload;
    decode(t);
}

static void take_refusal(void *ctx, struct serve_client *client, const struct error *why)
{
    struct task *t = add_task(ctx, client);

    (void)task_fail(
        t, why->code == ERROR_DENIED ? WIRE_SIGNER_PEER : WIRE_SIGNER_MALFORMED, why);
}

static void forget(void *ctx, struct serve_client *client)
{
    struct talk *talk = client->data;

    (void)ctx;
    if (talk != NULL) {
        crl_talk_free(talk->crl);
        free(talk);
    }
}

struct serve_handler service_get_handler(struct service *service)
{
    return (struct serve_handler){take_frame, take_refusal, forget, service};
}

struct bytes service_get_hello(const struct service *service)
{
    return buf_bytes(&service->hello);
}
