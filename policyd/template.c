/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/template.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/template_inside.h"

#define NS_PER_MS INT64_C(1000000)

static bool check_settings(const struct template_settings *s, struct error *err)
{
    if (s->port.search == NULL || s->clock == NULL || s->form >= TEMPLATE_FORM_COUNT ||
        s->config_base == NULL || *s->config_base == '\0' || s->ca == NULL ||
        *s->ca == '\0') {
        return error_set(err, ERROR_INVALID,
                         "templates: directory, base and the CA's name are required");
    }
    if (s->timeout_ms < 100 || s->timeout_ms > 60000 || s->refresh_s == 0 ||
        s->refresh_s > s->stale_max_s || s->stale_max_s > TEMPLATE_STALE_MAX_S) {
        return error_set(err, ERROR_INVALID, "templates: a time is out of range");
    }
    return true;
}

bool template_store_new(const struct template_settings *settings,
                        struct template_store **out, struct error *err)
{
    if (!check_settings(settings, err)) {
        return false;
    }
    struct template_store *store = mem_new(sizeof(*store));
    store->settings = *settings;
    store->settings.acks = NULL;
    store->settings.ack_count = 0;
    template_acks_copy(&store->acks, settings->acks, settings->ack_count);
    (void)pthread_mutex_init(&store->reading, NULL);
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_cond_init(&store->poked, NULL);
    store->due_ns = INT64_MIN;
    store->started_ns = INT64_MIN;
    store->reason = REASON_DIR_DOWN;
    (void)error_set(&store->last, ERROR_UNAVAILABLE, "nothing has been read yet");
    (void)error_set(&store->watch, ERROR_UNAVAILABLE, "nothing tells of changes yet");
    *out = store;
    return true;
}

static void stop_thread(struct template_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    store->stopping = true;
    (void)pthread_cond_signal(&store->poked);
    (void)pthread_mutex_unlock(&store->lock);
    if (store->has_thread) {
        (void)pthread_join(store->thread, NULL);
    }
}

void template_store_free(struct template_store *store)
{
    if (store == NULL) {
        return;
    }
    dap_watch_free(store->watch_handle);
    stop_thread(store);
    template_set_unref(store->set);
    template_set_unref(store->known);
    template_acks_clear(&store->acks);
    (void)pthread_cond_destroy(&store->poked);
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->reading);
    free(store);
}

/* The lock is held. */
static bool serves(const struct template_store *store, int64_t now_ns)
{
    return store->set != NULL &&
           now_ns - store->read_ns <
               (int64_t)store->settings.stale_max_s * CLOCK_NS_PER_SECOND;
}

static bool refuse(const struct template_store *store, enum reason *reason,
                   struct error *err)
{
    *reason = store->reason;
    if (store->set == NULL) {
        return error_set(err, ERROR_UNAVAILABLE, "templates: %s", store->last.message);
    }
    return error_set(err, ERROR_UNAVAILABLE,
                     "templates: what was read counts for %u seconds, and since then: %s",
                     store->settings.stale_max_s,
                     store->last.code == ERROR_NONE ? "nothing was read"
                                                    : store->last.message);
}

bool template_store_get(struct template_store *store, const struct template_set **out,
                        enum reason *reason, struct error *err)
{
    int64_t now_ns = clock_boottime_ns(store->settings.clock);

    (void)pthread_mutex_lock(&store->lock);
    bool ok = serves(store, now_ns);
    if (ok) {
        *out = template_set_ref(store->set);
    } else {
        (void)refuse(store, reason, err);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return ok;
}

static void poke(struct template_store *store)
{
    store->is_poked = true;
    (void)pthread_cond_signal(&store->poked);
}

/* The reading is held. */
static void forget(struct template_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    const struct template_set *set = TAKE(store->set);
    (void)error_set(&store->last, ERROR_UNAVAILABLE,
                    "not read yet with the new acknowledgements");
    store->reason = REASON_DIR_DOWN;
    store->due_ns = INT64_MIN;
    poke(store);
    (void)pthread_mutex_unlock(&store->lock);
    template_set_unref(set);
}

void template_store_acknowledge(struct template_store *store,
                                const struct template_ack *acks, size_t count)
{
    struct template_acks next = {.items = NULL};

    template_acks_copy(&next, acks, count);
    (void)pthread_mutex_lock(&store->reading);
    if (!template_acks_equal(&store->acks, &next)) {
        struct template_acks old = store->acks;

        store->acks = next;
        next = old;
        forget(store);
    }
    (void)pthread_mutex_unlock(&store->reading);
    template_acks_clear(&next);
}

/* A watch that begins anew tells everything as changed, so nothing that it missed is lost. */
void template_store_told(void *ctx, enum dap_watch_event event, const struct error *err)
{
    struct template_store *store = ctx;

    (void)pthread_mutex_lock(&store->lock);
    bool was_watching = store->watching;
    store->watching = event == DAP_WATCH_CHANGED;
    if (event == DAP_WATCH_CHANGED) {
        store->changed = true;
        store->watch = (struct error){.code = ERROR_NONE};
        poke(store);
    } else if (err != NULL) {
        store->watch = *err;
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (was_watching != (event == DAP_WATCH_CHANGED)) {
        log_event(was_watching ? LOG_WARNING : LOG_INFO,
                  was_watching ? "template.unwatched" : "template.watched",
                  LOG_FIELDS(log_text("why", err == NULL ? NULL : err->message)));
    }
}

static size_t count_refused(const struct template_set *set)
{
    size_t refused = 0;

    for (size_t i = 0; i < template_set_count(set); i++) {
        const struct template_item *item = template_set_get(set, i);

        refused += item->published && item->problem != NULL ? 1 : 0;
    }
    return refused;
}

const struct template_set *template_store_look(struct template_store *store,
                                               struct template_health *out)
{
    int64_t now_ns = clock_boottime_ns(store->settings.clock);

    (void)pthread_mutex_lock(&store->lock);
    const struct template_set *set =
        store->set == NULL ? NULL : template_set_ref(store->set);
    *out = (struct template_health){
        .serves = serves(store, now_ns),
        .age_ms = set == NULL ? -1 : (now_ns - store->read_ns) / NS_PER_MS,
        .reads = store->reads,
        .last = store->last,
        .watch = store->watch,
    };
    (void)pthread_mutex_unlock(&store->lock);
    if (set != NULL) {
        out->count = template_set_count(set);
        out->refused = count_refused(set);
    }
    return set;
}

void template_store_health(struct template_store *store, struct template_health *out)
{
    template_set_unref(template_store_look(store, out));
}
