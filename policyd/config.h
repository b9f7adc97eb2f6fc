/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: what policyd.conf may say, as one table, and what it said as one struct.
 *
 * A new section is a struct config_<section> here and its rows in config.c. What is loaded is
 * never changed: a reload makes a new one.
 */
#ifndef AE_POLICYD_CONFIG_H
#define AE_POLICYD_CONFIG_H

#include "common/base/cfg.h"

#include "policyd/config_domain.h"

enum config_log_level {
    CONFIG_LOG_ERROR = 0,
    CONFIG_LOG_WARNING,
    CONFIG_LOG_INFO,
    CONFIG_LOG_DEBUG,
    CONFIG_LOG_COUNT
};

enum config_binding {
    CONFIG_BINDING_REQUIRE = 0,
    CONFIG_BINDING_ACCEPT,
    CONFIG_BINDING_COUNT
};

enum config_certificate {
    CONFIG_CERTIFICATE_ISSUED = 0, /* by our own CA */
    CONFIG_CERTIFICATE_FILE,
    CONFIG_CERTIFICATE_COUNT
};

struct config_policyd {
    int64_t node; /* 0..63 */
    char *ca;
    char *public_dir;
    int64_t threads;
    int64_t drain_s;
    enum config_log_level log_level;
};

struct config_listen {
    char *est_address; /* "": no such listener */
    int64_t est_port;  /* 0: any free one */
    int64_t est_threads;
    int64_t est_connections;
    int64_t est_per_address; /* 0: no limit */
    int64_t est_deadline_s;
    char *plain_address; /* "": no such listener */
    int64_t plain_port;  /* 0: any free one */
    char *admin_socket;
    char *admin_group, *approver_group; /* "": none */
};

struct config_tls {
    enum config_certificate certificate;
    char *directory;        /* ISSUED: of the certificate and its key */
    struct cfg_texts names; /* ISSUED: none: all that the signer's bounds allow */
    int64_t validity_s;
    int64_t renew_before_s;
    char *chain; /* FILE: PEM, the leaf first */
    char *key;   /* FILE: PEM */
};

struct config_auth {
    char *service; /* "HTTP/host@REALM"; "": no tokens are taken */
    char *keytab;
    char *replay_cache;
    enum config_binding channel_binding;
    int64_t keep_login_s;
};

struct config_signer {
    char *socket;
    int64_t timeout_s;
};

struct config_ledger {
    char *path;
    int64_t lock_wait_s, check_s;
    int64_t readers;
    int64_t wal_checkpoint_at, wal_size_max;
};

struct config_crl {
    char *url; /* without a '/' at its end; "": not said */
    int64_t generation;
    int64_t validity_s, overlap_s, debounce_s;
};

struct config_rules {
    char *directory, *program;
    int64_t workers, deadline_s, recycle, waiting;
};

struct config_est {
    char *default_machine, *default_user; /* templates; "": none */
};

struct config_issuing {
    int64_t backdate_s, validity_max_s; /* 0: as the templates say */
    struct cfg_texts names;             /* kinds: config_name_kind() */
    struct cfg_texts name_suffixes, extensions;
    char *domain, *netbios, *approvers; /* "": none */
    int64_t approvals, hold_s, poll_s, open_max, rate_burst, rate_every_s;
    int64_t day_max, week_max, live_max; /* of one account and template; 0: no limit */
};

struct config {
    struct config_policyd policyd;
    struct config_listen listen;
    struct config_tls tls;
    struct config_auth auth;
    struct config_directory directory;
    struct config_template template;
    struct cfg_list acknowledge; /* struct config_acknowledge */
    struct config_signer signer;
    struct config_ledger ledger;
    struct config_crl crl;
    struct config_rules rules;
    struct config_est est;
    struct config_issuing issuing;
};

#define CONFIG_FILE "/etc/policyd/policyd.conf"

extern const struct cfg_table config_table;

void config_free(struct config *config); /* accepts NULL */
CLEANUP_DEFINE(config, struct config *, config_free);

/*
 * Read a file and its drop-ins (FILE.d, as policyd.conf.d), and check what concerns two keys.
 *
 * origin  NULL, or on success owned by the caller
 * report  appended: every fault, a line each
 * errors  as cfg_load(); ERROR_INVALID also where two values do not fit each other
 */
AE_MUST_CHECK bool config_load(const char *path, struct config **out, struct cfg **origin,
                               struct buf *report, struct error *err);

/* 1 << enum general_type; 0: there is no such kind of name. */
uint32_t config_name_kind(const char *word);

/* The level of log.h. */
int config_log_level(enum config_log_level level);

#endif
