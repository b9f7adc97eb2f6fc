/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policyd/main_files.h"
#include "tests/support/test.h"

enum { EST = 500, OTHERS = 100, WANTED = EST + OTHERS + MAIN_FILES_RESERVE };

/* Limits are only ever lowered for good, so each case has a process of its own. */
struct limits {
    rlim_t soft, hard;
    unsigned int connections;
    rlim_t soft_after;
    const char *problem;
};

static int try_limits(const struct limits *l)
{
    const struct rlimit before = {l->soft, l->hard};
    struct rlimit after;
    struct main_files files;

    if (setrlimit(RLIMIT_NOFILE, &before) != 0) {
        return 1;
    }
    main_files_make_room(EST, OTHERS, &files);
    if (getrlimit(RLIMIT_NOFILE, &after) != 0 || after.rlim_cur != l->soft_after) {
        return 2;
    }
    if (files.est_connections != l->connections) {
        return 3;
    }
    return strncmp(files.problem, l->problem, strlen(l->problem)) != 0 ||
                   (*l->problem == '\0') != (files.problem[0] == '\0')
               ? 4
               : 0;
}

static void room_is_made_or_connections_are_fewer(void **state)
{
    static const struct limits cases[] = {
        {256, WANTED + 1, EST, WANTED, ""},
        {256, WANTED, EST, WANTED, ""},
        {WANTED, WANTED, EST, WANTED, ""},
        {WANTED + 1, WANTED + 1, EST, WANTED + 1, ""},
        {256, WANTED - 1, EST - 1, WANTED - 1,
         "855 files may be open, which is room for 499 of 500 connections"},
        {64, 128, MAIN_FILES_EST_LEAST, 128,
         "128 files may be open, which is room for 16 of 500 connections"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int status = 0;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            _exit(try_limits(&cases[i]));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("case %zu: status %d", i, status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_made_or_connections_are_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
