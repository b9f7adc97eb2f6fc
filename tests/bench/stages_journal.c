/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer's journal: intents of 64 certificates appended, chained, written and synced, then their
 * results appended, chained and written; records as long as the lab's.
 *
 * Following it, so that journal and ledger agree: 128 such pairs told by the signer, who still has
 * them, in one answer over a Unix socket; each record's place in the chain and its hash checked, and
 * each result read: whose intent, which serial. What the ledger says of that is one of its stages.
 *
 * And a line of the log, written to a file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/audit/record.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/entry.h"
#include "common/wire/frame.h"
#include "common/wire/journal.h"

#include "policyd/signer/journal.h"
#include "tests/bench/stages.h"

enum {
    BATCHES = 8,
    INTENT = 1400,
    RESULT = 110,
    LINE = 512,
    PAIRS = 128,
    PIECE = 64 * 1024
};

struct journal_stage {
    struct journal *journal;
    uint64_t now_ns;
};

struct follow_stage {
    int signer, policyd;
    struct wire_journal_records tail;
    struct buf results; /* their payloads, one behind the other */
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

/* ---- following ----------------------------------------------------------------------- */

static void transfer(const struct follow_stage *f, struct bytes message, struct buf *out)
{
    buf_reserve(out, message.len);
    for (size_t at = 0; at < message.len; at += PIECE) {
        size_t len = message.len - at < PIECE ? message.len - at : PIECE;

        stages_need(write(f->signer, message.data + at, len) == (ssize_t)len &&
                        read(f->policyd, out->data + at, len) == (ssize_t)len,
                    "a message is lost");
    }
    out->len = message.len;
}

/* Appends the record as it stands in the journal, and so has its hash. */
static void hash(const struct wire_journal_entry *e, struct audit_record *out,
                 struct buf *scratch)
{
    *out = (struct audit_record){.sequence = e->sequence,
                                 .time_ns = e->time_ns,
                                 .type = (uint16_t)e->type,
                                 .payload = e->payload};
    memcpy(out->previous.octets, e->previous_sha256, WIRE_SHA256);
    buf_truncate(scratch, 0);
    audit_record_append(out, scratch);
}

static void check_record(const struct wire_journal_entry *e, struct buf *scratch)
{
    struct audit_record record;

    hash(e, &record, scratch);
    stages_need(memcmp(record.hash.octets, e->sha256, WIRE_SHA256) == 0 &&
                    (e->sequence == 1 ||
                     memcmp(e->previous_sha256, e[-1].sha256, WIRE_SHA256) == 0),
                "a record is not chained");
}

static void follow(const struct follow_stage *f)
{
    AUTO(buf) answer = BUF_EMPTY;
    AUTO(buf) got = BUF_EMPTY;
    AUTO(buf) scratch = BUF_EMPTY;
    AUTO(wire_journal_records) tail = {0};
    struct error err;

    stages_need_ok(wire_journal_records_frame(&f->tail, 1, &answer, &err), &err);
    transfer(f, buf_bytes(&answer), &got);
    const struct bytes content = {got.data + WIRE_FRAME_HEAD, got.len - WIRE_FRAME_HEAD};
    stages_need_ok(wire_journal_records_decode(content, &tail, &err), &err);
    for (size_t i = 0; i < tail.record_count; i++) {
        const struct wire_journal_entry *e = &tail.records[i];
        AUTO(wire_journal_result) result = {0};

        check_record(e, &scratch);
        stages_need(e->type != WIRE_RECORD_RESULT ||
                        (wire_journal_result_decode(e->payload, &result, &err) &&
                         result.intent_sequence == e->sequence - PAIRS),
                    "another result");
    }
}

static double slice_follow(void *ctx)
{
    double from = stages_now_us();

    for (unsigned int i = 0; i < BATCHES; i++) {
        follow(ctx);
    }
    return (stages_now_us() - from) / (BATCHES * PAIRS);
}

static struct bytes make_result(struct follow_stage *f, uint64_t intent)
{
    static const unsigned char tail[80]; /* algorithm and signature */
    const struct wire_journal_result result = {
        .intent_sequence = intent, .serial = {0x40}, .tail = {tail, sizeof(tail)}};
    size_t begin = f->results.len;
    struct error err;

    stages_need_ok(wire_journal_result_encode(&result, &f->results, &err), &err);
    return (struct bytes){f->results.data + begin, f->results.len - begin};
}

static struct follow_stage *make_follow(void)
{
    static const unsigned char intent[INTENT];
    static struct wire_journal_entry records[2 * PAIRS];
    struct follow_stage *f = mem_new(sizeof(*f));
    AUTO(buf) scratch = BUF_EMPTY;
    struct audit_record record;
    int ends[2];

    stages_need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
                "no sockets");
    f->signer = ends[0];
    f->policyd = ends[1];
    f->tail = (struct wire_journal_records){records, sizeof(records) / sizeof(records[0]),
                                            false, sizeof(records) / sizeof(records[0])};
    buf_reserve(&f->results, (size_t)PAIRS * 2 * RESULT); /* they are not to move */
    for (size_t i = 0; i < f->tail.record_count; i++) {
        struct wire_journal_entry *e = &records[i];
        bool is_intent = i < PAIRS;

        e->sequence = i + 1;
        e->time_ns = 1 + i;
        e->type = is_intent ? WIRE_RECORD_INTENT : WIRE_RECORD_RESULT;
        e->payload =
            is_intent ? (struct bytes){intent, INTENT} : make_result(f, i + 1 - PAIRS);
        if (i > 0) {
            memcpy(e->previous_sha256, e[-1].sha256, WIRE_SHA256);
        }
        hash(e, &record, &scratch);
        memcpy(e->sha256, record.hash.octets, WIRE_SHA256);
    }
    return f;
}

/* ---- a line of the log --------------------------------------------------------------- */

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
    stages_add(stages,
               &(struct stage){.name = "journal: following it, 128 pairs of records",
                               .slice = slice_follow,
                               .ctx = make_follow(),
                               .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "line of the log",
                                       .work = do_line,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
}
