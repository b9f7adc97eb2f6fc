/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup: ownership that ends with the scope, visible at the declaration.
 *
 *     AUTO(x509_req) req = d2i_X509_REQ(NULL, &end, len);   freed on every way out
 *     *out = TAKE(req);                                      leaves the scope; req is NULL
 */
#ifndef AE_COMMON_BASE_CLEANUP_H
#define AE_COMMON_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>

/* Declares AUTO(name) for a pointer type; free_fn is called unless the pointer is NULL. */
#define CLEANUP_DEFINE(name, type, free_fn)                                              \
    typedef type cleanup_type_##name;                                                    \
    static inline void cleanup_##name(cleanup_type_##name *scoped)                       \
    {                                                                                    \
        if (*scoped != NULL) {                                                           \
            free_fn(*scoped);                                                            \
        }                                                                                \
    }                                                                                    \
    _Static_assert(1, "takes the semicolon")

/* The same for a value type: clear_fn gets its address and must accept a cleared one. */
#define CLEANUP_DEFINE_VALUE(name, type, clear_fn)                                       \
    typedef type cleanup_type_##name;                                                    \
    static inline void cleanup_##name(cleanup_type_##name *scoped)                       \
    {                                                                                    \
        clear_fn(scoped);                                                                \
    }                                                                                    \
    _Static_assert(1, "takes the semicolon")

#define AUTO(name) __attribute__((cleanup(cleanup_##name), unused)) cleanup_type_##name

/* The pointer's value; the variable itself becomes NULL. */
#define TAKE(pointer)                                                                    \
    __extension__({                                                                      \
        __typeof__(pointer) taken_ = (pointer);                                          \
        (pointer) = NULL;                                                                \
        taken_;                                                                          \
    })

CLEANUP_DEFINE(string, char *, free);
CLEANUP_DEFINE(octets, unsigned char *, free);
CLEANUP_DEFINE(stream, FILE *, (void)fclose);

#endif
