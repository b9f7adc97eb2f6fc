/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_version.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "common/base/mem.h"

#define NS_PER_S INT64_C(1000000000)

enum { YIELDS_MIN = 2, YIELDS_MAX = 8 };

/*
 * Questions are numbered. Who comes while one is under way waits for the next, and one of them asks
 * it. So there are waiters for two questions at most, each with a condition of its own.
 */
struct directory_version {
    int64_t patience_ns;
    pthread_mutex_t lock;   /* of what follows */
    pthread_cond_t turn[2]; /* by the question's number, even or odd */
    uint64_t asked;         /* the last question sent */
    uint64_t answered;      /* the last question that is over */
    bool gathering;         /* somebody is about to send the next one */
    bool failed;            /* that one */
    struct buf text;        /* its answer */
    size_t waiting;
    uint64_t joined; /* who has begun to wait, ever */
};

struct directory_version *directory_version_new(int64_t patience_ns)
{
    struct directory_version *v = mem_new(sizeof(*v));

    v->patience_ns = patience_ns;
    (void)pthread_mutex_init(&v->lock, NULL);
    (void)pthread_cond_init(&v->turn[0], NULL);
    (void)pthread_cond_init(&v->turn[1], NULL);
    v->text = BUF_EMPTY;
    return v;
}

void directory_version_free(struct directory_version *v)
{
    if (v != NULL) {
        buf_clear(&v->text);
        (void)pthread_cond_destroy(&v->turn[1]);
        (void)pthread_cond_destroy(&v->turn[0]);
        (void)pthread_mutex_destroy(&v->lock);
        free(v);
    }
}

size_t directory_version_waiting(struct directory_version *v)
{
    (void)pthread_mutex_lock(&v->lock);
    size_t waiting = v->waiting;
    (void)pthread_mutex_unlock(&v->lock);
    return waiting;
}

static bool ask(struct directory_asking *asking, struct buf *out, enum reason *reason,
                struct error *err)
{
    static const char *const attributes[] = {"contextCSN"};
    AUTO(dap_result) found = NULL;
    struct dap_query query = {.base = asking->settings->base,
                              .scope = DAP_SCOPE_BASE,
                              .filter = "(objectClass=*)",
                              .attributes = attributes,
                              .attribute_count = 1,
                              .entries_max = 1};

    if (!directory_ask(asking, &query, &found, reason, err)) {
        return false;
    }
    const struct dap_attr *csn =
        found->count == 0 ? NULL : dap_entry_find(&found->entries[0], "contextCSN");
    for (size_t i = 0; csn != NULL && i < csn->count; i++) {
        buf_printf(out, "%s ", (const char *)csn->values[i].data);
    }
    return true;
}

/* Somebody sees to a question: nobody else has to. */
static bool is_seen_to(const struct directory_version *v)
{
    return v->asked != v->answered || v->gathering;
}

/* The lock is held. On a busy machine, those who are about to want the same come first and share it,
 * as long as more of them come; with nobody waiting for a processor it takes no time. Meanwhile nobody
 * else sends a question: two of one number would let an older answer count for who came later. */
static void let_others_join(struct directory_version *v, int64_t deadline_ns)
{
    uint64_t before = v->joined;

    v->gathering = true;
    for (int i = 0; i < YIELDS_MAX && (i < YIELDS_MIN || v->joined != before); i++) {
        before = v->joined;
        (void)pthread_mutex_unlock(&v->lock);
        (void)sched_yield();
        bool late = directory_ask_now_ns() >= deadline_ns;
        (void)pthread_mutex_lock(&v->lock);
        if (late) {
            break;
        }
    }
    v->gathering = false;
}

/* The lock is held. Until a question is over, or there is one to ask; false at the deadline. */
static bool wait_for(struct directory_version *v, uint64_t question, int64_t deadline_ns)
{
    const struct timespec until = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};
    pthread_cond_t *turn = &v->turn[question % 2];
    int late = 0;

    v->waiting++;
    v->joined++;
    while (v->answered < question && is_seen_to(v) && late == 0) {
        late = pthread_cond_clockwait(turn, &v->lock, CLOCK_MONOTONIC, &until);
    }
    v->waiting--;
    bool done = v->answered >= question || !is_seen_to(v);
    if (!done) {
        (void)pthread_cond_signal(turn); /* whatever woke us is for another one */
    }
    return done;
}

static int64_t patience(const struct directory_version *v, int64_t deadline_ns)
{
    int64_t end_ns = directory_ask_now_ns() + v->patience_ns;

    return end_ns < deadline_ns ? end_ns : deadline_ns;
}

/* A question is over: its answer is for all who came before it was sent. */
static void tell(struct directory_version *v, uint64_t question, bool ok,
                 struct bytes text)
{
    (void)pthread_mutex_lock(&v->lock);
    v->answered = question;
    v->failed = !ok;
    buf_truncate(&v->text, 0);
    buf_append(&v->text, text.data, text.len);
    (void)pthread_mutex_unlock(&v->lock);
    /* Only now, so that those who wake find the lock free. */
    (void)pthread_cond_broadcast(&v->turn[question % 2]);
    (void)pthread_cond_signal(&v->turn[(question + 1) % 2]); /* to ask the next */
}

bool directory_version_get(struct directory_version *v, struct directory_asking *asking,
                           struct buf *out, enum reason *reason, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;

    (void)pthread_mutex_lock(&v->lock);
    uint64_t question = v->asked + 1; /* the first that is sent from now on */
    bool in_time = wait_for(v, question, patience(v, asking->deadline_ns));
    bool first = in_time && v->answered < question;
    /* Otherwise he asks alone. A failure may be for want of time: that of whoever asked. */
    bool answered = in_time && !first && !v->failed;
    if (first) {
        let_others_join(v, asking->deadline_ns);
        v->asked = question;
    }
    if (answered) {
        buf_append(out, v->text.data, v->text.len);
    }
    (void)pthread_mutex_unlock(&v->lock);
    if (answered) {
        asking->heard = DIRECTORY_HEARD_ANSWER;
        return true;
    }
    if (!in_time) {
        asking->heard = DIRECTORY_HEARD_SILENCE; /* whoever asked has no answer yet */
    }
    bool ok = ask(asking, &text, reason, err);
    if (first) {
        tell(v, question, ok, buf_bytes(&text));
    }
    buf_append(out, text.data, text.len);
    return ok;
}
