/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_ask: one search with what a failure of it means to a peer.
 */
#ifndef AE_POLICYD_DIRECTORY_ASK_H
#define AE_POLICYD_DIRECTORY_ASK_H

#include "policyd/directory.h"

/*
 * deadline_ns  of CLOCK_MONOTONIC
 * out          may be incomplete
 * errors       ERROR_UNAVAILABLE  DIR_DOWN, whatever it was: we could not look
 */
AE_MUST_CHECK bool directory_ask(const struct directory_settings *settings,
                                 const struct dap_query *query, int64_t deadline_ns,
                                 struct dap_result **out, enum reason *reason,
                                 struct error *err);

int64_t directory_ask_now_ns(void); /* of CLOCK_MONOTONIC */

#endif
