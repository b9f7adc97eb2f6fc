/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth_negotiate.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/auth_gss.h"
#include "policyd/auth_keytab.h"

enum {
    IDLE_MAX = 256, /* credentials kept; more threads are hardly ever in here at once */
    LEGS_MAX = 4 /* Kerberos needs one, two when the client guessed another mechanism */
};

struct idle {
    gss_cred_id_t credentials[IDLE_MAX];
    size_t count;
};

struct negotiate {
    pthread_mutex_t lock; /* of idle */
    struct idle idle;
    gss_name_t service;
    krb5_context kept;           /* never used; negotiate_new() has why. May be NULL */
    char *name;                  /* of the service, as it was given */
    char *keytab, *replay_cache; /* as Kerberos names them */
    const struct clock *clock;
};

struct negotiate_context {
    gss_ctx_id_t gss;
    unsigned int legs;
};

void negotiate_context_free(struct negotiate_context *context)
{
    OM_uint32 minor = 0;

    if (context != NULL) {
        (void)gss_delete_sec_context(&minor, &context->gss, GSS_C_NO_BUFFER);
        free(context);
    }
}

void negotiate_free(struct negotiate *n)
{
    OM_uint32 minor = 0;

    if (n == NULL) {
        return;
    }
    for (size_t i = 0; i < n->idle.count; i++) {
        (void)gss_release_cred(&minor, &n->idle.credentials[i]);
    }
    (void)gss_release_name(&minor, &n->service);
    if (n->kept != NULL) {
        krb5_free_context(n->kept);
    }
    (void)pthread_mutex_destroy(&n->lock);
    free(n->name);
    free(n->keytab);
    free(n->replay_cache);
    free(n);
}

/* "HTTP/host@REALM": two components and a realm, nothing that a default would complete. */
static bool is_service(const char *name)
{
    const char *slash = strchr(name, '/');
    const char *at = strchr(name, '@');

    return slash != NULL && at != NULL && slash != name && slash < at - 1 &&
           at[1] != '\0' && strchr(slash + 1, '/') == NULL &&
           strchr(at + 1, '@') == NULL && strchr(name, '\\') == NULL;
}

bool negotiate_new(const struct auth_options *options, struct negotiate **out,
                   struct error *err)
{
    AUTO(negotiate) n = mem_new(sizeof(*n));
    OM_uint32 minor = 0;

    (void)pthread_mutex_init(&n->lock, NULL);
    n->name = mem_strdup(options->service);
    gss_buffer_desc name = {strlen(n->name), n->name};
    if (*options->service == '\0') {
        *out = TAKE(n);
        return true;
    }
    if (!is_service(options->service)) {
        return error_set(err, ERROR_INVALID,
                         "'%s' is not a service principal such as HTTP/host@REALM",
                         options->service);
    }
    n->keytab = mem_printf("FILE:%s", options->keytab);
    n->replay_cache = mem_printf("file2:%s", options->replay_cache);
    n->clock = options->clock;
    /*
     * GSSAPI makes a context in nearly each call. The first of all that live at a time parses
     * krb5.conf, the others only see whether it has changed: so one lives.
     */
    (void)krb5_init_context(&n->kept);
    OM_uint32 major =
        gss_import_name(&minor, &name, GSS_KRB5_NT_PRINCIPAL_NAME, &n->service);
    if (GSS_ERROR(major)) {
        return auth_gss_fail(err, ERROR_INTERNAL, "taking the service's name", major,
                             minor);
    }
    *out = TAKE(n);
    return true;
}

static bool acquire(const struct negotiate *n, gss_cred_id_t *out, struct error *err)
{
    gss_key_value_element_desc places[] = {{"keytab", n->keytab},
                                           {"rcache", n->replay_cache}};
    const gss_key_value_set_desc store = {sizeof(places) / sizeof(places[0]), places};
    gss_OID_desc mechanisms[] = {*gss_mech_krb5, auth_gss_spnego()};
    gss_OID_set_desc all = {2, mechanisms};
    gss_OID_set_desc kerberos = {1, mechanisms};
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor = 0;

    if (*n->name == '\0') {
        return error_set(err, ERROR_UNAVAILABLE,
                         "no tokens are taken: no 'service' is set in [auth]");
    }
    if (!auth_keytab_check(n->keytab, n->name, err)) {
        return false;
    }
    OM_uint32 major =
        gss_acquire_cred_from(&minor, n->service, GSS_C_INDEFINITE, &all, GSS_C_ACCEPT,
                              &store, &credential, NULL, NULL);
    if (!GSS_ERROR(major)) {
        /* SPNEGO must not fall back to what else may be installed (NTLM). */
        major = gss_set_neg_mechs(&minor, credential, &kerberos);
    }
    if (GSS_ERROR(major)) {
        (void)auth_gss_fail(err, ERROR_UNAVAILABLE, "acquiring the service's key", major,
                            minor);
        (void)gss_release_cred(&minor, &credential);
        return false;
    }
    *out = credential;
    return true;
}

static bool take_credential(struct negotiate *n, gss_cred_id_t *out, struct error *err)
{
    (void)pthread_mutex_lock(&n->lock);
    bool found = n->idle.count > 0;
    if (found) {
        *out = n->idle.credentials[--n->idle.count];
    }
    (void)pthread_mutex_unlock(&n->lock);
    return found || acquire(n, out, err);
}

static void give_credential_back(struct negotiate *n, gss_cred_id_t credential)
{
    OM_uint32 minor = 0;

    (void)pthread_mutex_lock(&n->lock);
    bool kept = n->idle.count < IDLE_MAX;
    if (kept) {
        n->idle.credentials[n->idle.count++] = credential;
    }
    (void)pthread_mutex_unlock(&n->lock);
    if (!kept) {
        (void)gss_release_cred(&minor, &credential);
    }
}

bool negotiate_check(struct negotiate *n, struct error *err)
{
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor = 0;

    if (!acquire(n, &credential, err)) {
        return false;
    }
    (void)gss_release_cred(&minor, &credential);
    return true;
}

/*
 * Which of the refusals it is, for the record alone. Through SPNEGO the library's numbers arrive as
 * others, and only its sentences stay what they are; we set no locale that would translate them.
 */
static enum reason reason_of(OM_uint32 major, const char *sentence)
{
    static const struct {
        const char *words;
        enum reason reason;
    } known[] = {
        {"replay", REASON_REPLAY},
        {"ticket server", REASON_SPN}, /* "(request ticket server host/x@R)" */
        {"keytab", REASON_SPN},        /* no key of that number, or the wrong one */
        {"Wrong principal", REASON_SPN},
    };

    if (GSS_ROUTINE_ERROR(major) == GSS_S_BAD_BINDINGS) {
        return REASON_CB_MISMATCH;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strstr(sentence, known[i].words) != NULL) {
            return known[i].reason;
        }
    }
    return REASON_AUTH_NONE;
}

static void refuse(struct auth_result *result, enum reason reason, const char *sentence)
{
    result->outcome = AUTH_REFUSED;
    result->reason = reason;
    (void)snprintf(result->sentence, sizeof(result->sentence), "%s", sentence);
}

/* Who it is, of an established context. */
static void read_identity(const struct negotiate *n, gss_ctx_id_t gss, gss_name_t name,
                          struct auth_result *result)
{
    OM_uint32 minor = 0;
    OM_uint32 lifetime = 0;
    krb5_timestamp ticket = 0;
    AUTO(auth_gss_text) text = GSS_C_EMPTY_BUFFER;
    gss_OID kind = GSS_C_NO_OID;

    if (GSS_ERROR(gss_display_name(&minor, name, &text, &kind)) ||
        gss_oid_equal(kind, GSS_KRB5_NT_PRINCIPAL_NAME) == 0 || text.length == 0 ||
        text.length > WIRE_PRINCIPAL_MAX || !text_is_printable(text.value, text.length)) {
        refuse(result, REASON_AUTH_NONE,
               "the ticket's owner has no name that can be written down");
        return;
    }
    if (GSS_ERROR(gss_inquire_context(&minor, gss, NULL, NULL, &lifetime, NULL, NULL,
                                      NULL, NULL)) ||
        GSS_ERROR(gsskrb5_extract_authtime_from_sec_context(&minor, gss, &ticket))) {
        refuse(result, REASON_AUTH_NONE, "the ticket's times cannot be read");
        return;
    }
    memcpy(result->principal, text.value, text.length);
    result->principal[text.length] = '\0';
    result->ticket_utc = (int64_t)(uint32_t)ticket; /* it counts to 2106 */
    result->expires_utc = clock_now_utc(n->clock) + lifetime;
    result->outcome = AUTH_KNOWN;
}

struct accepted {
    gss_ctx_id_t gss;
    gss_name_t client;
    gss_OID mechanism;
    OM_uint32 flags;
    OM_uint32 major, minor;
};

static void accept_token(gss_cred_id_t credential, const struct negotiate_leg *leg,
                         struct accepted *a, struct auth_result *result)
{
    AUTO(buf) bound = BUF_EMPTY;
    gss_buffer_desc token = {leg->token.len, auth_gss_borrow(leg->token.data)};
    AUTO(auth_gss_text) reply = GSS_C_EMPTY_BUFFER;

    /* RFC 5929 2.1, 4; the addresses are none (RFC 4121 4.1.1.2) */
    buf_append_text(&bound, "tls-server-end-point:");
    buf_append(&bound, leg->binding.data, leg->binding.len);
    struct gss_channel_bindings_struct bindings = {
        .application_data = {bound.len, bound.data}};
    a->major =
        gss_accept_sec_context(&a->minor, &a->gss, credential, &token,
                               leg->tls ? &bindings : GSS_C_NO_CHANNEL_BINDINGS,
                               &a->client, &a->mechanism, &reply, &a->flags, NULL, NULL);
    if (!GSS_ERROR(a->major) && reply.length <= WIRE_TOKEN_OCTETS_MAX) {
        buf_append(&result->reply_token, reply.value, reply.length);
    }
}

static void judge(const struct negotiate *n, const struct accepted *a,
                  struct auth_result *result)
{
    struct error err = {0};

    if (GSS_ERROR(a->major)) {
        (void)auth_gss_fail(&err, ERROR_AUTH, "the token is refused", a->major, a->minor);
        refuse(result, reason_of(a->major, err.message), err.message);
        return;
    }
    if ((a->major & GSS_S_CONTINUE_NEEDED) != 0) {
        refuse(result, REASON_AUTH_NONE, "the negotiation needs another token");
        result->outcome = AUTH_CONTINUE;
        return;
    }
    if (gss_oid_equal(a->mechanism, gss_mech_krb5) == 0 ||
        (a->flags & GSS_C_ANON_FLAG) != 0) {
        refuse(result, REASON_AUTH_NONE, "the token is not Kerberos, or anonymous");
        return;
    }
    result->channel_bound = (a->flags & GSS_C_CHANNEL_BOUND_FLAG) != 0;
    read_identity(n, a->gss, a->client, result);
}

void negotiate_accept(struct negotiate *n, const struct negotiate_leg *leg,
                      struct negotiate_context **context, struct auth_result *result)
{
    AUTO(negotiate_context) c = TAKE(*context);
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    struct error err = {0};
    OM_uint32 minor = 0;

    result->method = WIRE_AUTH_KERBEROS;
    if (!take_credential(n, &credential, &err)) {
        refuse(result, REASON_KERBEROS, err.message);
        return;
    }
    if (c == NULL) {
        c = mem_new(sizeof(*c));
    }
    struct accepted accepted = {.gss = c->gss};
    accept_token(credential, leg, &accepted, result);
    c->gss = accepted.gss;
    judge(n, &accepted, result);
    give_credential_back(n, credential);
    (void)gss_release_name(&minor, &accepted.client);
    if (result->outcome == AUTH_CONTINUE && ++c->legs >= LEGS_MAX) {
        refuse(result, REASON_AUTH_NONE, "the negotiation does not come to an end");
    }
    if (result->outcome == AUTH_CONTINUE) {
        *context = TAKE(c);
    }
    if (result->outcome == AUTH_REFUSED) {
        buf_clear(&result->reply_token);
    }
}
