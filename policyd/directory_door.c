/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_door.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#include "policyd/directory_ask.h"

#define NS_PER_MS INT64_C(1000000)

struct directory_door {
    unsigned int most;
    int64_t stall_ns;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t left;
    unsigned int inside;
    bool answers;     /* the last one who left had an answer */
    int64_t alive_ns; /* when that was, or when it became full after it */
};

struct directory_door *directory_door_new(unsigned int most, uint32_t stall_ms)
{
    struct directory_door *door = mem_new(sizeof(*door));

    door->most = most;
    door->stall_ns = stall_ms * NS_PER_MS;
    door->answers = true;
    (void)pthread_mutex_init(&door->lock, NULL);
    (void)pthread_cond_init(&door->left, NULL);
    return door;
}

void directory_door_free(struct directory_door *door)
{
    if (door != NULL) {
        (void)pthread_cond_destroy(&door->left);
        (void)pthread_mutex_destroy(&door->lock);
        free(door);
    }
}

/* The lock is held. */
static bool await_room(struct directory_door *door, int64_t until_ns)
{
    while (door->inside >= door->most) {
        int64_t stalled_ns = door->alive_ns + door->stall_ns;
        int64_t end_ns = stalled_ns < until_ns ? stalled_ns : until_ns;
        const struct timespec end = {.tv_sec = end_ns / CLOCK_NS_PER_SECOND,
                                     .tv_nsec = end_ns % CLOCK_NS_PER_SECOND};

        if (directory_ask_now_ns() >= end_ns) {
            return false;
        }
        (void)pthread_cond_clockwait(&door->left, &door->lock, CLOCK_MONOTONIC, &end);
    }
    return true;
}

bool directory_door_enter(struct directory_door *door, int64_t until_ns)
{
    (void)pthread_mutex_lock(&door->lock);
    bool room = await_room(door, until_ns);
    door->inside += room ? 1 : 0;
    if (room && door->inside == door->most && door->answers) {
        door->alive_ns = directory_ask_now_ns();
    }
    (void)pthread_mutex_unlock(&door->lock);
    return room;
}

void directory_door_leave(struct directory_door *door, bool answered)
{
    (void)pthread_mutex_lock(&door->lock);
    door->inside--;
    door->answers = answered;
    if (answered) {
        door->alive_ns = directory_ask_now_ns();
    }
    (void)pthread_cond_signal(&door->left);
    (void)pthread_mutex_unlock(&door->lock);
}
