/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/log_journal.h"
#include "common/ldap/dap.h"

#include "policyd/main_daemon.h"
#include "policyd/main_options.h"

enum { TICK_MS = 1000, TICK_SOON_MS = 100, STOP_EXTRA_S = 30 };

/* I8: nothing of ours may end up in a file that somebody else reads. */
static void guard_process(void)
{
    const struct rlimit none = {0, 0};

    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef AE_SANITIZE /* the leak checker looks at its own process as a debugger does */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
    (void)signal(SIGPIPE, SIG_IGN);
}

/* The main thread takes them one by one; all threads made later block them too. */
static void block_signals(sigset_t *out)
{
    (void)sigemptyset(out);
    (void)sigaddset(out, SIGTERM);
    (void)sigaddset(out, SIGINT);
    (void)sigaddset(out, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, out, NULL);
}

static void start_log(const struct config *config, struct log_stderr *lines,
                      struct log_journal *journal)
{
    const struct log_sink sink = {.write = log_journal_write, .ctx = journal};
    struct log_options options = {
        .program = "policyd",
        .level = config_log_level(config->policyd.log_level),
        .clock = clock_system(),
    };

    if (log_stderr_is_journal(STDERR_FILENO)) {
        log_stderr_open(lines, STDERR_FILENO, LOG_PREFIX_LEVEL);
        *journal = (struct log_journal){.prefix = "POLICYD", .otherwise = lines};
        options.sink = &sink;
    }
    log_start(&options);
}

static void reload(struct main_daemon *d)
{
    AUTO(buf) changes = BUF_EMPTY;
    struct error err;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    bool loaded = main_daemon_reload(d, &changes, &err);
    (void)sd_notifyf(0, "READY=1\nSTATUS=%s",
                     loaded ? ""
                            : "The new configuration was refused; the old one holds.");
}

static struct timespec tick_of(struct main_daemon *d)
{
    long ms = main_daemon_is_settled(d) ? TICK_MS : TICK_SOON_MS;

    return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

/* Until somebody wants policyd to end. */
static void serve(struct main_daemon *d, const sigset_t *signals)
{
    uint64_t watchdog_us = 0;
    bool watched = sd_watchdog_enabled(0, &watchdog_us) > 0;

    (void)sd_notify(0, "READY=1");
    log_event(LOG_INFO, "policyd.ready", NULL);
    for (int signal_number = 0; signal_number != SIGTERM && signal_number != SIGINT;) {
        const struct timespec tick = tick_of(d);

        signal_number = sigtimedwait(signals, NULL, &tick);
        if (signal_number == SIGHUP) {
            reload(d);
        }
        main_daemon_tick(d);
        if (watched) {
            (void)sd_notify(0, "WATCHDOG=1");
        }
    }
    (void)sd_notify(0, "STOPPING=1");
    log_event(LOG_INFO, "policyd.stopping", NULL);
}

static enum main_exit run(const struct main_options *options)
{
    struct log_stderr lines = LOG_STDERR_PLAIN(STDERR_FILENO);
    struct log_journal journal;
    struct main_daemon d = {.config_path = options->config_path};
    AUTO(config) config = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    sigset_t signals;

    if (!config_load(options->config_path, &config, NULL, &report, &err)) {
        (void)fputs(buf_text(&report), stderr);
        return MAIN_EXIT_CONFIG;
    }
    block_signals(&signals);
    start_log(config, &lines, &journal);
    unsigned int patience_s =
        (unsigned int)(config->policyd.drain_s + config->signer.timeout_s) + STOP_EXTRA_S;
    dap_start();
    bool started = main_daemon_start(&d, TAKE(config), &err);
    if (started) {
        serve(&d, &signals);
    } else {
        log_event(LOG_ERR, "policyd.failed", LOG_FIELDS(log_text("why", err.message)));
    }
    (void)alarm(
        patience_s); /* what hangs for good ends there: a crash loses nothing (I1) */
    main_daemon_stop(&d);
    log_event(LOG_INFO, "policyd.stopped", NULL);
    log_stop();
    return started ? MAIN_EXIT_DONE : MAIN_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    struct main_options options;

    guard_process();
    main_options_parse(argc, argv, &options);
    return options.task == MAIN_TASK_RUN ? (int)run(&options)
                                         : (int)main_options_answer(&options);
}
