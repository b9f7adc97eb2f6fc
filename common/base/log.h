/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: events for people who run the program; not an audit trail, and never a secret (I8).
 *
 *     log_event(LOG_INFO, "cert.issued",
 *               LOG_FIELDS(log_text("template", name), log_hex("serial", serial)));
 *
 * Fields are typed values and not a printf text: a value is quoted where the line is made, so that
 * nothing a peer writes can forge a field or a line, and the journal gets each one as a field of its
 * own. With "template=%s" the quoting would have to guess where a value ends.
 *
 * Levels: LOG_ERR somebody must act, LOG_WARNING somebody will if it repeats, LOG_INFO one line a
 * completed request, LOG_DEBUG off in production. Until log_start() lines go to stderr.
 * All functions may be called by any thread, but not between fork() and exec().
 */
#ifndef AE_COMMON_BASE_LOG_H
#define AE_COMMON_BASE_LOG_H

#include <stdbool.h>
#include <syslog.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/log_record.h"
#include "common/base/log_stderr.h"

/* An event without fields takes NULL. */
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {.kind = LOG_KIND_END}})

/* event: a literal, "thing.happened". Nothing happens below the level set. errno is kept. */
void log_event(int level, const char *event, const struct log_field *fields);

/*
 * For what a peer can provoke: at most a burst of LOG_LIMIT_BURST records an event, then one every
 * LOG_LIMIT_REFILL_S seconds. The next that goes out carries suppressed=N.
 */
void log_event_limited(int level, const char *event, const struct log_field *fields);

/* Log what log_event_limited() held back and nobody was told yet: now and then, and at the end. */
void log_report_suppressed(void);

struct log_options {
    const char *program; /* a literal, at most 32 octets are shown */
    int level;           /* the least important one that is logged */
    const struct clock *clock;
    enum log_prefix prefix;      /* of lines on stderr */
    const struct log_sink *sink; /* copied; NULL: lines on stderr */
};

/* Once, by main, before there are threads and before a sandbox; opens stderr anew. */
void log_start(const struct log_options *options);

/* Back to the beginning: info and above on stderr. */
void log_stop(void);

/* A reload may change it at any time. */
void log_set_level(int level);

/*
 * The level of a word: error, warning, info or debug.
 * errors  ERROR_INVALID  another word
 */
AE_MUST_CHECK bool log_parse_level(const char *word, int *level, struct error *err);

#endif
