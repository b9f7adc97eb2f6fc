/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/auth_certificate.h"
#include "policyd/auth_negotiate.h"

_Static_assert((int)CERT_SERIAL_MAX <= (int)WIRE_SERIAL_MAX,
               "a serial number fits the result");

struct auth {
    pthread_rwlock_t lock; /* of trust */
    struct cert_trust *trust;
    struct negotiate *negotiate;
    enum auth_binding binding;
    int64_t keep_s;
    const struct clock *clock;
    struct auth_ledger ledger;
};

struct login {
    char principal[WIRE_PRINCIPAL_MAX + 1]; /* "": nobody is logged in */
    bool channel_bound;
    int64_t authenticated_utc, ticket_utc, expires_utc;
};

struct auth_session {
    pthread_mutex_t
        lock; /* of the rest: a request that was given up may still be in work */
    struct login login;
    struct negotiate_context *half_done;
};

struct auth_session *auth_session_new(void)
{
    struct auth_session *s = mem_new(sizeof(*s));

    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

void auth_session_free(void *session)
{
    struct auth_session *s = session;

    if (s != NULL) {
        negotiate_context_free(s->half_done);
        (void)pthread_mutex_destroy(&s->lock);
        free(s);
    }
}

bool auth_new(const struct auth_options *options, struct auth **out, struct error *err)
{
    AUTO(auth) a = mem_new(sizeof(*a));

    assert(options->ledger.find != NULL);
    (void)pthread_rwlock_init(&a->lock, NULL);
    a->binding = options->binding;
    a->keep_s = options->keep_s;
    a->clock = options->clock;
    a->ledger = options->ledger;
    if (!negotiate_new(options, &a->negotiate, err)) {
        return false;
    }
    *out = TAKE(a);
    return true;
}

void auth_free(struct auth *a)
{
    if (a != NULL) {
        negotiate_free(a->negotiate);
        cert_trust_free(a->trust);
        (void)pthread_rwlock_destroy(&a->lock);
        free(a);
    }
}

void auth_set_trust(struct auth *a, struct cert_trust *trust)
{
    (void)pthread_rwlock_wrlock(&a->lock);
    struct cert_trust *before = a->trust;
    a->trust = trust;
    (void)pthread_rwlock_unlock(&a->lock);
    cert_trust_free(before);
}

bool auth_check_keytab(struct auth *a, struct error *err)
{
    return negotiate_check(a->negotiate, err);
}

void auth_result_clear(struct auth_result *result)
{
    buf_clear(&result->reply_token);
    *result = (struct auth_result){0};
}

static void refuse(struct auth_result *result, enum reason reason, const char *sentence)
{
    result->outcome = AUTH_REFUSED;
    result->reason = reason;
    (void)snprintf(result->sentence, sizeof(result->sentence), "%s", sentence);
    buf_clear(&result->reply_token);
}

/* Where there is no TLS there is nothing to be bound to (the admin socket). */
static void check_binding(const struct auth *a,
                          const struct wire_identity_request *request,
                          struct auth_result *result)
{
    bool wanted =
        a->binding == AUTH_BINDING_REQUIRE && request->channel != WIRE_CHANNEL_UNIX;

    if (result->outcome == AUTH_KNOWN && wanted && !result->channel_bound) {
        refuse(result, REASON_CB_MISSING,
               "the token carries no channel binding, and channel_binding is 'require'");
    }
}

static void check_token(struct auth *a, const struct wire_identity_request *request,
                        struct negotiate_context **half_done, struct auth_result *result)
{
    const struct negotiate_leg leg = {.token = request->token,
                                      .tls = request->channel != WIRE_CHANNEL_UNIX,
                                      .binding = request->channel_binding};

    if (leg.tls && leg.binding.len == 0) {
        refuse(result, REASON_AUTH_NONE, "the connection has no channel binding");
        return;
    }
    negotiate_accept(a->negotiate, &leg, half_done, result);
    result->authenticated_utc = clock_now_utc(a->clock);
    check_binding(a, request, result);
}

/* Whoever logged in on a connection stays the one who did. */
static void keep_login(const struct auth *a, struct login *login,
                       struct auth_result *result)
{
    if (login->principal[0] != '\0' && strcmp(login->principal, result->principal) != 0) {
        refuse(result, REASON_IDENTITY_CONFLICT,
               "another principal logged in on the same connection before");
        return;
    }
    if (a->keep_s > 0) {
        memcpy(login->principal, result->principal, sizeof(login->principal));
        login->channel_bound = result->channel_bound;
        login->authenticated_utc = result->authenticated_utc;
        login->ticket_utc = result->ticket_utc;
        login->expires_utc = result->expires_utc;
    }
}

static void use_login(const struct auth *a, const struct login *login,
                      struct auth_result *result)
{
    int64_t age_s = clock_now_utc(a->clock) - login->authenticated_utc;
    int64_t left_s = login->expires_utc - clock_now_utc(a->clock);

    if (login->principal[0] == '\0') {
        refuse(result, REASON_AUTH_NONE, "no credentials were sent");
        return;
    }
    if (age_s < 0 || age_s >= a->keep_s || left_s <= 0) {
        refuse(result, REASON_AUTH_NONE,
               "the login of this connection has ended; the token must be sent again");
        return;
    }
    result->outcome = AUTH_KNOWN;
    result->method = WIRE_AUTH_KERBEROS;
    memcpy(result->principal, login->principal, sizeof(result->principal));
    result->channel_bound = login->channel_bound;
    result->authenticated_utc = login->authenticated_utc;
    result->ticket_utc = login->ticket_utc;
    result->expires_utc = login->expires_utc;
}

static void check_kerberos(struct auth *a, const struct wire_identity_request *request,
                           struct auth_session *session, struct auth_result *result)
{
    struct negotiate_context *dropped = NULL;

    if (session == NULL) {
        struct login nobody = {0};

        if (request->token.len == 0) {
            use_login(a, &nobody, result);
            return;
        }
        check_token(a, request, &dropped, result);
        negotiate_context_free(dropped);
        return;
    }
    (void)pthread_mutex_lock(&session->lock);
    if (request->token.len == 0) {
        use_login(a, &session->login, result);
    } else {
        check_token(a, request, &session->half_done, result);
    }
    if (request->token.len > 0 && result->outcome == AUTH_KNOWN) {
        keep_login(a, &session->login, result);
    }
    (void)pthread_mutex_unlock(&session->lock);
}

static bool check_certificate(struct auth *a, const struct wire_identity_request *request,
                              struct auth_result *result)
{
    struct error err = {0};

    if (request->certificate.len == 0) {
        return true;
    }
    (void)pthread_rwlock_rdlock(&a->lock);
    const struct auth_certificate_view view = {
        .trust = a->trust, .ledger = &a->ledger, .now_utc = clock_now_utc(a->clock)};
    bool judged =
        auth_certificate_judge(&view, request->certificate, &result->certificate, &err);
    (void)pthread_rwlock_unlock(&a->lock);
    if (!judged) {
        refuse(result, REASON_STORE, err.message);
    }
    return judged;
}

static void use_certificate(const struct auth *a, struct auth_result *result)
{
    const struct auth_certificate *c = &result->certificate;

    result->outcome = AUTH_KNOWN;
    result->reason = REASON_NONE;
    result->sentence[0] = '\0';
    result->method = WIRE_AUTH_CERTIFICATE;
    memcpy(result->principal, c->known.principal, sizeof(result->principal));
    result->channel_bound =
        true; /* the handshake proved the key on this very connection */
    result->authenticated_utc = clock_now_utc(a->clock);
    result->ticket_utc = 0;
    result->expires_utc = c->not_after_utc;
}

void auth_check(struct auth *a, const struct wire_identity_request *request,
                struct auth_session *session, struct auth_result *result)
{
    if (!check_certificate(a, request, result)) {
        return;
    }
    check_kerberos(a, request, session, result);
    if (result->certificate.counts && result->outcome == AUTH_REFUSED &&
        request->token.len == 0) {
        use_certificate(a, result);
    }
}
