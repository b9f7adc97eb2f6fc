/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "autoenroll-client/main_options.h"
#include "autoenroll-client/settings.h"
#include "tests/support/test.h"

enum { WORDS_MAX = 8 };

static bool read_words(const char *const words[WORDS_MAX], struct main_options *out,
                       struct error *err)
{
    char *argv[WORDS_MAX + 2] = {NULL};
    char program[] = "autoenroll-client";
    char copies[WORDS_MAX][64];
    int argc = 1;

    argv[0] = program;
    for (; argc <= WORDS_MAX && words[argc - 1] != NULL; argc++) {
        (void)snprintf(copies[argc - 1], sizeof(copies[0]), "%s", words[argc - 1]);
        argv[argc] = copies[argc - 1];
    }
    return main_options_read(argc, argv, out, err);
}

static void verbs_and_flags_may_stand_anywhere(void **state)
{
    struct main_options o;
    struct error err;
    (void)state;

    assert_ok(read_words((const char *const[WORDS_MAX]){"--user", "enroll", "Machine",
                                                        "--json", "--timeout", "7", "-q"},
                         &o, &err),
              &err);

    assert_int_equal(o.verb, VERB_ENROLL);
    assert_string_equal(o.operand, "Machine");
    assert_true(o.is_user && o.json && o.quiet);
    assert_int_equal(o.timeout_s, 7);
    assert_false(o.all || o.exit_code || o.help || o.version);
}

static void who_runs_it_decides_for_whom(void **state)
{
    struct main_options o;
    struct error err;
    (void)state;

    assert_ok(read_words((const char *const[WORDS_MAX]){"status"}, &o, &err), &err);
    assert_int_equal(o.is_user, geteuid() != 0);
    assert_ok(read_words((const char *const[WORDS_MAX]){"status", "--system"}, &o, &err),
              &err);
    assert_false(o.is_user);
}

static void wrong_use_is_told(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *sentence;
    } cases[] = {
        {{NULL}, "what shall be done"},
        {{"statsu"}, "did you mean 'status'"},
        {{"xyzzy"}, "is no verb; see --help"},
        {{"run", "--nonsense"}, "'--nonsense' is no flag; see --help"},
        {{"run", "--jsno"}, "'--jsno' is no flag; did you mean '--json'?"},
        {{"run", "--time-out=5"}, "'--time-out' is no flag; did you mean '--timeout'?"},
        {{"run", "--s"}, "'--s' is no flag; see --help"},
        {{"run", "-x"}, "'-x' is no flag; see --help"},
        {{"run", "-xq"}, "'-x' is no flag; see --help"},
        {{"--json", "-qx", "run"}, "'-x' is no flag; see --help"},
        {{"run", "--json=5"}, "--json takes no value"},
        {{"run", "--timeout"}, "--timeout lacks its value"},
        {{"run", "--timeout", "0"}, "--timeout"},
        {{"run", "--timeout", "601"}, "--timeout"},
        {{"run", "Machine"}, "usage: autoenroll-client run"},
        {{"enroll"}, "usage: autoenroll-client enroll TEMPLATE"},
        {{"enroll", "A", "B"}, "usage: autoenroll-client enroll TEMPLATE"},
        {{"renew"}, "usage: autoenroll-client renew"},
        {{"renew", "A", "--all"}, "usage: autoenroll-client renew"},
        {{"enroll", ""}, "enroll: '' is no text"},
        {{"renew", ""}, "renew: '' is no text"}, /* not all there are */
        {{"explain", ""}, "explain: '' is no text"},
        {{"renew", "A\033[31m"}, "renew: 'A?[31m' is no text"},
        {{"enroll", "\xff"}, "enroll: '?' is no text"},
        {{"run", "--server", ""}, "--server: '' is no text"},
        {{"run", "--server=https://\xff"}, "--server: 'https://?' is no text"},
        {{"run", "--all"}, "usage: autoenroll-client run"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct main_options o;
        struct error err;

        assert_fails(read_words(cases[i].words, &o, &err), &err, ERROR_INVALID,
                     cases[i].sentence);
    }
}

static void near_twins_of_wrong_use_are_fine(void **state)
{
    static const char *const cases[][WORDS_MAX] = {
        {"status"},
        {"run", "--timeout", "600"},
        {"enroll", "A"},
        {"renew", "A"},
        {"renew", "--all"},
        {"explain"},
        {"explain", "A"},
        {"--help"},
        {"--version"},
        {"run", "--time=600"},
        {"enroll", "\xc3\xa4"},
        {"run", "--server=https://a"},
        {"run", "-q"},
        {"run", "-qq"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct main_options o;
        struct error err;

        assert_ok(read_words(cases[i], &o, &err), &err);
    }
}

static void help_names_every_verb(void **state)
{
    AUTO(buf) help = BUF_EMPTY;
    (void)state;

    main_options_help(&help);

    static const char *const names[] = {"run",   "status",  "templates", "enroll",
                                        "renew", "explain", "--json",    "--exit-code"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_non_null(strstr(buf_text(&help), names[i]));
    }
}

static void the_table_of_settings_is_right(void **state)
{
    struct error err;
    (void)state;

    assert_ok(cfg_check_table(settings_table(), &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_and_flags_may_stand_anywhere),
        cmocka_unit_test(who_runs_it_decides_for_whom),
        cmocka_unit_test(wrong_use_is_told),
        cmocka_unit_test(near_twins_of_wrong_use_are_fine),
        cmocka_unit_test(help_names_every_verb),
        cmocka_unit_test(the_table_of_settings_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
