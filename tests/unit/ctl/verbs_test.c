/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With --print: the generated part of docs/man/policyctl.8, to be put between its marks.
 */
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/ctl/arguments.h"
#include "tests/support/test.h"

enum { MANUAL_MAX = 1 << 20 };

static const char begin_mark[] =
    ".\\\" BEGIN of what is printed from the table of verbs\n";
static const char end_mark[] = ".\\\" END of what is printed from the table of verbs\n";

static void verbs_are_whole_and_unique(void **state)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct verb *v = &verbs[i];

        assert_ptr_equal(verbs_find(v->group, v->name), v); /* the first of that name */
        assert_non_null(v->run);
        assert_true(strlen(v->help) > 0 && v->help[strlen(v->help) - 1] != '.');
        assert_true(v->operands_min <= v->operands_max);
        assert_true((v->options & OPTIONS_GLOBAL) == 0);
        assert_true(v->detail == NULL || v->detail[strlen(v->detail) - 1] == '.');
        assert_true(v->schema == NULL ||
                    strncmp(v->schema, "policyctl.", strlen("policyctl.")) == 0);
    }
}

static void assert_schema(const char *schema)
{
    AUTO(string) path = mem_printf("%s/%s.json", SCHEMAS, schema);
    AUTO(string) member = mem_printf("\"schema\": {\"const\": \"%s\"}", schema);
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    assert_ok(file_read(path, MANUAL_MAX, FILE_ANY, &text, &err), &err);
    if (strstr(buf_text(&text), member) == NULL) {
        fail_msg("%s is the schema of something else", path);
    }
}

/* What they say is checked where there are answers: tests/integration/policyctl_operates.sh. */
static void every_json_answer_has_a_schema(void **state)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        if (verbs[i].schema != NULL) {
            assert_schema(verbs[i].schema);
        }
    }
    assert_schema("policyctl.error.1");
    assert_schema("policyctl.dry-run.1");
}

/* Verbs of a group stand together: completion and help rely on it. */
static void verbs_of_a_group_stand_together(void **state)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j + 1 < i; j++) {
            if (strcmp(verbs[i].group, verbs[j].group) == 0 &&
                strcmp(verbs[i].group, verbs[i - 1].group) != 0) {
                fail_msg("%s %s stands apart", verbs[i].group, verbs[i].name);
            }
        }
    }
}

static void options_have_unique_names_and_letters(void **state)
{
    (void)state;

    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *a = option_get(i);

        assert_non_null(a->name);
        for (unsigned int j = 0; j < i; j++) {
            const struct option_info *b = option_get(j);

            assert_string_not_equal(a->name, b->name);
            assert_true(a->letter == '\0' || a->letter != b->letter);
        }
    }
}

static void parse_example(const char *line, size_t len)
{
    AUTO(buf) words = BUF_EMPTY;
    char *argv[32];
    int argc = 0;
    struct arguments args;
    struct error err = {0};

    buf_append(&words, line, len);
    buf_append_byte(&words, '\0');
    /* examples use no other quotes than around one word, and may redirect their output */
    for (char *word = (char *)words.data; *word != '\0' && *word != '>';) {
        size_t end = *word == '\'' ? 1 + strcspn(word + 1, "'") : strcspn(word, " ");

        argv[argc++] = word;
        word += end + (*word == '\'');
        while (*word == ' ') {
            *word++ = '\0';
        }
    }
    argv[argc] = NULL;
    if (!arguments_parse(argc, argv, &args, &err)) {
        fail_msg("'%.*s': %s", (int)len, line, err.message);
    }
}

static void examples_are_right_usage(void **state)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const char *line = verbs[i].examples == NULL ? "" : verbs[i].examples;

        while (*line != '\0') {
            size_t len = strcspn(line, "\n");

            parse_example(line, len);
            line += len;
            line += *line == '\n';
        }
    }
}

static void help_names_every_verb_flag_and_exit_code(void **state)
{
    AUTO(buf) help = BUF_EMPTY;
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    verbs_print_help(&help);
    for (size_t i = 0; i < count; i++) {
        AUTO(buf) usage = BUF_EMPTY;

        verbs_append_usage(&verbs[i], &usage);
        assert_non_null(strstr(buf_text(&help), buf_text(&usage)));
    }
    for (unsigned int i = 0; i < OPTION_GLOBAL_COUNT; i++) {
        assert_non_null(strstr(buf_text(&help), option_get(i)->name));
    }
    for (unsigned int i = 0; i < EXIT_CODE_COUNT; i++) {
        assert_non_null(strstr(buf_text(&help), exit_code_meaning(i)));
    }
}

static void help_fits_a_terminal(void **state)
{
    AUTO(buf) help = BUF_EMPTY;
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);
    (void)state;

    verbs_print_help(&help);
    for (size_t i = 0; i < count; i++) {
        AUTO(buf) line = BUF_EMPTY;

        verbs_print_verb_help(&verbs[i], &help);
        verbs_print_group_help(verbs[i].group, &help);
    }
    for (const char *line = buf_text(&help); *line != '\0';) {
        size_t len = strcspn(line, "\n");

        if (len > 92) {
            fail_msg("%zu columns: %.*s", len, (int)len, line);
        }
        line += len + 1;
    }
}

static void help_of_a_verb_is_this(void **state)
{
    static const char expected[] = //
        "Usage: policyctl cert hold SERIAL [FLAG]...\n\n"
        "Suspend a certificate; unhold ends that.\n\n"
        "Flags:\n"
        "      --note TEXT         why, for the journal and the next administrator\n\n"
        "Flags of every verb:\n"
        "      --json              answer as one JSON object, errors too\n";
    AUTO(buf) help = BUF_EMPTY;
    (void)state;

    verbs_print_verb_help(verbs_find("cert", "hold"), &help);
    assert_memory_equal(buf_text(&help), expected, strlen(expected));
}

static void manual_holds_what_the_table_prints(void **state)
{
    AUTO(buf) page = BUF_EMPTY;
    AUTO(buf) expected = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(file_read(MANUAL, MANUAL_MAX, FILE_ANY, &page, &err), &err);
    buf_append_text(&expected, begin_mark);
    verbs_print_manual(&expected);
    buf_append_text(&expected, end_mark);
    const char *part = strstr(buf_text(&page), buf_text(&expected));
    if (part == NULL || part != strstr(buf_text(&page), begin_mark) ||
        strstr(part + expected.len, end_mark) != NULL) {
        fail_msg("put the output of test_ctl_verbs --print in place of what is between "
                 "the marks of %s, and of the marks",
                 MANUAL);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_are_whole_and_unique),
        cmocka_unit_test(every_json_answer_has_a_schema),
        cmocka_unit_test(verbs_of_a_group_stand_together),
        cmocka_unit_test(options_have_unique_names_and_letters),
        cmocka_unit_test(examples_are_right_usage),
        cmocka_unit_test(help_names_every_verb_flag_and_exit_code),
        cmocka_unit_test(help_fits_a_terminal),
        cmocka_unit_test(help_of_a_verb_is_this),
        cmocka_unit_test(manual_holds_what_the_table_prints),
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        AUTO(buf) out = BUF_EMPTY;

        buf_append_text(&out, begin_mark);
        verbs_print_manual(&out);
        buf_append_text(&out, end_mark);
        (void)fputs(buf_text(&out), stdout);
        return 0;
    }
    return cmocka_run_group_tests_name("ctl_verbs", tests, NULL, NULL);
}
