/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/utc.h"

#include "policyd/admin_cert.h"
#include "policyd/admin_json.h"
#include "policyd/ledger_names.h"

enum { REASON_TEXT_MAX = 64, TIME_TEXT_MAX = 32 };

static const char *const revoke_names[] = {"reason", "invalidity", "note", NULL};
static const char *const note_names[] = {"note", NULL};

static const struct change {
    const char *verb;
    enum ledger_revocation_event event;
    const char *const *names; /* that the body may have */
} changes[] = {
    {"/revoke", LEDGER_EVENT_REVOKE, revoke_names},
    {"/hold", LEDGER_EVENT_HOLD, note_names},
    {"/unhold", LEDGER_EVENT_RELEASE, note_names},
};

/* The reason has to be said: which one decides whether a key is burnt for good. */
static bool read_reason(const struct admin_call *call, struct admin_revocation *what,
                        struct error *err)
{
    const char *reason = "";
    const char *invalidity = "";

    if (what->event != LEDGER_EVENT_REVOKE) {
        what->reason = LEDGER_REASON_CERTIFICATE_HOLD;
        return true;
    }
    if (!admin_body_text(call, "reason", REASON_TEXT_MAX, &reason, err) ||
        !admin_body_text(call, "invalidity", TIME_TEXT_MAX, &invalidity, err)) {
        return false;
    }
    if (*reason == '\0') {
        return error_set(err, ERROR_INVALID, "'reason' is required");
    }
    if (!ledger_reason_find(reason, &what->reason, err)) {
        return false;
    }
    if (what->reason == LEDGER_REASON_CERTIFICATE_HOLD) {
        return error_set(err, ERROR_INVALID,
                         "certificateHold is no reason for a revocation: use hold");
    }
    return *invalidity == '\0' || utc_parse(invalidity, &what->invalidity_utc, err) ||
           error_wrap(err, "'invalidity'");
}

static bool make_change(const struct admin_call *call, const struct change *change,
                        struct admin_revocation *what, struct error *err)
{
    const struct admin_port *port = call->admin->options.port;

    what->event = change->event;
    what->uid = call->request->peer.uid;
    return admin_body_expect(call, change->names, err) &&
           admin_body_text(call, "note", ADMIN_NOTE_MAX, &what->note, err) &&
           read_reason(call, what, err) && port->revoke(port->ctx, what, err);
}

bool admin_cert_change(const struct admin_call *call, const struct ledger_serial *serial,
                       const char *verb, struct json_writer *out, struct error *err)
{
    struct admin_revocation what = {.serial = *serial};
    const struct change *change = NULL;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        change = strcmp(changes[i].verb, verb) == 0 ? &changes[i] : change;
    }
    if (change == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "there is nothing at this address");
    }
    if (!make_change(call, change, &what, err)) {
        return false;
    }
    admin_add_hex(out, "serial", serial->octets, sizeof(serial->octets));
    json_add_text(out, "status", ledger_status_name(what.status));
    json_add_bool(out, "changed", what.changed);
    json_open_object(out, "crl");
    json_add_i64(out, "generation", what.crl_generation);
    json_add_i64(out, "shard", what.crl_shard);
    json_close(out);
    return true;
}
