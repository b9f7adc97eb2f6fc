/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_query.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"

void admin_query_clear(struct admin_query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->pairs[i].name);
        free(query->pairs[i].value);
    }
    query->count = 0;
}

static bool decode_octet(const char *hex, struct buf *out)
{
    AUTO(string) digits = mem_dup(hex, 2);
    struct error ignored;

    return strlen(digits) == 2 && text_parse_hex(digits, 1, out, &ignored);
}

/* RFC 3986 2.1; '+' is itself. */
static bool decode(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            buf_append_byte(out, (unsigned char)text[i]);
            continue;
        }
        if (len - i < 3 || !decode_octet(text + i + 1, out)) {
            return false;
        }
        i += 2;
    }
    return out->len <= ADMIN_VALUE_MAX &&
           text_is_printable((const char *)out->data, out->len);
}

static bool is_known(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

static bool add_pair(const char *text, size_t len, const char *const *names,
                     struct admin_query *query, struct error *err)
{
    AUTO(buf) value = BUF_EMPTY;
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
    AUTO(string) name = mem_dup(text, name_len);

    if (equals == NULL || query->count == ADMIN_PAIRS_MAX) {
        return error_set(err, ERROR_INVALID, "the query is not name=value&...");
    }
    if (!is_known(name, names)) {
        return error_set(err, ERROR_INVALID, "'%s' cannot be asked for here", name);
    }
    if (admin_query_get(query, name) != NULL) {
        return error_set(err, ERROR_INVALID, "'%s' is there twice", name);
    }
    if (!decode(equals + 1, len - name_len - 1, &value)) {
        return error_set(
            err, ERROR_INVALID,
            "'%s' is not percent-encoded printable UTF-8 of at most %d octets", name,
            ADMIN_VALUE_MAX);
    }
    query->pairs[query->count].name = TAKE(name);
    query->pairs[query->count].value = mem_strdup(buf_text(&value));
    query->count++;
    return true;
}

bool admin_query_parse(const char *text, const char *const *names,
                       struct admin_query *out, struct error *err)
{
    AUTO(admin_query) query = {0};

    if (text != NULL && strlen(text) > ADMIN_QUERY_MAX) {
        return error_set(err, ERROR_INVALID, "the query is longer than %d octets",
                         ADMIN_QUERY_MAX);
    }
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "&");

        if (!add_pair(text, len, names, &query, err)) {
            return false;
        }
        text += len;
        text += *text == '&';
    }
    *out = query;
    query.count = 0; /* out's now */
    return true;
}

const char *admin_query_get(const struct admin_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->pairs[i].name, name) == 0) {
            return query->pairs[i].value;
        }
    }
    return NULL;
}

bool admin_query_i64(const struct admin_query *query, const char *name, int64_t min,
                     int64_t max, int64_t *out, struct error *err)
{
    const char *value = admin_query_get(query, name);

    return value == NULL || text_parse_i64(value, min, max, out, err) ||
           error_wrap(err, "'%s'", name);
}

bool admin_query_utc(const struct admin_query *query, const char *name, int64_t *out,
                     struct error *err)
{
    const char *value = admin_query_get(query, name);

    return value == NULL || utc_parse(value, out, err) || error_wrap(err, "'%s'", name);
}
