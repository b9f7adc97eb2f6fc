/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utc: seconds since the epoch as text people and programs read (RFC 3339, always with Z).
 *
 * Pure arithmetic: no time zone, no locale, no file is read, so that it works in every sandbox.
 */
#ifndef AE_COMMON_BASE_UTC_H
#define AE_COMMON_BASE_UTC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/error.h"

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the ends of the notation. */
#define UTC_MIN INT64_C(-62167219200)
#define UTC_MAX INT64_C(253402300799)

/* A calendar moment; the proleptic Gregorian calendar. */
struct utc {
    int year;   /* 0..9999 */
    int month;  /* 1..12 */
    int day;    /* 1..31 */
    int hour;   /* 0..23 */
    int minute; /* 0..59 */
    int second; /* 0..59: POSIX time has no leap seconds */
};

/* seconds  UTC_MIN..UTC_MAX; what lies outside becomes the nearer end */
struct utc utc_split(int64_t seconds);

/*
 * errors  ERROR_INVALID  no such day or time (30 February, 24:00:00, second 60)
 */
AE_MUST_CHECK bool utc_join(struct utc moment, int64_t *seconds, struct error *err);

/* "2026-11-21T09:06:34Z" */
void utc_append(struct buf *out, int64_t seconds);
/* "2026-11-21T09:06:34.042Z"; fractions of a millisecond are cut off. */
void utc_append_ms(struct buf *out, int64_t nanoseconds);

/*
 * "2026-11-21T09:06:34Z" only: capital T and Z, no offset, no fraction.
 * errors  ERROR_INVALID  another notation, or no such moment
 * source  RFC 3339 section 5.6
 */
AE_MUST_CHECK bool utc_parse(const char *text, int64_t *seconds, struct error *err);

#endif
