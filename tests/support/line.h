/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line: a client's connection to a server on loopback, plain or with TLS (by OpenSSL, so that our
 * own TLS end is judged by another). Whatever fails ends the test, unless said otherwise.
 */
#ifndef AE_TESTS_SUPPORT_LINE_H
#define AE_TESTS_SUPPORT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"

#include "tests/support/tls_cert.h"

enum { LINE_PATIENCE_MS = 60000 };

struct line_options {
    uint16_t port;
    bool tls;
    bool tls11;                         /* TLS 1.1 at most */
    bool tls12;                         /* TLS 1.2 at most; else 1.3 */
    const struct tls_cert *certificate; /* NULL: none is shown */
    const char *ciphers; /* of TLS 1.2, as OpenSSL names them; NULL: its own choice */
    const char *groups;  /* likewise, of key exchange */
};

struct line;
struct line *line_open(const struct line_options *options);
struct line *line_open_fd(int fd);                              /* plain; taken over */
struct line *line_try_open(const struct line_options *options); /* NULL: no handshake */
void line_close(struct line *line);                             /* accepts NULL */
CLEANUP_DEFINE(line, struct line *, line_close);

void line_send(struct line *line, const char *text);
bool line_try_send(struct line *line, const char *text);
/* Whether something comes, be it the end. */
bool line_is_readable(struct line *line, int patience_ms);
/* One whole answer, or all there is until the peer closes. */
void line_receive(struct line *line, struct buf *out);
/* Drops whatever is still on its way; false when the peer leaves it open. */
bool line_is_closed(struct line *line);

int line_status(const struct buf *answer); /* 0: no answer */

/* Of a line with TLS. */
unsigned int line_count_hellos(const struct line *line); /* 2: it had to begin anew */
void line_get_peer(struct line *line, struct buf *der);
void line_get_linking(struct line *line, struct buf *out); /* RFC 5929 3, RFC 9266 */

#endif
