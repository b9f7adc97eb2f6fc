/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/config.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/base/cfg_rows.h"
#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/config_check.h"
#include "policyd/config_value.h"

enum {
    SOCKET_PATH_MAX = 100, /* octets: sun_path has 108, a new socket's name is longer */
    URL_MAX = 200,
    CHECKPOINT_USUAL = 16 << 20, /* octets of the ledger's log */
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

static const char *const bind_names[] = {
    [CONFIG_BIND_KEYTAB] = "keytab",
    [CONFIG_BIND_SIMPLE] = "simple",
    [CONFIG_BIND_EXTERNAL] = "external",
    [CONFIG_BIND_COUNT] = NULL,
};
_Static_assert(sizeof(bind_names) / sizeof(bind_names[0]) == CONFIG_BIND_COUNT + 1,
               "every bind has a name");

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
           "Worker threads for requests that wait for something. A quarter of them, at "
           "least one, is kept free of a directory that hangs; if there is only one, "
           "such a directory holds up all these requests."),
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
    TEXT(listen.approver_group, CFG_TEXT, "approver_group", 0, 255, "", true,
         "Members of this group, too, may decide on requests at that socket, if a ticket "
         "says that they are approvers; empty: only who may operate."),
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
     .fits = config_is_service,
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
#define SECTION "directory"
    {.section = SECTION,
     .key = "servers",
     .type = CFG_TEXTS,
     .offset = CFG_AT(config, directory.servers, struct cfg_texts),
     .min = 1,
     .max = 256,
     .fallback = "",
     .help = "LDAP servers, best first; none: nobody is known and nothing is issued.",
     .fits = config_is_server,
     .what = "an address such as ldap://dc1.example.com or ldaps://10.0.0.1:636"},
    CFG_ROW_BOOL(config, directory.start_tls, SECTION, "start_tls", "no", false,
                 "Whether TLS begins on ldap:// connections."),
    CFG_ROW_ENUM(
        config, directory.bind, config_bind, SECTION, "bind", bind_names, "keytab", false,
        "Who policyd is to them: `keytab` by Kerberos, signed and sealed; `simple` "
        "by a password or `external` by a certificate, within TLS."),
    TEXT(directory.principal, CFG_TEXT, "principal", 0, 512, "", false,
         "Kerberos principal to bind as, in full."),
    TEXT(directory.keytab, CFG_PATH, "keytab", 1, 4000, "/etc/policyd/ldap.keytab", false,
         "File with its keys."),
    TEXT(directory.bind_dn, CFG_TEXT, "bind_dn", 0, 2048, "", false,
         "DN of a simple bind."),
    TEXT(directory.password_file, CFG_PATH, "password_file", 1, 4000,
         "/etc/policyd/ldap.password", false, "File with its password."),
    TEXT(directory.ca_file, CFG_PATH, "ca_file", 1, 4000,
         "/etc/ssl/certs/ca-certificates.crt", false, "Whom to trust for TLS, PEM."),
    TEXT(directory.cert_file, CFG_PATH, "cert_file", 1, 4000, "/etc/policyd/ldap.crt",
         false, "Certificate of an external bind, PEM."),
    TEXT(directory.key_file, CFG_PATH, "key_file", 1, 4000, "/etc/policyd/ldap.key",
         false, "Its private key."),
    NUMBER(directory.connect_timeout_s, CFG_DURATION, "connect_timeout", 1, 60, "3s",
           false, "How long to wait for name, connection, TLS and bind."),
    NUMBER(directory.operation_timeout_s, CFG_DURATION, "operation_timeout", 1, 60, "5s",
           false, "How long one search may take on one server."),
    NUMBER(directory.timeout_s, CFG_DURATION, "timeout", 1, 60, "10s", false,
           "How long looking accounts up may take for one request, approvers included."),
    NUMBER(directory.connections, CFG_INT, "connections", 1, 64, "8", false,
           "Connections that are open at most."),
    TEXT(directory.realm, CFG_TEXT, "realm", 0, 255, "", false,
         "The domain's Kerberos realm, exactly as it is."),
    TEXT(directory.base, CFG_TEXT, "base", 0, 1024, "", false,
         "DN below which all accounts and groups are."),
    TEXT(directory.config_base, CFG_TEXT, "config_base", 0, 1024, "", false,
         "DN directly below which CN=Services is, with the templates."),
    CFG_ROW_TEXTS(config, directory.foreign_realms, SECTION, "foreign_realms", 1, 255, "",
                  false, "Other realms whose principals entries may name."),
    CFG_ROW_TEXTS(config, directory.dns_suffixes, SECTION, "dns_suffixes", 1, 253, "",
                  false, "Domains that hosts may be in; none: the realm's."),
    CFG_ROW_TEXTS(config, directory.machine_classes, SECTION, "machine_classes", 1, 64,
                  "computer, device, ipHost, nsHost, ipaHost", false,
                  "Classes that make an entry a machine."),
    CFG_ROW_TEXTS(config, directory.user_classes, SECTION, "user_classes", 1, 64,
                  "inetOrgPerson, organizationalPerson, person, account, posixAccount",
                  false, "Classes that make any other entry a user."),
    CFG_ROW_TEXTS(config, directory.group_links, SECTION, "groups", 1, 64, "member",
                  false,
                  "Attributes that tell who is in a group: member, uniqueMember, "
                  "memberUid, gidNumber, memberOf."),
    CFG_ROW_TEXTS(config, directory.disabled_by, SECTION, "disabled_by", 1, 64,
                  "nsAccountLock, krbPrincipalExpiration, pwdAccountLockedTime", false,
                  "Attributes that tell that an account is disabled."),
    TEXT(directory.disabled_filter, CFG_TEXT, "disabled_filter", 0, 1024, "", false,
         "LDAP filter; accounts that match are disabled, too."),
    TEXT(directory.upn_attribute, CFG_TEXT, "upn_attribute", 0, 64, "", false,
         "Attribute of a user's UPN; empty: the principal is it."),
    NUMBER(directory.groups_depth, CFG_INT, "groups_depth", 1, 32, "8", false,
           "Levels of groups in groups; an account with more is refused."),
    NUMBER(directory.groups_max, CFG_INT, "groups_max", 1, 4096, "1024", false,
           "Groups of an account; one with more is refused."),
    NUMBER(directory.cache_s, CFG_DURATION, "cache", 0, 30, "30s", false,
           "How long an account is remembered while nothing changes."),
#undef SECTION
#define SECTION "template"
    NUMBER(template.refresh_s, CFG_DURATION, "refresh", 1, 60, "10s", false,
           "Templates are read at least so often; at once when the directory tells of a "
           "change."),
    NUMBER(template.stale_max_s, CFG_DURATION, "stale_max", 1, 60, "30s", false,
           "How long what was read counts; after that requests are refused."),
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
    NUMBER(ledger.wal_checkpoint_at, CFG_SIZE, "wal_checkpoint_at", 0, 1 << 30, "0B",
           false,
           "Size of its log at which it is brought into the database; 0B: 16MiB, or "
           "`wal_size_max` if that is less."),
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
#define SECTION "rules"
    TEXT(rules.directory, CFG_PATH, "directory", 1, 4000, "/etc/policyd/rules.d", false,
         "Where the site's rules are, *.lua; a reload brings them into force, all or "
         "none."),
    TEXT(rules.program, CFG_PATH, "program", 1, 4000, "/usr/libexec/policyd-rules", false,
         "The worker that judges by them."),
    NUMBER(rules.workers, CFG_INT, "workers", 1, 16, "4", false, "Decisions at a time."),
    NUMBER(
        rules.deadline_s, CFG_DURATION, "deadline", 1, 60, "1s", false,
        "How long one decision may take; then its worker is killed and it is refused."),
    NUMBER(rules.recycle, CFG_INT, "recycle", 1, 1000000, "1000", false,
           "Decisions after which a worker is replaced."),
    NUMBER(rules.waiting, CFG_INT, "waiting", 1, 65536, "1024", false,
           "Requests that may wait for a worker; more are told to come again."),
#undef SECTION
#define SECTION "est"
    TEXT(est.default_machine, CFG_TEXT, "default_machine", 0, 256, "", false,
         "Template of machines that name none; empty: they must."),
    TEXT(est.default_user, CFG_TEXT, "default_user", 0, 256, "", false,
         "Template of users that name none; empty: they must."),
#undef SECTION
#define SECTION "issuing"
    NUMBER(issuing.backdate_s, CFG_DURATION, "backdate", 0, 3600, "5m", false,
           "How long before its issuance a certificate's validity begins."),
    NUMBER(issuing.validity_max_s, CFG_DURATION, "validity_max", 0, DAYS(3660), "0s",
           false, "The longest validity of all templates; 0s: as they say."),
    {.section = SECTION,
     .key = "names",
     .type = CFG_TEXTS,
     .offset = CFG_AT(config, issuing.names, struct cfg_texts),
     .min = 1,
     .max = 16,
     .fallback = "dns, email, ip, upn, krb5",
     .help = "Kinds of names that rules and requests may name: dns, email, ip, uri, upn, "
             "krb5.",
     .fits = config_is_name_kind,
     .what = "one of dns, email, ip, uri, upn, krb5"},
    CFG_ROW_TEXTS(config, issuing.name_suffixes, SECTION, "name_suffixes", 1, 253, "",
                  false, "Domains such as .example.com below which rules may add names."),
    CFG_ROW_TEXTS(config, issuing.extensions, SECTION, "extensions", 1, 128, "", false,
                  "Extensions, OIDs, that rules may add."),
    TEXT(issuing.domain, CFG_TEXT, "domain", 0, 253, "", false,
         "DNS name of the domain, for templates that want it in the certificate."),
    TEXT(issuing.netbios, CFG_TEXT, "netbios", 0, 15, "", false,
         "Its NetBIOS name, for templates that want that."),
    TEXT(issuing.approvers, CFG_TEXT, "approvers", 0, 2048, "", false,
         "DN of the group whose members approve what templates hold; empty: it is "
         "refused."),
    NUMBER(issuing.approvals, CFG_INT, "approvals", 1, 16, "1", false,
           "How many of them must."),
    NUMBER(issuing.hold_s, CFG_DURATION, "hold", 60, DAYS(365), "30d", false,
           "How long a request waits for them before it lapses."),
    NUMBER(issuing.poll_s, CFG_DURATION, "poll", 1, DAYS(1), "5m", false,
           "When a client is to ask again for what waits."),
    NUMBER(issuing.open_max, CFG_INT, "open_max", 0, 10000, "16", false,
           "Requests of one account that may wait for approval at once; 0: no limit."),
    NUMBER(issuing.rate_burst, CFG_INT, "rate_burst", 0, 10000, "50", false,
           "How often one account may be refused, or begin to wait, at a stretch; then "
           "it is told to come later (429); 0: no limit."),
    NUMBER(issuing.rate_every_s, CFG_DURATION, "rate_every", 1, DAYS(1), "1m", false,
           "After so long it may once more."),
    NUMBER(issuing.day_max, CFG_INT, "day_max", 0, 1000000, "50", false,
           "Certificates of one template for one account in 24 hours; 0: no limit."),
    NUMBER(issuing.week_max, CFG_INT, "week_max", 0, 1000000, "0", false,
           "The same in 7 days."),
    NUMBER(issuing.live_max, CFG_INT, "live_max", 0, 1000000, "0", false,
           "How many may be valid at once; 0: no limit."),
#undef SECTION
};

static const struct cfg_row acknowledge_rows[] = {
    {.key = "findings",
     .type = CFG_TEXTS,
     .reloads = true,
     .offset = CFG_AT(config_acknowledge, findings, struct cfg_texts),
     .min = 1,
     .max = 32,
     .help = "What is known, as `policyctl template show` names it: ESC1, ESC3, ... "
             "Anything else keeps the template from issuing."},
    {.key = "sha256",
     .type = CFG_TEXT,
     .reloads = true,
     .offset = CFG_AT(config_acknowledge, sha256, char *),
     .min = 64,
     .max = 64,
     .help =
         "Of the template's content, as it is shown there; any change makes another one.",
     .fits = config_is_sha256,
     .what = "64 hexadecimal digits"},
    {.key = "note",
     .type = CFG_TEXT,
     .reloads = true,
     .offset = CFG_AT(config_acknowledge, note, char *),
     .max = 512,
     .fallback = "",
     .help = "Who wants it, and why."},
};

static const struct cfg_group groups[] = {
    {"acknowledge", offsetof(struct config, acknowledge),
     sizeof(struct config_acknowledge), acknowledge_rows,
     sizeof(acknowledge_rows) / sizeof(acknowledge_rows[0]),
     "What is unsafe about the template NAME, and wanted all the same."},
};

const struct cfg_table config_table = {
    .title = "policyd.conf",
    .size = sizeof(struct config),
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .groups = groups,
    .group_count = sizeof(groups) / sizeof(groups[0]),
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

bool config_load(const char *path, struct config **out, struct cfg **origin,
                 struct buf *report, struct error *err)
{
    AUTO(config) config = mem_new(sizeof(*config));
    AUTO(cfg) from = NULL;
    AUTO(string) dropins = mem_printf("%s.d", path);
    const struct cfg_source source = {path, dropins, FILE_TRUSTED};

    if (!cfg_load(&config_table, &source, config, &from, report, err) ||
        !config_check(config, path, report, err)) {
        return false;
    }
    if (config->ledger.wal_checkpoint_at == 0) { /* it was left to us */
        int64_t most = config->ledger.wal_size_max;

        config->ledger.wal_checkpoint_at =
            most < CHECKPOINT_USUAL ? most : CHECKPOINT_USUAL;
    }
    *out = TAKE(config);
    if (origin != NULL) {
        *origin = TAKE(from);
    }
    return true;
}
