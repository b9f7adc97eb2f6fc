/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_watch: be told when something below a few entries may have changed.
 *
 * It says "look again" and never what: whoever is told reads everything by an ordinary, complete
 * search. So nothing depends on how a server reports renames, deletions or entries that leave a
 * filter. A server without RFC 4533 says nothing: look now and then as well.
 */
#ifndef AE_COMMON_LDAP_DAP_WATCH_H
#define AE_COMMON_LDAP_DAP_WATCH_H

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/ldap/dap.h"

struct dap_watch;

enum { DAP_WATCH_BASES_MAX = 8 };

enum dap_watch_event {
    DAP_WATCH_CHANGED = 0, /* look again */
    DAP_WATCH_LOST,        /* changes may have gone unseen since: connecting anew */
    DAP_WATCH_UNSUPPORTED, /* the server cannot tell about changes; asked again now and then */
};

struct dap_watch_options {
    const struct dap_settings *settings; /* borrowed for the call */
    const char *const *bases;            /* whole subtrees; borrowed for the call */
    size_t base_count;                   /* 1..DAP_WATCH_BASES_MAX */
    const char *filter;                  /* which entries; borrowed for the call */
    /* On the watch's thread, one call at a time; err: NULL for DAP_WATCH_CHANGED. */
    void (*told)(void *ctx, enum dap_watch_event event, const struct error *err);
    void *ctx;
};

/*
 * out     on success owned by the caller: dap_watch_free()
 * errors  ERROR_INVALID      as dap_settings_check(), or no or too many bases
 *         ERROR_UNAVAILABLE  the system gives no thread or descriptor
 */
AE_MUST_CHECK bool dap_watch_new(const struct dap_watch_options *options,
                                 struct dap_watch **out, struct error *err);

/* Nothing is told any more when it returns. Accepts NULL. */
void dap_watch_free(struct dap_watch *watch);
CLEANUP_DEFINE(dap_watch, struct dap_watch *, dap_watch_free);

#endif
