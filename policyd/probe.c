/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"

struct probe {
    pthread_mutex_t lock;
    pthread_cond_t asked;
    pthread_cond_t answered;
    probe_question *question;
    void *ctx;
    uint64_t wanted; /* a question of this number or a later one */
    uint64_t begun;  /* number of the last question that began */
    uint64_t done;   /* number of the last one that came back */
    bool ending;
    bool good;           /* the last one that came back succeeded */
    struct error failed; /* or why not */
    struct buf answer;   /* the last good one */
    int64_t answered_ms; /* when; 0: never */
    int64_t begun_ms;    /* when the last question began */
    pthread_t thread;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The lock is held, and given up while the question is asked. */
static void ask_once(struct probe *p)
{
    AUTO(buf) answer = BUF_EMPTY;
    struct error err = {0};
    uint64_t number = ++p->begun;

    p->begun_ms = now_ms();
    (void)pthread_mutex_unlock(&p->lock);
    bool good = p->question(p->ctx, &answer, &err);
    (void)pthread_mutex_lock(&p->lock);
    p->good = good;
    p->failed = err;
    p->done = number;
    if (good) {
        struct buf before = p->answer;

        p->answer = answer;
        answer = before;
        p->answered_ms = now_ms();
    }
    (void)pthread_cond_broadcast(&p->answered);
}

static void *run(void *arg)
{
    struct probe *p = arg;

    (void)pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        if (p->begun < p->wanted) {
            ask_once(p);
        } else {
            (void)pthread_cond_wait(&p->asked, &p->lock);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

bool probe_new(probe_question *question, void *ctx, struct probe **out, struct error *err)
{
    struct probe *p = mem_new(sizeof(*p));
    sigset_t all;
    sigset_t before;

    p->question = question;
    p->ctx = ctx;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->asked, NULL);
    (void)pthread_cond_init(&p->answered, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    int failed = pthread_create(&p->thread, NULL, run, p);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free(p);
        return error_set(err, ERROR_UNAVAILABLE, "starting a thread: %s",
                         strerror(failed));
    }
    *out = p;
    return true;
}

void probe_free(struct probe *p)
{
    if (p == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    p->ending = true;
    (void)pthread_cond_broadcast(&p->asked);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_join(p->thread, NULL);
    (void)pthread_cond_destroy(&p->answered);
    (void)pthread_cond_destroy(&p->asked);
    (void)pthread_mutex_destroy(&p->lock);
    buf_clear(&p->answer);
    free(p);
}

/* The number of a question that begins after now; the lock is held. */
static uint64_t want(struct probe *p)
{
    uint64_t number = p->begun + 1;

    if (p->wanted < number) {
        p->wanted = number;
        (void)pthread_cond_signal(&p->asked);
    }
    return number;
}

void probe_ask(struct probe *p)
{
    (void)pthread_mutex_lock(&p->lock);
    (void)want(p);
    (void)pthread_mutex_unlock(&p->lock);
}

static bool answer_of(const struct probe *p, uint64_t number, struct error *err)
{
    if (p->done < number) {
        return error_set(err, ERROR_UNAVAILABLE, "no answer for %lld ms",
                         (long long)(now_ms() - p->begun_ms));
    }
    if (!p->good) {
        *err = p->failed;
    }
    return p->good;
}

bool probe_get(struct probe *p, unsigned int wait_ms, struct buf *out, int64_t *age_ms,
               struct error *err)
{
    int64_t until_ms = now_ms() + wait_ms;
    const struct timespec until = {until_ms / 1000, (until_ms % 1000) * 1000000};

    (void)pthread_mutex_lock(&p->lock);
    uint64_t number = want(p);
    while (p->done < number && !p->ending && now_ms() < until_ms) {
        (void)pthread_cond_clockwait(&p->answered, &p->lock, CLOCK_MONOTONIC, &until);
    }
    bool good = answer_of(p, number, err);
    if (p->answered_ms > 0) {
        buf_append(out, p->answer.data, p->answer.len);
        *age_ms = now_ms() - p->answered_ms;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return good;
}
