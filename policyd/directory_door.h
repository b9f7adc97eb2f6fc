/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_door: how many threads may be inside the directory at once. Any thread.
 *
 * Who finds it full waits as long as answers come; when they have stopped coming he is turned away
 * at once. So a directory that hangs holds that many threads and no more, and one that is merely
 * busy turns nobody away. A gate (gate.h) knows nothing of answers and lets nobody wait: it is for
 * what few ask at once.
 */
#ifndef AE_POLICYD_DIRECTORY_DOOR_H
#define AE_POLICYD_DIRECTORY_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"

#include "policyd/directory_ask.h"

struct directory_door;

/*
 * most      1 or more
 * stall_ms  how long no answer comes before nobody waits any more
 * clock     borrowed for the door's life
 */
struct directory_door *directory_door_new(unsigned int most, uint32_t stall_ms,
                                          const struct clock *clock);
void directory_door_free(
    struct directory_door *door); /* accepts NULL; nobody is inside */
CLEANUP_DEFINE(directory_door, struct directory_door *, directory_door_free);

/* How many of so many threads may be inside: three quarters; of two or three all but one. */
unsigned int directory_door_share(unsigned int threads);

/*
 * Come in; the calling thread may be held for patience_ns, and is not where there is room.
 *
 * returns  true: to be followed by directory_door_leave(), from any thread; false: not inside, and
 *          must not leave: it was full, and no answers came for stall_ms or patience_ns was over
 */
AE_MUST_CHECK bool directory_door_enter(struct directory_door *door, int64_t patience_ns);

/* heard: NOTHING leaves what is known of the directory as it was */
void directory_door_leave(struct directory_door *door, enum directory_heard heard);

/* How many wait for room, for tests. */
size_t directory_door_waiting(struct directory_door *door);

#endif
