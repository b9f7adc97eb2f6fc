/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_report.h"

#include <string.h>

#include "common/base/log.h"
#include "common/policy/policy_json.h"

#include "policyd/server_login.h"

enum { SUMMARY_MAX = 512 /* octets */ };
_Static_assert((int)SERVER_REPORT_MAX <= (int)REPORT_JSON_MAX, "all of it is read");

static bool is_well(enum wire_health health)
{
    return health == WIRE_HEALTH_HEALTHY || health == WIRE_HEALTH_DUE;
}

void server_report_summarize(const struct wire_report *report, struct buf *out)
{
    const size_t begun = out->len;

    for (size_t i = 0; i < report->entry_count; i++) {
        const struct wire_report_entry *e = &report->entries[i];

        if (is_well(e->health)) {
            continue;
        }
        if (out->len - begun > SUMMARY_MAX) {
            buf_append_text(out, ", ...");
            return;
        }
        buf_printf(out, "%s%s %s%s%s", out->len > begun ? ", " : "", e->template.name,
                   wire_health_name(e->health), *e->reason != '\0' ? " " : "", e->reason);
    }
}

static void tell(const struct server_identity *who, const struct wire_report *report)
{
    AUTO(buf) trouble = BUF_EMPTY;
    int64_t well = 0;

    server_report_summarize(report, &trouble);
    for (size_t i = 0; i < report->entry_count; i++) {
        well += is_well(report->entries[i].health) ? 1 : 0;
    }
    log_event_limited(
        LOG_INFO, "host.reported",
        LOG_FIELDS(log_text("principal", who->account->account.ref.principal),
                   log_text("software", report->software),
                   log_number("exit", (int64_t)report->exit_code),
                   log_number("well", well),
                   log_number("ill", (int64_t)report->entry_count - well),
                   log_text("trouble", buf_text(&trouble))));
}

static void handle(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    const struct server_report *settings = ctx;
    AUTO(server_identity) who = {0};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct wire_report report = {.software = ""};
    struct error err = {0};

    server_identity_find(&settings->identity, request, &who);
    if (!who.known) {
        server_identity_refuse(&who, request, answer);
        return;
    }
    if (!http_sends_json(request)) {
        http_answer_reason(request, REASON_MEDIA_TYPE, "", answer);
        return;
    }
    if (!report_read_json(request->body, &store, &report, &err)) {
        log_event_limited(
            LOG_INFO, "host.misreported",
            LOG_FIELDS(log_text("principal", who.account->account.ref.principal),
                       log_text("why", err.message)));
        http_answer_reason(request, REASON_MALFORMED, "", answer);
        return;
    }
    tell(&who, &report);
    answer->status = 204;
    server_login_challenge(&who.login, answer);
}

struct http_route server_report_route(struct server_report *report)
{
    return (struct http_route){.methods = HTTP_POST,
                               .path = SERVER_REPORT_PATH,
                               .body_max = SERVER_REPORT_MAX,
                               .handler = handle,
                               .ctx = report};
}
