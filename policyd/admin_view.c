/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "policyd/admin_inside.h"

void admin_view_clear(struct admin_view *view)
{
    wire_signer_status_clear(&view->signer);
    buf_clear(&view->signer_octets);
    *view = (struct admin_view){0};
}

bool admin_view_ask_signer(void *ctx, struct buf *out, struct error *err)
{
    const struct admin *admin = ctx;
    const struct admin_port *port = admin->options.port;
    const struct wire_status_request question = {.counters = true};

    return port->ask(port->ctx, &wire_status_request_message, &question,
                     &wire_signer_status_message, out, err);
}

static bool read_rows(const struct admin *admin, struct admin_ledger_view *view,
                      struct error *err)
{
    const struct admin_port *port = admin->options.port;
    struct ledger_cursor cursor;
    char signer[32];

    (void)snprintf(signer, sizeof(signer), "node%lld", (long long)admin->options.node);
    if (!ledger_cursor_get(admin->options.ledger, signer, &cursor, err)) {
        return false;
    }
    view->reconciled = cursor.reconciled;
    return port->crls(port->ctx, &view->crls, err);
}

/* A ledger that cannot be read is an answer: its health says why. */
bool admin_view_ask_ledger(void *ctx, struct buf *out, struct error *err)
{
    const struct admin *admin = ctx;
    struct admin_ledger_view view;

    (void)err;
    memset(&view, 0, sizeof(view));
    struct error ignored;
    view.read = read_rows(admin, &view, &ignored);
    ledger_health_get(admin->options.ledger, &view.health);
    buf_append(out, &view, sizeof(view));
    return true;
}

static void get_signer(struct admin *admin, struct admin_view *view)
{
    struct error broken;

    view->signer_fresh =
        probe_get(admin->signer_probe, ADMIN_STATUS_WAIT_MS / 2, &view->signer_octets,
                  &view->signer_age_ms, &view->signer_error);
    view->signer_known = view->signer_octets.len > 0 &&
                         wire_signer_status_decode(buf_bytes(&view->signer_octets),
                                                   &view->signer, &broken);
    view->signer_fresh = view->signer_fresh && view->signer_known;
}

static void get_ledger(struct admin *admin, struct admin_view *view)
{
    AUTO(buf) octets = BUF_EMPTY;
    int64_t age_ms = 0;

    view->ledger_fresh = probe_get(admin->ledger_probe, ADMIN_STATUS_WAIT_MS / 2, &octets,
                                   &age_ms, &view->ledger_error);
    view->ledger_known = octets.len == sizeof(view->ledger);
    if (view->ledger_known) {
        memcpy(&view->ledger, octets.data, sizeof(view->ledger));
    }
}

void admin_view_get(struct admin *admin, struct admin_view *out)
{
    const struct admin_port *port = admin->options.port;

    probe_ask(admin->ledger_probe); /* both at once */
    port->link(port->ctx, &out->link);
    get_signer(admin, out);
    get_ledger(admin, out);
}
