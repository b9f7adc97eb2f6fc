/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template's directory: made before it is needed, and gone while the store is read.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "autoenroll-client/keystore.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

/* The directory that somebody removes just before it is opened; "": none. */
static const char *going = "";

int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode = 0;

    va_start(args, flags);
    if ((flags & O_CREAT) != 0) {
        mode = va_arg(args, mode_t);
    }
    va_end(args);
    if (strcmp(name, going) == 0) {
        going = "";
        assert_int_equal(unlinkat(at, name, AT_REMOVEDIR), 0);
    }
    return __real_openat(at, name, flags, mode);
}

struct scene {
    char *directory, *certs, *template; /* that of Going */
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    s->directory = temp_dir_new();
    s->certs = mem_printf("%s/certs", s->directory);
    s->template = mem_printf("%s/Going", s->certs);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    going = "";
    temp_dir_free(s->directory);
    free(s->certs);
    free(s->template);
    free(s);
    return 0;
}

static struct keystore *open_store(const struct scene *s)
{
    const struct keystore_options options = {.directory = s->directory};
    struct keystore *ks = NULL;
    struct error err;

    assert_ok(keystore_open(&options, &ks, &err), &err);
    return ks;
}

static bool is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static void preparing_makes_the_directory_and_nothing_else(void **state)
{
    const struct scene *s = *state;
    AUTO(keystore) ks = open_store(s);
    AUTO(keystore_list) list = {NULL, 0};
    struct error err;
    assert_false(is_there(s->template));

    assert_ok(keystore_prepare(ks, "Going", &err), &err);
    assert_true(is_there(s->template));
    assert_ok(keystore_prepare(ks, "Going", &err), &err);

    assert_ok(keystore_read(ks, &list, &err), &err);
    assert_int_equal(list.count, 0);
}

static void a_directory_that_goes_while_the_store_is_read_was_not_there(void **state)
{
    const struct scene *s = *state;
    AUTO(keystore) ks = open_store(s);
    AUTO(keystore_list) list = {NULL, 0};
    AUTO(string) file = mem_printf("%s/File", s->certs);
    struct error err;
    assert_ok(keystore_prepare(ks, "Going", &err), &err);
    assert_ok(file_write_atomic(file, bytes_of_text("x"), FILE_MODE(0600), &err), &err);

    going = "Going";
    assert_ok(keystore_read(ks, &list, &err), &err);

    assert_false(is_there(s->template));
    assert_int_equal(list.count, 1); /* what is no directory is told all the same */
    assert_string_equal(list.entries[0].template, "File");
    assert_false(list.entries[0].is_whole);
}

static void a_directory_that_goes_while_the_store_is_opened_stops_nobody(void **state)
{
    const struct scene *s = *state;
    struct keystore *ks = open_store(s);
    struct error err;
    assert_ok(keystore_prepare(ks, "Going", &err), &err);
    keystore_free(ks);

    going = "Going";
    keystore_free(open_store(s));

    assert_false(is_there(s->template));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(preparing_makes_the_directory_and_nothing_else),
        CASE(a_directory_that_goes_while_the_store_is_read_was_not_there),
        CASE(a_directory_that_goes_while_the_store_is_opened_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
