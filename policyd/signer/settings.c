/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/settings.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cfg_rows.h"
#include "common/base/file.h"
#include "common/base/local.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum {
    DAY_S = 86400,
    URL_MAX = 256,
    SOCKET_PATH_MAX = 100,
    CAS_MAX = 32,
    SEGMENT_MIN = 64 * 1024,
    SEGMENT_MAX = 512 * 1024 * 1024
};

#define NUMBER(member, kind, s, k, least, most, def, words)                              \
    CFG_ROW_NUMBER(settings, member, kind, s, k, least, most, def, false, words)
#define TEXT(member, kind, s, k, least, most, def, words)                                \
    CFG_ROW_TEXT(settings, member, kind, s, k, least, most, def, false, words)

static const struct cfg_row rows[] = {
    TEXT(socket, CFG_PATH, "signer", "socket", 1, SOCKET_PATH_MAX,
         "/run/policyd-signer/signer.sock", "The UNIX socket that policyd connects to."),
    TEXT(socket_group, CFG_TEXT, "signer", "socket_group", 0, 255, "",
         "Group that may open the socket (0660); empty: that of policyd-signer."),
    CFG_ROW_TEXTS(settings, peers, "signer", "peers", 1, 255, "policyd", false,
                  "Users, by name or number, whose processes are answered."),
    NUMBER(node, CFG_INT, "signer", "node", 0, 63, "0",
           "Number of this node among those that share a CA; part of every serial."),
    NUMBER(in_flight, CFG_INT, "signer", "in_flight", 1, 4096, "1024",
           "Questions that one connection may have open."),
    NUMBER(connections, CFG_INT, "signer", "connections", 1, 64, "16",
           "Connections at the same time."),
    TEXT(bounds, CFG_PATH, "signer", "bounds", 1, 4000, "/etc/policyd/bounds.conf",
         "The file that bounds what can be signed at all."),
    NUMBER(clock_tolerance_s, CFG_DURATION, "signer", "clock_tolerance", 1, DAY_S, "10s",
           "How far the clock may be set in one run before issuing stops."),
    TEXT(log_level, CFG_TEXT, "signer", "log_level", 1, 7, "info",
         "The least important events that are logged: error, warning, info or debug."),
    TEXT(journal, CFG_PATH, "journal", "directory", 1, 4000,
         "/var/lib/policyd-signer/journal", "Where the journal lies (0700)."),
    NUMBER(segment, CFG_SIZE, "journal", "segment", SEGMENT_MIN, SEGMENT_MAX, "64MiB",
           "Octets after which another segment is begun."),
    TEXT(checkpoints, CFG_PATH, "checkpoint", "directory", 1, 4000,
         "/var/lib/policyd-signer/checkpoints",
         "Where signed statements of the journal's state are put."),
    TEXT(checkpoint_key, CFG_PATH, "checkpoint", "key", 1, 4000,
         "/var/lib/policyd-signer/audit.key",
         "The Ed25519 key that signs them; made at the first start."),
    TEXT(checkpoint_origin, CFG_TEXT, "checkpoint", "origin", 1, 255, "policyd-signer",
         "What the journal is called in them; unique among those that you keep."),
    NUMBER(checkpoint_records, CFG_INT, "checkpoint", "records", 1, 1000000000, "100000",
           "Records after which one is made."),
    NUMBER(checkpoint_interval_s, CFG_DURATION, "checkpoint", "interval", 1,
           INT64_C(30) * DAY_S, "1h",
           "Time after which one is made, if there are new records."),
};

#define OF_CA(member, kind, most, def, words)                                            \
    CFG_ROW_TEXT(settings_ca, member, kind, NULL, #member, 0, most, def, true, words)

static const struct cfg_row ca_rows[] = {
    OF_CA(certificate, CFG_PATH, 4000, NULL, "PEM file of its certificate."),
    OF_CA(key, CFG_PATH, 4000, "", "PEM file of its key; empty: it is kept offline."),
    OF_CA(passphrase_file, CFG_PATH, 4000, "", "File of the key's passphrase."),
    OF_CA(passphrase_credential, CFG_TEXT, 255, "",
          "Name of the systemd credential that holds the passphrase instead."),
    OF_CA(chain, CFG_PATH, 4000, "", "PEM file of the certificates above it."),
    OF_CA(crl_url, CFG_TEXT, URL_MAX, "",
          "Where its CRLs are found, without \"/NAME-GENERATION-SHARD.crl\"; empty: "
          "certificates name none."),
    OF_CA(ocsp_url, CFG_TEXT, URL_MAX, "", "Its OCSP responder; empty: none."),
    OF_CA(issuers_url, CFG_TEXT, URL_MAX, "", "Where its certificate is; empty: none."),
    CFG_ROW_BOOL(settings_ca, active, NULL, "active", "yes", true,
                 "It signs new certificates; otherwise only CRLs."),
};

static const struct cfg_group groups[] = {
    {"ca", offsetof(struct settings, cas), sizeof(struct settings_ca), ca_rows,
     sizeof(ca_rows) / sizeof(ca_rows[0]), "One certification authority each."},
};

const struct cfg_table settings_table = {
    "signer.conf", sizeof(struct settings),
    rows,          sizeof(rows) / sizeof(rows[0]),
    groups,        sizeof(groups) / sizeof(groups[0])};

/* The name stands in URLs and file names. */
static bool is_name(const char *name)
{
    return *name != '\0' && strlen(name) <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_-") == strlen(name);
}

static bool is_url(const char *url)
{
    return *url == '\0' ||
           (text_has_prefix(url, "http://") && !text_has_suffix(url, "/"));
}

static bool check_ca(const struct settings_ca *ca, struct error *err)
{
    if (!is_name(ca->name)) {
        return error_set(err, ERROR_INVALID,
                         "[ca %s]: a name has 1 to 64 letters, digits, - and _",
                         ca->name);
    }
    if (!is_url(ca->crl_url) || !is_url(ca->ocsp_url) || !is_url(ca->issuers_url)) {
        return error_set(err, ERROR_INVALID,
                         "[ca %s]: a URL begins with http:// and does not end in /",
                         ca->name);
    }
    if (*ca->passphrase_file != '\0' && *ca->passphrase_credential != '\0') {
        return error_set(err, ERROR_INVALID,
                         "[ca %s]: passphrase_file and passphrase_credential exclude "
                         "each other",
                         ca->name);
    }
    return true;
}

static bool check(const struct settings *s, struct error *err)
{
    int level = 0;

    if (s->cas.count > CAS_MAX || s->peers.count == 0 ||
        s->peers.count > SETTINGS_PEERS_MAX) {
        return error_set(err, ERROR_INVALID,
                         "[signer] peers has 1 to %d users, and there are at most %d CAs",
                         SETTINGS_PEERS_MAX, CAS_MAX);
    }
    if (strpbrk(s->checkpoint_origin, " +") != NULL) { /* C2SP signed-note */
        return error_set(err, ERROR_INVALID, "[checkpoint] origin has no space and no +");
    }
    for (size_t i = 0; i < s->cas.count; i++) {
        if (!check_ca(settings_get_ca(s, i), err)) {
            return false;
        }
    }
    return log_parse_level(s->log_level, &level, err) ||
           error_wrap(err, "[signer] log_level");
}

bool settings_load(const char *path, struct settings *out, struct cfg **origin,
                   struct buf *report, struct error *err)
{
    const struct cfg_source source = {path, NULL, FILE_TRUSTED};
    AUTO(settings) loaded = {0};
    AUTO(cfg) from = NULL;

    if (!cfg_load(&settings_table, &source, &loaded, &from, report, err)) {
        return false;
    }
    if (!check(&loaded, err)) {
        buf_printf(report, "%s: %s\n", path, err->message);
        return error_wrap(err, "%s", path);
    }
    *out = loaded;
    loaded = (struct settings){0};
    if (origin != NULL) {
        *origin = TAKE(from);
    }
    return true;
}

void settings_clear(struct settings *settings)
{
    cfg_clear(&settings_table, settings);
}

const struct settings_ca *settings_get_ca(const struct settings *settings, size_t i)
{
    return (const struct settings_ca *)settings->cas.items + i;
}

char *settings_passphrase_path(const struct settings_ca *ca)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY"); /* systemd.exec(5) */

    if (*ca->passphrase_credential != '\0') {
        return mem_printf("%s/%s", directory != NULL ? directory : "/run/credentials",
                          ca->passphrase_credential);
    }
    return *ca->passphrase_file != '\0' ? mem_strdup(ca->passphrase_file) : NULL;
}

void settings_find_peers(const struct settings *settings, struct settings_uids *out,
                         struct buf *problem)
{
    struct error err = {0};

    *out = (struct settings_uids){.count = 0};
    for (size_t i = 0; i < settings->peers.count; i++) {
        if (local_find_user(settings->peers.texts[i], &out->uids[out->count], &err)) {
            out->count++;
        } else {
            buf_printf(problem, "%s%s ([signer] peers)", problem->len > 0 ? "; " : "",
                       err.message);
        }
    }
}
