/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS_MAX = 2 * OPTION_COUNT + 3, LONG_BASE = 256 };

static void add_letter(char *letters, const struct option_info *info)
{
    size_t at = strlen(letters);

    if (info->letter != '\0') {
        letters[at++] = info->letter;
        letters[at++] = info->argument == NULL ? '\0' : ':';
        letters[at] = '\0';
    }
}

/* What getopt_long() wants, made from the table. */
static void make_getopt(char *letters, struct option *longs)
{
    letters[0] = ':'; /* tell a missing argument from an unknown flag */
    letters[1] = '\0';
    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *info = option_get(i);
        int takes = info->argument == NULL ? no_argument : required_argument;

        longs[i] = (struct option){info->name, takes, NULL, LONG_BASE + (int)i};
        add_letter(letters, info);
    }
    longs[OPTION_COUNT] = (struct option){NULL, 0, NULL, 0};
}

/* The option of a letter; OPTION_COUNT: none. */
static unsigned int by_letter(int letter)
{
    unsigned int i = 0;

    while (i < OPTION_COUNT && option_get(i)->letter != (char)letter) {
        i++;
    }
    return i;
}

/* "--reason" of "--reason=x"; a flag is never longer than the text it stands in. */
static void flag_name(const char *text, char *name, size_t size)
{
    (void)snprintf(name, size, "%.*s", (int)strcspn(text, "="), text);
}

static bool fail_unknown(const char *text, struct error *err)
{
    char name[80];

    flag_name(text, name, sizeof(name));
    const char *meant =
        strncmp(name, "--", 2) == 0 ? verbs_nearest_option(NULL, name + 2) : NULL;
    if (meant == NULL) {
        return error_set(err, ERROR_INVALID, "there is no flag '%s'", name);
    }
    return error_set(err, ERROR_INVALID, "there is no flag '%s'; did you mean '--%s'?",
                     name, meant);
}

/*
 * The element of argv that getopt_long() has just read. getopt_long() takes abbreviations,
 * which would turn ambiguous when the table grows.
 */
static bool is_written_in_full(const char *text, const char *name)
{
    char written[80];

    flag_name(text, written, sizeof(written));
    return strcmp(written + 2, name) == 0;
}

static bool take_option(unsigned int option, const char *text, struct arguments *out,
                        struct error *err)
{
    const struct option_info *info = option_get(option);

    if (strncmp(text, "--", 2) == 0 && !is_written_in_full(text, info->name)) {
        return error_set(err, ERROR_INVALID,
                         "flags are written in full: '--%s', not '%s'", info->name, text);
    }
    if (info->argument != NULL && out->count[option] > 0) {
        return error_set(err, ERROR_INVALID, "'--%s' is given twice", info->name);
    }
    out->count[option]++;
    out->value[option] = optarg;
    return true;
}

static bool parse_options(int argc, char **argv, struct arguments *out, struct error *err)
{
    char letters[LETTERS_MAX];
    struct option longs[OPTION_COUNT + 1];
    int got = 0;

    make_getopt(letters, longs);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    while ((got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        bool separate = optarg != NULL && optind > 1 && optarg == argv[optind - 1];
        const char *text = argv[optind - (separate ? 2 : 1)];

        if (got == ':') {
            return error_set(err, ERROR_INVALID, "'%s' needs an argument", text);
        }
        if (got == '?') {
            return optopt >= LONG_BASE
                       ? error_set(err, ERROR_INVALID, "'--%s' takes no argument",
                                   option_get((unsigned int)optopt - LONG_BASE)->name)
                       : fail_unknown(text, err);
        }
        unsigned int option =
            got >= LONG_BASE ? (unsigned int)got - LONG_BASE : by_letter(got);
        if (!take_option(option, text, out, err)) {
            return false;
        }
    }
    return true;
}

static bool fail_verb(const char *group, const char *name, struct error *err)
{
    const char *meant = verbs_nearest(group, name);
    const char *of = group == NULL ? "" : " of ";

    group = group == NULL ? "" : group;
    if (meant == NULL) {
        return error_set(err, ERROR_INVALID, "there is no verb '%s'%s%s", name, of,
                         group);
    }
    return error_set(err, ERROR_INVALID, "there is no verb '%s'%s%s; did you mean '%s'?",
                     name, of, group, meant);
}

/* The words before the operands; *used says how many. */
static bool find_verb(char *const *words, int count, struct arguments *out, int *used,
                      struct error *err)
{
    *used = 0;
    if (count == 0) {
        return true;
    }
    out->verb = verbs_find("", words[0]);
    *used = 1;
    if (out->verb != NULL) {
        return true;
    }
    if (!verbs_has_group(words[0])) {
        return fail_verb(NULL, words[0], err);
    }
    out->group = words[0];
    if (count == 1) {
        return true;
    }
    out->verb = verbs_find(words[0], words[1]);
    *used = 2;
    return out->verb != NULL || fail_verb(words[0], words[1], err);
}

static bool check_options(const struct arguments *args, struct error *err)
{
    uint64_t allowed = args->verb->options | OPTIONS_GLOBAL;

    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        AUTO(buf) usage = BUF_EMPTY;

        if (args->count[i] == 0 || (allowed & OPTION_BIT(i)) != 0) {
            continue;
        }
        verbs_append_usage(args->verb, &usage);
        return error_set(err, ERROR_INVALID, "'%s' does not take '--%s'",
                         buf_text(&usage), option_get(i)->name);
    }
    return true;
}

static bool check_operands(const struct arguments *args, struct error *err)
{
    const struct verb *verb = args->verb;
    AUTO(buf) usage = BUF_EMPTY;

    verbs_append_usage(verb, &usage);
    if (args->operand_count < verb->operands_min) {
        return error_set(err, ERROR_INVALID, "an operand is missing: %s",
                         buf_text(&usage));
    }
    if (args->operand_count > verb->operands_max) {
        return error_set(err, ERROR_INVALID, "'%s' is one operand too many: %s",
                         args->operands[verb->operands_max], buf_text(&usage));
    }
    return true;
}

bool arguments_parse(int argc, char **argv, struct arguments *out, struct error *err)
{
    int used = 0;

    *out = (struct arguments){.verb = NULL};
    if (!parse_options(argc, argv, out, err)) {
        return false;
    }
    char **words = argv + optind;
    int count = argc - optind;
    if (!find_verb(words, count, out, &used, err)) {
        return false;
    }
    for (int i = used; i < count; i++) {
        if (out->operand_count == ARGUMENTS_OPERANDS_MAX) {
            return error_set(err, ERROR_INVALID, "more than %d operands",
                             ARGUMENTS_OPERANDS_MAX);
        }
        out->operands[out->operand_count++] = words[i];
    }
    if (arguments_have(out, OPTION_HELP) || arguments_have(out, OPTION_VERSION)) {
        return true;
    }
    if (out->verb == NULL) {
        return error_set(err, ERROR_INVALID,
                         out->group == NULL ? "no verb is given"
                                            : "a verb is missing behind the group");
    }
    return check_options(out, err) && check_operands(out, err);
}
