/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_requests: requests as people ask for them, over HTTP in JSON: what one is about, and an
 * approver's word on it. The same at two doors:
 *
 *     admin socket   /v1/requests/ID             for operators and whoever shows a ticket
 *     HTTPS          /autoenroll/v1/requests/ID  for its requester and its approvers
 *     POST           …/approve, …/deny           for its approvers, by a ticket alone
 *
 * Who may not see a request learns not even that there is one.
 */
#ifndef AE_POLICYD_SERVER_REQUESTS_H
#define AE_POLICYD_SERVER_REQUESTS_H

#include "common/base/json_write.h"

#include "policyd/http.h"
#include "policyd/server_approve.h"

#define SERVER_REQUESTS_PATH  "/autoenroll/v1/requests/*"
#define SERVER_REQUESTS_LOCAL "/v1/requests/*"

enum { SERVER_REQUESTS_BODY_MAX = 16 * 1024 }; /* octets */

/* All borrowed for the handlers' life. */
struct server_requests {
    struct server_identity_source identity; /* without attributes */
    struct server_approve approve;
    const struct clock *clock;
    const char
        *service; /* whose tickets are taken: "HTTP/ca.example.test@EXAMPLE.TEST" */
};

/* For http_start(): the door over HTTPS. */
struct http_route server_requests_route(struct server_requests *r);

/* The door on the admin socket; operates: the local process is an operator's. */
void server_requests_handle_local(struct server_requests *r, bool operates,
                                  const struct http_request *request,
                                  struct http_answer *answer);

/* ---- server_requests_show.c ---------------------------------------------------------- */

/*
 * What a request is about, as the members of an open object: its row, its names, how many of
 * which group are missing.
 * words   also who holds it, and what approvers said: that is for them and for operators
 * errors  ERROR_UNAVAILABLE  the ledger cannot be read
 */
AE_MUST_CHECK bool server_requests_show(const struct server_requests *r,
                                        const struct ledger_request *request, bool words,
                                        struct json_writer *out, struct error *err);

#endif
