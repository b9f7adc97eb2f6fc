/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_survey.h"

#include "policyd/ledger_read_request.h"
#include "policyd/server_journal.h"

struct survey {
    struct server *server;
    struct ledger_cursor cursor; /* our own: the ledger's stays */
    bool fresh;                  /* the ledger has seen nothing of this journal */
    size_t certificates;
    size_t missing; /* of these, in the ledger */
    uint64_t decisions;
};

/* What is on its way is not in the ledger yet, and that says nothing. */
static bool is_on_its_way(struct server *server, const struct ledger_certificate *c)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    if (c->request == 0) {
        return false;
    }
    ledger_request_id(c->request, id);
    return server_is_in_flight(server, id);
}

static bool count(struct survey *s, const struct server_stretch *stretch,
                  struct error *err)
{
    for (size_t i = 0; i < stretch->entry_count; i++) {
        const struct ledger_journal_entry *entry = &stretch->entries[i];
        AUTO(ledger_certificate) known = NULL;

        if (entry->kind != LEDGER_JOURNAL_INTENT) {
            continue;
        }
        if (!ledger_certificate_get(s->server->options.ledger,
                                    &entry->certificate->serial, &known, err)) {
            return false;
        }
        s->certificates++;
        s->missing += known == NULL && !is_on_its_way(s->server, entry->certificate);
    }
    if (stretch->decisions > s->decisions) {
        s->decisions = stretch->decisions;
    }
    return true;
}

/* Decisions are on stable storage in the ledger before the journal gets their digest. */
static bool check_decisions(const struct survey *s, struct error *err)
{
    AUTO(ledger_decision) newest = NULL;

    if (!ledger_decision_get(s->server->options.ledger, 0, &newest, err)) {
        return false;
    }
    uint64_t last = newest != NULL ? (uint64_t)newest->id : 0;
    return s->decisions <= last ||
           error_set(err, ERROR_CONFLICT,
                     "the signer's journal tells of decision %llu and the ledger ends "
                     "with %llu: it was restored from a backup; run 'policyctl ledger "
                     "rebuild' to have the certificates back that it lacks",
                     (unsigned long long)s->decisions, (unsigned long long)last);
}

static bool check(const struct survey *s, struct error *err)
{
    size_t max = s->server->options.undelivered_max;

    if (s->fresh && s->certificates > 0) {
        return error_set(err, ERROR_CONFLICT,
                         "the ledger is new and the signer's journal has certificates: "
                         "run 'policyctl ledger rebuild' to have them back");
    }
    if (s->missing > max) {
        return error_set(err, ERROR_CONFLICT,
                         "the ledger lacks %zu certificates of the journal, more than a "
                         "crash explains: if it was lost or restored, run 'policyctl "
                         "ledger rebuild'",
                         s->missing);
    }
    return check_decisions(s, err);
}

bool server_survey(struct server *server, uint64_t connection, struct error *err)
{
    const struct server_stretch_source source = {
        .port = server->port, .connection = connection, .node = server->options.node};
    struct survey s = {.server = server};
    bool more = true;

    if (!ledger_cursor_get(server->options.ledger, server->signer_name, &s.cursor, err)) {
        return false;
    }
    s.fresh = s.cursor.reconciled == 0;
    while (more) {
        AUTO(server_stretch) stretch = NULL;

        if (!server_stretch_read(&source, &s.cursor, &stretch, err) ||
            !count(&s, stretch, err)) {
            return false;
        }
        s.cursor.reconciled = (int64_t)stretch->through;
        s.cursor.record = stretch->record;
        more = stretch->more;
    }
    return check(&s, err);
}
