/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/utc.h"

enum { HEAD_MAX = 128, NS_PER_MS = 1000000, NS_PER_SECOND = 1000000000 };

bool log_stderr_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat about = {0};
    char ours[64];

    if (stream == NULL || fstat(fd, &about) != 0) {
        return false;
    }
    /* systemd.exec(5): device and inode in decimal */
    (void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)about.st_dev,
                   (uintmax_t)about.st_ino);
    return strcmp(stream, ours) == 0;
}

/* Our own open file description, so that not blocking is nobody else's business. */
static int reopen_pipe(int fd)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void log_stderr_open(struct log_stderr *out, int fd, enum log_prefix prefix)
{
    struct stat about = {0};
    bool known = fstat(fd, &about) == 0;

    log_stderr_close(out);
    out->is_socket = known && S_ISSOCK(about.st_mode);
    out->is_prefixed = prefix == LOG_PREFIX_LEVEL ||
                       (prefix == LOG_PREFIX_AUTO && log_stderr_is_journal(fd));
    out->reopened = known && S_ISFIFO(about.st_mode) ? reopen_pipe(fd) : -1;
    out->fd = out->reopened >= 0 ? out->reopened : fd;
}

void log_stderr_close(struct log_stderr *out)
{
    if (out->reopened >= 0) {
        (void)close(out->reopened);
    }
    out->reopened = -1;
    out->fd = STDERR_FILENO;
    out->is_socket = false;
    out->is_prefixed = false;
    out->is_torn = false;
    out->dropped = 0;
}

static const char *level_word(int level)
{
    switch (level) {
    case LOG_ERR:
        return "error";
    case LOG_WARNING:
        return "warning";
    case LOG_INFO:
        return "info";
    default:
        return "debug";
    }
}

static void put_head(struct log_line *line, const struct log_record *record,
                     bool is_prefixed)
{
    int64_t now_ns = record->now_ns > 0 ? record->now_ns : 0;
    struct utc at = utc_split(now_ns / NS_PER_SECOND);
    int ms = (int)(now_ns % NS_PER_SECOND / NS_PER_MS);
    char head[HEAD_MAX];

    if (is_prefixed) {
        (void)snprintf(head, sizeof(head), "<%d>", record->level);
    } else {
        (void)snprintf(head, sizeof(head),
                       "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %.32s[%ld] %s ", at.year,
                       at.month, at.day, at.hour, at.minute, at.second, ms,
                       record->program, record->pid, level_word(record->level));
    }
    log_line_append(line, head);
}

static ssize_t write_once(const struct log_stderr *out, char *data, size_t len)
{
    struct iovec part = {data, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (out->is_socket) {
        return sendmsg(out->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return write(out->fd, data, len);
}

/* Whole, unless nobody takes it; what was begun is remembered as torn. */
static bool write_line(struct log_stderr *out, struct log_line *line)
{
    size_t done = 0;

    while (done < line->len) {
        ssize_t taken = write_once(out, line->data + done, line->len - done);

        if (taken < 0 && errno != EINTR) {
            out->is_torn = out->is_torn || done > 0;
            return false;
        }
        done += taken > 0 ? (size_t)taken : 0;
    }
    out->is_torn = false;
    return true;
}

static bool emit(struct log_stderr *out, const struct log_record *record)
{
    struct log_line line;

    line.len = 0;
    if (out->is_torn) {
        log_line_append(&line, "\n"); /* or this line would continue the torn one */
    }
    put_head(&line, record, out->is_prefixed);
    log_record_print(record, &line);
    line.data[line.len++] = '\n';
    return write_line(out, &line);
}

/* Says how many lines were lost, as soon as something goes out again. */
static bool tell_dropped(struct log_stderr *out, const struct log_record *next)
{
    const struct log_field fields[] = {log_size("lines", out->dropped),
                                       {.kind = LOG_KIND_END}};
    struct log_record record = *next;

    record.level = LOG_WARNING;
    record.event = "log.dropped";
    record.fields = fields;
    record.suppressed = 0;
    return emit(out, &record);
}

void log_stderr_write(void *ctx, const struct log_record *record)
{
    struct log_stderr *out = ctx;

    (void)pthread_mutex_lock(&out->mutex);
    if (out->dropped > 0 && tell_dropped(out, record)) {
        out->dropped = 0;
    }
    if (!emit(out, record)) {
        out->dropped++;
    }
    (void)pthread_mutex_unlock(&out->mutex);
}
