/* SPDX-License-Identifier: Apache-2.0 */
/* One look at the directory, all of it or nothing. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/tmpl/attrs.h"

#include "policyd/template_inside.h"

#define SERVICES   "CN=Services"
#define PUBLIC_KEY "CN=Public Key Services," SERVICES
#define TEMPLATES  "CN=Certificate Templates," PUBLIC_KEY
#define OIDS       "CN=OID," PUBLIC_KEY
#define PUBLISHED  "CN=autoenroll," SERVICES

enum { SERVICES_MAX = 1024 }; /* entries that publish */

const char template_watch_filter[] =
    "(|(objectClass=pKICertificateTemplate)(objectClass=autoenrollService))";

/* Entries of a result as the parsers see them; borrowed from it. */
struct entries {
    struct dap_result *result;
    struct tmpl_entry *items;
    struct tmpl_attr *attrs;
};

static void entries_clear(struct entries *e)
{
    free(e->attrs);
    free(e->items);
    dap_result_free(e->result);
    *e = (struct entries){NULL, NULL, NULL};
}
CLEANUP_DEFINE_VALUE(entries, struct entries, entries_clear);

static void view(struct entries *e)
{
    size_t attr_count = 0;

    for (size_t i = 0; i < e->result->count; i++) {
        attr_count += e->result->entries[i].count;
    }
    e->items = mem_array(e->result->count, sizeof(*e->items));
    e->attrs = mem_array(attr_count, sizeof(*e->attrs));
    struct tmpl_attr *next = e->attrs;
    for (size_t i = 0; i < e->result->count; i++) {
        const struct dap_entry *entry = &e->result->entries[i];

        e->items[i] = (struct tmpl_entry){entry->dn, next, entry->count};
        for (size_t k = 0; k < entry->count; k++) {
            *next++ = (struct tmpl_attr){entry->attrs[k].name, entry->attrs[k].values,
                                         entry->attrs[k].count};
        }
    }
}

/* The answer is complete, or this fails. */
static bool look(const struct template_settings *s, const struct dap_query *query,
                 struct entries *out, enum reason *reason, struct error *err)
{
    AUTO(dap_result) found = NULL;

    *reason = REASON_DIR_DOWN;
    if (!s->port.search(s->port.ctx, query, s->timeout_ms, &found, err)) {
        return error_wrap(err, "%.200s", query->base);
    }
    if (found->partial != NULL) {
        *reason = REASON_DIR_PARTIAL;
        return error_set(err, ERROR_UNAVAILABLE, "%.200s: %s", query->base,
                         found->partial);
    }
    out->result = TAKE(found);
    view(out);
    return true;
}

static bool look_for_templates(const struct template_settings *s, struct entries *out,
                               enum reason *reason, struct error *err)
{
    AUTO(string) base = mem_printf(TEMPLATES ",%s", s->config_base);
    const char *attributes[ATTR_COUNT];

    for (unsigned int i = 0; i < ATTR_COUNT; i++) {
        attributes[i] = tmpl_attrs_name((enum tmpl_attr_id)i);
    }
    const struct dap_query query = {.base = base,
                                    .scope = DAP_SCOPE_ONE,
                                    .filter = "(objectClass=pKICertificateTemplate)",
                                    .attributes = attributes,
                                    .attribute_count = ATTR_COUNT,
                                    .entries_max = DAP_ENTRIES_MAX,
                                    .paged = true};
    return look(s, &query, out, reason, err);
}

/* Nothing there is an answer: out stays without a result. */
static bool look_if_there(const struct template_settings *s,
                          const struct dap_query *query, struct entries *out,
                          enum reason *reason, struct error *err)
{
    struct error why = {0};

    if (look(s, query, out, reason, &why) || why.code == ERROR_NOT_FOUND) {
        return true;
    }
    *err = why;
    return false;
}

/* One level only: anybody may make such an entry below one's own. */
static bool look_for_services(const struct template_settings *s, struct entries *out,
                              enum reason *reason, struct error *err)
{
    static const char *const names[] = {"autoenrollCa", "autoenrollTemplate"};
    static const char *const keywords[] = {"keywords"};
    AUTO(string) base = mem_printf(PUBLISHED ",%s", s->config_base);
    struct dap_query query = {.base = base,
                              .scope = DAP_SCOPE_ONE,
                              .filter = "(objectClass=autoenrollService)",
                              .attributes = names,
                              .attribute_count = 2,
                              .entries_max = SERVICES_MAX};

    if (s->form == TEMPLATE_DESCRIPTOR) {
        query.filter = "(&(objectClass=serviceConnectionPoint)(keywords=autoenroll))";
        query.attributes = keywords;
        query.attribute_count = 1;
    }
    return look_if_there(s, &query, out, reason, err);
}

/* Issuance policies that make their holder a member of a group: AD alone has these. */
static bool look_for_links(const struct template_settings *s, struct entries *out,
                           enum reason *reason, struct error *err)
{
    static const char *const names[] = {"msPKI-Cert-Template-OID"};
    AUTO(string) base = mem_printf(OIDS ",%s", s->config_base);
    const struct dap_query query = {.base = base,
                                    .scope = DAP_SCOPE_SUBTREE,
                                    .filter = "(msDS-OIDToGroupLink=*)",
                                    .attributes = names,
                                    .attribute_count = 1,
                                    .entries_max = DAP_ENTRIES_MAX,
                                    .paged = true};

    return s->form == TEMPLATE_NAMES || look_if_there(s, &query, out, reason, err);
}

/* The caller frees the list. One without an OID that can be read makes all of them unknown. */
static const char **list_links(const struct template_settings *s,
                               const struct entries *links, struct tmpl_surroundings *out)
{
    size_t count = links->result == NULL ? 0 : links->result->count;
    const char **list = mem_array(count, sizeof(char *));

    out->links_known = s->form == TEMPLATE_NAMES || links->result != NULL;
    for (size_t i = 0; i < count; i++) {
        const struct dap_attr *oid =
            dap_entry_find(&links->result->entries[i], "msPKI-Cert-Template-OID");

        if (oid == NULL || oid->count != 1) {
            out->links_known = false;
            continue;
        }
        list[out->linked_count++] = (const char *)oid->values[0].data;
    }
    out->linked_policies = list;
    return list;
}

bool template_read(const struct template_settings *settings,
                   const struct template_acks *acks, const struct template_set **out,
                   enum reason *reason, struct error *err)
{
    AUTO(entries) services = {NULL, NULL, NULL};
    AUTO(entries) links = {NULL, NULL, NULL};
    AUTO(entries) templates = {NULL, NULL, NULL};

    if (!look_for_services(settings, &services, reason, err) ||
        !look_for_links(settings, &links, reason, err) ||
        !look_for_templates(settings, &templates, reason, err)) {
        return false;
    }
    struct template_source source = {
        .form = settings->form,
        .templates = templates.items,
        .template_count = templates.result->count,
        .services = services.items,
        .service_count = services.result == NULL ? 0 : services.result->count,
        .ca = settings->ca,
        .acks = acks->items,
        .ack_count = acks->count,
    };
    const char **linked = list_links(settings, &links, &source.surroundings);
    *out = template_set_new(&source);
    free(linked);
    return true;
}

char *template_watch_base(const struct template_settings *settings)
{
    return mem_printf(SERVICES ",%s", settings->config_base);
}
