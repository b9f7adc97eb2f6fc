/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_crl SOCKET DIRECTORY PID [ENTRIES]: time and memory of a whole CRL, for policyd (this
 * process) and for the policyd-signer PID on SOCKET: rows read and measured, streamed through the
 * signer, written, signed, synced and published. The ledger is made in DIRECTORY with ENTRIES
 * (default 1,000,000) revoked certificates. See tests/bench/crl.sh, which starts the signer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/bench/figures.h"
#include "tests/support/issuer.h"

enum {
    WAIT_MS = 600000,
    ROUNDS = 3,
    PAIRS = 2000,
    ENTRIES_MAX = 10000000,
    DAY_S = 86400
};

/* Certificates and their revocations, as from a journal. */
struct rows {
    struct ledger_certificate certificates[PAIRS];
    struct ledger_revoke revocations[PAIRS];
    struct ledger_journal_entry entries[2 * PAIRS];
};

static void quit(const char *what, const struct error *err)
{
    (void)fprintf(stderr, "bench_crl: %s: %s\n", what, err->message);
    exit(1);
}

static struct ledger_serial serial_of(uint32_t n)
{
    struct ledger_serial serial = {{0x40}};
    uint64_t random = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < sizeof(n); i++) {
        serial.octets[4 - i] = (unsigned char)(n >> (8 * i)); /* the time grows */
    }
    memcpy(serial.octets + 8, &random, sizeof(random));
    return serial;
}

static void fill_row(struct rows *rows, size_t i, uint32_t n, int64_t now_utc)
{
    struct ledger_certificate *c = &rows->certificates[i];
    struct ledger_revoke *r = &rows->revocations[i];

    *c = (struct ledger_certificate){.serial = serial_of(n),
                                     .ca = "lab",
                                     .journal_seq = 2 * (int64_t)n + 1,
                                     .operation = LEDGER_OPERATION_ENROLL,
                                     .kind = LEDGER_KIND_MACHINE,
                                     .account = "0000-7a1c",
                                     .principal = "host/bench@EXAMPLE.TEST",
                                     .template = {.name = "Machine", .oid = "1.2.3"},
                                     .crl_generation = 1,
                                     .subject = "CN=bench",
                                     .san = "dns:bench",
                                     .not_before_utc = now_utc,
                                     .not_after_utc = now_utc + DAY_S,
                                     .issued_utc = now_utc};
    memcpy(c->key.octets, c->serial.octets, sizeof(c->serial.octets));
    *r = (struct ledger_revoke){.what = {.serial = c->serial,
                                         .event = LEDGER_EVENT_REVOKE,
                                         .reason = LEDGER_REASON_SUPERSEDED,
                                         .happened_utc = now_utc,
                                         .actor = "bench",
                                         .journal_seq = 2 * (int64_t)n + 2}};
    rows->entries[2 * i] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_INTENT, .sequence = c->journal_seq, .certificate = c};
    rows->entries[2 * i + 1] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_REVOCATION, .sequence = r->what.journal_seq, .revoke = r};
}

static void preload(struct ledger *ledger, uint32_t count)
{
    struct rows *rows = mem_new(sizeof(*rows));
    int64_t now_utc = clock_now_utc(clock_system());
    double start = figures_seconds(CLOCK_MONOTONIC);
    struct error err;

    for (uint32_t done = 0; done < count;) {
        uint32_t n = count - done < PAIRS ? count - done : PAIRS;

        for (uint32_t i = 0; i < n; i++) {
            fill_row(rows, i, done + i, now_utc);
        }
        struct ledger_op op = {.kind = LEDGER_RECONCILE,
                               .reconcile = {.signer = "bench",
                                             .after = 2 * (int64_t)done,
                                             .through = 2 * (int64_t)(done + n),
                                             .now_utc = now_utc,
                                             .entries = rows->entries,
                                             .entries_len = (size_t)2 * n,
                                             .rebuild = true}};
        if (!ledger_execute(ledger, &op, &err)) {
            quit("preload", &err);
        }
        done += n;
    }
    printf("preload: %u revoked certificates in %.1f s\n", count,
           figures_seconds(CLOCK_MONOTONIC) - start);
    free(rows);
}

static void print_round(const struct issuer *issuer, pid_t signer)
{
    struct error err;

    figures_forget_peak(0);
    figures_forget_peak(signer);
    long ours_kib = figures_peak_kib(0);
    long theirs_kib = figures_peak_kib(signer);
    double wall = figures_seconds(CLOCK_MONOTONIC);
    double ours = figures_seconds(CLOCK_PROCESS_CPUTIME_ID);
    double theirs = figures_cpu(signer);
    if (!server_publish(issuer->server, &err)) {
        quit("publish", &err);
    }
    printf(
        "CRL: %.2f s  CPU: policyd %.2f s, signer %.2f s  more memory: policyd %ld KiB, "
        "signer %ld KiB\n",
        figures_seconds(CLOCK_MONOTONIC) - wall,
        figures_seconds(CLOCK_PROCESS_CPUTIME_ID) - ours, figures_cpu(signer) - theirs,
        figures_peak_kib(0) - ours_kib, figures_peak_kib(signer) - theirs_kib);
    (void)fflush(stdout);
}

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t value = 0;
    struct error err = {0};

    if (!text_parse_u64(text, 1, max, &value, &err)) {
        quit("number", &err);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_crl SOCKET DIRECTORY PID [ENTRIES]\n");
        return 2;
    }
    AUTO(string) ledger = mem_printf("%s/ledger.db", argv[2]);
    AUTO(string) crls = mem_printf("%s/public", argv[2]);
    AUTO(string) crl = mem_printf("%s/lab-1-0.crl", crls);
    const struct issuer_options options = {
        .socket = argv[1], .ledger = ledger, .ca = "lab", .public_dir = crls};
    struct issuer issuer = {0};
    struct stat info = {0};

    figures_print_disk(argv[2]);
    issuer_open(&options, &issuer);
    preload(issuer.ledger, argc > 4 ? (uint32_t)number(argv[4], ENTRIES_MAX) : 1000000);
    issuer_await(&issuer, WAIT_MS);
    for (int i = 0; i < ROUNDS; i++) {
        print_round(&issuer, (pid_t)number(argv[3], INT32_MAX));
    }
    (void)stat(crl, &info);
    printf("size: %.1f MiB\n", (double)info.st_size / (1024 * 1024));
    issuer_close(&issuer);
    return 0;
}
