/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches the file when SQLite writes its log piece by piece; the file is a fake. */
#include <sqlite3.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#include "policyd/ledger_sqlite_log.h"
#include "tests/support/test.h"

enum {
    HEADER = 24,
    PAGE = 4096,
    FRAME = HEADER + PAGE,
    BEGIN = 32,
    FILE_MAX = 80 * FRAME
};

/* What is asked of it is noted as "write 32+4120", "read", "sync", … */
struct fake {
    sqlite3_file base;
    struct buf calls;
    int fail_rc; /* of the next write */
    unsigned char octets[FILE_MAX];
    struct ldb_log *log;
};

static void note(struct fake *f, const char *what)
{
    if (f->calls.len > 0) {
        buf_append_text(&f->calls, " ");
    }
    buf_append_text(&f->calls, what);
}

static int fake_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct fake *f = (struct fake *)file;
    char text[64];

    (void)snprintf(text, sizeof(text), "%lld+%d%s", (long long)offset, len,
                   f->fail_rc == SQLITE_OK ? "" : "!");
    note(f, text);
    int rc = f->fail_rc;
    f->fail_rc = SQLITE_OK;
    if (rc == SQLITE_OK) {
        assert_true(offset + len <= FILE_MAX);
        memcpy(f->octets + offset, data, (size_t)len);
    }
    return rc;
}

static int fake_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    struct fake *f = (struct fake *)file;

    note(f, "read");
    memcpy(out, f->octets + offset, (size_t)len);
    return SQLITE_OK;
}

static int fake_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)size;
    note((struct fake *)file, "truncate");
    return SQLITE_OK;
}

static int fake_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    note((struct fake *)file, "sync");
    return SQLITE_OK;
}

static int fake_size(sqlite3_file *file, sqlite3_int64 *out)
{
    note((struct fake *)file, "size");
    *out = 0;
    return SQLITE_OK;
}

static int setup(void **state)
{
    static const sqlite3_io_methods methods = {.iVersion = 1,
                                               .xRead = fake_read,
                                               .xWrite = fake_write,
                                               .xTruncate = fake_truncate,
                                               .xSync = fake_sync,
                                               .xFileSize = fake_size};
    struct fake *f = mem_new(sizeof(*f));

    f->base.pMethods = &methods;
    f->log = ldb_log_new(&f->base);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fake *f = *state;

    ldb_log_free(f->log);
    buf_clear(&f->calls);
    free(f);
    return 0;
}

/* ---- SQLite's side ------------------------------------------------------------------- */

static int put(struct fake *f, const void *data, int len, sqlite3_int64 offset)
{
    return f->base.pMethods->xWrite(&f->base, data, len, offset);
}

/* The log's own header, with which it begins anew. */
static void begin(struct fake *f)
{
    static const unsigned char header[BEGIN] = {0x37, 0x7f};

    assert_int_equal(put(f, header, BEGIN, 0), SQLITE_OK);
}

static sqlite3_int64 place_of(unsigned int frame)
{
    return BEGIN + (sqlite3_int64)frame * FRAME;
}

static int put_header(struct fake *f, unsigned int frame, bool commits)
{
    unsigned char header[HEADER] = {0, 0, 0, (unsigned char)frame, 0, 0, 0, commits};

    return put(f, header, HEADER, place_of(frame));
}

static int put_page(struct fake *f, unsigned int frame)
{
    unsigned char page[PAGE];

    memset(page, 'A' + (int)frame % 26, sizeof(page));
    return put(f, page, PAGE, place_of(frame) + HEADER);
}

static int put_frame(struct fake *f, unsigned int frame, bool commits)
{
    int rc = put_header(f, frame, commits);

    return rc == SQLITE_OK ? put_page(f, frame) : rc;
}

static void expect_calls(struct fake *f, const char *calls)
{
    assert_string_equal(buf_text(&f->calls), calls);
    buf_clear(&f->calls);
}

static void expect_frames(const struct fake *f, unsigned int first, unsigned int count)
{
    for (unsigned int i = first; i < first + count; i++) {
        const unsigned char *frame = f->octets + place_of(i);

        assert_int_equal(frame[3], i);
        assert_int_equal(frame[HEADER], 'A' + (int)i % 26);
        assert_int_equal(frame[FRAME - 1], 'A' + (int)i % 26);
    }
}

/* ---- what is held, and how long ------------------------------------------------------ */

static void the_frames_of_a_transaction_are_written_at_once_when_it_ends(void **state)
{
    struct fake *f = *state;

    begin(f);
    expect_calls(f, "0+32");
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(put_frame(f, i, false), SQLITE_OK);
    }
    assert_int_equal(put_header(f, 4, true), SQLITE_OK);
    expect_calls(f, "");
    assert_int_equal(put_page(f, 4), SQLITE_OK);
    expect_calls(f, "32+20600");
    expect_frames(f, 0, 5);

    assert_int_equal(put_frame(f, 5, true), SQLITE_OK);
    expect_calls(f, "20632+4120");
    expect_frames(f, 5, 1);
}

static void more_frames_than_there_is_room_for_are_written_meanwhile(void **state)
{
    struct fake *f = *state;

    begin(f);
    for (unsigned int i = 0; i < 2 * LDB_LOG_FRAMES_MAX + 1; i++) {
        assert_int_equal(put_frame(f, i, i == 2 * LDB_LOG_FRAMES_MAX), SQLITE_OK);
    }

    expect_calls(f, "0+32 32+127720 127752+127720 255472+4120");
    expect_frames(f, 0, 2 * LDB_LOG_FRAMES_MAX + 1);
}

static void what_looks_at_the_file_comes_behind_what_is_held(void **state)
{
    struct fake *f = *state;
    const sqlite3_io_methods *methods = f->base.pMethods;
    unsigned char octet = 0;
    sqlite3_int64 size = 0;

    begin(f);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    assert_int_equal(methods->xRead(&f->base, &octet, 1, 32 + HEADER), SQLITE_OK);
    assert_int_equal(octet, 'A');
    assert_int_equal(put_frame(f, 1, false), SQLITE_OK);
    assert_int_equal(methods->xSync(&f->base, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(put_frame(f, 2, false), SQLITE_OK);
    assert_int_equal(methods->xFileSize(&f->base, &size), SQLITE_OK);
    assert_int_equal(put_header(f, 3, false), SQLITE_OK);
    assert_int_equal(methods->xTruncate(&f->base, 0), SQLITE_OK);

    expect_calls(f, "0+32 32+4120 read 4152+4120 sync 8272+4120 size 12392+24 truncate");
}

/* As when pages that were written already are written again in the same transaction, and their
 * checksums with them: the last header may be the one that commits. */
static void what_is_written_again_is_not_held(void **state)
{
    struct fake *f = *state;

    begin(f);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    assert_int_equal(put_frame(f, 1, false), SQLITE_OK);
    assert_int_equal(put_page(f, 0), SQLITE_OK);
    expect_calls(f, "0+32 32+8240 56+4096");
    assert_int_equal(put_frame(f, 2, true), SQLITE_OK);
    expect_calls(f, "8272+4120");
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(put_header(f, i, i == 2), SQLITE_OK);
    }

    expect_calls(f, "32+24 4152+24 8272+24");
}

static void a_log_that_begins_anew_is_held_from_its_beginning(void **state)
{
    struct fake *f = *state;

    begin(f);
    assert_int_equal(put_frame(f, 0, true), SQLITE_OK);
    assert_int_equal(put_frame(f, 1, true), SQLITE_OK);
    begin(f);
    buf_clear(&f->calls);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    assert_int_equal(put_frame(f, 1, true), SQLITE_OK);

    expect_calls(f, "32+8240");
}

/* Where the log ends is not known before something was written there. */
static void a_log_that_was_there_before_is_written_to_as_it_comes(void **state)
{
    struct fake *f = *state;

    assert_int_equal(put_frame(f, 7, true), SQLITE_OK);
    expect_calls(f, "28872+24 28896+4096");
    assert_int_equal(put_frame(f, 8, true), SQLITE_OK);
    expect_calls(f, "32992+4120");
}

static void it_is_left_alone_in_the_end(void **state)
{
    struct fake *f = *state;

    begin(f);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    ldb_log_free(f->log);
    f->log = NULL;
    assert_int_equal(put_frame(f, 0, true), SQLITE_OK);

    expect_calls(f, "0+32 32+24 56+4096");
}

/* ---- failures ------------------------------------------------------------------------ */

static void a_failure_is_told_to_the_write_that_commits(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};

    for (unsigned int i = 0; i < COUNT_OF(codes); i++) {
        struct fake *f = *state;

        begin(f);
        assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
        assert_int_equal(put_header(f, 1, true), SQLITE_OK);
        f->fail_rc = codes[i];
        assert_int_equal(put_page(f, 1), codes[i]);
        expect_calls(f, "0+32 32+8240!");

        assert_int_equal(put_frame(f, 0, true), SQLITE_OK); /* the next transaction */
        expect_calls(f, "32+4120");
    }
}

static void no_frame_comes_to_stand_behind_one_that_is_missing(void **state)
{
    struct fake *f = *state;

    begin(f);
    assert_int_equal(put_frame(f, 0, true), SQLITE_OK);
    for (unsigned int i = 1; i < LDB_LOG_FRAMES_MAX; i++) {
        assert_int_equal(put_frame(f, i, false), SQLITE_OK);
    }
    assert_int_equal(put_header(f, LDB_LOG_FRAMES_MAX, false), SQLITE_OK);
    f->fail_rc = SQLITE_FULL;
    assert_int_equal(put_page(f, LDB_LOG_FRAMES_MAX), SQLITE_FULL);
    buf_clear(&f->calls);

    assert_int_equal(put_frame(f, LDB_LOG_FRAMES_MAX, true), SQLITE_FULL);
    assert_int_equal(put_frame(f, LDB_LOG_FRAMES_MAX + 1, true), SQLITE_FULL);
    assert_int_equal(put_page(f, 1), SQLITE_FULL);
    expect_calls(f, "");
    assert_int_equal(put_frame(f, 1, true), SQLITE_OK);
    expect_calls(f, "4152+4120");
    assert_int_equal(put_frame(f, 2, true), SQLITE_OK);
    expect_calls(f, "8272+4120");
}

static void a_log_that_begins_anew_misses_nothing(void **state)
{
    struct fake *f = *state;

    begin(f);
    assert_int_equal(put_header(f, 0, true), SQLITE_OK);
    f->fail_rc = SQLITE_FULL;
    assert_int_equal(put_page(f, 0), SQLITE_FULL);
    begin(f);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    assert_int_equal(put_frame(f, 1, true), SQLITE_OK);

    expect_calls(f, "0+32 32+4120! 0+32 32+8240");
}

/* Nobody gives up a transaction since the log's size could not be found out. */
static void what_could_not_be_written_before_a_look_is_written_behind_it(void **state)
{
    struct fake *f = *state;
    sqlite3_int64 size = 0;

    begin(f);
    assert_int_equal(put_frame(f, 0, false), SQLITE_OK);
    f->fail_rc = SQLITE_IOERR_WRITE;
    assert_int_equal(f->base.pMethods->xFileSize(&f->base, &size), SQLITE_IOERR_WRITE);
    assert_int_equal(put_frame(f, 1, true), SQLITE_OK);

    expect_calls(f, "0+32 32+4120! 32+8240");
    expect_frames(f, 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_frames_of_a_transaction_are_written_at_once_when_it_ends),
        TEST(more_frames_than_there_is_room_for_are_written_meanwhile),
        TEST(what_looks_at_the_file_comes_behind_what_is_held),
        TEST(what_is_written_again_is_not_held),
        TEST(a_log_that_begins_anew_is_held_from_its_beginning),
        TEST(a_log_that_was_there_before_is_written_to_as_it_comes),
        TEST(it_is_left_alone_in_the_end),
        TEST(a_failure_is_told_to_the_write_that_commits),
        TEST(no_frame_comes_to_stand_behind_one_that_is_missing),
        TEST(a_log_that_begins_anew_misses_nothing),
        TEST(what_could_not_be_written_before_a_look_is_written_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
