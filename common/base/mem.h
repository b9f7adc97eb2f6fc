/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem: small allocations that cannot fail: out of memory aborts the process.
 *
 * A crash loses nothing (I1). A size that came from outside is bounded by the caller
 * before it gets here. Free with free().
 */
#ifndef AE_COMMON_BASE_MEM_H
#define AE_COMMON_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory of at least one octet; never NULL. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for count elements; aborts when count * size overflows. */
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Grow (or shrink) an array to count elements; new octets are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A copy of len octets with one NUL behind them; data may be NULL when len is 0. */
void *mem_dup(const void *data, size_t len) __attribute__((malloc, returns_nonnull));

char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#endif
