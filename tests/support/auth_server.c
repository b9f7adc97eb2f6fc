/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_server: the TLS listener with authentication and nothing behind it: it tells every client who
 * it is, or why not. For stories; it ends when its standard input does.
 *
 *     auth_server KEYTAB SERVICE REPLAY-CACHE require|accept CHAIN KEY CA LEDGER
 *
 * CA is the PEM file of the CA whose client certificates count. LEDGER is a directory: a file
 * named after a serial number (lower-case hexadecimal) has one line "SHA256 live|revoked ID
 * PRINCIPAL". It prints its port.
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
#include "common/base/text.h"
#include "common/pki/pem.h"

#include "policyd/pool.h"
#include "policyd/server_login.h"

enum { FILE_MAX = 64 * 1024, KEEP_S = 3600, DEADLINE_S = 10 };

enum argument {
    KEYTAB = 1,
    SERVICE,
    REPLAY_CACHE,
    BINDING,
    CHAIN,
    KEY,
    CA,
    LEDGER,
    COUNT
};

static void must(bool ok, const struct error *err)
{
    if (!ok) {
        (void)fprintf(stderr, "auth_server: %s\n", err->message);
        exit(1);
    }
}

static bool parse_known(char *line, struct auth_known *out, struct error *err)
{
    AUTO(buf) hash = BUF_EMPTY;
    char *rest = line;
    const char *sha256 = strsep(&rest, " \n");
    const char *status = strsep(&rest, " \n");
    const char *id = strsep(&rest, " \n");
    const char *principal = strsep(&rest, "\n");

    if (principal == NULL) {
        return error_set(err, ERROR_UNAVAILABLE, "the ledger's line is not whole");
    }
    if (!text_parse_hex(sha256, WIRE_SHA256, &hash, err)) {
        return false;
    }
    memcpy(out->sha256, hash.data, hash.len);
    out->standing = strcmp(status, "live") == 0 ? AUTH_LIVE : AUTH_REVOKED;
    (void)snprintf(out->account_id, sizeof(out->account_id), "%s", id);
    (void)snprintf(out->principal, sizeof(out->principal), "%s", principal);
    return true;
}

static bool find(void *ctx, struct bytes serial, struct auth_known *out,
                 struct error *err)
{
    AUTO(buf) path = BUF_EMPTY;
    AUTO(buf) content = BUF_EMPTY;
    struct error why = {0};

    buf_printf(&path, "%s/", (const char *)ctx);
    text_append_hex(&path, serial.data, serial.len);
    if (!file_read(buf_text(&path), FILE_MAX, FILE_ANY, &content, &why)) {
        return why.code == ERROR_NOT_FOUND || error_set(err, why.code, "%s", why.message);
    }
    AUTO(string) line = mem_strdup(buf_text(&content));
    return parse_known(line, out, err);
}

static void answer_unknown(const struct http_request *request,
                           const struct auth_result *result, struct http_answer *answer)
{
    http_answer_reason(request, result->reason, "", answer);
    buf_printf(&answer->body, "audit %s: %s\n", reason_get(result->reason)->code,
               result->sentence);
}

static void whoami(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    AUTO(auth_result) result = {0};

    server_login(ctx, request, &result);
    if (result.outcome == AUTH_KNOWN) {
        answer->status = 200;
        answer->content_type = "text/plain";
        buf_printf(&answer->body, "principal %s\nmethod %s\nbound %s\nage %lld\n",
                   result.principal, wire_auth_method_name(result.method),
                   result.channel_bound ? "yes" : "no",
                   (long long)(clock_now_utc(clock_system()) - result.authenticated_utc));
        buf_printf(&answer->body, "ticket %lld expires %lld\n",
                   (long long)result.ticket_utc, (long long)result.expires_utc);
    } else {
        answer_unknown(request, &result, answer);
    }
    if (result.certificate.counts) {
        buf_printf(&answer->body, "certificate of %s\n",
                   result.certificate.known.account_id);
    } else if (result.certificate.reason != REASON_NONE) {
        buf_printf(&answer->body, "certificate %s: %s\n",
                   reason_get(result.certificate.reason)->code,
                   result.certificate.sentence);
    }
    server_login_challenge(&result, answer);
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

static void trust(struct auth *auth, const char *path)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) ca = NULL;
    AUTO(cert_trust) made = NULL;
    struct error err = {0};
    bool found = false;

    must(file_read(path, FILE_MAX, FILE_ANY, &text, &err), &err);
    struct pem pem = {.text = buf_bytes(&text)};
    must(pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, &err), &err);
    must(cert_parse(buf_bytes(&der), &ca, &err), &err);
    must(cert_trust_new((const struct cert *const *)&ca, 1, NULL, 0, &made, &err), &err);
    auth_set_trust(auth, TAKE(made));
}

static void show_certificate(struct http *http, char **argv)
{
    AUTO(buf) chain = BUF_EMPTY;
    AUTO(buf) key = BUF_SECRET;
    struct error err = {0};

    must(file_read(argv[CHAIN], FILE_MAX, FILE_ANY, &chain, &err), &err);
    must(file_read(argv[KEY], FILE_MAX, FILE_ANY, &key, &err), &err);
    must(http_set_certificate(http, buf_bytes(&chain), buf_bytes(&key), &err), &err);
}

int main(int argc, char **argv)
{
    AUTO(pool) pool = NULL;
    AUTO(auth) auth = NULL;
    struct http *http = NULL;
    struct error err = {0};
    unsigned int port = 0;
    char octet = 0;

    must(argc == COUNT || error_set(&err, ERROR_INVALID, "wrong arguments"), &err);
    (void)signal(SIGPIPE, SIG_IGN);
    const struct auth_options options = {.keytab = argv[KEYTAB],
                                         .service = argv[SERVICE],
                                         .replay_cache = argv[REPLAY_CACHE],
                                         .binding = strcmp(argv[BINDING], "accept") == 0
                                                        ? AUTH_BINDING_ACCEPT
                                                        : AUTH_BINDING_REQUIRE,
                                         .keep_s = KEEP_S,
                                         .clock = clock_system(),
                                         .ledger = {find, argv[LEDGER]}};
    must(auth_new(&options, &auth, &err), &err);
    trust(auth, argv[CA]);
    must(pool_new(&(struct pool_options){8, 64}, &pool, &err), &err);
    const struct http_route routes[] = {
        {HTTP_GET | HTTP_POST, "/whoami", FILE_MAX, false, whoami, auth}, {0}};
    const struct http_options listener = {.listener = listen_on_loopback(&port),
                                          .routes = routes,
                                          .pool = pool,
                                          .threads = 2,
                                          .connections_max = 256,
                                          .deadline_s = DEADLINE_S,
                                          .tls = true};
    must(http_start(&listener, &http, &err), &err);
    show_certificate(http, argv);
    (void)printf("%u\n", port);
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &octet, 1) > 0) {
    }
    http_stop(http, 1);
    pool_free(TAKE(pool));
    http_free(http);
    return 0;
}
