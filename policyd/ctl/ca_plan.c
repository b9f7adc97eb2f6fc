/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/ca_plan.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum { LINE_SIZE = 256, PASSPHRASE_MAX = 1024 };

void ca_plan_clear(struct ca_plan *plan)
{
    buf_clear(&plan->passphrase);
}

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

    if (len == 0 || len >= CA_PLAN_NAME_SIZE || !text_is_printable(text, len)) {
        return error_set(err, ERROR_INVALID,
                         "a CA's name has 1 to %d octets and no control characters",
                         CA_PLAN_NAME_SIZE - 1);
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
static bool choose_passphrase(struct ctl *ctl, struct ca_plan *plan, struct error *err)
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

static bool has_names(const struct ctl *ctl)
{
    return ctl_has(ctl, OPTION_ROOT_NAME) || ctl_has(ctl, OPTION_CA_NAME) ||
           ctl_has(ctl, OPTION_ORGANIZATION) || ctl_has(ctl, OPTION_PASSPHRASE_FILE);
}

bool ca_plan_make(struct ctl *ctl, struct ca_plan *plan, struct error *err)
{
    char site[LINE_SIZE];
    int kinds = ctl_has(ctl, OPTION_ROOT_OUT) + ctl_has(ctl, OPTION_CSR_OUT) +
                ctl_has(ctl, OPTION_INSTALL);

    if (kinds > 1) {
        return error_set(err, ERROR_INVALID,
                         "--root-out, --csr-out and --install exclude one another");
    }
    plan->install = ctl->args->value[OPTION_INSTALL];
    if (plan->install != NULL) {
        return !has_names(ctl) ||
               error_set(err, ERROR_INVALID,
                         "with --install the names are those of the certificate");
    }
    site_name(site, sizeof(site));
    (void)snprintf(plan->root, sizeof(plan->root), "%.40sRoot CA", site);
    (void)snprintf(plan->issuing, sizeof(plan->issuing), "%.40sIssuing CA 1", site);
    plan->with_root = !ctl_has(ctl, OPTION_CSR_OUT);
    if (!plan->with_root &&
        (ctl_has(ctl, OPTION_ROOT_NAME) || ctl_has(ctl, OPTION_PASSPHRASE_FILE))) {
        return error_set(err, ERROR_INVALID,
                         "--root-name and --root-passphrase-file are for a root that is "
                         "made here");
    }
    if (plan->with_root &&
        !choose_name(ctl, OPTION_ROOT_NAME, "root   ", plan->root, err)) {
        return false;
    }
    return choose_name(ctl, OPTION_CA_NAME, "issuing", plan->issuing, err) &&
           choose_passphrase(ctl, plan, err);
}

void ca_plan_describe(struct ctl *ctl, const struct ca_plan *plan, struct buf *out)
{
    if (plan->install != NULL) {
        buf_append_text(out, "  install  ");
        output_text(out, &ctl->style, plan->install);
        buf_append_text(out, "\n");
        return;
    }
    if (plan->with_root) {
        buf_append_text(out, "  root     \"");
        output_text(out, &ctl->style, plan->root);
        buf_append_text(out, "\" ECDSA P-384, 20 years\n");
    }
    buf_append_text(out, "  issuing  \"");
    output_text(out, &ctl->style, plan->issuing);
    buf_append_text(out, "\" ECDSA P-256, 10 years\n");
}
