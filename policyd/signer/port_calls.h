/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_calls: which calls are open, found by their exchange. For the .c files of port only;
 * whoever calls holds the port's lock.
 */
#ifndef AE_POLICYD_SIGNER_PORT_CALLS_H
#define AE_POLICYD_SIGNER_PORT_CALLS_H

#include "policyd/signer/port.h"

enum { PORT_BUCKETS = 256 };

struct port_calls {
    struct signer_call *buckets[PORT_BUCKETS];
    size_t open;
};

/* A list in the order in which it was filled. */
struct port_list {
    struct signer_call *first;
    struct signer_call **end;
};
void port_list_init(struct port_list *list);
void port_list_add(struct port_list *list, struct signer_call *call);
struct signer_call *port_list_take(struct port_list *list); /* NULL: empty */

/* exchange is set; no open call has it. */
void port_calls_put(struct port_calls *calls, struct signer_call *call);

/* The call is open no longer; NULL when none has this exchange. */
struct signer_call *port_calls_take(struct port_calls *calls, uint64_t exchange);

/* All of them, appended to the list. */
void port_calls_take_all(struct port_calls *calls, struct port_list *list);

/* Is one of them past its deadline? */
bool port_calls_is_late(const struct port_calls *calls, int64_t now_ns);

#endif
