/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/json.h"

#include <jansson.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/nearest.h"

enum { EXPECTED_NAMES_MAX = 64 };

/* struct json is never defined: it stands for jansson's type, which stays in this module. */
static json_t *inner(struct json *value)
{
    return (json_t *)value;
}

static struct json *outer(json_t *value)
{
    return (struct json *)value;
}

void json_free(struct json *doc)
{
    json_decref(inner(doc));
}

/* The way through a text, as far as brackets need it. */
struct scan {
    size_t depth;
    bool in_text;
    bool escaped; /* the next octet does not end the text */
};

static void scan_octet(struct scan *scan, unsigned char c)
{
    if (scan->in_text) {
        scan->in_text = scan->escaped || c != '"';
        scan->escaped = !scan->escaped && c == '\\';
    } else if (c == '"') {
        scan->in_text = true;
    } else if (c == '{' || c == '[') {
        scan->depth++;
    } else if ((c == '}' || c == ']') && scan->depth > 0) {
        scan->depth--;
    }
}

/* Before the parser recurses into it; exact for all valid input. */
static bool is_too_deep(struct bytes text)
{
    struct scan scan = {0, false, false};

    for (size_t i = 0; i < text.len && scan.depth <= JSON_DEPTH_MAX; i++) {
        scan_octet(&scan, text.data[i]);
    }
    return scan.depth > JSON_DEPTH_MAX;
}

bool json_parse(struct bytes text, size_t size_max, struct json **out, struct error *err)
{
    json_error_t why = {0};

    if (text.len > size_max) {
        return error_set(err, ERROR_INVALID, "JSON of more than %zu octets", size_max);
    }
    if (is_too_deep(text)) {
        return error_set(err, ERROR_INVALID, "JSON of more than %d levels",
                         JSON_DEPTH_MAX);
    }
    json_t *root = json_loadb(text.len == 0 ? "" : (const char *)text.data, text.len,
                              JSON_REJECT_DUPLICATES, &why);
    if (root == NULL &&
        why.text[0] == '\0') { /* it has a sentence for all that is wrong */
        return error_set(err, ERROR_INTERNAL, "no memory for JSON");
    }
    if (root == NULL) {
        return error_set(err, ERROR_INVALID, "JSON line %d, column %d: %s", why.line,
                         why.column, why.text);
    }
    *out = outer(root);
    return true;
}

struct json_at json_root(struct json *doc)
{
    return (struct json_at){.value = doc};
}

/* "templates[3].name" */
static void append_path(struct buf *out, const struct json_at *at)
{
    const struct json_at *way[JSON_DEPTH_MAX + 1];
    size_t depth = 0;

    for (; at->up != NULL && depth <= JSON_DEPTH_MAX; at = at->up) {
        way[depth++] = at;
    }
    while (depth > 0) {
        const struct json_at *part = way[--depth];

        if (part->key == NULL) {
            buf_printf(out, "[%zu]", part->index);
        } else {
            buf_printf(out, "%s%s", out->len > 0 ? "." : "", part->key);
        }
    }
}

__attribute__((format(printf, 3, 4))) static bool
refuse(const struct json_at *at, struct error *err, const char *fmt, ...)
{
    AUTO(buf) path = BUF_EMPTY;
    va_list args;

    va_start(args, fmt);
    error_set_va(err, ERROR_INVALID, fmt, args);
    va_end(args);
    append_path(&path, at);
    return path.len == 0 ? error_wrap(err, "JSON")
                         : error_wrap(err, "%s", buf_text(&path));
}

static const char *kind_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
    default:
        return "null";
    }
}

static bool refuse_kind(const struct json_at *at, const char *expected, struct error *err)
{
    return refuse(at, err, "expected %s, found %s", expected,
                  kind_name(inner(at->value)));
}

bool json_as_text(const struct json_at *at, size_t len_max, const char **text,
                  struct error *err)
{
    const json_t *value = inner(at->value);

    if (!json_is_string(value)) {
        return refuse_kind(at, "text", err);
    }
    if (json_string_length(value) > len_max) {
        return refuse(at, err, "text of more than %zu octets", len_max);
    }
    *text = json_string_value(value);
    return true;
}

bool json_as_i64(const struct json_at *at, int64_t min, int64_t max, int64_t *out,
                 struct error *err)
{
    const json_t *value = inner(at->value);

    if (!json_is_integer(value)) {
        return refuse_kind(at, "a whole number", err);
    }
    int64_t number = json_integer_value(value);
    if (number < min || number > max) {
        return refuse(at, err, "%lld is not between %lld and %lld", (long long)number,
                      (long long)min, (long long)max);
    }
    *out = number;
    return true;
}

bool json_as_object(const struct json_at *at, struct error *err)
{
    return json_is_object(inner(at->value)) || refuse_kind(at, "an object", err);
}

bool json_as_list(const struct json_at *at, size_t count_max, struct error *err)
{
    if (!json_is_array(inner(at->value))) {
        return refuse_kind(at, "a list", err);
    }
    if (json_count(at) > count_max) {
        return refuse(at, err, "more than %zu elements", count_max);
    }
    return true;
}

bool json_has(const struct json_at *object, const char *key)
{
    return json_object_get(inner(object->value), key) != NULL;
}

static bool find_member(const struct json_at *object, const char *key,
                        struct json_at *out, struct error *err)
{
    json_t *member = NULL;

    if (!json_as_object(object, err)) {
        return false;
    }
    member = json_object_get(inner(object->value), key);
    *out = (struct json_at){.value = outer(member), .up = object, .key = key};
    return member != NULL || refuse(out, err, "is missing");
}

bool json_get_text(const struct json_at *object, const char *key, size_t len_max,
                   const char **text, struct error *err)
{
    struct json_at at = {0};

    return find_member(object, key, &at, err) && json_as_text(&at, len_max, text, err);
}

bool json_get_i64(const struct json_at *object, const char *key, int64_t min, int64_t max,
                  int64_t *out, struct error *err)
{
    struct json_at at = {0};

    return find_member(object, key, &at, err) && json_as_i64(&at, min, max, out, err);
}

bool json_get_bool(const struct json_at *object, const char *key, bool *out,
                   struct error *err)
{
    struct json_at at = {0};

    if (!find_member(object, key, &at, err)) {
        return false;
    }
    if (!json_is_boolean(inner(at.value))) {
        return refuse_kind(&at, "true or false", err);
    }
    *out = json_is_true(inner(at.value));
    return true;
}

bool json_get_object(const struct json_at *object, const char *key, struct json_at *out,
                     struct error *err)
{
    struct json_at at = {0};

    if (!find_member(object, key, &at, err) || !json_as_object(&at, err)) {
        return false;
    }
    *out = at;
    return true;
}

bool json_get_list(const struct json_at *object, const char *key, size_t count_max,
                   struct json_at *out, struct error *err)
{
    struct json_at at = {0};

    if (!find_member(object, key, &at, err) || !json_as_list(&at, count_max, err)) {
        return false;
    }
    *out = at;
    return true;
}

size_t json_count(const struct json_at *at)
{
    const json_t *value = inner(at->value);

    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

struct json_at json_item(const struct json_at *list, size_t i)
{
    return (struct json_at){
        .value = outer(json_array_get(inner(list->value), i)), .up = list, .index = i};
}

static bool refuse_member(const struct json_at *object, const char *key,
                          const char *const *names, struct error *err)
{
    size_t count = 0;

    while (count < EXPECTED_NAMES_MAX && names[count] != NULL) {
        count++;
    }
    const char *meant = nearest_name(key, names, count);
    if (meant == NULL) {
        return refuse(object, err, "unknown member '%.64s'", key);
    }
    return refuse(object, err, "unknown member '%.64s', did you mean '%s'?", key, meant);
}

static bool is_among(const char *key, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(key, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool json_expect_only(const struct json_at *object, const char *const *names,
                      struct error *err)
{
    const char *key = NULL;
    json_t *member = NULL;

    if (!json_as_object(object, err)) {
        return false;
    }
    json_object_foreach(inner(object->value), key, member)
    {
        if (!is_among(key, names)) {
            return refuse_member(object, key, names, err);
        }
    }
    return true;
}
