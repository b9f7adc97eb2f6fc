/* SPDX-License-Identifier: Apache-2.0 */
/* I1: kill -9 at any moment; whatever was acknowledged is there afterwards, whole. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { LIVES = 15, IN_FLIGHT = 16, LIFE_MAX = 4000, LOG_LIMIT = 512 * 1024 };

/* ---- the child: writes until it is killed -------------------------------------------- */

struct slot {
    struct ledger_certificate certificate;
    struct ledger_request request;
    struct ledger_decision decision;
    struct ledger_op op;
    unsigned int n;
    struct child *child;
};

struct child {
    struct ledger *ledger;
    int acknowledge; /* pipe */
    unsigned int next;
    struct slot slots[IN_FLIGHT];
};

static void settled(struct ledger_op *op);

/* A certificate, its reservation first for every other one; odd ones are revoked later. */
static void begin(struct slot *slot)
{
    slot->n = slot->child->next++;
    slot->certificate = fixture_certificate(slot->n);
    slot->request = fixture_request(slot->n);
    slot->decision = fixture_decision(slot->n);
    slot->decision.serial = slot->certificate.serial;
    slot->op = (struct ledger_op){
        .kind = LEDGER_SETTLE,
        .settle = {&slot->certificate, &slot->request, &slot->decision, false},
        .done = settled,
        .ctx = slot};
}

/* On the committer's thread: tell the parent, go on with the next. */
static void settled(struct ledger_op *op)
{
    struct slot *slot = op->ctx;
    struct ledger_op *next = &slot->op;

    if (!op->ok ||
        write(slot->child->acknowledge, &slot->n, sizeof(slot->n)) != sizeof(slot->n)) {
        _exit(1);
    }
    begin(slot);
    ledger_submit(slot->child->ledger, &next, 1);
}

static void live(const struct fixture *f, unsigned int first, int acknowledge)
{
    static struct child child;
    struct ledger_options options = f->options;

    options.wal_checkpoint_at = LOG_LIMIT / 2; /* so that checkpoints are hit too */
    options.wal_size_max = LOG_LIMIT;
    child.acknowledge = acknowledge;
    child.next = first;
    child.ledger = ledger_open(&options);
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        struct ledger_op *op = &child.slots[i].op;

        child.slots[i].child = &child;
        begin(&child.slots[i]);
        ledger_submit(child.ledger, &op, 1);
    }
    for (;;) {
        (void)pause();
    }
}

/* ---- the parent ---------------------------------------------------------------------- */

/* Kills the child after so many acknowledgements; all that ever came are in acknowledged. */
static size_t watch_and_kill(pid_t pid, int from, size_t after,
                             unsigned int *acknowledged)
{
    size_t count = 0;
    int status = 0;

    while (count < LIFE_MAX && read(from, &acknowledged[count], sizeof(*acknowledged)) ==
                                   (ssize_t)sizeof(*acknowledged)) {
        if (++count == after) {
            (void)kill(pid, SIGKILL);
        }
    }
    (void)waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return count;
}

static size_t live_and_die(const struct fixture *f, unsigned int first, size_t after,
                           unsigned int *acknowledged)
{
    int pipe_fds[2];

    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(pipe_fds[0]);
        live(f, first, pipe_fds[1]);
    }
    (void)close(pipe_fds[1]);
    size_t count = watch_and_kill(pid, pipe_fds[0], after, acknowledged);
    (void)close(pipe_fds[0]);
    return count;
}

/* All of it, or the test fails. */
static void assert_recorded(struct fixture *f, unsigned int n)
{
    struct ledger_serial serial = fixture_serial(n);
    AUTO(ledger_certificate) certificate = NULL;
    AUTO(ledger_request) request = NULL;
    AUTO(ledger_decision) decision = NULL;
    struct error err;

    assert_ok(ledger_certificate_get(f->ledger, &serial, &certificate, &err), &err);
    assert_ok(ledger_request_get(f->ledger, n, &request, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, n, &decision, &err), &err);
    if (certificate == NULL || request == NULL || decision == NULL) {
        fail_msg("certificate %u was acknowledged and is not there", n);
        return;
    }
    assert_int_equal(certificate->der.len, 900);
    assert_int_equal(request->state, LEDGER_REQUEST_ISSUED);
    assert_memory_equal(&decision->serial, &serial, sizeof(serial));
}

static void whatever_was_acknowledged_survives_kill_9(void **state)
{
    static unsigned int acknowledged[LIFE_MAX + 1];
    struct fixture *f = *state;
    unsigned int seed = (unsigned int)time(NULL);
    unsigned int first = 1;
    size_t total = 0;

    print_message("seed %u\n", seed);
    srandom(seed);
    ledger_free(f->ledger); /* no thread may be there when we fork */
    f->ledger = NULL;
    for (int life = 0; life < LIVES; life++) {
        size_t after = 1 + (size_t)random() % 300;
        size_t count = live_and_die(f, first, after, acknowledged);

        assert_true(count >= after);
        f->ledger = ledger_open(&f->options);
        fixture_expect_state(f->ledger, LEDGER_READY, "");
        for (size_t i = 0; i < count; i++) {
            assert_recorded(f, acknowledged[i]);
        }
        total += count;
        assert_true(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES) >= total);
        assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES),
                         fixture_count(f->ledger, LEDGER_TABLE_DECISIONS));
        first += (unsigned int)count + IN_FLIGHT + 1;
        ledger_free(f->ledger);
        f->ledger = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_was_acknowledged_survives_kill_9,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
