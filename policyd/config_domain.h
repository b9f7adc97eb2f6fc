/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_domain: the sections of policyd.conf about the domain: directory, templates, and what is
 * acknowledged about them. A part of config.h.
 */
#ifndef AE_POLICYD_CONFIG_DOMAIN_H
#define AE_POLICYD_CONFIG_DOMAIN_H

#include "common/base/cfg.h"

enum config_bind {
    CONFIG_BIND_KEYTAB = 0,
    CONFIG_BIND_SIMPLE,
    CONFIG_BIND_EXTERNAL,
    CONFIG_BIND_COUNT
};

struct config_directory {
    struct cfg_texts servers; /* none: there is no directory */
    bool start_tls;
    enum config_bind bind;
    char *principal, *keytab;             /* KEYTAB */
    char *bind_dn, *password_file;        /* SIMPLE */
    char *ca_file, *cert_file, *key_file; /* with TLS; the last two EXTERNAL */
    int64_t connect_timeout_s, operation_timeout_s, timeout_s;
    int64_t connections;
    char *realm, *base, *config_base;
    struct cfg_texts foreign_realms, dns_suffixes;
    struct cfg_texts machine_classes, user_classes, group_links;
    struct cfg_texts disabled_by;
    char *disabled_filter, *upn_attribute;
    int64_t groups_depth, groups_max, cache_s;
};

struct config_template {
    int64_t refresh_s, stale_max_s;
};

/* [acknowledge NAME]: what is unsafe about a template, and wanted. */
struct config_acknowledge {
    char *name;
    struct cfg_texts findings;
    char *sha256;
    char *note;
};

#endif
