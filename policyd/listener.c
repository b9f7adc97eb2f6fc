/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/file.h"

/* Where places are few, those who wait are served in turn; without room in the queue it is a
 * lottery of SYNs. The system may allow less (net.core.somaxconn). */
enum { BACKLOG = 4096 };

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

bool listener_bind_tcp(const char *address, uint16_t *port, int *fd, struct error *err)
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
    if (bind(sock, (struct sockaddr *)&at, len) != 0 ||
        getsockname(sock, (struct sockaddr *)&at, &len) != 0) {
        return error_set_errno(err, errno, "listening at %s port %u", address,
                               (unsigned int)*port);
    }
    *port = port_of(&at);
    *fd = file_take(&sock);
    return true;
}

bool listener_begin(int fd, struct error *err)
{
    return listen(fd, BACKLOG) == 0 || error_set_errno(err, errno, "listening");
}

bool listener_open_tcp(const char *address, uint16_t *port, int *fd, struct error *err)
{
    AUTO(fd) sock = -1;
    const uint16_t wanted = *port;

    if (!listener_bind_tcp(address, port, &sock, err)) {
        return false;
    }
    if (!listener_begin(sock, err)) {
        return error_wrap(err, "%s port %u", address, (unsigned int)wanted);
    }
    *fd = file_take(&sock);
    return true;
}
