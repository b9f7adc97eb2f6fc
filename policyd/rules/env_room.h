/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env_room: where the blocks of one Lua state lie, so that the state can be had again as it was.
 *
 * Blocks are taken one behind the other and given back all at once; what does not fit any more is
 * on the heap. Not for two states at a time.
 */
#ifndef AE_POLICYD_RULES_ENV_ROOM_H
#define AE_POLICYD_RULES_ENV_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"

enum { ENV_ROOM = 256 * 1024 /* octets; a state as it is made takes a ninth of it */ };

struct env_room;

struct env_room *env_room_new(void);
void env_room_free(
    struct env_room *room); /* accepts NULL; none of its blocks is on the heap */
CLEANUP_DEFINE(env_room, struct env_room *, env_room_free);

/*
 * As Lua's allocator has it: size 0 frees, old NULL is a new block, had is what old was given.
 * returns  aligned as malloc's; NULL: size was 0, or the heap is exhausted
 */
void *env_room_reallocate(struct env_room *room, void *old, size_t had, size_t size);

/* Some block is on the heap: only its owner can free it. */
bool env_room_is_left(const struct env_room *room);

/* Keep what is there now. False: not all of it is in the room. Once. */
bool env_room_keep(struct env_room *room);

/* As it was kept, octet for octet and at the same addresses; what was behind it is zeroed. No block
 * is on the heap. */
void env_room_restore(struct env_room *room);

#endif
