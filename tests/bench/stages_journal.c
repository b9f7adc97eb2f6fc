/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer's journal: intents of 64 certificates appended, chained, written and synced, then their
 * results appended, chained and written; records as long as the lab's. And a line of the log, written
 * to a file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/journal.h"

#include "policyd/signer/journal.h"
#include "tests/bench/stages.h"

enum { BATCHES = 8, INTENT = 1400, RESULT = 110, LINE = 512 };

struct journal_stage {
    struct journal *journal;
    uint64_t now_ns;
};

struct line_stage {
    int fd;
    uint64_t number;
};

static void commit(struct journal_stage *j, uint16_t type, size_t len,
                   enum journal_durability durability)
{
    static const unsigned char payload[INTENT];
    struct error err;

    stages_need_ok(journal_prepare(j->journal, j->now_ns, &err), &err);
    for (unsigned int i = 0; i < STAGES_BATCH; i++) {
        (void)journal_append(j->journal, type, j->now_ns++, (struct bytes){payload, len});
    }
    stages_need_ok(journal_commit(j->journal, durability, &err), &err);
}

static double slice_journal(void *ctx)
{
    struct journal_stage *j = ctx;
    double from = stages_now_us();

    for (unsigned int i = 0; i < BATCHES; i++) {
        commit(j, WIRE_RECORD_INTENT, INTENT, JOURNAL_SYNCED);
        commit(j, WIRE_RECORD_RESULT, RESULT, JOURNAL_WRITTEN);
    }
    return (stages_now_us() - from) / (BATCHES * STAGES_BATCH);
}

static void do_line(void *ctx)
{
    struct line_stage *l = ctx;
    struct timespec now;
    struct tm parts;
    char line[LINE];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    int len = snprintf(
        line, sizeof(line),
        "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ policyd[%d] info request.issued "
        "request=R-%08llX principal=%s template=%s reason=\"\" why=\"\" peer=%s\n",
        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
        parts.tm_min, parts.tm_sec, now.tv_nsec / 1000000, 1,
        (unsigned long long)l->number++, "host/load140.example.test@EXAMPLE.TEST",
        "Machine", "192.0.2.1");
    stages_need(write(l->fd, line, (size_t)len) == len, "the log cannot be written");
}

void stages_add_journal(struct stages *stages)
{
    AUTO(string) directory = mem_printf("%s/stages-journal", stages->directory);
    AUTO(string) log = mem_printf("%s/stages-log", stages->directory);
    const struct journal_options options = {directory, UINT64_C(1) << 30};
    struct journal_stage *j = mem_new(sizeof(*j));
    struct line_stage *l = mem_new(sizeof(*l));
    struct error err;

    stages_need(mkdir(directory, 0700) == 0, "no directory for a journal");
    j->now_ns = (uint64_t)time(NULL) * 1000000000U;
    stages_need_ok(journal_open(&options, j->now_ns, &j->journal, &err), &err);
    l->fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    stages_need(l->fd >= 0, "no log");
    stages_add(stages,
               &(struct stage){.name = "journal: two records, batch of 64, synced",
                               .slice = slice_journal,
                               .ctx = j,
                               .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "line of the log",
                                       .work = do_line,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
}
