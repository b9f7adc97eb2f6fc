/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite writes its log through ours, to a disk that fails: with transactions that go into the log when
 * they end, as the ledger's do, and with such as spill into it before, for lack of memory. What then
 * counts is the same as in a database in memory, which never fails. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/ledger_sqlite_db.h"
#include "policyd/ledger_sqlite_log.h"
#include "tests/support/fake_disk.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { STATEMENTS = 90 }; /* of a transaction */

struct place {
    char *directory;
    char *path;
    struct ldb writer; /* through our log */
    struct ldb other;  /* reads the same file */
    struct ldb truth;  /* in memory */
    struct ldb_log *log;
    uint64_t random;
    bool spills; /* and undoes nothing in part: SQLite 3.40 would lose a checksum */
};

static void run(struct ldb *db, const char *sql)
{
    struct error err;

    assert_ok(ldb_exec(db, sql, &err), &err);
}

static void make_tables(struct ldb *db)
{
    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, v BLOB);"
            "CREATE INDEX t_k ON t (k)");
}

static void open_writer(struct place *p, bool fresh)
{
    struct sqlite3_file *file = NULL;
    struct error err;

    assert_ok(ldb_open(&p->writer, p->path, LDB_WRITE, 200, &err), &err);
    run(&p->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                    "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 12");
    run(&p->writer, p->spills ? "PRAGMA cache_spill = ON" : "PRAGMA cache_spill = OFF");
    if (fresh) {
        make_tables(&p->writer);
    }
    run(&p->writer, "SELECT count(*) FROM t"); /* so that there is a log */
    assert_ok(ldb_find_log(&p->writer, &file, &err), &err);
    p->log = ldb_log_new(file);
}

static void close_writer(struct place *p)
{
    ldb_log_free(p->log);
    ldb_close_untouched(&p->writer);
}

static struct place *make_place(bool spills)
{
    struct place *p = mem_new(sizeof(*p));
    struct error err;

    p->spills = spills;
    p->directory = temp_dir_new();
    p->path = mem_printf("%s/a.db", p->directory);
    assert_ok(file_write_atomic(p->path, (struct bytes){NULL, 0}, FILE_MODE(0600), &err),
              &err);
    open_writer(p, true);
    assert_ok(ldb_open(&p->truth, ":memory:", LDB_WRITE, 200, &err), &err);
    make_tables(&p->truth);
    assert_ok(ldb_open(&p->other, p->path, LDB_READ, 200, &err), &err);
    return p;
}

static int setup(void **state)
{
    *state = make_place(false);
    return 0;
}

static int setup_spilling(void **state)
{
    *state = make_place(true);
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    fake_disk_mend();
    ldb_close(&p->other);
    close_writer(p);
    ldb_close(&p->truth);
    temp_dir_free(p->directory);
    free(p->path);
    free(p);
    return 0;
}

/* ---- comparing ----------------------------------------------------------------------- */

/* All of it as one text; free(). */
static char *content_of(struct ldb *db)
{
    static const char sql[] = "SELECT group_concat(id || ' ' || k || ' ' || length(v) || "
                              "hex(substr(v, -9)), ',')"
                              " FROM (SELECT * FROM t ORDER BY id)";
    AUTO(ldb_query) q = {0};
    struct error err;
    bool row = false;

    assert_ok(ldb_prepare(db, sql, &q, &err), &err);
    assert_ok(ldb_step(&q, &row, &err), &err);
    return mem_strdup(ldb_text(&q));
}

static void expect_sound(struct ldb *db)
{
    AUTO(ldb_query) q = {0};
    struct error err;
    bool row = false;

    assert_ok(ldb_prepare(db, "PRAGMA integrity_check", &q, &err), &err);
    assert_ok(ldb_step(&q, &row, &err), &err);
    assert_string_equal(ldb_text(&q), "ok");
}

static void expect_same(struct place *p, struct ldb *db)
{
    AUTO(string) is = content_of(db);
    AUTO(string) should_be = content_of(&p->truth);

    assert_string_equal(is, should_be);
    expect_sound(db);
}

static void copy_file(const struct place *p, const char *suffix)
{
    AUTO(string) from = mem_printf("%s%s", p->path, suffix);
    AUTO(string) to = mem_printf("%s-copy%s", p->path, suffix);
    AUTO(buf) content = BUF_EMPTY;
    struct error err;

    assert_ok(file_read(from, 64 << 20, 0, &content, &err), &err);
    AUTO(fd) fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_ok(file_write_all(fd, buf_bytes(&content), &err), &err);
}

/* What a life finds that begins after this one was killed now: the log is read anew. */
static void expect_same_after_a_kill(struct place *p)
{
    AUTO(string) path = mem_printf("%s-copy", p->path);
    AUTO(string) index = mem_printf("%s-shm", path);
    struct ldb db;
    struct error err;

    (void)unlink(index);
    copy_file(p, "");
    copy_file(p, "-wal");
    assert_ok(ldb_open(&db, path, LDB_WRITE, 200, &err), &err);
    expect_same(p, &db);
    ldb_close_untouched(&db);
}

static void expect_same_everywhere(struct place *p)
{
    expect_same(p, &p->other);
    expect_same_after_a_kill(p);
    expect_same(p, &p->writer); /* last: what it reads is written first */
}

/* ---- working ------------------------------------------------------------------------- */

static unsigned int pick(struct place *p, unsigned int below)
{
    p->random = p->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned int)(p->random >> 33) % below;
}

/* Some statement with what could come in a transaction; what it says depends on random alone. */
static char *make_statement(struct place *p)
{
    unsigned int id = pick(p, 400);
    unsigned int k = pick(p, 100000);
    unsigned int what = pick(p, 10);

    switch (p->spills && what >= 2 && what <= 4 ? 5 : what) {
    case 0:
        return mem_printf("DELETE FROM t WHERE id BETWEEN %u AND %u", id,
                          id + pick(p, 9));
    case 1:
        return mem_printf("UPDATE t SET k = k + %u WHERE k > %u", k % 7, k);
    case 2:
        return mem_strdup("SAVEPOINT s");
    case 3:
        return mem_strdup("ROLLBACK TO s");
    case 4:
        return mem_strdup("RELEASE s");
    default:
        return mem_printf("INSERT OR REPLACE INTO t VALUES "
                          "(%u, %u, CAST(printf('%%.*c%u', %u, 'x') AS BLOB))",
                          id, k, k, pick(p, 9000));
    }
}

/* True when it was done in db; a savepoint that there is none of is no failure. */
static bool do_statement(struct ldb *db, const char *sql)
{
    struct error err;

    return ldb_exec(db, sql, &err) || strstr(err.message, "no such savepoint") != NULL;
}

/* The transaction that follows from that beginning; false when it failed and was rolled back. */
static bool transact(struct place *p, struct ldb *db, uint64_t random, const char *end)
{
    bool ok = do_statement(db, "BEGIN IMMEDIATE");

    p->random = random;
    for (unsigned int i = 0; ok && i < STATEMENTS; i++) {
        AUTO(string) sql = make_statement(p);

        ok = do_statement(db, sql);
    }
    ok = ok && do_statement(db, end);
    ldb_rollback(db);
    return ok;
}

/* ---- tests --------------------------------------------------------------------------- */

static void what_is_undone_and_spilled_and_brought_over_is_stored_right(void **state)
{
    enum { ROUNDS = 20 };
    struct place *p = *state;
    unsigned int before = fake_disk_log_writes();

    for (uint64_t i = 1; i <= ROUNDS; i++) {
        const char *end = i % 5 == 0 ? "ROLLBACK" : "COMMIT";

        assert_true(transact(p, &p->writer, i, end));
        assert_true(transact(p, &p->truth, i, end));
        expect_same_everywhere(p);
        if (i % 7 == 0) {
            run(&p->other, "PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
    unsigned int writes = fake_disk_log_writes() - before;
    assert_true(p->spills ? writes > 10 * ROUNDS : writes < 10 * ROUNDS);
}

/* One write after the other: all that a transaction that fits has, and some of one that spills. */
static void a_transaction_of_which_any_write_fails_leaves_no_trace(void **state)
{
    static const int errors[] = {ENOSPC, EIO};
    struct place *p = *state;
    unsigned int failures = 0;
    bool ok = false;

    assert_true(transact(p, &p->writer, 1, "COMMIT"));
    assert_true(transact(p, &p->truth, 1, "COMMIT"));
    for (unsigned int nth = 1; !ok; nth += 1 + nth / 8) {
        unsigned int before = fake_disk_log_writes();

        fake_disk_tear_log_write(nth, errors[nth % COUNT_OF(errors)]);
        ok = transact(p, &p->writer, 2, "COMMIT");
        bool torn = fake_disk_log_writes() - before >= nth;
        fake_disk_mend();
        assert_true(ok != torn);
        failures += ok ? 0 : 1;
        if (!ok) {
            expect_same_everywhere(p);
        }
    }
    assert_true(failures > (p->spills ? 10 : 1));
    assert_true(transact(p, &p->truth, 2, "COMMIT"));
    expect_same_everywhere(p);
}

static void after_a_failure_the_next_transaction_is_stored(void **state)
{
    struct place *p = *state;

    for (uint64_t i = 1; i <= 16; i++) {
        fake_disk_tear_log_write((unsigned int)(p->spills ? i : 1 + i % 4), ENOSPC);
        bool ok = transact(p, &p->writer, 2 * i, "COMMIT");
        fake_disk_mend();
        if (ok) {
            assert_true(transact(p, &p->truth, 2 * i, "COMMIT"));
        }
        assert_true(transact(p, &p->writer, 2 * i + 1, "COMMIT"));
        assert_true(transact(p, &p->truth, 2 * i + 1, "COMMIT"));
        expect_same_everywhere(p);
    }
}

static void a_small_transaction_is_one_write(void **state)
{
    struct place *p = *state;

    run(&p->writer, "PRAGMA cache_size = 1000");
    assert_true(transact(p, &p->writer, 1, "COMMIT")); /* with the beginning of the log */
    unsigned int before = fake_disk_log_writes();
    run(&p->writer, "INSERT INTO t VALUES (5000, 5, zeroblob(9000))");

    assert_int_equal(fake_disk_log_writes() - before, 1);
}

static void a_new_life_goes_on_with_the_log_of_the_last(void **state)
{
    struct place *p = *state;

    for (uint64_t i = 1; i <= 6; i++) {
        assert_true(transact(p, &p->writer, i, "COMMIT"));
        assert_true(transact(p, &p->truth, i, "COMMIT"));
        close_writer(p);
        open_writer(p, false);
        expect_same_everywhere(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                                       \
    {#name, name, setup, teardown, NULL},                                                \
        {#name "_spilling", name, setup_spilling, teardown, NULL}
        TEST(what_is_undone_and_spilled_and_brought_over_is_stored_right),
        TEST(a_transaction_of_which_any_write_fails_leaves_no_trace),
        TEST(after_a_failure_the_next_transaction_is_stored),
        TEST(a_small_transaction_is_one_write),
        TEST(a_new_life_goes_on_with_the_log_of_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
