/* SPDX-License-Identifier: Apache-2.0 */
/*
 * autoenroll-client: gets, keeps and renews the certificates of a host or of a user. Wires
 * configuration, network half and agent together and runs one verb.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/daemon.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/octets.h"
#include "common/pki/digest.h"

#include "autoenroll-client/lifecycle.h"
#include "autoenroll-client/main_options.h"
#include "autoenroll-client/settings.h"
#include "autoenroll-client/view.h"

enum { MACHINE_ID_MAX = 64, PPM = 1000000, MS_PER_S = 1000 };

/* What a run is made of. */
struct program {
    struct main_options options;
    struct settings settings;
    struct transport *transport;
    char *store;
    char *machine_id;
    struct view view;
};

static void program_clear(struct program *p)
{
    transport_free(p->transport);
    settings_clear(&p->settings);
    free(p->store);
    free(p->machine_id);
}
CLEANUP_DEFINE_VALUE(program, struct program, program_clear);

static void print(const struct buf *text)
{
    (void)fwrite(text->data, 1, text->len, stdout);
}

/* With --json the answer to who called is a document, too. */
static int fail(const struct program *p, int code, const struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;

    if (p->options.json && view_error_json(code, err, &text)) {
        print(&text);
    } else {
        (void)fprintf(stderr, "autoenroll-client: %s\n", err->message);
    }
    return code;
}

/* ---- the network half ---------------------------------------------------------------- */

static bool open_transport(void *ctx, struct bytes anchors, struct error *err)
{
    struct program *p = ctx;
    bool is_user = p->options.is_user;
    const struct transport_options options = {.url = p->view.server,
                                              .anchors = anchors,
                                              .principal =
                                                  is_user ? "" : p->settings.principal,
                                              .keytab = is_user ? "" : p->settings.keytab,
                                              .ccache = "",
                                              .store = p->store};

    return transport_new(&options, &p->transport, err);
}

static bool whoami(void *ctx, struct name_store *store, const char **principal,
                   struct wire_agent_failure *failure)
{
    const struct program *p = ctx;

    return transport_whoami(p->transport, store, principal, failure);
}

static bool ask_policy(void *ctx, const struct wire_policy_request *question,
                       struct name_store *store, struct wire_policy_answer *out,
                       struct wire_agent_failure *failure)
{
    const struct program *p = ctx;

    return transport_ask_policy(p->transport, question, store, out, failure);
}

static bool ask_cacerts(void *ctx, const struct wire_cacerts_request *question,
                        struct name_store *store, struct wire_cacerts_answer *out,
                        struct wire_agent_failure *failure)
{
    const struct program *p = ctx;

    return transport_ask_cacerts(p->transport, question, store, out, failure);
}

static bool enroll(void *ctx, const struct wire_enroll_submit *question,
                   struct name_store *store, struct transport_enrolled *out,
                   struct wire_agent_failure *failure)
{
    const struct program *p = ctx;

    return transport_enroll(p->transport, question, store, out, failure);
}

static bool report(void *ctx, const struct wire_report *document,
                   struct name_store *store, struct wire_report_taken *out,
                   struct wire_agent_failure *failure)
{
    const struct program *p = ctx;

    return transport_report(p->transport, document, store, out, failure);
}

/* ---- where things are ---------------------------------------------------------------- */

/* Two hosts may share a home. */
static char *read_machine_id(void)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error ignored;

    if (!file_read("/etc/machine-id", MACHINE_ID_MAX, FILE_ANY, &text, &ignored)) {
        return mem_strdup("unknown");
    }
    char *id = mem_strdup(buf_text(&text));
    id[strspn(id, "0123456789abcdef")] = '\0';
    return id;
}

/* Whoever can write a home can lead root to any place from it, by links. */
static bool check_roots_home(const char *home, struct error *err)
{
    struct stat st;

    if (stat(home, &st) != 0) {
        return error_set_errno(err, errno, "HOME is '%s', which cannot be looked at",
                               home);
    }
    if (st.st_uid != 0) {
        return error_set(err, ERROR_INVALID,
                         "HOME is '%s', which is not root's: run this as whose it is, or "
                         "--system for the host's certificates",
                         home);
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return error_set(err, ERROR_INVALID,
                         "HOME is '%s', which others may write: chmod go-w it, or "
                         "--system for the host's certificates",
                         home);
    }
    return true;
}

static bool check_home(const char *home, struct error *err)
{
    if (home == NULL || home[0] != '/') {
        return error_set(err, ERROR_INVALID, "HOME does not say where your home is");
    }
    return geteuid() != 0 || check_roots_home(home, err);
}

static bool find_store(struct program *p, struct error *err)
{
    const char *home = getenv("HOME");

    if (!p->options.is_user) {
        p->store = mem_strdup(p->settings.machine_store);
    } else if (p->settings.user_store[0] == '/') {
        p->store = mem_strdup(p->settings.user_store);
    } else if (p->settings.user_store[0] != '\0') {
        return error_set(err, ERROR_INVALID,
                         "[user] store is '%s', which does not begin with '/'",
                         p->settings.user_store);
    } else if (!check_home(home, err)) {
        return false;
    } else {
        p->store = mem_printf("%s/.local/share/autoenroll/%s", home, p->machine_id);
    }
    return true;
}

/* The same for each run on this host, another one on the next host. */
static uint32_t jitter_of(const struct program *p)
{
    AUTO(string) text = mem_printf("%s %s", p->machine_id, p->store);
    unsigned char hash[DIGEST_SHA256_SIZE];

    digest_sha256(text, strlen(text), hash);
    return octets_get_u32(hash) % PPM;
}

/* ---- one verb ------------------------------------------------------------------------ */

/* For monitoring, and for people without the rights to read the store. */
static bool keep_status(void *ctx, const struct agent_result *result, struct error *err)
{
    const struct program *p = ctx;
    const struct view view = {
        .scope = p->view.scope, .server = p->view.server, .result = result};
    AUTO(string) path = mem_printf("%s/status.json", p->store);
    AUTO(buf) text = BUF_EMPTY;

    return view_status_json(&view, &text, err) &&
           file_write_atomic(path, buf_bytes(&text),
                             FILE_MODE(p->options.is_user ? 0600 : 0644), err);
}

static void run_agent(struct program *p, const char *only, struct agent_result *result)
{
    const struct agent_network network = {open_transport, whoami, ask_policy, ask_cacerts,
                                          enroll,         report, p};
    const struct agent_keeper keeper = {keep_status, p};
    int64_t timeout_s =
        p->options.timeout_s > 0 ? p->options.timeout_s : p->settings.timeout_s;
    const struct agent_options options = {
        .job = main_verb_job(p->options.verb),
        .only = only,
        .store = p->store,
        .anchors = p->settings.anchors,
        .hooks = p->options.is_user ? "" : p->settings.hooks,
        .kind = p->options.is_user ? WIRE_ACCOUNT_USER : WIRE_ACCOUNT_MACHINE,
        .timeout_ms = (uint32_t)(timeout_s * MS_PER_S),
        .jitter_ppm = jitter_of(p),
        .software = AE_VERSION,
        .clock = clock_system(),
        .network = &network,
        .keeper = &keeper};

    agent_run(&options, result);
}

static void set_unknown(const struct program *p, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND,
              "nothing is known of '%s': autoenroll-client templates asks the server",
              p->options.operand);
}

static int show_json(const struct program *p, int code)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err;
    bool ok = true;
    bool is_known = true;

    switch (p->options.verb) {
    case VERB_TEMPLATES:
        ok = view_templates_json(&p->view, &text, &err);
        break;
    case VERB_EXPLAIN:
        ok = view_explain_json(&p->view, p->options.operand, &is_known, &text, &err);
        break;
    case VERB_RUN:
    case VERB_STATUS:
    case VERB_ENROLL:
    case VERB_RENEW:
    case VERB_COUNT:
    default:
        ok = view_status_json(&p->view, &text, &err);
        break;
    }
    if (ok && !is_known) {
        set_unknown(p, &err);
    }
    if (!ok || !is_known) {
        return fail(p, AGENT_FAILED, &err);
    }
    print(&text);
    return code;
}

static int show_text(const struct program *p, int code)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err;
    bool ok = true;

    if (p->options.verb == VERB_TEMPLATES) {
        view_templates(&p->view, &text);
    } else if (p->options.verb == VERB_EXPLAIN) {
        ok = view_explain(&p->view, p->options.operand, &text);
    } else {
        view_status(&p->view, &text);
    }
    if (!ok) {
        set_unknown(p, &err);
        return fail(p, AGENT_FAILED, &err);
    }
    if (!p->options.quiet || code != AGENT_DONE) {
        print(&text);
    }
    return code;
}

static int code_of_state(const struct agent_result *result)
{
    enum wire_health worst = WIRE_HEALTH_HEALTHY;

    for (size_t i = 0; i < result->line_count; i++) {
        worst = lifecycle_worse(worst, result->lines[i].health);
    }
    return lifecycle_exit_code(worst);
}

static int run_one(struct program *p, const char *only)
{
    AUTO(agent_result) result = {.exit_code = AGENT_FAILED};

    run_agent(p, only, &result);
    p->view.result = &result;
    int code = result.exit_code;
    if (p->options.exit_code && code == AGENT_DONE) {
        code = code_of_state(&result);
    }
    code = p->options.json ? show_json(p, code) : show_text(p, code);
    p->view.result = NULL;
    return code;
}

static int run_verb(struct program *p)
{
    struct error err;

    if (!settings_load(p->options.config, &p->settings, &err)) {
        return fail(p, AGENT_CONFIGURATION, &err);
    }
    p->machine_id = read_machine_id();
    p->view.scope = p->options.is_user ? "user" : "system";
    p->view.server = p->options.server == NULL ? p->settings.url : p->options.server;
    if (!find_store(p, &err)) {
        return fail(p, AGENT_CONFIGURATION, &err);
    }
    return run_one(p, p->options.verb == VERB_EXPLAIN ? "" : p->options.operand);
}

/* Of a command line that could not be read. */
static bool asks_for_json(int argc, char *const argv[])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    AUTO(program) p = {.transport = NULL};
    AUTO(buf) help = BUF_EMPTY;
    struct error err;
    int code = AGENT_DONE;

    daemon_protect();
    (void)signal(SIGPIPE, SIG_IGN);
    if (!main_options_read(argc, argv, &p.options, &err)) {
        p.options.json = asks_for_json(argc, argv);
        return fail(&p, AGENT_USAGE, &err);
    }
    if (p.options.version) {
        (void)printf("autoenroll-client %s\n", AE_VERSION);
    } else if (p.options.help) {
        main_options_help(&help);
        print(&help);
    } else {
        code = run_verb(&p);
    }
    errno = 0; /* of an earlier write nobody knows it any more */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "autoenroll-client: the answer could not be written%s%s\n",
                      errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
        return AGENT_FAILED;
    }
    return code;
}
