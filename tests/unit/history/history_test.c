/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/history/history.h"
#include "common/wire/journal.h"

#include "policyd/signer/journal.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define DAY_NS   UINT64_C(86400000000000)
#define FIRST_NS (UINT64_C(20000) * DAY_NS)

/* A journal that somebody else than the signer wrote. */
struct house {
    char *directory;
    uint64_t now_ns;
    struct journal *journal;
};

static int set_up(void **state)
{
    static struct house house;

    house = (struct house){.directory = temp_dir_new(), .now_ns = FIRST_NS};
    *state = &house;
    return 0;
}

static int tear_down(void **state)
{
    struct house *h = *state;

    journal_free(h->journal);
    temp_dir_free(h->directory);
    return 0;
}

/* Each run comes a day after the one before. */
static void begin_run(struct house *h)
{
    const struct journal_options options = {h->directory, 1 << 20};
    struct error err = {0};

    journal_free(h->journal);
    h->now_ns += DAY_NS;
    assert_ok(journal_open(&options, h->now_ns, &h->journal, &err), &err);
}

static void put(struct house *h, enum wire_record type, const void *record)
{
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    assert_ok(wire_message_encode(wire_record_message(type), record, &payload, &err),
              &err);
    assert_ok(journal_prepare(h->journal, h->now_ns, &err), &err);
    (void)journal_append(h->journal, (uint16_t)type, h->now_ns, buf_bytes(&payload));
    assert_ok(journal_commit(h->journal, JOURNAL_SYNCED, &err), &err);
}

static void put_start(struct house *h)
{
    const struct wire_journal_start start = {
        .software = "0.1.0", .pid = 1, .node = WIRE_NODE_MIN, .frozen_sentence = ""};

    put(h, WIRE_RECORD_START, &start);
}

static void put_crl(struct house *h, uint32_t shard, uint64_t number)
{
    const struct wire_journal_crl crl = {.begin = {.request_id = "crl",
                                                   .ca = "lab",
                                                   .shard = shard,
                                                   .number = number,
                                                   .next_update_utc = 1,
                                                   .deadline_ms = 1},
                                         .tbs_octets = 1};

    put(h, WIRE_RECORD_CRL, &crl);
}

static void put_number(struct house *h, uint32_t shard, uint64_t number)
{
    const struct wire_journal_crl_number last = {"lab", 0, shard, number};

    put(h, WIRE_RECORD_CRL_NUMBER, &last);
}

static void ignore(void *ctx, const char *template, const char *profile,
                   int64_t signed_utc)
{
    (void)ctx;
    (void)template;
    (void)profile;
    (void)signed_utc;
}

/* As a start does that comes a day later. */
static void read_history(struct house *h, struct history *out)
{
    const struct history_listener listener = {
        (int64_t)((h->now_ns + DAY_NS) / CLOCK_NS_PER_SECOND), ignore, NULL};
    struct error err = {0};

    assert_ok(history_read(h->directory, &listener, out, &err), &err);
}

static bool is_free(const struct history *history, uint32_t shard, uint64_t number)
{
    const struct crl_number wanted = {"lab", 0, shard, number};
    struct error err = {0};

    return crl_numbers_check(&history->crls, &wanted, &err);
}

static void the_highest_number_of_each_crl_counts(void **state)
{
    struct house *h = *state;
    AUTO(history) history = {0};

    begin_run(h);
    put_start(h);
    put_crl(h, 0, 9);
    put_crl(h, 0, 4);
    put_crl(h, 1, 3);
    read_history(h, &history);

    assert_false(is_free(&history, 0, 9));
    assert_true(is_free(&history, 0, 10));
    assert_false(is_free(&history, 1, 3));
    assert_true(is_free(&history, 1, 4));
    assert_true(is_free(&history, 2, 1));
}

static void numbers_in_front_of_a_start_are_all_there_are(void **state)
{
    struct house *h = *state;
    AUTO(history) history = {0};

    begin_run(h);
    put_start(h);
    put_crl(h, 0, 5);
    put_crl(h, 3, 1); /* never carried over: shows how far is read */
    begin_run(h);
    put_number(h, 0, 5);
    put_number(h, 1, 7);
    put_start(h);
    read_history(h, &history);

    assert_int_equal(history.crls.count, 2);
    assert_false(is_free(&history, 0, 5));
    assert_false(is_free(&history, 1, 7));
}

/* The end was torn off, or it was no run of the service: then the run before it counts, too. */
static void numbers_without_a_start_are_not_the_whole(void **state)
{
    struct house *h = *state;
    AUTO(history) history = {0};

    begin_run(h);
    put_start(h);
    put_crl(h, 0, 5);
    put_crl(h, 1, 7);
    begin_run(h);
    put_number(h, 0, 5);
    put_crl(h, 2, 1);
    read_history(h, &history);

    assert_false(is_free(&history, 0, 5));
    assert_false(is_free(&history, 1, 7));
}

static void there_is_a_most_of_crls(void **state)
{
    AUTO(crl_numbers) numbers = {.count = 0};
    struct error err = {0};
    (void)state;

    for (uint32_t i = 0; i < CRL_NUMBERS_MAX; i++) {
        const struct crl_number used = {"lab", 0, i, 1};

        assert_ok(crl_numbers_check(&numbers, &used, &err), &err);
        crl_numbers_note(&numbers, &used);
    }
    const struct crl_number more = {"lab", 0, CRL_NUMBERS_MAX, 1};
    assert_fails(crl_numbers_check(&numbers, &more, &err), &err, ERROR_DENIED, "no room");
    crl_numbers_note(&numbers, &more);
    assert_int_equal(numbers.count, CRL_NUMBERS_MAX);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(the_highest_number_of_each_crl_counts),
        STORY(numbers_in_front_of_a_start_are_all_there_are),
        STORY(numbers_without_a_start_are_not_the_whole),
        cmocka_unit_test(there_is_a_most_of_crls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
