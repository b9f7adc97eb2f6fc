/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/wire/frame.h"

#include "policyd/rules/port_parts.h"

enum { WAIT_MIN_S = 10, WAIT_DEADLINES = 3 };

/* For a worker, when all of them are busy: so long that their deadlines end some times over. */
static unsigned int wait_s(const struct rules *rules)
{
    unsigned int deadlines_s = WAIT_DEADLINES * rules->options.set.deadline_ms / 1000;

    return deadlines_s > WAIT_MIN_S ? deadlines_s : WAIT_MIN_S;
}

static int64_t now_s(void)
{
    return clock_boottime_ns(clock_system()) / CLOCK_NS_PER_SECOND;
}

void rules_answer_clear(struct rules_answer *answer)
{
    wire_verdict_clear(&answer->verdict);
    buf_clear(&answer->octets);
    buf_clear(&answer->frame);
    answer->facts = (struct bytes){NULL, 0};
}

/* The free slot for this account, a started worker first; NULL: it has to wait. */
static struct port_slot *find_slot(struct rules *rules, const char *account)
{
    struct port_slot *found = NULL;

    for (size_t i = 0; i < rules->options.set.workers; i++) {
        struct port_slot *slot = &rules->slots[i];
        if (slot->busy && strcmp(slot->account, account) == 0) {
            return NULL; /* one in flight per account */
        }
        if (!slot->busy && (found == NULL || found->worker.pid == 0)) {
            found = slot;
        }
    }
    return found;
}

static bool may_wait(const struct rules *rules, const char *account, struct error *err)
{
    size_t same = 0;

    for (const struct port_waiter *w = rules->waiters; w != NULL; w = w->next) {
        same += strcmp(w->account, account) == 0;
    }
    if (rules->waiting >= rules->options.set.waiting_max) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "%zu requests wait for the rules already", rules->waiting);
    }
    return same < RULES_WAITING_PER_ACCOUNT ||
           error_set(err, ERROR_UNAVAILABLE,
                     "%zu requests of the account wait for the rules already", same);
}

static void stop_waiting(struct rules *rules, struct port_waiter **at)
{
    *at = (*at)->next;
    rules->waiting--;
}

/* Who came first goes first, but past those whose account is being served. */
static void serve_next(struct rules *rules)
{
    for (struct port_waiter **at = &rules->waiters; *at != NULL; at = &(*at)->next) {
        struct port_waiter *waiter = *at;

        waiter->slot = find_slot(rules, waiter->account);
        if (waiter->slot != NULL) {
            waiter->slot->busy = true;
            waiter->slot->account = waiter->account;
            stop_waiting(rules, at);
            (void)sem_post(&waiter->served); /* the last that is done to it */
            return;
        }
    }
}

/* With the lock held. */
static void stand_in_line(struct rules *rules, struct port_waiter *self)
{
    struct port_waiter **at = &rules->waiters;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = self;
    rules->waiting++;
}

/* With the lock held: who was served meanwhile stands there no longer. */
static void leave_line(struct rules *rules, const struct port_waiter *self)
{
    for (struct port_waiter **at = &rules->waiters; *at != NULL; at = &(*at)->next) {
        if (*at == self) {
            stop_waiting(rules, at);
            return;
        }
    }
}

/* Whoever serves has said all: the lock is taken again only by who leaves unserved. */
static void await_turn(struct rules *rules, struct port_waiter *self)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_s(rules);
    while (sem_clockwait(&self->served, CLOCK_MONOTONIC, &until) != 0) {
        if (errno == ETIMEDOUT) {
            (void)pthread_mutex_lock(&rules->lock);
            leave_line(rules, self);
            (void)pthread_mutex_unlock(&rules->lock);
            return;
        }
    }
}

static struct port_slot *take_slot(struct rules *rules, const char *account,
                                   struct error *err)
{
    struct port_waiter self = {.account = account};
    bool waits = false;

    (void)sem_init(&self.served, 0, 0);
    (void)pthread_mutex_lock(&rules->lock);
    self.slot = find_slot(rules, account);
    if (self.slot != NULL) {
        self.slot->busy = true;
        self.slot->account = account;
    } else if (may_wait(rules, account, err)) {
        stand_in_line(rules, &self);
        waits = true;
    }
    (void)pthread_mutex_unlock(&rules->lock);
    if (waits) {
        await_turn(rules, &self);
    }
    if (waits && self.slot == NULL) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "no worker for the rules was free in %u s", wait_s(rules));
    }
    (void)sem_destroy(&self.served);
    return self.slot;
}

static void free_slot(struct rules *rules, struct port_slot *slot)
{
    (void)pthread_mutex_lock(&rules->lock);
    slot->busy = false;
    slot->account = NULL;
    serve_next(rules);
    (void)pthread_mutex_unlock(&rules->lock);
}

static bool make_ready(struct rules *rules, struct port_worker *worker, struct error *err)
{
    if (worker->pid > 0 &&
        (worker->asked > rules->options.set.recycle || !port_worker_is_ready(worker))) {
        port_worker_kill(worker);
    }
    if (worker->pid == 0 && !port_load(rules, worker, NULL, err)) {
        err->code = ERROR_UNAVAILABLE; /* it was fine when it was put into force */
        return false;
    }
    return true;
}

/* A verdict of our own for a worker that gave none. */
static bool answer_error(const struct rules *rules, const struct wire_facts *facts,
                         const char *sentence, struct rules_answer *out,
                         struct error *err)
{
    struct wire_verdict verdict = {
        .request_id = facts->request_id,
        .decision = WIRE_DECISION_ERROR,
        .reason = REASON_RULE_ERROR,
        .detail = sentence,
        .proposed = facts->proposed,
    };
    struct rules_answer answer = {.octets = BUF_EMPTY};

    memcpy(verdict.bundle_id, rules->loaded.bundle_id, sizeof(verdict.bundle_id));
    if (!wire_verdict_encode(&verdict, &answer.octets, err) ||
        !wire_verdict_decode(buf_bytes(&answer.octets), &answer.verdict, err)) {
        buf_clear(&answer.octets);
        return false;
    }
    *out = answer;
    return true;
}

/* ERROR_DENIED: the answer is one that a worker must not give. */
static bool read_answer(const struct rules *rules, const struct wire_facts *facts,
                        enum wire_type type, struct rules_answer *answer,
                        struct error *err)
{
    if (type == WIRE_TYPE_QUERY_NEED) {
        return error_set(err, ERROR_DENIED,
                         "a rule asked for a query; none is configured");
    }
    if (type != WIRE_TYPE_VERDICT) {
        return error_set(err, ERROR_DENIED, "the rules' worker gave no verdict");
    }
    return wire_verdict_decode(buf_bytes(&answer->octets), &answer->verdict, err) &&
           port_verdict_check(&rules->loaded, &rules->files, facts, &answer->verdict,
                              err);
}

static void strike(struct rules *rules, const struct wire_facts *facts)
{
    (void)pthread_mutex_lock(&rules->lock);
    port_strike_add(&rules->strikes, facts->requester.ref.id, facts->template.ref.name,
                    now_s());
    (void)pthread_mutex_unlock(&rules->lock);
}

static bool ask(struct rules *rules, struct port_worker *worker,
                const struct wire_facts *facts, struct rules_answer *out,
                struct error *err)
{
    struct port_answer raw = {.payload = BUF_EMPTY};
    struct rules_answer answer = {.octets = BUF_EMPTY};

    if (!make_ready(rules, worker, err)) {
        return false;
    }
    const bool asked =
        port_worker_ask(worker, &wire_facts_message, facts,
                        port_deadline_ns(rules->options.set.deadline_ms), &raw, err);
    answer.octets = raw.payload;
    answer.frame = raw.asked;
    if (asked && read_answer(rules, facts, raw.type, &answer, err)) {
        answer.facts = (struct bytes){answer.frame.data + WIRE_FRAME_HEAD,
                                      answer.frame.len - WIRE_FRAME_HEAD};
        *out = answer;
        return true;
    }
    rules_answer_clear(&answer);
    if (!asked && err->code == ERROR_INVALID) {
        return false; /* the facts break their bounds; the worker has not seen them */
    }
    port_worker_kill(worker);
    strike(rules, facts);
    const struct error why = *err;
    return answer_error(rules, facts, why.message, out, err);
}

static bool is_quarantined(struct rules *rules, const struct wire_facts *facts,
                           char *sentence, size_t size)
{
    (void)pthread_mutex_lock(&rules->lock);
    int64_t left_s = port_strike_left(&rules->strikes, facts->requester.ref.id,
                                      facts->template.ref.name, now_s());
    (void)pthread_mutex_unlock(&rules->lock);
    if (left_s > 0) {
        (void)snprintf(sentence, size,
                       "%d workers died over this account and template within %d s; they "
                       "are not served for another %" PRId64 " s",
                       RULES_STRIKES, RULES_STRIKE_WINDOW_S, left_s);
    }
    return left_s > 0;
}

bool rules_decide(struct rules *rules, const struct wire_facts *facts,
                  struct rules_answer *out, struct error *err)
{
    char sentence[WIRE_SENTENCE_MAX] = "";

    if (facts->requester.ref.id == NULL || facts->template.ref.name == NULL) {
        return error_set(err, ERROR_INVALID, "facts without an account or a template");
    }
    if (!port_hash_equal(facts->bundle_id, rules->loaded.bundle_id)) {
        return error_set(err, ERROR_INVALID, "the facts are for other rules");
    }
    if (is_quarantined(rules, facts, sentence, sizeof(sentence))) {
        return answer_error(rules, facts, sentence, out, err);
    }
    struct port_slot *slot = take_slot(rules, facts->requester.ref.id, err);
    if (slot == NULL) {
        return false;
    }
    const bool good = ask(rules, &slot->worker, facts, out, err);
    free_slot(rules, slot);
    return good;
}
