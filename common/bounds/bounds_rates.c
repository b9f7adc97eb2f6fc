/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/rate.h"
#include "common/bounds/bounds_parts.h"

/* One section's last hour. */
struct counted {
    char *key;
    struct rate rate;
};

struct bounds_rates {
    struct counted *items;
    size_t count;
};

struct bounds_rates *bounds_rates_new(void)
{
    return mem_new(sizeof(struct bounds_rates));
}

void bounds_rates_free(struct bounds_rates *rates)
{
    for (size_t i = 0; rates != NULL && i < rates->count; i++) {
        free(rates->items[i].key);
    }
    if (rates != NULL) {
        free(rates->items);
        free(rates);
    }
}

/* Borrowed until another key comes in. */
static struct counted *find(struct bounds_rates *rates, const char *kind,
                            const char *name)
{
    AUTO(string) key = mem_printf("%s '%s'", kind, name);

    for (size_t i = 0; i < rates->count; i++) {
        if (strcmp(rates->items[i].key, key) == 0) {
            return &rates->items[i];
        }
    }
    rates->items = mem_resize(rates->items, rates->count + 1, sizeof(*rates->items));
    rates->items[rates->count] = (struct counted){.key = TAKE(key)};
    return &rates->items[rates->count++];
}

static bool has_room(struct counted *counted, int64_t max, int64_t now_utc,
                     uint32_t *retry_after_s, struct error *err)
{
    if (rate_count(&counted->rate, now_utc) < (uint64_t)max) {
        return true;
    }
    *retry_after_s = rate_wait_s(&counted->rate, now_utc);
    return error_set(err, ERROR_UNAVAILABLE,
                     "%s: the %lld certificates of its hourly_max are all taken",
                     counted->key, (long long)max);
}

void bounds_rates_note(struct bounds_rates *rates, const struct bounds_counted *counted,
                       int64_t signed_utc)
{
    if (counted->profile != NULL) {
        rate_add(&find(rates, "profile", counted->profile)->rate, signed_utc);
    } else {
        rate_add(&find(rates, "template", counted->template)->rate, signed_utc);
        rate_add(&find(rates, "section", "global")->rate, signed_utc);
    }
}

static bool profile_has_room(struct bounds_rates *rates, const struct bounds *b,
                             const char *name, int64_t now_utc, uint32_t *retry_after_s,
                             struct error *err)
{
    const struct bounds_profile *p = bounds_find_profile(b, name);

    return has_room(find(rates, "profile", name), p != NULL ? p->hourly_max : 0, now_utc,
                    retry_after_s, err);
}

static bool template_has_room(struct bounds_rates *rates, const struct bounds *b,
                              const char *name, int64_t now_utc, uint32_t *retry_after_s,
                              struct error *err)
{
    const struct bounds_template *t = bounds_find_template(b, name);

    return has_room(find(rates, "template", name), t != NULL ? t->hourly_max : 0, now_utc,
                    retry_after_s, err) &&
           has_room(find(rates, "section", "global"), b->hourly_max, now_utc,
                    retry_after_s, err);
}

bool bounds_rates_take(struct bounds_rates *rates, const struct bounds *b,
                       const struct bounds_counted *counted, int64_t now_utc,
                       uint32_t *retry_after_s, struct error *err)
{
    bool room =
        counted->profile != NULL
            ? profile_has_room(rates, b, counted->profile, now_utc, retry_after_s, err)
            : template_has_room(rates, b, counted->template, now_utc, retry_after_s, err);

    if (room) {
        bounds_rates_note(rates, counted, now_utc);
    }
    return room;
}
