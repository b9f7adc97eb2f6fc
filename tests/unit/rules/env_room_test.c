/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdint.h>

#include "policyd/rules/env_room.h"
#include "tests/support/test.h"

static void fill(unsigned char *block, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++) {
        block[i] = (unsigned char)(with + i);
    }
}

static bool holds(const unsigned char *block, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != (unsigned char)(with + i)) {
            return false;
        }
    }
    return true;
}

static void blocks_are_aligned_and_apart(void **state)
{
    AUTO(env_room) room = env_room_new();
    unsigned char *blocks[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = env_room_reallocate(room, NULL, 0, i + 1);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        fill(blocks[i], i + 1, (unsigned char)i);
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        assert_true(holds(blocks[i], i + 1, (unsigned char)i));
    }
    assert_false(env_room_is_left(room));
    assert_null(env_room_reallocate(room, NULL, 0, 0));
}

/* Small, large in the room, on the heap, large there, and small again. */
static void a_block_keeps_its_octets_wherever_it_goes(void **state)
{
    static const size_t sizes[] = {40,  41, 5000, 4000, ENV_ROOM, (size_t)ENV_ROOM * 2,
                                   100, 90};
    AUTO(env_room) room = env_room_new();
    unsigned char *block = env_room_reallocate(room, NULL, 0, 10);
    size_t had = 10;

    (void)state;
    fill(block, had, 7);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        block = env_room_reallocate(room, block, had, sizes[i]);
        assert_true(holds(block, sizes[i] < had ? sizes[i] : had, 7));
        fill(block, sizes[i], 7);
        had = sizes[i];
    }
    assert_true(env_room_is_left(room));
    assert_null(env_room_reallocate(room, block, had, 0));
    assert_false(env_room_is_left(room));
}

static void what_is_full_goes_on_to_the_heap(void **state)
{
    AUTO(env_room) room = env_room_new();
    unsigned char *whole = env_room_reallocate(room, NULL, 0, ENV_ROOM);

    (void)state;
    fill(whole, ENV_ROOM, 1);
    assert_false(env_room_is_left(room));
    unsigned char *more = env_room_reallocate(room, NULL, 0, 1);
    *more = 9;
    assert_true(env_room_is_left(room));
    assert_true(holds(whole, ENV_ROOM, 1));
    assert_false(env_room_keep(room)); /* it would be but a part */
    assert_null(env_room_reallocate(room, more, 1, 0));
    assert_true(env_room_keep(room));
}

static void restoring_brings_back_what_was_kept(void **state)
{
    AUTO(env_room) room = env_room_new();
    unsigned char *kept = env_room_reallocate(room, NULL, 0, 1000);

    (void)state;
    fill(kept, 1000, 3);
    assert_true(env_room_keep(room));
    for (int round = 0; round < 3; round++) {
        unsigned char *fresh = env_room_reallocate(room, NULL, 0, 100000);

        fill(fresh, 100000, 4);
        fill(kept, 1000, 5);
        assert_null(env_room_reallocate(room, kept, 1000, 0));
        env_room_restore(room);
        assert_true(holds(kept, 1000, 3));
        for (size_t i = 0; i < 100000; i++) {
            assert_int_equal(fresh[i], 0); /* nobody's facts are left */
        }
        assert_ptr_equal(env_room_reallocate(room, NULL, 0, 100000), fresh);
        env_room_restore(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_apart),
        cmocka_unit_test(a_block_keeps_its_octets_wherever_it_goes),
        cmocka_unit_test(what_is_full_goes_on_to_the_heap),
        cmocka_unit_test(restoring_brings_back_what_was_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
