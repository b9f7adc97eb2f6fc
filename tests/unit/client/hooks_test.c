/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "autoenroll-client/hooks.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct scene {
    char *directory, *output;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
