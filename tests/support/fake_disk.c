/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the calls do, and how often they were made; files are told apart by their name's end. */
static struct {
    atomic_int write_errno;
    atomic_int tear_errno;
    atomic_uint tear_at; /* which of the logs' writes; 0: none */
    atomic_bool torn;    /* the rest of it comes next */
    atomic_int sync_errno;
    const char *_Atomic sync_suffix; /* of the files whose sync fails */
    atomic_bool logs_hidden;
    atomic_uint syncs;
    atomic_uint log_syncs;
    atomic_uint log_writes;
    atomic_ullong log_octets;
    atomic_uint passive_checkpoints;
} plan;

static bool is_named(int fd, const char *suffix)
{
    char descriptor[64];
    char name[512] = "";

    (void)snprintf(descriptor, sizeof(descriptor), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(descriptor, name, sizeof(name) - 1);
    size_t suffix_len = strlen(suffix);
    return len >= (ssize_t)suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/* How much of a write to a log is made; 0: it fails. */
static size_t whole_or_half(size_t len)
{
    unsigned int at = atomic_load(&plan.tear_at);

    if (atomic_exchange(&plan.torn, false)) {
        return 0;
    }
    if (atomic_fetch_add(&plan.log_writes, 1) + 1 == at) {
        atomic_store(&plan.torn, true);
        return len / 2;
    }
    return len;
}

/* The header of the system has other, reserved names for the parameters. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    int planned = atomic_load(&plan.write_errno);

    if (planned != 0 && !is_named(fd, "-shm")) {
        errno = planned;
        return -1;
    }
    if (is_named(fd, "-wal")) {
        len = whole_or_half(len);
        atomic_fetch_add(&plan.log_octets, len);
        if (len == 0) {
            errno = atomic_load(&plan.tear_errno);
            return -1;
        }
    }
    return syscall(SYS_pwrite64, fd, data, len, offset);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): as above */
int fdatasync(int fd)
{
    int planned = atomic_load(&plan.sync_errno);

    atomic_fetch_add(&plan.syncs, 1);
    if (is_named(fd, "-wal")) {
        atomic_fetch_add(&plan.log_syncs, 1);
    }
    if (planned != 0 && is_named(fd, atomic_load(&plan.sync_suffix))) {
        errno = planned;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): as above */
int sqlite3_file_control(sqlite3 *db, const char *name, int op, void *arg)
{
    int (*real)(sqlite3 *, const char *, int, void *) = NULL;

    if (op == SQLITE_FCNTL_JOURNAL_POINTER && atomic_load(&plan.logs_hidden)) {
        return SQLITE_ERROR;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_file_control");
    return real(db, name, op, arg);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): as above */
int sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *name, int mode, int *pages,
                              int *done)
{
    int (*real)(sqlite3 *, const char *, int, int *, int *) = NULL;

    if (mode == SQLITE_CHECKPOINT_PASSIVE) {
        atomic_fetch_add(&plan.passive_checkpoints, 1);
    }
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_wal_checkpoint_v2");
    return real(db, name, mode, pages, done);
}

void fake_disk_fail_writes(int errnum)
{
    atomic_store(&plan.write_errno, errnum);
}

void fake_disk_tear_log_write(unsigned int nth, int errnum)
{
    atomic_store(&plan.tear_errno, errnum);
    atomic_store(&plan.tear_at, atomic_load(&plan.log_writes) + nth);
}

void fake_disk_fail_syncs_of(const char *suffix)
{
    atomic_store(&plan.sync_suffix, suffix);
    atomic_store(&plan.sync_errno, EIO);
}

void fake_disk_hide_logs(void)
{
    atomic_store(&plan.logs_hidden, true);
}

void fake_disk_mend(void)
{
    atomic_store(&plan.logs_hidden, false);
    atomic_store(&plan.write_errno, 0);
    atomic_store(&plan.tear_at, 0);
    atomic_store(&plan.torn, false);
    atomic_store(&plan.sync_errno, 0);
}

unsigned int fake_disk_syncs(void)
{
    return atomic_load(&plan.syncs);
}

unsigned int fake_disk_log_syncs(void)
{
    return atomic_load(&plan.log_syncs);
}

unsigned int fake_disk_log_writes(void)
{
    return atomic_load(&plan.log_writes);
}

unsigned long long fake_disk_log_octets(void)
{
    return atomic_load(&plan.log_octets);
}

unsigned int fake_disk_passive_checkpoints(void)
{
    return atomic_load(&plan.passive_checkpoints);
}
