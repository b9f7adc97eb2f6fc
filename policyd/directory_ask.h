/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_ask: one search with what a failure of it means to a peer.
 */
#ifndef AE_POLICYD_DIRECTORY_ASK_H
#define AE_POLICYD_DIRECTORY_ASK_H

#include "policyd/directory.h"

/* What became of the last question. An answer is whatever the directory said, a refusal too. */
enum directory_heard {
    DIRECTORY_HEARD_NOTHING = 0, /* nobody has asked */
    DIRECTORY_HEARD_ANSWER,
    DIRECTORY_HEARD_SILENCE /* no answer in time, or no connection */
};

/* The questions of one look-up, which share one time. Of one thread. */
struct directory_asking {
    const struct directory_settings *settings; /* borrowed */
    int64_t deadline_ns;                       /* of CLOCK_MONOTONIC */
    enum directory_heard heard;                /* set by whoever asks */
};

/*
 * out     may be incomplete
 * errors  ERROR_UNAVAILABLE  DIR_DOWN, whatever it was: we could not look. Where the time is over
 *                            nobody is asked
 */
AE_MUST_CHECK bool directory_ask(struct directory_asking *asking,
                                 const struct dap_query *query, struct dap_result **out,
                                 enum reason *reason, struct error *err);

int64_t directory_ask_now_ns(void); /* of CLOCK_MONOTONIC */

#endif
