/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "policyd/admin_inside.h"

enum { CA_ENDS_SOON_S = 30 * 86400, DISK_LOW = 64 * 1024 * 1024 /* octets */ };

#define START_SIGNER   "systemctl start policyd-signer"
#define SIGNER_LOG     "journalctl -u policyd-signer"
#define LEDGER_REBUILD "policyctl ledger rebuild"

struct finder {
    struct admin *admin;
    const struct admin_view *view;
    admin_problem_visitor *visit;
    void *ctx;
};

/* stops: nothing can be issued as long as it lasts. */
static void tell(const struct finder *f, const char *what, const char *why,
                 const char *run, bool stops)
{
    const struct admin_problem problem = {what, why, run, stops};

    f->visit(f->ctx, &problem);
}

/* A sentence of somebody else's behind a name. */
static void tell_of(const struct finder *f, const char *what, const char *name,
                    const char *problem, const char *run)
{
    char why[700];

    (void)snprintf(why, sizeof(why), "%s: %s", name, problem);
    tell(f, what, why, run, true);
}

static bool find_link(const struct finder *f)
{
    const struct admin_view *v = f->view;

    if (!v->link.connected) {
        tell_of(f, "signer", "policyd-signer is away",
                v->link.message[0] != '\0' ? v->link.message : "not connected yet",
                START_SIGNER);
        return false;
    }
    if (!v->signer_fresh) {
        tell_of(f, "signer", "policyd-signer does not answer", v->signer_error.message,
                SIGNER_LOG);
    }
    return v->signer_known;
}

static void find_orders(const struct finder *f, const struct wire_signer_status *s)
{
    if (s->frozen) {
        tell_of(f, "frozen", "issuing is suspended", s->frozen_sentence,
                "policyctl thaw");
    }
    if (s->clock_jumped) {
        tell(f, "clock",
             "the clock was set; nothing is issued until somebody says it is right",
             "policyctl clock confirm", true);
    }
    if (*s->bounds.problem != '\0') {
        tell_of(f, "bounds", s->bounds.path, s->bounds.problem, "policyctl reload");
    }
}

static void find_journal(const struct finder *f, const struct wire_journal_status *j)
{
    if (*j->problem != '\0') {
        tell_of(f, "journal", j->path, j->problem,
                j->failed ? "systemctl restart policyd-signer" : NULL);
    } else if (j->octets_free < DISK_LOW) {
        tell(f, "journal", "less than 64 MiB are left for the signer's journal", NULL,
             false);
    }
}

static void find_cas(const struct finder *f, const struct wire_signer_status *s)
{
    bool active = false;

    if (s->ca_count == 0) {
        tell(f, "ca", "there is no CA yet", "policyctl ca init", true);
        return;
    }
    for (size_t i = 0; i < s->ca_count; i++) {
        const struct wire_ca_status *ca = &s->cas[i];

        active = active || ca->active;
        if (*ca->problem != '\0') {
            tell_of(f, "ca", ca->name, ca->problem, "policyctl ca show");
        } else if (ca->locked) {
            tell_of(f, "ca", ca->name, "its key is locked", SIGNER_LOG);
        } else if (ca->active && ca->not_after_utc < s->now_utc) {
            tell_of(f, "ca", ca->name, "its certificate has expired",
                    "policyctl ca show");
        } else if (ca->active && ca->not_after_utc < s->now_utc + CA_ENDS_SOON_S) {
            tell(f, "ca", "a CA's certificate ends in less than 30 days",
                 "policyctl ca show", false);
        }
    }
    if (!active) {
        tell(f, "ca", "no CA is active", "policyctl ca show", true);
    }
}

static void find_ledger(const struct finder *f)
{
    static const char *const runs[] = {
        [LEDGER_READY] = NULL,
        [LEDGER_FAILING] = "df -h",
        [LEDGER_SYNC_LOST] = "systemctl restart policyd",
        [LEDGER_READ_ONLY] = NULL,
        [LEDGER_DAMAGED] = LEDGER_REBUILD,
        [LEDGER_AWAY] = NULL,
    };
    _Static_assert(sizeof(runs) / sizeof(runs[0]) == LEDGER_STATE_COUNT, "of each");
    const struct admin_view *v = f->view;

    if (!v->ledger_fresh) {
        tell_of(f, "ledger", "the ledger does not answer", v->ledger_error.message,
                "journalctl -u policyd");
    }
    if (v->ledger_known && v->ledger.health.state != LEDGER_READY) {
        tell(f, "ledger", v->ledger.health.message, runs[v->ledger.health.state], true);
    }
}

static void find_crls(const struct finder *f)
{
    const struct admin_crls *crls = &f->view->ledger.crls;
    int64_t now_utc = clock_now_utc(f->admin->options.clock);

    if (!f->view->ledger_known) {
        return;
    }
    for (size_t i = 0; i < crls->count; i++) {
        const struct admin_crl *crl = &crls->crls[i];
        char why[700];

        if (crl->number > 0 && crl->next_update_utc < now_utc) {
            (void)snprintf(why, sizeof(why), "the CRL of %s is out of date. %s", crl->ca,
                           crl->problem);
            tell(f, "crl", why, "policyctl crl publish", false);
        } else if (crl->problem[0] != '\0') {
            (void)snprintf(why, sizeof(why), "the CRL of %s: %s", crl->ca, crl->problem);
            tell(f, "crl", why, "policyctl crl publish", false);
        }
    }
}

static bool is_ledger_ready(const struct admin_view *view)
{
    return view->ledger_known && view->ledger.health.state == LEDGER_READY;
}

/* The server's own, and whether one of them stops issuing. */
struct server_problems {
    const struct finder *finder;
    bool stops;
};

/* That a ledger which is not ready cannot be compared with the journal is no news. */
static void tell_server_problem(void *ctx, const struct admin_problem *problem)
{
    struct server_problems *s = ctx;

    s->stops = s->stops || problem->stops_issuing;
    if (is_ledger_ready(s->finder->view) || strcmp(problem->what, "journal") != 0) {
        s->finder->visit(s->finder->ctx, problem);
    }
}

/* Ledger and journal do not agree yet, and nothing else says why. */
static void find_comparison(const struct finder *f, bool explained)
{
    const struct admin_view *v = f->view;

    if (!explained && v->link.connected && v->signer_fresh && !v->link.admitted) {
        tell(f, "journal", "ledger and journal are being compared",
             "policyctl status, in a while", true);
    }
}

void admin_problems_find(struct admin *admin, const struct admin_view *view,
                         admin_problem_visitor *visit, void *ctx)
{
    const struct finder f = {admin, view, visit, ctx};
    const struct admin_port *port = admin->options.port;
    struct server_problems servers = {&f, false};

    if (find_link(&f)) {
        find_orders(&f, &view->signer);
        find_journal(&f, &view->signer.journal);
        find_cas(&f, &view->signer);
    }
    find_ledger(&f);
    find_crls(&f);
    port->problems(port->ctx, tell_server_problem, &servers);
    find_comparison(&f, servers.stops || !is_ledger_ready(view));
}
