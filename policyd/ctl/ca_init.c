/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ctl/ca_plan.h"
#include "policyd/ctl/child.h"
#include "policyd/ctl/groups.h"
#include "policyd/ctl/handover.h"

enum { ARGUMENTS_MAX = 20 };

static const char fails[] = "no CA was made";

/* The program that does it, and what goes between it and us. */
struct run {
    struct child child;
    struct handover root_key, request, answer;
};

static void run_clear(struct run *run)
{
    handover_clear(&run->root_key);
    handover_clear(&run->request);
    handover_clear(&run->answer);
}
CLEANUP_DEFINE_VALUE(run, struct run, run_clear);

static void add_argument(const char **argv, size_t *count, const char *flag,
                         const char *value)
{
    if (value != NULL) {
        argv[(*count)++] = flag;
        argv[(*count)++] = value;
    }
}

/* The root's passphrase is not among them: it goes through a descriptor. */
static void make_arguments(struct ctl *ctl, const struct ca_plan *plan,
                           const struct run *run, const char **argv)
{
    bool names = plan->install == NULL;
    size_t count = 0;

    argv[count++] = ctl->conf->signer_program;
    add_argument(argv, &count, "-c", ctl->conf->signer_config);
    argv[count++] = "--ca-init";
    add_argument(argv, &count, "--ca", ctl->args->value[OPTION_CA]);
    add_argument(argv, &count, "--issuing-cn", names ? plan->issuing : NULL);
    add_argument(argv, &count, "--root-cn", plan->with_root ? plan->root : NULL);
    add_argument(argv, &count, "--organization", ctl->args->value[OPTION_ORGANIZATION]);
    add_argument(argv, &count, "--root-out", run->root_key.inside);
    add_argument(argv, &count, "--csr-out", run->request.inside);
    add_argument(argv, &count, "--install", run->answer.inside);
    add_argument(argv, &count, "--root-passphrase-fd",
                 plan->passphrase.len > 0 ? "3" : NULL);
    argv[count] = NULL;
}
_Static_assert(CHILD_SECRET_FD == 3, "make_arguments() says so");

/* The signer's files belong to the owner of its journal, so that is who makes them; where there
 * is none yet, to who will have it. */
static void prepare_run(struct ctl *ctl, const struct ca_plan *plan, struct run *run)
{
    const char *const *values = ctl->args->value;
    AUTO(string) above = mem_strdup(ctl->conf->journal);
    char *slash = strrchr(above, '/');
    struct stat journal;

    if (slash != NULL && slash != above) {
        *slash = '\0';
    }
    if (geteuid() == 0 &&
        (stat(ctl->conf->journal, &journal) == 0 || stat(above, &journal) == 0)) {
        run->child.as_other = journal.st_uid != 0;
        run->child.owner = journal.st_uid;
        run->child.group = journal.st_gid;
    }
    run->child.secret = plan->passphrase.len > 0 ? &plan->passphrase : NULL;
    handover_init(&run->root_key, &run->child, above, values[OPTION_ROOT_OUT]);
    handover_init(&run->request, &run->child, above, values[OPTION_CSR_OUT]);
    handover_init(&run->answer, &run->child, above, plan->install);
}

/* Each "key=value" line of what the signer wrote. */
static void each_made(const char *text, void *ctx,
                      void (*take)(void *ctx, const char *key, const char *value))
{
    AUTO(string) copy = mem_strdup(text);

    for (char *line = copy; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        bool last = line[len] == '\0';
        char *value = NULL;

        line[len] = '\0';
        value = strchr(line, '=');
        if (value != NULL) {
            *value = '\0';
            take(ctx, line, value + 1);
        }
        line += len + !last;
    }
}

/* Where the administrator finds what the signer put somewhere for us; owned by the caller. */
static char *outside_of(const struct run *run, const char *value)
{
    const struct handover *const all[] = {&run->root_key, &run->request};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i]->apart && text_has_prefix(value, all[i]->inside)) {
            return mem_printf("%s%s", all[i]->outside, value + strlen(all[i]->inside));
        }
    }
    return mem_strdup(value);
}

/* What was made is being told of: as members of an object, or as text for people. */
struct telling {
    struct ctl *ctl;
    const struct run *run;
    struct json_writer *json;
    struct buf *out;
};

static void add_member(void *ctx, const char *key, const char *value)
{
    struct telling *t = ctx;
    AUTO(string) shown = outside_of(t->run, value);

    json_add_text(t->json, key, shown);
}

static void add_line(void *ctx, const char *key, const char *value)
{
    struct telling *t = ctx;
    AUTO(string) shown = outside_of(t->run, value);

    output_field(t->out, &t->ctl->style, 16, key, shown);
}

static enum exit_code say_json(struct ctl *ctl, const struct ca_plan *plan,
                               const struct run *run, const char *made)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct telling telling = {ctl, run, &w, NULL};
    struct error err;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", ctl->args->verb->schema);
    if (plan->install == NULL) {
        json_add_text(&w, "issuing_cn", plan->issuing);
    }
    if (plan->with_root) {
        json_add_text(&w, "root_cn", plan->root);
    }
    json_open_object(&w, "made");
    each_made(made, &telling, add_member);
    json_close(&w);
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, &out, &err)) {
        return fault_set_error(&ctl->fault, &err,
                               "the CA was made, but cannot be told of",
                               "policyctl ca show");
    }
    buf_append_byte(&out, '\n');
    ctl_write(ctl, buf_bytes(&out));
    return EXIT_CODE_DONE;
}

static enum exit_code say_made(struct ctl *ctl, const struct ca_plan *plan,
                               const struct run *run, const char *made)
{
    AUTO(buf) out = BUF_EMPTY;
    struct telling telling = {ctl, run, NULL, &out};

    if (ctl_has(ctl, OPTION_JSON)) {
        return say_json(ctl, plan, run, made);
    }
    ca_plan_describe(ctl, plan, &out);
    buf_append_text(&out, "\nMade:\n");
    each_made(made, &telling, add_line);
    if (ctl_has(ctl, OPTION_CSR_OUT)) {
        buf_append_text(&out, "\nNext:  have your root sign the request, then\n"
                              "       policyctl ca init --install FILE\n");
    } else {
        buf_append_text(&out, "\nNext:  systemctl start policyd-signer policyd\n"
                              "       policyctl status\n");
    }
    ctl_say(ctl, &out);
    return EXIT_CODE_DONE;
}

/* What the signer said on its standard error is the why. */
static enum exit_code fail_child(struct ctl *ctl, int status, struct buf *said)
{
    enum exit_code code = status > 0 && status < EXIT_CODE_COUNT ? (enum exit_code)status
                                                                 : EXIT_CODE_FAILED;
    AUTO(string) line = mem_strdup(buf_text(said));

    line[strcspn(line, "\n")] = '\0';
    if (*line == '\0') {
        AUTO(string)
        why = mem_printf("%s ended with status %d", ctl->conf->signer_program, status);
        return fault_set(&ctl->fault, code, "CTL_SIGNER", fails, why,
                         "signer_program of policyctl.conf names policyd-signer");
    }
    return fault_set(&ctl->fault, code, "CTL_SIGNER", fails, line,
                     "what it says; a running policyd-signer is to be stopped first");
}

/* An earlier run may have left a request, which another replaces; a root's key stays. */
static bool exchange_before(const struct run *run, struct error *err)
{
    handover_drop(&run->request);
    return handover_check(&run->root_key, err) && handover_check(&run->request, err) &&
           handover_give(&run->answer, &run->child, err);
}

static bool exchange_after(const struct run *run, struct error *err)
{
    handover_drop(&run->answer);
    return handover_take(&run->root_key, "", err) &&
           handover_take(&run->root_key, ".passphrase", err) &&
           handover_take(&run->request, "", err);
}

static enum exit_code carry_out(struct ctl *ctl, const struct ca_plan *plan)
{
    const char *argv[ARGUMENTS_MAX + 1];
    AUTO(run) run = {.child = {.argv = argv}};
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) said = BUF_EMPTY;
    struct error err;
    int status = 0;

    prepare_run(ctl, plan, &run);
    make_arguments(ctl, plan, &run, argv);
    if (!exchange_before(&run, &err) ||
        !child_run(&run.child, &out, &said, &status, &err)) {
        return fault_set_error(&ctl->fault, &err, fails, "policyctl ca init --dry-run");
    }
    if (status != 0) {
        handover_drop(&run.answer);
        return fail_child(ctl, status, &said);
    }
    return exchange_after(&run, &err)
               ? say_made(ctl, plan, &run, buf_text(&out))
               : fault_set_error(&ctl->fault, &err,
                                 "the CA was made, but not all of it handed over",
                                 "move it by hand; the next command is policyctl status");
}

enum exit_code verb_ca_init(struct ctl *ctl)
{
    AUTO(ca_plan) plan = {.with_root = false};
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    if (!ca_plan_make(ctl, &plan, &err)) {
        return ctl_misused(ctl, &err);
    }
    ca_plan_describe(ctl, &plan, &text);
    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_append_text(&text, "Would make these; nothing was changed.\n");
        return ctl_dry(ctl, &text);
    }
    return ctl_confirm(ctl, "Make these?") ? carry_out(ctl, &plan) : ctl->fault.code;
}
