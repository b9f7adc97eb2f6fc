/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes: a borrowed view of octets; who owns them is said where the view is handed out.
 */
#ifndef AE_COMMON_BASE_BYTES_H
#define AE_COMMON_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bytes {
    const unsigned char *data; /* may be NULL when len is 0 */
    size_t len;
};

/* Compares public data; never use it on secrets (its time depends on the content). */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){(const unsigned char *)text, strlen(text)};
}

#endif
