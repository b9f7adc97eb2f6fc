/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"

enum { SECRET_MAX = 4096, CANNOT_RUN = 127, BY_SIGNAL = 128, STREAMS = 2 };

/* Both ends of each pipe; -1 when closed. Index: read end 0, write end 1. */
struct pipes {
    int out[2], said[2], secret[2];
};

static void pipes_close(struct pipes *p)
{
    int *const all[] = {p->out, p->said, p->secret};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        file_close(&all[i][0]);
        file_close(&all[i][1]);
    }
}
CLEANUP_DEFINE_VALUE(pipes, struct pipes, pipes_close);

/* Becomes the other user for good; every step must work. */
static bool become(const struct child *child)
{
    return !child->as_other ||
           (setgroups(0, NULL) == 0 &&
            setresgid(child->group, child->group, child->group) == 0 &&
            setresuid(child->owner, child->owner, child->owner) == 0);
}

/* In the child: only calls that are safe after fork(). */
static _Noreturn void start(const struct child *child, const struct pipes *p)
{
    int nothing = open("/dev/null", O_RDONLY);
    int secret = child->secret == NULL
                     ? -1
                     : fcntl(p->secret[0], F_DUPFD_CLOEXEC, CHILD_SECRET_FD + 1);

    char *const *argv = NULL;

    /* execv() promises not to write to them */
    memcpy(&argv, &child->argv, sizeof(argv));
    (void)signal(SIGPIPE, SIG_DFL);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(p->out[1], STDOUT_FILENO) < 0 || dup2(p->said[1], STDERR_FILENO) < 0 ||
        (secret >= 0 && dup2(secret, CHILD_SECRET_FD) < 0) || !become(child)) {
        _exit(CANNOT_RUN);
    }
    (void)close_range(secret >= 0 ? CHILD_SECRET_FD + 1 : CHILD_SECRET_FD, ~0U, 0);
    (void)execv(child->argv[0], argv);
    _exit(CANNOT_RUN);
}

/* One read; false at the end of the stream. */
static bool drain(int fd, struct buf *into)
{
    unsigned char octets[4096];
    ssize_t got = 0;

    do {
        got = read(fd, octets, sizeof(octets));
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        buf_append(into, octets, (size_t)got);
    }
    return got > 0;
}

/* A stream of the child's, and what came of it. */
struct stream {
    int *fd;
    struct buf *into;
};

/* Reads what is ready; false when a stream is too long. */
static bool take_ready(struct stream *streams, const struct pollfd *ready)
{
    for (size_t i = 0; i < STREAMS; i++) {
        if (ready[i].revents != 0 && !drain(*streams[i].fd, streams[i].into)) {
            file_close(streams[i].fd);
        }
        if (streams[i].into->len > CHILD_OUTPUT_MAX) {
            return false;
        }
    }
    return true;
}

/* Reads both streams until they end; false when one is too long. */
static bool collect(struct stream *streams)
{
    while (*streams[0].fd >= 0 || *streams[1].fd >= 0) {
        struct pollfd ready[STREAMS] = {{*streams[0].fd, POLLIN, 0},
                                        {*streams[1].fd, POLLIN, 0}};

        if (poll(ready, STREAMS, -1) < 0) {
            continue; /* a signal: nothing is ready then */
        }
        if (!take_ready(streams, ready)) {
            return false;
        }
    }
    return true;
}

static int wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return CANNOT_RUN;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
}

bool child_run(const struct child *child, struct buf *out, struct buf *said, int *status,
               struct error *err)
{
    AUTO(pipes) p = {{-1, -1}, {-1, -1}, {-1, -1}};

    if (child->secret != NULL && child->secret->len > SECRET_MAX) {
        return error_set(err, ERROR_INVALID, "the passphrase is longer than %d octets",
                         SECRET_MAX);
    }
    if (pipe2(p.out, O_CLOEXEC) != 0 || pipe2(p.said, O_CLOEXEC) != 0 ||
        pipe2(p.secret, O_CLOEXEC) != 0) {
        return error_set_errno(err, errno, "making a pipe");
    }
    /* a pipe takes that much without a reader */
    if (child->secret != NULL &&
        !file_write_all(p.secret[1], buf_bytes(child->secret), err)) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        start(child, &p);
    }
    if (pid < 0) {
        return error_set_errno(err, errno, "starting %s", child->argv[0]);
    }
    file_close(&p.out[1]);
    file_close(&p.said[1]);
    file_close(&p.secret[0]);
    file_close(&p.secret[1]);
    struct stream streams[STREAMS] = {{&p.out[0], out}, {&p.said[0], said}};
    bool whole = collect(streams);
    file_close(&p.out[0]);
    file_close(&p.said[0]);
    *status = wait_for(pid);
    return whole || error_set(err, ERROR_INVALID, "%s wrote more than %d octets",
                              child->argv[0], CHILD_OUTPUT_MAX);
}
