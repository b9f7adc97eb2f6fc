/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/effective.h"

bool tmpl_autoenrolls(const struct tmpl *tmpl)
{
    if (tmpl->schema_version == TMPL_V1) {
        return tmpl_has_flag(tmpl, TMPL_GENERAL, TMPL_AUTO_ENROLLMENT_V1);
    }
    return tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_AUTO_ENROLLMENT);
}

bool tmpl_takes_names_from_request(const struct tmpl *tmpl)
{
    return tmpl_has_flag(tmpl, TMPL_NAME, TMPL_ENROLLEE_SUPPLIES_SUBJECT);
}

bool tmpl_is_for_machines(const struct tmpl *tmpl)
{
    return tmpl_has_flag(tmpl, TMPL_GENERAL, TMPL_MACHINE_TYPE);
}

bool tmpl_key_usage_for(const struct tmpl *tmpl, enum tmpl_key_family family,
                        uint32_t *out, struct error *err)
{
    uint32_t usage = tmpl->key_usage;

    if (family == TMPL_KEY_NONE) {
        return error_set(err, ERROR_INVALID,
                         "template '%.64s': a key that is neither RSA nor EC", tmpl->cn);
    }
    if (family == TMPL_KEY_EC) {
        usage &= ~(uint32_t)(TMPL_KEY_ENCIPHERMENT | TMPL_DATA_ENCIPHERMENT);
    }
    if (usage == 0 && tmpl->key_usage != 0) {
        return error_set(
            err, ERROR_INVALID,
            "template '%.64s': its key usage 0x%04x leaves nothing for an EC "
            "key",
            tmpl->cn, (unsigned int)tmpl->key_usage);
    }
    *out = usage;
    return true;
}

void tmpl_effective_purposes(const struct tmpl *tmpl, struct tmpl_list *out)
{
    for (size_t i = 0; i < tmpl->ekus.count; i++) {
        tmpl_list_add(out, tmpl->ekus.items[i]);
    }
    for (size_t i = 0; tmpl->schema_version > TMPL_V1 && i < tmpl->app_policies.count;
         i++) {
        if (!tmpl_list_has(&tmpl->ekus, tmpl->app_policies.items[i])) {
            tmpl_list_add(out, tmpl->app_policies.items[i]);
        }
    }
    tmpl_list_sort(out);
}

bool tmpl_renew_start(int64_t not_before_utc, int64_t not_after_utc, int64_t overlap_s,
                      int64_t *out_utc, struct error *err)
{
    int64_t lifetime = 0;
    int64_t by_overlap = 0;

    if (__builtin_sub_overflow(not_after_utc, not_before_utc, &lifetime) ||
        lifetime <= 0 || overlap_s < 0) {
        return error_set(
            err, ERROR_INVALID,
            "no renewal time between %lld and %lld with an overlap of %lld s",
            (long long)not_before_utc, (long long)not_after_utc, (long long)overlap_s);
    }
    /* 80 % without overflow: of the fifths and of what is left */
    int64_t by_lifetime = not_before_utc + lifetime / 5 * 4 + lifetime % 5 * 4 / 5;
    if (__builtin_sub_overflow(not_after_utc, overlap_s, &by_overlap)) {
        by_overlap = INT64_MIN;
    }
    *out_utc = by_lifetime > by_overlap ? by_lifetime : by_overlap;
    return true;
}
