/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory, asked by our own functions over a connection that is there, signed and sealed by
 * Kerberos as policyd.conf has it:
 *     an account looked up whole: its entry, nobody else with its name, all its groups
 *     what the directory says of its own version (contextCSN)
 * CPU time of the asking thread alone; slapd's is not ours, and nobody else waits or is woken.
 *
 * Only as often as promised (DESIGN 4): an account is kept for 30 s, so one that asks so many times
 * meanwhile is looked up once; but a group that was taken away counts at once, so each wants to know
 * whether anything changed since, and at best a whole batch of callers shares that question.
 */
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/directory_version.h"
#include "policyd/main_domain.h"
#include "tests/bench/stages.h"

enum { PATIENCE_MS = 10000 };
#define NS_PER_MS INT64_C(1000000)

struct directory_stage {
    struct config *config;
    struct main_domain *domain;
    struct directory *directory; /* the domain's: it keeps nothing */
    const char *principal;
    struct directory_settings settings; /* of the version's question */
    struct directory_version *version;
};

static void do_account(void *ctx)
{
    const struct directory_stage *d = ctx;
    const struct directory_query query = {.principal = d->principal,
                                          .timeout_ms = PATIENCE_MS};
    AUTO(directory_account) account = NULL;
    enum reason reason = REASON_NONE;
    struct error err;

    stages_need_ok(directory_find(d->directory, &query, &account, &reason, &err), &err);
}

static void do_version(void *ctx)
{
    const struct directory_stage *d = ctx;
    struct directory_asking asking = {.settings = &d->settings,
                                      .deadline_ns = directory_ask_now_ns() +
                                                     PATIENCE_MS * NS_PER_MS};
    AUTO(buf) text = BUF_EMPTY;
    enum reason reason = REASON_NONE;
    struct error err;

    stages_need_ok(directory_version_get(d->version, &asking, &text, &reason, &err),
                   &err);
    stages_need(text.len > 0, "the directory tells no version");
}

void stages_add_directory(struct stages *stages)
{
    AUTO(buf) report = BUF_EMPTY;
    struct error err;

    if (stages->config == NULL) {
        return;
    }
    struct directory_stage *d = mem_new(sizeof(*d));
    log_set_level(LOG_WARNING);
    dap_start();
    stages_need_ok(config_load(stages->config, &d->config, NULL, &report, &err), &err);
    d->config->directory.cache_s = 0;
    stages_need_ok(main_domain_new(d->config, clock_system(), &d->domain, &err), &err);
    d->directory = main_domain_directory(d->domain);
    d->principal = stages->principal;
    d->settings =
        (struct directory_settings){.port = dap_pool_port(main_domain_pool(d->domain)),
                                    .base = d->config->directory.base};
    d->version = directory_version_new(PATIENCE_MS * NS_PER_MS);
    const double share = 1.0 / stages->each;
    stages_add(stages, &(struct stage){.name = "directory: account with its groups",
                                       .work = do_account,
                                       .ctx = d,
                                       .times = STAGES_ALL(share)});
    stages_add(stages, &(struct stage){.name = "directory: its version",
                                       .work = do_version,
                                       .ctx = d,
                                       .times = STAGES_ALL(1.0 / STAGES_BATCH)});
}
