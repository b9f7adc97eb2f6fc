/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_bind.h"

#include <ldap.h>
#include <sasl/sasl.h>
#include <sys/time.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/ldap/dap_deadline.h"

enum { PASSWORD_MAX = 1024 };

CLEANUP_DEFINE(message, LDAPMessage *, (void)ldap_msgfree);

bool dap_wait(struct dap_conn *conn, int id, int64_t deadline_ns,
              struct ldapmsg **message, struct error *err)
{
    int64_t left_ns = deadline_ns - dap_monotonic_ns();

    if (left_ns <= 0) {
        return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
    }
    struct timeval wait = {(time_t)(left_ns / (1000 * DAP_NS_PER_MS)),
                           (suseconds_t)(left_ns / 1000 % 1000000)};
    int kind = ldap_result(conn->ld, id, LDAP_MSG_ONE, &wait, message);
    if (kind == 0) {
        return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
    }
    if (kind < 0) {
        int rc = LDAP_SERVER_DOWN;

        (void)ldap_get_option(conn->ld, LDAP_OPT_RESULT_CODE, &rc);
        (void)dap_conn_fail(err, conn, rc, "connection lost");
        err->code = ERROR_UNAVAILABLE;
        return false;
    }
    return true;
}

/* SASL asks for names before it begins; that is when its context exists to take a credential. */
static int answer_prompts(LDAP *ld, unsigned int flags, void *cred, void *prompts)
{
    (void)flags;
    for (sasl_interact_t *p = prompts; p->id != SASL_CB_LIST_END; p++) {
        p->result = "";
        p->len = 0;
    }
    if (cred != NULL &&
        ldap_set_option(ld, LDAP_OPT_X_SASL_GSS_CREDS, cred) != LDAP_OPT_SUCCESS) {
        return LDAP_LOCAL_ERROR;
    }
    return LDAP_SUCCESS;
}

static bool bind_in_steps(struct dap_conn *conn, void *cred, int64_t deadline_ns,
                          struct error *err)
{
    const char *mech = NULL;
    int id = 0;
    AUTO(message) message = NULL;

    for (;;) {
        int rc = ldap_sasl_interactive_bind(conn->ld, NULL, "GSSAPI", NULL, NULL,
                                            LDAP_SASL_QUIET, answer_prompts, cred,
                                            message, &mech, &id);
        if (rc != LDAP_SASL_BIND_IN_PROGRESS) {
            return rc == LDAP_SUCCESS ? true
                                      : dap_conn_fail(err, conn, rc, "GSSAPI bind");
        }
        (void)ldap_msgfree(TAKE(message));
        if (!dap_wait(conn, id, deadline_ns, &message, err)) {
            return error_wrap(err, "GSSAPI bind");
        }
    }
}

/* What the library was told to demand is looked at again, whatever it did. */
static bool is_protected(struct dap_conn *conn, struct error *err)
{
    ber_len_t ssf = 0;

    if (ldap_get_option(conn->ld, LDAP_OPT_X_SASL_SSF, &ssf) != LDAP_OPT_SUCCESS) {
        ssf = 0;
    }
    if (ssf >= DAP_SSF_MIN) {
        return true;
    }
    return error_set(err, ERROR_UNAVAILABLE,
                     "GSSAPI bind: protected by %lu bits only, %d are required",
                     (unsigned long)ssf, DAP_SSF_MIN);
}

static bool bind_gssapi(struct dap_conn *conn, struct dap_profile *profile,
                        int64_t deadline_ns, struct error *err)
{
    void *cred = NULL;

    if (ldap_set_option(conn->ld, LDAP_OPT_X_SASL_SECPROPS,
                        "noanonymous,noplain,minssf=56,maxssf=65535") != 0 ||
        ldap_set_option(conn->ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) != 0) {
        return error_set(err, ERROR_INTERNAL, "libldap refuses to demand protection");
    }
    if (profile->creds != NULL && !dap_creds_acquire(profile->creds, &cred, err)) {
        return false;
    }
    bool bound = bind_in_steps(conn, cred, deadline_ns, err) && is_protected(conn, err);
    dap_creds_release(cred);
    if (!bound && profile->creds != NULL) {
        dap_creds_forget(profile->creds); /* the service may have new keys */
    }
    return bound;
}

/* err is set to the answer's failure; true when it is a success. */
static bool take_answer(struct dap_conn *conn, int id, int64_t deadline_ns,
                        struct error *err)
{
    AUTO(message) message = NULL;
    int code = LDAP_OTHER;

    if (!dap_wait(conn, id, deadline_ns, &message, err)) {
        return false;
    }
    int rc = ldap_parse_result(conn->ld, message, &code, NULL, NULL, NULL, NULL, 0);
    if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS) {
        return dap_conn_fail(err, conn, rc != LDAP_SUCCESS ? rc : code, "bind");
    }
    return true;
}

static bool bind_plain(struct dap_conn *conn, const char *dn, const char *mech,
                       struct berval *cred, int64_t deadline_ns, struct error *err)
{
    int id = 0;

    if (!ldap_tls_inplace(conn->ld)) { /* never, but this is where the password leaves */
        return error_set(err, ERROR_INTERNAL, "bind: the connection has no TLS");
    }
    int rc = ldap_sasl_bind(conn->ld, dn, mech, cred, NULL, NULL, &id);
    if (rc != LDAP_SUCCESS) {
        return dap_conn_fail(err, conn, rc, "bind");
    }
    return take_answer(conn, id, deadline_ns, err);
}

static bool bind_simple(struct dap_conn *conn, const struct dap_settings *s,
                        int64_t deadline_ns, struct error *err)
{
    AUTO(buf) password = BUF_SECRET;

    if (!file_read(s->password_file, PASSWORD_MAX, FILE_SECRET, &password, err)) {
        err->code = ERROR_UNAVAILABLE;
        return false;
    }
    while (password.len > 0 && password.data[password.len - 1] == '\n') {
        buf_truncate(&password, password.len - 1);
    }
    if (password.len == 0) { /* RFC 4513 5.1.2: it would authenticate nobody */
        return error_set(err, ERROR_UNAVAILABLE, "bind: the password in %s is empty",
                         s->password_file);
    }
    struct berval cred = {password.len, (char *)password.data};
    return bind_plain(conn, s->bind_dn, LDAP_SASL_SIMPLE, &cred, deadline_ns, err);
}

static bool bind_external(struct dap_conn *conn, int64_t deadline_ns, struct error *err)
{
    struct berval none = {0, NULL};

    return bind_plain(conn, NULL, "EXTERNAL", &none, deadline_ns, err);
}

static bool bind_as_told(struct dap_conn *conn, struct dap_profile *profile,
                         int64_t deadline_ns, struct error *err)
{
    switch (profile->settings.bind) {
    case DAP_BIND_KEYTAB:
    case DAP_BIND_TICKET:
        return bind_gssapi(conn, profile, deadline_ns, err);
    case DAP_BIND_SIMPLE:
        return bind_simple(conn, &profile->settings, deadline_ns, err);
    case DAP_BIND_EXTERNAL:
        return bind_external(conn, deadline_ns, err);
    case DAP_BIND_COUNT:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "unknown way to bind");
}

bool dap_bind(struct dap_conn *conn, struct dap_profile *profile, int64_t deadline_ns,
              struct error *err)
{
    if (bind_as_told(conn, profile, deadline_ns, err)) {
        return true;
    }
    if (err->code != ERROR_INTERNAL) {
        err->code = ERROR_UNAVAILABLE; /* our own identity failed, nobody else's */
    }
    return false;
}
