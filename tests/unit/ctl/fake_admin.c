/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ctl/fake_admin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct fake_admin {
    const struct fake_answer *answers;
    size_t count, next;
    char *directory, *path;
    int listener;
    int wake[2]; /* its write end closed: stop */
    pthread_t thread;
    struct buf asked;
};

/* Reads a request; false when the peer is gone. */
static bool read_request(int fd, struct buf *in)
{
    for (;;) {
        char octets[4096];
        const char *text = buf_text(in);
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        size_t body = length == NULL ? 0 : strtoul(length + 16, NULL, 10);

        if (end != NULL && in->len >= (size_t)(end - text) + 4 + body) {
            return true;
        }
        ssize_t got = read(fd, octets, sizeof(octets));
        if (got <= 0) {
            return false;
        }
        buf_append(in, octets, (size_t)got);
    }
}

static void note_request(struct fake_admin *fake, struct buf *in)
{
    const char *text = buf_text(in);
    const char *body = strstr(text, "\r\n\r\n");
    size_t line = strcspn(text, "\r");

    buf_append(&fake->asked, text, line - strlen(" HTTP/1.1"));
    buf_append_byte(&fake->asked, '\n');
    if (body != NULL && body[4] != '\0') {
        buf_printf(&fake->asked, "%s\n", body + 4);
    }
}

static void answer(struct fake_admin *fake, int fd)
{
    const struct fake_answer *a = &fake->answers[fake->next];
    AUTO(buf) out = BUF_EMPTY;
    struct error ignored;
    char octet = 0;

    if (a->hangs) {
        while (read(fake->wake[0], &octet, 1) > 0) {
        }
        return;
    }
    if (a->raw != NULL) {
        buf_append_text(&out, a->raw);
    } else {
        buf_printf(&out,
                   "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                   a->status, strlen(a->body), a->body);
    }
    /* a client that refuses the answer may be gone */
    (void)!file_write_all(fd, buf_bytes(&out), &ignored);
}

static void *serve(void *ctx)
{
    struct fake_admin *fake = ctx;

    for (;;) {
        AUTO(fd) fd = accept(fake->listener, NULL, NULL);
        AUTO(buf) in = BUF_EMPTY;

        if (fd < 0) {
            return NULL;
        }
        if (!read_request(fd, &in)) {
            continue;
        }
        note_request(fake, &in);
        if (fake->next < fake->count) {
            answer(fake, fd);
            fake->next++;
        }
    }
}

struct fake_admin *fake_admin_start(const struct fake_answer *answers, size_t count)
{
    struct fake_admin *fake = mem_new(sizeof(*fake));
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    fake->answers = answers;
    fake->count = count;
    fake->directory = temp_dir_new();
    fake->path = mem_printf("%s/admin.sock", fake->directory);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fake->listener >= 0);
    assert_int_equal(
        bind(fake->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listener, 8), 0);
    assert_int_equal(pipe(fake->wake), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
    return fake;
}

const char *fake_admin_socket(const struct fake_admin *fake)
{
    return fake->path;
}

void fake_admin_stop(struct fake_admin *fake, struct buf *asked)
{
    (void)close(fake->wake[1]);
    (void)shutdown(fake->listener, SHUT_RDWR);
    (void)pthread_join(fake->thread, NULL);
    (void)close(fake->listener);
    (void)close(fake->wake[0]);
    if (asked != NULL) {
        buf_append(asked, fake->asked.data, fake->asked.len);
    }
    buf_clear(&fake->asked);
    temp_dir_free(fake->directory);
    free(fake->path);
    free(fake);
}
