/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_json: a request of the ledger as JSON, the same wherever it is shown.
 */
#ifndef AE_POLICYD_REQUEST_JSON_H
#define AE_POLICYD_REQUEST_JSON_H

#include "common/base/json_write.h"

#include "policyd/ledger_request.h"

/* "held" for one whose time is over would be no news: it has lapsed, whatever the row says. */
enum ledger_request_state request_json_state(const struct ledger_request *request,
                                             int64_t now_utc);

/* The members of an open object. */
void request_json_add(struct json_writer *w, const struct ledger_request *request,
                      int64_t now_utc);

void request_json_add_utc(struct json_writer *w, const char *key,
                          int64_t utc); /* null: 0 */
void request_json_add_hex(struct json_writer *w, const char *key, const void *data,
                          size_t len);

#endif
