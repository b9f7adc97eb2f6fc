/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/ledger_read.h"
#include "policyd/ledger_sqlite_migrate.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { SMALL_LEDGER = 300 * 1024, LONG_MS = 60000 };

/* ---- help ---------------------------------------------------------------------------- */

/* A fixture whose ledger is closed. */
static int setup_closed(void **state)
{
    int failed = fixture_setup(state);
    struct fixture *f = *state;

    ledger_free(f->ledger);
    f->ledger = NULL;
    return failed;
}

static void reopen_fixture(struct fixture *f)
{
    ledger_free(f->ledger);
    f->ledger = ledger_open(&f->options);
}

/* Run SQL on the file as another program would. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;

    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static bool try_to_write(struct fixture *f, struct error *err)
{
    struct ledger_op op = {.kind = LEDGER_SETTING, .setting = {"name", "value"}};

    return ledger_execute(f->ledger, &op, err);
}

static bool try_to_read(struct fixture *f, struct error *err)
{
    AUTO(ledger_certificate) c = NULL;
    struct ledger_serial serial = fixture_serial(1);

    return ledger_certificate_get(f->ledger, &serial, &c, err);
}

static void write_at(const char *path, off_t offset, const void *data, size_t len)
{
    AUTO(fd) fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, data, len, offset), (ssize_t)len);
}

/* ---- files --------------------------------------------------------------------------- */

static void a_new_ledger_is_readable_by_nobody_else(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *f = *state;
    struct ledger_health health;

    fixture_issue(f, 1);
    ledger_health_get(f->ledger, &health);

    assert_int_equal(health.state, LEDGER_READY);
    assert_string_equal(health.message, "");
    assert_true(health.fresh);
    assert_true(health.checked_whole);
    assert_int_equal(health.schema_version, health.schema_known);
    assert_true(health.wal_size > 0);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        AUTO(string) path = mem_printf("%s%s", f->path, suffixes[i]);
        struct stat info;

        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
    }
}

static void what_was_written_is_there_in_the_next_life(void **state)
{
    struct fixture *f = *state;
    struct ledger_health health;
    AUTO(string) instance = NULL;
    AUTO(string) later = NULL;
    struct error err;

    fixture_issue(f, 1);
    AUTO(string) before = fixture_dump(f->ledger, LEDGER_TABLE_CERTIFICATES);
    assert_ok(ledger_setting_get(f->ledger, "instance", &instance, &err), &err);
    fixture_restart(f);
    AUTO(string) after = fixture_dump(f->ledger, LEDGER_TABLE_CERTIFICATES);
    assert_ok(ledger_setting_get(f->ledger, "instance", &later, &err), &err);
    ledger_health_get(f->ledger, &health);

    assert_string_equal(before, after);
    assert_int_equal(strlen(instance), 32);
    assert_string_equal(instance, later);
    assert_false(health.fresh);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_int_equal(chmod(f->directory, 0777), 0);
    reopen_fixture(f);
    fixture_expect_state(f->ledger, LEDGER_AWAY, "cannot be opened");
    assert_fails(try_to_write(f, &err), &err, ERROR_UNAVAILABLE, "cannot be opened");
    assert_fails(try_to_read(f, &err), &err, ERROR_UNAVAILABLE, "cannot be opened");

    assert_int_equal(chmod(f->directory, 0700), 0);
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);
    assert_ok(try_to_write(f, &err), &err);
}

static void a_symbolic_link_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(string) real = mem_printf("%s/real.db", f->directory);

    assert_int_equal(rename(f->path, real), 0);
    assert_int_equal(symlink(real, f->path), 0);
    reopen_fixture(f);

    fixture_expect_state(f->ledger, LEDGER_AWAY, "");
}

static void a_missing_directory_can_come_later(void **state)
{
    struct fixture *f = *state;
    AUTO(string) directory = mem_printf("%s/later", f->directory);
    AUTO(string) path = mem_printf("%s/ledger.db", directory);
    struct error err;

    f->options.path = path;
    reopen_fixture(f);
    fixture_expect_state(f->ledger, LEDGER_AWAY, "later/ledger.db");
    assert_fails(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err, ERROR_UNAVAILABLE,
                 "cannot be opened");
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);

    fixture_expect_state(f->ledger, LEDGER_READY, "");
    assert_ok(try_to_write(f, &err), &err);
}

static void one_program_writes(void **state)
{
    struct fixture *f = *state;
    struct ledger *second = ledger_open(&f->options);
    struct error err;

    fixture_expect_state(second, LEDGER_AWAY, "another program");
    fixture_issue(f, 1);
    ledger_free(f->ledger);
    f->ledger = second;
    assert_ok(ledger_reopen(second, FIXTURE_NOW, &err), &err);

    assert_int_equal(fixture_count(second, LEDGER_TABLE_CERTIFICATES), 1);
}

static void others_may_look_at_it(void **state)
{
    struct fixture *f = *state;
    struct ledger_options options = f->options;
    struct ledger_op op = {.kind = LEDGER_SETTING, .setting = {"name", "value"}};
    struct error err;

    options.read_only = true;
    fixture_issue(f, 1);
    AUTO(ledger) reader = ledger_open(&options);
    fixture_expect_state(reader, LEDGER_READY, "");
    assert_int_equal(fixture_count(reader, LEDGER_TABLE_CERTIFICATES), 1);
    fixture_issue(f, 2);

    assert_int_equal(fixture_count(reader, LEDGER_TABLE_CERTIFICATES), 2);
    assert_fails(ledger_execute(reader, &op, &err), &err, ERROR_UNAVAILABLE,
                 "for reading only");
}

static void looking_makes_no_file(void **state)
{
    struct fixture *f = *state;
    struct stat info;

    assert_int_equal(unlink(f->path), 0);
    f->options.read_only = true;
    reopen_fixture(f);

    fixture_expect_state(f->ledger, LEDGER_AWAY, "");
    assert_int_not_equal(stat(f->path, &info), 0);
}

static void states_and_tables_have_names(void **state)
{
    (void)state;

    assert_string_equal(ledger_state_name(LEDGER_SYNC_LOST), "sync lost");
    assert_string_equal(ledger_state_name(LEDGER_STATE_COUNT), "unknown");
    assert_string_equal(ledger_table_name(LEDGER_TABLE_CRLS), "crls");
    assert_string_equal(ledger_table_name(LEDGER_TABLE_COUNT), "unknown");
}

/* ---- schema -------------------------------------------------------------------------- */

/* The file as a program with so many migrations made it. */
static void make_old(struct fixture *f, size_t versions)
{
    AUTO(ldb) db = {0};
    struct error err;

    run_sql(f->path, "PRAGMA user_version = 0");
    assert_int_equal(unlink(f->path), 0);
    run_sql(f->path, "PRAGMA user_version = 0");
    assert_int_equal(chmod(f->path, 0600), 0);
    assert_ok(ldb_open(&db, f->path, LDB_WRITE, 100, &err), &err);
    assert_ok(ledger_sqlite_migrate(&db, ledger_sqlite_migrations, versions, 5, &err),
              &err);
}

static void every_older_schema_is_brought_up_to_date(void **state)
{
    struct fixture *f = *state;

    for (size_t versions = 0; versions <= ledger_sqlite_migrations_len; versions++) {
        struct ledger_health health;

        make_old(f, versions);
        if (versions > 0) {
            run_sql(f->path, "INSERT INTO burnt_keys (key_hash, serial, burnt_at)"
                             " VALUES (randomblob(32), randomblob(16), 7)");
        }
        reopen_fixture(f);
        ledger_health_get(f->ledger, &health);
        assert_int_equal(health.state, LEDGER_READY);
        assert_int_equal(health.schema_version, (int64_t)ledger_sqlite_migrations_len);
        assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_BURNT_KEYS), versions > 0);
        fixture_issue(f, 1);
        ledger_free(f->ledger);
        f->ledger = NULL;
    }
}

static void a_migration_happens_whole_or_not_at_all(void **state)
{
    static const struct ledger_migration bad[] = {
        {1, "0001_good",
         "CREATE TABLE schema_migrations (version, name, applied_at);"
         "CREATE TABLE first (x)"},
        {2, "0002_bad", "CREATE TABLE second (x); INSERT INTO nowhere VALUES (1)"},
    };
    struct fixture *f = *state;
    AUTO(ldb) db = {0};
    enum ledger_schema schema = LEDGER_SCHEMA_EMPTY;
    int64_t version = 0;
    int64_t tables = 0;
    struct error err;

    make_old(f, 0);
    assert_ok(ldb_open(&db, f->path, LDB_WRITE, 100, &err), &err);
    assert_false(ledger_sqlite_migrate(&db, bad, 2, 5, &err));
    assert_non_null(strstr(err.message, "migration 0002_bad"));
    assert_ok(ledger_sqlite_schema(&db, 2, &version, &schema, &err), &err);
    assert_ok(ldb_exec_int(&db, "SELECT count(*) FROM sqlite_schema", &tables, &err),
              &err);

    assert_int_equal(version, 1);
    assert_int_equal(schema, LEDGER_SCHEMA_KNOWN);
    assert_int_equal(tables, 2);
    assert_ok(ledger_sqlite_migrate(&db, bad, 1, 5, &err), &err); /* once more: nothing */
}

/* I9 */
static void a_newer_schema_is_only_read(void **state)
{
    struct fixture *f = *state;
    struct error err;

    f->ledger = ledger_open(&f->options);
    fixture_issue(f, 1);
    ledger_free(f->ledger);
    run_sql(f->path, "PRAGMA user_version = 99");
    f->ledger = ledger_open(&f->options);

    fixture_expect_state(f->ledger, LEDGER_READ_ONLY, "upgrade policyd");
    assert_fails(try_to_write(f, &err), &err, ERROR_UNAVAILABLE, "schema 99");
    assert_ok(try_to_read(f, &err), &err);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 1);
    assert_fails(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err, ERROR_UNAVAILABLE,
                 "upgrade policyd");
    ledger_free(f->ledger);
    run_sql(f->path, "PRAGMA user_version = 4"); /* the twin: it was left as it was */
    f->ledger = ledger_open(&f->options);
    fixture_expect_state(f->ledger, LEDGER_READY, "");
    assert_ok(try_to_write(f, &err), &err);
}

static void what_a_newer_schema_renamed_is_no_bug_of_ours(void **state)
{
    struct fixture *f = *state;
    struct error err;

    f->ledger = ledger_open(&f->options);
    fixture_issue(f, 1);
    ledger_free(f->ledger);
    run_sql(f->path, "ALTER TABLE certificates RENAME COLUMN subject TO subject_text;"
                     "PRAGMA user_version = 99");
    f->ledger = ledger_open(&f->options);

    assert_fails(try_to_read(f, &err), &err, ERROR_UNAVAILABLE, "subject");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_REQUESTS),
                     1); /* others can be */
}

static void another_programs_database_is_left_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(unlink(f->path), 0);
    run_sql(f->path, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    assert_int_equal(chmod(f->path, 0600), 0);
    f->ledger = ledger_open(&f->options);

    fixture_expect_state(f->ledger, LEDGER_AWAY, "another program");
    run_sql(f->path, "DELETE FROM precious WHERE x = 1");
}

/* ---- damage (I9) --------------------------------------------------------------------- */

static void garbage(const char *path)
{
    static const char text[] = "this is no database, whatever its name says\n";

    assert_int_equal(truncate(path, 0), 0);
    write_at(path, 0, text, sizeof(text));
}

static void spoilt_header(const char *path)
{
    write_at(path, 0, "SQLite format 4", 15);
}

static void cut_in_half(const char *path)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size / 2 / 4096 * 4096), 0);
}

static void spoilt_pages(const char *path)
{
    static const unsigned char noise[64] = {0xFF, 0xA5, 0x5A, 0x01, 0xFF};
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    for (off_t page = 4096; page < info.st_size; page += 4096) {
        write_at(path, page, noise, sizeof(noise));
    }
}

static void spoilt_schema(const char *path)
{
    static const unsigned char noise[512] = {0x11};

    write_at(path, 4096 - 512, noise, sizeof(noise));
}

static void a_damaged_ledger_says_so_and_what_to_do(void **state)
{
    static void (*const spoils[])(const char *path) = {
        garbage, spoilt_header, cut_in_half, spoilt_pages, spoilt_schema};
    struct fixture *f = *state;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        (void)unlink(f->path);
        f->ledger = ledger_open(&f->options);
        for (unsigned int n = 1; n <= 40; n++) {
            fixture_issue(f, n);
        }
        ledger_free(f->ledger);
        spoils[i](f->path);
        f->ledger = ledger_open(&f->options);
        fixture_expect_state(f->ledger, LEDGER_DAMAGED, "policyctl ledger rebuild");
        assert_fails(try_to_write(f, &err), &err, ERROR_UNAVAILABLE, "ledger rebuild");
        assert_fails(try_to_read(f, &err), &err, ERROR_UNAVAILABLE, "ledger rebuild");
        ledger_free(f->ledger);
    }
    f->ledger = NULL;
}

static void a_ledger_set_aside_is_begun_anew(void **state)
{
    struct fixture *f = *state;
    AUTO(string) aside = mem_printf("%s.damaged", f->path);
    struct ledger_health health;
    struct error err;

    garbage(f->path);
    f->ledger = ledger_open(&f->options);
    assert_int_equal(rename(f->path, aside), 0);
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);
    ledger_health_get(f->ledger, &health);

    assert_int_equal(health.state, LEDGER_READY);
    assert_true(health.fresh);
}

static bool look_away(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    (void)ctx;
    (void)c;
    (void)err;
    return true;
}

/* From the file: the writer may know of a frequent answer what the disk has lost since. */
static bool try_to_list(struct fixture *f, struct error *err)
{
    struct ledger_list_query query = {.list = LEDGER_LIST_NEWEST, .limit = 100};
    struct ledger_page page = {0};

    return ledger_certificate_list(f->ledger, &query, &page, look_away, NULL, err);
}

static void damage_that_is_met_later_is_noticed_then(void **state)
{
    struct fixture *f = *state;
    struct error err;

    f->ledger = ledger_open(&f->options);
    for (unsigned int n = 1; n <= 40; n++) {
        fixture_issue(f, n);
    }
    fixture_restart(f); /* brings the log into the database */
    spoilt_pages(f->path);
    assert_fails(try_to_list(f, &err), &err, ERROR_UNAVAILABLE, "damaged");

    fixture_expect_state(f->ledger, LEDGER_DAMAGED, "policyctl ledger rebuild");
    assert_fails(try_to_write(f, &err), &err, ERROR_UNAVAILABLE, "ledger rebuild");
}

static void a_damaged_log_loses_what_it_held_and_no_more(void **state)
{
    struct fixture *f = *state;
    AUTO(string) copy = mem_printf("%s/copy.db", f->directory);
    AUTO(string) log = mem_printf("%s-wal", f->path);
    AUTO(string) log_copy = mem_printf("%s-wal", copy);
    AUTO(buf) db = BUF_EMPTY;
    AUTO(buf) wal = BUF_EMPTY;
    struct error err;

    f->ledger = ledger_open(&f->options);
    fixture_issue(f, 1);
    fixture_restart(f);
    fixture_issue(f, 2);
    fixture_issue(f, 3);
    assert_ok(file_read(f->path, 1 << 24, FILE_ANY, &db, &err), &err);
    assert_ok(file_read(log, 1 << 24, FILE_ANY, &wal, &err), &err);
    wal.data[wal.len - 2000] ^= 1; /* in the last transaction */
    assert_ok(file_write_atomic(copy, buf_bytes(&db), FILE_MODE(0600), &err), &err);
    assert_ok(file_write_atomic(log_copy, buf_bytes(&wal), FILE_MODE(0600), &err), &err);
    f->options.path = copy;
    reopen_fixture(f);

    fixture_expect_state(f->ledger, LEDGER_READY, "");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
}

/* ---- locks and room ------------------------------------------------------------------ */

static void a_lock_of_another_program_is_waited_for_but_not_for_ever(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other = NULL;
    struct error err;

    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_fails(try_to_write(f, &err), &err, ERROR_UNAVAILABLE, "another program");
    fixture_expect_state(f->ledger, LEDGER_FAILING, "tries again");
    assert_ok(try_to_read(f, &err), &err);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);

    assert_ok(try_to_write(f, &err), &err);
    fixture_expect_state(f->ledger, LEDGER_READY, "");
}

static void count_end(struct ledger_op *op)
{
    atomic_fetch_add((atomic_uint *)op->ctx, op->ok ? 1 : 100);
}

static void tick(void)
{
    static const struct timespec ms = {.tv_nsec = 1000000};

    (void)nanosleep(&ms, NULL);
}

static void wait_for_end(const atomic_uint *ended)
{
    for (int i = 0; i < LONG_MS && *ended == 0; i++) {
        tick();
    }
}

/* Frequent questions are asked where it is written, if nobody writes there. */
static void nobody_who_reads_waits_for_a_writer_that_is_held_up(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op = fixture_reserve(1);
    struct ledger_op *list = &op;
    atomic_uint ended = 0;
    sqlite3 *other = NULL;
    struct error err;

    f->options.lock_wait_ms = LONG_MS;
    reopen_fixture(f);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    op.done = count_end;
    op.ctx = &ended;
    ledger_submit(f->ledger, &list, 1);
    for (int i = 0; i < 100; i++) {
        assert_ok(try_to_read(f, &err), &err);
        tick(); /* so that it comes to be held up */
    }
    assert_int_equal(ended, 0);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    wait_for_end(&ended);

    assert_int_equal(ended, 1);
}

static void a_full_ledger_says_so_and_goes_on_when_there_is_room(void **state)
{
    struct fixture *f = *state;
    unsigned int n = 0;
    bool ok = true;
    struct error err;

    f->options.size_max = SMALL_LEDGER;
    f->ledger = ledger_open(&f->options);
    while (ok && n < 1000) {
        struct ledger_certificate c = fixture_certificate(++n);
        struct ledger_request request = fixture_request(n);
        struct ledger_decision decision = fixture_decision(n);
        struct ledger_op op = {.kind = LEDGER_SETTLE,
                               .settle = {&c, &request, &decision, false}};

        ok = ledger_execute(f->ledger, &op, &err);
    }
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "no room"));
    fixture_expect_state(f->ledger, LEDGER_FAILING, "no room");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), n - 1);
    f->options.size_max = 0;
    reopen_fixture(f);

    fixture_issue(f, n);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OPEN(name)   cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, fixture_teardown)
        OPEN(a_new_ledger_is_readable_by_nobody_else),
        OPEN(what_was_written_is_there_in_the_next_life),
        CLOSED(a_directory_that_others_can_write_is_refused),
        CLOSED(a_symbolic_link_is_refused),
        CLOSED(a_missing_directory_can_come_later),
        OPEN(one_program_writes),
        OPEN(others_may_look_at_it),
        CLOSED(looking_makes_no_file),
        cmocka_unit_test(states_and_tables_have_names),
        CLOSED(every_older_schema_is_brought_up_to_date),
        CLOSED(a_migration_happens_whole_or_not_at_all),
        CLOSED(a_newer_schema_is_only_read),
        CLOSED(what_a_newer_schema_renamed_is_no_bug_of_ours),
        CLOSED(another_programs_database_is_left_alone),
        CLOSED(a_damaged_ledger_says_so_and_what_to_do),
        CLOSED(a_ledger_set_aside_is_begun_anew),
        CLOSED(damage_that_is_met_later_is_noticed_then),
        CLOSED(a_damaged_log_loses_what_it_held_and_no_more),
        OPEN(a_lock_of_another_program_is_waited_for_but_not_for_ever),
        OPEN(nobody_who_reads_waits_for_a_writer_that_is_held_up),
        CLOSED(a_full_ledger_says_so_and_goes_on_when_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
