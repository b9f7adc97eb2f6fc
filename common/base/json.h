/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: documents from outside, read strictly (RFC 8259). For writing see json_write.h.
 *
 * A member named twice, text that is not UTF-8 or holds a NUL, and integers beyond int64_t are
 * refused; size and depth are bounded before anything is allocated. Nothing here takes a number
 * with a fraction. The first object in a process reads random octets from the kernel.
 */
#ifndef AE_COMMON_BASE_JSON_H
#define AE_COMMON_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

enum { JSON_DEPTH_MAX = 32 }; /* objects and lists within one another */

struct json; /* a document: an object or a list; read-only */

void json_free(struct json *doc);
CLEANUP_DEFINE(json, struct json *, json_free);

/*
 * out     on success owned by the caller: json_free(); takes up to some 60 octets of memory an
 *         octet of text
 * errors  ERROR_INVALID  more than size_max octets, not one JSON object or list, or as said above;
 *                        the sentence names line and column where it can
 *         ERROR_INTERNAL no memory, where jansson can tell; elsewhere it may abort
 */
AE_MUST_CHECK bool json_parse(struct bytes text, size_t size_max, struct json **out,
                              struct error *err);

/*
 * A value and the way to it, so that an error can say "templates[3].name: expected text". Points to
 * the value above it, which must therefore live as long.
 */
struct json_at {
    struct json *value;
    const struct json_at *up; /* NULL at the root */
    const char *key;          /* borrowed; NULL in a list */
    size_t index;
};

struct json_at json_root(struct json *doc);

/* The object has a member of this name, be it null. */
bool json_has(const struct json_at *object, const char *key);

/*
 * The member of an object as what it must be. What is optional is asked for with json_has() first;
 * null is not the same as absent.
 *
 * text    borrowed from the document; UTF-8, no NUL, at most len_max octets
 * list    at most count_max elements
 * errors  ERROR_INVALID  absent, of another type, out of bounds
 */
AE_MUST_CHECK bool json_get_text(const struct json_at *object, const char *key,
                                 size_t len_max, const char **text, struct error *err);
AE_MUST_CHECK bool json_get_i64(const struct json_at *object, const char *key,
                                int64_t min, int64_t max, int64_t *out,
                                struct error *err);
AE_MUST_CHECK bool json_get_bool(const struct json_at *object, const char *key, bool *out,
                                 struct error *err);
AE_MUST_CHECK bool json_get_object(const struct json_at *object, const char *key,
                                   struct json_at *out, struct error *err);
AE_MUST_CHECK bool json_get_list(const struct json_at *object, const char *key,
                                 size_t count_max, struct json_at *out,
                                 struct error *err);

/* Elements of a list, members of an object, 0 for anything else. */
size_t json_count(const struct json_at *at);

/* Element i < json_count() of a list. */
struct json_at json_item(const struct json_at *list, size_t i);

/*
 * What a value, found by json_item() or json_root(), must be.
 * errors  ERROR_INVALID  of another type, out of bounds
 */
AE_MUST_CHECK bool json_as_text(const struct json_at *at, size_t len_max,
                                const char **text, struct error *err);
AE_MUST_CHECK bool json_as_i64(const struct json_at *at, int64_t min, int64_t max,
                               int64_t *out, struct error *err);
AE_MUST_CHECK bool json_as_object(const struct json_at *at, struct error *err);
AE_MUST_CHECK bool json_as_list(const struct json_at *at, size_t count_max,
                                struct error *err);

/*
 * Every member of the object is among names (NULL at the end).
 * errors  ERROR_INVALID  not an object, or the first member that is not; names the nearest one
 */
AE_MUST_CHECK bool json_expect_only(const struct json_at *object,
                                    const char *const *names, struct error *err);

#endif
