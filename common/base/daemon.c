/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/daemon.h"

#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t reload_asked;

static bool read_print(const char *what, enum daemon_job *job, struct error *err)
{
    if (what == NULL || strcmp(what, "effective") == 0) {
        *job = DAEMON_PRINT_EFFECTIVE;
    } else if (strcmp(what, "default") == 0) {
        *job = DAEMON_PRINT_DEFAULT;
    } else if (strcmp(what, "schema") == 0) {
        *job = DAEMON_PRINT_SCHEMA;
    } else {
        return error_set(err, ERROR_INVALID,
                         "--print-config has effective, default and schema, not '%s'",
                         what);
    }
    return true;
}

static bool read_option(int option, struct daemon_options *options, struct error *err)
{
    switch (option) {
    case 'c':
        options->config = optarg;
        return true;
    case 'k':
        options->job = DAEMON_CHECK_CONFIG;
        return true;
    case 'p':
        return read_print(optarg, &options->job, err);
    case 'V':
        options->job = DAEMON_VERSION;
        return true;
    case 'h':
        options->job = DAEMON_HELP;
        return true;
    case 'f':
        return true; /* it is always in the foreground */
    default:
        return error_set(err, ERROR_INVALID, "wrong usage; --help tells the options");
    }
}

bool daemon_read_options(int argc, char *const argv[], struct daemon_options *options,
                         struct error *err)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'k'},
        {"print-config", optional_argument, NULL, 'p'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {"foreground", no_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    optind = 1;
    opterr = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread yet */
    while ((option = getopt_long(argc, argv, "c:", names, NULL)) != -1) {
        if (!read_option(option, options, err)) {
            return false;
        }
    }
    return optind == argc ||
           error_set(err, ERROR_INVALID, "'%s' is no option; --help tells them",
                     argv[optind]);
}

static void print(int fd, const struct buf *text)
{
    struct error ignored;

    (void)!file_write_all(fd, buf_bytes(text), &ignored); /* a closed pipe: nobody asks */
}

static int check(const struct daemon_program *program, const char *path, void *dest)
{
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    bool ok = program->load(path, dest, NULL, &report, &err);

    if (!ok && report.len == 0) {
        buf_printf(&report, "%s\n", err.message);
    }
    print(STDERR_FILENO, &report);
    cfg_clear(program->table, dest);
    return ok ? EXIT_SUCCESS : DAEMON_CONFIGURATION;
}

static int print_effective(const struct daemon_program *program, const char *path,
                           void *dest)
{
    AUTO(cfg) origin = NULL;
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    if (!program->load(path, dest, &origin, &text, &err)) {
        buf_clear(&text);
        buf_printf(&text, "%s\n", err.message);
        print(STDERR_FILENO, &text);
        return DAEMON_CONFIGURATION;
    }
    buf_clear(&text);
    cfg_print(program->table, dest, origin, &text);
    print(STDOUT_FILENO, &text);
    cfg_clear(program->table, dest);
    return EXIT_SUCCESS;
}

/* What an empty file would mean; keys that must be set are missing then, and named. */
static int print_default(const struct daemon_program *program, void *dest)
{
    const struct cfg_text nothing = {"default", {NULL, 0}};
    AUTO(cfg) origin = NULL;
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};
    bool ok = cfg_parse(program->table, &nothing, dest, &origin, &text, &err);

    if (ok) {
        cfg_print(program->table, dest, origin, &text);
    }
    print(ok ? STDOUT_FILENO : STDERR_FILENO, &text);
    cfg_clear(program->table, dest);
    return ok ? EXIT_SUCCESS : DAEMON_FAILED;
}

static int print_text(const struct daemon_program *program, enum daemon_job job)
{
    AUTO(buf) text = BUF_EMPTY;

    if (job == DAEMON_PRINT_SCHEMA) {
        cfg_print_reference(program->table, &text);
    } else if (job == DAEMON_VERSION) {
        buf_printf(&text, "%s %s\n", program->name, program->version);
    } else {
        buf_printf(&text,
                   "usage: %s [-c FILE] [--check-config] "
                   "[--print-config[=effective|default|schema]] [--version]\n",
                   program->name);
    }
    print(STDOUT_FILENO, &text);
    return EXIT_SUCCESS;
}

int daemon_do(const struct daemon_program *program, const struct daemon_options *options,
              void *dest)
{
    if (options->job == DAEMON_CHECK_CONFIG) {
        return check(program, options->config, dest);
    }
    if (options->job == DAEMON_PRINT_EFFECTIVE) {
        return print_effective(program, options->config, dest);
    }
    if (options->job == DAEMON_PRINT_DEFAULT) {
        return print_default(program, dest);
    }
    return print_text(program, options->job);
}

static void take_signal(int number)
{
    if (number == SIGHUP) {
        reload_asked = 1;
    } else {
        stop_asked = 1;
    }
}

void daemon_take_signals(sigset_t *waiting)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct sigaction take = {.sa_handler = take_signal};
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        (void)sigaddset(&blocked, taken[i]);
        (void)sigaction(taken[i], &take, NULL);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigprocmask(SIG_BLOCK, &blocked, waiting);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        (void)sigdelset(waiting, taken[i]);
    }
}

bool daemon_is_stop_asked(void)
{
    return stop_asked != 0;
}

bool daemon_is_reload_asked(void)
{
    bool asked = reload_asked != 0;

    reload_asked = 0;
    return asked;
}

void daemon_close_inherited(void)
{
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

void daemon_protect(void)
{
    const struct rlimit none = {0, 0};

    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void daemon_read_boot_id(unsigned char out[16])
{
    AUTO(fd) fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    AUTO(buf) octets = BUF_EMPTY;
    char text[36] = "";
    char digits[sizeof(text) + 1] = "";
    size_t len = 0;
    struct error ignored;
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : 0;

    for (ssize_t i = 0; i < n; i++) {
        if (text[i] != '-') {
            digits[len++] = text[i];
        }
    }
    memset(out, 0, 16);
    if (text_parse_hex(digits, 16, &octets, &ignored) && octets.len == 16) {
        memcpy(out, octets.data, 16);
    }
}

/* sd_notify(3): a datagram to a path, or to an abstract name where it begins with '@'. */
void daemon_tell_ready(void)
{
    static const char ready[] = "READY=1";
    const char *path = getenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe) */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(fd) fd = -1;
    size_t len = path != NULL ? strlen(path) : 0;

    if (len == 0 || len >= sizeof(address.sun_path)) {
        return;
    }
    memcpy(address.sun_path, path, len);
    if (*path == '@') {
        address.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        (void)sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL,
                     (const struct sockaddr *)&address,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    }
}
