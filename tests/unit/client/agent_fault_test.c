/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs whose disk is full from some call on: every call of a first enrollment and of a renewal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/agent.h"
#include "autoenroll-client/keystore.h"
#include "tests/support/agent_half.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { HOUR = 3600, WINDOW = 91 * 24 * HOUR, LEAST_CALLS = 30 };

/* ---- the disk ------------------------------------------------------------------------ */

/* How many calls find room yet; less than none: there is room enough. */
static long calls_left = -1;
static bool is_full;
static size_t makings; /* of files, with room or without */

static bool is_struck(void)
{
    if (calls_left >= 0) {
        is_full = is_full || calls_left-- == 0;
    }
    errno = is_full ? ENOSPC : errno;
    return is_full;
}

static void fill_after(long calls)
{
    calls_left = calls;
    is_full = false;
}

/* Whether it was full. */
static bool make_room(void)
{
    bool was_full = is_full;

    calls_left = -1;
    is_full = false;
    return was_full;
}

/* Nothing here is about what survives the machine. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd;
    return is_struck() ? -1 : 0;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    return is_struck() ? -1 : __real_write(fd, data, len);
}

/* A file that is only opened needs no room. */
static bool is_made(int flags, va_list args, mode_t *mode)
{
    if ((flags & O_CREAT) == 0) {
        *mode = 0;
        return false;
    }
    *mode = va_arg(args, mode_t);
    makings++;
    return true;
}

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    bool no_room = is_made(flags, args, &mode) && is_struck();
    va_end(args);
    return no_room ? -1 : __real_open(name, flags, mode);
}

int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    bool no_room = is_made(flags, args, &mode) && is_struck();
    va_end(args);
    return no_room ? -1 : __real_openat(at, name, flags, mode);
}

int __real_mkdir(const char *name, mode_t mode);
int __wrap_mkdir(const char *name, mode_t mode);
int __wrap_mkdir(const char *name, mode_t mode)
{
    return is_struck() ? -1 : __real_mkdir(name, mode);
}

int __real_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode)
{
    return is_struck() ? -1 : __real_mkdirat(at, name, mode);
}

int __real_symlinkat(const char *to, int at, const char *name);
int __wrap_symlinkat(const char *to, int at, const char *name);
int __wrap_symlinkat(const char *to, int at, const char *name)
{
    return is_struck() ? -1 : __real_symlinkat(to, at, name);
}

int __real_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to)
{
    return is_struck() ? -1 : __real_renameat(from_at, from, to_at, to);
}

/* ---- a host -------------------------------------------------------------------------- */

struct scene {
    char *directory, *store, *anchors;
    struct fake_clock fake;
    struct clock clock;
    struct agent_half *half;
    struct agent_result result;
};

static void scene_make(struct scene *s)
{
    AUTO(buf) pem = BUF_EMPTY;
    struct error err;

    *s = (struct scene){.directory = temp_dir_new()};
    s->store = mem_printf("%s/store", s->directory);
    s->anchors = mem_printf("%s/ca.pem", s->directory);
    s->clock = fake_clock_port(&s->fake);
    fake_clock_set(&s->fake, FIXTURE_NOW);
    s->half = agent_half_new(&s->clock);
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(s->half->ca), &pem);
    assert_ok(file_write_atomic(s->anchors, buf_bytes(&pem), FILE_MODE(0644), &err),
              &err);
}

static void scene_clear(struct scene *s)
{
    agent_result_clear(&s->result);
    agent_half_free(s->half);
    temp_dir_free(s->directory);
    free(s->store);
    free(s->anchors);
}

static bool keep(void *ctx, const struct agent_result *result, struct error *err)
{
    const struct scene *s = ctx;
    AUTO(string) path = mem_printf("%s/status.json", s->store);
    (void)result;

    return file_write_atomic(path, bytes_of_text("{}"), FILE_MODE(0644), err);
}

static int run(struct scene *s, enum agent_job job)
{
    const struct agent_keeper keeper = {keep, s};
    const struct agent_network network = agent_half_port(s->half);
    const struct agent_options options = {.job = job,
                                          .only = "",
                                          .store = s->store,
                                          .anchors = s->anchors,
                                          .hooks = "",
                                          .kind = WIRE_ACCOUNT_MACHINE,
                                          .timeout_ms = 1000,
                                          .software = "1.0",
                                          .clock = &s->clock,
                                          .network = &network,
                                          .keeper = &keeper};

    agent_result_clear(&s->result);
    agent_run(&options, &s->result);
    return s->result.exit_code;
}

/* A run on a disk that is full after so many calls; false: that was after the run. */
static bool run_struck(struct scene *s, long calls)
{
    fill_after(calls);
    int code = run(s, AGENT_RUN);

    if (!make_room()) {
        assert_int_equal(code, AGENT_DONE);
        return false;
    }
    assert_int_equal(code, AGENT_UNAVAILABLE); /* try again */
    assert_non_null(strstr(s->result.note, strerror(ENOSPC)));
    return true;
}

/* Nothing was lost: when there is room, what was asked for is asked for with the same key. */
static void assert_goes_on(struct scene *s, size_t asked_before)
{
    fake_clock_advance(&s->fake, 9 * (int64_t)HOUR); /* longer than any back-off */

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_int_equal(s->result.line_count, 1);
    assert_int_equal(s->result.lines[0].health, WIRE_HEALTH_HEALTHY);
    assert_true(s->half->asked_count > asked_before);
    for (size_t i = asked_before + 1; i < s->half->asked_count; i++) {
        assert_true(bytes_equal(buf_bytes(&s->half->asked[i].spki),
                                buf_bytes(&s->half->asked[asked_before].spki)));
    }
}

static void a_first_enrollment_survives_a_disk_that_is_full_at_any_call(void **state)
{
    long calls = 0;
    bool is_over = false;
    (void)state;

    for (; !is_over; calls++) {
        struct scene s;

        scene_make(&s);
        is_over = !run_struck(&s, calls);
        assert_goes_on(&s, 0);
        scene_clear(&s);
    }
    assert_true(calls > LEAST_CALLS && makings > (size_t)calls);
}

static void a_renewal_on_a_disk_that_is_full_at_any_call_keeps_the_old_one(void **state)
{
    long calls = 0;
    bool is_over = false;
    (void)state;

    for (; !is_over; calls++) {
        struct scene s;

        scene_make(&s);
        assert_int_equal(run(&s, AGENT_RUN), AGENT_DONE);
        AUTO(string) old = mem_strdup(s.result.lines[0].serial);
        fake_clock_advance(&s.fake, WINDOW);

        is_over = !run_struck(&s, calls);
        assert_int_equal(run(&s, AGENT_STATUS), AGENT_DONE);
        assert_int_equal(s.result.line_count, 1); /* a whole pair: the old, or the new */
        bool is_new = s.result.lines[0].health == WIRE_HEALTH_HEALTHY;
        assert_true(is_new || s.result.lines[0].health == WIRE_HEALTH_DUE);
        assert_int_equal(strcmp(s.result.lines[0].serial, old) != 0, is_new);
        assert_goes_on(&s, 1);
        assert_string_not_equal(s.result.lines[0].serial, old);
        scene_clear(&s);
    }
    assert_true(calls > LEAST_CALLS && makings > (size_t)calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_enrollment_survives_a_disk_that_is_full_at_any_call),
        cmocka_unit_test(a_renewal_on_a_disk_that_is_full_at_any_call_keeps_the_old_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
