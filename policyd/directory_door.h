/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_door: how many threads may be inside the directory at once.
 *
 * Who finds it full waits as long as answers come; when they have stopped coming he is turned away
 * at once. So a directory that hangs holds that many threads and no more, and one that is merely
 * busy turns nobody away.
 */
#ifndef AE_POLICYD_DIRECTORY_DOOR_H
#define AE_POLICYD_DIRECTORY_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cleanup.h"

struct directory_door;

/* most: 1 or more; stall_ms: how long no answer comes before nobody waits any more */
struct directory_door *directory_door_new(unsigned int most, uint32_t stall_ms);
void directory_door_free(struct directory_door *door); /* accepts NULL */
CLEANUP_DEFINE(directory_door, struct directory_door *, directory_door_free);

/* True: to be followed by directory_door_leave(). until_ns: of CLOCK_MONOTONIC */
bool directory_door_enter(struct directory_door *door, int64_t until_ns);

/* answered: the directory has, whatever it said */
void directory_door_leave(struct directory_door *door, bool answered);

#endif
