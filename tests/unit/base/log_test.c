/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/log_limit.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/fake_clock.h"
#include "tests/support/test.h"

/* 2026-11-21T09:06:34.042Z */
#define NOW_NS INT64_C(1795251994042000000)

/* Records as text: "<level> <event and fields>\n" each. */
static struct buf seen;
static struct fake_clock fake;
static struct clock fake_port;

static void keep(void *ctx, const struct log_record *record)
{
    struct log_line line;
    (void)ctx;

    line.len = 0;
    log_record_print(record, &line);
    buf_printf(&seen, "%d %.*s\n", record->level, (int)line.len, line.data);
    errno = EIO; /* as a sink may leave it */
}

static int start(void **state)
{
    static const struct log_sink sink = {keep, NULL};
    (void)state;

    (void)signal(SIGPIPE, SIG_IGN);
    fake = (struct fake_clock){.now_ns = NOW_NS};
    fake_port = fake_clock_port(&fake);
    log_start(&(struct log_options){
        .program = "test", .level = LOG_INFO, .clock = &fake_port, .sink = &sink});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    log_stop();
    buf_clear(&seen);
    return 0;
}

static void log_drops_what_is_below_the_level(void **state)
{
    (void)state;

    log_event(LOG_DEBUG, "a.debug", NULL);
    log_event(LOG_INFO, "a.info", NULL);
    log_set_level(LOG_WARNING);
    log_event(LOG_INFO, "b.info", NULL);
    log_event(LOG_WARNING, "b.warning", LOG_FIELDS(log_number("n", 1)));
    log_event(LOG_ERR, "b.error", NULL);

    assert_string_equal(buf_text(&seen), "6 a.info\n4 b.warning n=1\n3 b.error\n");
}

static void log_keeps_errno(void **state)
{
    (void)state;

    errno = EDOM;
    log_event(LOG_INFO, "a.b", NULL);
    log_event_limited(LOG_INFO, "a.b", NULL);
    log_event_limited(LOG_DEBUG, "a.b", NULL);

    assert_int_equal(errno, EDOM);
}

static void log_parse_level_knows_four_words(void **state)
{
    static const struct {
        const char *word;
        int level;
    } cases[] = {{"error", LOG_ERR},
                 {"warning", LOG_WARNING},
                 {"info", LOG_INFO},
                 {"debug", LOG_DEBUG}};
    struct error err = {0};
    int level = -1;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_ok(log_parse_level(cases[i].word, &level, &err), &err);
        assert_int_equal(level, cases[i].level);
    }
    assert_fails(log_parse_level("Info", &level, &err), &err, ERROR_INVALID,
                 "is not a level");
    assert_int_equal(level, LOG_DEBUG);
}

static void log_limit_lets_a_burst_pass_and_tells_the_rest(void **state)
{
    (void)state;

    for (int i = 0; i < LOG_LIMIT_BURST + 5; i++) {
        log_event_limited(LOG_WARNING, "auth.failed", NULL);
    }
    assert_int_equal(seen.len, LOG_LIMIT_BURST * strlen("4 auth.failed\n"));
    buf_clear(&seen);

    fake_clock_advance(&fake, LOG_LIMIT_REFILL_S - 1);
    log_event_limited(LOG_WARNING, "auth.failed", NULL);
    assert_int_equal(seen.len, 0);

    fake_clock_advance(&fake, 1);
    log_event_limited(LOG_WARNING, "auth.failed", NULL);
    log_event_limited(LOG_WARNING, "auth.failed", NULL);
    assert_string_equal(buf_text(&seen), "4 auth.failed suppressed=6\n");
    buf_clear(&seen);

    for (int i = 0; i < 2; i++) {
        fake_clock_advance(&fake, LOG_LIMIT_REFILL_S);
        log_event_limited(LOG_WARNING, "auth.failed", NULL);
    }
    assert_string_equal(buf_text(&seen), "4 auth.failed suppressed=1\n4 auth.failed\n");
}

static void log_limit_counts_each_event_by_itself(void **state)
{
    (void)state;

    for (int i = 0; i < LOG_LIMIT_BURST * 2; i++) {
        log_event_limited(LOG_WARNING, "auth.failed", NULL);
    }
    buf_clear(&seen);
    log_event_limited(LOG_WARNING, "tls.failed", NULL);
    log_event(LOG_WARNING, "auth.failed", NULL); /* not limited */

    assert_string_equal(buf_text(&seen), "4 tls.failed\n4 auth.failed\n");
}

static void log_limit_saves_up_no_more_than_a_burst(void **state)
{
    (void)state;

    log_event_limited(LOG_WARNING, "a.b", NULL);
    fake_clock_advance(&fake, INT64_C(100000) * LOG_LIMIT_REFILL_S);
    buf_clear(&seen);
    for (int i = 0; i < LOG_LIMIT_BURST * 3; i++) {
        log_event_limited(LOG_WARNING, "a.b", NULL);
    }

    assert_int_equal(seen.len, LOG_LIMIT_BURST * strlen("4 a.b\n"));
}

static void log_limit_goes_by_boot_time(void **state)
{
    (void)state;

    for (int i = 0; i < LOG_LIMIT_BURST * 2; i++) {
        log_event_limited(LOG_WARNING, "a.b", NULL);
    }
    buf_clear(&seen);
    fake_clock_set(&fake, 0); /* somebody sets the wall clock, back and forward */
    log_event_limited(LOG_WARNING, "a.b", NULL);
    fake_clock_set(&fake, INT64_C(4000000000));
    log_event_limited(LOG_WARNING, "a.b", NULL);

    assert_int_equal(seen.len, 0);
}

static void log_report_tells_what_was_held_back_once(void **state)
{
    (void)state;

    for (int i = 0; i < LOG_LIMIT_BURST + 3; i++) {
        log_event_limited(LOG_WARNING, "auth.failed", NULL);
        log_event_limited(LOG_ERR, "tls.failed", NULL);
    }
    buf_clear(&seen);
    log_report_suppressed();
    log_report_suppressed();

    assert_string_equal(buf_text(&seen), "4 log.suppressed of=auth.failed count=3\n"
                                         "3 log.suppressed of=tls.failed count=3\n");
}

static void log_limit_shares_one_bucket_among_too_many_events(void **state)
{
    static char names[LOG_LIMIT_EVENTS + 20][8];
    struct log_limit limit = {.used = 0};
    struct log_bucket told = {0};
    uint64_t suppressed = 0;
    size_t allowed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "e%zu", i);
        allowed +=
            log_limit_allows(&limit, LOG_WARNING, names[i], 0, &suppressed) ? 1 : 0;
    }

    assert_int_equal(allowed, LOG_LIMIT_EVENTS + LOG_LIMIT_BURST);
    assert_true(log_limit_allows(&limit, LOG_WARNING, names[0], 0, &suppressed));
    assert_true(log_limit_report(&limit, &told));
    assert_null(told.event);
    assert_int_equal(told.suppressed,
                     COUNT_OF(names) - LOG_LIMIT_EVENTS - LOG_LIMIT_BURST);
    assert_false(log_limit_report(&limit, &told));
}

/* A sink on a descriptor, and the other end of it. */
struct line_fixture {
    struct log_stderr out;
    int write_end;
    int read_end;
};

static void open_lines(struct line_fixture *f, bool is_socket, enum log_prefix prefix)
{
    int ends[2] = {-1, -1};

    if (is_socket) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    } else {
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    }
    f->read_end = ends[0];
    f->write_end = ends[1];
    f->out = (struct log_stderr)LOG_STDERR_PLAIN(-1);
    assert_int_equal(fcntl(f->read_end, F_SETFL, O_NONBLOCK), 0);
    log_stderr_open(&f->out, f->write_end, prefix);
}

static void close_lines(struct line_fixture *f)
{
    log_stderr_close(&f->out);
    file_close(&f->write_end);
    file_close(&f->read_end);
}

static void write_record(struct line_fixture *f, const char *event,
                         const struct log_field *fields)
{
    struct log_record record = {.level = LOG_WARNING,
                                .event = event,
                                .fields = fields,
                                .now_ns = NOW_NS,
                                .program = "policyd",
                                .pid = 4711};

    log_stderr_write(&f->out, &record);
}

/* All there is to read at the moment. */
static void read_lines(struct line_fixture *f, struct buf *out)
{
    char data[4096];

    for (;;) {
        ssize_t got = read(f->read_end, data, sizeof(data));
        if (got <= 0) {
            return;
        }
        buf_append(out, data, (size_t)got);
    }
}

static void stderr_lines_have_a_head_in_words_or_a_level(void **state)
{
    static const struct {
        enum log_prefix prefix;
        const char *line;
    } cases[] = {
        {LOG_PREFIX_NONE,
         "2026-11-21T09:06:34.042Z policyd[4711] warning a.b v=\"1 2\"\n"},
        {LOG_PREFIX_LEVEL, "<4>a.b v=\"1 2\"\n"},
        {LOG_PREFIX_AUTO,
         "2026-11-21T09:06:34.042Z policyd[4711] warning a.b v=\"1 2\"\n"},
    };
    (void)state;

    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) got = BUF_EMPTY;
        struct line_fixture f;

        open_lines(&f, i % 2 == 0, cases[i].prefix);
        write_record(&f, "a.b", LOG_FIELDS(log_text("v", "1 2")));
        read_lines(&f, &got);
        close_lines(&f);
        assert_string_equal(buf_text(&got), cases[i].line);
    }
}

static void stderr_has_a_level_only_where_it_is_the_journals_stream(void **state)
{
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    struct stat about = {0};
    (void)state;

    open_lines(&f, true, LOG_PREFIX_AUTO);
    assert_int_equal(fstat(f.write_end, &about), 0);
    AUTO(string)
    ours = mem_printf("%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
    AUTO(string)
    other = mem_printf("%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino + 1);

    assert_int_equal(setenv("JOURNAL_STREAM", other, 1), 0);
    assert_false(log_stderr_is_journal(f.write_end));
    assert_int_equal(setenv("JOURNAL_STREAM", ours, 1), 0);
    assert_true(log_stderr_is_journal(f.write_end));
    log_stderr_open(&f.out, f.write_end, LOG_PREFIX_AUTO);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);

    write_record(&f, "a.b", NULL);
    read_lines(&f, &got);
    close_lines(&f);
    assert_string_equal(buf_text(&got), "<4>a.b\n");
}

/* How many octets of x fill it up. */
static void fill_up(struct line_fixture *f)
{
    static const char block[4096] = {0};
    int flags = fcntl(f->write_end, F_GETFL);

    assert_int_equal(fcntl(f->write_end, F_SETFL, flags | O_NONBLOCK), 0);
    for (size_t step = sizeof(block); step > 0; step /= 2) {
        while (write(f->write_end, block, step) > 0) {
        }
    }
    assert_int_equal(fcntl(f->write_end, F_SETFL, flags), 0);
}

/* The promise: a log line never stops the program. A hang here is the failure. */
static void stderr_drops_and_counts_when_nobody_reads(void **state)
{
    (void)state;

    for (int is_socket = 0; is_socket < 2; is_socket++) {
        AUTO(buf) got = BUF_EMPTY;
        struct line_fixture f;

        open_lines(&f, is_socket != 0, LOG_PREFIX_LEVEL);
        fill_up(&f);
        assert_int_equal(fcntl(f.write_end, F_GETFL) & O_NONBLOCK, 0);
        write_record(&f, "lost.one", NULL);
        write_record(&f, "lost.two", NULL);
        read_lines(&f, &got);
        buf_clear(&got);
        write_record(&f, "next.one", NULL);
        write_record(&f, "next.two", NULL);
        read_lines(&f, &got);
        close_lines(&f);

        /* A stream socket may have taken the first octets of the first line. */
        const char *text = buf_text(&got);
        assert_string_equal(text + (text[0] == '\n' ? 1 : 0),
                            "<4>log.dropped lines=2\n<4>next.one\n<4>next.two\n");
    }
}

static void stderr_counts_when_the_reader_is_gone(void **state)
{
    (void)state;

    for (int is_socket = 0; is_socket < 2; is_socket++) {
        struct line_fixture f;

        open_lines(&f, is_socket != 0, LOG_PREFIX_LEVEL);
        file_close(&f.read_end);
        write_record(&f, "a.b", NULL);
        assert_int_equal(f.out.dropped, 1);
        close_lines(&f);
    }
}

static ssize_t short_write_octets; /* taken by the next wrapped call, 0 = as usual */
static int short_write_errno;      /* of the call after it, 0 = as usual */
static int writes_seen;

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    ssize_t taken = short_write_octets;

    writes_seen++;
    if (taken > 0) {
        short_write_octets = 0;
        return __real_write(fd, data, (size_t)taken);
    }
    if (short_write_errno != 0) {
        errno = short_write_errno;
        short_write_errno = 0;
        return -1;
    }
    return __real_write(fd, data, len);
}

static void stderr_begins_a_new_line_after_a_torn_one(void **state)
{
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    (void)state;

    open_lines(&f, false, LOG_PREFIX_LEVEL);
    short_write_octets = 6;
    short_write_errno = EAGAIN;
    write_record(&f, "first.event", NULL);
    write_record(&f, "second.event", NULL);
    read_lines(&f, &got);
    close_lines(&f);

    assert_string_equal(buf_text(&got),
                        "<4>fir\n<4>log.dropped lines=1\n<4>second.event\n");
}

static void stderr_goes_on_after_an_interruption(void **state)
{
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    (void)state;

    open_lines(&f, false, LOG_PREFIX_LEVEL);
    short_write_octets = 6;
    short_write_errno = EINTR;
    write_record(&f, "first.event", NULL);
    read_lines(&f, &got);
    close_lines(&f);

    assert_string_equal(buf_text(&got), "<4>first.event\n");
}

static void stderr_makes_one_write_of_at_most_pipe_buf_a_line(void **state)
{
    AUTO(string) value = mem_array(LOG_VALUE_MAX + 1, 1);
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    (void)state;

    memset(value, 'a', LOG_VALUE_MAX);
    open_lines(&f, false, LOG_PREFIX_NONE);
    writes_seen = 0;
    write_record(&f, "a.b",
                 LOG_FIELDS(log_text("p", value), log_text("q", value),
                            log_text("r", value), log_text("s", value),
                            log_text("t", value)));
    assert_int_equal(writes_seen, 1);
    read_lines(&f, &got);
    close_lines(&f);

    assert_in_range(got.len, 3 * LOG_VALUE_MAX, LOG_LINE_MAX);
    assert_true(text_has_suffix(buf_text(&got), " fields_cut=2\n"));
}

enum { THREADS = 4, LINES_A_THREAD = 200 };

static void *write_many(void *ctx)
{
    for (int i = 0; i < LINES_A_THREAD; i++) {
        write_record(ctx, "thread.line",
                     LOG_FIELDS(log_text("v", "0123456789 0123456789")));
    }
    return NULL;
}

static void stderr_lines_of_threads_do_not_mix(void **state)
{
    static const char line[] = "<4>thread.line v=\"0123456789 0123456789\"\n";
    pthread_t threads[THREADS];
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    (void)state;

    open_lines(&f, false, LOG_PREFIX_LEVEL);
    assert_true(fcntl(f.write_end, F_SETPIPE_SZ, 1 << 17) >= 1 << 17);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &f), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    read_lines(&f, &got);
    close_lines(&f);

    assert_int_equal(got.len, strlen(line) * THREADS * LINES_A_THREAD);
    for (size_t at = 0; at < got.len; at += strlen(line)) {
        assert_memory_equal(got.data + at, line, strlen(line));
    }
}

static void log_writes_to_stderr_without_a_sink(void **state)
{
    AUTO(fd) saved = dup(STDERR_FILENO);
    AUTO(buf) got = BUF_EMPTY;
    struct line_fixture f;
    (void)state;

    open_lines(&f, false, LOG_PREFIX_NONE);
    log_stop();
    assert_true(dup2(f.write_end, STDERR_FILENO) >= 0);
    log_event(LOG_INFO, "before.start", NULL);
    log_start(&(struct log_options){.program = "policyd-signer",
                                    .level = LOG_DEBUG,
                                    .clock = &fake_port,
                                    .prefix = LOG_PREFIX_LEVEL});
    log_event(LOG_DEBUG, "after.start", NULL);
    log_stop();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    read_lines(&f, &got);
    close_lines(&f);

    assert_non_null(strstr(buf_text(&got), "info before.start\n"));
    assert_true(text_has_suffix(buf_text(&got), "\n<7>after.start\n"));
}

#define STARTED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTED(log_drops_what_is_below_the_level),
        STARTED(log_keeps_errno),
        STARTED(log_parse_level_knows_four_words),
        STARTED(log_limit_lets_a_burst_pass_and_tells_the_rest),
        STARTED(log_limit_counts_each_event_by_itself),
        STARTED(log_limit_saves_up_no_more_than_a_burst),
        STARTED(log_limit_goes_by_boot_time),
        STARTED(log_report_tells_what_was_held_back_once),
        STARTED(log_limit_shares_one_bucket_among_too_many_events),
        STARTED(stderr_lines_have_a_head_in_words_or_a_level),
        STARTED(stderr_has_a_level_only_where_it_is_the_journals_stream),
        STARTED(stderr_drops_and_counts_when_nobody_reads),
        STARTED(stderr_counts_when_the_reader_is_gone),
        STARTED(stderr_begins_a_new_line_after_a_torn_one),
        STARTED(stderr_goes_on_after_an_interruption),
        STARTED(stderr_makes_one_write_of_at_most_pipe_buf_a_line),
        STARTED(stderr_lines_of_threads_do_not_mix),
        STARTED(log_writes_to_stderr_without_a_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
