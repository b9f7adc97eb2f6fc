/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_conn.h"

#include <lber.h>
#include <ldap.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/ldap/dap_bind.h"
#include "common/ldap/dap_deadline.h"
#include "common/ldap/dap_guard.h"

enum { KEEPALIVE_IDLE_S = 30, KEEPALIVE_INTERVAL_S = 10, KEEPALIVE_PROBES = 3 };

bool dap_conn_fail(struct error *err, const struct dap_conn *conn, int rc,
                   const char *what)
{
    char *words = NULL;
    enum error_code code = ERROR_UNAVAILABLE;

    (void)ldap_get_option(conn->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, (void *)&words);
    if (rc == LDAP_NO_SUCH_OBJECT) {
        code = ERROR_NOT_FOUND;
    } else if (rc == LDAP_FILTER_ERROR || rc == LDAP_INVALID_DN_SYNTAX ||
               rc == LDAP_PROTOCOL_ERROR || rc == LDAP_PARAM_ERROR) {
        code = ERROR_INVALID;
    }
    (void)error_set(err, code, "%s: %s%s%s", what, ldap_err2string(rc),
                    words == NULL || *words == '\0' ? "" : ": ",
                    words == NULL ? "" : words);
    ldap_memfree(words);
    return false;
}

static bool set_option(struct dap_conn *conn, int option, const void *value,
                       struct error *err)
{
    if (ldap_set_option(conn->ld, option, value) == LDAP_OPT_SUCCESS) {
        return true;
    }
    return error_set(err, ERROR_INTERNAL, "libldap refuses its option 0x%x",
                     (unsigned int)option);
}

static bool set_int(struct dap_conn *conn, int option, int value, struct error *err)
{
    return set_option(conn, option, &value, err);
}

static bool set_limits(struct dap_conn *conn, const struct dap_settings *s,
                       struct error *err)
{
    struct timeval patience = {(time_t)(s->connect_timeout_ms / 1000),
                               (suseconds_t)(s->connect_timeout_ms % 1000) * 1000};
    ber_len_t incoming_max = DAP_MESSAGE_MAX;
    Sockbuf *sockbuf = NULL;

    if (!set_int(conn, LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3, err) ||
        !set_option(conn, LDAP_OPT_REFERRALS, LDAP_OPT_OFF, err) ||
        !set_int(conn, LDAP_OPT_DEREF, LDAP_DEREF_NEVER, err) ||
        !set_int(conn, LDAP_OPT_SIZELIMIT, 0, err) ||
        !set_int(conn, LDAP_OPT_TIMELIMIT, 0, err) ||
        !set_option(conn, LDAP_OPT_NETWORK_TIMEOUT, &patience, err) ||
        !set_option(conn, LDAP_OPT_TIMEOUT, &patience, err) ||
        !set_int(conn, LDAP_OPT_X_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S, err) ||
        !set_int(conn, LDAP_OPT_X_KEEPALIVE_INTERVAL, KEEPALIVE_INTERVAL_S, err) ||
        !set_int(conn, LDAP_OPT_X_KEEPALIVE_PROBES, KEEPALIVE_PROBES, err)) {
        return false;
    }
    if (ldap_get_option(conn->ld, LDAP_OPT_SOCKBUF, (void *)&sockbuf) != 0 ||
        ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &incoming_max) < 0) {
        return error_set(err, ERROR_INTERNAL, "libldap takes no bound for messages");
    }
    return true;
}

static const char *or_null(const char *text)
{
    return *text == '\0' ? NULL : text;
}

/* Every option, so that nothing is left to a default; the context must be made last. */
static bool set_tls(struct dap_conn *conn, const struct dap_settings *s,
                    struct error *err)
{
    return set_int(conn, LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND, err) &&
           set_int(conn, LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2,
                   err) &&
           set_option(conn, LDAP_OPT_X_TLS_CACERTDIR, NULL, err) &&
           set_option(conn, LDAP_OPT_X_TLS_CACERTFILE, or_null(s->ca_file), err) &&
           set_option(conn, LDAP_OPT_X_TLS_CERTFILE, or_null(s->cert_file), err) &&
           set_option(conn, LDAP_OPT_X_TLS_KEYFILE, or_null(s->key_file), err) &&
           set_int(conn, LDAP_OPT_X_TLS_NEWCTX, 0, err);
}

static bool connect_now(struct dap_conn *conn, bool start_tls, struct error *err)
{
    int rc = ldap_connect(conn->ld); /* with ldaps:// down to TLS */

    if (rc != LDAP_SUCCESS) {
        return dap_conn_fail(err, conn, rc, "connecting");
    }
    rc = start_tls ? ldap_start_tls_s(conn->ld, NULL, NULL) : LDAP_SUCCESS;
    return rc == LDAP_SUCCESS ? true : dap_conn_fail(err, conn, rc, "StartTLS");
}

static bool connect_with_tls(struct dap_conn *conn, const struct dap_settings *s,
                             int64_t deadline_ns, struct error *err)
{
    if (!set_tls(conn, s, err) ||
        !dap_guard_start(conn->ld, deadline_ns, &conn->guard, err)) {
        return false;
    }
    bool ok = connect_now(conn, s->start_tls, err);
    dap_guard_stop(conn->guard);
    return ok;
}

static bool prepare(struct dap_conn *conn, const struct dap_settings *s,
                    int64_t deadline_ns, struct error *err)
{
    const char *uri = s->servers[conn->server];

    if (ldap_initialize(&conn->ld, uri) != LDAP_SUCCESS) {
        return error_set(err, ERROR_INTERNAL, "libldap does not take the address");
    }
    if (!set_limits(conn, s, err)) {
        return false;
    }
    if (s->start_tls || text_has_prefix(uri, "ldaps://")) {
        return connect_with_tls(conn, s, deadline_ns, err);
    }
    return connect_now(conn, false, err);
}

bool dap_conn_open(struct dap_profile *profile, size_t server, struct dap_conn **out,
                   struct error *err)
{
    const char *uri = profile->settings.servers[server];
    AUTO(dap_conn) conn = mem_new(sizeof(*conn));
    int64_t deadline_ns = dap_deadline_in(profile->settings.connect_timeout_ms);

    conn->server = server;
    if (!prepare(conn, &profile->settings, deadline_ns, err) ||
        !dap_bind(conn, profile, deadline_ns, err)) {
        return error_wrap(err, "directory %s", uri);
    }
    *out = TAKE(conn);
    return true;
}

/* The peer may be stopped with its buffers full: without the socket unbinding cannot wait. */
void dap_conn_close(struct dap_conn *conn)
{
    int fd = -1;

    if (conn == NULL) {
        return;
    }
    if (conn->ld != NULL) {
        if (ldap_get_option(conn->ld, LDAP_OPT_DESC, &fd) == 0 && fd >= 0) {
            (void)shutdown(fd, SHUT_RDWR);
        }
        (void)ldap_unbind_ext_s(conn->ld, NULL, NULL);
    }
    dap_guard_free(conn->guard);
    free(conn);
}
