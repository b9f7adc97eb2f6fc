/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/directory/fake_directory.h"

#include <string.h>

#include "common/base/mem.h"

static struct dap_attr *attr_of(struct dap_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->attrs[i].name, name) == 0) {
            return &entry->attrs[i];
        }
    }
    entry->attrs[entry->count] = (struct dap_attr){
        .name = mem_strdup(name),
        .values = mem_array(FAKE_ATTRS, sizeof(struct bytes)),
        .octets = mem_new(4096),
    };
    return &entry->attrs[entry->count++];
}

static void add(struct dap_result *result, const struct fake_entry *fake)
{
    struct dap_entry *entry = &result->entries[result->count++];

    *entry = (struct dap_entry){mem_strdup(fake->dn),
                                mem_array(FAKE_ATTRS, sizeof(struct dap_attr)), 0};
    for (size_t i = 0; fake->attrs[i] != NULL; i += 2) {
        struct dap_attr *attr = attr_of(entry, fake->attrs[i]);
        size_t len = strlen(fake->attrs[i + 1]);
        char *at = attr->octets + 256 * attr->count;

        memcpy(at, fake->attrs[i + 1], len);
        attr->values[attr->count++] = (struct bytes){(unsigned char *)at, len};
    }
}

static struct dap_result *make(const struct fake_directory *fake)
{
    struct dap_result *result = mem_new(sizeof(*result));

    result->entries = mem_array(fake->count + 1, sizeof(*result->entries));
    return result;
}

struct dap_result *fake_directory_all(const struct fake_directory *fake)
{
    struct dap_result *result = make(fake);

    for (size_t i = 0; i < fake->count; i++) {
        add(result, &fake->entries[i]);
    }
    return result;
}

static bool is_group(const struct fake_entry *entry)
{
    for (size_t i = 0; entry->attrs[i] != NULL; i += 2) {
        if (strcmp(entry->attrs[i], "member") == 0) {
            return true;
        }
    }
    return false;
}

static bool has_member_in(const struct fake_entry *entry, const char *filter)
{
    for (size_t i = 0; entry->attrs[i] != NULL; i += 2) {
        AUTO(string) wanted = mem_printf("(member=%s)", entry->attrs[i + 1]);

        if (strcmp(entry->attrs[i], "member") == 0 && strstr(filter, wanted) != NULL) {
            return true;
        }
    }
    return false;
}

static void add_version(struct dap_result *result, const struct fake_directory *fake)
{
    struct fake_entry base = {"dc=example,dc=test", {NULL}};

    if (fake->version != NULL) {
        base.attrs[0] = "contextCSN";
        base.attrs[1] = fake->version;
    }
    add(result, &base);
}

static void find(const struct fake_directory *fake, const char *filter,
                 struct dap_result *result)
{
    bool groups = strstr(filter, "(member=") != NULL;

    for (size_t i = 0; i < fake->count; i++) {
        const struct fake_entry *entry = &fake->entries[i];

        if (groups ? has_member_in(entry, filter) : !is_group(entry)) {
            add(result, entry);
        }
    }
}

static bool search(void *ctx, const struct dap_query *query, uint32_t timeout_ms,
                   struct dap_result **out, struct error *err)
{
    struct fake_directory *fake = ctx;

    (void)timeout_ms;
    fake->searches++;
    if (fake->meanwhile != NULL) {
        fake->meanwhile(fake->ctx);
    }
    if (fake->fails_at != NULL && strstr(query->filter, fake->fails_at) != NULL) {
        return fake->fails_with != ERROR_NONE
                   ? error_set(err, fake->fails_with, "refused")
                   : error_set(err, ERROR_UNAVAILABLE, "connection lost");
    }
    struct dap_result *result = make(fake);
    if (query->scope == DAP_SCOPE_BASE) {
        add_version(result, fake);
    } else {
        find(fake, query->filter, result);
    }
    if (fake->partial_at != NULL && strstr(query->filter, fake->partial_at) != NULL) {
        result->partial = mem_strdup("Size limit exceeded");
    }
    *out = result;
    return true;
}

struct dap_port fake_directory_port(struct fake_directory *fake)
{
    return (struct dap_port){search, fake};
}

struct directory_settings fake_directory_settings(void)
{
    static const char *const foreign[] = {"OTHER.TEST"};
    static const char *const machines[] = {"computer"};
    static const char *const users[] = {"person"};
    static const char *const links[] = {"member"};
    static const char *const disabled[] = {"nsAccountLock", "krbPrincipalExpiration",
                                           "pwdAccountLockedTime", "krbTicketFlags",
                                           "shadowExpire"};

    return (struct directory_settings){
        .clock = clock_system(),
        .realm = "EXAMPLE.TEST",
        .foreign_realms = {foreign, 1},
        .base = "dc=example,dc=test",
        .machine_classes = {machines, 1},
        .user_classes = {users, 1},
        .group_links = {links, 1},
        .disabled_by = {disabled, sizeof(disabled) / sizeof(disabled[0])},
        .groups_depth_max = 4,
        .groups_max = 6,
    };
}
