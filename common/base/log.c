/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log_limit.h"

/*
 * The one place with state at file scope: an event must be loggable from everywhere. All of it but
 * level and limit is set before there are threads.
 */
static struct {
    atomic_int level;
    const char *program;
    long pid;                  /* 0: not started yet */
    const struct clock *clock; /* NULL: the system's */
    struct log_sink sink;      /* write is NULL: stderr */
    struct log_stderr err;
    pthread_mutex_t limit_mutex;
    struct log_limit limit;
} logger = {
    .level = LOG_INFO,
    .program = "autoenroll",
    .err = LOG_STDERR_PLAIN(STDERR_FILENO),
    .limit_mutex = PTHREAD_MUTEX_INITIALIZER,
};

static const struct clock *current_clock(void)
{
    return logger.clock != NULL ? logger.clock : clock_system();
}

static void emit(int level, const char *event, const struct log_field *fields,
                 uint64_t suppressed)
{
    struct log_record record = {.level = level,
                                .event = event,
                                .fields = fields,
                                .suppressed = suppressed,
                                .now_ns = clock_now_ns(current_clock()),
                                .program = logger.program,
                                .pid = logger.pid != 0 ? logger.pid : (long)getpid()};

    if (logger.sink.write != NULL) {
        logger.sink.write(logger.sink.ctx, &record);
    } else {
        log_stderr_write(&logger.err, &record);
    }
}

/* A smaller number is more important. */
static bool is_wanted(int level)
{
    return level <= atomic_load(&logger.level);
}

void log_event(int level, const char *event, const struct log_field *fields)
{
    int saved = errno;

    if (is_wanted(level)) {
        emit(level, event, fields, 0);
    }
    errno = saved;
}

void log_event_limited(int level, const char *event, const struct log_field *fields)
{
    int saved = errno;
    uint64_t suppressed = 0;

    if (!is_wanted(level)) {
        return;
    }
    (void)pthread_mutex_lock(&logger.limit_mutex);
    bool allowed = log_limit_allows(&logger.limit, level, event,
                                    clock_boottime_ns(current_clock()), &suppressed);
    (void)pthread_mutex_unlock(&logger.limit_mutex);
    if (allowed) {
        emit(level, event, fields, suppressed);
    }
    errno = saved;
}

static bool next_suppressed(struct log_bucket *told)
{
    (void)pthread_mutex_lock(&logger.limit_mutex);
    bool more = log_limit_report(&logger.limit, told);
    (void)pthread_mutex_unlock(&logger.limit_mutex);
    return more;
}

void log_report_suppressed(void)
{
    struct log_bucket told = {0};

    for (size_t i = 0; i <= LOG_LIMIT_EVENTS && next_suppressed(&told); i++) {
        const char *event = told.event != NULL ? told.event : "others";

        log_event(told.level, "log.suppressed",
                  LOG_FIELDS(log_text("of", event), log_size("count", told.suppressed)));
    }
}

void log_start(const struct log_options *options)
{
    logger.program = options->program;
    logger.pid = (long)getpid();
    logger.clock = options->clock;
    logger.sink = options->sink != NULL ? *options->sink : (struct log_sink){NULL, NULL};
    log_stderr_open(&logger.err, STDERR_FILENO, options->prefix);
    log_set_level(options->level);
}

void log_stop(void)
{
    log_stderr_close(&logger.err);
    logger.pid = 0;
    logger.clock = NULL;
    logger.sink = (struct log_sink){NULL, NULL};
    logger.limit = (struct log_limit){.used = 0};
    log_set_level(LOG_INFO);
}

void log_set_level(int level)
{
    atomic_store(&logger.level, level);
}

bool log_parse_level(const char *word, int *level, struct error *err)
{
    static const struct {
        const char *word;
        int level;
    } levels[] = {{"error", LOG_ERR},
                  {"warning", LOG_WARNING},
                  {"info", LOG_INFO},
                  {"debug", LOG_DEBUG}};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(word, levels[i].word) == 0) {
            *level = levels[i].level;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "'%.64s' is not a level: error, warning, info or debug", word);
}
