/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"

#include "policyd/signer/port_ask.h"
#include "tests/support/fake_signer.h"
#include "tests/support/proposal.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { WAIT_MS = 120000, STEP_MS = 5, TIMEOUT_MS = 1000 };

struct wires {
    char *directory;
    struct fake_signer *signer;
    struct signer_port *port;
    atomic_uint done;
    atomic_uint told_at; /* how many were done when answered() was called last */
    atomic_bool lost;
    atomic_bool failed_unheard; /* a call, before the owner had heard of the loss */
    sem_t all_told;
    sem_t failed;
};

static void note_loss(void *ctx, uint64_t connection, const struct error *why)
{
    struct wires *w = ctx;

    (void)connection;
    (void)why;
    w->lost = true;
}

static void tell(void *ctx)
{
    struct wires *w = ctx;

    w->told_at = w->done;
    (void)sem_post(&w->all_told);
}

static int set_up(void **state)
{
    struct wires *w = mem_new(sizeof(*w));
    struct error err = {0};

    w->directory = temp_dir_new();
    w->signer = fake_signer_new(w->directory);
    const struct signer_port_options options = {.path = fake_signer_path(w->signer),
                                                .software = "0.1.0",
                                                .retry_min_ms = 1,
                                                .lost = note_loss,
                                                .answered = tell,
                                                .ctx = w};
    (void)sem_init(&w->all_told, 0, 0);
    (void)sem_init(&w->failed, 0, 0);
    assert_ok(signer_port_new(&options, &w->port, &err), &err);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct wires *w = *state;

    signer_port_free(w->port);
    fake_signer_free(w->signer);
    temp_dir_free(w->directory);
    free(w);
    return 0;
}

static void await_connection(struct wires *w, uint64_t connection)
{
    const struct timespec moment = {0, STEP_MS * INT64_C(1000000)};
    struct signer_port_state s = {0};

    for (int i = 0; i < WAIT_MS / STEP_MS; i++) {
        signer_port_get_state(w->port, &s);
        if (s.connected && s.connection >= connection) {
            return;
        }
        (void)nanosleep(&moment, NULL);
    }
    fail_msg("never connected: %s", s.message);
}

/* Nothing else is going on, so that nothing else can wake the port's thread. */
static void signer_port_gives_up_a_silent_signer_after_having_been_idle(void **state)
{
    enum { ROUNDS = 4 };
    struct wires *w = *state;
    AUTO(proposal) proposal = proposal_new(1);
    struct wire_issue_intent intent;

    issue_intent(&proposal->p, TIMEOUT_MS, &intent);
    fake_signer_pause(w->signer, true);
    for (uint64_t connection = 1; connection <= ROUNDS; connection++) {
        const struct signer_question question = {.message = &wire_issue_intent_message,
                                                 .record = &intent,
                                                 .wanted = &wire_issue_result_message,
                                                 .timeout_ms = TIMEOUT_MS};
        AUTO(signer_reply) reply = {0};
        struct error err = {0};

        await_connection(w, connection);
        assert_false(signer_port_ask(w->port, &question, &reply, &err));
        assert_int_equal(err.code, ERROR_UNAVAILABLE);
        assert_true(reply.unknown);
    }
    fake_signer_pause(w->signer, false);
}

static void count_done(struct signer_call *call)
{
    struct wires *w = call->ctx;

    assert_true(call->ok);
    assert_int_equal(call->type, WIRE_TYPE_ISSUE_RESULT);
    w->done++;
}

/* Encoded beforehand or not, the signer gets the same. */
static void signer_port_tells_that_answers_came_when_they_are_done(void **state)
{
    enum { COUNT = 8 };
    struct wires *w = *state;
    static struct signer_call calls[COUNT];
    static struct wire_issue_intent intents[COUNT];
    struct signer_call *list[COUNT];
    struct proposal *proposals[COUNT];
    struct buf encoded[COUNT] = {0};
    struct error err = {0};

    await_connection(w, 1);
    fake_signer_pause(w->signer, true);
    for (unsigned int i = 0; i < COUNT; i++) {
        proposals[i] = proposal_new(i + 1);
        issue_intent(&proposals[i]->p, WAIT_MS, &intents[i]);
        assert_ok(wire_issue_intent_encode(&intents[i], &encoded[i], &err), &err);
        calls[i] = (struct signer_call){.message = &wire_issue_intent_message,
                                        .record = &intents[i],
                                        .timeout_ms = WAIT_MS,
                                        .done = count_done,
                                        .ctx = w};
        if (i % 2 == 0) {
            calls[i].record = NULL;
            calls[i].encoded = buf_bytes(&encoded[i]);
        }
        list[i] = &calls[i];
    }
    signer_port_submit(w->port, list, COUNT);
    fake_signer_await(w->signer, WIRE_TYPE_ISSUE_INTENT, COUNT);
    fake_signer_pause(w->signer, false);
    while (w->told_at < COUNT) {
        (void)sem_wait(&w->all_told);
    }

    assert_int_equal(w->done, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        buf_clear(&calls[i].answer);
        buf_clear(&encoded[i]);
        proposal_free(proposals[i]);
    }
}

static void note_failure(struct signer_call *call)
{
    struct wires *w = call->ctx;

    w->failed_unheard = !call->ok && !w->lost;
    (void)sem_post(&w->failed);
}

static void signer_port_tells_its_owner_of_a_loss_before_the_callers(void **state)
{
    struct wires *w = *state;
    AUTO(proposal) proposal = proposal_new(1);
    struct wire_issue_intent intent;
    struct signer_call call = {.message = &wire_issue_intent_message,
                               .record = &intent,
                               .timeout_ms = WAIT_MS,
                               .done = note_failure,
                               .ctx = w};
    struct signer_call *list[] = {&call};

    issue_intent(&proposal->p, WAIT_MS, &intent);
    await_connection(w, 1);
    fake_signer_pause(w->signer, true);
    signer_port_submit(w->port, list, 1);
    fake_signer_await(w->signer, WIRE_TYPE_ISSUE_INTENT, 1);
    fake_signer_restart(w->signer);
    (void)sem_wait(&w->failed);
    fake_signer_pause(w->signer, false);

    assert_false(call.ok);
    assert_true(w->lost);
    assert_false(w->failed_unheard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            signer_port_gives_up_a_silent_signer_after_having_been_idle, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            signer_port_tells_that_answers_came_when_they_are_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            signer_port_tells_its_owner_of_a_loss_before_the_callers, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
