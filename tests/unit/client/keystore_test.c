/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/keystore_pending.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define OLD "\x40\x01"
#define NEW "\x40\x02"

/* A store in a directory of its own, and certificates for it. */
struct scene {
    char *directory;
    char *store;
    struct fixture_ca *ca;
    struct keystore *ks;
    struct cert *certificate[2]; /* for KEYS_P256: gen-4001, gen-4002 */
};

static struct cert *issue(const struct scene *s, const char *serial, int64_t from_utc,
                          enum keys_kind kind)
{
    AUTO(buf) der = BUF_EMPTY;
    struct cert *out = NULL;
    struct error err;
    const struct fixture_leaf leaf = {.cn = "web1",
                                      .serial = bytes_of_text(serial),
                                      .spki = key_get_spki(keys_get(kind)),
                                      .not_before_utc = from_utc,
                                      .not_after_utc = FIXTURE_NOT_AFTER};

    fixture_ca_issue(s->ca, &leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &out, &err), &err);
    return out;
}

static struct keystore *open_store(const struct scene *s)
{
    const struct keystore_options options = {.directory = s->store};
    struct keystore *out = NULL;
    struct error err;

    assert_ok(keystore_open(&options, &out, &err), &err);
    return out;
}

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    s->directory = temp_dir_new();
    s->store = mem_printf("%s/var/store", s->directory);
    s->ca = fixture_ca_new(FIXTURE_EC, "Test CA", NULL, -1);
    s->certificate[0] = issue(s, OLD, FIXTURE_NOT_BEFORE, KEYS_P256);
    s->certificate[1] = issue(s, NEW, FIXTURE_NOT_BEFORE + 100, KEYS_P256);
    s->ks = open_store(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    keystore_free(s->ks);
    cert_free(s->certificate[0]);
    cert_free(s->certificate[1]);
    fixture_ca_free(s->ca);
    temp_dir_free(s->directory);
    free(s->store);
    free(s);
    return 0;
}

static bool try_install(struct scene *s, size_t i, struct error *err)
{
    const struct bytes chain[] = {fixture_ca_certificate(s->ca)};
    const struct keystore_pair pair = {.template = "Machine",
                                       .key = keys_get(KEYS_P256),
                                       .certificate = s->certificate[i],
                                       .chain = chain,
                                       .chain_count = 1};

    return keystore_install(s->ks, &pair, err);
}

static void install(struct scene *s, size_t i)
{
    struct error err;

    assert_ok(try_install(s, i, &err), &err);
}

static void read_store(const struct scene *s, struct keystore_list *out)
{
    struct error err;

    assert_ok(keystore_read(s->ks, out, &err), &err);
}

static char *path_in(const struct scene *s, const char *rest)
{
    return mem_printf("%s/%s", s->store, rest);
}

static unsigned int mode_of(const struct scene *s, const char *rest)
{
    AUTO(string) path = path_in(s, rest);
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static bool is_there(const struct scene *s, const char *rest)
{
    AUTO(string) path = path_in(s, rest);
    struct stat st;

    return lstat(path, &st) == 0;
}

static void put(const struct scene *s, const char *rest, struct bytes content)
{
    AUTO(string) path = path_in(s, rest);
    struct error err;
    assert_ok(file_write_atomic(path, content, FILE_MODE(0600), &err), &err);
}

static void make_dir(const struct scene *s, const char *rest)
{
    AUTO(string) path = path_in(s, rest);

    assert_int_equal(mkdir(path, 0700), 0);
}

/* The one entry that is current; fails when it is not a whole pair. */
static void assert_current(const struct scene *s, const char *generation)
{
    AUTO(keystore_list) list = {NULL, 0};
    size_t found = 0;

    read_store(s, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (list.entries[i].is_current) {
            found++;
            assert_string_equal(list.entries[i].generation, generation);
            assert_true(list.entries[i].is_whole);
        }
    }
    assert_int_equal(found, 1);
}

/* ---- installing ---------------------------------------------------------------------- */

static void what_is_installed_reads_back_whole_and_current(void **state)
{
    struct scene *s = *state;
    AUTO(keystore_list) list = {NULL, 0};

    install(s, 0);
    read_store(s, &list);

    assert_int_equal(list.count, 1);
    assert_string_equal(list.entries[0].template, "Machine");
    assert_string_equal(list.entries[0].generation, "gen-4001");
    assert_true(list.entries[0].is_current);
    assert_true(list.entries[0].is_whole);
    assert_string_equal(list.entries[0].flaw, "");
    assert_true(bytes_equal(cert_get_der(list.entries[0].certificate),
                            cert_get_der(s->certificate[0])));
}

static void services_may_read_certificates_and_nobody_else_keys(void **state)
{
    struct scene *s = *state;

    install(s, 0);

    assert_int_equal(mode_of(s, "certs/Machine/current/key.pem"), 0600);
    assert_int_equal(mode_of(s, "certs/Machine/current/cert.pem"), 0644);
    assert_int_equal(mode_of(s, "certs/Machine/current/fullchain.pem"), 0644);
    assert_int_equal(mode_of(s, "certs/Machine/gen-4001"), 0755);
    assert_int_equal(mode_of(s, "certs"), 0755);
    assert_int_equal(mode_of(s, "pending"), 0700);
}

static void a_users_store_is_for_nobody_else(void **state)
{
    struct scene *s = *state;
    AUTO(string) own = mem_printf("%s/own/store", s->directory);
    const struct keystore_options options = {.directory = own, .is_private = true};
    struct error err;

    keystore_free(s->ks);
    s->ks = NULL;
    assert_ok(keystore_open(&options, &s->ks, &err), &err);
    install(s, 0);
    free(s->store);
    s->store = mem_strdup(own);

    assert_int_equal(mode_of(s, "certs"), 0700);
    assert_int_equal(mode_of(s, "certs/Machine/gen-4001"), 0700);
    assert_int_equal(mode_of(s, "."), 0700);
}

static void the_chain_stands_behind_the_certificate(void **state)
{
    struct scene *s = *state;
    AUTO(string) path = path_in(s, "certs/Machine/current/fullchain.pem");
    AUTO(buf) wanted = BUF_EMPTY;
    AUTO(buf) found = BUF_EMPTY;
    struct error err;
    pem_write(PEM_CERTIFICATE, cert_get_der(s->certificate[0]), &wanted);
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(s->ca), &wanted);

    install(s, 0);

    assert_ok(file_read(path, 65536, FILE_ANY, &found, &err), &err);
    assert_true(bytes_equal(buf_bytes(&wanted), buf_bytes(&found)));
}

static void a_new_generation_takes_over_and_the_old_one_stays(void **state)
{
    struct scene *s = *state;
    AUTO(keystore_list) list = {NULL, 0};

    install(s, 0);
    install(s, 1);
    read_store(s, &list);

    assert_int_equal(list.count, 2);
    assert_string_equal(list.entries[0].generation, "gen-4002");
    assert_true(list.entries[0].is_current);
    assert_string_equal(list.entries[1].generation, "gen-4001");
    assert_true(list.entries[1].is_whole);
    assert_false(list.entries[1].is_current);
}

static void installing_again_does_no_harm(void **state)
{
    struct scene *s = *state;

    install(s, 0);
    install(s, 0);

    assert_current(s, "gen-4001");
}

static void a_certificate_for_another_key_is_not_installed(void **state)
{
    struct scene *s = *state;
    AUTO(keystore_list) list = {NULL, 0};
    AUTO(cert) foreign = issue(s, NEW, FIXTURE_NOT_BEFORE, KEYS_P384);
    struct keystore_pair pair = {
        .template = "Machine", .key = keys_get(KEYS_P256), .certificate = foreign};
    struct error err;

    assert_fails(keystore_install(s->ks, &pair, &err), &err, ERROR_INVALID, "another");
    read_store(s, &list);
    assert_int_equal(list.count, 0);

    pair.key = keys_get(KEYS_P384);
    assert_ok(keystore_install(s->ks, &pair, &err), &err);
}

static void a_serial_number_has_one_certificate(void **state)
{
    struct scene *s = *state;
    AUTO(cert) twin = issue(s, OLD, FIXTURE_NOT_BEFORE + 7, KEYS_P256);
    const struct keystore_pair pair = {
        .template = "Machine", .key = keys_get(KEYS_P256), .certificate = twin};
    struct error err;

    install(s, 0);

    assert_fails(keystore_install(s->ks, &pair, &err), &err, ERROR_INVALID, "already");
    assert_current(s, "gen-4001");
}

static void only_plain_names_are_directories(void **state)
{
    struct scene *s = *state;
    static const char *const bad[] = {"", ".", "..", ".x", "a/b", "../a", "a\nb"};
    char longest[KEYSTORE_NAME_MAX + 2];
    struct error err;
    memset(longest, 'a', sizeof(longest));
    longest[KEYSTORE_NAME_MAX + 1] = '\0';

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct keystore_pair pair = {.template = bad[i],
                                           .key = keys_get(KEYS_P256),
                                           .certificate = s->certificate[0]};

        assert_false(keystore_is_name(bad[i]));
        assert_fails(keystore_install(s->ks, &pair, &err), &err, ERROR_INVALID,
                     "cannot be the name");
        assert_fails(keystore_put_pending(s->ks, bad[i], pair.key, &err), &err,
                     ERROR_INVALID, "cannot be the name");
    }
    assert_false(keystore_is_name(longest));
    longest[KEYSTORE_NAME_MAX] = '\0';
    assert_true(keystore_is_name(longest));
    assert_true(keystore_is_name("Web Server (v2)"));
}

/* ---- crashes ------------------------------------------------------------------------- */

/* Which of the calls that change the disk fails, or is the last one of the process. */
static long calls_left = -1;
static bool calls_kill;

static bool is_struck(void)
{
    if (calls_left < 0 || calls_left-- > 0) {
        return false;
    }
    if (calls_kill) {
        _exit(9);
    }
    errno = ENOSPC;
    return true;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return is_struck() ? -1 : __real_fsync(fd);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
    return is_struck() ? -1 : __real_fchmod(fd, mode);
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    return is_struck() ? -1 : __real_write(fd, data, len);
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

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags)
{
    return is_struck() ? -1 : __real_unlinkat(at, name, flags);
}

/* One step of a sweep, in a process of its own; true when it was not struck. */
static bool survives(struct scene *s, long n)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct error err;

        calls_left = n;
        calls_kill = true;
        _exit(try_install(s, 1, &err) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 1);
    return WEXITSTATUS(status) == 0;
}

/* `current` is a whole pair, the old one or the new one; a file of a key is 0600. */
static void assert_sound(const struct scene *s, const char *least)
{
    AUTO(keystore_list) list = {NULL, 0};
    bool is_met = least == NULL;

    read_store(s, &list);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(list.entries[i].is_whole); /* what has its name is complete */
        is_met |= list.entries[i].is_current;
    }
    assert_true(is_met);
}

static void a_kill_at_any_call_leaves_a_pair(void **state)
{
    struct scene *s = *state;
    long n = 0;
    install(s, 0);

    while (!survives(s, n)) {
        assert_sound(s, "gen-4001");
        keystore_free(s->ks); /* the next run: it mends and goes on */
        s->ks = open_store(s);
        assert_sound(s, "gen-4001");
        n++;
    }

    assert_true(n >= 15);
    assert_current(s, "gen-4002");
}

static void a_kill_in_the_first_install_leaves_a_pair_or_none(void **state)
{
    struct scene *s = *state;
    long n = 0;

    while (!survives(s, n)) {
        assert_sound(s, NULL);
        n++;
    }

    assert_true(n >= 16);
    assert_current(s, "gen-4002");
}

static void a_failure_at_any_call_leaves_the_old_pair_or_the_new(void **state)
{
    struct scene *s = *state;
    struct error err;
    long n = 0;
    bool ok = false;
    install(s, 0);

    while (!ok) {
        calls_left = n;
        calls_kill = false;
        ok = try_install(s, 1, &err);
        bool is_struck_once = calls_left < 0;
        calls_left = -1;
        assert_sound(s, "gen-4001");
        if (!ok) {
            assert_int_equal(err.code, ERROR_UNAVAILABLE);
        }
        ok = ok && !is_struck_once;
        n++;
    }

    assert_true(n >= 12);
    assert_current(s, "gen-4002");
}

static void what_a_killed_run_left_goes(void **state)
{
    struct scene *s = *state;
    AUTO(string) link = path_in(s, "certs/Machine/.current-1");
    install(s, 0);
    make_dir(s, "certs/Machine/.new-1");
    put(s, "certs/Machine/.new-1/key.pem", bytes_of_text("secret"));
    make_dir(s, "certs/Machine/.gone-1");
    put(s, "pending/.Machine.pem.0123456789abcdef", bytes_of_text("secret"));
    put(s, ".state.json.0123456789abcdef", bytes_of_text("{"));
    assert_int_equal(symlink("gen-9", link), 0);

    keystore_free(s->ks);
    s->ks = open_store(s);

    assert_false(is_there(s, "certs/Machine/.new-1"));
    assert_false(is_there(s, "certs/Machine/.gone-1"));
    assert_false(is_there(s, "certs/Machine/.current-1"));
    assert_false(is_there(s, "pending/.Machine.pem.0123456789abcdef"));
    assert_false(is_there(s, ".state.json.0123456789abcdef"));
    assert_true(is_there(s, "lock"));
    assert_current(s, "gen-4001");
}

/* ---- who may ------------------------------------------------------------------------- */

static void a_store_has_one_writer_at_a_time(void **state)
{
    struct scene *s = *state;
    struct keystore_options options = {.directory = s->store};
    AUTO(keystore) other = NULL;
    AUTO(keystore) reader = NULL;
    struct error err;

    assert_fails(keystore_open(&options, &other, &err), &err, ERROR_CONFLICT, "another");
    options.is_read_only = true;
    assert_ok(keystore_open(&options, &reader, &err), &err);
    keystore_free(s->ks);
    s->ks = NULL;
    options.is_read_only = false;
    assert_ok(keystore_open(&options, &other, &err), &err);
}

static void a_store_that_others_could_write_is_not_used(void **state)
{
    struct scene *s = *state;
    const struct keystore_options options = {.directory = s->store};
    AUTO(keystore) again = NULL;
    struct error err;
    keystore_free(s->ks);
    s->ks = NULL;

    assert_int_equal(chmod(s->store, 0775), 0);
    assert_fails(keystore_open(&options, &again, &err), &err, ERROR_DENIED, "go-w");

    assert_int_equal(chmod(s->store, 0755), 0);
    assert_ok(keystore_open(&options, &again, &err), &err);
}

static void who_only_reads_makes_nothing(void **state)
{
    struct scene *s = *state;
    AUTO(string) nowhere = mem_printf("%s/none", s->directory);
    const struct keystore_options options = {.directory = nowhere, .is_read_only = true};
    AUTO(keystore) reader = NULL;
    struct stat st;
    struct error err;

    assert_fails(keystore_open(&options, &reader, &err), &err, ERROR_NOT_FOUND, "none");
    assert_int_not_equal(stat(nowhere, &st), 0);
}

/* ---- what may be wrong --------------------------------------------------------------- */

static void drop_key(struct scene *s)
{
    AUTO(string) path = path_in(s, "certs/Machine/gen-4001/key.pem");

    assert_int_equal(unlink(path), 0);
}

static void exchange_key(struct scene *s)
{
    AUTO(buf) pem = BUF_SECRET;
    struct error err;

    assert_ok(key_to_pem(keys_get(KEYS_P384), NULL, &pem, &err), &err);
    put(s, "certs/Machine/gen-4001/key.pem", buf_bytes(&pem));
}

static void open_key_to_all(struct scene *s)
{
    AUTO(string) path = path_in(s, "certs/Machine/gen-4001/key.pem");

    assert_int_equal(chmod(path, 0644), 0);
}

static void spoil_certificate(struct scene *s)
{
    put(s, "certs/Machine/gen-4001/cert.pem", bytes_of_text("nonsense"));
}

static void link_key(struct scene *s)
{
    AUTO(string) path = path_in(s, "certs/Machine/gen-4001/key.pem");

    drop_key(s);
    assert_int_equal(symlink("/etc/hostname", path), 0);
}

static void make_key_huge(struct scene *s)
{
    AUTO(buf) text = BUF_EMPTY;

    for (size_t i = 0; i <= KEY_PEM_MAX; i++) {
        buf_append_byte(&text, 'x');
    }
    put(s, "certs/Machine/gen-4001/key.pem", buf_bytes(&text));
}

static void broken_generations_are_told_with_their_flaw(void **state)
{
    static const struct {
        void (*spoil)(struct scene *);
        const char *flaw;
    } cases[] = {
        {drop_key, "key.pem: No such file"},
        {exchange_key, "key.pem is not the key of cert.pem"},
        {open_key_to_all, "can be read by others (mode 644)"},
        {spoil_certificate, "cert.pem holds no certificate"},
        {link_key, "key.pem"},
        {make_key_huge, "is longer than"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(keystore_list) list = {NULL, 0};
        struct error err;

        install(s, 1);
        install(s, 0);
        cases[i].spoil(s);
        read_store(s, &list);
        assert_int_equal(list.count, 2);
        for (size_t k = 0; k < list.count; k++) {
            bool is_spoilt = strcmp(list.entries[k].generation, "gen-4001") == 0;

            assert_int_equal(list.entries[k].is_whole, !is_spoilt);
            assert_int_equal(list.entries[k].is_current, is_spoilt);
            if (is_spoilt && strstr(list.entries[k].flaw, cases[i].flaw) == NULL) {
                fail_msg("case %zu: '%s'", i, list.entries[k].flaw);
            }
        }
        install(s, 1);
        assert_ok(keystore_remove(s->ks, "Machine", "gen-4001", &err), &err);
    }
}

static void a_link_that_leads_nowhere_is_told(void **state)
{
    struct scene *s = *state;
    AUTO(keystore_list) list = {NULL, 0};
    AUTO(string) link = path_in(s, "certs/Machine/current");
    make_dir(s, "certs/Machine");
    assert_int_equal(symlink("gen-77", link), 0);

    read_store(s, &list);

    assert_int_equal(list.count, 1);
    assert_true(list.entries[0].is_current);
    assert_false(list.entries[0].is_whole);
    assert_non_null(strstr(list.entries[0].flaw, "gen-77"));
}

static void a_link_out_of_the_store_is_none(void **state)
{
    struct scene *s = *state;
    AUTO(keystore_list) list = {NULL, 0};
    AUTO(string) link = path_in(s, "certs/Machine/current");
    install(s, 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("gen-../../../etc", link), 0);

    read_store(s, &list);

    assert_int_equal(list.count, 1);
    assert_false(list.entries[0].is_current);
}

/* ---- removing ------------------------------------------------------------------------ */

static void what_is_in_use_is_not_removed(void **state)
{
    struct scene *s = *state;
    struct error err;
    install(s, 0);
    install(s, 1);

    assert_fails(keystore_remove(s->ks, "Machine", "gen-4002", &err), &err,
                 ERROR_CONFLICT, "in use");
    assert_ok(keystore_remove(s->ks, "Machine", "gen-4001", &err), &err);
    assert_fails(keystore_remove(s->ks, "Machine", "gen-4001", &err), &err,
                 ERROR_NOT_FOUND, "gen-4001");

    assert_false(is_there(s, "certs/Machine/gen-4001"));
    assert_current(s, "gen-4002");
}

static void old_generations_are_pruned_but_for_the_newest(void **state)
{
    struct scene *s = *state;
    AUTO(cert) third = issue(s, "\x40\x03", FIXTURE_NOT_BEFORE + 200, KEYS_P256);
    const struct keystore_pair pair = {
        .template = "Machine", .key = keys_get(KEYS_P256), .certificate = third};
    struct error err;
    install(s, 0);
    install(s, 1);
    assert_ok(keystore_install(s->ks, &pair, &err), &err);

    assert_ok(keystore_prune(s->ks, "Machine", 1, &err), &err);

    assert_false(is_there(s, "certs/Machine/gen-4001"));
    assert_true(is_there(s, "certs/Machine/gen-4002"));
    assert_current(s, "gen-4003");
}

static void a_retired_template_keeps_its_generations(void **state)
{
    struct scene *s = *state;
    struct error err;
    install(s, 0);

    assert_ok(keystore_retire(s->ks, "Machine", &err), &err);
    assert_ok(keystore_retire(s->ks, "Machine", &err), &err);
    assert_ok(keystore_retire(s->ks, "Unknown", &err), &err);

    assert_false(is_there(s, "certs/Machine/current"));
    assert_true(is_there(s, "certs/Machine/gen-4001/key.pem"));
}

/* ---- keys ---------------------------------------------------------------------------- */

static void a_key_in_waiting_is_kept_until_it_is_dropped(void **state)
{
    struct scene *s = *state;
    AUTO(key) found = NULL;
    AUTO(key) none = NULL;
    struct error err;

    assert_ok(keystore_put_pending(s->ks, "Machine", keys_get(KEYS_P256), &err), &err);
    assert_int_equal(mode_of(s, "pending/Machine.pem"), 0600);
    assert_ok(keystore_get_pending(s->ks, "Machine", &found, &err), &err);
    assert_non_null(found);
    assert_true(bytes_equal(key_get_spki(found), key_get_spki(keys_get(KEYS_P256))));
    assert_true(key_has_private(found));

    assert_ok(keystore_drop_pending(s->ks, "Machine", &err), &err);
    assert_ok(keystore_drop_pending(s->ks, "Machine", &err), &err);
    assert_ok(keystore_get_pending(s->ks, "Machine", &none, &err), &err);
    assert_null(none);
}

static void a_spoilt_key_in_waiting_is_none(void **state)
{
    struct scene *s = *state;
    AUTO(key) found = NULL;
    struct error err;
    put(s, "pending/Machine.pem", bytes_of_text("half a ke"));

    assert_ok(keystore_get_pending(s->ks, "Machine", &found, &err), &err);

    assert_null(found);
}

static void keys_of_generations_can_be_read(void **state)
{
    struct scene *s = *state;
    AUTO(key) found = NULL;
    AUTO(key) none = NULL;
    struct error err;
    install(s, 0);

    assert_ok(keystore_read_key(s->ks, "Machine", "gen-4001", &found, &err), &err);
    assert_true(cert_has_spki(s->certificate[0], key_get_spki(found)));
    assert_fails(keystore_read_key(s->ks, "Machine", "gen-4009", &none, &err), &err,
                 ERROR_NOT_FOUND, "gen-4009");
    assert_fails(keystore_read_key(s->ks, "../x", "gen-4001", &none, &err), &err,
                 ERROR_NOT_FOUND, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_installed_reads_back_whole_and_current),
        TEST(services_may_read_certificates_and_nobody_else_keys),
        TEST(a_users_store_is_for_nobody_else),
        TEST(the_chain_stands_behind_the_certificate),
        TEST(a_new_generation_takes_over_and_the_old_one_stays),
        TEST(installing_again_does_no_harm),
        TEST(a_certificate_for_another_key_is_not_installed),
        TEST(a_serial_number_has_one_certificate),
        TEST(only_plain_names_are_directories),
        TEST(a_kill_at_any_call_leaves_a_pair),
        TEST(a_kill_in_the_first_install_leaves_a_pair_or_none),
        TEST(a_failure_at_any_call_leaves_the_old_pair_or_the_new),
        TEST(what_a_killed_run_left_goes),
        TEST(a_store_has_one_writer_at_a_time),
        TEST(a_store_that_others_could_write_is_not_used),
        TEST(who_only_reads_makes_nothing),
        TEST(broken_generations_are_told_with_their_flaw),
        TEST(a_link_that_leads_nowhere_is_told),
        TEST(a_link_out_of_the_store_is_none),
        TEST(what_is_in_use_is_not_removed),
        TEST(old_generations_are_pruned_but_for_the_newest),
        TEST(a_retired_template_keeps_its_generations),
        TEST(a_key_in_waiting_is_kept_until_it_is_dropped),
        TEST(a_spoilt_key_in_waiting_is_none),
        TEST(keys_of_generations_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
