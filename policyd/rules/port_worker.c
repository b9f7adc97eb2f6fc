/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/port_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/wire/hello.h"
#include "common/wire/peer.h"

enum { READ_SIZE = 4096, NS_PER_MS = 1000000 };

int64_t port_deadline_ns(uint32_t timeout_ms)
{
    return clock_boottime_ns(clock_system()) + (int64_t)timeout_ms * NS_PER_MS;
}

static int set_actions(posix_spawn_file_actions_t *actions, int fd)
{
    int failed = posix_spawn_file_actions_adddup2(actions, fd, STDIN_FILENO);

    failed = failed != 0 ? failed
                         : posix_spawn_file_actions_addopen(actions, STDOUT_FILENO,
                                                            "/dev/null", O_WRONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addchdir_np(actions, "/");
    return failed != 0
               ? failed
               : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* Signals as any program expects them, whatever this thread blocks. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    failed = failed != 0 ? failed : posix_spawnattr_setsigdefault(attributes, &all);
    return failed != 0 ? failed
                       : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                                  POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *program, int fd, pid_t *pid)
{
    char name[] = "policyd-rules";
    char *const argv[] = {name, NULL};
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed != 0) {
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        failed = set_actions(&actions, fd);
        failed = failed != 0 ? failed : set_signals(&attributes);
        failed = failed != 0 ? failed
                             : posix_spawn(pid, program, &actions, &attributes, argv,
                                           environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* How it ended, as far as it has; it has no more to say on its socket. */
static bool tell_end(struct port_worker *worker, struct error *err)
{
    int status = 0;

    (void)kill(worker->pid, SIGKILL); /* no effect on one that has ended */
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    worker->pid = 0;
    if (WIFSIGNALED(status)) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the rules' worker was ended by signal %d", WTERMSIG(status));
    }
    return error_set(err, ERROR_UNAVAILABLE, "the rules' worker ended with code %d",
                     WEXITSTATUS(status));
}

static bool wait_for(int fd, short events, int64_t deadline_ns, struct error *err)
{
    for (;;) {
        int64_t left_ns = deadline_ns - clock_boottime_ns(clock_system());
        struct pollfd wait = {.fd = fd, .events = events};
        int ready = 0;

        if (left_ns <= 0) {
            return error_set(err, ERROR_UNAVAILABLE,
                             "the rules' worker did not answer within its time");
        }
        ready = poll(&wait, 1, (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS));
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return error_set_errno(err, errno, "waiting for the rules' worker");
        }
    }
}

static bool send_all(struct port_worker *worker, struct bytes octets, int64_t deadline_ns,
                     struct error *err)
{
    while (octets.len > 0) {
        ssize_t sent = send(worker->fd, octets.data, octets.len, MSG_NOSIGNAL);

        if (sent >= 0) {
            octets.data += sent;
            octets.len -= (size_t)sent;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return tell_end(worker, err);
        } else if (errno != EAGAIN && errno != EINTR) {
            return error_set_errno(err, errno, "writing to the rules' worker");
        } else if (!wait_for(worker->fd, POLLOUT, deadline_ns, err)) {
            return false;
        }
    }
    return true;
}

static bool read_some(struct port_worker *worker, int64_t deadline_ns, struct error *err)
{
    unsigned char octets[READ_SIZE];

    if (!wait_for(worker->fd, POLLIN, deadline_ns, err)) {
        return false;
    }
    ssize_t got = recv(worker->fd, octets, sizeof(octets), 0);
    if (got > 0) {
        wire_reader_feed(&worker->reader, octets, (size_t)got);
        return true;
    }
    if (got == 0 || errno == ECONNRESET) {
        return tell_end(worker, err);
    }
    return errno == EAGAIN || errno == EINTR ||
           error_set_errno(err, errno, "reading from the rules' worker");
}

static bool read_frame(struct port_worker *worker, int64_t deadline_ns,
                       struct wire_frame *frame, struct error *err)
{
    bool complete = false;

    while (wire_reader_next(&worker->reader, frame, &complete, err)) {
        if (complete) {
            return true;
        }
        if (!read_some(worker, deadline_ns, err)) {
            return false;
        }
    }
    err->code = ERROR_UNAVAILABLE; /* it is the worker that is wrong, not the question */
    return false;
}

static bool greet(struct port_worker *worker, int64_t deadline_ns, struct error *err)
{
    struct wire_hello hello = {.program = WIRE_PROGRAM_POLICYD,
                               .software = "0.1.0",
                               .version_oldest = WIRE_VERSION,
                               .version_newest = WIRE_VERSION,
                               .pid = (uint64_t)getpid(),
                               .in_flight_max = 1};
    AUTO(wire_hello) theirs = {0};
    AUTO(buf) out = BUF_EMPTY;
    struct wire_frame frame = {0};

    if (getrandom(hello.run_id, sizeof(hello.run_id), 0) !=
        (ssize_t)sizeof(hello.run_id)) {
        return error_set_errno(err, errno, "random octets");
    }
    if (!wire_hello_frame(&hello, 0, &out, err) ||
        !send_all(worker, buf_bytes(&out), deadline_ns, err) ||
        !read_frame(worker, deadline_ns, &frame, err)) {
        return false;
    }
    return (frame.type == WIRE_TYPE_HELLO &&
            wire_hello_decode(frame.payload, &theirs, err) &&
            theirs.program == WIRE_PROGRAM_RULES) ||
           error_set(err, ERROR_UNAVAILABLE, "the program is not policyd-rules");
}

bool port_worker_start(struct port_worker *worker, const char *program,
                       int64_t deadline_ns, struct error *err)
{
    int pair[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return error_set_errno(err, errno, "a socket for the rules' worker");
    }
    AUTO(fd) ours = pair[0];
    AUTO(fd) theirs = pair[1];
    *worker = (struct port_worker){.fd = -1};
    int failed = fcntl(ours, F_SETFL, O_NONBLOCK) != 0
                     ? errno
                     : spawn(program, theirs, &worker->pid);
    if (failed != 0) {
        (void)error_set_errno(err, failed, "starting %s", program);
        err->code = ERROR_UNAVAILABLE;
        return false;
    }
    worker->fd = file_take(&ours);
    wire_reader_init(&worker->reader, wire_direction_types(WIRE_RULES_TO_POLICYD), false);
    file_close(&theirs); /* so that its end shows */
    if (!greet(worker, deadline_ns, err)) {
        port_worker_kill(worker);
        return error_wrap(err, "starting %s", program);
    }
    return true;
}

bool port_worker_ask(struct port_worker *worker, const struct wire_message *message,
                     const void *record, int64_t deadline_ns, struct port_answer *answer,
                     struct error *err)
{
    struct wire_frame frame = {0};

    worker->exchange++;
    worker->asked++;
    if (!wire_frame_append(message, worker->exchange, record, &answer->asked, err)) {
        return false;
    }
    if (!send_all(worker, buf_bytes(&answer->asked), deadline_ns, err) ||
        !read_frame(worker, deadline_ns, &frame, err)) {
        return false;
    }
    if (frame.exchange != worker->exchange) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the rules' worker answered what it was not asked");
    }
    answer->type = frame.type;
    buf_append(&answer->payload, frame.payload.data, frame.payload.len);
    return true;
}

bool port_worker_is_ready(const struct port_worker *worker)
{
    unsigned char octet = 0;

    return recv(worker->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

void port_worker_kill(struct port_worker *worker)
{
    struct error how = {0};

    if (worker->pid > 0) {
        (void)tell_end(worker, &how);
    }
    file_close(&worker->fd);
    wire_reader_clear(&worker->reader);
    worker->pid = 0;
}
