/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"

enum { BACKLOG = 512, PATH_LEN_MAX = 100 };

static bool parse_address(const char *text, uint16_t port,
                          struct sockaddr_storage *address, socklen_t *len)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *len = sizeof(*four);
        return true;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        *len = sizeof(*six);
        return true;
    }
    return false;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET
                     ? ((const struct sockaddr_in *)address)->sin_port
                     : ((const struct sockaddr_in6 *)address)->sin6_port);
}

bool listener_open_tcp(const char *address, uint16_t *port, int *fd, struct error *err)
{
    struct sockaddr_storage at;
    socklen_t len = 0;
    const int yes = 1;

    if (!parse_address(address, *port, &at, &len)) {
        return error_set(err, ERROR_INVALID, "'%s' is no IP address", address);
    }
    AUTO(fd) sock = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0) {
        return error_set_errno(err, errno, "making a socket");
    }
    (void)setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (at.ss_family == AF_INET6) {
        (void)setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    }
    if (bind(sock, (struct sockaddr *)&at, len) != 0 || listen(sock, BACKLOG) != 0 ||
        getsockname(sock, (struct sockaddr *)&at, &len) != 0) {
        return error_set_errno(err, errno, "listening at %s port %u", address,
                               (unsigned int)*port);
    }
    *port = port_of(&at);
    *fd = file_take(&sock);
    return true;
}

static struct sockaddr_un path_address(const char *path, const char *suffix)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, suffix);
    return address;
}

/* Nothing is there, or a socket that nobody listens at any more. */
static bool check_free(const char *path, struct error *err)
{
    struct sockaddr_un address = path_address(path, "");
    struct stat st;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT || error_set_errno(err, errno, "%s", path);
    }
    if (!S_ISSOCK(st.st_mode)) {
        return error_set(err, ERROR_INVALID, "%s is there and is no socket", path);
    }
    AUTO(fd) sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0) {
        return error_set_errno(err, errno, "making a socket");
    }
    if (connect(sock, (struct sockaddr *)&address, sizeof(address)) == 0 ||
        errno == EAGAIN) {
        return error_set(err, ERROR_CONFLICT, "another process listens at %s", path);
    }
    return errno == ECONNREFUSED || errno == ENOENT ||
           error_set_errno(err, errno, "%s", path);
}

/* Under another name first, so that nobody meets it before it is ready. */
static bool listen_and_rename(int sock, const struct sockaddr_un *beside,
                              const char *path, struct error *err)
{
    if (bind(sock, (const struct sockaddr *)beside, sizeof(*beside)) != 0) {
        return error_set_errno(err, errno, "making the socket %s", beside->sun_path);
    }
    if (chmod(beside->sun_path, 0666) != 0 || listen(sock, BACKLOG) != 0 ||
        rename(beside->sun_path, path) != 0) {
        (void)error_set_errno(err, errno, "making the socket %s", path);
        (void)unlink(beside->sun_path);
        return false;
    }
    return true;
}

bool listener_open_unix(const char *path, int *fd, struct error *err)
{
    struct sockaddr_un beside = path_address(path, ".new");

    if (strlen(path) > PATH_LEN_MAX) {
        return error_set(err, ERROR_INVALID, "%s is longer than %d octets", path,
                         PATH_LEN_MAX);
    }
    if (!check_free(path, err)) {
        return false;
    }
    AUTO(fd) sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0) {
        return error_set_errno(err, errno, "making a socket");
    }
    (void)unlink(beside.sun_path);
    if (!listen_and_rename(sock, &beside, path, err)) {
        return false;
    }
    *fd = file_take(&sock);
    return true;
}
