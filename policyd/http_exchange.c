/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/http_mhd.h"
#include "policyd/pool.h"

enum {
    HEADER_CONTENT_TYPE = 0,
    HEADER_ACCEPT,
    HEADER_AUTHORIZATION,
    HEADER_ORIGIN,
    HEADER_FETCH_SITE
};

/* Octets of a refused body that are read, so that the peer gets to see the answer. */
enum { DROPPED_MAX = 64 * 1024 };

static const char *const header_names[] = {
    [HEADER_CONTENT_TYPE] = MHD_HTTP_HEADER_CONTENT_TYPE,
    [HEADER_ACCEPT] = MHD_HTTP_HEADER_ACCEPT,
    [HEADER_AUTHORIZATION] = MHD_HTTP_HEADER_AUTHORIZATION,
    [HEADER_ORIGIN] = MHD_HTTP_HEADER_ORIGIN,
    [HEADER_FETCH_SITE] = "Sec-Fetch-Site",
};
_Static_assert(sizeof(header_names) / sizeof(header_names[0]) ==
                   sizeof(((struct http_job *)NULL)->headers) / sizeof(char *),
               "every kept header has a name");

void http_set_state(struct http_connection *c, enum http_state state)
{
    c->server->running -= c->state == HTTP_STATE_RUNNING;
    c->server->running += state == HTTP_STATE_RUNNING;
    c->state = state;
    c->since_ms = http_now_ms();
    http_tell_change(c->server);
}

void http_job_unref(struct http_job *job)
{
    if (atomic_fetch_sub(&job->users, 1) != 1) {
        return;
    }
    if (job->headers[HEADER_AUTHORIZATION] != NULL) {
        explicit_bzero(job->headers[HEADER_AUTHORIZATION],
                       strlen(job->headers[HEADER_AUTHORIZATION]));
    }
    for (size_t i = 0; i < sizeof(job->headers) / sizeof(job->headers[0]); i++) {
        free(job->headers[i]);
    }
    http_session_unref(job->session);
    buf_clear(&job->body);
    http_answer_clear(&job->answer);
    free(job->target);
    free(job);
}

/* The first thing that is known of a request; libmicrohttpd hands the job on. */
void *http_on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_job *job = mem_new(sizeof(*job));
    struct http *h = cls;

    atomic_init(&job->users, 1);
    job->server = h;
    job->connection = info->socket_context;
    job->session = job->connection->session;
    job->target = mem_strdup(target);
    (void)atomic_fetch_add(&job->session->users, 1);
    (void)pthread_mutex_lock(&h->lock);
    job->connection->job = job;
    http_set_state(job->connection, HTTP_STATE_READING);
    (void)pthread_mutex_unlock(&h->lock);
    return job;
}

/* No handler should have to think about what a path could mean: only one form is taken. */
static bool path_is_plain(const char *path)
{
    for (const char *c = path; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7F || *c == '%' || *c == '\\') {
            return false;
        }
    }
    return path[0] == '/' && strstr(path, "//") == NULL && strstr(path, "/./") == NULL &&
           strstr(path, "/../") == NULL && !text_has_suffix(path, "/.") &&
           !text_has_suffix(path, "/..");
}

static bool route_matches(const struct http_route *route, const char *path)
{
    size_t len = strlen(route->path);

    if (route->path[len - 1] == '*') {
        return strncmp(route->path, path, len - 1) == 0;
    }
    return strcmp(route->path, path) == 0;
}

static enum http_method method_of(const char *method)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
        strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        return HTTP_GET;
    }
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? HTTP_POST : (enum http_method)0;
}

static enum reason find_route(struct http_job *job)
{
    for (const struct http_route *r = job->server->options.routes; r->path != NULL; r++) {
        if (route_matches(r, job->request.path)) {
            job->route = r;
            return (r->methods & job->request.method) != 0 ? REASON_NONE : REASON_METHOD;
        }
    }
    return REASON_NO_PATH;
}

static void split_target(struct http_job *job)
{
    char *query = strchr(job->target, '?');

    if (query != NULL) {
        *query = '\0';
        job->request.query = query + 1;
    }
    job->request.path = job->target;
}

static void keep_headers(struct http_job *job, struct MHD_Connection *connection)
{
    for (size_t i = 0; i < sizeof(header_names) / sizeof(header_names[0]); i++) {
        const char *value =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, header_names[i]);

        job->headers[i] = value != NULL ? mem_strdup(value) : NULL;
    }
    job->request.content_type = job->headers[HEADER_CONTENT_TYPE];
    job->request.accept = job->headers[HEADER_ACCEPT];
    job->request.authorization = job->headers[HEADER_AUTHORIZATION];
    job->request.origin = job->headers[HEADER_ORIGIN];
    job->request.fetch_site = job->headers[HEADER_FETCH_SITE];
}

static void describe_connection(struct http_job *job)
{
    struct http_session *session = job->session;

    http_tls_describe(job->connection);
    job->request.peer = session->peer;
    job->request.connection = session->id;
    job->request.session = session;
    job->request.tls = session->has_tls ? &session->tls : NULL;
}

/* What the headers alone decide. */
static void check_headers(struct http_job *job, struct MHD_Connection *connection,
                          const char *method, const char *version)
{
    struct error ignored;
    uint64_t length = 0;
    const char *declared = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                       MHD_HTTP_HEADER_CONTENT_LENGTH);

    job->checked = true;
    job->request.method = method_of(method);
    describe_connection(job);
    split_target(job);
    keep_headers(job, connection);
    if (!http_framing_is_sound(connection, version)) {
        job->refused = REASON_MALFORMED;
        job->close = true;
        return;
    }
    if (declared != NULL && !text_parse_u64(declared, 0, UINT64_MAX, &length, &ignored)) {
        length = UINT64_MAX;
    }
    job->refused = path_is_plain(job->request.path) ? find_route(job) : REASON_NO_PATH;
    if (job->refused == REASON_NONE && length > job->route->body_max) {
        job->refused = REASON_TOO_LARGE;
    }
    /* Whatever the reason is, what is too much to be read is not waited for. */
    job->close = job->refused != REASON_NONE && length > DROPPED_MAX;
}

static enum MHD_Result send_answer(struct http_job *job,
                                   struct MHD_Connection *connection)
{
    struct MHD_Response *response = http_response_make(job);

    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result queued =
        MHD_queue_response(connection, (unsigned int)job->answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result refuse(struct http_job *job, struct MHD_Connection *connection,
                              enum reason reason)
{
    http_answer_reason(&job->request, reason, "", &job->answer);
    (void)pthread_mutex_lock(&job->server->lock);
    http_set_state(job->connection, HTTP_STATE_ANSWERING);
    (void)pthread_mutex_unlock(&job->server->lock);
    return send_answer(job, connection);
}

static enum MHD_Result take_body(struct http_job *job, const char *data, size_t *data_len)
{
    size_t len = *data_len;

    *data_len = 0;
    if (job->refused == REASON_NONE && len > job->route->body_max - job->body.len) {
        job->refused = REASON_TOO_LARGE; /* chunked: nothing was declared */
        job->close = true;
    }
    if (job->refused == REASON_NONE) {
        buf_append(&job->body, data, len);
        return MHD_YES;
    }
    job->dropped += len;
    return job->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
}

void http_give_up(struct http_connection *c, enum reason reason)
{
    http_answer_reason(&c->job->request, reason, "", &c->job->answer);
    http_set_state(c, HTTP_STATE_ANSWERING);
    MHD_resume_connection(c->mhd);
}

/* On a thread of the pool. */
static void run_handler(void *ctx)
{
    struct http_job *job = ctx;
    struct http_answer answer = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR};
    struct http *h = job->server;

    job->route->handler(job->route->ctx, &job->request, &answer);
    (void)pthread_mutex_lock(&h->lock);
    struct http_connection *c = job->connection;
    /* Given up meanwhile, or closed: nobody waits for this answer. */
    if (c != NULL && c->state == HTTP_STATE_RUNNING) {
        job->answer = answer;
        answer = (struct http_answer){0};
        http_set_state(c, HTTP_STATE_ANSWERING);
        MHD_resume_connection(c->mhd);
    }
    (void)pthread_mutex_unlock(&h->lock);
    http_answer_clear(&answer);
    http_job_unref(job);
}

static enum MHD_Result run_at_once(struct http_job *job,
                                   struct MHD_Connection *connection)
{
    job->answer.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    job->route->handler(job->route->ctx, &job->request, &job->answer);
    (void)pthread_mutex_lock(&job->server->lock);
    http_set_state(job->connection, HTTP_STATE_ANSWERING);
    (void)pthread_mutex_unlock(&job->server->lock);
    return send_answer(job, connection);
}

/* Suspended: from here on the handler ends it, or whoever holds it to its deadline. */
static bool suspend(struct http_job *job, struct MHD_Connection *connection)
{
    struct http *h = job->server;

    (void)pthread_mutex_lock(&h->lock);
    bool may_run = !h->stopping;
    if (may_run) {
        (void)atomic_fetch_add(&job->users, 1);
        http_set_state(job->connection, HTTP_STATE_RUNNING);
        MHD_suspend_connection(connection);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return may_run;
}

/* No thread will run it. */
static void take_back(struct http_job *job)
{
    struct http *h = job->server;

    (void)pthread_mutex_lock(&h->lock);
    struct http_connection *c = job->connection;
    if (c != NULL && c->state == HTTP_STATE_RUNNING) {
        http_give_up(c, REASON_BUSY);
    }
    (void)pthread_mutex_unlock(&h->lock);
    http_job_unref(job);
}

/* The request is whole: run its handler, here or on the pool. */
static enum MHD_Result start_handler(struct http_job *job,
                                     struct MHD_Connection *connection)
{
    job->request.body = buf_bytes(&job->body);
    if (job->route->at_once) {
        return run_at_once(job, connection);
    }
    if (!suspend(job, connection)) {
        return refuse(job, connection, REASON_BUSY);
    }
    if (!pool_submit(job->server->options.pool, run_handler, job)) {
        take_back(job);
    }
    return MHD_YES; /* either way the connection comes back with its answer */
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd gives eight parameters */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection,
                                const char *url, const char *method, const char *version,
                                const char *data, size_t *data_len, void **job_slot)
{
    struct http_job *job = *job_slot;

    (void)cls;
    (void)url;
    if (!job->checked) {
        check_headers(job, connection, method, version);
        return job->close ? refuse(job, connection, job->refused) : MHD_YES;
    }
    if (*data_len > 0) {
        return take_body(job, data, data_len);
    }
    if (job->refused != REASON_NONE) {
        return refuse(job, connection, job->refused);
    }
    (void)pthread_mutex_lock(&job->server->lock);
    bool settled = job->connection->state == HTTP_STATE_ANSWERING;
    (void)pthread_mutex_unlock(&job->server->lock);
    return settled ? send_answer(job, connection) : start_handler(job, connection);
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **job_slot,
                       enum MHD_RequestTerminationCode code)
{
    struct http_job *job = *job_slot;

    (void)cls;
    (void)connection;
    (void)code;
    if (job == NULL) {
        return;
    }
    *job_slot = NULL;
    (void)pthread_mutex_lock(&job->server->lock);
    job->connection->job = NULL;
    http_set_state(job->connection, HTTP_STATE_READING);
    job->connection = NULL;
    (void)pthread_mutex_unlock(&job->server->lock);
    http_job_unref(job);
}
