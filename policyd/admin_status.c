/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "policyd/admin_json.h"

static void add_link(struct json_writer *w, const struct admin_view *v)
{
    json_add_bool(w, "connected", v->link.connected);
    json_add_bool(w, "admitted", v->link.admitted);
    json_add_text(w, "problem",
                  !v->link.connected ? v->link.message
                  : v->signer_fresh  ? ""
                                     : v->signer_error.message);
    if (v->signer_known && !v->signer_fresh) {
        json_add_i64(w, "age_s", v->signer_age_ms / 1000);
    }
}

static void add_bounds(struct json_writer *w, const struct wire_bounds_status *b)
{
    json_open_object(w, "bounds");
    json_add_text(w, "path", b->path);
    json_add_i64(w, "owner_uid", b->owner_uid);
    admin_add_hex(w, "sha256", b->sha256, sizeof(b->sha256));
    admin_add_utc(w, "loaded", b->loaded_utc);
    json_add_text(w, "problem", b->problem);
    json_close(w);
}

static void add_journal(struct json_writer *w, const struct wire_journal_status *j)
{
    json_open_object(w, "journal");
    json_add_text(w, "path", j->path);
    json_add_i64(w, "sequence", (int64_t)j->sequence);
    admin_add_utc(w, "time", (int64_t)(j->time_ns / CLOCK_NS_PER_SECOND));
    admin_add_hex(w, "sha256", j->sha256, sizeof(j->sha256));
    admin_add_hex(w, "root", j->root, sizeof(j->root));
    json_add_i64(w, "segment_octets", (int64_t)j->segment_octets);
    json_add_i64(w, "recovered_octets", (int64_t)j->recovered_octets);
    json_add_i64(w, "octets_free",
                 j->octets_free < INT64_MAX ? (int64_t)j->octets_free : INT64_MAX);
    json_add_i64(w, "checkpoint", (int64_t)j->checkpoint);
    admin_add_utc(w, "checkpoint_time", j->checkpoint_utc);
    json_add_bool(w, "failed", j->failed);
    json_add_text(w, "problem", j->problem);
    json_close(w);
}

static void add_ca(struct json_writer *w, const struct wire_ca_status *ca)
{
    json_open_object(w, NULL);
    json_add_text(w, "name", ca->name);
    json_add_bool(w, "active", ca->active);
    json_add_bool(w, "locked", ca->locked);
    json_add_text(w, "key", wire_key_algorithm_name(ca->algorithm));
    json_add_i64(w, "bits", ca->bits);
    json_add_text(w, "store", wire_key_store_name(ca->store));
    admin_add_hex(w, "fingerprint_sha256", ca->certificate_sha256,
                  sizeof(ca->certificate_sha256));
    admin_add_utc(w, "not_before", ca->not_before_utc);
    admin_add_utc(w, "not_after", ca->not_after_utc);
    json_add_text(w, "problem", ca->problem);
    json_close(w);
}

static void add_signer_status(struct json_writer *w, const struct wire_signer_status *s)
{
    json_add_text(w, "software", s->software);
    json_add_i64(w, "pid", s->pid);
    json_add_i64(w, "uid", s->uid);
    json_add_i64(w, "node", (int64_t)s->node - WIRE_NODE_MIN);
    admin_add_utc(w, "started", s->started_utc);
    admin_add_utc(w, "now", s->now_utc);
    json_add_bool(w, "frozen", s->frozen);
    json_add_text(w, "frozen_sentence", s->frozen_sentence);
    json_add_bool(w, "clock_jumped", s->clock_jumped);
    add_bounds(w, &s->bounds);
    add_journal(w, &s->journal);
    json_open_list(w, "cas");
    for (size_t i = 0; i < s->ca_count; i++) {
        add_ca(w, &s->cas[i]);
    }
    json_close(w);
    json_open_object(w, "counters");
    for (size_t i = 0; i < s->counter_count; i++) {
        json_add_i64(w, s->counters[i].name, (int64_t)s->counters[i].value);
    }
    json_close(w);
}

static void add_ledger(struct json_writer *w, const struct admin_view *v)
{
    const struct ledger_health *h = &v->ledger.health;

    json_open_object(w, "ledger");
    json_add_text(w, "state",
                  v->ledger_known ? ledger_state_name(h->state) : "not answering");
    json_add_text(w, "sentence", !v->ledger_fresh ? v->ledger_error.message : h->message);
    if (v->ledger_known) {
        json_add_i64(w, "schema", h->schema_version);
        json_add_i64(w, "schema_known", h->schema_known);
        json_add_bool(w, "fresh", h->fresh);
        json_add_bool(w, "checked_whole", h->checked_whole);
        json_add_i64(w, "wal_octets", (int64_t)h->wal_size);
        json_add_i64(w, "operations", (int64_t)h->operations);
        json_add_i64(w, "commits", (int64_t)h->commits);
        json_add_i64(w, "synced", (int64_t)h->synced);
        json_add_i64(w, "failures", (int64_t)h->failures);
        if (v->ledger.read) {
            json_add_i64(w, "reconciled", v->ledger.reconciled);
        }
    }
    json_close(w);
}

static void add_problem(void *ctx, const struct admin_problem *problem)
{
    struct json_writer *w = ctx;

    json_open_object(w, NULL);
    json_add_text(w, "what", problem->what);
    json_add_text(w, "why", problem->why);
    if (problem->run != NULL) {
        json_add_text(w, "run", problem->run);
    } else {
        json_add_null(w, "run");
    }
    json_add_bool(w, "stops_issuing", problem->stops_issuing);
    json_close(w);
}

static void note_stop(void *ctx, const struct admin_problem *problem)
{
    bool *stops = ctx;

    *stops = *stops || problem->stops_issuing;
}

static void add_policyd(struct json_writer *w, struct admin *admin,
                        const struct admin_view *v)
{
    bool stops = false;
    int64_t up_ns = clock_boottime_ns(admin->options.clock) - admin->started_ns;

    admin_problems_find(admin, v, note_stop, &stops);
    json_open_object(w, "policyd");
    json_add_text(w, "version", admin->options.software);
    json_add_i64(w, "pid", getpid());
    json_add_i64(w, "uid", (int64_t)geteuid());
    json_add_i64(w, "node", admin->options.node);
    json_add_i64(w, "uptime_s", up_ns / CLOCK_NS_PER_SECOND);
    json_add_text(w, "state", stops ? "not issuing" : "issuing");
    json_close(w);
}

bool admin_run_status(const struct admin_call *call, struct json_writer *out,
                      struct error *err)
{
    AUTO(admin_view) v = {0};

    (void)err;
    admin_view_get(call->admin, &v);
    admin_add_utc(out, "now", clock_now_utc(call->admin->options.clock));
    add_policyd(out, call->admin, &v);
    json_open_object(out, "signer");
    add_link(out, &v);
    if (v.signer_known) {
        add_signer_status(out, &v.signer);
    }
    json_close(out);
    add_ledger(out, &v);
    admin_add_crls(call->admin, out, &v.ledger.crls);
    json_open_list(out, "problems");
    admin_problems_find(call->admin, &v, add_problem, out);
    json_close(out);
    return true;
}

bool admin_run_healthz(const struct admin_call *call, struct json_writer *out,
                       struct error *err)
{
    (void)call;
    (void)err;
    json_add_bool(out, "alive", true);
    return true;
}

static void append_stop(void *ctx, const struct admin_problem *problem)
{
    if (problem->stops_issuing) {
        buf_printf(ctx, "%s: %s\n", problem->what, problem->why);
    }
}

void admin_why_not_ready(struct admin *admin, struct buf *out)
{
    AUTO(admin_view) v = {0};

    admin_view_get(admin, &v);
    admin_problems_find(admin, &v, append_stop, out);
}

bool admin_run_readyz(const struct admin_call *call, struct json_writer *out,
                      struct error *err)
{
    AUTO(buf) why = BUF_EMPTY;

    admin_why_not_ready(call->admin, &why);
    if (why.len > 0) {
        buf_truncate(&why, strcspn(buf_text(&why), "\n")); /* status shows the others */
        return error_set(err, ERROR_UNAVAILABLE, "%s", buf_text(&why));
    }
    json_add_bool(out, "ready", true);
    return true;
}
