/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/wire/record.h"

#include "policyd/ctl/operand.h"
#include "policyd/ctl/verbs.h"

/* Text for man(7): a minus is typed as such, a line does not begin with a request. */
static void roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        buf_append_text(out, "\\&");
    }
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            buf_append_text(out, "\\-");
        } else if (*text == '\\') {
            buf_append_text(out, "\\e");
        } else if (*text == '\'') {
            buf_append_text(out, "\\(aq");
        } else {
            buf_append_byte(out, (unsigned char)*text);
        }
    }
}

/* A sentence a line, as man pages are kept. */
static void roff_sentences(struct buf *out, const char *text)
{
    while (*text != '\0') {
        const char *end = strstr(text, ". ");
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text) + 1;
        AUTO(buf) line = BUF_EMPTY;

        buf_append(&line, text, len);
        roff(out, buf_text(&line));
        buf_append_byte(out, '\n');
        text += len;
        text += *text == ' ';
    }
}

static void manual_option(const struct option_info *option, struct buf *out)
{
    buf_append_text(out, ".TP\n");
    if (option->letter != '\0') {
        buf_printf(out, "\\fB\\-%c\\fR, ", option->letter);
    }
    buf_append_text(out, "\\fB\\-\\-");
    roff(out, option->name);
    buf_append_text(out, "\\fR");
    if (option->argument != NULL) {
        buf_printf(out, " \\fI%s\\fR", option->argument);
    }
    buf_append_byte(out, '\n');
    roff(out, option->help);
    buf_append_byte(out, '\n');
}

static void manual_options(uint64_t which, struct buf *out)
{
    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        if ((which & OPTION_BIT(i)) != 0) {
            manual_option(option_get(i), out);
        }
    }
}

static void manual_verb(const struct verb *verb, struct buf *out)
{
    AUTO(buf) usage = BUF_EMPTY;
    AUTO(buf) sentence = BUF_EMPTY;

    verbs_append_usage(verb, &usage);
    buf_printf(out, ".SS \"%s\"\n", buf_text(&usage));
    verbs_append_sentence(verb, &sentence);
    roff(out, buf_text(&sentence));
    buf_append_byte(out, '\n');
    if (verb->detail != NULL) {
        roff_sentences(out, verb->detail);
    }
    manual_options(verb->options, out);
}

static void manual_examples(const char *examples, struct buf *out)
{
    while (*examples != '\0') {
        size_t len = strcspn(examples, "\n");
        AUTO(buf) line = BUF_EMPTY;

        buf_append(&line, examples, len);
        roff(out, buf_text(&line));
        buf_append_byte(out, '\n');
        examples += len;
        examples += *examples == '\n';
    }
}

void verbs_print_manual(struct buf *out)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);

    buf_append_text(out, ".SH VERBS\n");
    for (size_t i = 0; i < count; i++) {
        manual_verb(&verbs[i], out);
    }
    buf_append_text(out, ".SH FLAGS OF EVERY VERB\n");
    manual_options(OPTIONS_GLOBAL, out);
    buf_append_text(out, ".SH EXIT STATUS\n");
    for (unsigned int i = 0; i < EXIT_CODE_COUNT; i++) {
        buf_printf(out, ".TP\n.B %u\n", i);
        roff(out, exit_code_meaning(i));
        buf_append_byte(out, '\n');
    }
    buf_append_text(out, ".SH EXAMPLES\n.EX\n");
    for (size_t i = 0; i < count; i++) {
        manual_examples(verbs[i].examples == NULL ? "" : verbs[i].examples, out);
    }
    buf_append_text(out, ".EE\n");
}

static void completion_options(uint64_t which, struct buf *out)
{
    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        if ((which & OPTION_BIT(i)) != 0) {
            buf_printf(out, " --%s", option_get(i)->name);
        }
    }
}

/* The words that may follow: groups and lone verbs, each once. */
static void completion_first_words(struct buf *out)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);

    for (size_t i = 0; i < count; i++) {
        if (*verbs[i].group == '\0') {
            buf_printf(out, " %s", verbs[i].name);
        } else if (i == 0 || strcmp(verbs[i].group, verbs[i - 1].group) != 0) {
            buf_printf(out, " %s", verbs[i].group);
        }
    }
}

static void completion_groups(struct buf *out)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);

    for (size_t i = 0; i < count; i++) {
        if (*verbs[i].group == '\0') {
            continue;
        }
        if (i == 0 || strcmp(verbs[i].group, verbs[i - 1].group) != 0) {
            buf_printf(out, "    %s) words=\"", verbs[i].group);
        }
        buf_printf(out, "%s ", verbs[i].name);
        if (i + 1 == count || strcmp(verbs[i].group, verbs[i + 1].group) != 0) {
            buf_append_text(out, "\" ;;\n");
        }
    }
}

static void completion_flags(struct buf *out)
{
    size_t count = 0;
    const struct verb *verbs = verbs_get(&count);

    for (size_t i = 0; i < count; i++) {
        bool alone = *verbs[i].group == '\0';

        buf_printf(out, "    \"%s%s%s\") flags=\"",
                   alone ? verbs[i].name : verbs[i].group, alone ? "" : " ",
                   alone ? "" : verbs[i].name);
        completion_options(verbs[i].options, out);
        buf_append_text(out, "\" ;;\n");
    }
}

static bool is_of_file(const char *argument)
{
    return strcmp(argument, "FILE") == 0 || strcmp(argument, "DIR") == 0 ||
           strcmp(argument, "PATH") == 0;
}

/* A pattern of the flags that take an argument: all of them, or those of files. */
static void completion_takers(bool only_files, struct buf *out)
{
    const char *between = "";

    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *option = option_get(i);

        if (option->argument == NULL || (only_files && !is_of_file(option->argument))) {
            continue;
        }
        buf_printf(out, "%s--%s", between, option->name);
        if (option->letter != '\0') {
            buf_printf(out, "|-%c", option->letter);
        }
        between = "|";
    }
}

/* Words for arguments of which there are few. */
static void completion_values(struct buf *out)
{
    buf_append_text(out,
                    "    --status) words='live held revoked' ;;\n    --reason) words='");
    for (unsigned int i = 0; i < WIRE_REVOCATION_REASON_COUNT; i++) {
        struct error ignored;
        const char *reason = NULL;

        if (operand_parse_reason(wire_revocation_reason_name(i), &reason, &ignored)) {
            buf_printf(out, "%s ", reason);
        }
    }
    buf_append_text(out, "' ;;\n");
}

void verbs_print_completion(struct buf *out)
{
    buf_append_text(
        out, "# bash completion for policyctl; made by: policyctl completion\n"
             "_policyctl()\n{\n"
             "    local cur=${COMP_WORDS[COMP_CWORD]} words='' flags='' word before=''\n"
             "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
             "    local -a said=()\n"
             "    case $prev in\n    ");
    completion_takers(true, out);
    buf_append_text(out, ")\n"
                         "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                         "        return ;;\n");
    completion_values(out);
    buf_append_text(out, "    ");
    completion_takers(false, out);
    buf_append_text(
        out, ") return ;;\n"
             "    esac\n"
             "    if [[ -n $words ]]; then\n"
             "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
             "        return\n"
             "    fi\n"
             "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
             "        case $before in\n        ");
    completion_takers(false, out);
    buf_append_text(out, ") ;;\n"
                         "        *) [[ $word == -* ]] || said+=(\"$word\") ;;\n"
                         "        esac\n"
                         "        before=$word\n"
                         "    done\n"
                         "    case ${said[0]-} in\n    '') words=\"");
    completion_first_words(out);
    buf_append_text(out, "\" ;;\n");
    completion_groups(out);
    buf_append_text(out, "    esac\n    [ \"${#said[@]}\" -lt 2 ] || words=''\n"
                         "    case \"${said[*]:0:2}\" in\n");
    completion_flags(out);
    buf_append_text(out,
                    "    esac\n    if [[ $cur == -* ]]; then\n        words=\"$flags");
    completion_options(OPTIONS_GLOBAL, out);
    buf_append_text(out,
                    "\"\n    fi\n"
                    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                    "}\ncomplete -F _policyctl policyctl\n");
}
