/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: what signer.conf says. Immutable once loaded; a reload loads new ones.
 */
#ifndef AE_POLICYD_SIGNER_SETTINGS_H
#define AE_POLICYD_SIGNER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/cfg.h"

/* "[ca NAME]": one certification authority; "" where nothing is set. */
struct settings_ca {
    char *name;
    char *certificate;     /* PEM */
    char *key;             /* PEM; "": kept offline, the certificate only */
    char *passphrase_file; /* "": see passphrase_credential */
    char *passphrase_credential;
    char *chain; /* PEM of the certificates above it, root last */
    char *crl_url, *ocsp_url, *issuers_url;
    bool active; /* it signs new certificates; others sign CRLs only */
};

struct settings {
    char *socket;
    char *socket_group; /* "": ours */
    struct cfg_texts peers;
    int64_t node; /* 0..63 */
    int64_t in_flight;
    int64_t connections;
    char *bounds;
    int64_t clock_tolerance_s;
    char *log_level;
    char *journal;
    int64_t segment;
    char *checkpoints;
    char *checkpoint_key;
    char *checkpoint_origin;
    int64_t checkpoint_records;
    int64_t checkpoint_interval_s;
    struct cfg_list cas; /* of struct settings_ca */
};

extern const struct cfg_table settings_table;

enum { SETTINGS_PEERS_MAX = 16 };

/*
 * Read the file and check what concerns more than one key.
 *
 * out, origin, report  as cfg_load(); out: settings_clear()
 * errors  as cfg_load()
 */
AE_MUST_CHECK bool settings_load(const char *path, struct settings *out,
                                 struct cfg **origin, struct buf *report,
                                 struct error *err);
void settings_clear(struct settings *settings);
CLEANUP_DEFINE_VALUE(settings, struct settings, settings_clear);

const struct settings_ca *settings_get_ca(const struct settings *settings, size_t i);

/* Where the passphrase is: the file, or the credential that systemd passed on. Owned by the
 * caller: free(); NULL: none is configured. */
char *settings_passphrase_path(const struct settings_ca *ca);

/* Uids by number or name, of those who may connect. */
struct settings_uids {
    uid_t uids[SETTINGS_PEERS_MAX];
    size_t count;
};

/*
 * Look the peers' names up. A name that nobody has is passed over and named in problem, because
 * the others must still get in (I9).
 */
void settings_find_peers(const struct settings *settings, struct settings_uids *out,
                         struct buf *problem);

#endif
