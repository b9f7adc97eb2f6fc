/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/config_check.h"

#include "common/base/text.h"

#include "policyd/config_value.h"

enum {
    DIRECTORY_SERVERS_MAX = 8,
    CHECKPOINT_MIN = 64 << 10, /* octets of the ledger's log */
};

static bool uses_tls(const struct config_directory *d)
{
    bool all = true;

    for (size_t i = 0; i < d->servers.count; i++) {
        all = all && (d->start_tls || text_has_prefix(d->servers.texts[i], "ldaps://"));
    }
    return all;
}

static bool has_tls(const struct config_directory *d)
{
    bool some = d->start_tls;

    for (size_t i = 0; i < d->servers.count; i++) {
        some = some || text_has_prefix(d->servers.texts[i], "ldaps://");
    }
    return some;
}

bool config_check(const struct config *c, const char *path, struct buf *report,
                  struct error *err)
{
    const struct {
        bool right;
        const char *sentence;
    } checks[] = {
        {config_is_url(c->crl.url),
         "'url' in [crl] must begin with http://, not end in '/' and "
         "have no spaces, quotes, '?' or '#'"},
        {c->directory.servers.count == 0 ||
             (*c->directory.realm != '\0' && *c->directory.base != '\0' &&
              *c->directory.config_base != '\0'),
         "'servers' in [directory] need 'realm', 'base' and 'config_base' as well"},
        {c->directory.servers.count <= DIRECTORY_SERVERS_MAX,
         "'servers' in [directory] are more than 8"},
        {c->directory.servers.count == 0 || c->directory.bind != CONFIG_BIND_KEYTAB ||
             *c->directory.principal != '\0',
         "'bind' in [directory] is keytab, which needs 'principal'"},
        {c->directory.bind != CONFIG_BIND_SIMPLE || *c->directory.bind_dn != '\0',
         "'bind' in [directory] is simple, which needs 'bind_dn'"},
        {c->directory.servers.count == 0 || c->directory.bind == CONFIG_BIND_KEYTAB ||
             uses_tls(&c->directory),
         "'bind' in [directory] is not keytab, so each server must be ldaps:// or "
         "'start_tls' be yes"},
        {c->directory.bind != CONFIG_BIND_KEYTAB || !has_tls(&c->directory),
         "'bind' in [directory] is keytab, which protects ldap:// by itself: no ldaps:// "
         "and no 'start_tls'"},
        {c->template.refresh_s <= c->template.stale_max_s,
         "'refresh' in [template] must not be more than 'stale_max'"},
        {c->tls.renew_before_s < c->tls.validity_s,
         "'renew_before' in [tls] must be shorter than 'validity'"},
        {c->crl.overlap_s < c->crl.validity_s,
         "'overlap' in [crl] must be shorter than 'validity'"},
        {c->ledger.wal_checkpoint_at == 0 ||
             c->ledger.wal_checkpoint_at >= CHECKPOINT_MIN,
         "'wal_checkpoint_at' in [ledger] must be 0B or not less than 64KiB"},
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
