/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_MAX = 1024 };

static _Noreturn void give_up(void)
{
    (void)fputs("out of memory\n", stderr);
    abort();
}

void *mem_new(size_t size)
{
    return mem_array(1, size);
}

/*
 * calloc() is for what is large, which the kernel may just have filled with zeros. glibc's does not
 * look among the blocks that this thread has freed, of up to 1,032 octets, and costs several times
 * what filling one of them does.
 */
void *mem_array(size_t count, size_t size)
{
    size_t octets = 0;

    if (__builtin_mul_overflow(count, size, &octets)) {
        give_up();
    }
    octets = octets == 0 ? 1 : octets;
    if (octets <= SMALL_MAX) {
        return memset(mem_resize(NULL, octets, 1), 0, octets);
    }
    void *data = calloc(1, octets);

    if (data == NULL) {
        give_up();
    }
    return data;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    void *data = reallocarray(old, count == 0 ? 1 : count, size == 0 ? 1 : size);

    if (data == NULL) {
        give_up();
    }
    return data;
}

void *mem_dup(const void *data, size_t len)
{
    size_t size = 0;

    if (__builtin_add_overflow(len, 1, &size)) {
        give_up();
    }
    char *copy = mem_resize(NULL, size, 1);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_dup(text, strlen(text));
}

char *mem_printf(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0 || text == NULL) {
        give_up();
    }
    return text;
}
