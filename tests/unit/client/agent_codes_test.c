/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit code of a run in which not all templates end alike.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/agent.h"
#include "tests/support/agent_half.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

/* How one template ends. */
enum ending { IS_ISSUED = 0, IS_HELD, IS_REFUSED, IS_BUSY, IS_UNTRUSTED, IS_BAD };

static const struct half_reply replies[] = {
    [IS_ISSUED] = {.deed = HALF_ISSUES},
    [IS_HELD] = {.deed = HALF_HOLDS},
    [IS_REFUSED] = {HALF_FAILS, WIRE_FAILURE_REFUSED, "RULE_DENIED", 0},
    [IS_BUSY] = {HALF_FAILS, WIRE_FAILURE_UNAVAILABLE, "BUSY", 0},
    [IS_UNTRUSTED] = {HALF_FAILS, WIRE_FAILURE_UNTRUSTED, "", 0},
    [IS_BAD] = {HALF_FAILS, WIRE_FAILURE_BAD_ANSWER, "", 0},
};

struct mixture {
    enum ending endings[HALF_TEMPLATES_MAX];
    bool hooks_fail;
    int code;
};

/* ---- a host -------------------------------------------------------------------------- */

static void put(const char *path, const char *text, mode_t mode)
{
    struct error err;

    assert_ok(file_write_atomic(path, bytes_of_text(text), FILE_MODE(mode), &err), &err);
}

static void put_anchors(const struct agent_half *half, const char *path)
{
    AUTO(buf) pem = BUF_EMPTY;

    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(half->ca), &pem);
    put(path, buf_text(&pem), 0644);
}

/* What is installed has a hook, which fails. */
static void put_failing_hook(const char *hooks)
{
    AUTO(string) place = mem_printf("%s/deploy.d", hooks);
    AUTO(string) hook = mem_printf("%s/fail", place);

    assert_int_equal(mkdir(place, 0755), 0);
    put(hook, "#!/bin/sh\nexit 1\n", 0755);
}

static bool keep(void *ctx, const struct agent_result *result, struct error *err)
{
    (void)ctx;
    (void)result;
    (void)err;
    return true;
}

/* The exit code of a first run, in a directory that is empty so far. */
static int run(struct agent_half *half, const struct clock *clock, const char *directory,
               bool hooks_fail)
{
    AUTO(string) store = mem_printf("%s/store", directory);
    AUTO(string) anchors = mem_printf("%s/ca.pem", directory);
    struct agent_result result = {.exit_code = AGENT_DONE};
    const struct agent_keeper keeper = {keep, NULL};
    const struct agent_network network = agent_half_port(half);
    const struct agent_options options = {.job = AGENT_RUN,
                                          .only = "",
                                          .store = store,
                                          .anchors = anchors,
                                          .hooks = hooks_fail ? directory : "",
                                          .kind = WIRE_ACCOUNT_MACHINE,
                                          .timeout_ms = 1000,
                                          .software = "1.0",
                                          .clock = clock,
                                          .network = &network,
                                          .keeper = &keeper};

    put_anchors(half, anchors);
    if (hooks_fail) {
        put_failing_hook(directory);
    }
    agent_run(&options, &result);
    int code = result.exit_code;
    agent_result_clear(&result);
    return code;
}

/* `first`: which of the mixture's endings is that of the first template. */
static int code_of(const struct mixture *m, size_t first)
{
    struct fake_clock fake;
    struct clock clock = fake_clock_port(&fake);
    fake_clock_set(&fake, FIXTURE_NOW);
    struct agent_half *half = agent_half_new(&clock);
    char *directory = temp_dir_new();

    half->template_count = HALF_TEMPLATES_MAX;
    for (size_t i = 0; i < HALF_TEMPLATES_MAX; i++) {
        half->replies[i] = replies[m->endings[(first + i) % HALF_TEMPLATES_MAX]];
    }
    int code = run(half, &clock, directory, m->hooks_fail);
    assert_int_equal(half->asked_count, HALF_TEMPLATES_MAX);

    temp_dir_free(directory);
    agent_half_free(half);
    return code;
}

/* ---- tests --------------------------------------------------------------------------- */

/* 9 before 8, before 6, before 7, before 0; where nothing worked, what failed before all these. */
static void of_all_ends_the_one_that_matters_most_is_the_exit_code(void **state)
{
    static const struct mixture cases[] = {
        {{IS_ISSUED, IS_BUSY, IS_REFUSED}, true, AGENT_HOOK},
        {{IS_ISSUED, IS_REFUSED, IS_HELD}, true, AGENT_HOOK},
        {{IS_ISSUED, IS_BUSY, IS_REFUSED}, false, AGENT_PARTLY},
        {{IS_ISSUED, IS_BAD, IS_HELD}, false, AGENT_PARTLY},
        {{IS_ISSUED, IS_ISSUED, IS_UNTRUSTED}, false, AGENT_PARTLY},
        {{IS_BUSY, IS_REFUSED, IS_HELD}, true, AGENT_UNAVAILABLE},
        {{IS_BUSY, IS_UNTRUSTED, IS_REFUSED}, false, AGENT_CREDENTIALS},
        {{IS_BUSY, IS_UNTRUSTED, IS_BAD}, false, AGENT_FAILED},
        {{IS_ISSUED, IS_REFUSED, IS_HELD}, false, AGENT_REFUSED},
        {{IS_ISSUED, IS_ISSUED, IS_HELD}, false, AGENT_PENDING},
        {{IS_ISSUED, IS_ISSUED, IS_ISSUED}, false, AGENT_DONE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t first = 0; first < HALF_TEMPLATES_MAX; first++) {
            int code = code_of(&cases[i], first);

            if (code != cases[i].code) {
                fail_msg("case %zu from %zu: %d", i, first, code);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_all_ends_the_one_that_matters_most_is_the_exit_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
