/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_watch.h"

#include <errno.h>
#include <ldap.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/ldap/dap_conn.h"

enum {
    RETRY_FIRST_MS = 250, /* doubled up to */
    RETRY_LAST_MS = 8000,
    UNSUPPORTED_MS = 60000,
    TICK_MS = 1000, /* libldap may hold what the socket no longer shows */
};

CLEANUP_DEFINE(message, LDAPMessage *, (void)ldap_msgfree);

struct dap_watch {
    struct dap_profile *profile;
    char *bases[DAP_WATCH_BASES_MAX];
    size_t base_count;
    char *filter;
    void (*told)(void *ctx, enum dap_watch_event event, const struct error *err);
    void *ctx;
    int stop_fd; /* readable: end */
    pthread_t thread;
};

/* True when it is time to end; waits so long, or until fd (if any) can be read. */
static bool wait_or_stop(const struct dap_watch *w, int fd, int ms)
{
    struct pollfd fds[] = {{w->stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};

    (void)poll(fds, fd < 0 ? 1 : 2, ms);
    return fds[0].revents != 0;
}

/* refreshAndPersist without a cookie: everything is told from the start. RFC 4533 2.2 */
static bool send_one(const struct dap_watch *w, struct dap_conn *conn, const char *base,
                     struct error *err)
{
    char value[] = {0x30, 0x03, 0x0a, 0x01, 0x03};
    char oid[] = LDAP_CONTROL_SYNC;
    char none[] = LDAP_NO_ATTRS;
    char *attributes[] = {none, NULL};
    LDAPControl sync = {oid, {sizeof(value), value}, 1};
    LDAPControl *controls[] = {&sync, NULL};
    int id = 0;
    int rc = ldap_search_ext(conn->ld, base, LDAP_SCOPE_SUBTREE, w->filter, attributes, 1,
                             controls, NULL, NULL, 0, &id);

    return rc == LDAP_SUCCESS ? true : dap_conn_fail(err, conn, rc, "watch");
}

static bool send_all(const struct dap_watch *w, struct dap_conn *conn, struct error *err)
{
    for (size_t i = 0; i < w->base_count; i++) {
        if (!send_one(w, conn, w->bases[i], err)) {
            return false;
        }
    }
    return true;
}

static bool is_unsupported(int code)
{
    return code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION || code == LDAP_PROTOCOL_ERROR ||
           code == LDAP_OTHER || code == LDAP_UNWILLING_TO_PERFORM;
}

/* One of the searches has ended, which it should not. */
static enum dap_watch_event judge_end(struct dap_conn *conn, LDAPMessage *message,
                                      struct error *err)
{
    int code = LDAP_OTHER;

    if (ldap_parse_result(conn->ld, message, &code, NULL, NULL, NULL, NULL, 0) !=
        LDAP_SUCCESS) {
        code = LDAP_DECODING_ERROR;
    }
    (void)dap_conn_fail(err, conn, code, "watch");
    return is_unsupported(code) ? DAP_WATCH_UNSUPPORTED : DAP_WATCH_LOST;
}

/*
 * Everything that has arrived. True: go on; *changed is set when there was anything that may be
 * a change, which every message of the refresh is, too.
 */
static bool drain(struct dap_conn *conn, bool *changed, enum dap_watch_event *end,
                  struct error *err)
{
    for (;;) {
        AUTO(message) message = NULL;
        struct timeval at_once = {0, 0};
        int kind = ldap_result(conn->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);

        if (kind == 0) {
            return true;
        }
        if (kind < 0) {
            *end = DAP_WATCH_LOST;
            return dap_conn_fail(err, conn, LDAP_SERVER_DOWN, "watch");
        }
        if (kind == LDAP_RES_SEARCH_RESULT) {
            *end = judge_end(conn, message, err);
            return false;
        }
        *changed = true;
    }
}

/* True: to be stopped; false: the connection is over, as end says. */
static bool follow(const struct dap_watch *w, struct dap_conn *conn,
                   enum dap_watch_event *end, struct error *err)
{
    int fd = -1;

    if (ldap_get_option(conn->ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS) {
        return error_set(err, ERROR_INTERNAL, "libldap hides its socket");
    }
    for (;;) {
        bool changed = false;
        bool alive = drain(conn, &changed, end, err);

        if (changed) {
            w->told(w->ctx, DAP_WATCH_CHANGED, NULL);
        }
        if (!alive) {
            return false;
        }
        if (wait_or_stop(w, fd, TICK_MS)) {
            return true;
        }
    }
}

/* One connection from beginning to end. True: to be stopped. */
static bool watch_once(const struct dap_watch *w, size_t server, bool *connected,
                       enum dap_watch_event *end, struct error *err)
{
    AUTO(dap_conn) conn = NULL;

    *end = DAP_WATCH_LOST;
    *connected = dap_conn_open(w->profile, server, &conn, err);
    if (!*connected || !send_all(w, conn, err)) {
        return false;
    }
    return follow(w, conn, end, err);
}

static void *watch_loop(void *arg)
{
    struct dap_watch *w = arg;
    size_t server = 0;
    int pause_ms = RETRY_FIRST_MS;
    bool stopped = false;

    while (!stopped) {
        struct error err = {0};
        enum dap_watch_event end = DAP_WATCH_LOST;
        bool connected = false;

        if (watch_once(w, server, &connected, &end, &err)) {
            return NULL;
        }
        w->told(w->ctx, end, &err);
        if (connected) {
            pause_ms = RETRY_FIRST_MS;
        }
        stopped =
            wait_or_stop(w, -1, end == DAP_WATCH_UNSUPPORTED ? UNSUPPORTED_MS : pause_ms);
        pause_ms = pause_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : pause_ms * 2;
        server = (server + 1) % w->profile->settings.server_count;
    }
    return NULL;
}

static void clear(struct dap_watch *w)
{
    for (size_t i = 0; i < w->base_count; i++) {
        free(w->bases[i]);
    }
    free(w->filter);
    file_close(&w->stop_fd);
    dap_profile_free(w->profile);
    free(w);
}

static struct dap_watch *make(const struct dap_watch_options *options)
{
    struct dap_watch *w = mem_new(sizeof(*w));

    w->profile = dap_profile_new(options->settings);
    w->base_count = options->base_count;
    for (size_t i = 0; i < options->base_count; i++) {
        w->bases[i] = mem_strdup(options->bases[i]);
    }
    w->filter = mem_strdup(options->filter);
    w->told = options->told;
    w->ctx = options->ctx;
    w->stop_fd = eventfd(0, EFD_CLOEXEC);
    return w;
}

bool dap_watch_new(const struct dap_watch_options *options, struct dap_watch **out,
                   struct error *err)
{
    if (!dap_settings_check(options->settings, err)) {
        return false;
    }
    if (options->base_count == 0 || options->base_count > DAP_WATCH_BASES_MAX) {
        return error_set(err, ERROR_INVALID, "watch: 1 to %d bases, not %zu",
                         DAP_WATCH_BASES_MAX, options->base_count);
    }
    struct dap_watch *w = make(options);
    int rc = w->stop_fd < 0 ? ENFILE : pthread_create(&w->thread, NULL, watch_loop, w);
    if (rc != 0) {
        clear(w);
        return error_set_errno(err, rc, "watch: no thread");
    }
    *out = w;
    return true;
}

void dap_watch_free(struct dap_watch *watch)
{
    uint64_t one = 1;

    if (watch == NULL) {
        return;
    }
    ssize_t written =
        write(watch->stop_fd, &one, sizeof(one)); /* an empty eventfd takes it */
    (void)written;
    (void)pthread_join(watch->thread, NULL);
    clear(watch);
}
