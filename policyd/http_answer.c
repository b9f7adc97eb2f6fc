/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/wire/problem.h"

#include "policyd/http.h"

enum { RETRY_AFTER_DEFAULT_S = 60 };

void http_answer_clear(struct http_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free(answer->headers[i].value);
    }
    buf_clear(&answer->body);
    if (answer->is_file) {
        (void)close(answer->file);
    }
    *answer = (struct http_answer){0};
}

void http_answer_add(struct http_answer *answer, const char *name, const char *value)
{
    assert(answer->header_count < HTTP_HEADERS_MAX &&
           text_is_printable(value, strlen(value)));
    answer->headers[answer->header_count++] =
        (struct http_header){name, mem_strdup(value)};
}

static bool wants_problem(const struct http_request *request)
{
    return strncmp(request->path, "/autoenroll/", 12) == 0 ||
           (request->accept != NULL &&
            strstr(request->accept, PROBLEM_MEDIA_TYPE) != NULL);
}

void http_answer_reason(const struct http_request *request, enum reason reason,
                        const char *request_id, struct http_answer *answer)
{
    const struct reason_info *why = reason_get(reason);
    const struct reason_info *shown = reason_get(why->shown_as);

    buf_clear(&answer->body);
    answer->status = shown->status;
    if (shown->retry == RETRY_LATER || shown->retry == RETRY_POLL) {
        answer->retry_after_s = RETRY_AFTER_DEFAULT_S;
    }
    if (wants_problem(request)) {
        answer->content_type = PROBLEM_MEDIA_TYPE;
        problem_write(why->shown_as, NULL, request_id, &answer->body);
        return;
    }
    answer->content_type = "text/plain; charset=utf-8";
    buf_printf(&answer->body, "%s: %s%s%s\n", shown->code, shown->sentence,
               *request_id != '\0' ? " Request " : "", request_id);
}
