/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/utc.h"

#include "policyd/ctl/output.h"

static const struct {
    int64_t seconds;
    const char *name;
} units[] = {
    {31556952, "year"}, /* of the Gregorian calendar, on average */
    {86400, "day"},     {3600, "hour"}, {60, "minute"}, {1, "second"},
};

/* The largest unit of which there are at least two, to the nearest whole number. */
static void append_span(struct buf *out, int64_t seconds)
{
    size_t i = 0;

    while (i < sizeof(units) / sizeof(units[0]) - 1 && seconds < 2 * units[i].seconds) {
        i++;
    }
    int64_t rest = seconds % units[i].seconds;
    int64_t count = seconds / units[i].seconds + (rest > units[i].seconds / 2 ? 1 : 0);
    buf_printf(out, "%" PRId64 " %s%s", count, units[i].name, count == 1 ? "" : "s");
}

void output_duration(struct buf *out, int64_t seconds)
{
    append_span(out, seconds < 0 ? 0 : seconds);
}

void output_relative(struct buf *out, int64_t seconds)
{
    if (seconds == 0) {
        buf_append_text(out, "now");
    } else if (seconds > 0) {
        buf_append_text(out, "in ");
        append_span(out, seconds);
    } else {
        append_span(out, -seconds);
        buf_append_text(out, " ago");
    }
}

static struct output_local split(const struct output_style *style, int64_t utc)
{
    struct output_local local = {.year = 0};

    if (style->local == NULL || !style->local(utc, &local)) {
        struct utc parts = utc_split(utc);

        local = (struct output_local){parts.year,   parts.month,  parts.day, parts.hour,
                                      parts.minute, parts.second, "UTC"};
    }
    return local;
}

void output_date(struct buf *out, const struct output_style *style, int64_t utc)
{
    struct output_local local = split(style, utc);

    buf_printf(out, "%04d-%02d-%02d", local.year, local.month, local.day);
}

void output_moment(struct buf *out, const struct output_style *style, int64_t utc)
{
    struct output_local local = split(style, utc);

    output_date(out, style, utc);
    buf_printf(out, " %02d:%02d:%02d ", local.hour, local.minute, local.second);
    output_text(out, style, local.zone);
}

void output_time(struct buf *out, const struct output_style *style, int64_t utc)
{
    struct output_local local = split(style, utc);

    buf_printf(out, "%04d-%02d-%02d %02d:%02d ", local.year, local.month, local.day,
               local.hour, local.minute);
    output_text(out, style, local.zone);
    buf_append_text(out, " (");
    output_relative(out, utc - style->now_utc);
    buf_append_byte(out, ')');
}
