/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_ledger [DIRECTORY [ROWS]]: what the ledger costs, with the disk's sync rate beside it.
 *
 * A row is one issued certificate: its reservation, then the certificate with DER, names, request
 * and decision, which waits for stable storage. A batch of n is n callers that wait for one
 * another. The ledger is made in DIRECTORY (default /tmp) with ROWS (default 20,000) to begin with,
 * of which every tenth is revoked, and removed afterwards.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ledger_read_request.h"
#include "policyd/ledger_rows.h"

enum {
    BATCH_MAX = 256,
    SYNCS = 300,
    LOOKUPS = 20000,
    HISTORIES = 5000,
    DER_SIZE = 850,
    FACTS_SIZE = 2000
};
#define NOW INT64_C(1800000000)

struct row {
    struct ledger_certificate certificate;
    struct ledger_request request;
    struct ledger_decision decision;
    struct ledger_name name;
    char account[40];
    char host[64];
    struct ledger_op op;
};

struct bench {
    struct ledger *ledger;
    struct row rows[BATCH_MAX];
    sem_t done;
    unsigned int next; /* number of the next row */
};

static const unsigned char filler[FACTS_SIZE];

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void quit(const char *what, const struct error *err)
{
    (void)fprintf(stderr, "bench_ledger: %s: %s\n", what, err->message);
    exit(1);
}

/* ---- rows ---------------------------------------------------------------------------- */

static struct ledger_serial serial_of(unsigned int n)
{
    struct ledger_serial serial = {{0x40}};

    for (size_t i = 0; i < sizeof(n); i++) {
        serial.octets[4 - i] = (unsigned char)(n >> (8 * i)); /* the time grows */
    }
    serial.octets[9] = (unsigned char)(n * 2654435761U >> 24);
    return serial;
}

static struct ledger_hash hash_of(unsigned int n)
{
    struct ledger_hash hash = {{0}};
    uint64_t x = n + UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < sizeof(hash.octets); i++) {
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        hash.octets[i] = (unsigned char)(x >> 32);
    }
    return hash;
}

static void done(struct ledger_op *op)
{
    if (!op->ok) {
        quit(ledger_op_name(op->kind), &op->error);
    }
    (void)sem_post(op->ctx);
}

static void fill_row(struct bench *b, struct row *row)
{
    unsigned int n = b->next++;
    struct ledger_template template = {"Machine", "1.3.6.1.4.1.311.21.8.1.2.3", 100, 4,
                                       hash_of(n % 40)};

    /* four certificates an account, far apart */
    (void)snprintf(row->account, sizeof(row->account), "%08x-7a1c-4b6f-9d57-0c5d1b8e%04x",
                   (n / 4) * 2654435761U, n / 4 % 65536);
    (void)snprintf(row->host, sizeof(row->host), "host%u.corp.example", n / 4);
    row->name = (struct ledger_name){LEDGER_NAME_DNS, row->host};
    row->certificate = (struct ledger_certificate){.serial = serial_of(n),
                                                   .ca = "issuing1",
                                                   .journal_seq = n,
                                                   .request = n,
                                                   .operation = LEDGER_OPERATION_ENROLL,
                                                   .kind = LEDGER_KIND_MACHINE,
                                                   .account = row->account,
                                                   .principal = row->host,
                                                   .template = template,
                                                   .bundle = hash_of(7),
                                                   .crl_generation = 1,
                                                   .key = hash_of(n),
                                                   .subject = row->host,
                                                   .san = row->host,
                                                   .not_before_utc = NOW,
                                                   .not_after_utc = NOW + 86400 + n / 20,
                                                   .issued_utc = NOW,
                                                   .delivered = true,
                                                   .der = {filler, DER_SIZE},
                                                   .names = &row->name,
                                                   .names_len = 1};
    row->request = (struct ledger_request){.number = n,
                                           .account = row->account,
                                           .principal = row->host,
                                           .kind = LEDGER_KIND_MACHINE,
                                           .template = template,
                                           .operation = LEDGER_OPERATION_ENROLL,
                                           .key = hash_of(n),
                                           .state = LEDGER_REQUEST_ISSUED,
                                           .protocol = "est",
                                           .peer = "192.0.2.1"};
    row->decision = (struct ledger_decision){.request = n,
                                             .verdict = LEDGER_VERDICT_ISSUE,
                                             .account = row->account,
                                             .template = template,
                                             .bundle = hash_of(7),
                                             .engine = "bench",
                                             .serial = row->certificate.serial,
                                             .facts = {filler, FACTS_SIZE},
                                             .trace = {filler, FACTS_SIZE / 4}};
}

static void run_batch(struct bench *b, unsigned int count, enum ledger_op_kind kind)
{
    struct ledger_op *list[BATCH_MAX];

    for (unsigned int i = 0; i < count; i++) {
        struct row *row = &b->rows[i];

        row->op = (struct ledger_op){.kind = kind, .done = done, .ctx = &b->done};
        if (kind == LEDGER_RESERVE) {
            row->op.reserve =
                (struct ledger_reserve){.request = row->request.number,
                                        .account = row->account,
                                        .template_name = "Machine",
                                        .operation = LEDGER_OPERATION_ENROLL,
                                        .key = row->request.key,
                                        .quota = {100, 1000, 100},
                                        .now_utc = NOW,
                                        .expires_utc = NOW + 60,
                                        .retry_window_s = 600};
        } else {
            row->op.settle = (struct ledger_settle){&row->certificate, &row->request,
                                                    &row->decision, false};
        }
        list[i] = &row->op;
    }
    ledger_submit(b->ledger, list, count);
    for (unsigned int i = 0; i < count; i++) {
        (void)sem_wait(&b->done);
    }
}

static void issue(struct bench *b, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        fill_row(b, &b->rows[i]);
    }
    run_batch(b, count, LEDGER_RESERVE);
    run_batch(b, count, LEDGER_SETTLE);
}

static void revoke_one(struct bench *b, unsigned int n)
{
    struct ledger_op op = {.kind = LEDGER_REVOKE,
                           .revoke = {.what = {.serial = serial_of(n),
                                               .event = LEDGER_EVENT_REVOKE,
                                               .reason = LEDGER_REASON_SUPERSEDED,
                                               .happened_utc = NOW,
                                               .journal_seq = n}}};
    struct error err;

    if (!ledger_execute(b->ledger, &op, &err)) {
        quit("revoke", &err);
    }
}

/* ---- figures ------------------------------------------------------------------------- */

static void print_disk(const char *directory)
{
    AUTO(string) path = mem_printf("%s/sync", directory);
    AUTO(fd) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    double start = seconds_of(CLOCK_MONOTONIC);

    for (int i = 0; i < SYNCS; i++) {
        if (pwrite(fd, filler, sizeof(filler), i * (off_t)sizeof(filler)) < 0 ||
            fdatasync(fd) != 0) {
            perror(path);
            exit(1);
        }
    }
    printf("disk: append and sync %.0f/s\n",
           SYNCS / (seconds_of(CLOCK_MONOTONIC) - start));
}

static void print_batches(struct bench *b, unsigned int size, unsigned int rounds)
{
    struct ledger_health before;
    struct ledger_health after;
    double rows = (double)size * rounds;

    ledger_health_get(b->ledger, &before);
    double start = seconds_of(CLOCK_MONOTONIC);
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned int i = 0; i < rounds; i++) {
        issue(b, size);
    }
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double wall = seconds_of(CLOCK_MONOTONIC) - start;
    ledger_health_get(b->ledger, &after);
    printf("batch %3u: %8.0f rows/s  %6.1f us CPU/row  %.3f synced commits/row\n", size,
           rows / wall, cpu / rows * 1e6, (double)(after.synced - before.synced) / rows);
}

static void print_lookups(struct bench *b)
{
    double start = seconds_of(CLOCK_MONOTONIC);
    struct error err;

    for (unsigned int i = 0; i < LOOKUPS; i++) {
        struct ledger_serial serial = serial_of(1 + i * 7919U % (b->next - 1));
        AUTO(ledger_certificate) c = NULL;

        if (!ledger_certificate_get(b->ledger, &serial, &c, &err)) {
            quit("lookup", &err);
        }
    }
    printf("by serial: %.1f us\n", (seconds_of(CLOCK_MONOTONIC) - start) / LOOKUPS * 1e6);
}

static void print_histories(struct bench *b)
{
    double start = seconds_of(CLOCK_MONOTONIC);
    struct error err;

    for (unsigned int i = 0; i < HISTORIES; i++) {
        struct row *row = &b->rows[0];
        unsigned int next = b->next;

        b->next = 1 + i * 7919U % (next - 1);
        fill_row(b, row);
        b->next = next;
        struct ledger_history_query query = {row->account, row->request.key, &row->name,
                                             1, NOW};
        AUTO(ledger_history) history = {0};
        if (!ledger_history_get(b->ledger, &query, &history, &err)) {
            quit("history", &err);
        }
    }
    printf("history of an account: %.1f us\n",
           (seconds_of(CLOCK_MONOTONIC) - start) / HISTORIES * 1e6);
}

static long peak_kib(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void print_crl(struct bench *b)
{
    struct ledger_crl_scope scope = {"issuing1", 1, 0, NOW};
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry entry;
    bool found = true;
    unsigned int count = 0;
    long before = peak_kib();
    double start = seconds_of(CLOCK_MONOTONIC);
    struct error err;

    if (!ledger_crl_rows_open(b->ledger, &scope, &rows, &err)) {
        quit("crl", &err);
    }
    while (found) {
        if (!ledger_crl_rows_next(rows, &entry, &found, &err)) {
            quit("crl", &err);
        }
        count += found ? 1 : 0;
    }
    printf("CRL: %u entries in %.3f s, peak memory +%ld KiB\n", count,
           seconds_of(CLOCK_MONOTONIC) - start, peak_kib() - before);
}

static struct ledger *open_ledger(const char *path)
{
    struct ledger_options options = {.path = path, .now_utc = NOW};
    double start = seconds_of(CLOCK_MONOTONIC);
    struct ledger *ledger = ledger_open(&options);
    struct ledger_health health;

    ledger_health_get(ledger, &health);
    printf("open: %.3f s, %s%s%s\n", seconds_of(CLOCK_MONOTONIC) - start,
           ledger_state_name(health.state),
           health.checked_whole ? "" : ", partly checked", health.message);
    return ledger;
}

static void preload(struct bench *b, uint64_t count)
{
    double start = seconds_of(CLOCK_MONOTONIC);

    while (b->next <= count) {
        issue(b, BATCH_MAX);
    }
    for (unsigned int n = 1; n <= count; n += 10) {
        revoke_one(b, n);
    }
    printf("preload: %u rows in %.1f s\n", b->next - 1,
           seconds_of(CLOCK_MONOTONIC) - start);
}

static void print_size(const struct bench *b, const char *path)
{
    struct stat info = {0};

    (void)stat(path, &info);
    printf("size: %.0f octets/row (%d of them DER, facts and trace)\n",
           (double)info.st_size / (b->next - 1), DER_SIZE + FACTS_SIZE + FACTS_SIZE / 4);
}

static void run(const char *directory, uint64_t count)
{
    AUTO(string) path = mem_printf("%s/ledger.db", directory);
    struct bench *b = mem_new(sizeof(*b));

    b->next = 1;
    (void)sem_init(&b->done, 0, 0);
    print_disk(directory);
    b->ledger = open_ledger(path);
    preload(b, count);
    print_batches(b, 1, 2000);
    print_batches(b, 8, 500);
    print_batches(b, 64, 150);
    print_lookups(b);
    print_histories(b);
    print_crl(b);
    ledger_free(b->ledger);
    print_size(b, path);
    ledger_free(open_ledger(path));
    free(b);
}

int main(int argc, char **argv)
{
    static const char *const files[] = {"sync", "ledger.db", "ledger.db.lock"};
    AUTO(string) directory = mem_printf("%s/bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    uint64_t count = 20000;
    struct error err;

    if (argc > 2 && !text_parse_u64(argv[2], 1, 100000000, &count, &err)) {
        quit("ROWS", &err);
    }
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 1;
    }
    run(directory, count);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        AUTO(string) path = mem_printf("%s/%s", directory, files[i]);

        (void)unlink(path);
    }
    return rmdir(directory) == 0 ? 0 : 1;
}
