/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/base/utc.h"

#include "policyd/directory_judge.h"

enum { DAY_S = 24 * 3600, GENERALIZED_LEN = 15, DISALLOW_ALL_TIX = 0x40 };

typedef bool disables(const struct dap_attr *attr, int64_t now_utc);

static int two_digits(const unsigned char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

/* "20261121090634Z" or with a fraction of a second; RFC 4517 3.3.13, no offset. */
static bool parse_time(struct bytes value, int64_t *utc)
{
    struct error ignored = {0};

    for (size_t i = 0; i < GENERALIZED_LEN - 1; i++) {
        if (i >= value.len || value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
    }
    if (value.len < GENERALIZED_LEN || value.data[value.len - 1] != 'Z') {
        return false;
    }
    const unsigned char *at = value.data;
    struct utc moment = {two_digits(at) * 100 + two_digits(at + 2),
                         two_digits(at + 4),
                         two_digits(at + 6),
                         two_digits(at + 8),
                         two_digits(at + 10),
                         two_digits(at + 12)};
    return utc_join(moment, utc, &ignored);
}

static bool time_has_come(const struct dap_attr *attr, int64_t now_utc)
{
    int64_t end = 0;

    return attr->count != 1 || !parse_time(attr->values[0], &end) || end <= now_utc;
}

static bool day_has_come(const struct dap_attr *attr, int64_t now_utc)
{
    struct error ignored = {0};
    int64_t day = 0;

    if (attr->count != 1 || !text_parse_i64((const char *)attr->values[0].data, -1,
                                            1000000, &day, &ignored)) {
        return true;
    }
    return day >= 0 && day * DAY_S <= now_utc; /* shadow(5): -1 is never */
}

static bool flag_is_set(const struct dap_attr *attr, int64_t now_utc)
{
    struct error ignored = {0};
    int64_t flags = 0;

    (void)now_utc;
    return attr->count != 1 ||
           !text_parse_i64((const char *)attr->values[0].data, INT32_MIN, UINT32_MAX,
                           &flags, &ignored) ||
           (flags & DISALLOW_ALL_TIX) != 0;
}

static bool is_not_false(const struct dap_attr *attr, int64_t now_utc)
{
    (void)now_utc;
    return attr->count != 1 ||
           !text_equal_nocase((const char *)attr->values[0].data, "FALSE");
}

static const struct {
    const char *attribute;
    disables *disables;
} rules[] = {
    {"krbPrincipalExpiration", time_has_come},
    {"krbTicketFlags", flag_is_set},
    {"shadowExpire", day_has_come},
};

/* Any other attribute, nsAccountLock and pwdAccountLockedTime among them: being there does. */
static disables *rule_of(const char *attribute)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (text_equal_nocase(rules[i].attribute, attribute)) {
            return rules[i].disables;
        }
    }
    return is_not_false;
}

const char *directory_judge_disabled(const struct directory_settings *settings,
                                     const struct dap_entry *entry, int64_t now_utc)
{
    for (size_t i = 0; i < settings->disabled_by.count; i++) {
        const char *name = settings->disabled_by.items[i];
        const struct dap_attr *attr = dap_entry_find(entry, name);

        if (attr != NULL && rule_of(name)(attr, now_utc)) {
            return name;
        }
    }
    return NULL;
}
