/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/config.h"
#include "policyd/main_daemon.h"

enum { FLAG_CHECK = 256, FLAG_PRINT, FLAG_FOREGROUND, FLAG_VERSION };

static const struct option flags[] = {
    {"config", required_argument, NULL, 'c'},
    {"check-config", no_argument, NULL, FLAG_CHECK},
    {"print-config", optional_argument, NULL, FLAG_PRINT},
    {"foreground", no_argument, NULL, FLAG_FOREGROUND},
    {"version", no_argument, NULL, FLAG_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "policyd: issues certificates by templates, rules and the directory\n"
    "\n"
    "  policyd [-c FILE]           run, in the foreground\n"
    "      -c, --config FILE       instead of " CONFIG_FILE "\n"
    "      --check-config          check the file (keys, values, units), show every "
    "fault\n"
    "      --print-config          each value and where it was set\n"
    "      --print-config=default  the values of an empty file\n"
    "      --print-config=schema   what may be set, as the reference page\n"
    "      --version, -h, --help\n"
    "\n"
    "SIGHUP reads the configuration again, SIGTERM ends policyd when what is in flight "
    "is "
    "done.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad configuration file.\n";

static enum main_task print_task(const char *what)
{
    static const struct {
        const char *name;
        enum main_task task;
    } tasks[] = {
        {"effective", MAIN_TASK_PRINT_EFFECTIVE},
        {"default", MAIN_TASK_PRINT_DEFAULT},
        {"schema", MAIN_TASK_PRINT_SCHEMA},
    };

    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        if (what == NULL || strcmp(what, tasks[i].name) == 0) {
            return tasks[i].task;
        }
    }
    (void)fprintf(stderr, "policyd: --print-config is effective, default or schema\n");
    return MAIN_TASK_WRONG;
}

static void take_flag(int flag, struct main_options *out)
{
    switch (flag) {
    case 'c':
        out->config_path = optarg;
        break;
    case FLAG_CHECK:
        out->task = MAIN_TASK_CHECK_CONFIG;
        break;
    case FLAG_PRINT:
        out->task = print_task(optarg);
        break;
    case FLAG_FOREGROUND: /* it never does anything else */
        break;
    case FLAG_VERSION:
        out->task = MAIN_TASK_VERSION;
        break;
    case 'h':
        out->task = MAIN_TASK_HELP;
        break;
    default: /* getopt_long() has said why */
        out->task = MAIN_TASK_WRONG;
        break;
    }
}

void main_options_parse(int argc, char **argv, struct main_options *out)
{
    int flag = 0;

    *out = (struct main_options){.config_path = CONFIG_FILE};
    while (out->task != MAIN_TASK_WRONG &&
           (flag = getopt_long(argc, argv, "c:h", flags, NULL)) != -1) {
        take_flag(flag, out);
    }
    if (out->task != MAIN_TASK_WRONG && optind < argc) {
        (void)fprintf(stderr, "policyd: '%s' is one argument too many\n", argv[optind]);
        out->task = MAIN_TASK_WRONG;
    }
}

static enum main_exit print(struct buf *text)
{
    bool written = fputs(buf_text(text), stdout) != EOF && fflush(stdout) == 0;

    return written ? MAIN_EXIT_DONE : MAIN_EXIT_FAILED;
}

static enum main_exit answer_file(const struct main_options *options)
{
    AUTO(config) config = NULL;
    AUTO(cfg) origin = NULL;
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    if (!config_load(options->config_path, &config, &origin, &report, &err)) {
        (void)fputs(buf_text(&report), stderr);
        return MAIN_EXIT_CONFIG;
    }
    if (options->task == MAIN_TASK_CHECK_CONFIG) {
        return MAIN_EXIT_DONE;
    }
    cfg_print(&config_table, config, origin, &text);
    return print(&text);
}

static enum main_exit answer_default(void)
{
    AUTO(config) config = mem_new(sizeof(*config));
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    const struct cfg_text empty = {"default", {NULL, 0}};
    struct error err;

    if (!cfg_parse(&config_table, &empty, config, NULL, &report, &err)) {
        (void)fprintf(stderr, "policyd: %s\n", err.message);
        return MAIN_EXIT_FAILED;
    }
    cfg_print(&config_table, config, NULL, &text);
    return print(&text);
}

static enum main_exit answer_schema(void)
{
    AUTO(buf) text = BUF_EMPTY;

    cfg_print_reference(&config_table, &text);
    return print(&text);
}

enum main_exit main_options_answer(const struct main_options *options)
{
    switch (options->task) {
    case MAIN_TASK_CHECK_CONFIG:
    case MAIN_TASK_PRINT_EFFECTIVE:
        return answer_file(options);
    case MAIN_TASK_PRINT_DEFAULT:
        return answer_default();
    case MAIN_TASK_PRINT_SCHEMA:
        return answer_schema();
    case MAIN_TASK_VERSION:
        return puts("policyd " MAIN_VERSION) != EOF ? MAIN_EXIT_DONE : MAIN_EXIT_FAILED;
    case MAIN_TASK_HELP:
        return fputs(help, stdout) != EOF ? MAIN_EXIT_DONE : MAIN_EXIT_FAILED;
    case MAIN_TASK_RUN:
    case MAIN_TASK_WRONG:
    case MAIN_TASK_COUNT:
        break;
    }
    (void)fputs("try 'policyd --help'\n", stderr);
    return MAIN_EXIT_USAGE;
}
