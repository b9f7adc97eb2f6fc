/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/dn.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

struct reader {
    const unsigned char *at;
    size_t left;
};

/* One RDN while it is read: its parts in normal form. */
struct parts {
    char *items[DN_AVAS_MAX];
    size_t count;
};

static void parts_clear(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        free(parts->items[i]);
    }
    parts->count = 0;
}
CLEANUP_DEFINE_VALUE(parts, struct parts, parts_clear);

/* RFC 4514 section 3, RFC 4519: other spellings of the types that names are made of. */
static const struct {
    const char *spelling;
    const char *name;
} type_aliases[] = {
    {"2.5.4.3", "cn"},
    {"commonname", "cn"},
    {"2.5.4.6", "c"},
    {"countryname", "c"},
    {"2.5.4.7", "l"},
    {"localityname", "l"},
    {"2.5.4.8", "st"},
    {"stateorprovincename", "st"},
    {"2.5.4.9", "street"},
    {"streetaddress", "street"},
    {"2.5.4.10", "o"},
    {"organizationname", "o"},
    {"2.5.4.11", "ou"},
    {"organizationalunitname", "ou"},
    {"0.9.2342.19200300.100.1.1", "uid"},
    {"userid", "uid"},
    {"0.9.2342.19200300.100.1.25", "dc"},
    {"domaincomponent", "dc"},
};

static bool is_one_of(const struct reader *reader, const char *characters)
{
    return reader->left > 0 && reader->at[0] != '\0' &&
           strchr(characters, reader->at[0]) != NULL;
}

static void skip(struct reader *reader, size_t octets)
{
    reader->at += octets;
    reader->left -= octets;
}

static void skip_spaces(struct reader *reader)
{
    while (is_one_of(reader, " ")) {
        skip(reader, 1);
    }
}

/* A short name (RFC 4512 descr) or a dotted OID. */
static bool is_type(const char *type)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    return text_is_oid(type) || (type[0] != '\0' && strchr(letters, type[0]) != NULL &&
                                 type[strspn(type, others)] == '\0');
}

static bool read_type(struct reader *reader, struct buf *out, struct error *err)
{
    size_t len = 0;

    while (len < reader->left && strchr("= ,+", reader->at[len]) == NULL) {
        len++;
    }
    AUTO(string) type = mem_dup(reader->at, len);
    text_lower(type);
    skip(reader, len);
    skip_spaces(reader);
    if (strlen(type) != len || !is_type(type) || !is_one_of(reader, "=")) {
        return error_set(err, ERROR_INVALID, "'%.64s' is not an attribute type and '='",
                         type);
    }
    skip(reader, 1);
    const char *name = type;
    for (size_t i = 0; i < sizeof(type_aliases) / sizeof(type_aliases[0]); i++) {
        if (strcmp(type, type_aliases[i].spelling) == 0) {
            name = type_aliases[i].name;
        }
    }
    buf_append_text(out, name);
    return true;
}

/* What follows a backslash: a special character or two hexadecimal digits (RFC 4514 3). */
static bool read_escape(struct reader *reader, struct buf *value, struct error *err)
{
    struct error ignored = {0};

    if (is_one_of(reader, " \"#+,;<=>\\")) {
        buf_append_byte(value, reader->at[0]);
        skip(reader, 1);
        return true;
    }
    if (reader->left >= 2) {
        const char digits[3] = {(char)reader->at[0], (char)reader->at[1], '\0'};

        if (strlen(digits) == 2 && text_parse_hex(digits, 1, value, &ignored)) {
            skip(reader, 2);
            return true;
        }
    }
    return error_set(err, ERROR_INVALID, "a backslash without a character to escape");
}

/* The octets up to a separator or the end, escapes undone. */
static bool read_value(struct reader *reader, struct buf *value, struct error *err)
{
    if (is_one_of(reader, "#")) {
        return error_set(err, ERROR_INVALID,
                         "a value in hexadecimal ('#...') cannot be compared");
    }
    while (reader->left > 0 && !is_one_of(reader, ",+")) {
        if (is_one_of(reader, "\";<>")) {
            return error_set(err, ERROR_INVALID, "'%c' needs a backslash before it",
                             reader->at[0]);
        }
        if (!is_one_of(reader, "\\")) {
            buf_append_byte(value, reader->at[0]);
            skip(reader, 1);
            continue;
        }
        skip(reader, 1);
        if (!read_escape(reader, value, err)) {
            return false;
        }
    }
    return true;
}

static void append_code(struct buf *out, uint32_t code)
{
    if (code < 0x80) {
        buf_append_byte(out, (unsigned char)code);
        return;
    }
    unsigned int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};

    buf_append_byte(out, (unsigned char)(lead[tail] | code >> (6 * tail)));
    while (tail-- > 0) {
        buf_append_byte(out, (unsigned char)(0x80 | (code >> (6 * tail) & 0x3F)));
    }
}

static void append_folded(struct buf *out, uint32_t code)
{
    if (code < 0x80 && strchr("\"#+,;<=>\\", (int)code) != NULL) {
        buf_printf(out, "\\%02x", (unsigned int)code);
    } else {
        append_code(out, code);
    }
}

/* RFC 4518: case folded, spaces at the ends dropped, those between folded to one. */
static bool fold_value(const struct buf *value, struct buf *out, struct error *err)
{
    size_t start = out->len;
    bool space = false;

    for (size_t i = 0; i < value->len;) {
        uint32_t code = 0;
        size_t step = utf8_read(value->data + i, value->len - i, &code);

        if (step == 0) {
            return error_set(err, ERROR_INVALID, "a value is not UTF-8");
        }
        if (!dn_fold(&code)) {
            return error_set(err, ERROR_INVALID,
                             "the character U+%04X cannot be compared with certainty",
                             (unsigned int)code);
        }
        i += step;
        if (code == ' ') {
            space = out->len > start;
            continue;
        }
        if (space) {
            buf_append_byte(out, ' ');
            space = false;
        }
        append_folded(out, code);
    }
    return out->len > start || error_set(err, ERROR_INVALID, "a value is empty");
}

static bool read_part(struct reader *reader, struct parts *parts, struct error *err)
{
    AUTO(buf) value = BUF_EMPTY;
    AUTO(buf) normal = BUF_EMPTY;

    if (parts->count == DN_AVAS_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d values in one RDN",
                         DN_AVAS_MAX);
    }
    skip_spaces(reader);
    if (!read_type(reader, &normal, err)) {
        return false;
    }
    buf_append_byte(&normal, '=');
    skip_spaces(reader);
    if (!read_value(reader, &value, err) || !fold_value(&value, &normal, err)) {
        return false;
    }
    parts->items[parts->count++] = mem_strdup(buf_text(&normal));
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One RDN, its parts sorted: their order means nothing (RFC 4514 2.2). */
static bool read_rdn(struct reader *reader, struct buf *out, struct error *err)
{
    AUTO(parts) parts = {{NULL}, 0};
    bool more = true;

    while (more) {
        if (!read_part(reader, &parts, err)) {
            return false;
        }
        more = is_one_of(reader, "+");
        if (more) {
            skip(reader, 1);
        }
    }
    qsort(parts.items, parts.count, sizeof(parts.items[0]), compare_texts);
    for (size_t i = 0; i < parts.count; i++) {
        buf_append_text(out, i == 0 ? "" : "+");
        buf_append_text(out, parts.items[i]);
    }
    return true;
}

static bool read_name(struct reader *reader, struct buf *out, struct error *err)
{
    for (size_t rdns = 1;; rdns++) {
        if (rdns > DN_RDNS_MAX) {
            return error_set(err, ERROR_INVALID, "more than %d levels", DN_RDNS_MAX);
        }
        if (!read_rdn(reader, out, err)) {
            return false;
        }
        if (!is_one_of(reader, ",")) {
            return true; /* a value ends at a separator or at the end only */
        }
        skip(reader, 1);
        buf_append_byte(out, ',');
    }
}

bool dn_normalize(struct bytes text, char **out, struct error *err)
{
    AUTO(buf) normal = BUF_EMPTY;
    struct reader reader = {text.data, text.len};

    if (text.len == 0 || text.len > DN_LEN_MAX) {
        return error_set(err, ERROR_INVALID, "a DN has 1 to %d octets, this one has %zu",
                         DN_LEN_MAX, text.len);
    }
    if (!read_name(&reader, &normal, err)) {
        return error_wrap(err, "'%.*s' is not a usable DN",
                          (int)(text.len > 128 ? 128 : text.len),
                          (const char *)text.data);
    }
    *out = mem_strdup(buf_text(&normal));
    return true;
}

bool dn_is_below(const char *normal, const char *container)
{
    size_t len = strlen(normal);
    size_t container_len = strlen(container);

    return container_len > 0 && len > container_len + 1 &&
           normal[len - container_len - 1] == ',' && text_has_suffix(normal, container);
}

const char *dn_parent(const char *normal)
{
    const char *comma = strchr(normal, ','); /* one inside a value is written \2c */

    return comma == NULL ? NULL : comma + 1;
}
