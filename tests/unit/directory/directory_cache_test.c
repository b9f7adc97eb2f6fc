/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/directory_cache.h"
#include "policyd/directory_record.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"

enum { FEW = 512, MANY = 8192, TTL_S = 30, KEY_MAX = 64 };

struct setup {
    struct fake_clock time;
    struct clock clock;
    struct directory_cache *cache;
};

static void begin(struct setup *s)
{
    *s = (struct setup){.cache = NULL};
    s->clock = fake_clock_port(&s->time);
    s->cache = directory_cache_new(&s->clock, TTL_S);
}

/* An account of its own; it was looked up then. */
static void put(struct setup *s, const char *key, const char *version, int64_t started_ns)
{
    AUTO(directory_record) record = directory_record_new();

    directory_cache_put(s->cache, key, version, started_ns,
                        directory_record_account(record));
}

static bool is_kept(struct setup *s, const char *key, const char *version,
                    int64_t *started_ns)
{
    AUTO(directory_account)
    account = directory_cache_get(s->cache, key, version, started_ns);

    return account != NULL;
}

static void put_hosts(struct setup *s, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        char key[KEY_MAX];

        (void)snprintf(key, sizeof(key), "host/h%d.example.test@EXAMPLE.TEST", (int)i);
        put(s, key, "1", i);
    }
}

/* How many of the hosts from..to are kept as they were put. */
static int64_t count_kept(struct setup *s, int64_t from, int64_t to)
{
    int64_t kept = 0;

    for (int64_t i = from; i < to; i++) {
        char key[KEY_MAX];
        int64_t started_ns = -1;

        (void)snprintf(key, sizeof(key), "host/h%d.example.test@EXAMPLE.TEST", (int)i);
        kept += is_kept(s, key, "1", &started_ns) && started_ns == i ? 1 : 0;
    }
    return kept;
}

static void few_accounts_do_not_displace_one_another(void **state)
{
    struct setup s;

    (void)state;
    begin(&s);
    put_hosts(&s, FEW);

    assert_int_equal(count_kept(&s, 0, FEW), FEW);
    directory_cache_free(s.cache);
}

static void of_many_accounts_the_oldest_are_displaced(void **state)
{
    struct setup s;

    (void)state;
    begin(&s);
    put_hosts(&s, MANY);

    assert_int_equal(count_kept(&s, MANY - FEW, MANY), FEW);
    assert_int_equal(count_kept(&s, 0, FEW), 0);
    directory_cache_free(s.cache);
}

static void nobody_is_given_an_account_of_others(void **state)
{
    struct setup s;
    int64_t started_ns = -1;

    (void)state;
    begin(&s);
    put_hosts(&s, MANY); /* wherever one looks somebody is */

    assert_false(is_kept(&s, "host/new.example.test@EXAMPLE.TEST", "1", &started_ns));
    assert_int_equal(started_ns, -1);
    put(&s, "host/new.example.test@EXAMPLE.TEST", "1", MANY);
    assert_true(is_kept(&s, "host/new.example.test@EXAMPLE.TEST", "1", &started_ns));
    assert_int_equal(started_ns, MANY);
    directory_cache_free(s.cache);
}

static void an_account_that_is_put_again_leaves_nothing_older_behind(void **state)
{
    struct setup s;
    int64_t started_ns = -1;

    (void)state;
    begin(&s);
    put_hosts(&s, FEW);
    put(&s, "host/h7.example.test@EXAMPLE.TEST", "2", FEW);

    assert_false(is_kept(&s, "host/h7.example.test@EXAMPLE.TEST", "1", &started_ns));
    assert_int_equal(started_ns, -1);
    assert_true(is_kept(&s, "host/h7.example.test@EXAMPLE.TEST", "2", &started_ns));
    assert_int_equal(started_ns, FEW);
    assert_int_equal(count_kept(&s, 0, FEW), FEW - 1);
    directory_cache_free(s.cache);
}

static void an_account_is_kept_until_its_time_is_over(void **state)
{
    struct setup s;

    (void)state;
    begin(&s);
    put_hosts(&s, 1);

    fake_clock_advance(&s.time, TTL_S - 1);
    assert_int_equal(count_kept(&s, 0, 1), 1);
    fake_clock_advance(&s.time, 1);
    assert_int_equal(count_kept(&s, 0, 1), 0);
    directory_cache_free(s.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_accounts_do_not_displace_one_another),
        cmocka_unit_test(of_many_accounts_the_oldest_are_displaced),
        cmocka_unit_test(nobody_is_given_an_account_of_others),
        cmocka_unit_test(an_account_that_is_put_again_leaves_nothing_older_behind),
        cmocka_unit_test(an_account_is_kept_until_its_time_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
