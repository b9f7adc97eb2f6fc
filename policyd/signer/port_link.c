/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/port_link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/hello.h"

enum { NS_PER_MS = 1000000 };

bool port_link_check_path(const char *path, struct error *err)
{
    size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

    if (path == NULL || *path == '\0') {
        return error_set(err, ERROR_INVALID, "the signer's socket has no path");
    }
    return strlen(path) <= max ||
           error_set(err, ERROR_INVALID,
                     "the signer's socket '%s' has more than %zu octets in its path",
                     path, max);
}

static bool connect_to(const char *path, int *out, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return error_set_errno(err, errno, "no socket for the signer");
    }
    memcpy(address.sun_path, path, strlen(path) + 1); /* checked when the port was made */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int why = errno;

        return error_set(err, ERROR_UNAVAILABLE, "the signer's socket %s: %s", path,
                         why == ECONNREFUSED || why == ENOENT
                             ? "nobody listens there; is policyd-signer running?"
                             : strerror(why));
    }
    *out = file_take(&fd);
    return true;
}

static bool check_peer(const struct signer_port_options *options, struct port_link *link,
                       struct error *err)
{
    struct ucred who = {0};
    socklen_t len = sizeof(who);

    if (getsockopt(link->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        return error_set_errno(err, errno, "who listens on %s", options->path);
    }
    link->pid = (uint32_t)who.pid;
    if (options->check_uid && who.uid != options->uid) {
        return error_set(err, ERROR_DENIED,
                         "uid %u listens on the signer's socket %s, uid %u is expected",
                         who.uid, options->path, options->uid);
    }
    return true;
}

static bool send_hello(const struct signer_port_options *options,
                       const unsigned char *run_id, const struct port_link *link,
                       struct error *err)
{
    struct wire_hello hello = {.program = WIRE_PROGRAM_POLICYD,
                               .software = options->software,
                               .version_oldest = WIRE_VERSION,
                               .version_newest = WIRE_VERSION,
                               .pid = (uint64_t)getpid(),
                               .in_flight_max = 1};
    AUTO(buf) frame = BUF_EMPTY;

    memcpy(hello.run_id, run_id, sizeof(hello.run_id));
    if (!wire_hello_frame(&hello, 0, &frame, err)) {
        return false;
    }
    /* The first octets on a new socket: there is room for so few. */
    return send(link->fd, frame.data, frame.len, MSG_NOSIGNAL) == (ssize_t)frame.len ||
           error_set(err, ERROR_UNAVAILABLE, "the signer took no greeting");
}

static bool judge_hello(const struct wire_hello *hello, struct port_link *link,
                        struct error *err)
{
    if (hello->program != WIRE_PROGRAM_SIGNER) {
        return error_set(err, ERROR_INVALID, "%s listens on the signer's socket",
                         wire_program_name(hello->program));
    }
    if (hello->version_oldest > WIRE_VERSION || hello->version_newest < WIRE_VERSION) {
        return error_set(
            err, ERROR_INVALID,
            "policyd-signer %s speaks versions %u to %u of the messages, this "
            "program version %d: install matching versions",
            hello->software, hello->version_oldest, hello->version_newest, WIRE_VERSION);
    }
    memcpy(link->run_id, hello->run_id, sizeof(link->run_id));
    link->in_flight_max = hello->in_flight_max;
    return true;
}

static bool take_hello(struct port_link *link, bool *heard, struct error *err)
{
    struct wire_frame frame;
    AUTO(wire_hello) hello = {0};

    if (!port_link_read(link, err) ||
        !wire_reader_next(&link->reader, &frame, heard, err)) {
        return false;
    }
    if (!*heard) {
        return true;
    }
    if (frame.type != WIRE_TYPE_HELLO) {
        return error_set(err, ERROR_INVALID, "the signer began with '%s'",
                         wire_type_name(frame.type));
    }
    return wire_hello_decode(frame.payload, &hello, err) &&
           judge_hello(&hello, link, err);
}

static bool hear_hello(unsigned int wait_ms, int wake, struct port_link *link,
                       struct error *err)
{
    int64_t until = clock_boottime_ns(clock_system()) + (int64_t)wait_ms * NS_PER_MS;
    bool heard = false;

    while (!heard) {
        struct pollfd wait[] = {{link->fd, POLLIN, 0}, {wake, POLLIN, 0}};
        int64_t left = (until - clock_boottime_ns(clock_system())) / NS_PER_MS;

        if (left <= 0 || (poll(wait, 2, (int)left + 1) < 0 && errno != EINTR)) {
            return error_set(err, ERROR_UNAVAILABLE,
                             "the signer did not greet within %u ms", wait_ms);
        }
        if (wait[1].revents != 0) {
            return error_set(err, ERROR_UNAVAILABLE, "policyd is ending");
        }
        if (wait[0].revents != 0 && !take_hello(link, &heard, err)) {
            return false;
        }
    }
    return true;
}

bool port_link_open(const struct signer_port_options *options,
                    const unsigned char run_id[SIGNER_RUN_ID], int wake,
                    struct port_link *out, struct error *err)
{
    struct port_link link = {.fd = -1};

    if (!connect_to(options->path, &link.fd, err)) {
        return false;
    }
    wire_reader_init(&link.reader, wire_direction_types(WIRE_SIGNER_TO_POLICYD), false);
    link.input = mem_array(PORT_READ_MAX, 1);
    if (!check_peer(options, &link, err) || !send_hello(options, run_id, &link, err) ||
        !hear_hello(options->hello_wait_ms, wake, &link, err)) {
        port_link_close(&link);
        return false;
    }
    *out = link;
    return true;
}

void port_link_close(struct port_link *link)
{
    file_close(&link->fd);
    wire_reader_clear(&link->reader);
    free(TAKE(link->input));
}

bool port_link_read(struct port_link *link, struct error *err)
{
    ssize_t got = recv(link->fd, link->input, PORT_READ_MAX, MSG_DONTWAIT);

    if (got > 0) {
        wire_reader_feed(&link->reader, link->input, (size_t)got);
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    return got == 0
               ? error_set(err, ERROR_UNAVAILABLE, "the signer closed the connection")
               : error_set(err, ERROR_UNAVAILABLE, "the connection to the signer: %s",
                           strerror(errno));
}
