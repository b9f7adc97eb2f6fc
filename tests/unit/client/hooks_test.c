/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "autoenroll-client/hooks.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum {
    NOEXEC_SEAL = 0x0008
}; /* [memfd_create(2)] MFD_NOEXEC_SEAL, newer than our headers */

/* What was asked of the kernel for an event's memory, and how it takes the newer flag. */
static struct {
    int errnum; /* 0: it knows it; else how it refuses */
    size_t calls;
    unsigned int flags; /* of the last one */
} kernel;

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
    kernel.calls++;
    kernel.flags = flags;
    if ((flags & NOEXEC_SEAL) != 0 && kernel.errnum != 0) {
        errno = kernel.errnum;
        return -1;
    }
    /* whatever the kernel is that this runs on */
    return __real_memfd_create(name, flags & ~(unsigned int)NOEXEC_SEAL);
}

struct scene {
    char *directory, *output;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    kernel.errnum = 0;
    kernel.calls = 0;
    s->directory = temp_dir_new();
    s->output = mem_printf("%s/output.txt", s->directory);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    temp_dir_free(s->directory);
    free(s->output);
    free(s);
    return 0;
}

static void put(const struct scene *s, const char *name, mode_t mode, const char *script)
{
    AUTO(string) path = mem_printf("%s/%s", s->directory, name);
    AUTO(string) text = mem_printf("#!/bin/sh\nexec >>%s\n%s\n", s->output, script);
    struct error err;

    assert_ok(file_write_atomic(path, bytes_of_text(text), FILE_MODE(mode), &err), &err);
}

static bool run(const struct scene *s, int timeout_s, struct error *err)
{
    static const char *const variables[] = {"AUTOENROLL_NAME=Machine", NULL};
    const struct hooks_event event = {variables, bytes_of_text("{\"a\":1}"), timeout_s};

    return hooks_run(s->directory, &event, err);
}

static void output_is(const struct scene *s, const char *expected)
{
    AUTO(buf) found = BUF_EMPTY;
    struct error err;

    if (!file_read(s->output, 65536, FILE_ANY, &found, &err)) {
        assert_int_equal(err.code, ERROR_NOT_FOUND);
    }
    assert_string_equal(buf_text(&found), expected);
}

static void hooks_run_in_the_order_of_their_names(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "20-second", 0755, "echo second");
    put(s, "10-first", 0755, "echo first");

    assert_ok(run(s, 60, &err), &err);

    output_is(s, "first\nsecond\n");
}

static void a_hook_gets_its_event_and_nothing_of_ours(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "tell", 0755,
        "cat; echo; echo \"$AUTOENROLL_NAME $SECRET_OF_OURS\"; pwd; ls /proc/$$/fd");
    assert_int_equal(setenv("SECRET_OF_OURS", "x", 1), 0);

    assert_ok(run(s, 60, &err), &err);

    /* 10 is the shell's own copy of its script */
    output_is(s, "{\"a\":1}\nMachine \n/\n0\n1\n10\n2\n");
}

static void only_plain_executable_names_are_run(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "not-executable", 0644, "echo no");
    put(s, "backup~", 0755, "echo no");
    put(s, "nginx.dpkg-old", 0755, "echo no");
    put(s, "Good_1-x", 0755, "echo yes");

    assert_ok(run(s, 60, &err), &err);

    output_is(s, "yes\n");
}

static void a_hook_that_fails_is_told_and_the_others_run(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "1", 0755, "exit 3");
    put(s, "2", 0755, "kill -9 $$");
    put(s, "3", 0755, "echo third");

    assert_fails(run(s, 60, &err), &err, ERROR_UNAVAILABLE, "/1: exit status 3");

    output_is(s, "third\n");
}

static void a_hook_has_its_time(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "endless", 0755, "sleep 1000");

    assert_fails(run(s, 1, &err), &err, ERROR_UNAVAILABLE, "not done after 1 s");
}

static void a_hook_that_others_could_write_is_not_run(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "open", 0775, "echo no");

    assert_fails(run(s, 60, &err), &err, ERROR_DENIED, "open");
    output_is(s, "");
    put(s, "open", 0755, "echo yes");
    assert_ok(run(s, 60, &err), &err);
    output_is(s, "yes\n");
}

static void a_hook_that_cannot_be_started_is_told(void **state)
{
    const struct scene *s = *state;
    AUTO(string) path = mem_printf("%s/bad", s->directory);
    struct error err;

    assert_ok(
        file_write_atomic(path, bytes_of_text("#!/nonexistent\n"), FILE_MODE(0755), &err),
        &err);
    assert_fails(run(s, 60, &err), &err, ERROR_UNAVAILABLE, "cannot be started");
}

static void without_a_directory_nothing_is_run(void **state)
{
    static const char *const variables[] = {NULL};
    const struct hooks_event event = {variables, bytes_of_text(""), 1};
    struct error err;
    (void)state;

    assert_ok(hooks_run("/nonexistent/deploy.d", &event, &err), &err);
}

/* ---- the memory of an event ---------------------------------------------------------- */

static void what_a_hook_reads_cannot_be_run(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "tell", 0755, "cat");

    assert_ok(run(s, 60, &err), &err);

    assert_int_equal(kernel.calls, 1);
    assert_true((kernel.flags & NOEXEC_SEAL) != 0);
    output_is(s, "{\"a\":1}");
}

static void a_kernel_that_does_not_know_how_runs_hooks_all_the_same(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "tell", 0755, "cat");
    kernel.errnum = EINVAL;

    assert_ok(run(s, 60, &err), &err);

    assert_int_equal(kernel.calls, 2);
    assert_int_equal(kernel.flags, MFD_CLOEXEC);
    output_is(s, "{\"a\":1}");
}

static void a_kernel_that_refuses_is_not_asked_for_less(void **state)
{
    const struct scene *s = *state;
    struct error err;
    put(s, "tell", 0755, "cat");
    kernel.errnum = EACCES;

    assert_fails(run(s, 60, &err), &err, ERROR_DENIED, "no memory for a hook's input");

    assert_int_equal(kernel.calls, 1);
    output_is(s, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hooks_run_in_the_order_of_their_names),
        TEST(a_hook_gets_its_event_and_nothing_of_ours),
        TEST(only_plain_executable_names_are_run),
        TEST(a_hook_that_fails_is_told_and_the_others_run),
        TEST(a_hook_has_its_time),
        TEST(a_hook_that_others_could_write_is_not_run),
        TEST(a_hook_that_cannot_be_started_is_told),
        TEST(without_a_directory_nothing_is_run),
        TEST(what_a_hook_reads_cannot_be_run),
        TEST(a_kernel_that_does_not_know_how_runs_hooks_all_the_same),
        TEST(a_kernel_that_refuses_is_not_asked_for_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
