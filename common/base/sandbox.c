/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "common/base/rights.h"

CLEANUP_DEFINE(filter, scmp_filter_ctx, seccomp_release);

enum { RULES_MEMORY = 128 * 1024 * 1024, RULES_FILES = 8, CALLS_MAX = 64 };

struct limit {
    int resource;
    rlim_t value;
};

/* -1 ends a list: no system call has that number on the architectures we build for. */
struct profile {
    struct limit limits[6];
    size_t limit_count;
    bool no_rights;         /* not even those of root */
    int allowed[CALLS_MAX]; /* besides what every profile may do */
    int denied[CALLS_MAX];  /* in sanitizer builds */
};

/* Memory without PROT_EXEC is added apart. abort() must come out as SIGABRT. */
static const int always[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(futex),
    SCMP_SYS(madvise),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
};

static const struct profile profiles[] =
    {
        [SANDBOX_RULES] =
            {
                .limits = {{RLIMIT_NOFILE, RULES_FILES},
                           {RLIMIT_FSIZE, 0},
                           {RLIMIT_NPROC, 0},
                           {RLIMIT_CORE, 0},
                           {RLIMIT_AS, RULES_MEMORY}},
                .limit_count = 5,
                .no_rights = true,
                .allowed = {-1},
                .denied = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
                           SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
                           SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(unlink),
                           SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
                           SCMP_SYS(renameat2), SCMP_SYS(kill), -1},
            },
        [SANDBOX_SIGNER] =
            {
                .limits = {{RLIMIT_NPROC, 0}, {RLIMIT_CORE, 0}},
                .limit_count = 2,
                .allowed = {SCMP_SYS(pwrite64),
                            SCMP_SYS(pread64),
                            SCMP_SYS(fdatasync),
                            SCMP_SYS(fsync),
                            SCMP_SYS(openat),
                            SCMP_SYS(close),
                            SCMP_SYS(newfstatat),
                            SCMP_SYS(fstat),
                            SCMP_SYS(fstatfs),
                            SCMP_SYS(lseek),
                            SCMP_SYS(getdents64),
                            SCMP_SYS(readlinkat),
                            SCMP_SYS(renameat),
                            SCMP_SYS(fchmod),
                            SCMP_SYS(fchown),
                            SCMP_SYS(fcntl),
                            SCMP_SYS(recvmsg),
                            SCMP_SYS(recvfrom),
                            SCMP_SYS(sendmsg),
                            SCMP_SYS(sendto),
                            SCMP_SYS(accept4),
                            SCMP_SYS(getsockopt),
                            SCMP_SYS(poll),
                            SCMP_SYS(ppoll),
                            SCMP_SYS(getrandom),
                            SCMP_SYS(geteuid),
                            SCMP_SYS(getuid),
                            SCMP_SYS(flock),
                            -1},
                .denied = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
                           SCMP_SYS(listen), SCMP_SYS(execve), SCMP_SYS(execveat),
                           SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(kill), -1},
            },
};
_Static_assert(sizeof(profiles) / sizeof(profiles[0]) == SANDBOX_PROFILE_COUNT,
               "every profile is defined");

#ifdef AE_SANITIZE
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static bool refuse(struct error *err, int errnum, const char *step)
{
    return error_set(err, ERROR_INTERNAL, "entering the sandbox: %s: %s", step,
                     strerror(errnum));
}

/* What opens a file or asks the kernel only the first time. */
static bool warm_up(struct error *err)
{
    unsigned char octet = 0;

    tzset();
    if (getrandom(&octet, sizeof(octet), 0) != (ssize_t)sizeof(octet)) {
        return refuse(err, errno, "random octets");
    }
    return true;
}

static bool give_up_privileges(struct error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refuse(err, errno, "no new privileges");
    }
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || refuse(err, errno, "not dumpable");
}

static bool set_limits(const struct profile *profile, struct error *err)
{
    for (size_t i = 0; i < profile->limit_count; i++) {
        const struct limit *limit = &profile->limits[i];
        const struct rlimit both = {limit->value, limit->value};

        if (sanitized && limit->resource == RLIMIT_AS) {
            continue; /* a sanitizer reserves terabytes of it */
        }
        if (setrlimit((__rlimit_resource_t)limit->resource, &both) != 0) {
            return refuse(err, errno, "limits");
        }
    }
    return true;
}

static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls,
                     size_t count_max)
{
    int failed = 0;

    for (size_t i = 0; failed == 0 && i < count_max && calls[i] != -1; i++) {
        failed = seccomp_rule_add(filter, action, calls[i], 0);
    }
    return failed;
}

/* New memory is data: nothing that was written can be run. */
static int add_memory(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);

    return failed != 0
               ? failed
               : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
}

static int fill_filter(scmp_filter_ctx filter, const struct profile *profile)
{
    int failed = 0;

    if (sanitized) {
        return add_calls(filter, SCMP_ACT_KILL_PROCESS, profile->denied, CALLS_MAX);
    }
    failed =
        add_calls(filter, SCMP_ACT_ALLOW, always, sizeof(always) / sizeof(always[0]));
    failed = failed != 0 ? failed : add_memory(filter);
    return failed != 0 ? failed
                       : add_calls(filter, SCMP_ACT_ALLOW, profile->allowed, CALLS_MAX);
}

bool sandbox_enter(enum sandbox_profile profile, struct error *err)
{
    const struct profile *p = &profiles[profile];
    AUTO(filter)
    filter = seccomp_init(sanitized ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);

    if (filter == NULL) {
        return refuse(err, ENOMEM, "the filter");
    }
    if (!warm_up(err) || !give_up_privileges(err) || !set_limits(p, err) ||
        (p->no_rights && !rights_give_up(RIGHTS_NONE, err))) {
        return false;
    }
    int failed = fill_filter(filter, p);
    failed = failed != 0 ? failed : seccomp_load(filter);
    return failed == 0 || refuse(err, -failed, "the filter");
}
