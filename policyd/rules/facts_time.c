/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utc.h"

#include "policyd/rules/facts_rows.h"

enum { DAY_S = 86400, EPOCH_WEEKDAY = 4 /* 1 January 1970 was a Thursday */ };

static int64_t site_time(const struct wire_facts *facts)
{
    return facts->time_utc + facts->local_offset_s;
}

/* Monday 1 ... Sunday 7 (ISO 8601) */
static int64_t weekday(int64_t seconds)
{
    int64_t days = seconds >= 0 ? seconds / DAY_S : (seconds - (DAY_S - 1)) / DAY_S;

    return ((days + EPOCH_WEEKDAY - 1) % 7 + 7) % 7 + 1;
}

#define MOMENT(part, expression)                                                         \
    static struct fact_value get_##part(const void *record, struct buf *scratch)         \
    {                                                                                    \
        const struct wire_facts *facts = record;                                         \
        (void)scratch;                                                                   \
        return fact_of_number(expression);                                               \
    }                                                                                    \
    _Static_assert(1, "takes the semicolon")

MOMENT(year, utc_split(facts->time_utc).year);
MOMENT(month, utc_split(facts->time_utc).month);
MOMENT(day, utc_split(facts->time_utc).day);
MOMENT(hour, utc_split(facts->time_utc).hour);
MOMENT(minute, utc_split(facts->time_utc).minute);
MOMENT(second, utc_split(facts->time_utc).second);
MOMENT(weekday, weekday(facts->time_utc));
MOMENT(site_year, utc_split(site_time(facts)).year);
MOMENT(site_month, utc_split(site_time(facts)).month);
MOMENT(site_day, utc_split(site_time(facts)).day);
MOMENT(site_hour, utc_split(site_time(facts)).hour);
MOMENT(site_minute, utc_split(site_time(facts)).minute);
MOMENT(site_second, utc_split(site_time(facts)).second);
MOMENT(site_weekday, weekday(site_time(facts)));

static const struct fact_field site_rows[] = {
    FACT_GET("year", get_site_year),
    FACT_GET("month", get_site_month),
    FACT_GET("day", get_site_day),
    FACT_GET("hour", get_site_hour),
    FACT_GET("minute", get_site_minute),
    FACT_GET("second", get_site_second),
    FACT_GET("weekday", get_site_weekday),
    FACT_TEXT("zone", wire_facts, zone),
    FACT_I64("offset", wire_facts, local_offset_s),
};
static const FACT_TYPE(site_type, "req.time.site", site_rows);

static const struct fact_field time_rows[] = {
    FACT_I64("unix", wire_facts, time_utc),
    FACT_GET("year", get_year),
    FACT_GET("month", get_month),
    FACT_GET("day", get_day),
    FACT_GET("hour", get_hour),
    FACT_GET("minute", get_minute),
    FACT_GET("second", get_second),
    FACT_GET("weekday", get_weekday),
    FACT_SAME("site", site_type),
};
const FACT_TYPE(fact_time_type, "req.time", time_rows);
