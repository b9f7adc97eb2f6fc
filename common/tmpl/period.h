/* SPDX-License-Identifier: Apache-2.0 */
/*
 * period: validity and renewal periods as AD stores them.
 */
#ifndef AE_COMMON_TMPL_PERIOD_H
#define AE_COMMON_TMPL_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

enum { PERIOD_LEN = 8 }; /* octets */

/*
 * A FILETIME difference: little-endian, signed, a negative number of 100 ns units.
 *
 * seconds  whole seconds, rounded down, at least 1
 * errors   ERROR_INVALID  not 8 octets, not negative, INT64_MIN, or below one second
 * source   [MS-CRTD] 2.13, 2.14
 */
AE_MUST_CHECK bool period_parse(struct bytes octets, int64_t *seconds, struct error *err);

#endif
