/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

enum { MS_PER_S = 1000, VARIABLES_MAX = 32, EXEC_FAILED = 127 };

bool hooks_is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-";

    return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

/* ---- one hook ------------------------------------------------------------------------ */

/* In the child: nothing of ours but the three standard streams gets through. */
static _Noreturn void become(char *const *arguments, char *const *environment, int input)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setpgid(0, 0); /* so that a timeout reaches its children, too */
    if (dup2(input, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        chdir("/") != 0) {
        _exit(EXEC_FAILED);
    }
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    (void)execve(arguments[0], arguments, environment);
    _exit(EXEC_FAILED);
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* of Linux 6.3 */
#endif

/* What is read by a hook is never run; a kernel may refuse memory that could be (vm.memfd_noexec). */
static int open_memory(void)
{
    static const char name[] = "autoenroll-event";
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

    if (fd < 0 && errno == EINVAL) { /* an older one does not know the flag */
        fd = memfd_create(name, MFD_CLOEXEC);
    }
    return fd;
}

/* The JSON in memory, so that neither a full disk nor a hook that reads nothing is in the way. */
static bool make_input(struct bytes json, int *out, struct error *err)
{
    AUTO(fd) fd = open_memory();

    if (fd < 0) {
        return error_set_errno(err, errno, "no memory for a hook's input");
    }
    if (!file_write_all(fd, json, err)) {
        return false;
    }
    if (lseek(fd, 0, SEEK_SET) != 0) {
        return error_set_errno(err, errno, "a hook's input");
    }
    *out = file_take(&fd);
    return true;
}

/* Its status; false when its time was up, and then it is gone. */
static bool wait_for(pid_t child, int timeout_s, int *status)
{
    AUTO(fd) fd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    bool in_time = fd >= 0 && poll(&poller, 1, timeout_s * MS_PER_S) > 0;

    if (!in_time) {
        (void)kill(-child, SIGKILL);
        (void)kill(child, SIGKILL);
    }
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
    return in_time;
}

static bool judge(const char *path, int status, struct error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    if (WIFSIGNALED(status)) {
        return error_set(err, ERROR_UNAVAILABLE, "hook %s: ended by signal %d", path,
                         WTERMSIG(status));
    }
    if (WEXITSTATUS(status) == EXEC_FAILED) {
        return error_set(err, ERROR_UNAVAILABLE, "hook %s: cannot be started", path);
    }
    return error_set(err, ERROR_UNAVAILABLE, "hook %s: exit status %d", path,
                     WEXITSTATUS(status));
}

static bool run_one(const char *path, const struct hooks_event *event, struct error *err)
{
    static const char search[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                                 "/sbin:/bin";
    char *environment[VARIABLES_MAX + 2] = {NULL};
    AUTO(string) program = mem_strdup(path);
    char *const arguments[] = {program, NULL};
    AUTO(fd) input = -1;
    int status = 0;
    size_t count = 0;

    if (!make_input(event->json, &input, err)) {
        return false;
    }
    environment[count++] = mem_strdup(search);
    for (size_t i = 0; event->variables[i] != NULL && count <= VARIABLES_MAX; i++) {
        environment[count++] = mem_strdup(event->variables[i]);
    }
    pid_t child = fork();
    if (child == 0) {
        become(arguments, environment, input);
    }
    bool in_time = child > 0 && wait_for(child, event->timeout_s, &status);
    for (size_t i = 0; i < count; i++) {
        free(environment[i]);
    }
    if (child < 0) {
        return error_set_errno(err, errno, "hook %s", path);
    }
    if (!in_time) {
        return error_set(err, ERROR_UNAVAILABLE, "hook %s: not done after %d s", path,
                         event->timeout_s);
    }
    return judge(path, status, err);
}

/* ---- all of them --------------------------------------------------------------------- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

bool hooks_run(const char *directory, const struct hooks_event *event, struct error *err)
{
    AUTO(file_list) list = {NULL, 0};
    bool ok = true;

    if (!file_list_dropins(directory, "", &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        const char *path = list.paths[i];
        struct error why;

        if (!hooks_is_name(name_of(path)) || access(path, X_OK) != 0) {
            continue;
        }
        if (!file_check(path, FILE_TRUSTED, &why) || !run_one(path, event, &why)) {
            *err = ok ? why : *err;
            ok = false;
        }
    }
    return ok;
}
