/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/template/fake_shelf.h"

#include "common/base/mem.h"
#include "common/base/text.h"

static void add_attr(struct dap_entry *entry, const char *name,
                     const struct bytes *values, size_t count)
{
    struct dap_attr *attr = &entry->attrs[entry->count++];
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        total += values[i].len + 1;
    }
    *attr = (struct dap_attr){.name = mem_strdup(name),
                              .values = mem_array(count, sizeof(struct bytes)),
                              .octets = mem_new(total)};
    char *at = attr->octets;
    for (; attr->count < count; attr->count++) {
        memcpy(at, values[attr->count].data, values[attr->count].len);
        attr->values[attr->count] =
            (struct bytes){(unsigned char *)at, values[attr->count].len};
        at += values[attr->count].len + 1;
    }
}

static void add_entry(struct dap_result *result, const struct tmpl_entry *from)
{
    struct dap_entry *entry = &result->entries[result->count++];

    *entry = (struct dap_entry){mem_strdup(from->dn),
                                mem_array(from->count, sizeof(struct dap_attr)), 0};
    for (size_t i = 0; i < from->count; i++) {
        add_attr(entry, from->attrs[i].name, from->attrs[i].values, from->attrs[i].count);
    }
}

static struct dap_result *result_of(const struct tmpl_entry *entries, size_t count)
{
    struct dap_result *result = mem_new(sizeof(*result));

    result->entries = mem_array(count, sizeof(struct dap_entry));
    for (size_t i = 0; i < count; i++) {
        add_entry(result, &entries[i]);
    }
    return result;
}

static struct dap_result *links_of(const struct fake_shelf *fake)
{
    struct bytes oid = bytes_of_text(fake->link == NULL ? "" : fake->link);
    const struct tmpl_attr attr = {"msPKI-Cert-Template-OID", &oid, 1};
    const struct tmpl_entry entry = {"CN=policy," AT_LINKS FAKE_CONFIG_BASE, &attr,
                                     oid.len > 0 ? 1 : 0};

    return result_of(&entry, fake->link == NULL ? 0 : 1);
}

static struct dap_result *templates_of(struct fake_shelf *fake, bool is_partial)
{
    for (size_t i = 0; i < fake->shelf.template_count; i++) {
        fake->shelf.templates[i] = fake->shelf.records[i]->entry;
    }
    fake->searches++;
    fake_clock_advance(&fake->time, fake->takes_s);
    if (fake->told != NULL) {
        template_store_told(fake->told, DAP_WATCH_CHANGED, NULL);
    }
    (void)sem_post(&fake->searched);
    if (fake->held != NULL) {
        (void)sem_wait(fake->held);
    }
    return result_of(fake->shelf.templates,
                     fake->shelf.template_count - (is_partial ? 1 : 0));
}

static void check_query(struct fake_shelf *fake, const struct dap_query *query)
{
    bool at_links = text_has_prefix(query->base, AT_LINKS);

    if (!text_has_suffix(query->base, "CN=Services," FAKE_CONFIG_BASE) ||
        query->scope != (at_links ? DAP_SCOPE_SUBTREE : DAP_SCOPE_ONE)) {
        fake->wrong = true;
    }
}

static bool search(void *ctx, const struct dap_query *query, uint32_t timeout_ms,
                   struct dap_result **out, struct error *err)
{
    struct fake_shelf *fake = ctx;
    bool is_partial =
        fake->partial_at != NULL && text_has_prefix(query->base, fake->partial_at);
    (void)timeout_ms;

    check_query(fake, query);
    if (fake->fails_at != NULL && text_has_prefix(query->base, fake->fails_at)) {
        return error_set(err, fake->fails_with, "cannot be searched");
    }
    if (text_has_prefix(query->base, AT_TEMPLATES)) {
        *out = templates_of(fake, is_partial);
    } else if (text_has_prefix(query->base, AT_SERVICES)) {
        *out = result_of(fake->shelf.services, fake->shelf.service_count);
    } else {
        *out = links_of(fake);
    }
    if (is_partial) {
        (*out)->partial = mem_strdup("Size limit exceeded");
    }
    return true;
}

void fake_shelf_init(struct fake_shelf *fake)
{
    *fake = (struct fake_shelf){.time = {.boottime_ns = INT64_C(5000000000)},
                                .fails_with = ERROR_UNAVAILABLE};
    shelf_init(&fake->shelf);
    fake->clock = fake_clock_port(&fake->time);
    (void)sem_init(&fake->searched, 0, 0);
}

void fake_shelf_clear(struct fake_shelf *fake)
{
    shelf_clear(&fake->shelf);
    (void)sem_destroy(&fake->searched);
}

struct template_settings fake_shelf_settings(struct fake_shelf *fake)
{
    return (struct template_settings){
        .port = {search, fake},
        .clock = &fake->clock,
        .form = TEMPLATE_NAMES,
        .config_base = FAKE_CONFIG_BASE,
        .ca = "issuing",
        .timeout_ms = 1000,
        .refresh_s = 10,
        .stale_max_s = 30,
    };
}
