/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policyd/ctl/verbs.h"

enum { LINE_MAX_COLUMNS = 90, VERB_COLUMN = 24, OPTION_COLUMN = 26 };

/* Words of text from column on, lines broken at the right edge. */
static void wrap(struct buf *out, const char *text, unsigned int column)
{
    size_t at = column;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (at + len > LINE_MAX_COLUMNS && at > column) {
            buf_printf(out, "\n%*s", (int)column, "");
            at = column;
        }
        buf_append(out, text, len);
        at += len;
        text += len;
        if (*text == ' ' && at + 1 + strcspn(text + 1, " ") <= LINE_MAX_COLUMNS) {
            buf_append_byte(out, ' ');
            at++;
        } else if (*text == ' ') {
            at = LINE_MAX_COLUMNS + 1;
        }
        text += *text == ' ';
    }
    buf_append_byte(out, '\n');
}

/* left, then text from column on; on a line of its own where left is too long. */
static void print_pair(struct buf *out, struct buf *left, unsigned int column,
                       const char *text)
{
    if (left->len + 2 > column) {
        buf_printf(out, "%s\n%*s", buf_text(left), (int)column, "");
    } else {
        buf_printf(out, "%-*s", (int)column, buf_text(left));
    }
    wrap(out, text, column);
}

static void print_verb_line(const struct verb *verb, struct buf *out)
{
    AUTO(buf) left = BUF_EMPTY;

    buf_append_text(&left, "  ");
    verbs_append_usage(verb, &left);
    print_pair(out, &left, VERB_COLUMN, verb->help);
}

static void print_option_line(const struct option_info *option, struct buf *out)
{
    AUTO(buf) left = BUF_EMPTY;

    if (option->letter != '\0') {
        buf_printf(&left, "  -%c, ", option->letter);
    } else {
        buf_append_text(&left, "      ");
    }
    buf_printf(&left, "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
               option->argument == NULL ? "" : option->argument);
    print_pair(out, &left, OPTION_COLUMN, option->help);
}

static void print_options(uint64_t which, struct buf *out)
{
    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        if ((which & OPTION_BIT(i)) != 0) {
            print_option_line(option_get(i), out);
        }
    }
}

static void print_verbs_of(const char *group, struct buf *out)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);

    for (size_t i = 0; i < count; i++) {
        if (group == NULL || strcmp(verbs[i].group, group) == 0) {
            print_verb_line(&verbs[i], out);
        }
    }
}

static void print_exit_codes(struct buf *out)
{
    buf_append_text(out, "\nExit codes:\n");
    for (unsigned int i = 0; i < EXIT_CODE_COUNT; i++) {
        buf_printf(out, "  %u  %s\n", i, exit_code_meaning(i));
    }
}

void verbs_print_help(struct buf *out)
{
    buf_append_text(out, "Usage: policyctl [FLAG]... VERB [OPERAND]...\n\n"
                         "The administrator's tool of policyd.\n\nVerbs:\n");
    print_verbs_of(NULL, out);
    buf_append_text(out, "\nFlags of every verb:\n");
    print_options(OPTIONS_GLOBAL, out);
    print_exit_codes(out);
    buf_append_text(out, "\nMore on a verb: policyctl VERB --help; man policyctl\n");
}

void verbs_print_group_help(const char *group, struct buf *out)
{
    buf_printf(out, "Usage: policyctl %s VERB [FLAG]... [OPERAND]...\n\nVerbs:\n", group);
    print_verbs_of(group, out);
    buf_printf(out, "\nMore on a verb: policyctl %s VERB --help\n", group);
}

static void print_examples(const char *examples, struct buf *out)
{
    buf_append_text(out, "\nExamples:\n");
    while (*examples != '\0') {
        size_t len = strcspn(examples, "\n");

        buf_append_text(out, "  ");
        buf_append(out, examples, len);
        buf_append_byte(out, '\n');
        examples += len;
        examples += *examples == '\n';
    }
}

void verbs_print_verb_help(const struct verb *verb, struct buf *out)
{
    buf_append_text(out, "Usage: policyctl ");
    verbs_append_usage(verb, out);
    buf_append_text(out, " [FLAG]...\n\n");
    verbs_append_sentence(verb, out);
    buf_append_byte(out, '\n');
    if (verb->detail != NULL) {
        buf_append_byte(out, '\n');
        wrap(out, verb->detail, 0);
    }
    if (verb->options != 0) {
        buf_append_text(out, "\nFlags:\n");
        print_options(verb->options, out);
    }
    buf_append_text(out, "\nFlags of every verb:\n");
    print_options(OPTIONS_GLOBAL, out);
    if (verb->examples != NULL) {
        print_examples(verb->examples, out);
    }
}
