/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/audit/directory.h"
#include "common/audit/record.h"
#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/signer/journal.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define CONTENT_TEXT "a record's content"

enum { CONTENT = AUDIT_TYPE_CONTENT, SEGMENT_MAX = 4096 };

/* Failures of the disk, provoked by the linker's --wrap. */
static struct {
    ssize_t room;   /* octets pwrite still takes; -1: no limit */
    int sync_errno; /* of the next fdatasync; 0: none */
    unsigned int syncs;
    size_t read; /* octets by pread */
} disk;

ssize_t __real_pread(int fd, void *data, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

ssize_t __wrap_pread(int fd, void *data, size_t len, off_t offset)
{
    ssize_t n = __real_pread(fd, data, len, offset);

    disk.read += n > 0 ? (size_t)n : 0;
    return n;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
    if (disk.room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (disk.room > 0 && (size_t)disk.room < len) {
        len = (size_t)disk.room;
    }
    ssize_t n = __real_pwrite(fd, data, len, offset);
    if (disk.room > 0 && n > 0) {
        disk.room -= n;
    }
    return n;
}

int __wrap_fdatasync(int fd)
{
    disk.syncs++;
    if (disk.sync_errno != 0) {
        errno = disk.sync_errno;
        return -1;
    }
    return __real_fdatasync(fd);
}

static int set_up(void **state)
{
    disk.room = -1;
    disk.sync_errno = 0;
    disk.syncs = 0;
    *state = temp_dir_new();
    return 0;
}

static int tear_down(void **state)
{
    temp_dir_free(*state);
    return 0;
}

static struct journal *open_journal(const char *directory)
{
    const struct journal_options options = {directory, SEGMENT_MAX};
    struct journal *j = NULL;
    struct error err = {0};

    assert_ok(journal_open(&options, 1000, &j, &err), &err);
    return j;
}

static uint64_t record(struct journal *j, const char *text)
{
    struct error err = {0};

    assert_ok(journal_prepare(j, 1001, &err), &err);
    uint64_t sequence = journal_append(j, CONTENT, 1001, bytes_of_text(text));
    assert_ok(journal_commit(j, JOURNAL_SYNCED, &err), &err);
    return sequence;
}

/* The whole journal checks, and this is its last sequence. */
static uint64_t verified_size(const char *directory)
{
    struct audit_chain chain;
    struct segment_end end;
    struct error err = {0};

    assert_ok(audit_verify(directory, NULL, &chain, &end, &err), &err);
    return chain.tree.size;
}

/* Else a power failure could take what the next segment builds on. */
static void a_start_syncs_what_a_killed_run_left_behind(void **state)
{
    struct error err = {0};

    AUTO(journal) first = open_journal(*state);
    assert_int_equal(disk.syncs, 1); /* of the first segment */
    assert_ok(journal_prepare(first, 1001, &err), &err);
    (void)journal_append(first, CONTENT, 1001, bytes_of_text("a result"));
    assert_ok(journal_commit(first, JOURNAL_WRITTEN, &err), &err);
    journal_free(TAKE(first));
    disk.syncs = 0;

    AUTO(journal) second = open_journal(*state);

    assert_int_equal(disk.syncs, 2); /* of the old segment and of the new one */
}

static void what_a_failed_write_left_is_synced_before_it_is_built_on(void **state)
{
    struct error err = {0};

    AUTO(journal) j = open_journal(*state);
    (void)journal_append(j, CONTENT, 1001, bytes_of_text("whole"));
    size_t whole = journal_pending(j);
    (void)journal_append(j, CONTENT, 1001, bytes_of_text("torn"));
    disk.room = (ssize_t)whole + 1;
    assert_fails(journal_commit(j, JOURNAL_SYNCED, &err), &err, ERROR_UNAVAILABLE,
                 "No space left");
    disk.room = -1;
    disk.syncs = 0;

    assert_ok(journal_prepare(j, 1002, &err), &err);

    assert_int_equal(disk.syncs, 2); /* of the old segment and of the new one */
}

static void a_journal_goes_on_where_it_ended(void **state)
{
    struct journal_state before;
    struct journal_state after;

    AUTO(journal) first = open_journal(*state);
    assert_int_equal(record(first, "one"), 2);
    assert_int_equal(record(first, "two"), 3);
    journal_get_state(first, &before);
    journal_free(TAKE(first));
    AUTO(journal) second = open_journal(*state);
    journal_get_state(second, &after);

    assert_int_equal(before.sequence, 3);
    assert_int_equal(after.sequence, 4);
    assert_int_equal(after.first_sequence, 4);
    assert_int_equal(after.recovered, 0);
    assert_int_equal(verified_size(*state), 4);
}

static void one_writer_holds_a_journal(void **state)
{
    const struct journal_options options = {*state, SEGMENT_MAX};
    AUTO(journal) first = open_journal(*state);
    struct journal *second = NULL;
    struct error err = {0};

    assert_fails(journal_open(&options, 1000, &second, &err), &err, ERROR_CONFLICT,
                 "another process");
    assert_null(second);
    journal_free(TAKE(first));
    AUTO(journal) third = open_journal(*state);
    assert_non_null(third);
}

static void many_records_cost_one_sync_and_results_none(void **state)
{
    AUTO(journal) j = open_journal(*state);
    struct error err = {0};

    disk.syncs = 0;
    for (int i = 0; i < 10; i++) {
        (void)journal_append(j, CONTENT, 1001, bytes_of_text("intent"));
    }
    assert_ok(journal_commit(j, JOURNAL_SYNCED, &err), &err);
    assert_int_equal(disk.syncs, 1);
    (void)journal_append(j, CONTENT, 1001, bytes_of_text("result"));
    assert_ok(journal_commit(j, JOURNAL_WRITTEN, &err), &err);
    assert_int_equal(disk.syncs, 1);
    assert_int_equal(verified_size(*state), 12);
    assert_ok(journal_commit(j, JOURNAL_SYNCED, &err), &err);
    assert_int_equal(disk.syncs, 2);
    assert_ok(journal_commit(j, JOURNAL_SYNCED, &err), &err);
    assert_int_equal(disk.syncs, 2);
}

/* Room for any number of octets of a batch of three: told stored, or torn and chained over. */
static void a_full_disk_drops_the_batch_and_is_chained_over(void **state)
{
    AUTO(journal) j = open_journal(*state);
    struct error err = {0};

    for (ssize_t room = 0; room < 300; room += 7) {
        struct journal_state before;
        struct journal_state after;

        assert_ok(journal_prepare(j, 1001, &err), &err);
        journal_get_state(j, &before);
        for (int i = 0; i < 3; i++) {
            (void)journal_append(j, CONTENT, 1001, bytes_of_text("intent"));
        }
        disk.room = room;
        bool stored = journal_commit(j, JOURNAL_SYNCED, &err);
        disk.room = 0;
        if (!stored) {
            assert_int_equal(err.code, ERROR_UNAVAILABLE);
            assert_false(journal_prepare(j, 1001, &err)); /* still no room */
        }
        disk.room = -1;
        journal_get_state(j, &after);
        if (stored) {
            assert_int_equal(after.sequence - before.sequence, 3);
        } else {
            assert_in_range(after.sequence - before.sequence, 0, 2);
        }
        assert_int_equal(journal_pending(j), 0);
        (void)record(j, "after");
        journal_get_state(j, &after);
        assert_int_equal(verified_size(*state), after.sequence);
    }
    struct journal_state end;
    journal_get_state(j, &end);
    assert_int_equal(journal_last_sequence(j), end.sequence);
    assert_int_equal(journal_first_sequence(j), end.first_sequence);
    assert_true(end.recovered > 0);
    assert_false(end.failed);
}

static void a_failed_sync_ends_recording_until_a_restart(void **state)
{
    AUTO(journal) j = open_journal(*state);
    struct journal_state s;
    struct error err = {0};

    (void)record(j, "before");
    (void)journal_append(j, CONTENT, 1001, bytes_of_text("lost?"));
    disk.sync_errno = EIO;
    assert_fails(journal_commit(j, JOURNAL_SYNCED, &err), &err, ERROR_INTERNAL,
                 "restart");
    disk.sync_errno = 0; /* asking again would answer success: it must not be asked */
    unsigned int syncs = disk.syncs;
    assert_fails(journal_commit(j, JOURNAL_SYNCED, &err), &err, ERROR_INTERNAL,
                 "earlier");
    assert_fails(journal_prepare(j, 1001, &err), &err, ERROR_INTERNAL, "earlier");
    assert_int_equal(disk.syncs, syncs);
    journal_get_state(j, &s);
    assert_true(s.failed);
    journal_free(TAKE(j));

    AUTO(journal) again = open_journal(*state);
    (void)record(again, "after");
    journal_get_state(again, &s);
    assert_false(s.failed);
    assert_int_equal(verified_size(*state), s.sequence);
}

static void a_full_segment_is_followed_by_another(void **state)
{
    AUTO(journal) j = open_journal(*state);
    AUTO(audit_segments) list = {NULL, 0};
    struct error err = {0};

    for (int i = 0; i < 200; i++) {
        (void)record(j, "0123456789012345678901234567890123456789");
    }

    assert_ok(audit_list_segments(*state, &list, &err), &err);
    assert_true(list.count > 4 && list.count < 20);
    struct journal_state s;
    journal_get_state(j, &s);
    assert_int_equal(verified_size(*state), s.sequence);
    assert_int_equal(s.recovered, 0);
}

static char *segment_path(const char *directory, uint64_t first)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(first, name);
    return mem_printf("%s/%s", directory, name);
}

static void a_tail_torn_by_a_crash_is_kept_and_chained_over(void **state)
{
    AUTO(journal) j = open_journal(*state);
    struct journal_state s;

    (void)record(j, "whole");
    journal_free(TAKE(j));
    AUTO(string) path = segment_path(*state, 1);
    AUTO(stream) file = fopen(path, "abe");
    assert_non_null(file);
    assert_int_equal(fwrite("AEJ1 half a record", 1, 18, file), 18);
    assert_int_equal(fclose(TAKE(file)), 0);

    AUTO(journal) again = open_journal(*state);
    journal_get_state(again, &s);
    assert_int_equal(s.recovered, 18);
    assert_int_equal(s.sequence, 3);
    assert_int_equal(verified_size(*state), 3);

    /* Cutting it now is found: the next segment describes it. */
    struct audit_chain chain;
    struct segment_end end;
    struct error err = {0};
    assert_int_equal(truncate(path, (off_t)(s.segment_octets)), 0);
    assert_fails(audit_verify(*state, NULL, &chain, &end, &err), &err, ERROR_INVALID,
                 "segment");
}

static void a_missing_segment_is_found(void **state)
{
    AUTO(journal) first = open_journal(*state);
    struct audit_chain chain;
    struct segment_end end;
    struct error err = {0};

    (void)record(first, "a"); /* records 1, 2 */
    journal_free(TAKE(first));
    AUTO(journal) second = open_journal(*state); /* 3 */
    journal_free(TAKE(second));
    AUTO(journal) third = open_journal(*state); /* 4 */
    assert_int_equal(verified_size(*state), 4);

    AUTO(string) middle = segment_path(*state, 3);
    assert_int_equal(unlink(middle), 0);
    assert_fails(audit_verify(*state, NULL, &chain, &end, &err), &err, ERROR_INVALID,
                 "record 4 stands where 3 is due");
    AUTO(string) head = segment_path(*state, 1);
    assert_int_equal(unlink(head), 0);
    assert_fails(audit_verify(*state, NULL, &chain, &end, &err), &err, ERROR_NOT_FOUND,
                 "record 1");
}

struct seen {
    uint64_t first, count, stop_after;
};

static bool see(void *ctx, const struct audit_record *record, struct error *err)
{
    struct seen *seen = ctx;

    seen->first = seen->count == 0 ? record->sequence : seen->first;
    seen->count++;
    return seen->count < seen->stop_after || error_set(err, ERROR_DENIED, "enough");
}

static void records_are_read_from_any_sequence_on(void **state)
{
    AUTO(journal) j = open_journal(*state);
    struct journal_state s;
    struct error err = {0};

    for (int i = 0; i < 100; i++) {
        (void)record(j, "0123456789012345678901234567890123456789");
    }
    journal_get_state(j, &s);
    for (uint64_t from = 1; from <= s.sequence; from++) {
        struct seen seen = {0, 0, UINT64_MAX};
        const struct audit_visitor visitor = {see, &seen};

        assert_ok(journal_read(j, from, &visitor, &err), &err);
        assert_int_equal(seen.first, from);
        assert_int_equal(seen.count, s.sequence - from + 1);
    }
    struct seen few = {0, 0, 3};
    const struct audit_visitor visitor = {see, &few};
    assert_fails(journal_read(j, 5, &visitor, &err), &err, ERROR_DENIED, "enough");
    assert_int_equal(few.count, 3);
    struct seen none = {0, 0, UINT64_MAX};
    const struct audit_visitor beyond = {see, &none};
    assert_ok(journal_read(j, s.sequence + 1, &beyond, &err), &err);
    assert_int_equal(none.count, 0);
}

/* A segment that holds many pages of answers. */
static struct journal *open_long_journal(const char *directory, uint64_t records)
{
    const struct journal_options options = {directory, UINT64_C(16) * 1024 * 1024};
    AUTO(journal) j = NULL;
    struct error err = {0};

    assert_ok(journal_open(&options, 1000, &j, &err), &err);
    assert_ok(journal_prepare(j, 1001, &err), &err);
    for (uint64_t i = 0; i < records; i++) {
        (void)journal_append(j, CONTENT, 1001, bytes_of_text(CONTENT_TEXT));
    }
    assert_ok(journal_commit(j, JOURNAL_SYNCED, &err), &err);
    return TAKE(j);
}

static void who_reads_on_reads_only_what_is_new(void **state)
{
    enum { RECORDS = 20000, FEW = 4096 /* octets: some dozens of records */ };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    struct error err = {0};

    for (int i = 0; i < 20; i++) {
        uint64_t last = record(j, "new");
        struct seen seen = {0, 0, UINT64_MAX};
        const struct audit_visitor visitor = {see, &seen};

        disk.read = 0;
        assert_ok(journal_read(j, i == 0 ? 1 : last - 1, &visitor, &err), &err);
        assert_int_equal(seen.count, i == 0 ? last : 2);
        if (i > 0) {
            assert_in_range(disk.read, 1, FEW);
        }
    }
}

/* As policyd follows: so many at a time, from the last one that it has. */
static void who_is_stopped_goes_on_where_he_was(void **state)
{
    enum { RECORDS = 20000, STRETCH = 256, FEW = 128 * 1024 };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    struct error err = {0};

    for (uint64_t from = 1; from + STRETCH <= RECORDS; from += STRETCH - 1) {
        struct seen seen = {0, 0, STRETCH + 1};
        const struct audit_visitor visitor = {see, &seen};

        disk.read = 0;
        assert_fails(journal_read(j, from, &visitor, &err), &err, ERROR_DENIED, "enough");
        assert_int_equal(seen.first, from);
        assert_int_equal(seen.count, STRETCH + 1);
        assert_in_range(disk.read, 1, FEW);
    }
}

/* As policyd does for an intent that came some time before its result: one record, then on. */
static void who_looks_back_reads_only_what_is_there(void **state)
{
    enum { RECORDS = 20000, STEP = 997, FEW = 16 * 1024 };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    struct error err = {0};

    for (uint64_t at = RECORDS; at > STEP; at -= STEP) {
        struct seen seen = {0, 0, 1};
        const struct audit_visitor visitor = {see, &seen};

        disk.read = 0;
        assert_fails(journal_read(j, at, &visitor, &err), &err, ERROR_DENIED, "enough");
        assert_int_equal(seen.first, at);
        assert_in_range(disk.read, 1, FEW);
    }
}

static void a_record_of_any_length_is_read(void **state)
{
    AUTO(journal) j = open_long_journal(*state, 1);
    AUTO(octets) octets = mem_array(AUDIT_PAYLOAD_MAX, 1);
    struct error err = {0};

    for (size_t len = AUDIT_PAYLOAD_MAX; len > 1; len /= 2) {
        struct seen seen = {0, 0, UINT64_MAX};
        const struct audit_visitor visitor = {see, &seen};

        assert_ok(journal_prepare(j, 1001, &err), &err);
        uint64_t at = journal_append(j, CONTENT, 1001, (struct bytes){octets, len});
        assert_ok(journal_commit(j, JOURNAL_WRITTEN, &err), &err);
        assert_ok(journal_read(j, at, &visitor, &err), &err);
        assert_int_equal(seen.first, at);
        assert_int_equal(seen.count, 1);
    }
}

/* What was noted of records that were never stored leads nobody astray. */
static void a_dropped_batch_is_not_read(void **state)
{
    enum { RECORDS = 100, DROPPED = 50 };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    const uint64_t last = RECORDS + 1; /* with the segment's first one */
    struct error err = {0};

    for (int i = 0; i < DROPPED; i++) {
        (void)journal_append(j, CONTENT, 1001, bytes_of_text(CONTENT_TEXT));
    }
    disk.room = 0;
    assert_fails(journal_commit(j, JOURNAL_SYNCED, &err), &err, ERROR_UNAVAILABLE,
                 "writing to the journal");
    disk.room = -1;
    for (uint64_t from = 1; from <= last + DROPPED; from++) {
        struct seen seen = {0, 0, UINT64_MAX};
        const struct audit_visitor visitor = {see, &seen};

        assert_ok(journal_read(j, from, &visitor, &err), &err);
        assert_int_equal(seen.count, from <= last ? last - from + 1 : 0);
    }
    assert_int_equal(record(j, "after"), last + 2); /* behind another segment's first */
    assert_int_equal(verified_size(*state), last + 2);
}

/* What is not settled yet holds policyd back: it asks for the same again, and for more. */
static void who_asks_again_does_not_begin_anew(void **state)
{
    enum { RECORDS = 20000, LATE = RECORDS - 50, FEW = 64 * 1024 };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    struct error err = {0};

    for (uint64_t from = LATE; from < LATE + 20; from++) {
        for (int again = 0; again < 2; again++) {
            struct seen seen = {0, 0, UINT64_MAX};
            const struct audit_visitor visitor = {see, &seen};
            uint64_t last = record(j, "new");

            disk.read = 0;
            assert_ok(journal_read(j, from, &visitor, &err), &err);
            assert_int_equal(seen.first, from);
            assert_int_equal(seen.count, last - from + 1);
            if (from > LATE || again) {
                assert_in_range(disk.read, 1, FEW);
            }
        }
    }
}

/* A whole record with a right hash, which does not continue the one before it. */
static void append_unchained(uint64_t sequence, struct buf *out)
{
    struct audit_record record = {.sequence = sequence,
                                  .time_ns = 1001,
                                  .type = CONTENT,
                                  .payload = bytes_of_text(CONTENT_TEXT)};

    audit_record_append(&record, out);
}

static void a_damaged_record_is_found_by_who_reads_on(void **state)
{
    enum { RECORDS = 20000, HALF = RECORDS / 2 };
    AUTO(journal) j = open_long_journal(*state, RECORDS);
    AUTO(string) path = mem_printf("%s/%020d.journal", *(char **)state, 1);
    AUTO(fd) fd = open(path, O_WRONLY | O_CLOEXEC);
    AUTO(buf) other = BUF_EMPTY;
    struct journal_state s;
    struct error err = {0};

    append_unchained(HALF, &other);
    journal_get_state(j, &s);
    off_t at = (off_t)(s.segment_octets - (RECORDS + 2 - HALF) * other.len);
    for (int i = 0; i < 2; i++) {
        struct seen seen = {0, 0, UINT64_MAX};
        const struct audit_visitor visitor = {see, &seen};

        assert_int_equal(__real_pwrite(fd, other.data, other.len, at), other.len);
        assert_fails(journal_read(j, 1, &visitor, &err), &err, ERROR_INVALID, "record");
        assert_int_equal(seen.count, HALF - 1);
        other.data[other.len - 1] ^= 1; /* now its hash is wrong, too */
    }
}

/* Commits as fast as it can, and says each sequence that is stored. Never returns. */
static _Noreturn void write_until_killed(const char *directory, int out)
{
    struct journal *j = open_journal(directory);
    struct error err = {0};

    for (;;) {
        uint64_t sequence = 0;

        if (!journal_prepare(j, 1001, &err)) {
            _exit(1);
        }
        for (int i = 0; i < 5; i++) {
            sequence = journal_append(j, CONTENT, 1001, bytes_of_text("intent"));
        }
        if (!journal_commit(j, JOURNAL_SYNCED, &err) ||
            write(out, &sequence, sizeof(sequence)) != sizeof(sequence)) {
            _exit(1);
        }
    }
}

/* I1: what was acknowledged as stored is there after a kill at any moment. */
static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
    uint64_t acknowledged = 0;

    for (int round = 0; round < 20; round++) {
        int ends[2];
        uint64_t sequence = 0;

        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_until_killed(*state, ends[1]);
        }
        (void)close(ends[1]);
        for (int i = 0; i <= round; i++) {
            assert_int_equal(read(ends[0], &sequence, sizeof(sequence)),
                             sizeof(sequence));
            assert_true(sequence > acknowledged);
            acknowledged = sequence;
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &sequence, sizeof(sequence)) == (ssize_t)sizeof(sequence)) {
            acknowledged = sequence;
        }
        (void)close(ends[0]);
        AUTO(journal) j = open_journal(*state);
        struct journal_state s;
        journal_get_state(j, &s);
        assert_true(s.sequence > acknowledged);
        assert_int_equal(verified_size(*state), s.sequence);
    }
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_start_syncs_what_a_killed_run_left_behind),
        STORY(what_a_failed_write_left_is_synced_before_it_is_built_on),
        STORY(a_journal_goes_on_where_it_ended),
        STORY(one_writer_holds_a_journal),
        STORY(many_records_cost_one_sync_and_results_none),
        STORY(a_full_disk_drops_the_batch_and_is_chained_over),
        STORY(a_failed_sync_ends_recording_until_a_restart),
        STORY(a_full_segment_is_followed_by_another),
        STORY(a_tail_torn_by_a_crash_is_kept_and_chained_over),
        STORY(a_missing_segment_is_found),
        STORY(records_are_read_from_any_sequence_on),
        STORY(who_reads_on_reads_only_what_is_new),
        STORY(who_is_stopped_goes_on_where_he_was),
        STORY(who_asks_again_does_not_begin_anew),
        STORY(who_looks_back_reads_only_what_is_there),
        STORY(a_record_of_any_length_is_read),
        STORY(a_dropped_batch_is_not_read),
        STORY(a_damaged_record_is_found_by_who_reads_on),
        STORY(a_killed_writer_loses_nothing_it_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
