/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utc.h"

#include <string.h>

enum {
    DAY_SECONDS = 86400,
    /* The calendar repeats every 400 years; counting from 1 March puts the leap day last. */
    CYCLE_YEARS = 400,
    CYCLE_DAYS = 146097,
    DAYS_TO_EPOCH = 719468, /* from 0000-03-01 to 1970-01-01 */
    NS_PER_MS = 1000000,
    NS_PER_SECOND = 1000000000,
};

/* Rounds down where / rounds towards zero; divisor > 0. */
static int64_t floor_div(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;

    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/* Days before the given one, since the epoch. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t from_march = month > 2 ? year : year - 1;
    int64_t cycle = floor_div(from_march, CYCLE_YEARS);
    int64_t year_of_cycle = from_march - cycle * CYCLE_YEARS;
    int64_t month_from_march = (month + 9) % 12;
    /* 153 days in five months from March on: 31 30 31 30 31 */
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;

    return cycle * CYCLE_DAYS + day_of_cycle - DAYS_TO_EPOCH;
}

static void split_days(int64_t days, struct utc *out)
{
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t cycle = floor_div(shifted, CYCLE_DAYS);
    int64_t day_of_cycle = shifted - cycle * CYCLE_DAYS;
    int64_t year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
                             day_of_cycle / 146096) /
                            365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;

    out->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    out->month =
        (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    out->year = (int)(cycle * CYCLE_YEARS + year_of_cycle + (out->month <= 2 ? 1 : 0));
}

struct utc utc_split(int64_t seconds)
{
    struct utc out = {0};

    if (seconds < UTC_MIN) {
        seconds = UTC_MIN;
    }
    if (seconds > UTC_MAX) {
        seconds = UTC_MAX;
    }
    int64_t days = floor_div(seconds, DAY_SECONDS);
    int rest = (int)(seconds - days * DAY_SECONDS);
    split_days(days, &out);
    out.hour = rest / 3600;
    out.minute = rest % 3600 / 60;
    out.second = rest % 60;
    return out;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool is_date(struct utc moment)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (moment.year < 0 || moment.year > 9999 || moment.month < 1 || moment.month > 12) {
        return false;
    }
    int last =
        days[moment.month - 1] + (moment.month == 2 && is_leap(moment.year) ? 1 : 0);
    return moment.day >= 1 && moment.day <= last;
}

static bool is_time(struct utc moment)
{
    return moment.hour >= 0 && moment.hour <= 23 && moment.minute >= 0 &&
           moment.minute <= 59 && moment.second >= 0 && moment.second <= 59;
}

bool utc_join(struct utc moment, int64_t *seconds, struct error *err)
{
    if (!is_date(moment) || !is_time(moment)) {
        return error_set(err, ERROR_INVALID, "there is no %04d-%02d-%02dT%02d:%02d:%02dZ",
                         moment.year, moment.month, moment.day, moment.hour,
                         moment.minute, moment.second);
    }
    *seconds = days_of_date(moment.year, moment.month, moment.day) * DAY_SECONDS +
               (int64_t)moment.hour * 3600 + (int64_t)moment.minute * 60 + moment.second;
    return true;
}

static void append_moment(struct buf *out, struct utc moment)
{
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", moment.year, moment.month,
               moment.day, moment.hour, moment.minute, moment.second);
}

void utc_append(struct buf *out, int64_t seconds)
{
    append_moment(out, utc_split(seconds));
    buf_append_byte(out, 'Z');
}

void utc_append_ms(struct buf *out, int64_t nanoseconds)
{
    int64_t seconds = floor_div(nanoseconds, NS_PER_SECOND);
    int64_t rest_ns = nanoseconds - seconds * NS_PER_SECOND;

    append_moment(out, utc_split(seconds));
    buf_printf(out, ".%03dZ", (int)(rest_ns / NS_PER_MS));
}

/* The digits at text as a number; false when one of them is none. */
static bool read_number(const char *text, size_t digits, int *out)
{
    int value = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

bool utc_parse(const char *text, int64_t *seconds, struct error *err)
{
    struct utc moment = {0};
    /* where the separators stand in 2026-11-21T09:06:34Z */
    bool good = strlen(text) == 20 && text[4] == '-' && text[7] == '-' &&
                text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';

    good = good && read_number(text, 4, &moment.year) &&
           read_number(text + 5, 2, &moment.month) &&
           read_number(text + 8, 2, &moment.day) &&
           read_number(text + 11, 2, &moment.hour) &&
           read_number(text + 14, 2, &moment.minute) &&
           read_number(text + 17, 2, &moment.second);
    if (!good) {
        return error_set(err, ERROR_INVALID,
                         "'%.64s' is not a time such as 2026-11-21T09:06:34Z", text);
    }
    return utc_join(moment, seconds, err);
}
