/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/ctl/arguments.h"
#include "tests/support/test.h"

enum { WORDS_MAX = 12 };

/* words: between single spaces. */
static bool parse(const char *words, struct arguments *out, char *store,
                  struct error *err)
{
    char program[] = "policyctl";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;

    (void)snprintf(store, 200, "%s", words);
    for (char *word = store; *word != '\0' && argc < WORDS_MAX - 1;) {
        size_t len = strcspn(word, " ");
        bool last = word[len] == '\0';

        word[len] = '\0';
        argv[argc++] = word;
        word += len + !last;
    }
    return arguments_parse(argc, argv, out, err);
}

static void arguments_find_the_verb_wherever_flags_stand(void **state)
{
    static const struct {
        const char *words;
        const char *group, *name;
        unsigned int operands;
    } cases[] = {
        {"status", "", "status", 0},
        {"--json status", "", "status", 0},
        {"cert show 40a1", "cert", "show", 1},
        {"cert --pem show 40a1", "cert", "show", 1},
        {"--socket /run/x cert show 40a1", "cert", "show", 1},
        {"--socket=/run/x cert show 40a1", "cert", "show", 1},
        {"cert show -- -1", "cert", "show", 1},
        {"audit tail -f -n 5", "audit", "tail", 0},
        {"audit tail -fn5", "audit", "tail", 0},
        {"-vv status", "", "status", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arguments args;
        struct error err = {0};
        char store[200];

        if (!parse(cases[i].words, &args, store, &err)) {
            fail_msg("'%s': %s", cases[i].words, err.message);
        }
        assert_string_equal(args.verb->group, cases[i].group);
        assert_string_equal(args.verb->name, cases[i].name);
        assert_int_equal(args.operand_count, cases[i].operands);
    }
}

static void arguments_keep_values_and_counts(void **state)
{
    struct arguments args;
    struct error err = {0};
    char store[200];
    (void)state;

    assert_ok(parse("cert revoke 40a1 --reason keyCompromise -vv --note=a=b --yes", &args,
                    store, &err),
              &err);
    assert_string_equal(args.value[OPTION_REASON], "keyCompromise");
    assert_string_equal(args.value[OPTION_NOTE], "a=b");
    assert_string_equal(args.operands[0], "40a1");
    assert_int_equal(args.count[OPTION_VERBOSE], 2);
    assert_true(arguments_have(&args, OPTION_YES));
    assert_false(arguments_have(&args, OPTION_JSON));
}

static void arguments_refuse_wrong_usage_and_say_what_was_meant(void **state)
{
    static const struct {
        const char *words;
        const char *sentence; /* NULL: a near twin, which is right */
    } cases[] = {
        {"", "no verb is given"},
        {"cert", "a verb is missing behind the group"},
        {"statsu", "there is no verb 'statsu'; did you mean 'status'?"},
        {"crt list", "did you mean 'cert'?"},
        {"cert revke 1", "there is no verb 'revke' of cert; did you mean 'revoke'?"},
        {"cert xyzzy", "there is no verb 'xyzzy' of cert"},
        {"xyzzy", "there is no verb 'xyzzy'"},
        {"stat", "there is no verb 'stat'"}, /* verbs are not abbreviated */
        {"cert show", "an operand is missing: cert show SERIAL"},
        {"cert show 1", NULL},
        {"cert show 1 2", "'2' is one operand too many: cert show SERIAL"},
        {"status 1", "one operand too many"},
        {"cert show 1 --rason", "there is no flag '--rason'; did you mean '--reason'?"},
        {"cert show 1 --rason=x", "there is no flag '--rason'; did you mean"},
        {"cert show 1 --xyzzy", "there is no flag '--xyzzy'"},
        {"cert show 1 -Z", "there is no flag '-Z'"},
        {"cert show 1 --reason x", "'cert show SERIAL' does not take '--reason'"},
        {"cert revoke 1 --reason x", NULL},
        {"cert revoke 1 --reas x", "flags are written in full: '--reason', not '--reas'"},
        {"cert revoke 1 --reas=x", "written in full"},
        {"cert revoke 1 --reason", "'--reason' needs an argument"},
        {"audit tail -n", "'-n' needs an argument"},
        {"cert revoke 1 --reason x --reason y", "'--reason' is given twice"},
        {"status --json=x", "'--json' takes no argument"},
        {"status --json --json", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arguments args;
        struct error err = {0};
        char store[200];
        bool ok = parse(cases[i].words, &args, store, &err);

        if (ok != (cases[i].sentence == NULL) ||
            (!ok && strstr(err.message, cases[i].sentence) == NULL)) {
            fail_msg("'%s': %s", cases[i].words, ok ? "was taken" : err.message);
        }
    }
}

static void arguments_give_help_without_operands(void **state)
{
    static const char *const words[] = {"--help", "cert --help", "cert revoke --help",
                                        "-h cert show", "--version"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct arguments args;
        struct error err = {0};
        char store[200];

        assert_ok(parse(words[i], &args, store, &err), &err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_find_the_verb_wherever_flags_stand),
        cmocka_unit_test(arguments_keep_values_and_counts),
        cmocka_unit_test(arguments_refuse_wrong_usage_and_say_what_was_meant),
        cmocka_unit_test(arguments_give_help_without_operands),
    };

    return cmocka_run_group_tests_name("ctl_arguments", tests, NULL, NULL);
}
