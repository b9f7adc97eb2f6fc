/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write: documents made value by value, and their text.
 *
 *     AUTO(json_writer) w = JSON_WRITER_EMPTY;
 *     json_open_object(&w, NULL);
 *     json_add_text(&w, "reason", "NO_ENROLL");
 *     json_close(&w);
 *     if (!json_finish(&w, JSON_FORM_COMPACT, 4096, &out, err)) ...
 *
 * The first thing that goes wrong sticks and is told by json_finish(); what is added after it is
 * passed over.
 */
#ifndef AE_COMMON_BASE_JSON_WRITE_H
#define AE_COMMON_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/json.h"

/* All but the canonical one escape what a terminal would act upon (utf8_is_acted_upon). */
enum json_form {
    JSON_FORM_COMPACT,   /* no white space, members in the order they were added */
    JSON_FORM_CANONICAL, /* the same with members sorted by their octets: for digests */
    JSON_FORM_INDENTED,  /* for people */
};

struct json_writer {
    struct json *root;
    struct json *open[JSON_DEPTH_MAX]; /* borrowed from root; the innermost is the last */
    size_t depth;
    struct error failed; /* ERROR_NONE: so far so good */
};

#define JSON_WRITER_EMPTY ((struct json_writer){.root = NULL})

void json_writer_clear(struct json_writer *w);
CLEANUP_DEFINE_VALUE(json_writer, struct json_writer, json_writer_clear);

/* key: of the member when inside an object, NULL inside a list and for the root. Copied. */
void json_open_object(struct json_writer *w, const char *key);
void json_open_list(struct json_writer *w, const char *key);
void json_close(struct json_writer *w); /* the innermost one */

void json_add_text(struct json_writer *w, const char *key, const char *text);
void json_add_i64(struct json_writer *w, const char *key, int64_t number);
void json_add_bool(struct json_writer *w, const char *key, bool value);
void json_add_null(struct json_writer *w, const char *key);

/* A copy of a document that was read. */
void json_add_json(struct json_writer *w, const char *key, struct json *doc);

/*
 * Append the text, without a line feed at the end. On failure out is as before.
 * errors  ERROR_INVALID  a text was not UTF-8, too many levels, more than size_max octets
 *         ERROR_INTERNAL no memory; our bug: a key missing, of no use or named twice, something
 *                        not opened or not closed
 */
AE_MUST_CHECK bool json_finish(struct json_writer *w, enum json_form form,
                               size_t size_max, struct buf *out, struct error *err);

/*
 * The text of a document that was read.
 * errors  ERROR_INVALID  more than size_max octets
 *         ERROR_INTERNAL no memory
 */
AE_MUST_CHECK bool json_print(struct json *doc, enum json_form form, size_t size_max,
                              struct buf *out, struct error *err);

#endif
