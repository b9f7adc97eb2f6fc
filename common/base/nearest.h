/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: which known name somebody may have meant.
 */
#ifndef AE_COMMON_BASE_NEAREST_H
#define AE_COMMON_BASE_NEAREST_H

#include <stddef.h>

enum { NEAREST_LEN_MAX = 64 }; /* octets; longer names are like nothing */

/*
 * The name that takes the fewest edits (insert, delete, replace or swap one octet; upper and lower
 * case are the same), the first of equals; NULL when none takes at most a third of its length.
 * names  count of them, NULL entries are passed over; the result is one of them
 */
const char *nearest_name(const char *name, const char *const *names, size_t count);

#endif
