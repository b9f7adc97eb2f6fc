/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_domain.h"

#include <stdlib.h>

#include "common/base/mem.h"

#include "policyd/directory_door.h"

enum { MS_PER_S = 1000, STALL_MS = 1000 };

struct main_domain {
    const struct config_directory *config;
    struct dap_pool *pool;
    struct directory *directory;
    struct template_store *templates;
};

static enum dap_bind bind_of(enum config_bind bind)
{
    static const enum dap_bind binds[] = {
        [CONFIG_BIND_KEYTAB] = DAP_BIND_KEYTAB,
        [CONFIG_BIND_SIMPLE] = DAP_BIND_SIMPLE,
        [CONFIG_BIND_EXTERNAL] = DAP_BIND_EXTERNAL,
    };
    _Static_assert(sizeof(binds) / sizeof(binds[0]) == CONFIG_BIND_COUNT, "of each");

    return binds[bind];
}

static uint32_t ms_of(int64_t seconds)
{
    return (uint32_t)(seconds * MS_PER_S);
}

static const char *const *list_of(const struct cfg_texts *texts)
{
    return (const char *const *)texts->texts;
}

static struct directory_texts texts_of(const struct cfg_texts *texts)
{
    return (struct directory_texts){list_of(texts), texts->count};
}

static struct dap_settings dap_of(const struct config_directory *c)
{
    return (struct dap_settings){
        .servers = list_of(&c->servers),
        .server_count = c->servers.count,
        .start_tls = c->start_tls,
        .bind = bind_of(c->bind),
        .principal = c->principal,
        .keytab = c->keytab,
        .bind_dn = c->bind_dn,
        .password_file = c->password_file,
        .ca_file = c->ca_file,
        .cert_file = c->bind == CONFIG_BIND_EXTERNAL ? c->cert_file : "",
        .key_file = c->bind == CONFIG_BIND_EXTERNAL ? c->key_file : "",
        .connect_timeout_ms = ms_of(c->connect_timeout_s),
        .operation_timeout_ms = ms_of(c->operation_timeout_s),
        .connections_max = (uint32_t)c->connections,
    };
}

static struct directory_settings directory_of(const struct config_directory *c,
                                              struct dap_pool *pool,
                                              const struct clock *clock)
{
    return (struct directory_settings){
        .port = dap_pool_port(pool),
        .clock = clock,
        .realm = c->realm,
        .foreign_realms = texts_of(&c->foreign_realms),
        .base = c->base,
        .dns_suffixes = texts_of(&c->dns_suffixes),
        .machine_classes = texts_of(&c->machine_classes),
        .user_classes = texts_of(&c->user_classes),
        .group_links = texts_of(&c->group_links),
        .disabled_by = texts_of(&c->disabled_by),
        .disabled_filter = c->disabled_filter,
        .upn_attribute = c->upn_attribute,
        .groups_depth_max = (uint32_t)c->groups_depth,
        .groups_max = (uint32_t)c->groups_max,
        .cache_s = (uint32_t)c->cache_s,
    };
}

/* The caller frees the list; its texts are the configuration's. */
static struct template_ack *acks_of(const struct config *config, size_t *count)
{
    const struct config_acknowledge *from = config->acknowledge.items;
    struct template_ack *acks = mem_array(config->acknowledge.count, sizeof(*acks));

    *count = config->acknowledge.count;
    for (size_t i = 0; i < *count; i++) {
        acks[i] = (struct template_ack){.name = from[i].name,
                                        .findings = list_of(&from[i].findings),
                                        .finding_count = from[i].findings.count,
                                        .sha256 = from[i].sha256};
    }
    return acks;
}

static bool open_templates(struct main_domain *domain, const struct config *config,
                           const struct clock *clock, struct error *err)
{
    const struct dap_settings watched = dap_of(domain->config);
    struct template_settings settings = {
        .port = dap_pool_port(domain->pool),
        .clock = clock,
        .form = TEMPLATE_NAMES,
        .config_base = domain->config->config_base,
        .ca = config->policyd.ca,
        .timeout_ms = ms_of(domain->config->operation_timeout_s),
        .refresh_s = (uint32_t)config->template.refresh_s,
        .stale_max_s = (uint32_t)config->template.stale_max_s,
    };
    struct template_ack *acks = acks_of(config, &settings.ack_count);

    settings.acks = acks;
    bool ok = template_store_new(&settings, &domain->templates, err) &&
              template_store_start(domain->templates, &watched, err);
    free(acks);
    return ok;
}

bool main_domain_new(const struct config *config, const struct clock *clock,
                     struct main_domain **out, struct error *err)
{
    AUTO(main_domain) domain = mem_new(sizeof(*domain));
    const struct dap_settings pool = dap_of(&config->directory);

    domain->config = &config->directory;
    if (!dap_pool_new(&pool, &domain->pool, err)) {
        return false;
    }
    struct directory_settings accounts =
        directory_of(domain->config, domain->pool, clock);
    accounts.inside_max = directory_door_share((uint32_t)config->policyd.threads);
    accounts.stall_ms = STALL_MS;
    if (!directory_new(&accounts, &domain->directory, err) ||
        !open_templates(domain, config, clock, err)) {
        return false;
    }
    *out = TAKE(domain);
    return true;
}

void main_domain_free(struct main_domain *domain)
{
    if (domain != NULL) {
        template_store_free(domain->templates);
        directory_free(domain->directory);
        dap_pool_free(domain->pool);
        free(domain);
    }
}

struct directory *main_domain_directory(const struct main_domain *domain)
{
    return domain->directory;
}

struct template_store *main_domain_templates(const struct main_domain *domain)
{
    return domain->templates;
}

struct dap_pool *main_domain_pool(const struct main_domain *domain)
{
    return domain->pool;
}

uint32_t main_domain_timeout_ms(const struct main_domain *domain)
{
    return ms_of(domain->config->timeout_s);
}

void main_domain_reload(struct main_domain *domain, const struct config *next)
{
    size_t count = 0;
    struct template_ack *acks = acks_of(next, &count);

    template_store_acknowledge(domain->templates, acks, count);
    free(acks);
}
