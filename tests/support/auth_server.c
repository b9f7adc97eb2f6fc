/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_server: the TLS listener with authentication, a real ledger, and the directory if there is
 * one: it tells every client who it is, or why not. For stories; it ends when its standard input
 * does.
 *
 * Options are NAME=VALUE arguments. It prints its port, and then a line for each line of its
 * standard input, words apart by blanks:
 *     issue PEM ACCOUNT PRINCIPAL       enter a certificate into the ledger
 *     revoke PEM, hold PEM, release PEM
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/ldap/dap_pool.h"
#include "common/pki/cert_file.h"

#include "policyd/pool.h"
#include "policyd/server_identity.h"
#include "policyd/server_known.h"
#include "policyd/server_login.h"
#include "tests/support/story_ledger.h"

enum {
    FILE_MAX = 64 * 1024,
    KEEP_S = 3600,
    DEADLINE_S = 120,
    TIMEOUT_MS = 10000,
    LINE_MAX_LEN = 4096
};

enum option {
    KEYTAB = 0,
    SERVICE,
    REPLAY_CACHE,
    BINDING,
    CHAIN,
    KEY,
    CA,
    LEDGER,
    SERVERS, /* of the directory; "": none */
    PRINCIPAL,
    LDAP_KEYTAB,
    BASE,
    REALM,
    OPTION_COUNT
};

static const char *const option_names[] = {
    [KEYTAB] = "keytab", [SERVICE] = "service",     [REPLAY_CACHE] = "replay_cache",
    [CHAIN] = "chain",   [BINDING] = "binding",     [KEY] = "key",
    [CA] = "ca",         [LEDGER] = "ledger",       [SERVERS] = "servers",
    [BASE] = "base",     [PRINCIPAL] = "principal", [LDAP_KEYTAB] = "ldap_keytab",
    [REALM] = "realm",
};
_Static_assert(sizeof(option_names) / sizeof(option_names[0]) == OPTION_COUNT, "each");

struct place {
    const char *options[OPTION_COUNT];
    struct ledger *ledger;
    struct auth *auth;
    struct dap_pool *dap;
    struct directory *directory; /* NULL: none */
};

static void must(bool ok, const struct error *err)
{
    if (!ok) {
        (void)fprintf(stderr, "auth_server: %s\n", err->message);
        exit(1);
    }
}

static void take_options(struct place *p, int argc, char **argv)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t len = strlen(option_names[i]);

        p->options[i] = "";
        for (int k = 1; k < argc; k++) {
            if (strncmp(argv[k], option_names[i], len) == 0 && argv[k][len] == '=') {
                p->options[i] = argv[k] + len + 1;
            }
        }
    }
}

/* ---- answers ------------------------------------------------------------------------- */

static void tell_login(const struct auth_result *login, struct buf *out)
{
    buf_printf(out, "principal %s\nmethod %s\nbound %s\nage %lld\n", login->principal,
               wire_auth_method_name(login->method), login->channel_bound ? "yes" : "no",
               (long long)(clock_now_utc(clock_system()) - login->authenticated_utc));
    buf_printf(out, "ticket %lld expires %lld\n", (long long)login->ticket_utc,
               (long long)login->expires_utc);
}

static void tell_account(const struct wire_account *account, struct buf *out)
{
    buf_printf(out, "account %s\nnamed %s\n", account->ref.id, account->ref.principal);
    for (size_t i = 0; i < account->group_count; i++) {
        buf_printf(out, "group %s\n", account->groups[i].dn);
    }
}

static void tell_certificate(const struct auth_certificate *c, struct buf *out)
{
    if (c->counts) {
        buf_printf(out, "certificate of %s\n", c->known.account_id);
    } else if (c->reason != REASON_NONE) {
        buf_printf(out, "certificate %s: %s\n", reason_get(c->reason)->code, c->sentence);
    }
}

static void judge(const struct place *p, struct server_identity *who)
{
    const struct server_identity_source source = {
        .auth = p->auth, .directory = p->directory, .timeout_ms = TIMEOUT_MS};

    if (p->directory != NULL) {
        server_identity_judge(&source, who);
    } else {
        who->known = who->login.outcome == AUTH_KNOWN;
        who->refusal.audit_reason = who->login.reason;
        who->refusal.sentence = who->login.sentence;
    }
}

static void whoami(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    const struct place *p = ctx;
    AUTO(server_identity) who = {.known = false};

    server_login(p->auth, request, &who.login);
    judge(p, &who);
    if (who.known) {
        answer->status = 200;
        answer->content_type = "text/plain";
        tell_login(&who.login, &answer->body);
    } else {
        http_answer_reason(request, who.refusal.audit_reason, "", answer);
        buf_printf(&answer->body, "audit %s: %s\n",
                   reason_get(who.refusal.audit_reason)->code, who.refusal.sentence);
    }
    if (who.known && who.account != NULL) {
        tell_account(&who.assertion.account, &answer->body);
    }
    tell_certificate(&who.login.certificate, &answer->body);
    server_login_challenge(&who.login, answer);
}

/* ---- parts --------------------------------------------------------------------------- */

static void open_ledger(struct place *p)
{
    p->ledger = ledger_open(&(const struct ledger_options){
        .path = p->options[LEDGER], .now_utc = clock_now_utc(clock_system())});
}

static void make_auth(struct place *p)
{
    const struct cert_count one = {1, 1};
    const struct auth_options options = {
        .keytab = p->options[KEYTAB],
        .service = p->options[SERVICE],
        .replay_cache = p->options[REPLAY_CACHE],
        .binding = strcmp(p->options[BINDING], "accept") == 0 ? AUTH_BINDING_ACCEPT
                                                              : AUTH_BINDING_REQUIRE,
        .keep_s = KEEP_S,
        .clock = clock_system(),
        .ledger = server_known_port(p->ledger)};
    AUTO(cert) ca = NULL;
    struct cert_trust *trust = NULL;
    struct error err = {0};
    size_t count = 0;

    must(auth_new(&options, &p->auth, &err), &err);
    must(cert_file_read(p->options[CA], FILE_ANY, one, &ca, &count, &err), &err);
    must(cert_trust_new((const struct cert *const *)&ca, 1, NULL, 0, &trust, &err), &err);
    auth_set_trust(p->auth, trust);
}

static void make_directory(struct place *p)
{
    static const char *const machines[] = {"device", "ipHost", "computer"};
    static const char *const users[] = {"inetOrgPerson", "account"};
    static const char *const links[] = {"member"};
    static const char *const disabled[] = {"pwdAccountLockedTime"};
    const struct dap_settings dap = {.servers = &p->options[SERVERS],
                                     .server_count = 1,
                                     .bind = DAP_BIND_KEYTAB,
                                     .principal = p->options[PRINCIPAL],
                                     .keytab = p->options[LDAP_KEYTAB],
                                     .connect_timeout_ms = TIMEOUT_MS,
                                     .operation_timeout_ms = TIMEOUT_MS,
                                     .connections_max = 4};
    struct error err = {0};

    if (*p->options[SERVERS] == '\0') {
        return;
    }
    dap_start();
    must(dap_pool_new(&dap, &p->dap, &err), &err);
    const struct directory_settings settings = {.port = dap_pool_port(p->dap),
                                                .clock = clock_system(),
                                                .realm = p->options[REALM],
                                                .base = p->options[BASE],
                                                .machine_classes = {machines, 3},
                                                .user_classes = {users, 2},
                                                .group_links = {links, 1},
                                                .disabled_by = {disabled, 1},
                                                .groups_depth_max = 8,
                                                .groups_max = 1024,
                                                .cache_s = 30};
    must(directory_new(&settings, &p->directory, &err), &err);
}

static int listen_on_loopback(unsigned int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    struct error err = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must((bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
          listen(fd, 64) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0) ||
             error_set(&err, ERROR_UNAVAILABLE, "no socket"),
         &err);
    *port = ntohs(address.sin_port);
    return fd;
}

static void show_certificate(struct http *http, const struct place *p)
{
    AUTO(buf) chain = BUF_EMPTY;
    AUTO(buf) key = BUF_SECRET;
    struct error err = {0};

    must(file_read(p->options[CHAIN], FILE_MAX, FILE_ANY, &chain, &err), &err);
    must(file_read(p->options[KEY], FILE_MAX, FILE_ANY, &key, &err), &err);
    must(http_set_certificate(http, buf_bytes(&chain), buf_bytes(&key), &err), &err);
}

/* ---- orders -------------------------------------------------------------------------- */

static void obey(struct place *p, char *line)
{
    char *rest = line;
    const char *verb = strsep(&rest, " \n");
    const char *path = strsep(&rest, " \n");
    const char *account = strsep(&rest, " \n");
    const char *principal = strsep(&rest, " \n");
    struct error err = {0};
    bool done = path == NULL ? error_set(&err, ERROR_INVALID, "no file")
                : principal != NULL && strcmp(verb, "issue") == 0
                    ? story_ledger_issue(p->ledger, path, account, principal, &err)
                    : story_ledger_change(p->ledger, path, verb, &err);

    (void)printf("%s\n", done ? "done" : err.message);
    (void)fflush(stdout);
}

static void serve(struct place *p, struct pool *pool)
{
    const struct http_route routes[] = {
        {HTTP_GET | HTTP_POST, "/whoami", FILE_MAX, false, whoami, p}, {0}};
    unsigned int port = 0;
    const struct http_options listener = {.listener = listen_on_loopback(&port),
                                          .routes = routes,
                                          .pool = pool,
                                          .threads = 2,
                                          .connections_max = 256,
                                          .deadline_s = DEADLINE_S,
                                          .tls = true};
    struct http *http = NULL;
    struct error err = {0};
    char line[LINE_MAX_LEN];

    must(http_start(&listener, &http, &err), &err);
    show_certificate(http, p);
    (void)printf("%u\n", port);
    (void)fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        obey(p, line);
    }
    http_stop(http, 1);
    pool_free(pool);
    http_free(http);
}

int main(int argc, char **argv)
{
    struct place p = {.ledger = NULL};
    struct pool *pool = NULL;
    struct error err = {0};

    (void)signal(SIGPIPE, SIG_IGN);
    take_options(&p, argc, argv);
    open_ledger(&p);
    make_auth(&p);
    make_directory(&p);
    must(pool_new(&(struct pool_options){8, 64}, &pool, &err), &err);
    serve(&p, pool);
    auth_free(p.auth);
    directory_free(p.directory);
    dap_pool_free(p.dap);
    ledger_free(p.ledger);
    return 0;
}
