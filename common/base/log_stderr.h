/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_stderr: records as lines, one write(2) each, so that the lines of threads and of processes
 * on one pipe do not mix.
 *
 * A log line never stops the program for long: a pipe is opened anew without blocking, a socket is
 * written without waiting, and what nobody takes is dropped and counted. After the start the calls
 * are write (or sendmsg on a socket) and, between threads, futex: no stdio, no allocation.
 */
#ifndef AE_COMMON_BASE_LOG_STDERR_H
#define AE_COMMON_BASE_LOG_STDERR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/log_record.h"

struct log_stderr {
    pthread_mutex_t mutex;
    int fd;           /* where lines go */
    int reopened;     /* the same, when it is ours to close; else -1 */
    bool is_socket;   /* sendmsg() can be told not to wait */
    bool is_prefixed; /* "<N>" in front, as journald and syslog collectors read it */
    bool is_torn;     /* the last line went out in part */
    uint64_t dropped; /* lines lost since the last one that went out whole */
};

/* Lines go to fd as it is; good enough until log_stderr_open(). */
#define LOG_STDERR_PLAIN(number)                                                         \
    {                                                                                    \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .fd = (number), .reopened = -1               \
    }

enum log_prefix {
    LOG_PREFIX_AUTO, /* a prefix when fd is the journal's stream (JOURNAL_STREAM) */
    LOG_PREFIX_NONE, /* time, program and level as words */
    LOG_PREFIX_LEVEL,
};

/*
 * Prepare for fd, which stays the caller's. Not while other threads log.
 *
 * A pipe that cannot be opened anew (another user's, /proc missing) stays blocking as it is.
 * SIGPIPE must be ignored by the program: a reader that is gone is then a dropped line.
 */
void log_stderr_open(struct log_stderr *out, int fd, enum log_prefix prefix);
void log_stderr_close(struct log_stderr *out);

/* The sink's write function; ctx is the struct log_stderr. */
void log_stderr_write(void *ctx, const struct log_record *record);

/* fd is the very stream that systemd connected to the journal. */
bool log_stderr_is_journal(int fd);

#endif
