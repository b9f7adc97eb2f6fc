/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { BUF_START = 64 }; /* octets of the first allocation */

static void release(struct buf *b)
{
    if (b->data != NULL && b->secret) {
        explicit_bzero(b->data, b->cap);
    }
    free(b->data);
}

void buf_clear(struct buf *b)
{
    release(b);
    b->data = NULL;
    b->len = 0;
    b->cap = 0;
}

static size_t grown_size(size_t cap, size_t needed)
{
    size_t size = cap == 0 ? BUF_START : cap;

    while (size < needed) {
        size = size > SIZE_MAX / 2 ? needed : size * 2;
    }
    return size;
}

void buf_reserve(struct buf *b, size_t extra)
{
    size_t needed = 0;

    if (__builtin_add_overflow(b->len, extra, &needed)) {
        abort(); /* our bug: sizes from outside are bounded before they get here */
    }
    if (needed <= b->cap) {
        return;
    }
    size_t cap = grown_size(b->cap, needed);
    if (!b->secret) {
        b->data = mem_resize(b->data, cap, 1);
        b->cap = cap;
        return;
    }
    /* realloc would leave the old copy behind unwiped */
    unsigned char *data = mem_new(cap);
    if (b->len > 0) {
        memcpy(data, b->data, b->len);
    }
    release(b);
    b->data = data;
    b->cap = cap;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    if (len > b->cap - b->len) {
        buf_reserve(b, len);
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buf_append_byte(struct buf *b, unsigned char byte)
{
    if (b->len == b->cap) {
        buf_reserve(b, 1);
    }
    b->data[b->len++] = byte;
}

void buf_append_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_list again;

    va_start(args, fmt);
    va_copy(again, args);
    int needed = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (needed > 0) {
        buf_reserve(b, (size_t)needed + 1);
        int written = vsnprintf((char *)b->data + b->len, (size_t)needed + 1, fmt, again);
        b->len += written > 0 ? (size_t)written : 0;
    }
    va_end(again);
}

void buf_truncate(struct buf *b, size_t len)
{
    if (len >= b->len) {
        return;
    }
    if (b->secret) {
        explicit_bzero(b->data + len, b->len - len);
    }
    b->len = len;
}

struct bytes buf_bytes(const struct buf *b)
{
    return (struct bytes){b->data, b->len};
}

const char *buf_text(struct buf *b)
{
    buf_reserve(b, 1);
    b->data[b->len] = '\0';
    return (const char *)b->data;
}

unsigned char *buf_take(struct buf *b, size_t *len)
{
    unsigned char *data = TAKE(b->data);

    *len = b->len;
    b->len = 0;
    b->cap = 0;
    return data;
}
