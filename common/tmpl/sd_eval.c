/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "common/tmpl/sd.h"

/* AD maps generic rights before it stores them; other directories may not. */
static const uint32_t control_access = SD_RIGHT_CONTROL_ACCESS | SD_RIGHT_GENERIC_ALL;

static bool is_effective(const struct sd_ace *ace)
{
    return (ace->flags & SD_ACE_INHERIT_ONLY) == 0;
}

/* Is the entry about this token and right ([MS-ADTS] 5.1.3.3.4)? */
static bool is_about(const struct sd_ace *ace, const struct sid_set *token,
                     const struct guid *right)
{
    return is_effective(ace) && (ace->mask & control_access) != 0 &&
           (!ace->has_object || guid_equal(&ace->object, right)) &&
           sid_set_has(token, &ace->sid);
}

/* A condition that is not evaluated is never met for an allow, always for a deny. */
static bool decides(const struct sd_ace *ace)
{
    return ace->kind == SD_ACE_DENY || (ace->kind == SD_ACE_ALLOW && !ace->conditional);
}

size_t sd_find_unknown(const struct sd *sd)
{
    size_t i = 0;

    while (i < sd->ace_count &&
           (sd->aces[i].kind != SD_ACE_UNKNOWN || !is_effective(&sd->aces[i]))) {
        i++;
    }
    return i;
}

bool sd_evaluate(const struct sd *sd, const struct sid_set *token,
                 const struct guid *right, struct sd_verdict *out, struct error *err)
{
    size_t unknown = sd_find_unknown(sd);

    if (!token->complete) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the groups of the account are not completely known");
    }
    if (unknown < sd->ace_count) {
        return error_set(
            err, ERROR_INVALID,
            "entry %zu of the security descriptor has the unknown type 0x%02x",
            unknown + 1, (unsigned int)sd->aces[unknown].type);
    }
    *out = (struct sd_verdict){sd->has_dacl ? SD_NOT_GRANTED : SD_GRANTED_TO_ALL, 0};
    for (size_t i = 0; i < sd->ace_count; i++) {
        const struct sd_ace *ace = &sd->aces[i];

        if (decides(ace) && is_about(ace, token, right)) {
            out->answer = ace->kind == SD_ACE_DENY ? SD_DENIED : SD_GRANTED;
            out->ace = i;
            break;
        }
    }
    return true;
}
