/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/env_room.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { ALIGNMENT = alignof(max_align_t) };
_Static_assert(ENV_ROOM % ALIGNMENT == 0, "the last block ends where the room does");

struct env_room {
    size_t used;      /* octets of the room, from its beginning */
    size_t outside;   /* blocks on the heap */
    size_t kept_size; /* of what is kept */
    unsigned char *kept;
    alignas(ALIGNMENT) unsigned char octets[ENV_ROOM];
};

struct env_room *env_room_new(void)
{
    return mem_new(sizeof(struct env_room));
}

void env_room_free(struct env_room *room)
{
    if (room != NULL) {
        free(room->kept);
        free(room);
    }
}

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool is_inside(const struct env_room *room, const void *block)
{
    return (const unsigned char *)block >= room->octets &&
           (const unsigned char *)block < room->octets + ENV_ROOM;
}

static void *take(struct env_room *room, size_t size)
{
    void *block = NULL;

    if (size <= ENV_ROOM - room->used) {
        block = room->octets + room->used;
        room->used += round_up(size);
        return block;
    }
    block = malloc(size);
    room->outside += block != NULL;
    return block;
}

static void *move(struct env_room *room, const void *old, size_t had, size_t size)
{
    void *block = take(room, size);

    if (block != NULL) {
        memcpy(block, old, had);
    }
    return block;
}

void *env_room_reallocate(struct env_room *room, void *old, size_t had, size_t size)
{
    if (old == NULL) {
        return size == 0 ? NULL : take(room, size);
    }
    if (is_inside(room, old)) {
        if (size == 0) {
            return NULL;
        }
        return size <= round_up(had) ? old : move(room, old, had, size);
    }
    if (size == 0) {
        free(old);
        room->outside--;
        return NULL;
    }
    return realloc(old, size);
}

bool env_room_is_left(const struct env_room *room)
{
    return room->outside > 0;
}

bool env_room_keep(struct env_room *room)
{
    assert(room->kept == NULL);
    if (room->outside > 0) {
        return false;
    }
    room->kept = mem_dup(room->octets, room->used);
    room->kept_size = room->used;
    return true;
}

void env_room_restore(struct env_room *room)
{
    assert(room->outside == 0);
    memcpy(room->octets, room->kept, room->kept_size);
    explicit_bzero(room->octets + room->kept_size, room->used - room->kept_size);
    room->used = room->kept_size;
}
