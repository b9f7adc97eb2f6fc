/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "common/pki/der.h"

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. */
#define UTC_1950 INT64_C(-631152000)
#define UTC_2050 INT64_C(2524608000)
#define UTC_9999 INT64_C(253402300799)

enum { UTC_TIME_LEN = 13, GENERALIZED_TIME_LEN = 15 };

/* Two decimal digits of digits[at], or -1. */
static int two(const unsigned char *digits, size_t at)
{
    unsigned tens = (unsigned)digits[at] - '0';
    unsigned ones = (unsigned)digits[at + 1] - '0';

    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* YYMMDDHHMMSSZ at digits, with the century's years given; false when no such moment is. */
static bool moment(const unsigned char *digits, int century, int64_t *utc)
{
    int part[6];

    for (size_t i = 0; i < 6; i++) {
        part[i] = two(digits, 2 * i);
        if (part[i] < 0) {
            return false;
        }
    }
    struct tm given = {.tm_year = century + part[0] - 1900,
                       .tm_mon = part[1] - 1,
                       .tm_mday = part[2],
                       .tm_hour = part[3],
                       .tm_min = part[4],
                       .tm_sec = part[5]};
    struct tm same = given;
    time_t seconds = timegm(&same);
    /* timegm() carries what overflows: 30 February and the 24th hour come back changed. */
    if (digits[12] != 'Z' || same.tm_mon != given.tm_mon ||
        same.tm_mday != given.tm_mday || same.tm_hour != given.tm_hour ||
        same.tm_min != given.tm_min || same.tm_sec != given.tm_sec) {
        return false;
    }
    *utc = seconds;
    return true;
}

bool der_read_time(struct bytes *in, int64_t *utc)
{
    struct bytes rest = *in;
    struct bytes text;
    int64_t value = 0;

    if (der_read(&rest, DER_UTC_TIME, &text)) {
        if (text.len != UTC_TIME_LEN ||
            !moment(text.data, two(text.data, 0) >= 50 ? 1900 : 2000, &value)) {
            return false;
        }
    } else {
        if (!der_read(&rest, DER_GENERALIZED_TIME, &text) ||
            text.len != GENERALIZED_TIME_LEN || two(text.data, 0) < 0 ||
            !moment(text.data + 2, two(text.data, 0) * 100, &value) || value < UTC_2050) {
            return false;
        }
    }
    *utc = value;
    *in = rest;
    return true;
}

bool der_put_time(struct buf *out, int64_t utc)
{
    char text[32];
    time_t seconds = utc;
    struct tm parts;

    if (utc < UTC_1950 || utc > UTC_9999 || gmtime_r(&seconds, &parts) == NULL) {
        return false;
    }
    (void)strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &parts);
    if (utc < UTC_2050) {
        der_put_text(out, DER_UTC_TIME, text + 2); /* without the century */
    } else {
        der_put_text(out, DER_GENERALIZED_TIME, text);
    }
    return true;
}
