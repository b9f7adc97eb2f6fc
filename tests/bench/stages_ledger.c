/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's share by plain prepared statements on a database with the ledger's schema, in batches
 * of 64 and with rows as the lab's have them; each account enrolls eight times.
 *     reserving   is the same on its way, was the same issued, the reservation; a transaction that is
 *                 not synced
 *     reading     what a decision rests on: the account's certificates, who else has its name or its
 *                 key; what is the account's own is not read again for its name, and each column
 *                 is read as what it is
 *     settling    certificate, DER, name, request, decision with facts and trail, the end of the
 *                 reservation; a synced transaction, whose part of the log is written together
 *     homing      a share of bringing the log into the database, some 20 MiB of it at a time
 *     knowing     a client's certificate by its serial: the very octets, and what became of it
 *     following   what the journal says was signed: is it here
 * For a renewal the one that it follows is marked, too: not counted. That keys of other tables exist is
 * not checked: no promise needs it.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"

#include "policyd/ledger.h"
#include "policyd/ledger_sqlite_log.h"
#include "tests/bench/stages.h"

enum {
    BATCHES = 8,            /* of a slice: all that an account enrolls */
    EACH = BATCHES,         /* enrollments of an account */
    AWAY_MAX = 5 * BATCHES, /* batches in the log, of some 1.3 MiB each: 64 MiB may be */
    HASH = 32,
    SERIAL = 16,
    DER = 690,
    FACTS = 1450,
    TRAIL = 1365,
    YEAR_S = 365 * 86400
};

enum statement {
    HOLDER = 0,
    EARLIER,
    RESERVE,
    HISTORY,
    NAMES,
    KEYS,
    CERTIFICATE,
    OCTETS,
    NAME,
    REQUEST,
    DECISION,
    RELEASE,
    KNOWN,
    FOLLOWED,
    STATEMENTS
};

#define COLUMNS                                                                          \
    "c.id, c.serial, c.ca, c.node, c.journal_seq, c.request, c.operation, c.kind, "      \
    "c.account, c.principal, c.template, c.crl_generation, c.crl_shard, c.key_hash, "    \
    "c.subject, c.san, c.not_before, c.not_after, c.issued_at, c.status, c.delivered, "  \
    "c.renews, c.superseded_by"

/* ?1 account, ?2 template, ?3 key, ?4 now, ?5 end, ?6 number, ?7 serial, ?8 name, ?9 octets */
static const char *const statements[STATEMENTS] = {
    [HOLDER] = "SELECT request FROM reservations WHERE account = ?1 AND template = ?2"
               " AND key_hash = ?3 AND expires_at > ?4",
    [EARLIER] = "SELECT " COLUMNS " FROM certificates c WHERE c.key_hash = ?3"
                " AND c.account = ?1 ORDER BY c.id DESC LIMIT 16",
    [RESERVE] = "INSERT INTO reservations (account, template, key_hash, request,"
                " operation, node, reserved_at, expires_at)"
                " VALUES (?1, ?2, ?3, ?6, 0, 0, ?4, ?4 + 600)",
    [HISTORY] = "SELECT " COLUMNS " FROM certificates c WHERE c.account = ?1"
                " AND c.not_after > ?4 AND c.status < 3 ORDER BY c.not_after DESC,"
                " c.template DESC, c.issued_at DESC, c.id DESC LIMIT 64",
    [NAMES] = "SELECT n.certificate FROM certificate_names n WHERE n.kind = 1"
              " AND n.name = ?8 AND n.not_after > ?4 ORDER BY n.not_after DESC LIMIT 64",
    [KEYS] = "SELECT EXISTS (SELECT 1 FROM burnt_keys WHERE key_hash = ?3),"
             " EXISTS (SELECT 1 FROM certificates WHERE key_hash = ?3)",
    [CERTIFICATE] =
        "INSERT INTO certificates (id, serial, ca, node, journal_seq, request, operation,"
        " kind, account, principal, template, crl_generation, crl_shard, key_hash,"
        " subject, san, not_before, not_after, issued_at, status, delivered)"
        " VALUES (?6, ?7, 'lab', 0, ?6, ?6, 0, 1, ?1, ?8, ?2, 1, 0, ?3, ?8, ?8, ?4, ?5,"
        " ?4, 1, 1)",
    [OCTETS] = "INSERT INTO certificate_der (certificate, der) VALUES (?6, ?9)",
    [NAME] = "INSERT INTO certificate_names (kind, name, not_after, certificate)"
             " VALUES (1, ?8, ?5, ?6)",
    [REQUEST] = "INSERT INTO requests (number, node, account, principal, kind, template,"
                " operation, key_hash, asked_hash, state, reason, retry_after, protocol,"
                " peer, approvers, approvals_needed, created_at, updated_at, expires_at,"
                " serial) VALUES (?6, 0, ?1, ?8, 1, ?2, 0, ?3, ?3, 1, '', 0, 'est',"
                " '192.0.2.1', '', 0, ?4, ?4, 0, ?7)",
    [DECISION] = "INSERT INTO decisions (request, node, decided_at, verdict, reason,"
                 " account, config_hash, request_hash, facts_hash, engine, serial,"
                 " journal_seq, facts, trace) VALUES (?6, 0, ?4, 1, '', ?1, ?3, ?3, ?3,"
                 " '0.1.0', ?7, ?6, ?9, ?10)",
    [RELEASE] = "DELETE FROM reservations WHERE account = ?1 AND template = ?2"
                " AND key_hash = ?3 AND request = ?6",
    [KNOWN] = "SELECT " COLUMNS ", d.der FROM certificates c JOIN certificate_der d"
              " ON d.certificate = c.id WHERE c.serial = ?7",
    [FOLLOWED] = "SELECT c.journal_seq, c.node, c.delivered, d.certificate"
                 " FROM certificates c LEFT JOIN certificate_der d"
                 " ON d.certificate = c.id WHERE c.serial = ?7",
};

_Static_assert(sizeof(statements) / sizeof(statements[0]) == STATEMENTS,
               "every statement has its text");

struct row {
    char account[40];
    char name[64];
    unsigned char key[HASH];
    unsigned char serial[SERIAL];
    sqlite3_int64 number;
};

struct ledger_stage {
    sqlite3 *db;
    sqlite3_stmt *list[STATEMENTS];
    struct row rows[STAGES_BATCH];
    unsigned int batches;
    sqlite3_int64 now;
    /* of the last slice, each enrollment */
    double reserving, reading, settling, knowing, following;
    double homing;     /* of the last time */
    unsigned int away; /* batches since then */
};

static const unsigned char filler[FACTS];

static void check(const struct ledger_stage *l, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        stages_quit(sqlite3_errmsg(l->db));
    }
}

static void exec(const struct ledger_stage *l, const char *sql)
{
    check(l, sqlite3_exec(l->db, sql, NULL, NULL, NULL));
}

/* 32 octets that look like a hash, of a number. */
static void fill_hash(uint64_t n, unsigned char *out, size_t len)
{
    uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < len; i++) {
        x = (x ^ (x >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
        out[i] = (unsigned char)(x >> 40);
    }
}

static void fill_row(const struct ledger_stage *l, unsigned int index, struct row *row)
{
    unsigned int owner = l->batches / EACH * STAGES_BATCH + index;
    uint64_t number = (uint64_t)l->batches * STAGES_BATCH + index + 1;

    (void)snprintf(row->account, sizeof(row->account), "%08x-7a1c-4b6f-9d57-0c5d1b8e%04x",
                   owner * 2654435761U, owner % 65536);
    (void)snprintf(row->name, sizeof(row->name), "load%u.example.test", owner);
    fill_hash(number, row->key, sizeof(row->key));
    fill_hash(~number, row->serial, sizeof(row->serial));
    row->serial[0] = 0x40;
    for (size_t i = 0; i < sizeof(number) / 2; i++) {
        row->serial[1 + i] =
            (unsigned char)(number >> (24 - 8 * i)); /* time comes first */
    }
    row->number = (sqlite3_int64)number;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    (void)sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* One of ?1 to ?10. */
static void bind(const struct ledger_stage *l, enum statement which, int at,
                 const struct row *row)
{
    sqlite3_stmt *s = l->list[which];
    const int octets = which == OCTETS ? DER : FACTS;

    switch (at) {
    case 1:
        bind_text(s, at, row->account);
        return;
    case 2:
        bind_text(s, at, "Machine");
        return;
    case 3:
        (void)sqlite3_bind_blob(s, at, row->key, HASH, SQLITE_STATIC);
        return;
    case 4:
        (void)sqlite3_bind_int64(s, at, l->now);
        return;
    case 5:
        (void)sqlite3_bind_int64(s, at, l->now + YEAR_S);
        return;
    case 6:
        (void)sqlite3_bind_int64(s, at, row->number);
        return;
    case 7:
        (void)sqlite3_bind_blob(s, at, row->serial, SERIAL, SQLITE_STATIC);
        return;
    case 8:
        bind_text(s, at, row->name);
        return;
    default:
        (void)sqlite3_bind_blob(s, at, filler, at == 9 ? octets : TRAIL, SQLITE_STATIC);
    }
}

/* The value of a column as what it is: asked for as a text, a number is printed first. */
static void read_column(sqlite3_stmt *s, int at)
{
    switch (sqlite3_column_type(s, at)) {
    case SQLITE_INTEGER:
        (void)sqlite3_column_int64(s, at);
        return;
    case SQLITE_TEXT:
        (void)sqlite3_column_text(s, at);
        return;
    default:
        (void)sqlite3_column_blob(s, at);
    }
}

/* How many rows there were. */
static unsigned int run(const struct ledger_stage *l, enum statement which,
                        const struct row *row)
{
    sqlite3_stmt *s = l->list[which];
    unsigned int rows = 0;
    int code = 0;

    for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
        if (sqlite3_bind_parameter_name(s, i) != NULL) {
            bind(l, which, i, row);
        }
    }
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            read_column(s, i);
        }
        rows++;
    }
    check(l, code);
    (void)sqlite3_reset(s);
    return rows;
}

/* CPU us of running some statements for each row, within a transaction or not. */
static double run_all(const struct ledger_stage *l, enum statement first,
                      enum statement last, bool write)
{
    double from = stages_now_us();

    if (write) {
        exec(l, "BEGIN IMMEDIATE");
    }
    for (size_t i = 0; i < STAGES_BATCH; i++) {
        for (enum statement which = first; which <= last; which++) {
            unsigned int rows = run(l, which, &l->rows[i]);

            stages_need((which != KNOWN && which != FOLLOWED) || rows == 1,
                        "what was settled is not found");
        }
    }
    if (write) {
        exec(l, "COMMIT");
    }
    return (stages_now_us() - from) / STAGES_BATCH / BATCHES;
}

static void bring_home(struct ledger_stage *l)
{
    double from = stages_now_us();

    exec(l, "PRAGMA wal_checkpoint(PASSIVE)");
    l->homing = (stages_now_us() - from) / (l->away * STAGES_BATCH);
    l->away = 0;
}

/* All of them; the others are answered from what this has found. */
static double slice_reserving(void *ctx)
{
    struct ledger_stage *l = ctx;

    l->reserving = l->reading = l->settling = l->knowing = l->following = 0;
    for (unsigned int batch = 0; batch < BATCHES; batch++) {
        for (unsigned int i = 0; i < STAGES_BATCH; i++) {
            fill_row(l, i, &l->rows[i]);
        }
        l->reading += run_all(l, HISTORY, KEYS, false);
        exec(l, "PRAGMA synchronous = NORMAL");
        l->reserving += run_all(l, HOLDER, RESERVE, true);
        exec(l, "PRAGMA synchronous = FULL");
        l->settling += run_all(l, CERTIFICATE, RELEASE, true);
        l->knowing += run_all(l, KNOWN, KNOWN, false);
        l->following += run_all(l, FOLLOWED, FOLLOWED, false);
        l->batches++;
        l->away++;
    }
    if (l->homing == 0 || l->away == AWAY_MAX) {
        bring_home(l);
    }
    return l->reserving;
}

static double slice_reading(void *ctx)
{
    return ((struct ledger_stage *)ctx)->reading;
}

static double slice_settling(void *ctx)
{
    return ((struct ledger_stage *)ctx)->settling;
}

static double slice_homing(void *ctx)
{
    return ((struct ledger_stage *)ctx)->homing;
}

static double slice_knowing(void *ctx)
{
    return ((struct ledger_stage *)ctx)->knowing;
}

static double slice_following(void *ctx)
{
    return ((struct ledger_stage *)ctx)->following;
}

static void open_database(struct ledger_stage *l, const char *path)
{
    const struct ledger_options options = {.path = path, .now_utc = time(NULL)};
    sqlite3_file *log = NULL;

    ledger_free(ledger_open(&options)); /* for its schema */
    check(l, sqlite3_open(path, &l->db));
    exec(l,
         "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536;"
         "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
         "PRAGMA cache_spill = OFF; BEGIN IMMEDIATE; COMMIT"); /* its log is open now */
    check(l, sqlite3_file_control(l->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log));
    stages_need(log != NULL && log->pMethods != NULL, "the ledger has no log");
    (void)ldb_log_new(log); /* as long as the connection: until we end */
    for (size_t i = 0; i < STATEMENTS; i++) {
        check(l, sqlite3_prepare_v3(l->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &l->list[i], NULL));
    }
    l->now = time(NULL);
}

void stages_add_ledger(struct stages *stages)
{
    AUTO(string) path = mem_printf("%s/stages.db", stages->directory);
    struct ledger_stage *l = mem_new(sizeof(*l));

    open_database(l, path);
    stages_add(stages, &(struct stage){.name = "ledger: reserving, batch of 64",
                                       .slice = slice_reserving,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "ledger: reading what is decided on",
                                       .slice = slice_reading,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "ledger: settling, batch of 64, synced",
                                       .slice = slice_settling,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "ledger: bringing its log home",
                                       .slice = slice_homing,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
    stages_add(stages, &(struct stage){.name = "ledger: knowing a client's certificate",
                                       .slice = slice_knowing,
                                       .ctx = l,
                                       .times = {0, 0, 1}});
    stages_add(stages, &(struct stage){.name = "ledger: following the journal",
                                       .slice = slice_following,
                                       .ctx = l,
                                       .times = STAGES_ALL(1)});
}
