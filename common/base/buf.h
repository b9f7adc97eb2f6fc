/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: growable octets. A secret buffer wipes every copy it ever made.
 *
 * Growing aborts when there is no memory; whoever appends data from outside bounds it first.
 */
#ifndef AE_COMMON_BASE_BUF_H
#define AE_COMMON_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"

struct buf {
    unsigned char *data; /* NULL while empty and never grown */
    size_t len;
    size_t cap;
    bool secret;
};

/* AUTO(buf) b = BUF_EMPTY; clears it at the end of the scope. */
#define BUF_EMPTY  ((struct buf){NULL, 0, 0, false})
#define BUF_SECRET ((struct buf){NULL, 0, 0, true})

/* Wipe (if secret) and free the content; the buffer is empty and usable afterwards. */
void buf_clear(struct buf *b);
CLEANUP_DEFINE_VALUE(buf, struct buf, buf_clear);

/* Room for extra more octets without another allocation. */
void buf_reserve(struct buf *b, size_t extra);

void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_byte(struct buf *b, unsigned char byte);
void buf_append_text(struct buf *b, const char *text); /* without its NUL */
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Cut to len octets (at most the present length); the octets cut off are wiped if secret. */
void buf_truncate(struct buf *b, size_t len);

/* Borrowed until the buffer next changes. */
struct bytes buf_bytes(const struct buf *b);

/* The content as text with a NUL behind it, borrowed until the buffer next changes. */
const char *buf_text(struct buf *b);

/* The content moves to the caller (free()); NULL when nothing was ever appended. */
unsigned char *buf_take(struct buf *b, size_t *len);

#endif
