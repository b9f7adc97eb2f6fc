/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_report: what a host or user says after each run of its agent: POST /autoenroll/v1/report.
 *
 * It is that account's own word, kept in the log; nothing is decided by it.
 */
#ifndef AE_POLICYD_SERVER_REPORT_H
#define AE_POLICYD_SERVER_REPORT_H

#include "common/wire/agent.h"

#include "policyd/http.h"
#include "policyd/server_identity.h"

#define SERVER_REPORT_PATH "/autoenroll/v1/report"

enum { SERVER_REPORT_MAX = 64 * 1024 /* octets of a document */ };

/* All borrowed for the handlers' life. */
struct server_report {
    struct server_identity_source identity; /* without attributes */
};

/* For http_start(), in a table of its own. */
struct http_route server_report_route(struct server_report *report);

/* Append "VPN denied RULE_DENIED, Mail broken": what is neither healthy nor due, for one line of a log. */
void server_report_summarize(const struct wire_report *report, struct buf *out);

#endif
