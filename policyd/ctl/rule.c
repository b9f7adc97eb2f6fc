/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a directory are looked at by policyd-rules itself, enclosed as when it judges:
 * what it says is what policyd will say when it loads them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/ctl/child.h"
#include "policyd/ctl/groups.h"

enum { DOCUMENT_MAX = CHILD_OUTPUT_MAX + 1 };

/* What the program said on its standard error is the why. */
static enum exit_code fail(struct ctl *ctl, const char *what, int status,
                           struct buf *said)
{
    static const char prefix[] = "policyd-rules: ";
    const enum exit_code code = status > 0 && status < EXIT_CODE_COUNT
                                    ? (enum exit_code)status
                                    : EXIT_CODE_FAILED;
    AUTO(string) line = mem_strdup(buf_text(said));
    const char *why = line;

    line[strcspn(line, "\n")] = '\0';
    if (strncmp(why, prefix, strlen(prefix)) == 0) {
        why += strlen(prefix);
    }
    if (*why != '\0') {
        return fault_set(&ctl->fault, code, "CTL_RULES", what, why, "");
    }
    AUTO(string)
    ended = mem_printf("%s ended with status %d", ctl->conf->rules_program, status);
    return fault_set(&ctl->fault, code, "CTL_RULES", what, ended,
                     "rules_program of policyctl.conf names policyd-rules");
}

/* The document is the answer, whether it tells of good rules or of bad ones. */
static enum exit_code show_json(struct ctl *ctl, const char *what, struct buf *out,
                                enum exit_code code)
{
    AUTO(json) doc = NULL;
    enum exit_code shown = EXIT_CODE_DONE;
    struct error err = {0};

    if (!json_parse(buf_bytes(out), DOCUMENT_MAX, &doc, &err)) {
        return fault_set_error(&ctl->fault, &err, what, NULL);
    }
    (void)ctl_answered(ctl, doc, &shown);
    return shown == EXIT_CODE_DONE ? code : shown;
}

/* Line by line, since names in it are what somebody wrote into a file. */
static void show_text(struct ctl *ctl, struct buf *out)
{
    AUTO(string) copy = mem_strdup(buf_text(out));
    AUTO(buf) text = BUF_EMPTY;
    char *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        output_text(&text, &ctl->style, line);
        buf_append_byte(&text, '\n');
    }
    ctl_say(ctl, &text);
}

/* job: "--check"; the directory is the operand, or the configured one. */
static enum exit_code run(struct ctl *ctl, const char *job, const char *what)
{
    const char *argv[] = {ctl->conf->rules_program, job,
                          ctl->args->operand_count > 0 ? ctl->args->operands[0]
                                                       : ctl->conf->rules_directory,
                          ctl_has(ctl, OPTION_JSON) ? "--json" : NULL, NULL};
    const struct child child = {.argv = argv};
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) said = BUF_EMPTY;
    struct error err = {0};
    int status = 0;

    if (!child_run(&child, &out, &said, &status, &err)) {
        return fault_set_error(&ctl->fault, &err, what, NULL);
    }
    const bool good = status == EXIT_CODE_DONE;
    const bool told = status == EXIT_CODE_FAILED || status == EXIT_CODE_CONFIG;
    if (!good && (!told || said.len > 0 || out.len == 0)) {
        show_text(ctl, &out); /* how far it came */
        return fail(ctl, what, status, &said);
    }
    if (ctl_has(ctl, OPTION_JSON)) {
        return show_json(ctl, what, &out, (enum exit_code)status);
    }
    show_text(ctl, &out);
    return (enum exit_code)status;
}

enum exit_code verb_rule_check(struct ctl *ctl)
{
    return run(ctl, "--check", "cannot check the rules");
}

enum exit_code verb_rule_test(struct ctl *ctl)
{
    return run(ctl, "--test", "cannot test the rules");
}

enum exit_code verb_rule_list(struct ctl *ctl)
{
    return run(ctl, "--list", "cannot list the rules");
}
