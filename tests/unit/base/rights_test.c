/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/rights.h"
#include "common/base/sandbox.h"

#include "tests/support/test.h"

#define NONE      "0000000000000000"
#define LOW_PORTS "0000000000000400"

/* How a child gives its rights up; false: it could not. */
typedef bool give_up_function(void);

static bool give_up_all(void)
{
    struct error err;

    return rights_give_up(RIGHTS_NONE, &err);
}

static bool keep_low_ports(void)
{
    struct error err;

    return rights_give_up(RIGHTS_LOW_PORTS, &err);
}

static bool give_up_twice(void)
{
    return give_up_all() && keep_low_ports();
}

static bool enter_rules(void)
{
    struct error err;

    return sandbox_enter(SANDBOX_RULES, &err);
}

static bool keep_all(void)
{
    return true;
}

/* A line of a process's status, without its name. */
static void read_status(pid_t pid, const char *name, char out[64])
{
    char path[64];
    char line[256];
    size_t len = strlen(name);

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    out[0] = '\0';
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            (void)snprintf(out, 64, "%.*s", (int)strcspn(line + len + 2, "\n"),
                           line + len + 2);
        }
    }
    (void)fclose(file);
}

/* A child that has given up, says so, and waits until nobody looks any more. */
static pid_t start_child(give_up_function *give_up, int *look)
{
    int told[2];
    int ends[2];
    char octet = 0;

    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[1]);
        (void)dup2(told[1], STDERR_FILENO); /* a pipe, as a worker's is */
        octet = give_up() ? 'y' : 'n';
        (void)!write(STDERR_FILENO, &octet, 1);
        (void)!read(ends[0], &octet, 1);
        _exit(0);
    }
    (void)close(told[1]);
    (void)close(ends[0]);
    assert_int_equal(read(told[0], &octet, 1), 1);
    assert_int_equal(octet, 'y');
    (void)close(told[0]);
    *look = ends[1];
    return child;
}

static void what_is_given_up_is_in_no_set(void **state)
{
    static const struct {
        const char *what;
        give_up_function *give_up;
        const char *permitted;
    } cases[] = {
        {"all", give_up_all, NONE},
        {"all but low ports", keep_low_ports, LOW_PORTS},
        {"what is gone does not come back", give_up_twice, NONE},
        {"the rules' workers", enter_rules, NONE},
    };
    static const char *const empty[] = {"CapInh", "CapAmb"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char found[64];
        int look = -1;
        pid_t child = start_child(cases[i].give_up, &look);

        read_status(child, "CapPrm", found);
        if (strcmp(found, geteuid() == 0 ? cases[i].permitted : NONE) != 0) {
            fail_msg("%s: %s are permitted", cases[i].what, found);
        }
        for (size_t j = 0; j < COUNT_OF(empty); j++) {
            read_status(child, empty[j], found);
            assert_string_equal(found, NONE);
        }
        read_status(child, "NoNewPrivs", found);
        assert_string_equal(found, "1");
        (void)close(look);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
}

/* The twin: what is seen above are not the rights that anybody would have. */
static void root_has_rights_that_are_seen(void **state)
{
    char found[64];
    int look = -1;
    pid_t child = start_child(keep_all, &look);
    (void)state;

    read_status(child, "CapPrm", found);
    assert_int_equal(strcmp(found, NONE) != 0, geteuid() == 0);
    (void)close(look);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_up_is_in_no_set),
        cmocka_unit_test(root_has_rights_that_are_seen),
    };

    return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
