/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/json_write.h"

#include <jansson.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/utf8.h"

#define JSON_DEPTH_TEXT "32"
_Static_assert(JSON_DEPTH_MAX == 32, "the sentence says so");

/* As in json.c: struct json stands for jansson's type. */
static json_t *inner(struct json *value)
{
    return (json_t *)value;
}

void json_writer_clear(struct json_writer *w)
{
    json_decref(inner(w->root));
    *w = JSON_WRITER_EMPTY;
}

static bool has_failed(const struct json_writer *w)
{
    return w->failed.code != ERROR_NONE;
}

/* Only the first failure is kept. */
static void fail(struct json_writer *w, enum error_code code, const char *key,
                 const char *sentence)
{
    if (!has_failed(w)) {
        error_set(&w->failed, code, "JSON %s%s%s", key == NULL ? "" : key,
                  key == NULL ? "" : ": ", sentence);
    }
}

static json_t *innermost(const struct json_writer *w)
{
    return w->depth > 0 ? inner(w->open[w->depth - 1]) : NULL;
}

/* What is wrong with a key at this place; NULL: nothing. */
static const char *misuse(const struct json_writer *w, const char *key, bool is_container)
{
    const json_t *parent = innermost(w);

    if (parent == NULL && (w->root != NULL || !is_container || key != NULL)) {
        return "something outside of the root";
    }
    if (parent == NULL || (json_is_array(parent) && key == NULL)) {
        return NULL;
    }
    if (json_is_array(parent)) {
        return "an element of a list with a key";
    }
    if (key == NULL) {
        return "a member without a key";
    }
    return json_object_get(parent, key) != NULL ? "a member named twice" : NULL;
}

/* Put a fresh value (NULL: there was no memory) where the writer stands. value moves in. */
static void place(struct json_writer *w, const char *key, json_t *value)
{
    json_t *parent = innermost(w);
    const char *wrong = misuse(w, key, json_is_object(value) || json_is_array(value));
    int refused = 0;

    if (value == NULL) {
        wrong = "no memory";
    }
    if (wrong != NULL || has_failed(w)) {
        fail(w, ERROR_INTERNAL, key, wrong);
        json_decref(value);
        return;
    }
    if (key != NULL && !text_is_utf8(key, strlen(key))) {
        fail(w, ERROR_INVALID, key, "a key that is not UTF-8");
        json_decref(value);
        return;
    }
    if (parent == NULL) {
        w->root = (struct json *)value;
        return;
    }
    /* the parent owns the value now, or it is freed */
    refused = json_is_array(parent) ? json_array_append_new(parent, value)
                                    : json_object_set_new_nocheck(parent, key, value);
    if (refused != 0) {
        fail(w, ERROR_INTERNAL, key, "no memory");
    }
}

static void open_container(struct json_writer *w, const char *key, json_t *fresh)
{
    if (w->depth == JSON_DEPTH_MAX) {
        fail(w, ERROR_INVALID, key, "more than " JSON_DEPTH_TEXT " levels");
    }
    place(w, key, fresh);
    if (!has_failed(w)) {
        w->open[w->depth++] = (struct json *)fresh;
    }
}

void json_open_object(struct json_writer *w, const char *key)
{
    open_container(w, key, json_object());
}

void json_open_list(struct json_writer *w, const char *key)
{
    open_container(w, key, json_array());
}

void json_close(struct json_writer *w)
{
    if (has_failed(w)) {
        return;
    }
    if (w->depth == 0) {
        fail(w, ERROR_INTERNAL, NULL, "closed more often than opened");
        return;
    }
    w->depth--;
}

void json_add_text(struct json_writer *w, const char *key, const char *text)
{
    size_t len = strlen(text);

    if (!text_is_utf8(text, len)) {
        fail(w, ERROR_INVALID, key, "text that is not UTF-8");
        return;
    }
    place(w, key, json_stringn_nocheck(text, len));
}

void json_add_i64(struct json_writer *w, const char *key, int64_t number)
{
    place(w, key, json_integer(number));
}

void json_add_bool(struct json_writer *w, const char *key, bool value)
{
    place(w, key, json_boolean(value));
}

void json_add_null(struct json_writer *w, const char *key)
{
    place(w, key, json_null());
}

/* At most JSON_DEPTH_MAX: such a document was read, or made, by us. */
static size_t depth_of(json_t *value)
{
    size_t deepest = 0;
    size_t index = 0;
    const char *key = NULL;
    json_t *part = NULL;

    if (!json_is_object(value) && !json_is_array(value)) {
        return 0;
    }
    json_array_foreach(value, index, part)
    {
        size_t depth = depth_of(part);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach(value, key, part)
    {
        size_t depth = depth_of(part);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

void json_add_json(struct json_writer *w, const char *key, struct json *doc)
{
    if (w->depth + depth_of(inner(doc)) > JSON_DEPTH_MAX) {
        fail(w, ERROR_INVALID, key, "more than " JSON_DEPTH_TEXT " levels");
        return;
    }
    place(w, key, json_deep_copy(inner(doc)));
}

struct bounded {
    struct buf *out;
    size_t left;
    bool overflows;
};

/* jansson's callback: -1 ends the writing. */
static int append(const char *data, size_t len, void *ctx)
{
    struct bounded *bounded = ctx;

    if (len > bounded->left) {
        bounded->overflows = true;
        return -1;
    }
    buf_append(bounded->out, data, len);
    bounded->left -= len;
    return 0;
}

static size_t flags_of(enum json_form form)
{
    switch (form) {
    case JSON_FORM_CANONICAL:
        return JSON_COMPACT | JSON_SORT_KEYS;
    case JSON_FORM_INDENTED:
        return JSON_INDENT(2);
    case JSON_FORM_COMPACT:
    default:
        return JSON_COMPACT;
    }
}

/* What JSON lets stand though a terminal acts upon it, as \uNNNN: only in texts can it be. */
static void escape_from(struct buf *out, size_t start)
{
    AUTO(buf) raw = BUF_EMPTY;
    size_t at = 0;

    buf_append(&raw, out->data + start, out->len - start);
    buf_truncate(out, start);
    while (at < raw.len) {
        uint32_t code = 0;
        const size_t read = utf8_read(raw.data + at, raw.len - at, &code);
        const size_t len = read == 0 ? 1 : read;

        if (code > '~' && utf8_is_acted_upon(code)) {
            buf_printf(out, "\\u%04x", (unsigned int)code);
        } else {
            buf_append(out, raw.data + at, len);
        }
        at += len;
    }
}

static bool is_plain(const struct buf *out, size_t start)
{
    for (size_t i = start; i < out->len; i++) {
        if (out->data[i] > '~') {
            return false;
        }
    }
    return true;
}

bool json_print(struct json *doc, enum json_form form, size_t size_max, struct buf *out,
                struct error *err)
{
    struct bounded bounded = {out, size_max, false};
    size_t start = out->len;

    if (json_dump_callback(inner(doc), append, &bounded, flags_of(form)) == 0) {
        if (form != JSON_FORM_CANONICAL && !is_plain(out, start)) {
            escape_from(out, start);
        }
        bounded.overflows = out->len - start > size_max;
        if (!bounded.overflows) {
            return true;
        }
    }
    buf_truncate(out, start);
    if (bounded.overflows) {
        return error_set(err, ERROR_INVALID, "JSON of more than %zu octets", size_max);
    }
    return error_set(err, ERROR_INTERNAL, "no memory for JSON");
}

bool json_finish(struct json_writer *w, enum json_form form, size_t size_max,
                 struct buf *out, struct error *err)
{
    if (!has_failed(w) && (w->root == NULL || w->depth > 0)) {
        fail(w, ERROR_INTERNAL, NULL, "not closed");
    }
    if (has_failed(w)) {
        *err = w->failed;
        return false;
    }
    return json_print(w->root, form, size_max, out, err);
}
