/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/key_file.h"

#include "tests/support/keys.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

static bool no_random;

ssize_t __real_getrandom(void *data, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *data, size_t len, unsigned int flags);

ssize_t __wrap_getrandom(void *data, size_t len, unsigned int flags)
{
    return no_random ? -1 : __real_getrandom(data, len, flags);
}

struct place {
    char *directory, *key, *passphrase;
    struct key_file file;
};

static int set_up(void **state)
{
    struct place *p = mem_new(sizeof(*p));

    p->directory = temp_dir_new();
    p->key = mem_printf("%s/ca.key", p->directory);
    p->passphrase = mem_printf("%s/ca.passphrase", p->directory);
    p->file = (struct key_file){p->key, p->passphrase, false};
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;

    temp_dir_free(p->directory);
    free(p->key);
    free(p->passphrase);
    free(p);
    return 0;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    struct error err = {0};

    assert_ok(file_write_atomic(path, bytes_of_text(text), FILE_MODE(mode), &err), &err);
}

static void make(const struct place *p)
{
    struct error err = {0};

    assert_ok(key_file_ensure_passphrase(p->passphrase, &err), &err);
    assert_ok(key_file_write(&p->file, keys_get(KEYS_P256), NULL, &err), &err);
}

static void refuse(const struct key_file *file, enum error_code code, const char *words)
{
    struct key *key = NULL;
    struct error err = {0};

    assert_fails(key_file_load(file, &key, &err), &err, code, words);
    assert_null(key);
}

static void what_was_written_loads_again_and_is_encrypted(void **state)
{
    const struct place *p = *state;
    AUTO(key) key = NULL;
    AUTO(buf) pem = BUF_EMPTY;
    struct stat info;
    struct error err = {0};

    make(p);
    assert_ok(key_file_load(&p->file, &key, &err), &err);
    assert_true(bytes_equal(key_get_spki(key), key_get_spki(keys_get(KEYS_P256))));
    assert_ok(file_read(p->key, KEY_PEM_MAX, FILE_SECRET, &pem, &err), &err);
    assert_non_null(strstr(buf_text(&pem), "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_int_equal(stat(p->key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(p->passphrase, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 2 * KEY_FILE_PASSPHRASE_OCTETS + 1);
}

static void a_wrong_passphrase_is_named(void **state)
{
    const struct place *p = *state;

    make(p);
    write_text(p->passphrase, "wrong\n", 0600);
    refuse(&p->file, ERROR_AUTH, "does not open the key");
    write_text(p->passphrase, "\n", 0600);
    refuse(&p->file, ERROR_INVALID, "empty");
    (void)unlink(p->passphrase);
    refuse(&p->file, ERROR_NOT_FOUND, "passphrase");
    refuse(&(struct key_file){p->key, "", false}, ERROR_AUTH, "no passphrase");
}

static void the_first_line_is_the_passphrase(void **state)
{
    const struct place *p = *state;
    AUTO(buf) passphrase = BUF_SECRET;
    struct error err = {0};

    write_text(p->passphrase, "two words\nmore\n", 0600);
    assert_ok(key_file_read_passphrase(p->passphrase, &passphrase, &err), &err);
    assert_string_equal(buf_text(&passphrase), "two words");
}

static void a_plain_key_needs_leave(void **state)
{
    const struct place *p = *state;
    struct key_file plain = {p->key, NULL, true};
    AUTO(key) key = NULL;
    struct error err = {0};

    assert_ok(key_file_write(&plain, keys_get(KEYS_P256), NULL, &err), &err);
    assert_ok(key_file_load(&plain, &key, &err), &err);
    plain.plain_allowed = false;
    refuse(&plain, ERROR_DENIED, "not encrypted");
    (void)unlink(p->key);
    assert_fails(key_file_write(&plain, keys_get(KEYS_P256), NULL, &err), &err,
                 ERROR_DENIED, "no passphrase");
    assert_int_equal(access(p->key, F_OK), -1);
}

static void files_that_others_can_read_are_refused(void **state)
{
    const struct place *p = *state;
    AUTO(key) key = NULL;
    struct error err = {0};

    make(p);
    assert_int_equal(chmod(p->key, 0640), 0);
    refuse(&p->file, ERROR_DENIED, "ca.key");
    assert_int_equal(chmod(p->key, 0600), 0);
    assert_int_equal(chmod(p->passphrase, 0604), 0);
    refuse(&p->file, ERROR_DENIED, "ca.passphrase");
    assert_int_equal(chmod(p->passphrase, 0600), 0);
    assert_ok(key_file_load(&p->file, &key, &err), &err);
}

static void nothing_is_overwritten(void **state)
{
    const struct place *p = *state;
    AUTO(buf) before = BUF_SECRET;
    AUTO(buf) after = BUF_SECRET;
    struct error err = {0};

    make(p);
    assert_ok(key_file_read_passphrase(p->passphrase, &before, &err), &err);
    assert_ok(key_file_ensure_passphrase(p->passphrase, &err), &err);
    assert_ok(key_file_read_passphrase(p->passphrase, &after, &err), &err);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    assert_fails(key_file_write(&p->file, keys_get(KEYS_P384), NULL, &err), &err,
                 ERROR_CONFLICT, "exists");
}

static void what_is_no_key_says_where(void **state)
{
    const struct place *p = *state;

    write_text(p->key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
               0600);
    refuse(&(struct key_file){p->key, "", true}, ERROR_INVALID, "ca.key");
}

static void without_random_octets_there_is_no_passphrase(void **state)
{
    const struct place *p = *state;
    struct error err = {0};

    no_random = true;
    assert_fails(key_file_ensure_passphrase(p->passphrase, &err), &err, ERROR_INTERNAL,
                 "random");
    no_random = false;
    assert_int_equal(access(p->passphrase, F_OK), -1);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(what_was_written_loads_again_and_is_encrypted),
        STORY(a_wrong_passphrase_is_named),
        STORY(the_first_line_is_the_passphrase),
        STORY(a_plain_key_needs_leave),
        STORY(files_that_others_can_read_are_refused),
        STORY(nothing_is_overwritten),
        STORY(what_is_no_key_says_where),
        STORY(without_random_octets_there_is_no_passphrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
