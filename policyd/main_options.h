/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_options: policyd's command line, and what it answers without starting.
 */
#ifndef AE_POLICYD_MAIN_OPTIONS_H
#define AE_POLICYD_MAIN_OPTIONS_H

/* The same for all our programs. */
enum main_exit {
    MAIN_EXIT_DONE = 0,
    MAIN_EXIT_FAILED = 1,
    MAIN_EXIT_USAGE = 2,
    MAIN_EXIT_CONFIG = 3, /* bad configuration: not to be started again */
};

enum main_task {
    MAIN_TASK_RUN = 0,
    MAIN_TASK_CHECK_CONFIG,
    MAIN_TASK_PRINT_EFFECTIVE,
    MAIN_TASK_PRINT_DEFAULT,
    MAIN_TASK_PRINT_SCHEMA,
    MAIN_TASK_VERSION,
    MAIN_TASK_HELP,
    MAIN_TASK_WRONG, /* stderr has said why */
    MAIN_TASK_COUNT
};

struct main_options {
    enum main_task task;
    const char *config_path;
};

void main_options_parse(int argc, char **argv, struct main_options *out);

/* Everything but MAIN_TASK_RUN; writes to stdout and stderr. */
enum main_exit main_options_answer(const struct main_options *options);

#endif
