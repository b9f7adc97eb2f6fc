/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ctl/child.h"
#include "policyd/ctl/groups.h"

enum { NAME_SIZE = 65, LINE_SIZE = 256, PASSPHRASE_MAX = 1024, ARGUMENTS_MAX = 16 };

static const char fails[] = "no CA was made";

/* What is to be made. */
struct plan {
    char root[NAME_SIZE], issuing[NAME_SIZE]; /* common names; X.520 allows 64 */
    bool with_root;                           /* else the root is somebody's own */
    struct buf passphrase;
};

static void plan_clear(struct plan *plan)
{
    buf_clear(&plan->passphrase);
}
CLEANUP_DEFINE_VALUE(plan, struct plan, plan_clear);

/* This host's name, in full where the system knows it. */
static void host_name(char *host, size_t size)
{
    const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (gethostname(host, size - 1) != 0) {
        *host = '\0';
    }
    if (*host == '\0' || strchr(host, '.') != NULL ||
        getaddrinfo(host, NULL, &hints, &found) != 0) {
        return;
    }
    if (found->ai_canonname != NULL) {
        (void)snprintf(host, size, "%s", found->ai_canonname);
    }
    freeaddrinfo(found);
}

/* "Corp " of a host in corp.example; "" when its domain is not known. */
static void site_name(char *out, size_t size)
{
    char host[LINE_SIZE] = "";

    host_name(host, sizeof(host));
    const char *dot = strchr(host, '.');
    size_t len = dot == NULL ? 0 : strcspn(dot + 1, ".");
    *out = '\0';
    if (len > 0 && len <= 32) {
        (void)snprintf(out, size, "%.*s ", (int)len, dot + 1);
        *out = (char)(*out >= 'a' && *out <= 'z' ? *out - 'a' + 'A' : *out);
    }
}

static bool set_name(char *name, const char *text, struct error *err)
{
    size_t len = strlen(text);

    if (len == 0 || len >= NAME_SIZE || !text_is_printable(text, len)) {
        return error_set(err, ERROR_INVALID,
                         "a CA's name has 1 to %d octets and no control characters",
                         NAME_SIZE - 1);
    }
    memcpy(name, text, len + 1);
    return true;
}

/* A name from its flag, else proposed to whoever sits there. */
static bool choose_name(struct ctl *ctl, enum verb_option option, const char *key,
                        char *name, struct error *err)
{
    char line[LINE_SIZE];
    const char *given = ctl->args->value[option];

    if (given != NULL) {
        return set_name(name, given, err);
    }
    if (!ctl->interactive || ctl_has(ctl, OPTION_YES) || ctl_has(ctl, OPTION_DRY_RUN)) {
        return true;
    }
    AUTO(string)
    prompt = mem_printf("  %s \"%s\"   [Enter to accept, or another name]", key, name);
    if (!ctl_ask(ctl, prompt, line, sizeof(line))) {
        return error_set(err, ERROR_INVALID, "no name was given");
    }
    return *line == '\0' || set_name(name, line, err);
}

/* A line that is not shown while it is typed. */
static bool ask_hidden(struct ctl *ctl, const char *prompt, struct buf *out)
{
    char line[PASSPHRASE_MAX + 2];
    struct termios shown;
    struct termios hidden;

    if (tcgetattr(fileno(ctl->in), &shown) != 0) {
        return false;
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fileno(ctl->in), TCSAFLUSH, &hidden);
    bool got = ctl_ask(ctl, prompt, line, sizeof(line));
    (void)tcsetattr(fileno(ctl->in), TCSAFLUSH, &shown);
    (void)fputc('\n', ctl->err);
    if (got) {
        buf_append_text(out, line);
    }
    explicit_bzero(line, sizeof(line));
    return got;
}

static bool ask_passphrase(struct ctl *ctl, struct buf *out, struct error *err)
{
    AUTO(buf) again = BUF_SECRET;

    if (!ask_hidden(ctl, "  passphrase of the root's key:", out) ||
        !ask_hidden(ctl, "  the same again:", &again)) {
        return error_set(err, ERROR_INVALID, "no passphrase was given");
    }
    if (!bytes_equal(buf_bytes(out), buf_bytes(&again)) || out->len == 0) {
        return error_set(err, ERROR_INVALID, "the two differ, or are empty");
    }
    return true;
}

/* Without a terminal and a file the signer makes one up and keeps it beside the key. */
static bool choose_passphrase(struct ctl *ctl, struct plan *plan, struct error *err)
{
    const char *path = ctl->args->value[OPTION_PASSPHRASE_FILE];

    plan->passphrase = BUF_SECRET;
    if (!plan->with_root || ctl_has(ctl, OPTION_DRY_RUN)) {
        return true;
    }
    if (path != NULL) {
        if (!file_read(path, PASSPHRASE_MAX, FILE_SECRET, &plan->passphrase, err)) {
            return false;
        }
        return plan->passphrase.len > 0 ||
               error_set(err, ERROR_INVALID, "'%s' is empty", path);
    }
    return !ctl->interactive || ctl_has(ctl, OPTION_YES) ||
           ask_passphrase(ctl, &plan->passphrase, err);
}

static bool make_plan(struct ctl *ctl, struct plan *plan, struct error *err)
{
    char site[LINE_SIZE];
    int kinds = ctl_has(ctl, OPTION_ROOT_OUT) + ctl_has(ctl, OPTION_CSR_OUT) +
                ctl_has(ctl, OPTION_INSTALL);

    if (kinds > 1) {
        return error_set(err, ERROR_INVALID,
                         "--root-out, --csr-out and --install exclude one another");
    }
    site_name(site, sizeof(site));
    (void)snprintf(plan->root, sizeof(plan->root), "%.40sRoot CA", site);
    (void)snprintf(plan->issuing, sizeof(plan->issuing), "%.40sIssuing CA 1", site);
    plan->with_root = !ctl_has(ctl, OPTION_CSR_OUT) && !ctl_has(ctl, OPTION_INSTALL);
    if (plan->with_root &&
        !choose_name(ctl, OPTION_ROOT_NAME, "root   ", plan->root, err)) {
        return false;
    }
    return choose_name(ctl, OPTION_CA_NAME, "issuing", plan->issuing, err) &&
           choose_passphrase(ctl, plan, err);
}

static void describe(struct ctl *ctl, const struct plan *plan, struct buf *out)
{
    if (plan->with_root) {
        buf_append_text(out, "  root     \"");
        output_text(out, &ctl->style, plan->root);
        buf_append_text(out, "\" ECDSA P-384, 20 years\n");
    }
    buf_append_text(out, "  issuing  \"");
    output_text(out, &ctl->style, plan->issuing);
    buf_append_text(out, "\" ECDSA P-256, 10 years\n");
}

static void add_argument(const char **argv, size_t *count, const char *flag,
                         const char *value)
{
    if (value != NULL) {
        argv[(*count)++] = flag;
        argv[(*count)++] = value;
    }
}

/* The root's passphrase is not among them: it goes through a descriptor. */
static void make_arguments(struct ctl *ctl, const struct plan *plan, const char **argv)
{
    size_t count = 0;

    argv[count++] = ctl->conf->signer_program;
    add_argument(argv, &count, "-c", ctl->conf->signer_config);
    argv[count++] = "--ca-init";
    add_argument(argv, &count, "--issuing-cn", plan->issuing);
    add_argument(argv, &count, "--root-cn", plan->with_root ? plan->root : NULL);
    add_argument(argv, &count, "--root-out", ctl->args->value[OPTION_ROOT_OUT]);
    add_argument(argv, &count, "--csr-out", ctl->args->value[OPTION_CSR_OUT]);
    add_argument(argv, &count, "--install", ctl->args->value[OPTION_INSTALL]);
    add_argument(argv, &count, "--root-passphrase-fd",
                 plan->passphrase.len > 0 ? "3" : NULL);
    argv[count] = NULL;
}
_Static_assert(CHILD_SECRET_FD == 3, "make_arguments() says so");

/* The signer's files belong to the owner of its journal, so that is who makes them. */
static void choose_user(struct ctl *ctl, struct child *child)
{
    AUTO(string) above = mem_strdup(ctl->conf->journal); /* before its first start */
    struct stat journal;
    char *slash = strrchr(above, '/');

    if (slash != NULL && slash != above) {
        *slash = '\0';
    }
    if (geteuid() == 0 &&
        (stat(ctl->conf->journal, &journal) == 0 || stat(above, &journal) == 0)) {
        child->as_other = journal.st_uid != 0;
        child->owner = journal.st_uid;
        child->group = journal.st_gid;
    }
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

static void add_member(void *ctx, const char *key, const char *value)
{
    json_add_text(ctx, key, value);
}

/* People's text in the making. */
struct telling {
    struct ctl *ctl;
    struct buf *out;
};

static void add_line(void *ctx, const char *key, const char *value)
{
    struct telling *t = ctx;

    output_field(t->out, &t->ctl->style, 16, key, value);
}

static enum exit_code say_json(struct ctl *ctl, const struct plan *plan, const char *made)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error err;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", ctl->args->verb->schema);
    json_add_text(&w, "issuing_cn", plan->issuing);
    if (plan->with_root) {
        json_add_text(&w, "root_cn", plan->root);
    }
    json_open_object(&w, "made");
    each_made(made, &w, add_member);
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

static enum exit_code say_made(struct ctl *ctl, const struct plan *plan, const char *made)
{
    AUTO(buf) out = BUF_EMPTY;
    struct telling telling = {ctl, &out};

    if (ctl_has(ctl, OPTION_JSON)) {
        return say_json(ctl, plan, made);
    }
    describe(ctl, plan, &out);
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

static enum exit_code carry_out(struct ctl *ctl, const struct plan *plan)
{
    const char *argv[ARGUMENTS_MAX + 1];
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) said = BUF_EMPTY;
    struct error err;
    int status = 0;

    make_arguments(ctl, plan, argv);
    struct child child = {
        .argv = argv,
        .secret = plan->passphrase.len > 0 ? &plan->passphrase : NULL,
    };
    choose_user(ctl, &child);
    if (!child_run(&child, &out, &said, &status, &err)) {
        return fault_set_error(&ctl->fault, &err, fails, "policyctl ca init --dry-run");
    }
    return status == 0 ? say_made(ctl, plan, buf_text(&out))
                       : fail_child(ctl, status, &said);
}

enum exit_code verb_ca_init(struct ctl *ctl)
{
    AUTO(plan) plan = {.with_root = false};
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    if (!make_plan(ctl, &plan, &err)) {
        return ctl_misused(ctl, &err);
    }
    describe(ctl, &plan, &text);
    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_append_text(&text, "Would make these; nothing was changed.\n");
        return ctl_dry(ctl, &text);
    }
    return ctl_confirm(ctl, "Make these?") ? carry_out(ctl, &plan) : ctl->fault.code;
}
