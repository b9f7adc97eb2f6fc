/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/issuing/house.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { CRL_MAX = 1 << 20 };

/* ---- the clock ----------------------------------------------------------------------- */

/* Counted before it is read: a look after a step sees the step. */
static int64_t now_ns(void *ctx)
{
    struct house *h = ctx;
    const struct clock fake = fake_clock_port(&h->fake);
    char thread[16] = "";

    (void)pthread_getname_np(pthread_self(), thread, sizeof(thread));
    if (strcmp(thread, SERVER_PUBLISHER) == 0) {
        atomic_fetch_add(&h->publisher_looks, 1);
    }
    if (strcmp(thread, SERVER_KEEPER) == 0) {
        atomic_fetch_add(&h->keeper_looks, 1);
    }
    return clock_now_ns(&fake);
}

static int64_t boottime_ns(void *ctx)
{
    struct house *h = ctx;
    const struct clock fake = fake_clock_port(&h->fake);

    return clock_boottime_ns(&fake);
}

/* ---- the server ---------------------------------------------------------------------- */

int house_setup_empty(void **state)
{
    struct house *h = mem_new(sizeof(*h));

    h->directory = temp_dir_new();
    h->ledger_path = mem_printf("%s/ledger.db", h->directory);
    h->public_dir = mem_printf("%s/public", h->directory);
    assert_int_equal(mkdir(h->public_dir, 0755), 0);
    fake_clock_set(&h->fake, FIXTURE_NOW);
    h->clock = (struct clock){now_ns, boottime_ns, h};
    h->signer = fake_signer_new(h->directory);
    h->options = (struct server_options){
        .ledger_path = h->ledger_path,
        .clock = &h->clock,
        .ca = FAKE_SIGNER_CA,
        .software = "0.1.0",
        .signer = {.path = fake_signer_path(h->signer), .retry_max_ms = 100},
        .public_dir = h->public_dir,
        .crl_debounce_ms = 10};
    *state = h;
    return 0;
}

void house_open(struct house *h)
{
    const struct ledger_options options = {.path = h->ledger_path,
                                           .now_utc = FIXTURE_NOW};
    struct error err = {0};

    h->ledger = ledger_open(&options);
    h->options.ledger = h->ledger;
    assert_ok(server_new(&h->options, &h->server, &err), &err);
}

void house_await_issuing(struct house *h)
{
    struct error err = {0};

    assert_ok(server_await_issuing(h->server, HOUSE_WAIT_MS, &err), &err);
}

int house_setup(void **state)
{
    int failed = house_setup_empty(state);

    if (failed == 0) {
        house_open(*state);
        house_await_issuing(*state);
    }
    return failed;
}

void house_close(struct house *h)
{
    server_free(TAKE(h->server));
    ledger_free(TAKE(h->ledger));
}

int house_teardown(void **state)
{
    struct house *h = *state;

    house_close(h);
    fake_signer_free(h->signer);
    temp_dir_free(h->directory);
    free(h->ledger_path);
    free(h->public_dir);
    free(h);
    return 0;
}

int64_t house_number(struct house *h)
{
    return (int64_t)++h->requests;
}

struct server_outcome house_issue(struct house *h)
{
    AUTO(proposal) proposal = proposal_new(house_number(h));
    struct server_outcome outcome;

    server_issue(h->server, &proposal->p, &outcome);
    return outcome;
}

/* ---- many at once --------------------------------------------------------------------- */

static void *run_job(void *arg)
{
    struct house_job *job = arg;

    server_issue(job->server, &job->proposal->p, &job->outcome);
    return NULL;
}

static struct house_jobs *begin(struct house *h, struct proposal *const *proposals,
                                size_t count, bool owned)
{
    struct house_jobs *jobs = mem_new(sizeof(*jobs) + count * sizeof(jobs->jobs[0]));

    jobs->count = count;
    for (size_t i = 0; i < count; i++) {
        struct house_job *job = &jobs->jobs[i];

        *job = (struct house_job){
            .server = h->server, .proposal = proposals[i], .owned = owned};
        assert_int_equal(pthread_create(&job->thread, NULL, run_job, job), 0);
    }
    return jobs;
}

struct house_jobs *house_begin(struct house *h, struct proposal *const *proposals,
                               size_t count)
{
    return begin(h, proposals, count, false);
}

struct house_jobs *house_begin_new(struct house *h, size_t count)
{
    struct proposal **proposals = mem_array(count, sizeof(struct proposal *));

    for (size_t i = 0; i < count; i++) {
        proposals[i] = proposal_new(house_number(h));
    }
    struct house_jobs *jobs = begin(h, proposals, count, true);
    free(proposals);
    return jobs;
}

void house_join(struct house_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        (void)pthread_join(jobs->jobs[i].thread, NULL);
    }
}

void house_jobs_free(struct house_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        server_outcome_clear(&jobs->jobs[i].outcome);
        if (jobs->jobs[i].owned) {
            proposal_free(jobs->jobs[i].proposal);
        }
    }
    free(jobs);
}

/* ---- what is in the ledger ----------------------------------------------------------- */

static bool add_line(void *ctx, const char *line, struct error *err)
{
    (void)err;
    buf_printf(ctx, "%s\n", line);
    return true;
}

char *house_dump(struct ledger *ledger, enum ledger_table table)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    assert_ok(ledger_dump(ledger, table, add_line, &text, &err), &err);
    return mem_strdup(buf_text(&text));
}

unsigned int house_rows(struct house *h, enum ledger_table table)
{
    AUTO(string) text = house_dump(h->ledger, table);
    unsigned int lines = 0;

    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n' ? 1 : 0;
    }
    return lines;
}

struct ledger_certificate *house_certificate(struct house *h, const unsigned char *serial)
{
    struct ledger_serial key;
    struct ledger_certificate *c = NULL;
    struct error err = {0};

    memcpy(key.octets, serial, sizeof(key.octets));
    assert_ok(ledger_certificate_get(h->ledger, &key, &c, &err), &err);
    assert_non_null(c);
    return c;
}

bool house_crl_has(struct house *h, struct bytes octets)
{
    AUTO(string) path = mem_printf("%s/%s-1-0.crl", h->public_dir, FAKE_SIGNER_CA);
    AUTO(buf) crl = BUF_EMPTY;
    struct error err = {0};

    assert_ok(file_read(path, CRL_MAX, FILE_ANY, &crl, &err), &err);
    return memmem(crl.data, crl.len, octets.data, octets.len) != NULL;
}

/* ---- waiting ------------------------------------------------------------------------- */

static const struct timespec moment = {0, 5000000};

void house_await(struct house *h, bool (*holds)(const struct server_state *state),
                 const char *what)
{
    struct server_state state;

    for (int i = 0; i < HOUSE_WAIT_MS / 5; i++) {
        server_get_state(h->server, &state);
        if (holds(&state)) {
            return;
        }
        (void)nanosleep(&moment, NULL);
    }
    fail_msg("never: %s; issuing %d, %llu orphans, %zu in flight; %s", what,
             state.issuing, (unsigned long long)state.revoked_undelivered,
             state.in_flight,
             state.problem_count > 0 ? state.problems[0].why : "no problem");
}

static void await_looks(atomic_uint *looks, unsigned int count)
{
    unsigned int before = atomic_load(looks);

    for (int i = 0; i < HOUSE_WAIT_MS / 5; i++) {
        if (atomic_load(looks) - before >= count) {
            return;
        }
        (void)nanosleep(&moment, NULL);
    }
    fail_msg("nobody looks at the clock: %u times since", atomic_load(looks) - before);
}

void house_await_looks(struct house *h)
{
    await_looks(&h->publisher_looks, 3);
}

void house_await_keeper(struct house *h)
{
    await_looks(&h->keeper_looks, 2); /* once a round: the first one is over then */
}
