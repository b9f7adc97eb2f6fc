/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/server_convert.h"
#include "policyd/server_reconcile.h"

enum { REVOKE_MS = 10000, ORPHANS_PAGE = 64 };

/* ---- recording ----------------------------------------------------------------------- */

static bool ask_signer(struct server *server, const struct wire_revocation *revocation,
                       uint64_t *sequence, struct error *err)
{
    const struct signer_question question = {.message = &wire_revocation_message,
                                             .record = revocation,
                                             .wanted = &wire_recorded_message,
                                             .timeout_ms = REVOKE_MS};
    AUTO(signer_reply) reply = {0};
    AUTO(wire_recorded) recorded = {0};

    if (!signer_port_ask(server->port, &question, &reply, err)) {
        if (reply.unknown) {
            server_doubt(server); /* the journal may have it, and the ledger not */
        }
        return false;
    }
    if (!signer_reply_check(&reply, err) ||
        !wire_recorded_decode(buf_bytes(&reply.octets), &recorded, err)) {
        return false;
    }
    *sequence = recorded.journal_sequence;
    return true;
}

static bool tell_ledger(struct server *server, const struct wire_revocation *revocation,
                        uint64_t sequence, struct server_revoked *out, struct error *err)
{
    AUTO(buf) actor = BUF_EMPTY;
    struct ledger_op op = {.kind = LEDGER_REVOKE};

    server_actor_text(&revocation->actor, &actor);
    server_revoke_entry(revocation, buf_text(&actor), server->options.node, sequence,
                        &op.revoke);
    if (!ledger_execute(server->options.ledger, &op, err)) {
        server_doubt(server);
        return error_wrap(err, "the revocation is in the journal; the ledger follows");
    }
    out->status = op.revoke.status;
    out->changed = op.revoke.changed;
    out->crl_generation = op.revoke.crl_generation;
    out->crl_shard = op.revoke.crl_shard;
    return true;
}

bool server_record_revocation(struct server *server,
                              const struct wire_revocation *revocation,
                              struct server_revoked *out, struct error *err)
{
    struct server_revoked revoked = {0};
    uint64_t sequence = 0;

    if (!ask_signer(server, revocation, &sequence, err) ||
        !tell_ledger(server, revocation, sequence, &revoked, err)) {
        return false;
    }
    *out = revoked;
    if (revoked.changed) {
        server_crl_wanted(server);
    }
    server_lock(server);
    server->behind = true;
    server_unlock(server);
    return true;
}

/* ---- by order ------------------------------------------------------------------------ */

static bool fits(const struct ledger_certificate *c, const struct server_revocation *what,
                 struct error *err)
{
    if (what->event == LEDGER_EVENT_RELEASE && c->status != LEDGER_STATUS_HELD) {
        return error_set(err, ERROR_CONFLICT, "the certificate is not on hold");
    }
    if (c->status != LEDGER_STATUS_REVOKED) {
        return true;
    }
    /* Only worse news about a revoked one are news. */
    return (what->event == LEDGER_EVENT_REVOKE &&
            what->reason == LEDGER_REASON_KEY_COMPROMISE) ||
           error_set(err, ERROR_CONFLICT, "the certificate is revoked already");
}

static struct wire_revocation revocation_of(const struct server *server,
                                            const struct ledger_certificate *c,
                                            const struct server_revocation *what)
{
    return (struct wire_revocation){
        .ca = c->ca,
        .serial = {c->serial.octets, sizeof(c->serial.octets)},
        .action = server_action(what->event),
        .reason = what->event == LEDGER_EVENT_HOLD ? WIRE_REVOCATION_CERTIFICATE_HOLD
                                                   : server_wire_reason(what->reason),
        .revoked_utc = server_now_utc(server),
        .invalidity_utc = what->invalidity_utc,
        .crl_generation = (uint32_t)c->crl_generation,
        .crl_shard = (uint32_t)c->crl_shard,
        .actor = what->actor,
        .request_id = "",
        .sentence = what->note != NULL ? what->note : ""};
}

bool server_revoke(struct server *server, const struct server_revocation *what,
                   struct server_revoked *out, struct error *err)
{
    AUTO(ledger_certificate) c = NULL;

    if (!ledger_certificate_get(server->options.ledger, &what->serial, &c, err)) {
        return false;
    }
    if (c == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "no certificate has this serial");
    }
    if (!fits(c, what, err)) {
        return false;
    }
    const struct wire_revocation revocation = revocation_of(server, c, what);
    return server_record_revocation(server, &revocation, out, err);
}

/* ---- what nobody got ----------------------------------------------------------------- */

struct orphans {
    struct ledger_serial serials[ORPHANS_PAGE];
    size_t count;
};

static bool collect(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    struct orphans *orphans = ctx;

    (void)err;
    orphans->serials[orphans->count++] = c->serial;
    return true;
}

static bool revoke_orphan(struct server *server, const struct ledger_serial *serial,
                          struct error *err)
{
    const struct server_revocation what = {.event = LEDGER_EVENT_REVOKE,
                                           .reason = LEDGER_REASON_CESSATION_OF_OPERATION,
                                           .actor = {.program = SERVER_PROGRAM},
                                           .note = SERVER_UNDELIVERED};
    struct server_revocation orphan = what;
    struct server_revoked revoked = {0};

    orphan.serial = *serial;
    if (!server_revoke(server, &orphan, &revoked, err)) {
        return false;
    }
    if (revoked.status != LEDGER_STATUS_REVOKED) {
        return error_set(err, ERROR_INTERNAL, "a revoked certificate is not revoked");
    }
    server_lock(server);
    server->orphans++;
    server_unlock(server);
    log_event(LOG_WARNING, "cert.undelivered",
              LOG_FIELDS(
                  log_hex("serial", (struct bytes){serial->octets, LEDGER_SERIAL_SIZE})));
    return true;
}

/* Up to a page of them; left: there may be more. */
static bool revoke_page(struct server *server, bool *left, struct error *err)
{
    struct orphans orphans = {.count = 0};
    const struct ledger_list_query query = {.list = LEDGER_LIST_UNDELIVERED,
                                            .limit = ORPHANS_PAGE};
    struct ledger_page page = {0};

    if (!ledger_certificate_list(server->options.ledger, &query, &page, collect, &orphans,
                                 err)) {
        return false;
    }
    for (size_t i = 0; i < orphans.count; i++) {
        if (!revoke_orphan(server, &orphans.serials[i], err)) {
            return false;
        }
    }
    *left = orphans.count > 0;
    return true;
}

bool server_revoke_orphans(struct server *server, struct error *err)
{
    bool left = true;

    while (left) {
        if (!revoke_page(server, &left, err)) {
            return false;
        }
    }
    return true;
}
