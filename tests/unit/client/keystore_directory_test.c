/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories of a store: who may own and write those that it lies in; a template's, made before
 * it is needed, and gone while the store is read.
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

/* What somebody else owns, as far as we can see; 0: nothing. */
static ino_t foreign;

enum { STRANGER = 4242 };

int __real_fstat(int fd, struct stat *about);
int __wrap_fstat(int fd, struct stat *about);
int __wrap_fstat(int fd, struct stat *about)
{
    int result = __real_fstat(fd, about);

    if (result == 0 && foreign != 0 && about->st_ino == foreign) {
        about->st_uid = STRANGER;
    }
    return result;
}

static void give_away(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    foreign = st.st_ino;
}

struct scene {
    char *directory, *certs, *template; /* that of Going */
    char *parent, *store;               /* not there yet: in directory, in parent */
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    s->directory = temp_dir_new();
    s->certs = mem_printf("%s/certs", s->directory);
    s->template = mem_printf("%s/Going", s->certs);
    s->parent = mem_printf("%s/parent", s->directory);
    s->store = mem_printf("%s/store", s->parent);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    going = "";
    foreign = 0;
    temp_dir_free(s->directory);
    free(s->parent);
    free(s->store);
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

/* ---- the way to it ------------------------------------------------------------------- */

static void make_parent(const struct scene *s, mode_t mode)
{
    assert_true(mkdir(s->parent, 0700) == 0 || errno == EEXIST);
    assert_int_equal(chmod(s->parent, mode), 0);
}

static bool try_open(const char *directory, bool is_read_only, struct error *err)
{
    const struct keystore_options options = {.directory = directory,
                                             .is_read_only = is_read_only};
    AUTO(keystore) ks = NULL;

    return keystore_open(&options, &ks, err);
}

static void a_way_that_anybody_could_change_is_not_gone(void **state)
{
    static const mode_t wrong[] = {0777, 0703, 02777};
    static const mode_t right[] = {0755, 0775, 01777, 0700};
    const struct scene *s = *state;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        make_parent(s, wrong[i]);
        assert_fails(try_open(s->store, false, &err), &err, ERROR_DENIED,
                     "anybody may write '");
        assert_non_null(strstr(err.message, "/parent', on the way to the store"));
        assert_non_null(strstr(err.message, "chmod o-w"));
        assert_false(is_there(s->store));
    }
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        make_parent(s, right[i]);
        assert_ok(try_open(s->store, false, &err), &err);
    }
    make_parent(s, 0777);
    assert_fails(try_open(s->store, false, &err), &err, ERROR_DENIED, "anybody may");
    assert_ok(try_open(s->store, true, &err), &err); /* looking is no harm */
}

static void a_way_through_what_a_stranger_owns_is_not_gone(void **state)
{
    const struct scene *s = *state;
    AUTO(string) deeper = mem_printf("%s/a/b/c", s->parent);
    struct error err;
    make_parent(s, 0755);

    give_away(s->parent);
    assert_fails(try_open(deeper, false, &err), &err, ERROR_DENIED,
                 "belongs to uid 4242: chown it");
    assert_fails(try_open(s->store, false, &err), &err, ERROR_DENIED, "/parent', on the");
    assert_false(is_there(s->store));

    foreign = 0;
    assert_ok(try_open(deeper, false, &err), &err);
    assert_ok(try_open(s->store, false, &err), &err);
}

static void only_links_that_nobody_else_put_there_are_followed(void **state)
{
    const struct scene *s = *state;
    AUTO(string) link = mem_printf("%s/link", s->parent);
    AUTO(string) below = mem_printf("%s/x/y", link);
    AUTO(string) found = mem_printf("%s/x/y/certs", s->directory);
    struct error err;
    make_parent(s, 01777);
    assert_int_equal(symlink("..", link), 0);

    assert_fails(try_open(below, false, &err), &err, ERROR_DENIED, "symbolic link where");
    make_parent(s, 0755);
    give_away(link);
    assert_fails(try_open(below, false, &err), &err, ERROR_DENIED, "belongs to uid 4242");
    assert_false(is_there(found));

    foreign = 0;
    assert_ok(try_open(below, false, &err), &err);
    assert_true(is_there(found));
}

static void where_a_link_leads_is_looked_at_too(void **state)
{
    const struct scene *s = *state;
    AUTO(string) link = mem_printf("%s/link", s->directory);
    AUTO(string) self = mem_printf("%s/self", s->directory);
    struct error err;
    make_parent(s, 0777);
    assert_int_equal(symlink(s->store, link), 0);
    assert_int_equal(symlink("self", self), 0);

    assert_fails(try_open(link, false, &err), &err, ERROR_DENIED, "anybody may write");
    make_parent(s, 0755);
    assert_ok(try_open(link, false, &err), &err);
    assert_true(is_there(s->store));

    assert_fails(try_open(self, false, &err), &err, ERROR_INVALID, "symbolic links");
}

static void a_way_that_is_none_is_told(void **state)
{
    const struct scene *s = *state;
    AUTO(string) file = mem_printf("%s/file", s->directory);
    AUTO(string) below = mem_printf("%s/store", file);
    struct error err;
    assert_ok(file_write_atomic(file, bytes_of_text("x"), FILE_MODE(0600), &err), &err);

    assert_fails(try_open("store", false, &err), &err, ERROR_INVALID, "absolute");
    assert_fails(try_open(below, false, &err), &err, ERROR_INVALID, "is no directory");
    assert_fails(try_open(file, false, &err), &err, ERROR_INVALID, "is no directory");
    assert_fails(try_open(file, true, &err), &err, ERROR_INVALID, "is no directory");
    assert_ok(try_open(s->parent, false, &err), &err);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(preparing_makes_the_directory_and_nothing_else),
        CASE(a_directory_that_goes_while_the_store_is_read_was_not_there),
        CASE(a_directory_that_goes_while_the_store_is_opened_stops_nobody),
        CASE(a_way_that_anybody_could_change_is_not_gone),
        CASE(a_way_through_what_a_stranger_owns_is_not_gone),
        CASE(only_links_that_nobody_else_put_there_are_followed),
        CASE(where_a_link_leads_is_looked_at_too),
        CASE(a_way_that_is_none_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
