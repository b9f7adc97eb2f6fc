/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: the directory's templates, read whole, read again when they change, never served when
 * too old.
 *
 * A look that fails or is partial changes nothing but the age: what was read before counts for
 * stale_max_s since that reading began, and then all requests are refused.
 */
#ifndef AE_POLICYD_TEMPLATE_H
#define AE_POLICYD_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/ldap/dap.h"
#include "common/ldap/dap_pool.h"
#include "common/ldap/dap_watch.h"
#include "common/wire/reason.h"

#include "policyd/template_set.h"

enum {
    TEMPLATE_STALE_MAX_S = 60, /* of stale_max_s */
    TEMPLATE_GAP_MS = 200,     /* between two readings, however much changes */
    TEMPLATE_RETRY_MS = 1000,  /* after a reading that failed */
};

/* Borrowed for the store's life, but for the acknowledgements, which are copied. */
struct template_settings {
    struct dap_port port;
    const struct clock *clock;
    enum template_form form;
    const char *config_base; /* "CN=Services" and all below it is there */
    const char *ca;          /* the name that its service entry has */
    const struct template_ack *acks;
    size_t ack_count;
    uint32_t timeout_ms;  /* for one search: 100..60000 */
    uint32_t refresh_s;   /* a reading at least so often: 1..stale_max_s */
    uint32_t stale_max_s; /* 1..TEMPLATE_STALE_MAX_S */
};

struct template_store;

/*
 * Nothing is read yet.
 *
 * out     on success owned by the caller: template_store_free()
 * errors  ERROR_INVALID  a setting is missing or out of range
 */
AE_MUST_CHECK bool template_store_new(const struct template_settings *settings,
                                      struct template_store **out, struct error *err);
void template_store_free(
    struct template_store *store); /* accepts NULL; ends its threads */
CLEANUP_DEFINE(template_store, struct template_store *, template_store_free);

/*
 * What the directory has. Any thread; never waits for the directory.
 *
 * out     on success to be given back: template_set_unref()
 * reason  set on failure
 * errors  ERROR_UNAVAILABLE  DIR_DOWN or DIR_PARTIAL: nothing was read that is young enough
 */
AE_MUST_CHECK bool template_store_get(struct template_store *store,
                                      const struct template_set **out,
                                      enum reason *reason, struct error *err);

/*
 * Other acknowledgements, copied. What was read under the old ones counts no more; so nothing is
 * served until the next reading, which is asked for. The same ones again change nothing.
 */
void template_store_acknowledge(struct template_store *store,
                                const struct template_ack *acks, size_t count);

/* Read if it is time to. One thread at a time. Returns for how long it is not, in ms. */
int64_t template_store_turn(struct template_store *store);

/* Told by a watch of the directory; ctx is the store. Any thread. */
void template_store_told(void *ctx, enum dap_watch_event event, const struct error *err);

/*
 * Take turns on a thread of the store's own. Once.
 *
 * watched  the directory that tells of changes, borrowed for the call; NULL: the timer alone
 * errors   ERROR_INVALID      as dap_settings_check()
 *          ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool template_store_start(struct template_store *store,
                                        const struct dap_settings *watched,
                                        struct error *err);

/* For status. */
struct template_health {
    bool serves;       /* template_store_get() succeeds */
    int64_t age_ms;    /* of what was read whole last; -1: nothing */
    size_t count;      /* templates in it */
    size_t refused;    /* published ones that do not issue */
    uint64_t reads;    /* that succeeded */
    struct error last; /* why the last reading failed; ERROR_NONE: it did not */
    struct error
        watch; /* why changes are seen by the timer alone; ERROR_NONE: they are told */
};
void template_store_health(struct template_store *store, struct template_health *out);

/* The same, and what was read whole last, however old: to be given back, NULL: nothing. */
const struct template_set *template_store_look(struct template_store *store,
                                               struct template_health *out);

#endif
