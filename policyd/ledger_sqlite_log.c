/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_log.h"

#include <sqlite3.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/ledger_sqlite.h"

enum { HEADER_SIZE = 24, FRAME_SIZE = HEADER_SIZE + LEDGER_PAGE_SIZE };

/* SQLite takes the length of a write modulo 128 KiB: its own are a page at most. */
_Static_assert(LDB_LOG_FRAMES_MAX *FRAME_SIZE < 128 * 1024, "one write of SQLite's");

/* What the file points at; SQLite knows the first part. */
struct methods {
    sqlite3_io_methods base;
    struct ldb_log *log;
};

struct ldb_log {
    struct methods methods;
    const sqlite3_io_methods *below;
    sqlite3_file *file;
    sqlite3_int64 end;  /* of what was written since the log began; -1: not known yet */
    sqlite3_int64 lost; /* what was taken from here on was not written; -1: nothing */
    int lost_rc;
    sqlite3_int64 start; /* the place of what is held */
    size_t held;         /* octets */
    unsigned char room[LDB_LOG_FRAMES_MAX * FRAME_SIZE];
};

static struct ldb_log *log_of(const sqlite3_file *file)
{
    return ((const struct methods *)file->pMethods)->log;
}

/* It is held still after a failure: SQLite counts on it, unless it gives up the transaction. Between
 * transactions nothing is held and nothing changed here: who syncs does not keep others from reading. */
static int flush(struct ldb_log *log)
{
    if (log->held == 0) {
        return SQLITE_OK;
    }
    int rc = log->below->xWrite(log->file, log->room, (int)log->held, log->start);
    if (rc == SQLITE_OK) {
        log->held = 0;
    }
    return rc;
}

/* For a write, which SQLite never passes over when it fails: the transaction ends. */
static int flush_or_lose(struct ldb_log *log)
{
    int rc = flush(log);

    if (rc != SQLITE_OK) {
        log->lost = log->start;
        log->lost_rc = rc;
        log->end = log->start;
        log->held = 0;
    }
    return rc;
}

/* Should SQLite go on all the same, no frame may come to stand behind those that are missing. It has
 * gone back when it begins a frame, or the log, at a place before them. */
static bool is_behind_loss(struct ldb_log *log, int len, sqlite3_int64 offset)
{
    if (log->lost >= 0 && offset <= log->lost && (len == HEADER_SIZE || offset == 0)) {
        log->lost = -1;
    }
    return log->lost >= 0 && offset >= log->lost;
}

/* Only new frames are held, header and page in turn: a header that is written again, for its
 * checksum, has no page behind it and may be the one that commits. */
static bool follows(const struct ldb_log *log, int len, sqlite3_int64 offset)
{
    bool has_header = log->held % FRAME_SIZE != 0;

    return offset == log->end && len == (has_header ? LEDGER_PAGE_SIZE : HEADER_SIZE);
}

static void hold(struct ldb_log *log, const void *data, int len)
{
    if (log->held == 0) {
        log->start = log->end;
    }
    memcpy(log->room + log->held, data, (size_t)len);
    log->held += (size_t)len;
    log->end += len;
}

/* Its page is there, and it ends the transaction or leaves no room for another one. The second
 * number of a frame's header is zero but for the last frame of a transaction (section 4.1). */
static bool is_due(const struct ldb_log *log)
{
    if (log->held == 0 || log->held % FRAME_SIZE != 0) {
        return false;
    }
    const unsigned char *header = log->room + log->held - FRAME_SIZE;
    return log->held == sizeof(log->room) ||
           (header[4] | header[5] | header[6] | header[7]) != 0;
}

static int write_through(struct ldb_log *log, const void *data, int len,
                         sqlite3_int64 offset)
{
    int rc = flush_or_lose(log);

    if (rc == SQLITE_OK) {
        rc = log->below->xWrite(log->file, data, len, offset);
    }
    if (rc == SQLITE_OK && (offset == 0 || offset + len > log->end)) {
        log->end = offset + len; /* at 0 the log begins anew */
    }
    return rc;
}

static int log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct ldb_log *log = log_of(file);

    if (is_behind_loss(log, len, offset)) {
        return log->lost_rc;
    }
    if (!follows(log, len, offset)) {
        return write_through(log, data, len, offset);
    }
    hold(log, data, len);
    return is_due(log) ? flush_or_lose(log) : SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    struct ldb_log *log = log_of(file);
    int rc = flush(log);

    return rc == SQLITE_OK ? log->below->xRead(file, out, len, offset) : rc;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct ldb_log *log = log_of(file);
    int rc = flush(log);

    return rc == SQLITE_OK ? log->below->xTruncate(file, size) : rc;
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct ldb_log *log = log_of(file);
    int rc = flush(log);

    return rc == SQLITE_OK ? log->below->xSync(file, flags) : rc;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *out)
{
    struct ldb_log *log = log_of(file);
    int rc = flush(log);

    return rc == SQLITE_OK ? log->below->xFileSize(file, out) : rc;
}

struct ldb_log *ldb_log_new(struct sqlite3_file *file)
{
    struct ldb_log *log = mem_new(sizeof(*log));

    log->below = file->pMethods;
    log->file = file;
    log->end = -1;
    log->lost = -1;
    log->methods.base = *log->below;
    log->methods.base.xRead = log_read;
    log->methods.base.xWrite = log_write;
    log->methods.base.xTruncate = log_truncate;
    log->methods.base.xSync = log_sync;
    log->methods.base.xFileSize = log_size;
    log->methods.log = log;
    file->pMethods = &log->methods.base;
    return log;
}

void ldb_log_free(struct ldb_log *log)
{
    if (log != NULL) {
        log->file->pMethods = log->below;
        free(log);
    }
}
