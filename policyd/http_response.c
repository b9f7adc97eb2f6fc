/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/utc.h"

#include "policyd/http_mhd.h"

static struct MHD_Response *response_of_body(struct http_answer *answer)
{
    size_t len = 0;
    unsigned char *body = buf_take(&answer->body, &len);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);

    if (response == NULL) {
        free(body);
    }
    return response;
}

static struct MHD_Response *response_of_file(struct http_answer *answer)
{
    struct MHD_Response *response =
        MHD_create_response_from_fd64(answer->file_len, answer->file);

    if (response != NULL) {
        answer->is_file = false; /* libmicrohttpd closes it */
    }
    return response;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

/* RFC 9110 5.6.7, by hand: strftime() knows a locale. */
static void add_modified(struct MHD_Response *response, int64_t modified_utc)
{
    static const char days[] =
        "ThuFriSatSunMonTueWed"; /* 1 January 1970 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const struct utc at = utc_split(modified_utc);
    char text[64];

    (void)snprintf(text, sizeof(text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                   days + 3 * (modified_utc / 86400 % 7), at.day,
                   months + (ptrdiff_t)3 * (at.month - 1), at.year, at.hour, at.minute,
                   at.second);
    add_header(response, MHD_HTTP_HEADER_LAST_MODIFIED, text);
}

/* RFC 9110 15.5.6 wants it with a 405. */
static const char *allowed(unsigned int methods)
{
    if (methods == (HTTP_GET | HTTP_POST)) {
        return "GET, HEAD, POST";
    }
    return methods == HTTP_GET ? "GET, HEAD" : "POST";
}

struct MHD_Response *http_response_make(struct http_job *job)
{
    struct http_answer *answer = &job->answer;
    bool is_file = answer->is_file;
    struct MHD_Response *response =
        is_file ? response_of_file(answer) : response_of_body(answer);
    char seconds[16];

    if (response == NULL) {
        return NULL;
    }
    if (is_file && answer->modified_utc > 0) {
        add_modified(response, answer->modified_utc);
    }
    if (!is_file) {
        add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    }
    if (answer->content_type != NULL) {
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    }
    if (answer->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof(seconds), "%u", answer->retry_after_s);
        add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED && job->route != NULL) {
        add_header(response, MHD_HTTP_HEADER_ALLOW, allowed(job->route->methods));
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        add_header(response, answer->headers[i].name, answer->headers[i].value);
    }
    if (job->close) {
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    return response;
}
