/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_ask.h"

#include <time.h>

#define NS_PER_MS INT64_C(1000000)

int64_t directory_ask_now_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

bool directory_ask(struct directory_asking *asking, const struct dap_query *query,
                   struct dap_result **out, enum reason *reason, struct error *err)
{
    const struct dap_port *port = &asking->settings->port;
    int64_t left_ms = (asking->deadline_ns - directory_ask_now_ns()) / NS_PER_MS;

    *reason = REASON_DIR_DOWN;
    if (left_ms <= 0) {
        return error_set(err, ERROR_UNAVAILABLE, "directory: no answer in time");
    }
    if (!port->search(port->ctx, query, (uint32_t)left_ms, out, err)) {
        asking->heard = err->code == ERROR_UNAVAILABLE ? DIRECTORY_HEARD_SILENCE
                                                       : DIRECTORY_HEARD_ANSWER;
        err->code = ERROR_UNAVAILABLE;
        return false;
    }
    asking->heard = DIRECTORY_HEARD_ANSWER;
    return true;
}
