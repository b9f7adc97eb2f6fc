/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

/* States of a row of revocations; 3 is kept for the history and is on no CRL. */
enum { ROW_NONE = 0, ROW_REVOKED = 1, ROW_HELD = 2, ROW_RELEASED = 3 };

struct present {
    int64_t state;
    enum ledger_reason reason;
    int64_t revoked_utc;
};

/* ---- what the events make of a certificate ------------------------------------------- */

static void follow_revoke(struct present *p, const struct ledger_revocation *what)
{
    if (p->state != ROW_REVOKED) {
        /* Whatever was signed while it was on hold stays in doubt: the hold's date is kept. */
        p->revoked_utc = p->state == ROW_HELD ? p->revoked_utc : what->happened_utc;
        p->reason = what->reason;
        p->state = ROW_REVOKED;
    } else if (what->reason == LEDGER_REASON_KEY_COMPROMISE) {
        p->reason = what->reason; /* what is known of it got worse */
    }
}

/* An event that does not fit is history without effect. Nothing leads out of ROW_REVOKED (I7). */
static void follow(struct present *p, const struct ledger_revocation *what)
{
    bool hold = what->event == LEDGER_EVENT_HOLD;

    if (what->event == LEDGER_EVENT_REVOKE) {
        follow_revoke(p, what);
    } else if (hold && (p->state == ROW_NONE || p->state == ROW_RELEASED)) {
        *p = (struct present){ROW_HELD, LEDGER_REASON_CERTIFICATE_HOLD,
                              what->happened_utc};
    } else if (what->event == LEDGER_EVENT_RELEASE && p->state == ROW_HELD) {
        p->state = ROW_RELEASED;
    }
}

/* From the beginning: an event that was recorded late takes effect in its place. */
static bool fold(struct ldb *db, const struct ledger_serial *serial, struct present *out,
                 struct error *err)
{
    static const char sql[] = "SELECT event, reason, happened_at FROM revocation_events"
                              " WHERE serial = ? ORDER BY happened_at, journal_seq";
    AUTO(ldb_query) q = {0};
    bool row = false;

    *out = (struct present){0};
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, serial);
    while (ldb_step(&q, &row, err)) {
        struct ledger_revocation what = {0};

        if (!row) {
            return true;
        }
        what.event = (enum ledger_revocation_event)ldb_int(&q);
        what.reason = (enum ledger_reason)ldb_int(&q);
        what.happened_utc = ldb_int(&q);
        follow(out, &what);
    }
    return false;
}

/* ---- rows ---------------------------------------------------------------------------- */

static bool put_present(struct ldb *db, const struct ledger_certificate *c,
                        const struct present *p, struct error *err)
{
    static const char sql[] =
        "INSERT INTO revocations (ca, crl_generation, crl_shard, serial, state, reason,"
        " revoked_at, not_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (ca, crl_generation, crl_shard, serial) DO UPDATE SET"
        " state = excluded.state, reason = excluded.reason,"
        " revoked_at = excluded.revoked_at";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, c->ca);
    ldb_bind_int(&q, c->crl_generation);
    ldb_bind_int(&q, c->crl_shard);
    ldb_bind_serial(&q, &c->serial);
    ldb_bind_int(&q, p->state);
    ldb_bind_int(&q, p->reason);
    ldb_bind_int(&q, p->revoked_utc);
    ldb_bind_int(&q, c->not_after_utc);
    return ldb_run(&q, err);
}

/* added is false when it is there already. */
static bool insert_event(struct ldb *db, const struct ledger_revocation *what,
                         bool *added, struct error *err)
{
    static const char sql[] =
        "INSERT INTO revocation_events (serial, event, reason, happened_at, actor, note,"
        " node, journal_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (serial, node, journal_seq) DO NOTHING";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &what->serial);
    ldb_bind_int(&q, what->event);
    ldb_bind_int(&q, what->reason);
    ldb_bind_int(&q, what->happened_utc);
    ldb_bind_text(&q, what->actor);
    ldb_bind_text(&q, what->note);
    ldb_bind_int(&q, what->node);
    ldb_bind_int(&q, what->journal_seq);
    if (!ldb_run(&q, err)) {
        return false;
    }
    *added = ldb_changes(db) == 1;
    return true;
}

static bool set_status(struct ldb *db, const struct ledger_certificate *c,
                       enum ledger_status status, bool delivered, struct error *err)
{
    static const char sql[] =
        "UPDATE certificates SET status = ?, delivered = ? WHERE serial = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, status);
    ldb_bind_int(&q, delivered ? 1 : 0);
    ldb_bind_serial(&q, &c->serial);
    return ldb_run(&q, err);
}

static bool burn_key(struct ldb *db, const struct ledger_certificate *c,
                     const struct present *p, struct error *err)
{
    static const char sql[] = "INSERT INTO burnt_keys (key_hash, serial, burnt_at)"
                              " VALUES (?, ?, ?) ON CONFLICT (key_hash) DO NOTHING";
    AUTO(ldb_query) q = {0};

    if (p->state != ROW_REVOKED || p->reason != LEDGER_REASON_KEY_COMPROMISE) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_hash(&q, &c->key);
    ldb_bind_serial(&q, &c->serial);
    ldb_bind_int(&q, p->revoked_utc);
    return ldb_run(&q, err);
}

/* Nobody ever had it, so it replaced nothing. */
static bool undo_superseding(struct ldb *db, const struct ledger_certificate *c,
                             struct error *err)
{
    static const char sql[] = "UPDATE certificates SET superseded_by = NULL"
                              " WHERE serial = ? AND superseded_by = ?";
    AUTO(ldb_query) q = {0};

    if (ledger_serial_is_none(&c->renews)) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &c->renews);
    ldb_bind_serial(&q, &c->serial);
    return ldb_run(&q, err);
}

static enum ledger_status status_of(const struct present *p)
{
    if (p->state == ROW_REVOKED) {
        return LEDGER_STATUS_REVOKED;
    }
    return p->state == ROW_HELD ? LEDGER_STATUS_HELD : LEDGER_STATUS_LIVE;
}

static void tell(struct ledger_revoke *revoke, const struct ledger_certificate *c,
                 const struct present *p)
{
    size_t len = strnlen(c->ca, sizeof(revoke->ca) - 1);

    revoke->status = status_of(p);
    revoke->crl_generation = c->crl_generation;
    revoke->crl_shard = c->crl_shard;
    memcpy(revoke->ca, c->ca, len);
    revoke->ca[len] = '\0';
}

static bool store(struct ldb *db, const struct ledger_revoke *revoke,
                  const struct ledger_certificate *c, const struct present *p,
                  struct error *err)
{
    bool delivered = c->delivered && !revoke->undelivered;

    return (p->state == ROW_NONE || put_present(db, c, p, err)) &&
           set_status(db, c, status_of(p), delivered, err) && burn_key(db, c, p, err) &&
           (!revoke->undelivered || undo_superseding(db, c, err));
}

bool ldb_revoke(struct ldb *db, struct ledger_revoke *revoke, struct error *err)
{
    AUTO(ledger_certificate) c = NULL;
    struct present before;
    struct present after;
    bool added = false;

    if (!ldb_get_certificate(db, &revoke->what.serial, &c, err)) {
        return false;
    }
    if (c == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "no certificate has this serial");
    }
    if (!fold(db, &c->serial, &before, err) ||
        !insert_event(db, &revoke->what, &added, err) ||
        !fold(db, &c->serial, &after, err) ||
        (added && !store(db, revoke, c, &after, err))) {
        return false;
    }
    revoke->recorded = added;
    revoke->changed = before.state != after.state || before.reason != after.reason ||
                      before.revoked_utc != after.revoked_utc;
    tell(revoke, c, &after);
    return true;
}

bool ldb_apply_revoke(struct ldb *db, struct ledger_op *op, struct error *err)
{
    return ldb_revoke(db, &op->revoke, err);
}
