/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/port_strike.h"

#include <stdio.h>
#include <string.h>

static const struct port_strike *find(const struct port_strikes *strikes,
                                      const char *account, const char *template)
{
    for (size_t i = 0; i < strikes->count; i++) {
        const struct port_strike *strike = &strikes->list[i];
        if (strcmp(strike->account, account) == 0 &&
            strcmp(strike->template, template) == 0) {
            return strike;
        }
    }
    return NULL;
}

/* An empty row: a new one, or that whose last strike is the oldest. */
static size_t make_room(struct port_strikes *strikes)
{
    size_t oldest = 0;

    if (strikes->count < PORT_STRIKES_MAX) {
        return strikes->count++;
    }
    for (size_t i = 1; i < strikes->count; i++) {
        if (strikes->list[i].at_s[0] < strikes->list[oldest].at_s[0]) {
            oldest = i;
        }
    }
    return oldest;
}

void port_strike_add(struct port_strikes *strikes, const char *account,
                     const char *template, int64_t now_s)
{
    const struct port_strike *known = find(strikes, account, template);
    size_t at = known != NULL ? (size_t)(known - strikes->list) : make_room(strikes);
    struct port_strike *strike = &strikes->list[at];

    if (known == NULL) {
        *strike = (struct port_strike){.until_s = 0};
        for (size_t i = 0; i < RULES_STRIKES; i++) {
            strike->at_s[i] = now_s - RULES_STRIKE_WINDOW_S - 1; /* long ago */
        }
        (void)snprintf(strike->account, sizeof(strike->account), "%s", account);
        (void)snprintf(strike->template, sizeof(strike->template), "%s", template);
    }
    memmove(&strike->at_s[1], &strike->at_s[0],
            (RULES_STRIKES - 1) * sizeof(strike->at_s[0]));
    strike->at_s[0] = now_s;
    if (now_s - strike->at_s[RULES_STRIKES - 1] <= RULES_STRIKE_WINDOW_S) {
        strike->until_s = now_s + RULES_QUARANTINE_S;
    }
}

int64_t port_strike_left(const struct port_strikes *strikes, const char *account,
                         const char *template, int64_t now_s)
{
    const struct port_strike *strike = find(strikes, account, template);

    return strike != NULL && strike->until_s > now_s ? strike->until_s - now_s : 0;
}
