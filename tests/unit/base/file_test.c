/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "tests/support/test.h"

enum { OTHER_UID = 65534, SIZE_MAX_HERE = 4096 };

static char base[64];

/* What the wrapped calls do: fail once with this errno, and what was seen. */
static struct plan {
    int write_errno;
    int fsync_errno;
    int fsync_nth; /* which call of fsync fails */
    int rename_errno;
    int read_errno;
    size_t write_step;    /* octets a write takes, 0 = all */
    int fsyncs;           /* calls so far */
    mode_t widest_before; /* mode bits seen before fchmod */
    bool foreign;         /* nothing of ours belongs to us */
} plan;

ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_fchmod(int fd, mode_t mode);
int __real_fchown(int fd, uid_t owner, gid_t group);
ssize_t __real_read(int fd, void *data, size_t len);
uid_t __real_geteuid(void);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchown(int fd, uid_t owner, gid_t group);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap___read_chk(int fd, void *data, size_t len, size_t size);
uid_t __wrap_geteuid(void);

/* The planned errno, once. */
static bool fails(int *planned)
{
    if (*planned == 0) {
        return false;
    }
    errno = *planned;
    *planned = 0;
    return true;
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (fails(&plan.write_errno)) {
        return -1;
    }
    return __real_write(
        fd, data, plan.write_step > 0 && plan.write_step < len ? plan.write_step : len);
}

int __wrap_fsync(int fd)
{
    plan.fsyncs++;
    if (plan.fsyncs == plan.fsync_nth && fails(&plan.fsync_errno)) {
        return -1;
    }
    return __real_fsync(fd);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    return fails(&plan.rename_errno) ? -1 : __real_renameat(from, old, to, new);
}

static void note_mode(int fd)
{
    struct stat about = {0};

    assert_int_equal(fstat(fd, &about), 0);
    plan.widest_before |= about.st_mode & 07777;
}

int __wrap_fchmod(int fd, mode_t mode)
{
    note_mode(fd);
    return __real_fchmod(fd, mode);
}

int __wrap_fchown(int fd, uid_t owner, gid_t group)
{
    note_mode(fd);
    return __real_fchown(fd, owner, group);
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    return fails(&plan.read_errno) ? -1 : __real_read(fd, data, len);
}

ssize_t __wrap___read_chk(int fd, void *data, size_t len, size_t size)
{
    assert_true(len <= size);
    return __wrap_read(fd, data, len);
}

uid_t __wrap_geteuid(void)
{
    return __real_geteuid() + (plan.foreign ? 1U : 0U);
}

static char *at(const char *name)
{
    return mem_printf("%s/%s", base, name);
}

static void make_file(const char *name, const char *content, mode_t mode)
{
    AUTO(string) path = at(name);
    AUTO(stream) file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_directory(const char *name, mode_t mode)
{
    AUTO(string) path = at(name);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *target, const char *name)
{
    AUTO(string) path = at(name);

    assert_int_equal(symlink(target, path), 0);
}

static size_t count_entries(void)
{
    DIR *stream = opendir(base);
    size_t count = 0;

    assert_non_null(stream);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(stream);
    return count;
}

static int make_base(void **state)
{
    static const char pattern[] = "/tmp/ae-file-test-XXXXXX";
    (void)state;

    plan = (struct plan){0};
    memcpy(base, pattern, sizeof(pattern));
    return mkdtemp(base) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static int remove_base(void **state)
{
    (void)state;
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void assert_reads(const char *name, unsigned int rules, const char *content)
{
    AUTO(string) path = at(name);
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    assert_ok(file_read(path, SIZE_MAX_HERE, rules, &out, &err), &err);
    assert_string_equal(buf_text(&out), content);
}

static void assert_refuses(const char *name, unsigned int rules, enum error_code code,
                           const char *words)
{
    AUTO(string) path = at(name);
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    buf_append_text(&out, "before");
    assert_fails(file_read(path, SIZE_MAX_HERE, rules, &out, &err), &err, code, words);
    assert_string_equal(buf_text(&out), "before");
}

static void file_read_appends_the_whole_content(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    AUTO(string) path = at("a");
    struct error err = {0};
    (void)state;

    make_file("a", "content", 0644);
    make_file("empty", "", 0644);
    buf_append_text(&out, "more ");

    assert_ok(file_read(path, 7, FILE_ANY, &out, &err), &err);
    assert_string_equal(buf_text(&out), "more content");
    assert_reads("empty", FILE_TRUSTED, "");
}

static void file_read_goes_on_after_an_interruption(void **state)
{
    (void)state;

    make_file("a", "content", 0644);
    plan.read_errno = EINTR;
    assert_reads("a", FILE_ANY, "content");

    plan.read_errno = EIO;
    assert_refuses("a", FILE_ANY, ERROR_UNAVAILABLE, "Input/output error");
}

static void file_read_refuses_one_octet_too_many(void **state)
{
    AUTO(string) path = at("a");
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    make_file("a", "12345678", 0644);

    assert_fails(file_read(path, 7, FILE_ANY, &out, &err), &err, ERROR_INVALID,
                 "larger than 7 octets");
    assert_int_equal(out.len, 0);
    assert_ok(file_read(path, 8, FILE_ANY, &out, &err), &err);
}

static void file_read_bounds_a_file_that_tells_no_size(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    /* The kernel announces 0 octets for it. */
    assert_ok(file_read("/proc/self/status", 65536, FILE_ANY, &out, &err), &err);
    assert_true(out.len > 10);
    buf_clear(&out);
    assert_fails(file_read("/proc/self/status", 10, FILE_ANY, &out, &err), &err,
                 ERROR_INVALID, "larger than 10 octets");
    assert_int_equal(out.len, 0);
}

static void file_read_refuses_what_is_not_a_regular_file(void **state)
{
    static const unsigned int rules[] = {FILE_ANY, FILE_NO_SYMLINK, FILE_TRUSTED};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(string) fifo = at("fifo");
    AUTO(string) path = at("socket");
    AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)state;

    make_directory("directory", 0755);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);

    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        assert_refuses("directory", rules[i], ERROR_INVALID, "not a regular file");
        assert_refuses("fifo", rules[i], ERROR_INVALID, "not a regular file");
        assert_refuses("socket", rules[i], ERROR_INVALID, "not a regular file");
        assert_refuses("none", rules[i], ERROR_NOT_FOUND, "No such file");
        assert_refuses("none/none", rules[i], ERROR_NOT_FOUND, "No such file");
        assert_refuses("socket/none", rules[i], ERROR_NOT_FOUND, "Not a directory");
    }
}

static void file_read_follows_a_link_only_where_it_may(void **state)
{
    (void)state;

    make_directory("directory", 0755);
    make_file("directory/file", "content", 0600);
    make_link("directory/file", "link");
    make_link("directory", "way");

    assert_reads("link", FILE_ANY, "content");
    assert_reads("link", FILE_TRUSTED, "content");
    assert_refuses("link", FILE_NO_SYMLINK, ERROR_INVALID, "is a symbolic link");
    assert_refuses("link", FILE_NO_SYMLINK | FILE_TRUSTED, ERROR_INVALID,
                   "is a symbolic link");
    assert_reads("way/file", FILE_NO_SYMLINK, "content"); /* only the last name counts */
    assert_reads("way/file", FILE_NO_SYMLINK | FILE_SECRET, "content");
}

static void file_trusted_refuses_what_others_may_write(void **state)
{
    static const struct {
        mode_t mode;
        const char *words; /* NULL = trusted */
    } cases[] = {
        {0644, NULL},
        {0444, NULL},
        {0664, "others may write"},
        {0646, "others may write"},
        {0600, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string) name = mem_printf("file%zu", i);

        make_file(name, "x", cases[i].mode);
        assert_reads(name, FILE_ANY, "x");
        if (cases[i].words == NULL) {
            assert_reads(name, FILE_TRUSTED, "x");
        } else {
            assert_refuses(name, FILE_TRUSTED, ERROR_DENIED, cases[i].words);
        }
    }
}

static void file_secret_refuses_what_others_may_read(void **state)
{
    (void)state;

    make_file("private", "x", 0600);
    make_file("group", "x", 0640);
    make_file("world", "x", 0604);

    assert_reads("private", FILE_SECRET, "x");
    assert_refuses("group", FILE_SECRET, ERROR_DENIED, "others may read the secret");
    assert_refuses("world", FILE_SECRET, ERROR_DENIED, "chmod 0600");
    assert_reads("world", FILE_TRUSTED, "x");
}

static void file_trusted_checks_every_directory_on_the_way(void **state)
{
    static const struct {
        mode_t mode;
        bool trusted;
    } cases[] = {{0755, true}, {0775, false}, {0757, false}, {0700, true}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string) outer = mem_printf("outer%zu", i);
        AUTO(string) inner = mem_printf("outer%zu/inner", i);
        AUTO(string) file = mem_printf("outer%zu/inner/file", i);

        make_directory(outer, 0700);
        make_directory(inner, 0755);
        make_file(file, "x", 0644);
        AUTO(string) path = at(outer);
        assert_int_equal(chmod(path, cases[i].mode), 0);
        if (cases[i].trusted) {
            assert_reads(file, FILE_TRUSTED, "x");
        } else {
            assert_refuses(file, FILE_TRUSTED, ERROR_DENIED, "chmod go-w");
        }
    }
}

static void file_trusted_takes_only_directories_from_a_sticky_one(void **state)
{
    (void)state;

    make_directory("sticky", 01777);
    make_directory("sticky/mine", 0755);
    make_file("sticky/mine/file", "x", 0644);
    make_file("sticky/file", "x", 0644);
    make_link("mine/file", "sticky/link");
    make_link("sticky/mine/file", "link");

    assert_reads("sticky/mine/file", FILE_TRUSTED, "x");
    assert_reads("link", FILE_TRUSTED, "x");
    assert_refuses("sticky/file", FILE_TRUSTED, ERROR_DENIED,
                   "others may write: move it");
    assert_refuses("sticky/link", FILE_TRUSTED, ERROR_DENIED,
                   "others may write: move it");
}

static void file_trusted_checks_the_way_that_a_link_leads(void **state)
{
    AUTO(string) target = at("open/file");
    (void)state;

    make_directory("open", 0777);
    make_directory("closed", 0755);
    make_directory("closed/below", 0755);
    make_file("open/file", "x", 0644);
    make_file("closed/file", "x", 0644);
    make_link(target, "closed/absolute");
    make_link("../open/file", "closed/relative");
    make_link("closed/file", "open/in");
    make_link("../file", "closed/below/up");
    make_link("../../closed/below/up", "closed/below/again");

    assert_refuses("closed/absolute", FILE_TRUSTED, ERROR_DENIED, "chmod go-w");
    assert_refuses("closed/relative", FILE_TRUSTED, ERROR_DENIED, "chmod go-w");
    assert_refuses("open/in", FILE_TRUSTED, ERROR_DENIED, "chmod go-w");
    assert_reads("closed/below/up", FILE_TRUSTED, "x");
    assert_reads("closed/below/again", FILE_TRUSTED, "x");
    assert_reads("closed//below/.././file", FILE_TRUSTED, "x");
}

static void file_trusted_ends_a_loop_of_links(void **state)
{
    (void)state;

    make_link("b", "a");
    make_link("a", "b");
    make_link("a/", "slash");

    assert_refuses("a", FILE_TRUSTED, ERROR_INVALID, "symbolic links");
    assert_refuses("slash", FILE_TRUSTED, ERROR_INVALID, "symbolic links");
}

static void file_trusted_refuses_a_path_that_ends_in_a_directory(void **state)
{
    (void)state;

    make_directory("d", 0755);
    make_file("file", "x", 0644);
    make_link("d/", "link");

    assert_refuses("d/", FILE_TRUSTED, ERROR_INVALID, "not a regular file");
    assert_refuses("link", FILE_TRUSTED, ERROR_INVALID, "not a regular file");
    assert_refuses("file/", FILE_TRUSTED, ERROR_NOT_FOUND, "Not a directory");
}

/* As root by really giving it away, else by pretending to be somebody else. */
static void make_foreign(const char *name)
{
    AUTO(string) path = at(name);

    if (getuid() == 0) {
        assert_int_equal(lchown(path, OTHER_UID, OTHER_UID), 0);
    } else {
        plan.foreign = true;
    }
}

static void file_trusted_refuses_what_belongs_to_somebody_else(void **state)
{
    static const char *const owned[] = {"way/file", "way", "link"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        make_directory("way", 0755);
        make_file("way/file", "x", 0644);
        make_link("way/file", "link");
        assert_reads("link", FILE_TRUSTED, "x");

        make_foreign(owned[i]);
        assert_reads("link", FILE_ANY, "x");
        assert_refuses("link", FILE_TRUSTED, ERROR_DENIED, "belongs to uid");
        assert_int_equal(remove_base(NULL), 0);
        assert_int_equal(make_base(NULL), 0);
    }
}

static void file_trusted_takes_a_relative_path(void **state)
{
    AUTO(fd) before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct error err = {0};
    (void)state;

    make_file("file", "x", 0644);
    assert_int_equal(chdir(base), 0);

    assert_ok(file_check("file", FILE_TRUSTED, &err), &err);
    assert_ok(file_check("./file", FILE_TRUSTED, &err), &err);
    assert_int_equal(chmod(".", 0777), 0);
    assert_fails(file_check("file", FILE_TRUSTED, &err), &err, ERROR_DENIED,
                 "chmod go-w");
    assert_int_equal(fchdir(before), 0);
}

static void file_open_is_close_on_exec(void **state)
{
    static const unsigned int rules[] = {FILE_ANY, FILE_TRUSTED};
    AUTO(string) path = at("a");
    (void)state;

    make_file("a", "x", 0600);
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct error err = {0};
        AUTO(fd) fd = -1;

        assert_ok(file_open(path, rules[i], &fd, &err), &err);
        assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
}

static bool write_text(const char *name, const char *content, mode_t mode,
                       struct error *err)
{
    AUTO(string) path = at(name);

    return file_write_atomic(path, bytes_of_text(content), FILE_MODE(mode), err);
}

static mode_t mode_of(const char *name)
{
    AUTO(string) path = at(name);
    struct stat about = {0};

    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void file_write_makes_and_replaces(void **state)
{
    struct error err = {0};
    (void)state;

    assert_ok(write_text("a", "one", 0640, &err), &err);
    assert_reads("a", FILE_ANY, "one");
    assert_int_equal(mode_of("a"), 0640);

    assert_ok(write_text("a", "", 0600, &err), &err);
    assert_reads("a", FILE_SECRET, "");
    assert_int_equal(mode_of("a"), 0600);
    assert_int_equal(count_entries(), 1);
}

static void file_write_gives_the_mode_whatever_the_umask(void **state)
{
    struct error err = {0};
    mode_t before = umask(0777);
    (void)state;

    bool strict = write_text("a", "x", 0644, &err);
    umask(0);
    bool open_mask = write_text("b", "x", 0600, &err);
    umask(before);

    assert_true(strict && open_mask);
    assert_int_equal(mode_of("a"), 0644);
    assert_int_equal(mode_of("b"), 0600);
}

static void file_write_is_private_until_owner_and_mode_are_right(void **state)
{
    struct error err = {0};
    AUTO(string) path = at("a");
    struct file_access access = {0644, getuid(), getgid()};
    struct stat about = {0};
    mode_t before = umask(0);
    (void)state;

    if (getuid() == 0) {
        access.group = OTHER_UID;
    }
    bool ok = file_write_atomic(path, bytes_of_text("x"), &access, &err);
    umask(before);

    assert_ok(ok, &err);
    assert_int_equal(plan.widest_before, 0600);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_gid, access.group);
    assert_int_equal(mode_of("a"), 0644);
}

static void file_write_goes_on_after_interruptions_and_short_writes(void **state)
{
    struct error err = {0};
    (void)state;

    plan.write_errno = EINTR;
    plan.write_step = 3;
    plan.fsync_errno = EINTR;
    plan.fsync_nth = 1;

    assert_ok(write_text("a", "a longer content", 0600, &err), &err);
    assert_reads("a", FILE_ANY, "a longer content");
    assert_int_equal(plan.fsyncs, 3); /* the file twice, the directory once */
}

static void file_write_leaves_the_old_content_when_a_step_fails(void **state)
{
    static const struct {
        struct plan plan;
        const char *words;
    } cases[] = {
        {{.write_errno = ENOSPC}, "No space left"},
        {{.write_errno = EIO, .write_step = 2}, "Input/output error"},
        {{.fsync_errno = EIO, .fsync_nth = 1}, "cannot sync"},
        {{.rename_errno = ENOSPC}, "cannot replace"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        plan = (struct plan){0};
        assert_ok(write_text("a", "old", 0600, &err), &err);
        plan = cases[i].plan;
        assert_fails(write_text("a", "new content", 0600, &err), &err, ERROR_UNAVAILABLE,
                     cases[i].words);
        assert_reads("a", FILE_ANY, "old");
        assert_int_equal(count_entries(), 1);
    }
}

static void file_write_says_when_only_the_last_sync_fails(void **state)
{
    struct error err = {0};
    (void)state;

    plan.fsync_errno = EIO;
    plan.fsync_nth = 2;

    assert_fails(write_text("a", "new", 0600, &err), &err, ERROR_UNAVAILABLE,
                 "may be lost in a crash");
    assert_reads("a", FILE_ANY, "new");
    assert_int_equal(count_entries(), 1);
}

static void file_write_replaces_a_link_and_not_its_target(void **state)
{
    struct error err = {0};
    (void)state;

    make_file("target", "old", 0600);
    make_link("target", "link");

    assert_ok(write_text("link", "new", 0600, &err), &err);
    assert_reads("link", FILE_NO_SYMLINK, "new");
    assert_reads("target", FILE_ANY, "old");
}

static void file_write_refuses_a_path_without_a_file(void **state)
{
    struct error err = {0};
    (void)state;

    make_directory("d", 0700);
    assert_fails(write_text("d/", "x", 0600, &err), &err, ERROR_INVALID, "name a file");
    assert_fails(write_text("d/.", "x", 0600, &err), &err, ERROR_INVALID, "name a file");
    assert_fails(write_text("d/..", "x", 0600, &err), &err, ERROR_INVALID, "name a file");
    assert_fails(write_text("d", "x", 0600, &err), &err, ERROR_INVALID, "cannot replace");
    assert_fails(write_text("none/x", "x", 0600, &err), &err, ERROR_NOT_FOUND, "No such");
    assert_ok(write_text("d/x", "x", 0600, &err), &err);
    assert_int_equal(count_entries(), 1);
}

static void file_write_all_says_that_the_reader_is_gone(void **state)
{
    struct error err = {0};
    int ends[2] = {-1, -1};
    (void)state;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_ok(file_write_all(ends[1], bytes_of_text("x"), &err), &err);
    plan.write_errno = EPIPE;
    assert_fails(file_write_all(ends[1], bytes_of_text("x"), &err), &err,
                 ERROR_UNAVAILABLE, "Broken pipe");
    file_close(&ends[0]);
    file_close(&ends[1]);
}

static void file_list_gives_the_names_in_order(void **state)
{
    struct error err = {0};
    AUTO(file_list) list = {NULL, 0};
    AUTO(string) directory = at("conf.d");
    AUTO(string) first = at("conf.d/10-a.conf");
    AUTO(string) second = at("conf.d/9-b.conf");
    AUTO(string) third = at("conf.d/Z.conf");
    (void)state;

    make_directory("conf.d", 0755);
    make_file("conf.d/Z.conf", "", 0600);
    make_file("conf.d/9-b.conf", "", 0600);
    make_file("conf.d/10-a.conf", "", 0600);
    make_file("conf.d/.hidden.conf", "", 0600);
    make_file("conf.d/a.conf.dpkg-old", "", 0600);

    assert_ok(file_list_dropins(directory, ".conf", &list, &err), &err);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.paths[0], first);
    assert_string_equal(list.paths[1], second);
    assert_string_equal(list.paths[2], third);
}

static void file_list_of_a_missing_directory_is_empty(void **state)
{
    struct error err = {0};
    AUTO(file_list) list = {NULL, 0};
    AUTO(string) none = at("none");
    AUTO(string) file = at("file");
    (void)state;

    make_file("file", "", 0600);

    assert_ok(file_list_dropins(none, ".conf", &list, &err), &err);
    assert_int_equal(list.count, 0);
    assert_fails(file_list_dropins(file, ".conf", &list, &err), &err, ERROR_INVALID,
                 "not a directory");
}

static void file_list_is_bounded(void **state)
{
    struct error err = {0};
    AUTO(file_list) list = {NULL, 0};
    (void)state;

    for (int i = 0; i < FILE_LIST_MAX; i++) {
        AUTO(string) name = mem_printf("%03d.conf", i);
        make_file(name, "", 0600);
    }
    assert_ok(file_list_dropins(base, ".conf", &list, &err), &err);
    assert_int_equal(list.count, FILE_LIST_MAX);
    file_list_clear(&list);

    make_file("more.conf", "", 0600);
    assert_fails(file_list_dropins(base, ".conf", &list, &err), &err, ERROR_INVALID,
                 "more than 256 files");
}

#define IN_BASE(test) cmocka_unit_test_setup_teardown(test, make_base, remove_base)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_BASE(file_read_appends_the_whole_content),
        IN_BASE(file_read_goes_on_after_an_interruption),
        IN_BASE(file_read_refuses_one_octet_too_many),
        IN_BASE(file_read_bounds_a_file_that_tells_no_size),
        IN_BASE(file_read_refuses_what_is_not_a_regular_file),
        IN_BASE(file_read_follows_a_link_only_where_it_may),
        IN_BASE(file_trusted_refuses_what_others_may_write),
        IN_BASE(file_secret_refuses_what_others_may_read),
        IN_BASE(file_trusted_checks_every_directory_on_the_way),
        IN_BASE(file_trusted_takes_only_directories_from_a_sticky_one),
        IN_BASE(file_trusted_checks_the_way_that_a_link_leads),
        IN_BASE(file_trusted_ends_a_loop_of_links),
        IN_BASE(file_trusted_refuses_a_path_that_ends_in_a_directory),
        IN_BASE(file_trusted_refuses_what_belongs_to_somebody_else),
        IN_BASE(file_trusted_takes_a_relative_path),
        IN_BASE(file_open_is_close_on_exec),
        IN_BASE(file_write_makes_and_replaces),
        IN_BASE(file_write_gives_the_mode_whatever_the_umask),
        IN_BASE(file_write_is_private_until_owner_and_mode_are_right),
        IN_BASE(file_write_goes_on_after_interruptions_and_short_writes),
        IN_BASE(file_write_leaves_the_old_content_when_a_step_fails),
        IN_BASE(file_write_says_when_only_the_last_sync_fails),
        IN_BASE(file_write_replaces_a_link_and_not_its_target),
        IN_BASE(file_write_refuses_a_path_without_a_file),
        IN_BASE(file_write_all_says_that_the_reader_is_gone),
        IN_BASE(file_list_gives_the_names_in_order),
        IN_BASE(file_list_of_a_missing_directory_is_empty),
        IN_BASE(file_list_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
