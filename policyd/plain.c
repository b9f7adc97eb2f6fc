/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/plain.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum { ROUTE_HEALTHZ = 0, ROUTE_READYZ, ROUTE_FILES, ROUTE_END, ROUTE_COUNT };

struct plain {
    struct plain_options options;
    struct http_route routes[ROUTE_COUNT];
};

/* RFC 2585 4.1 and 4.2 */
static const struct {
    const char *suffix, *content_type;
} kinds[] = {
    {".crl", "application/pkix-crl"},
    {".crt", "application/pkix-cert"},
};

/* Letters, digits, '-', '_' and single dots inside: no other file, hidden or temporary. */
static bool name_is_plain(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool dot = c == '.' && i > 0 && name[i - 1] != '.';

        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && !dot) {
            return false;
        }
    }
    return len > 0 && len <= PLAIN_NAME_MAX;
}

const char *plain_content_type(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (name_is_plain(name) && text_has_suffix(name, kinds[i].suffix) &&
            strlen(name) > strlen(kinds[i].suffix)) {
            return kinds[i].content_type;
        }
    }
    return NULL;
}

/* A regular file of the directory itself, and no link to another. */
static bool open_file(const char *directory, const char *name, int *out,
                      struct stat *found)
{
    AUTO(fd) dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(fd) file = -1;

    if (dir < 0) {
        return false;
    }
    file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0 || fstat(file, found) != 0 || !S_ISREG(found->st_mode) ||
        found->st_size > PLAIN_FILE_MAX) {
        return false;
    }
    *out = file_take(&file);
    return true;
}

static void handle_file(void *ctx, const struct http_request *request,
                        struct http_answer *answer)
{
    const struct plain *p = ctx;
    const char *name = request->path + 1;
    const char *content_type = plain_content_type(name);
    struct stat found;

    if (content_type == NULL ||
        !open_file(p->options.directory, name, &answer->file, &found)) {
        http_answer_reason(request, REASON_NO_PATH, "", answer);
        return;
    }
    answer->status = 200;
    answer->content_type = content_type;
    answer->is_file = true;
    answer->file_len = (uint64_t)found.st_size;
    answer->modified_utc = found.st_mtime;
}

void plain_handle_healthz(void *plain, const struct http_request *request,
                          struct http_answer *answer)
{
    (void)plain;
    (void)request;
    answer->status = 200;
    answer->content_type = "text/plain; charset=utf-8";
    buf_append_text(&answer->body, "alive\n");
}

void plain_handle_readyz(void *plain, const struct http_request *request,
                         struct http_answer *answer)
{
    const struct plain *p = plain;

    (void)request;
    answer->content_type = "text/plain; charset=utf-8";
    p->options.why_not_ready(p->options.ctx, &answer->body);
    answer->status = answer->body.len == 0 ? 200 : 503;
    if (answer->body.len == 0) {
        buf_append_text(&answer->body, "ready\n");
    } else {
        answer->retry_after_s = 10;
    }
}

struct plain *plain_new(const struct plain_options *options)
{
    struct plain *p = mem_new(sizeof(*p));

    p->options = *options;
    p->routes[ROUTE_HEALTHZ] =
        (struct http_route){HTTP_GET, "/healthz", 0, true, plain_handle_healthz, p};
    p->routes[ROUTE_READYZ] =
        (struct http_route){HTTP_GET, "/readyz", 0, false, plain_handle_readyz, p};
    p->routes[ROUTE_FILES] =
        (struct http_route){HTTP_GET, "/*", 0, false, handle_file, p};
    return p;
}

void plain_free(struct plain *p)
{
    free(p);
}

const struct http_route *plain_routes(const struct plain *p)
{
    return p->routes;
}
