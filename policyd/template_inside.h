/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_inside: the parts of the store of templates. Of this module only.
 */
#ifndef AE_POLICYD_TEMPLATE_INSIDE_H
#define AE_POLICYD_TEMPLATE_INSIDE_H

#include <pthread.h>

#include "policyd/template.h"

/* Acknowledgements with texts of their own. */
struct template_acks {
    struct template_ack *items;
    size_t count;
    const char **findings;  /* what the items' lists lie in */
    struct tmpl_list texts; /* what all of it points to */
};
void template_acks_copy(struct template_acks *out, const struct template_ack *acks,
                        size_t count);
bool template_acks_equal(const struct template_acks *acks,
                         const struct template_acks *other); /* in the same order */
void template_acks_clear(struct template_acks *acks);

struct template_store {
    struct template_settings settings; /* without the acknowledgements */
    pthread_mutex_t reading;           /* held for a whole reading */
    struct template_acks acks;         /* under reading, as is */
    const struct template_set *known; /* what was read last, served or not; for the log */
    pthread_mutex_t lock;             /* of all that follows; held briefly */
    pthread_cond_t poked;
    bool is_poked, stopping;
    bool changed;                   /* since the last reading began */
    bool watching;                  /* something tells of changes */
    const struct template_set *set; /* NULL: none */
    int64_t read_ns;                /* when its reading began */
    int64_t started_ns;             /* when the last reading began */
    int64_t due_ns;                 /* when the next one does */
    uint64_t reads;
    bool failing;             /* the last reading did */
    enum reason reason;       /* of the last failure */
    struct error last, watch; /* as in struct template_health */
    struct dap_watch *watch_handle;
    pthread_t thread;
    bool has_thread;
};

/*
 * Read everything, by two or three searches.
 *
 * out     on success owned by the caller, one reference
 * reason  set on failure
 * errors  ERROR_NOT_FOUND    DIR_DOWN: there is no container of templates, or we may not see it
 *         ERROR_UNAVAILABLE  DIR_DOWN: no answer; DIR_PARTIAL: a part of one
 *         ERROR_INVALID      DIR_DOWN: the directory does not understand the base
 */
AE_MUST_CHECK bool template_read(const struct template_settings *settings,
                                 const struct template_acks *acks,
                                 const struct template_set **out, enum reason *reason,
                                 struct error *err);

/* Log what is different; before: NULL for none. */
void template_log_news(const struct template_set *before,
                       const struct template_set *after);

/* Where changes matter; the caller frees the base. */
char *template_watch_base(const struct template_settings *settings);
extern const char template_watch_filter[];

#endif
