/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap: how to reach a directory: servers, protection, identity, patience.
 *
 * Everything that libldap would take from its files and environment is set here; none of it is
 * read. Referrals are never followed. A connection is signed and sealed by Kerberos, or inside
 * verified TLS; there is no third way.
 */
#ifndef AE_COMMON_LDAP_DAP_H
#define AE_COMMON_LDAP_DAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum {
    DAP_SERVERS_MAX = 8,
    DAP_CONNECTIONS_MAX = 64, /* of one pool */
    DAP_SSF_MIN = 56,         /* what GSSAPI must protect at least */
};

enum dap_bind {
    DAP_BIND_KEYTAB = 0, /* GSSAPI as principal, with a key of keytab */
    DAP_BIND_TICKET,     /* GSSAPI with the caller's own tickets */
    DAP_BIND_SIMPLE,     /* bind_dn and the content of password_file, inside TLS */
    DAP_BIND_EXTERNAL,   /* the TLS client certificate */
    DAP_BIND_COUNT
};
const char *dap_bind_name(enum dap_bind bind); /* "keytab" */

/* All of it is borrowed for the call it is given to, and copied. NULL as "" everywhere. */
struct dap_settings {
    const char *const *servers; /* "ldap://host[:port]" or "ldaps://…", best first */
    size_t server_count;        /* 1..DAP_SERVERS_MAX */
    bool start_tls;             /* on ldap:// */
    enum dap_bind bind;
    const char *principal, *keytab;      /* DAP_BIND_KEYTAB */
    const char *bind_dn, *password_file; /* DAP_BIND_SIMPLE; the file is secret */
    const char *ca_file;                 /* anchors for TLS; required with it */
    const char *cert_file, *key_file;    /* DAP_BIND_EXTERNAL */
    uint32_t connect_timeout_ms;         /* for name, TCP, TLS and bind: 100..60000 */
    uint32_t operation_timeout_ms;       /* for one search on one server: 100..60000 */
    uint32_t connections_max;            /* 1..DAP_CONNECTIONS_MAX */
};

/*
 * errors  ERROR_INVALID  a value is missing or out of range, or the identity would travel
 *                        unprotected: a simple bind without TLS, GSSAPI within TLS
 */
AE_MUST_CHECK bool dap_settings_check(const struct dap_settings *settings,
                                      struct error *err);

/*
 * Once, by main, before there are threads: keeps libldap from its files and environment, gives
 * Cyrus SASL its mutexes, and has the process ignore SIGPIPE, which libldap provokes.
 */
void dap_start(void);

#endif
