/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_strike: which account and template keep killing workers, and for how long they are
 * not served. Never by the request's octets: they are new at every attempt.
 */
#ifndef AE_POLICYD_RULES_PORT_STRIKE_H
#define AE_POLICYD_RULES_PORT_STRIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policyd/rules/port.h"

enum { PORT_STRIKES_MAX = 256 /* pairs remembered; the oldest goes */ };

struct port_strike {
    char account[WIRE_ID_MAX + 1];
    char template[WIRE_NAME_MAX + 1];
    int64_t at_s[RULES_STRIKES]; /* the latest ones, newest first */
    int64_t until_s;             /* of the quarantine; 0: none */
};

struct port_strikes {
    struct port_strike list[PORT_STRIKES_MAX];
    size_t count;
};

/* A worker died over this pair. */
void port_strike_add(struct port_strikes *strikes, const char *account,
                     const char *template, int64_t now_s);
/* Seconds for which it is not served; 0: it is. */
int64_t port_strike_left(const struct port_strikes *strikes, const char *account,
                         const char *template, int64_t now_s);

#endif
