/* SPDX-License-Identifier: Apache-2.0 */
/* When to read: at once when told of a change, else by the timer; and the thread that does. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/template_inside.h"

#define NS_PER_MS INT64_C(1000000)

/* The lock is held. The moment of the next reading. */
static int64_t next_ns(const struct template_store *store)
{
    int64_t gap_ns = TEMPLATE_GAP_MS * NS_PER_MS;

    if (!store->changed || store->started_ns == INT64_MIN) {
        return store->due_ns;
    }
    int64_t soon_ns = store->started_ns + gap_ns;
    return soon_ns < store->due_ns ? soon_ns : store->due_ns;
}

/* What changes from here on is seen by the next reading. False: it is not time yet. */
static bool begin(struct template_store *store, int64_t now_ns)
{
    (void)pthread_mutex_lock(&store->lock);
    bool is_due = now_ns >= next_ns(store);
    if (is_due) {
        store->changed = false;
        store->started_ns = now_ns;
        store->due_ns = now_ns + (int64_t)store->settings.refresh_s * CLOCK_NS_PER_SECOND;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return is_due;
}

static void take_set(struct template_store *store, const struct template_set *set)
{
    (void)pthread_mutex_lock(&store->lock);
    bool failed_before = store->failing;
    store->failing = false;
    const struct template_set *old = store->set;
    store->set = set;
    store->read_ns = store->started_ns;
    store->last = (struct error){.code = ERROR_NONE};
    store->reads++;
    (void)pthread_mutex_unlock(&store->lock);
    if (failed_before) {
        log_event(LOG_INFO, "template.read",
                  LOG_FIELDS(log_size("count", template_set_count(set))));
    }
    template_log_news(store->known, set);
    template_set_unref(store->known);
    store->known = template_set_ref(set);
    template_set_unref(old);
}

/* Nothing else is as certain as that there is no container: then nothing counts any more. */
static void take_failure(struct template_store *store, int64_t now_ns, enum reason reason,
                         const struct error *err)
{
    const struct template_set *gone = NULL;

    (void)pthread_mutex_lock(&store->lock);
    bool failed_before = store->failing;
    store->failing = true;
    if (err->code == ERROR_NOT_FOUND) {
        gone = TAKE(store->set);
    }
    store->last = *err;
    store->reason = reason;
    store->due_ns = now_ns + TEMPLATE_RETRY_MS * NS_PER_MS;
    (void)pthread_mutex_unlock(&store->lock);
    if (!failed_before) {
        log_event(LOG_ERR, "template.unread", LOG_FIELDS(log_text("why", err->message)));
    }
    template_set_unref(gone);
}

static void read_once(struct template_store *store)
{
    const struct template_set *set = NULL;
    enum reason reason = REASON_DIR_DOWN;
    struct error err = {0};

    (void)pthread_mutex_lock(&store->reading);
    if (template_read(&store->settings, &store->acks, &set, &reason, &err)) {
        take_set(store, set);
    } else {
        take_failure(store, clock_boottime_ns(store->settings.clock), reason, &err);
    }
    (void)pthread_mutex_unlock(&store->reading);
}

int64_t template_store_turn(struct template_store *store)
{
    if (begin(store, clock_boottime_ns(store->settings.clock))) {
        read_once(store);
    }
    int64_t now_ns = clock_boottime_ns(store->settings.clock);
    (void)pthread_mutex_lock(&store->lock);
    int64_t at_ns = next_ns(store);
    (void)pthread_mutex_unlock(&store->lock);
    return at_ns <= now_ns ? 0 : (at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
}

/* True: to be stopped. Ends early when poked. */
static bool wait_or_stop(struct template_store *store, int64_t wait_ms)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(wait_ms % 1000) * NS_PER_MS;
    until.tv_sec += (time_t)(wait_ms / 1000 + until.tv_nsec / CLOCK_NS_PER_SECOND);
    until.tv_nsec %= CLOCK_NS_PER_SECOND;
    (void)pthread_mutex_lock(&store->lock);
    int rc = 0;
    while (!store->stopping && !store->is_poked && rc != ETIMEDOUT) {
        rc = pthread_cond_clockwait(&store->poked, &store->lock, CLOCK_MONOTONIC, &until);
    }
    store->is_poked = false;
    bool stopping = store->stopping;
    (void)pthread_mutex_unlock(&store->lock);
    return stopping;
}

static void *take_turns(void *arg)
{
    struct template_store *store = arg;

    while (!wait_or_stop(store, template_store_turn(store))) {
    }
    return NULL;
}

static bool start_watch(struct template_store *store, const struct dap_settings *watched,
                        struct error *err)
{
    AUTO(string) base = template_watch_base(&store->settings);
    const char *const bases[] = {base};
    const struct dap_watch_options options = {
        .settings = watched,
        .bases = bases,
        .base_count = 1,
        .filter = template_watch_filter,
        .told = template_store_told,
        .ctx = store,
    };

    return dap_watch_new(&options, &store->watch_handle, err);
}

bool template_store_start(struct template_store *store,
                          const struct dap_settings *watched, struct error *err)
{
    if (watched != NULL && !start_watch(store, watched, err)) {
        return false;
    }
    int rc = pthread_create(&store->thread, NULL, take_turns, store);
    if (rc != 0) {
        return error_set_errno(err, rc, "templates: no thread");
    }
    store->has_thread = true;
    return true;
}
