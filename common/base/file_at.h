/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_at: writing at a place of a file, whatever the descriptor's own place is.
 */
#ifndef AE_COMMON_BASE_FILE_AT_H
#define AE_COMMON_BASE_FILE_AT_H

#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Write all octets from an offset on, however many calls it takes.
 * errors  ERROR_UNAVAILABLE no space, i/o error; some octets may be written
 */
AE_MUST_CHECK bool file_write_all_at(int fd, struct bytes content, uint64_t offset,
                                     struct error *err);

#endif
