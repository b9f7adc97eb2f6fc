/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_rate: how often one account may ask in vain. An account has so many turns; each that is
 * spent comes back after a while. Turns are the account's, whatever key, name or template it asks
 * for. In memory only, of fixed size: a new start gives all turns back.
 */
#ifndef AE_POLICYD_SERVER_RATE_H
#define AE_POLICYD_SERVER_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"

struct server_rate;

enum { SERVER_RATE_BURST_MAX = 10000, SERVER_RATE_EVERY_MAX_S = 24 * 60 * 60 };

/*
 * burst    turns of an account, SERVER_RATE_BURST_MAX at most; 0: nobody's are counted
 * every_s  from 1 to SERVER_RATE_EVERY_MAX_S: after so long one of them comes back
 * clock    borrowed; its boot time counts, so that nobody gains by setting the wall clock
 */
struct server_rate *server_rate_new(uint32_t burst, uint32_t every_s,
                                    const struct clock *clock);
void server_rate_free(struct server_rate *rate); /* accepts NULL */
CLEANUP_DEFINE(server_rate, struct server_rate *, server_rate_free);

/*
 * Take a turn. Any thread.
 * account  its id
 * wait_s   when none is left (false): until the next one comes back, 1 or more
 */
bool server_rate_take(struct server_rate *rate, const char *account, uint32_t *wait_s);

/* It was not in vain. */
void server_rate_give_back(struct server_rate *rate, const char *account);

#endif
