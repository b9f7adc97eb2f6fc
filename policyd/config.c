/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/config.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/base/cfg_rows.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum {
    SOCKET_PATH_MAX = 100, /* octets: sun_path has 108, a new socket's name is longer */
    URL_MAX = 200,
};

static const char *const level_names[] = {
    [CONFIG_LOG_ERROR] = "error", [CONFIG_LOG_WARNING] = "warning",
    [CONFIG_LOG_INFO] = "info",   [CONFIG_LOG_DEBUG] = "debug",
    [CONFIG_LOG_COUNT] = NULL,
};
_Static_assert(sizeof(level_names) / sizeof(level_names[0]) == CONFIG_LOG_COUNT + 1,
               "every level has a name");

static const char *const binding_names[] = {
    [CONFIG_BINDING_REQUIRE] = "require",
    [CONFIG_BINDING_ACCEPT] = "accept",
    [CONFIG_BINDING_COUNT] = NULL,
};
_Static_assert(sizeof(binding_names) / sizeof(binding_names[0]) ==
                   CONFIG_BINDING_COUNT + 1,
               "every binding has a name");

static const char *const certificate_names[] = {
    [CONFIG_CERTIFICATE_ISSUED] = "issued",
    [CONFIG_CERTIFICATE_FILE] = "file",
    [CONFIG_CERTIFICATE_COUNT] = NULL,
};
_Static_assert(sizeof(certificate_names) / sizeof(certificate_names[0]) ==
                   CONFIG_CERTIFICATE_COUNT + 1,
               "every source has a name");

/* In full, so that no default of Kerberos's own completes it. */
static bool service_is_right(const char *text)
{
    size_t host = strcspn(text, "/");
    size_t realm = host + strcspn(text + host, "@");

    return *text == '\0' ||
           (strcspn(text, " \\") == strlen(text) && host == strlen("HTTP") &&
            text_has_prefix(text, "HTTP/") && realm > host + 1 && text[realm] == '@' &&
            text[realm + 1] != '\0' && strpbrk(text + host + 1, "/") == NULL &&
            strpbrk(text + realm + 1, "@") == NULL);
}

#define DAYS(n) (INT64_C(86400) * (n))
#define NUMBER(member, type, key, least, most, def, again, words)                        \
    CFG_ROW_NUMBER(config, member, type, SECTION, key, least, most, def, again, words)
#define TEXT(member, type, key, least, most, def, again, words)                          \
    CFG_ROW_TEXT(config, member, type, SECTION, key, least, most, def, again, words)

static const struct cfg_row rows[] = {
#define SECTION "policyd"
    NUMBER(policyd.node, CFG_INT, "node", 0, 63, "0", false,
           "Number of this node among those that share a CA; part of every serial."),
    TEXT(policyd.ca, CFG_TEXT, "ca", 1, 64, "issuing", false,
         "Name of the CA that issues, as in signer.conf."),
    TEXT(policyd.public_dir, CFG_PATH, "public_dir", 1, 4000, "/var/lib/policyd/public",
         false, "Directory of the CRLs and CA certificates that everybody may fetch."),
    NUMBER(policyd.threads, CFG_INT, "threads", 1, 1024, "64", false,
           "Worker threads for requests that wait for something."),
    NUMBER(policyd.drain_s, CFG_DURATION, "drain", 0, 300, "10s", true,
           "How long requests in flight may take to end when policyd is stopped."),
    CFG_ROW_ENUM(config, policyd.log_level, config_log_level, SECTION, "log_level",
                 level_names, "info", true,
                 "The least important events that are logged."),
#undef SECTION
#define SECTION "listen"
    TEXT(listen.est_address, CFG_TEXT, "est_address", 0, 45, "0.0.0.0", false,
         "IP address of the HTTPS listener for EST and the API; empty: none."),
    NUMBER(listen.est_port, CFG_INT, "est_port", 0, 65535, "8443", false,
           "Its TCP port; 0: a free one, which `policyctl status` shows."),
    NUMBER(listen.est_threads, CFG_INT, "est_threads", 1, 64, "2", false,
           "Threads that do its TLS and HTTP."),
    NUMBER(listen.est_connections, CFG_INT, "est_connections", 16, 65536, "4096", false,
           "Connections that it has open at most; the others wait."),
    NUMBER(listen.est_per_address, CFG_INT, "est_per_address", 0, 65536, "512", false,
           "How many of these one IP address may have; 0: no limit of its own."),
    NUMBER(listen.est_deadline_s, CFG_DURATION, "est_deadline", 1, 600, "30s", false,
           "Time from a request's first octet to its answer, whatever happens."),
    TEXT(listen.plain_address, CFG_TEXT, "plain_address", 0, 45, "0.0.0.0", false,
         "IP address of the plain HTTP listener for CRLs and CA certificates; "
         "empty: none."),
    NUMBER(listen.plain_port, CFG_INT, "plain_port", 0, 65535, "80", false,
           "Its TCP port; 0: a free one, which `policyctl status` shows."),
    TEXT(listen.admin_socket, CFG_PATH, "admin_socket", 1, SOCKET_PATH_MAX,
         "/run/policyd/admin.sock", false, "The UNIX socket that policyctl talks to."),
    TEXT(listen.admin_group, CFG_TEXT, "admin_group", 0, 255, "policyd-admin", true,
         "Members of this group may operate, as root may; empty: nobody else."),
#undef SECTION
#define SECTION "tls"
    CFG_ROW_ENUM(config, tls.certificate, config_certificate, SECTION, "certificate",
                 certificate_names, "issued", false,
                 "Whose certificate the HTTPS listener shows: `issued` by the CA that "
                 "policyd serves, and renewed by itself, or that of a `file`."),
    TEXT(tls.directory, CFG_PATH, "directory", 1, 4000, "/var/lib/policyd/tls", false,
         "Where the issued one is kept, with its key."),
    CFG_ROW_TEXTS(config, tls.names, SECTION, "names", 1, 253, "", false,
                  "DNS names in the issued one; none: all that the signer's bounds "
                  "allow."),
    NUMBER(tls.validity_s, CFG_DURATION, "validity", 3600, DAYS(398), "30d", false,
           "How long an issued one is valid."),
    NUMBER(tls.renew_before_s, CFG_DURATION, "renew_before", 60, DAYS(365), "10d", false,
           "How long before its end the next one is issued."),
    TEXT(tls.chain, CFG_PATH, "chain", 1, 4000, "/etc/policyd/tls.crt", false,
         "File of the certificate and the CAs above it, PEM; read anew by a reload."),
    TEXT(tls.key, CFG_PATH, "key", 1, 4000, "/etc/policyd/tls.key", false,
         "File of its private key (EC or RSA), PEM."),
#undef SECTION
#define SECTION "auth"
    {.section = SECTION,
     .key = "service",
     .type = CFG_TEXT,
     .offset = CFG_AT(config, auth.service, char *),
     .max = 512,
     .fallback = "",
     .help = "Kerberos principal of this service, in full; tickets for any other are "
             "refused; empty: no tickets are taken.",
     .fits = service_is_right,
     .what = "a service principal such as HTTP/pki.example.com@EXAMPLE.COM"},
    TEXT(auth.keytab, CFG_PATH, "keytab", 1, 4000, "/etc/policyd/http.keytab", false,
         "File with its keys."),
    TEXT(auth.replay_cache, CFG_PATH, "replay_cache", 1, 4000,
         "/var/lib/policyd/replay-cache", false,
         "File of the tokens that were seen; for this policyd alone."),
    CFG_ROW_ENUM(config, auth.channel_binding, config_binding, SECTION, "channel_binding",
                 binding_names, "require", false,
                 "Whether a token must be bound to its TLS connection: `accept` lets in "
                 "clients that bind nothing, such as older curl, and with them relays. A "
                 "wrong binding is always refused."),
    NUMBER(auth.keep_login_s, CFG_DURATION, "keep_login", 0, 86400, "10m", false,
           "How long a login stands for its connection; 0s: each request needs a token."),
#undef SECTION
#define SECTION "signer"
    TEXT(signer.socket, CFG_PATH, "socket", 1, SOCKET_PATH_MAX,
         "/run/policyd-signer/signer.sock", false, "The UNIX socket of policyd-signer."),
    NUMBER(signer.timeout_s, CFG_DURATION, "timeout", 1, 600, "10s", true,
           "How long to wait for an answer of the signer."),
#undef SECTION
#define SECTION "ledger"
    TEXT(ledger.path, CFG_PATH, "path", 1, 4000, "/var/lib/policyd/ledger.db", false,
         "The SQLite database of certificates, requests and decisions."),
    NUMBER(ledger.lock_wait_s, CFG_DURATION, "lock_wait", 1, 60, "5s", false,
           "How long to wait for another program that has the database locked."),
    NUMBER(ledger.check_s, CFG_DURATION, "check", 1, 600, "1s", false,
           "How long its integrity may be checked at the start."),
    NUMBER(ledger.readers, CFG_INT, "readers", 1, 64, "8", false,
           "Questions that the database answers at once."),
    NUMBER(ledger.wal_checkpoint_at, CFG_SIZE, "wal_checkpoint_at", 1 << 16, 1 << 30,
           "4MiB", false, "Size of its log at which it is brought into the database."),
    NUMBER(ledger.wal_size_max, CFG_SIZE, "wal_size_max", 1 << 20, INT64_C(1) << 40,
           "64MiB", false, "Size of its log at which writing waits until that is done."),
#undef SECTION
#define SECTION "crl"
    TEXT(crl.url, CFG_TEXT, "url", 0, URL_MAX, "", false,
         "Where clients reach the plain listener, as `http://pki.example.com`, for "
         "status; "
         "what stands in certificates is the signer's `crl_url`."),
    NUMBER(crl.generation, CFG_INT, "generation", 1, 1000000, "1", false,
           "Number of the CRL in its file's name; a new one begins a new CRL."),
    NUMBER(crl.validity_s, CFG_DURATION, "validity", 60, DAYS(366), "7d", false,
           "Time from a CRL's thisUpdate to its nextUpdate."),
    NUMBER(crl.overlap_s, CFG_DURATION, "overlap", 30, DAYS(365), "3d", false,
           "How long before its nextUpdate a CRL is made anew."),
    NUMBER(crl.debounce_s, CFG_DURATION, "debounce", 0, 3600, "2s", false,
           "How long a revocation waits for others before a CRL is made."),
#undef SECTION
};

const struct cfg_table config_table = {
    .title = "policyd.conf",
    .size = sizeof(struct config),
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
};

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    cfg_clear(&config_table, config);
    free(config);
}

int config_log_level(enum config_log_level level)
{
    static const int levels[] = {
        [CONFIG_LOG_ERROR] = LOG_ERR,
        [CONFIG_LOG_WARNING] = LOG_WARNING,
        [CONFIG_LOG_INFO] = LOG_INFO,
        [CONFIG_LOG_DEBUG] = LOG_DEBUG,
    };
    _Static_assert(sizeof(levels) / sizeof(levels[0]) == CONFIG_LOG_COUNT, "of each");

    return levels[level];
}

static bool url_is_right(const char *url)
{
    return *url == '\0' ||
           (text_has_prefix(url, "http://") && !text_has_prefix(url, "http:///") &&
            !text_has_suffix(url, "/") && strpbrk(url, " \"<>\\^`{|}?#") == NULL);
}

/* What concerns more than a key's own form: every fault is reported, the first is the error. */
static bool check_together(const struct config *c, const char *path, struct buf *report,
                           struct error *err)
{
    const struct {
        bool right;
        const char *sentence;
    } checks[] = {
        {url_is_right(c->crl.url),
         "'url' in [crl] must begin with http://, not end in '/' and "
         "have no spaces, quotes, '?' or '#'"},
        {c->tls.renew_before_s < c->tls.validity_s,
         "'renew_before' in [tls] must be shorter than 'validity'"},
        {c->crl.overlap_s < c->crl.validity_s,
         "'overlap' in [crl] must be shorter than 'validity'"},
        {c->ledger.wal_checkpoint_at <= c->ledger.wal_size_max,
         "'wal_checkpoint_at' in [ledger] must not be more than 'wal_size_max'"},
    };
    bool right = true;

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (checks[i].right) {
            continue;
        }
        buf_printf(report, "%s: %s\n", path, checks[i].sentence);
        if (right) {
            (void)error_set(err, ERROR_INVALID, "%s: %s", path, checks[i].sentence);
        }
        right = false;
    }
    return right;
}

bool config_load(const char *path, struct config **out, struct cfg **origin,
                 struct buf *report, struct error *err)
{
    AUTO(config) config = mem_new(sizeof(*config));
    AUTO(cfg) from = NULL;
    AUTO(string) dropins = mem_printf("%s.d", path);
    const struct cfg_source source = {path, dropins, FILE_TRUSTED};

    if (!cfg_load(&config_table, &source, config, &from, report, err) ||
        !check_together(config, path, report, err)) {
        return false;
    }
    *out = TAKE(config);
    if (origin != NULL) {
        *origin = TAKE(from);
    }
    return true;
}
