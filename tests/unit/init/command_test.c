/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/init/command.h"
#include "tests/support/test.h"

enum { ARGUMENTS_MAX = 12 };

/* getopt_long() may change the order of what it is given, not the words. */
static bool read_words(const char *const *words, struct command *out, struct error *err)
{
    const char *argv[ARGUMENTS_MAX + 3] = {"policyd-signer", "--ca-init"};
    char *given[ARGUMENTS_MAX + 3] = {NULL};
    int argc = 2;

    while (words[argc - 2] != NULL) {
        argv[argc] = words[argc - 2];
        argc++;
    }
    memcpy(given, argv, sizeof(given));
    *out = (struct command){.config = "default", .passphrase_fd = -1};
    return command_read(argc, given, out, err);
}

static void options_are_taken_as_they_are_given(void **state)
{
    static const char *const words[ARGUMENTS_MAX + 1] = {"-c",
                                                         "here",
                                                         "--ca",
                                                         "lab",
                                                         "--issuing-cn",
                                                         "Issuing",
                                                         "--root-cn",
                                                         "Root",
                                                         "--root-passphrase-fd",
                                                         "3",
                                                         "--organization=Example, Inc"};
    struct command command;
    struct error err = {0};

    (void)state;
    assert_ok(read_words(words, &command, &err), &err);
    assert_string_equal(command.config, "here");
    assert_string_equal(command.ca, "lab");
    assert_string_equal(command.issuing_cn, "Issuing");
    assert_string_equal(command.root_cn, "Root");
    assert_string_equal(command.organization, "Example, Inc");
    assert_int_equal(command.passphrase_fd, 3);
    assert_null(command.root_out);
    assert_null(command.csr_out);
    assert_null(command.install);
}

static const struct {
    const char *words[ARGUMENTS_MAX];
    const char *sentence; /* NULL: all is well */
} calls[] = {
    {{"--issuing-cn", "A"}, NULL},
    {{"--issuing-cn", "A", "--root-out", "f"}, NULL},
    {{"--issuing-cn", "A", "--csr-out", "f", "--organization", "O"}, NULL},
    {{"--install", "f"}, NULL},
    {{"--help"}, NULL},
    {{NULL}, "--issuing-cn is missing"},
    {{"--csr-out", "f"}, "--issuing-cn is missing"},
    {{"--issuing-cn", ""}, "--issuing-cn is empty"},
    {{"--issuing-cn", "A\nkey=b"}, "control characters"},
    {{"--issuing-cn", "A", "--root-out", "f", "--csr-out", "g"}, "exclude one another"},
    {{"--install", "f", "--root-out", "g"}, "exclude one another"},
    {{"--issuing-cn", "A", "--csr-out", "f", "--root-cn", "B"}, "made here"},
    {{"--install", "f", "--root-passphrase-fd", "3"}, "made here"},
    {{"--install", "f", "--issuing-cn", "A"}, "names are those of the certificate"},
    {{"--issuing-cn", "A", "--root-passphrase-fd", "-1"}, "--root-passphrase-fd"},
    {{"--issuing-cn", "A", "--root-passphrase-fd", "x"}, "--root-passphrase-fd"},
    {{"--issuing-cn"}, "wrong usage"},
    {{"--unheard-of"}, "wrong usage"},
    {{"--issuing-cn", "A", "more"}, "'more' is no option"},
};

static void options_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        struct command command;
        struct error err = {0};

        if (calls[i].sentence == NULL) {
            assert_ok(read_words(calls[i].words, &command, &err), &err);
        } else {
            assert_fails(read_words(calls[i].words, &command, &err), &err, ERROR_INVALID,
                         calls[i].sentence);
        }
    }
}

static void the_mode_is_asked_for_by_its_option_alone(void **state)
{
    const char *const words[] = {"policyd-signer", "-c", "file", "--ca-init"};
    char *asked[COUNT_OF(words)];

    (void)state;
    memcpy(asked, words, sizeof(asked));
    assert_true(command_is_given(4, asked));
    assert_false(command_is_given(3, asked));
    assert_false(command_is_given(0, asked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_as_they_are_given),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(the_mode_is_asked_for_by_its_option_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
