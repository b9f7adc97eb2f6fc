/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/problem.h"

#include "common/base/json_write.h"

enum { PROBLEM_MAX = 16 * 1024 };

static void add_unless_empty(struct json_writer *w, const char *key, const char *text)
{
    if (text != NULL && *text != '\0') {
        json_add_text(w, key, text);
    }
}

static bool try_write(enum reason reason, const char *detail, const char *request,
                      struct buf *body)
{
    const struct reason_info *info = reason_get(reason);
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct error ignored;

    json_open_object(&w, NULL);
    json_add_i64(&w, "status", info->status);
    json_add_text(&w, "title", info->sentence);
    json_add_text(&w, "reason", info->code);
    add_unless_empty(&w, "detail", detail);
    add_unless_empty(&w, "request", request);
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, PROBLEM_MAX, body, &ignored);
}

void problem_write(enum reason reason, const char *detail, const char *request,
                   struct buf *body)
{
    if (!try_write(reason, detail, request, body) &&
        !try_write(reason, NULL, request, body)) {
        buf_append_text(body, "{}");
    }
    buf_append_byte(body, '\n');
}
