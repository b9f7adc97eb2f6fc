/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_door.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"

#define NS_PER_MS INT64_C(1000000)

struct directory_door {
    unsigned int most;
    int64_t stall_ns;
    const struct clock *clock;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t left;
    unsigned int inside;
    size_t waiting;
    bool answers;     /* the last one who left and had asked had an answer */
    int64_t alive_ns; /* when that was, or when it became full after it */
};

struct directory_door *directory_door_new(unsigned int most, uint32_t stall_ms,
                                          const struct clock *clock)
{
    struct directory_door *door = mem_new(sizeof(*door));

    door->most = most;
    door->stall_ns = stall_ms * NS_PER_MS;
    door->clock = clock;
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

size_t directory_door_waiting(struct directory_door *door)
{
    (void)pthread_mutex_lock(&door->lock);
    size_t waiting = door->waiting;
    (void)pthread_mutex_unlock(&door->lock);
    return waiting;
}

unsigned int directory_door_share(unsigned int threads)
{
    unsigned int spared = threads / 4;

    if (spared == 0 && threads > 1) {
        spared = 1;
    }
    return threads - spared;
}

/* The lock is held. Until somebody leaves, but no longer than that. */
static void wait_for(struct directory_door *door, int64_t time_ns)
{
    int64_t end_ns = directory_ask_now_ns() + time_ns;
    const struct timespec end = {.tv_sec = end_ns / CLOCK_NS_PER_SECOND,
                                 .tv_nsec = end_ns % CLOCK_NS_PER_SECOND};

    door->waiting++;
    (void)pthread_cond_clockwait(&door->left, &door->lock, CLOCK_MONOTONIC, &end);
    door->waiting--;
}

/* The lock is held. */
static bool await_room(struct directory_door *door, int64_t patience_ns)
{
    int64_t until_ns = clock_boottime_ns(door->clock) + patience_ns;

    while (door->inside >= door->most) {
        int64_t stalled_ns = door->alive_ns + door->stall_ns;
        int64_t end_ns = stalled_ns < until_ns ? stalled_ns : until_ns;
        int64_t now_ns = clock_boottime_ns(door->clock);

        if (now_ns >= end_ns) {
            return false;
        }
        wait_for(door, end_ns - now_ns);
    }
    return true;
}

bool directory_door_enter(struct directory_door *door, int64_t patience_ns)
{
    (void)pthread_mutex_lock(&door->lock);
    bool room = await_room(door, patience_ns);
    door->inside += room ? 1 : 0;
    if (room && door->inside == door->most && door->answers) {
        door->alive_ns = clock_boottime_ns(door->clock);
    }
    (void)pthread_mutex_unlock(&door->lock);
    return room;
}

void directory_door_leave(struct directory_door *door, enum directory_heard heard)
{
    (void)pthread_mutex_lock(&door->lock);
    door->inside--;
    if (heard != DIRECTORY_HEARD_NOTHING) {
        door->answers = heard == DIRECTORY_HEARD_ANSWER;
    }
    if (heard == DIRECTORY_HEARD_ANSWER) {
        door->alive_ns = clock_boottime_ns(door->clock);
    }
    (void)pthread_cond_signal(&door->left);
    (void)pthread_mutex_unlock(&door->lock);
}
