/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/agent.h"
#include "autoenroll-client/keystore.h"
#include "tests/support/agent_half.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { DAY = 86400 };

/* A host with an empty store, and a server that issues. */
struct scene {
    char *directory, *store, *anchors;
    struct fake_clock fake;
    struct clock clock;
    struct agent_half *half;
    enum wire_account_kind kind;
    struct agent_result result; /* of the last run */
    size_t kept;                /* how often something was kept, */
    bool is_alone; /* and whether anybody else could have had the store then */
    bool cannot_keep;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));
    AUTO(buf) pem = BUF_EMPTY;
    struct error err;

    s->directory = temp_dir_new();
    s->store = mem_printf("%s/store", s->directory);
    s->anchors = mem_printf("%s/ca.pem", s->directory);
    s->clock = fake_clock_port(&s->fake);
    fake_clock_set(&s->fake, FIXTURE_NOW);
    s->half = agent_half_new(&s->clock);
    s->kind = WIRE_ACCOUNT_MACHINE;
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(s->half->ca), &pem);
    assert_ok(file_write_atomic(s->anchors, buf_bytes(&pem), FILE_MODE(0644), &err),
              &err);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    agent_result_clear(&s->result);
    agent_half_free(s->half);
    temp_dir_free(s->directory);
    free(s->store);
    free(s->anchors);
    free(s);
    return 0;
}

static enum error_code open_store(const struct scene *s, struct keystore **out)
{
    const struct keystore_options options = {.directory = s->store};
    struct error err = {.code = ERROR_NONE};

    return keystore_open(&options, out, &err) ? ERROR_NONE : err.code;
}

static bool keep(void *ctx, const struct agent_result *result, struct error *err)
{
    struct scene *s = ctx;
    AUTO(keystore) other = NULL;

    s->kept++;
    s->is_alone = open_store(s, &other) == ERROR_CONFLICT;
    assert_true(result->finished_utc >= result->started_utc && result->finished_utc > 0);
    return !s->cannot_keep || error_set(err, ERROR_UNAVAILABLE, "the disk is full");
}

static int run(struct scene *s, enum agent_job job)
{
    const struct agent_keeper keeper = {keep, s};
    const struct agent_network network = agent_half_port(s->half);
    const struct agent_options options = {
        .job = job,
        .only = job == AGENT_RENEW || job == AGENT_ENROLL ? "Machine" : "",
        .store = s->store,
        .anchors = s->anchors,
        .hooks = "",
        .kind = s->kind,
        .timeout_ms = 1000,
        .software = "1.0",
        .clock = &s->clock,
        .network = &network,
        .keeper = &keeper};

    agent_result_clear(&s->result);
    agent_run(&options, &s->result);
    return s->result.exit_code;
}

static void assert_line(const struct scene *s, enum wire_health health, const char *event)
{
    assert_int_equal(s->result.line_count, 1);
    assert_int_equal(s->result.lines[0].health, health);
    assert_string_equal(s->result.lines[0].event, event);
}

static void assert_asked(const struct scene *s, size_t i, enum wire_op op,
                         enum wire_credential credential)
{
    assert_true(i < s->half->asked_count);
    assert_int_equal(s->half->asked[i].op, op);
    assert_int_equal(s->half->asked[i].credential, credential);
}

static bool is_same_key(const struct scene *s, size_t a, size_t b)
{
    return bytes_equal(buf_bytes(&s->half->asked[a].spki),
                       buf_bytes(&s->half->asked[b].spki));
}

static bool has_current(const struct scene *s)
{
    AUTO(string) path = mem_printf("%s/certs/Machine/current/cert.pem", s->store);
    struct stat st;

    return stat(path, &st) == 0;
}

/* The reply to question i. */
static void fails(struct scene *s, size_t i, enum wire_failure failure,
                  const char *reason)
{
    s->half->replies[i] =
        (struct half_reply){.deed = HALF_FAILS, .failure = failure, .reason = reason};
}

/* ---- all is well --------------------------------------------------------------------- */

static void a_first_run_enrolls_with_a_ticket_and_a_second_does_nothing(void **state)
{
    struct scene *s = *state;

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_line(s, WIRE_HEALTH_HEALTHY, "issued");
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_line(s, WIRE_HEALTH_HEALTHY, "");

    assert_int_equal(s->half->asked_count, 1);
    assert_asked(s, 0, WIRE_OP_ENROLL, WIRE_CREDENTIAL_KERBEROS);
    assert_int_equal(s->half->report_count, 2);
    assert_int_equal(s->half->reported, WIRE_HEALTH_HEALTHY);
}

static void in_its_window_it_is_renewed_with_the_old_one_and_another_key(void **state)
{
    struct scene *s = *state;

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    fake_clock_advance(&s->fake, 91 * (int64_t)DAY);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "renewed");
    assert_asked(s, 1, WIRE_OP_REKEY, WIRE_CREDENTIAL_CERTIFICATE);
    assert_false(is_same_key(s, 0, 1));
}

/* ---- the old certificate does not serve ---------------------------------------------- */

static void what_the_old_one_cannot_get_a_ticket_gets(void **state)
{
    static const struct {
        enum wire_failure failure;
        const char *reason;
        bool helps; /* a ticket */
        int code;
    } cases[] = {
        {WIRE_FAILURE_UNAUTHENTICATED, "AUTH_NONE", true, AGENT_DONE},
        {WIRE_FAILURE_REFUSED, "NAME_NOT_YOURS", true, AGENT_DONE},
        {WIRE_FAILURE_REFUSED, "RULE_DENIED", false, AGENT_REFUSED},
        {WIRE_FAILURE_UNAVAILABLE, "BUSY", false, AGENT_UNAVAILABLE},
        {WIRE_FAILURE_UNTRUSTED, "", false, AGENT_CREDENTIALS},
        {WIRE_FAILURE_BAD_ANSWER, "", false, AGENT_FAILED},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        struct scene *s = *state;
        fails(s, 1, cases[i].failure, cases[i].reason);

        assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
        assert_int_equal(run(s, AGENT_RENEW), cases[i].code);

        assert_int_equal(s->half->asked_count, cases[i].helps ? 3 : 2);
        if (cases[i].helps) {
            assert_asked(s, 2, WIRE_OP_ENROLL, WIRE_CREDENTIAL_KERBEROS);
            assert_true(is_same_key(s, 1, 2));
        }
        assert_true(has_current(s));
    }
}

/* ---- failures ------------------------------------------------------------------------ */

static void a_lost_answer_is_asked_for_with_the_same_key(void **state)
{
    struct scene *s = *state;
    fails(s, 0, WIRE_FAILURE_UNAVAILABLE, "");

    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    assert_line(s, WIRE_HEALTH_DUE, "");
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_DONE);

    assert_true(is_same_key(s, 0, 1));
    assert_true(has_current(s));
}

static void a_refused_key_is_not_asked_for_again(void **state)
{
    struct scene *s = *state;
    fails(s, 0, WIRE_FAILURE_REFUSED, "KEY_REUSE");

    assert_int_equal(run(s, AGENT_RUN), AGENT_REFUSED);
    assert_line(s, WIRE_HEALTH_DENIED, "");
    assert_string_equal(s->result.lines[0].reason, "KEY_REUSE");
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_DONE);

    assert_false(is_same_key(s, 0, 1));
}

static void the_servers_time_is_waited_for(void **state)
{
    struct scene *s = *state;
    fails(s, 0, WIRE_FAILURE_UNAVAILABLE, "BUSY");
    s->half->replies[0].retry_after_s = 600;

    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    fake_clock_advance(&s->fake, 599);
    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    assert_int_equal(s->half->asked_count, 1);
    fake_clock_advance(&s->fake, 1);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_int_equal(s->half->asked_count, 2);
}

static void what_is_not_ours_is_not_installed(void **state)
{
    struct scene *s = *state;
    s->half->replies[0].deed = HALF_ISSUES_TO_ANOTHER_KEY;
    s->half->replies[1].deed = HALF_ISSUES_BY_ANOTHER_CA;

    assert_int_equal(run(s, AGENT_ENROLL), AGENT_FAILED);
    assert_false(has_current(s));
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_FAILED);
    assert_false(has_current(s));
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_DONE);

    assert_true(has_current(s));
}

/* ---- clocks -------------------------------------------------------------------------- */

static void a_clock_that_is_set_back_ends_all_waiting(void **state)
{
    struct scene *s = *state;
    fails(s, 0, WIRE_FAILURE_UNAVAILABLE, "BUSY");

    fake_clock_advance(&s->fake, 30 * (int64_t)DAY); /* by a clock that is ahead */
    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    assert_int_equal(s->half->asked_count, 1); /* it waits */
    fake_clock_set(&s->fake, FIXTURE_NOW);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "issued");
}

static void a_certificate_that_has_not_begun_is_kept_and_the_clock_blamed(void **state)
{
    struct scene *s = *state;
    fake_clock_advance(&s->fake, 10 * (int64_t)DAY);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    fake_clock_set(&s->fake, FIXTURE_NOW);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_line(s, WIRE_HEALTH_BROKEN, "");
    assert_non_null(strstr(s->result.lines[0].sentence, "clock"));
    assert_int_equal(s->half->asked_count, 1); /* no other one is asked for */
    fake_clock_advance(&s->fake, 10 * (int64_t)DAY);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "");
}

/* ---- approval ------------------------------------------------------------------------ */

static void what_is_held_is_polled_with_the_same_key_until_it_comes(void **state)
{
    struct scene *s = *state;
    s->half->may_autoenroll = false; /* it was asked for by name, once */
    s->half->replies[0].deed = HALF_HOLDS;
    s->half->replies[1].deed = HALF_HOLDS;

    assert_int_equal(run(s, AGENT_ENROLL), AGENT_PENDING);
    assert_line(s, WIRE_HEALTH_PENDING, "");
    assert_string_equal(s->result.lines[0].request, "R-1");
    fake_clock_advance(&s->fake, 2);
    assert_int_equal(run(s, AGENT_RUN), AGENT_PENDING);
    fake_clock_advance(&s->fake, 2);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "issued");
    assert_true(is_same_key(s, 0, 1) && is_same_key(s, 1, 2));
}

/* ---- rights and tickets -------------------------------------------------------------- */

static void without_the_right_nothing_is_asked(void **state)
{
    struct scene *s = *state;

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    s->half->may_enroll = false;
    fake_clock_advance(&s->fake, 91 * (int64_t)DAY);
    assert_int_equal(run(s, AGENT_RUN), AGENT_REFUSED);
    assert_line(s, WIRE_HEALTH_DENIED, "");
    assert_string_equal(s->result.lines[0].reason, "NO_ENROLL");
    assert_int_equal(s->half->reported, WIRE_HEALTH_DENIED);
    assert_int_equal(s->half->asked_count, 1);
    s->half->may_enroll = true;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "renewed");
}

static void without_a_ticket_a_user_waits_and_a_host_fails(void **state)
{
    struct scene *s = *state;
    s->half->no_login = WIRE_FAILURE_NO_TICKET;

    assert_int_equal(run(s, AGENT_RUN), AGENT_CREDENTIALS);
    s->kind = WIRE_ACCOUNT_USER;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_non_null(strstr(s->result.note, "waits for a Kerberos ticket"));
    assert_int_equal(run(s, AGENT_STATUS), AGENT_DONE);

    assert_non_null(strstr(s->result.note, "waits for a Kerberos ticket"));
    assert_int_equal(run(s, AGENT_TEMPLATES), AGENT_CREDENTIALS);
    assert_non_null(strstr(s->result.note, "kinit gets one"));
    assert_int_equal(run(s, AGENT_RENEW), AGENT_CREDENTIALS);
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_CREDENTIALS);
    assert_int_equal(s->half->asked_count, 0);
    assert_int_equal(s->half->report_count, 0);
}

/* ---- a store that is not as it should be --------------------------------------------- */

static void what_could_not_be_installed_is_not_asked_for(void **state)
{
    struct scene *s = *state;
    AUTO(string) place = mem_printf("%s/certs/Machine", s->store);
    AUTO(keystore) made = NULL;
    struct error err;
    assert_int_equal(open_store(s, &made), ERROR_NONE);
    keystore_free(TAKE(made));
    assert_ok(file_write_atomic(place, bytes_of_text("x"), FILE_MODE(0644), &err), &err);

    assert_int_equal(run(s, AGENT_RUN), AGENT_FAILED);
    assert_line(s, WIRE_HEALTH_BROKEN, "");
    assert_non_null(strstr(s->result.lines[0].sentence, "Machine"));
    assert_int_equal(s->half->asked_count, 0);
    assert_int_equal(unlink(place), 0);
    assert_int_equal(run(s, AGENT_ENROLL), AGENT_DONE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "issued");
}

static void what_is_no_directory_is_told_and_stops_no_other(void **state)
{
    struct scene *s = *state;
    AUTO(string) notes = mem_printf("%s/certs/Notes", s->store);
    AUTO(string) elsewhere = mem_printf("%s/certs/Elsewhere", s->store);
    struct error err;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_ok(file_write_atomic(notes, bytes_of_text("x"), FILE_MODE(0644), &err), &err);
    assert_int_equal(symlink("/etc", elsewhere), 0);

    fake_clock_advance(&s->fake, 91 * (int64_t)DAY);
    (void)run(s, AGENT_RUN);

    assert_int_equal(s->result.line_count, 3);
    for (size_t i = 0; i < s->result.line_count; i++) {
        const struct agent_line *l = &s->result.lines[i];
        bool is_ours = strcmp(l->name, "Machine") == 0;

        assert_int_equal(l->health, is_ours ? WIRE_HEALTH_HEALTHY : WIRE_HEALTH_BROKEN);
        assert_string_equal(l->event, is_ours ? "renewed" : "");
    }
}

/* ---- what is kept for who looks later ------------------------------------------------ */

static void what_came_of_a_run_is_kept_while_nobody_else_has_the_store(void **state)
{
    struct scene *s = *state;
    AUTO(keystore) other = NULL;

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_true(s->kept == 1 && s->is_alone);
    assert_int_equal(open_store(s, &other), ERROR_NONE); /* the run has ended */

    assert_int_equal(run(s, AGENT_RUN),
                     AGENT_UNAVAILABLE); /* now somebody else is at work */
    assert_int_equal(s->kept, 1);
    keystore_free(TAKE(other));
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_int_equal(s->kept, 2);

    assert_int_equal(run(s, AGENT_STATUS), AGENT_DONE);
    assert_int_equal(run(s, AGENT_TEMPLATES), AGENT_DONE);
    assert_int_equal(s->kept, 2);
}

static void what_cannot_be_kept_is_told(void **state)
{
    struct scene *s = *state;
    s->cannot_keep = true;

    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);

    assert_line(s, WIRE_HEALTH_HEALTHY, "issued");
    assert_string_equal(s->result.note, "the disk is full");
}

static void a_store_that_cannot_be_read_is_told_and_kept(void **state)
{
    struct scene *s = *state;
    AUTO(string) waiting = mem_printf("%s/pending/Machine.pem", s->store);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_int_equal(mknod(waiting, S_IFSOCK | 0600, 0), 0); /* cannot be opened */
    assert_int_equal(run(s, AGENT_RUN), AGENT_UNAVAILABLE);
    assert_int_equal(s->result.line_count, 0); /* nothing is known for certain */
    assert_non_null(strstr(s->result.note, "Machine.pem"));
    assert_true(s->kept == 2 && s->is_alone);

    assert_int_equal(unlink(waiting), 0);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_line(s, WIRE_HEALTH_HEALTHY, "");
}

static void run_with_bad_anchors(struct scene *s)
{
    assert_int_equal(run(s, AGENT_RUN), AGENT_CONFIGURATION);
    assert_int_equal(s->result.line_count, 0);
    assert_non_null(strstr(s->result.note, "ca.pem"));
    assert_true(s->is_alone);
}

static void anchors_that_cannot_be_read_are_told_and_kept(void **state)
{
    struct scene *s = *state;
    AUTO(string) aside = mem_printf("%s.aside", s->anchors);
    struct error err;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    size_t asked = s->half->asked_count;

    assert_int_equal(rename(s->anchors, aside), 0);
    run_with_bad_anchors(s);
    assert_int_equal(s->kept, 2);
    assert_ok(file_write_atomic(s->anchors, bytes_of_text("no certificate\n"),
                                FILE_MODE(0644), &err),
              &err);
    run_with_bad_anchors(s);
    assert_int_equal(s->kept, 3);
    assert_int_equal(run(s, AGENT_STATUS), AGENT_CONFIGURATION); /* only reads */
    assert_int_equal(s->kept, 3);
    assert_int_equal(s->half->asked_count, asked);

    assert_int_equal(rename(aside, s->anchors), 0);
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_line(s, WIRE_HEALTH_HEALTHY, "");
}

static void a_network_that_cannot_be_set_up_is_told_and_kept(void **state)
{
    struct scene *s = *state;
    s->half->cannot_open = true;
    assert_int_equal(run(s, AGENT_RUN), AGENT_CONFIGURATION);
    assert_true(s->kept == 0 &&
                access(s->store, F_OK) != 0); /* no store is made for it */
    s->half->cannot_open = false;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    s->half->cannot_open = true;
    assert_int_equal(run(s, AGENT_RUN), AGENT_CONFIGURATION);
    assert_string_equal(s->result.note, "the URL is not right");
    assert_true(s->kept == 2 && s->is_alone);
    assert_int_equal(run(s, AGENT_STATUS), AGENT_DONE); /* needs none */
    assert_line(s, WIRE_HEALTH_HEALTHY, "");

    s->half->cannot_open = false;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
}

static void whether_the_server_took_the_report_is_known(void **state)
{
    struct scene *s = *state;

    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);
    assert_true(s->result.is_reported);
    s->half->takes_no_report = true;
    assert_int_equal(run(s, AGENT_RUN), AGENT_DONE);

    assert_false(s->result.is_reported);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_first_run_enrolls_with_a_ticket_and_a_second_does_nothing),
        CASE(in_its_window_it_is_renewed_with_the_old_one_and_another_key),
        CASE(what_the_old_one_cannot_get_a_ticket_gets),
        CASE(a_lost_answer_is_asked_for_with_the_same_key),
        CASE(a_refused_key_is_not_asked_for_again),
        CASE(the_servers_time_is_waited_for),
        CASE(what_is_not_ours_is_not_installed),
        CASE(a_clock_that_is_set_back_ends_all_waiting),
        CASE(a_certificate_that_has_not_begun_is_kept_and_the_clock_blamed),
        CASE(what_is_held_is_polled_with_the_same_key_until_it_comes),
        CASE(without_the_right_nothing_is_asked),
        CASE(without_a_ticket_a_user_waits_and_a_host_fails),
        CASE(what_could_not_be_installed_is_not_asked_for),
        CASE(what_is_no_directory_is_told_and_stops_no_other),
        CASE(what_came_of_a_run_is_kept_while_nobody_else_has_the_store),
        CASE(what_cannot_be_kept_is_told),
        CASE(a_store_that_cannot_be_read_is_told_and_kept),
        CASE(anchors_that_cannot_be_read_are_told_and_kept),
        CASE(a_network_that_cannot_be_set_up_is_told_and_kept),
        CASE(whether_the_server_took_the_report_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
