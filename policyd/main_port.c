/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "policyd/main_daemon.h"

/* policyd's end of the signer's socket is not built yet: to everybody here it is away. */
static const char no_signer[] =
    "this version of policyd has no connection to policyd-signer yet";

static bool ask(void *ctx, const struct wire_message *question, const void *record,
                const struct wire_message *wanted, struct buf *answer, struct error *err)
{
    (void)ctx;
    (void)question;
    (void)record;
    (void)wanted;
    (void)answer;
    return error_set(err, ERROR_UNAVAILABLE, "%s", no_signer);
}

static void get_link(void *ctx, struct admin_link *out)
{
    (void)ctx;
    *out = (struct admin_link){.connected = false};
    (void)snprintf(out->message, sizeof(out->message), "%s", no_signer);
}

static bool revoke(void *ctx, struct admin_revocation *what, struct error *err)
{
    (void)ctx;
    (void)what;
    return error_set(err, ERROR_UNAVAILABLE, "%s", no_signer);
}

/* Of the one CA that issues, which is the one whose CRL the server publishes. */
static bool get_crls(void *ctx, struct admin_crls *out, struct error *err)
{
    struct main_daemon *d = ctx;
    const char *ca = d->first->policyd.ca;
    struct admin_crl *crl = &out->crls[0];
    struct ledger_crl found = {0};

    if (!ledger_crl_get(d->ledger, ca, d->first->crl.generation, 0, &found, err)) {
        return false;
    }
    *out = (struct admin_crls){.count = 1};
    (void)snprintf(crl->ca, sizeof(crl->ca), "%s", ca);
    crl->generation = d->first->crl.generation;
    crl->number = found.published;
    crl->entries = found.entries;
    crl->this_update_utc = found.this_update_utc;
    crl->next_update_utc = found.next_update_utc;
    return true;
}

static bool publish(void *ctx, struct error *err)
{
    (void)ctx;
    return error_set(err, ERROR_UNAVAILABLE, "%s", no_signer);
}

static void confirm_clock(void *ctx)
{
    (void)ctx;
}

static bool rebuild(void *ctx, struct admin_rebuilt *out, struct error *err)
{
    (void)ctx;
    (void)out;
    return error_set(err, ERROR_UNAVAILABLE, "%s", no_signer);
}

static bool reload(void *ctx, struct buf *changes, struct error *err)
{
    return main_daemon_reload(ctx, changes, err);
}

static void problems(void *ctx, admin_problem_visitor *visit, void *visitor_ctx)
{
    struct main_daemon *d = ctx;
    char plain[sizeof(d->plain_problem)];
    const struct admin_problem problem = {"listen", plain, NULL, false};

    (void)pthread_mutex_lock(&d->lock);
    memcpy(plain, d->plain_problem, sizeof(plain));
    (void)pthread_mutex_unlock(&d->lock);
    if (*plain != '\0') {
        visit(visitor_ctx, &problem);
    }
}

void main_port_fill(struct main_daemon *d, struct admin_port *out)
{
    *out = (struct admin_port){
        .ctx = d,
        .link = get_link,
        .ask = ask,
        .revoke = revoke,
        .crls = get_crls,
        .publish = publish,
        .confirm_clock = confirm_clock,
        .rebuild = rebuild,
        .reload = reload,
        .problems = problems,
    };
}
