/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: how many threads may be inside one dependency at once.
 *
 * A dependency that hangs then holds that many threads and no more; everybody else is turned
 * away at once and the other threads go on serving what does not need it. For what few ask at
 * once; where many come and should wait while answers do, there is directory_door.h.
 */
#ifndef AE_POLICYD_GATE_H
#define AE_POLICYD_GATE_H

#include <stdatomic.h>
#include <stdbool.h>

struct gate {
    atomic_uint inside;
    unsigned int most;
};

#define GATE_OF(number)                                                                  \
    {                                                                                    \
        .inside = 0, .most = (number)                                                    \
    }

/* True: to be followed by gate_leave(). Never waits. */
static inline bool gate_enter(struct gate *gate)
{
    if (atomic_fetch_add(&gate->inside, 1) < gate->most) {
        return true;
    }
    (void)atomic_fetch_sub(&gate->inside, 1);
    return false;
}

static inline void gate_leave(struct gate *gate)
{
    (void)atomic_fetch_sub(&gate->inside, 1);
}

#endif
