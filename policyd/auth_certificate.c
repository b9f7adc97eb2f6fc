/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth_certificate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* It counts as none; the request may go on with something else. */
static bool set_aside(struct auth_certificate *out, enum reason reason, const char *fmt,
                      ...) __attribute__((format(printf, 3, 4)));
static bool set_aside(struct auth_certificate *out, enum reason reason, const char *fmt,
                      ...)
{
    struct error text = {0};
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(&text, ERROR_AUTH, fmt, args);
    va_end(args);
    out->reason = reason;
    (void)snprintf(out->sentence, sizeof(out->sentence), "%s", text.message);
    return true;
}

static const struct {
    enum reason reason;
    const char *sentence;
} standings[] = {
    [AUTH_UNKNOWN] = {REASON_CERT, "the client certificate is unknown to the ledger"},
    [AUTH_LIVE] = {REASON_NONE, ""},
    [AUTH_HELD] = {REASON_REVOKED, "the client certificate is on hold"},
    [AUTH_REVOKED] = {REASON_REVOKED, "the client certificate is revoked"},
    [AUTH_UNDELIVERED] = {REASON_CERT,
                          "the client certificate was signed, but never handed out"},
    [AUTH_NOBODYS] = {REASON_CERT, "the client certificate belongs to no account"},
};
_Static_assert(sizeof(standings) / sizeof(standings[0]) == AUTH_STANDING_COUNT,
               "every standing has its sentence");

static bool ask_ledger(const struct auth_certificate_view *view, const struct cert *cert,
                       struct auth_certificate *out, struct error *err)
{
    struct error why = {0};

    if (!view->ledger->find(view->ledger->ctx, cert_get_serial(cert), &out->known,
                            &why)) {
        return error_set(err, ERROR_UNAVAILABLE, "looking for a client certificate: %s",
                         why.message);
    }
    if (out->known.standing != AUTH_LIVE) {
        return set_aside(out, standings[out->known.standing].reason, "%s",
                         standings[out->known.standing].sentence);
    }
    if (!bytes_equal((struct bytes){out->known.sha256, WIRE_SHA256},
                     (struct bytes){cert_get_sha256(cert), WIRE_SHA256})) {
        return set_aside(out, REASON_CERT,
                         "the ledger has another certificate with that serial number");
    }
    out->counts = true;
    return true;
}

bool auth_certificate_judge(const struct auth_certificate_view *view, struct bytes der,
                            struct auth_certificate *out, struct error *err)
{
    AUTO(cert) cert = NULL;
    struct cert_verdict verdict = {0};
    struct error why = {0};

    if (!cert_parse(der, &cert, &why)) {
        return set_aside(out, REASON_CERT, "the client certificate: %s", why.message);
    }
    struct bytes serial = cert_get_serial(cert);
    out->serial_len = serial.len;
    memcpy(out->serial, serial.data, serial.len); /* at most CERT_SERIAL_MAX */
    out->not_after_utc = cert_get_not_after_utc(cert);
    if (view->trust == NULL) {
        return set_aside(out, REASON_CERT, "no CA is known whose certificates count");
    }
    if (!cert_trust_judge(view->trust, cert, view->now_utc, CERT_PURPOSE_CLIENT, &verdict,
                          &why)) {
        return set_aside(out, REASON_CERT, "judging the client certificate: %s",
                         why.message);
    }
    if (verdict.class != CERT_TRUSTED) {
        return set_aside(out, REASON_CERT, "the client certificate is %s: %s",
                         cert_class_name(verdict.class), verdict.sentence);
    }
    return ask_ledger(view, cert, out, err);
}
