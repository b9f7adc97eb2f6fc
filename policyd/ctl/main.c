/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyctl: what an administrator does with policyd. Wires arguments, configuration and
 * terminal together and runs one verb.
 */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policyd/ctl/ctl.h"

static struct output_style style_of(const struct arguments *args,
                                    const struct clock *clock)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return (struct output_style){
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .color = isatty(STDOUT_FILENO) == 1 && !arguments_have(args, OPTION_NO_COLOR) &&
                 (no_color == NULL || *no_color == '\0') && term != NULL &&
                 strcmp(term, "dumb") != 0,
        .now_utc = clock_now_utc(clock),
        .local = ctl_local_time,
    };
}

/* The fault, to whom the answer would have gone. */
static void tell_fault(struct ctl *ctl)
{
    AUTO(buf) text = BUF_EMPTY;

    if (ctl->fault.what[0] == '\0') {
        return;
    }
    if (ctl_has(ctl, OPTION_JSON)) {
        fault_print_json(&ctl->fault, &text);
        ctl_write(ctl, buf_bytes(&text));
        return;
    }
    fault_print(&ctl->fault, &ctl->style, &text);
    (void)fwrite(text.data, 1, text.len, ctl->err);
}

static void print_help(struct ctl *ctl)
{
    AUTO(buf) text = BUF_EMPTY;

    if (ctl->args->verb != NULL) {
        verbs_print_verb_help(ctl->args->verb, &text);
    } else if (ctl->args->group != NULL) {
        verbs_print_group_help(ctl->args->group, &text);
    } else {
        verbs_print_help(&text);
    }
    ctl_write(ctl, buf_bytes(&text));
}

/* The verb, with the configuration that it needs. */
static enum exit_code run_verb(struct ctl *ctl)
{
    const char *path = ctl->args->value[OPTION_CONFIG];
    AUTO(ctl_conf) conf = {.socket = NULL};
    struct error err;

    if (!ctl_conf_load(path, &conf, &err)) {
        return fault_set(&ctl->fault, EXIT_CODE_CONFIG, "CTL_CONFIG",
                         "policyctl's configuration is not usable", err.message,
                         "mend that line; without the file the defaults hold");
    }
    ctl->conf = &conf;
    enum exit_code code = ctl->args->verb->run(ctl);
    ctl->conf = NULL;
    return code;
}

static enum exit_code run(struct ctl *ctl, const struct arguments *args, bool parsed,
                          const struct error *err)
{
    if (!parsed) {
        return ctl_misused(ctl, err);
    }
    if (arguments_have(args, OPTION_HELP)) {
        print_help(ctl);
        return EXIT_CODE_DONE;
    }
    if (arguments_have(args, OPTION_VERSION)) {
        return verbs_find("", "version")->run(ctl);
    }
    return run_verb(ctl);
}

int main(int argc, char **argv)
{
    struct arguments args;
    struct error err = {.code = ERROR_NONE};

    (void)setlocale(LC_CTYPE, "");
    (void)signal(SIGPIPE, SIG_IGN);
    bool parsed = arguments_parse(argc, argv, &args, &err);
    struct ctl ctl = {
        .args = &args,
        .clock = clock_system(),
        .in = stdin,
        .out = stdout,
        .err = stderr,
        .interactive = isatty(STDIN_FILENO) == 1,
        .style = style_of(&args, clock_system()),
    };
    enum exit_code code = run(&ctl, &args, parsed, &err);
    tell_fault(&ctl);
    ctl_connection_free(ctl.connection);
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? (int)code : EXIT_CODE_FAILED;
}
