/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue_driver: stands for policyd in stories: has certificates issued by a real signer and
 * recorded in a real ledger, and says what it received. Options are NAME=VALUE arguments.
 *
 * One line each, written before it goes on:
 *     READY                          it can issue now
 *     CERT SERIAL SHA256 ACCOUNT     received, or REPEAT: the earlier one once more;
 *                                    PEM in out/SERIAL.pem before the line
 *     REFUSED REASON WHY
 *     REVOKED SERIAL
 *     LEDGER SERIAL STATUS DELIVERED SHA256 ACCOUNT   of every row; SHA256 of its DER, or -
 *     STATE issuing=… …
 * SIGTERM: no other request is begun, those on their way end. Exit code 0 after a clean end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/digest.h"
#include "common/pki/pem.h"

#include "tests/support/issuer.h"

enum { REVOKED_MAX = 1000, WAIT_MS = 180000, EXIT_USAGE = 2 };

static const struct {
    const char *name;
    const char *value;
} defaults[] = {
    {"signer", ""},   /* socket */
    {"ledger", ""},   /* file */
    {"public", ""},   /* directory for CRLs; none: none */
    {"out", ""},      /* directory for certificates; none: none */
    {"ca", "lab"},    /* name */
    {"count", "1"},   /* certificates to ask for; in each round */
    {"threads", "1"}, /* callers at once */
    {"rounds", "1"},
    {"who", "others"},      /* others, account or key: see issuer.h */
    {"live_max", "0"},      /* quota */
    {"persist", "no"},      /* ask until it is issued */
    {"revoke", "0"},        /* the first so many afterwards */
    {"publish", "no"},      /* the CRL afterwards */
    {"show", "no"},         /* LEDGER and STATE at the end */
    {"debounce", "50"},     /* ms, of CRLs */
    {"deadline", "120000"}, /* ms, within which the signer has to begin */
};
enum { OPTION_COUNT = sizeof(defaults) / sizeof(defaults[0]) };

struct driver {
    const char *values[OPTION_COUNT]; /* borrowed from argv */
    struct issuer issuer;
    struct ledger_serial received[REVOKED_MAX];
    size_t received_count;
};

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

/* ---- options ------------------------------------------------------------------------- */

static bool take_option(struct driver *d, const char *argument)
{
    const char *equals = strchr(argument, '=');
    size_t len = equals != NULL ? (size_t)(equals - argument) : 0;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (equals != NULL && strlen(defaults[i].name) == len &&
            strncmp(defaults[i].name, argument, len) == 0) {
            d->values[i] = equals + 1;
            return true;
        }
    }
    return false;
}

static const char *option(const struct driver *d, const char *name)
{
    size_t i = 0;

    while (strcmp(defaults[i].name, name) != 0) {
        i++;
    }
    return d->values[i];
}

static const char *option_or_null(const struct driver *d, const char *name)
{
    const char *value = option(d, name);

    return *value != '\0' ? value : NULL;
}

static size_t number(const struct driver *d, const char *name)
{
    uint64_t value = 0;
    struct error err = {0};

    if (!text_parse_u64(option(d, name), 0, 100000000, &value, &err)) {
        (void)fprintf(stderr, "%s: %s\n", name, err.message);
        exit(EXIT_USAGE);
    }
    return (size_t)value;
}

static bool is_set(const struct driver *d, const char *name)
{
    return strcmp(option(d, name), "yes") == 0;
}

static enum issuer_who who(const struct driver *d)
{
    const char *value = option(d, "who");

    return strcmp(value, "key") == 0       ? ISSUER_KEY
           : strcmp(value, "account") == 0 ? ISSUER_ACCOUNT
                                           : ISSUER_OTHERS;
}

/* ---- what it says -------------------------------------------------------------------- */

/* In one write, so that a kill leaves it whole or not at all. */
static void say(struct buf *line)
{
    struct error err;

    buf_append_byte(line, '\n');
    if (!file_write_all(STDOUT_FILENO, buf_bytes(line), &err)) {
        exit(1);
    }
}

static void put_digest(struct bytes der, struct buf *line)
{
    unsigned char sha256[DIGEST_SHA256_SIZE];

    digest_sha256(der.data, der.len, sha256);
    text_append_hex(line, sha256, sizeof(sha256));
}

static void save(const struct driver *d, const struct server_outcome *outcome)
{
    AUTO(buf) path = BUF_EMPTY;
    AUTO(buf) pem = BUF_EMPTY;
    struct error err;

    if (*option(d, "out") == '\0') {
        return;
    }
    buf_printf(&path, "%s/", option(d, "out"));
    text_append_hex(&path, outcome->serial, sizeof(outcome->serial));
    buf_append_text(&path, ".pem");
    pem_write(PEM_CERTIFICATE, buf_bytes(&outcome->certificate), &pem);
    if (!file_write_atomic(buf_text(&path), buf_bytes(&pem), FILE_MODE(0644), &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static void say_received(struct driver *d, const struct proposal *proposal,
                         const struct server_outcome *outcome)
{
    AUTO(buf) line = BUF_EMPTY;

    save(d, outcome);
    if (d->received_count < REVOKED_MAX) {
        memcpy(d->received[d->received_count++].octets, outcome->serial,
               sizeof(outcome->serial));
    }
    buf_append_text(&line, outcome->repeated ? "REPEAT " : "CERT ");
    text_append_hex(&line, outcome->serial, sizeof(outcome->serial));
    buf_append_byte(&line, ' ');
    put_digest(buf_bytes(&outcome->certificate), &line);
    buf_printf(&line, " %s", proposal->account);
    say(&line);
}

static void answered(void *ctx, const struct proposal *proposal,
                     const struct server_outcome *outcome)
{
    AUTO(buf) line = BUF_EMPTY;

    if (outcome->reason == REASON_NONE) {
        say_received(ctx, proposal, outcome);
        return;
    }
    buf_printf(&line, "REFUSED %s %s", reason_get(outcome->reason)->code,
               outcome->detail);
    say(&line);
}

static bool say_row(void *ctx, const struct ledger_certificate *listed, struct error *err)
{
    struct driver *d = ctx;
    AUTO(ledger_certificate) c = NULL;
    AUTO(buf) line = BUF_EMPTY;

    if (!ledger_certificate_get(d->issuer.ledger, &listed->serial, &c, err)) {
        return false;
    }
    buf_append_text(&line, "LEDGER ");
    text_append_hex(&line, c->serial.octets, sizeof(c->serial.octets));
    buf_printf(&line, " %d %d ", (int)c->status, c->delivered ? 1 : 0);
    if (c->der.len > 0) {
        put_digest(c->der, &line);
    } else {
        buf_append_byte(&line, '-');
    }
    buf_printf(&line, " %s", c->account);
    say(&line);
    return true;
}

static bool show(struct driver *d, struct error *err)
{
    const struct ledger_list_query query = {.list = LEDGER_LIST_NEWEST,
                                            .limit = LEDGER_PAGE_MAX};
    struct ledger_page page = {.more = true};
    AUTO(buf) line = BUF_EMPTY;
    struct server_state s;

    while (page.more) {
        if (!ledger_certificate_list(d->issuer.ledger, &query, &page, say_row, d, err)) {
            return false;
        }
    }
    server_get_state(d->issuer.server, &s);
    buf_printf(
        &line, "STATE issuing=%d in_flight=%zu issued=%llu undelivered=%llu crls=%llu",
        s.issuing, s.in_flight, (unsigned long long)s.issued,
        (unsigned long long)s.revoked_undelivered, (unsigned long long)s.crls_published);
    for (size_t i = 0; i < s.problem_count; i++) {
        buf_printf(&line, " problem=%s: %s", s.problems[i].what, s.problems[i].why);
    }
    say(&line);
    return true;
}

/* ---- what it does -------------------------------------------------------------------- */

static void say_word(const char *word)
{
    AUTO(buf) line = BUF_EMPTY;

    buf_append_text(&line, word);
    say(&line);
}

static void issue(struct driver *d)
{
    const struct issuer_load load = {.count = number(d, "count"),
                                     .threads = number(d, "threads"),
                                     .who = who(d),
                                     .persist = is_set(d, "persist"),
                                     .live_max = (uint32_t)number(d, "live_max"),
                                     .stop = &stopping,
                                     .answered = answered,
                                     .ctx = d};

    for (size_t i = number(d, "rounds"); i > 0 && !stopping; i--) {
        issuer_run(&d->issuer, &load);
    }
}

static bool revoke_some(struct driver *d, struct error *err)
{
    size_t count = number(d, "revoke");

    for (size_t i = 0; i < count && i < d->received_count; i++) {
        const struct server_revocation what = {.serial = d->received[i],
                                               .event = LEDGER_EVENT_REVOKE,
                                               .reason = LEDGER_REASON_SUPERSEDED,
                                               .actor = {.program = "issue_driver"},
                                               .note = "a story"};
        struct server_revoked revoked;
        AUTO(buf) line = BUF_EMPTY;

        if (!server_revoke(d->issuer.server, &what, &revoked, err)) {
            return false;
        }
        buf_append_text(&line, "REVOKED ");
        text_append_hex(&line, what.serial.octets, sizeof(what.serial.octets));
        say(&line);
    }
    return true;
}

static bool run(struct driver *d, struct error *err)
{
    issuer_await(&d->issuer, WAIT_MS);
    say_word("READY");
    issue(d);
    return revoke_some(d, err) &&
           (!is_set(d, "publish") || server_publish(d->issuer.server, err)) &&
           (!is_set(d, "show") || show(d, err));
}

static void take_signals(void)
{
    struct sigaction action = {.sa_handler = stop};

    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct driver *d = mem_new(sizeof(*d));
    struct error err = {0};

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        d->values[i] = defaults[i].value;
    }
    for (int i = 1; i < argc; i++) {
        if (!take_option(d, argv[i])) {
            (void)fprintf(stderr, "unknown option: %s\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    take_signals();
    const struct issuer_options options = {
        .socket = option(d, "signer"),
        .ledger = option(d, "ledger"),
        .ca = option(d, "ca"),
        .public_dir = option_or_null(d, "public"),
        .crl_debounce_ms = (uint32_t)number(d, "debounce"),
        .sign_deadline_ms = (uint32_t)number(d, "deadline")};
    issuer_open(&options, &d->issuer);
    bool ok = run(d, &err);
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err.message);
    }
    issuer_close(&d->issuer);
    free(d);
    return ok ? 0 : 1;
}
