/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/engine.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

_Static_assert(sizeof(enum wire_kind) == sizeof(unsigned int) && sizeof(bool) == 1,
               "enums are stored as unsigned int, booleans as one octet");

void wire_walk_enter(struct wire_walk *walk, const struct wire_field *field, size_t index)
{
    if (walk->depth == WIRE_DEPTH_MAX) {
        abort();
    }
    walk->path[walk->depth].field = field;
    walk->path[walk->depth].index = index;
    walk->depth++;
}

void wire_walk_leave(struct wire_walk *walk)
{
    walk->depth--;
}

static void append_path(const struct wire_walk *walk, const struct wire_field *field,
                        struct buf *out)
{
    for (size_t i = 0; i < walk->depth; i++) {
        buf_printf(out, "%s%s", i > 0 ? "." : "", walk->path[i].field->name);
        if (walk->path[i].index != WIRE_NO_INDEX) {
            buf_printf(out, "[%zu]", walk->path[i].index);
        }
    }
    if (field->name[0] != '\0') {
        buf_printf(out, "%s%s", walk->depth > 0 ? "." : "", field->name);
    }
}

bool wire_walk_fail(const struct wire_walk *walk, const struct wire_field *field,
                    enum error_code code, const char *fmt, ...)
{
    AUTO(buf) path = BUF_EMPTY;
    va_list args;

    append_path(walk, field, &path);
    va_start(args, fmt);
    error_set_va(walk->err, code, fmt, args);
    va_end(args);
    return error_wrap(walk->err, "%s: field '%s'", walk->message, buf_text(&path));
}

bool wire_walk_check_number(const struct wire_walk *walk, const struct wire_field *field,
                            uint64_t value)
{
    if (field->kind == WIRE_KIND_BITS) {
        return (value & ~field->max) == 0 ||
               wire_walk_fail(walk, field, ERROR_INVALID, "unknown bits 0x%llx",
                              (unsigned long long)(value & ~field->max));
    }
    if (field->kind == WIRE_KIND_I64) {
        return ((int64_t)value >= field->min && (int64_t)value <= (int64_t)field->max) ||
               wire_walk_fail(walk, field, ERROR_INVALID, "%lld is outside %lld to %lld",
                              (long long)value, (long long)field->min,
                              (long long)field->max);
    }
    return (value >= (uint64_t)field->min && value <= field->max) ||
           wire_walk_fail(walk, field, ERROR_INVALID, "%llu is outside %lld to %llu",
                          (unsigned long long)value, (long long)field->min,
                          (unsigned long long)field->max);
}

bool wire_walk_check_size(const struct wire_walk *walk, const struct wire_field *field,
                          uint64_t size)
{
    const char *unit = field->kind == WIRE_KIND_LIST ? "entries" : "octets";

    if (size > field->max) {
        return wire_walk_fail(walk, field, ERROR_INVALID, "%llu %s, at most %llu",
                              (unsigned long long)size, unit,
                              (unsigned long long)field->max);
    }
    if (size < (uint64_t)field->min) {
        return wire_walk_fail(walk, field, ERROR_INVALID, "%llu %s, at least %lld",
                              (unsigned long long)size, unit, (long long)field->min);
    }
    return true;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x21 || text[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

/* There is a NUL behind the text, both callers saw to it; one inside makes it shorter. */
static bool is_oid(const char *text, size_t len)
{
    return len == 0 || (strlen(text) == len && text_is_oid(text));
}

bool wire_walk_check_text(const struct wire_walk *walk, const struct wire_field *field,
                          const char *text, size_t len)
{
    static const struct {
        bool (*accepts)(const char *text, size_t len);
        const char *words;
    } forms[] = {
        [WIRE_FORM_PRINTABLE] = {text_is_printable, "printable UTF-8"},
        [WIRE_FORM_LINES] = {text_is_utf8, "UTF-8"},
        [WIRE_FORM_TOKEN] = {is_token, "printable ASCII without blanks"},
        [WIRE_FORM_OID] = {is_oid, "a dotted object identifier"},
    };
    _Static_assert(sizeof(forms) / sizeof(forms[0]) == WIRE_FORM_COUNT,
                   "every form has its check");

    return forms[field->form].accepts(text, len) ||
           wire_walk_fail(walk, field, ERROR_INVALID, "not %s", forms[field->form].words);
}

size_t wire_number_octets(enum wire_kind kind)
{
    if (kind == WIRE_KIND_BOOL || kind == WIRE_KIND_ENUM) {
        return 1;
    }
    return kind == WIRE_KIND_U32 || kind == WIRE_KIND_BITS ? 4 : 8;
}

/* In memory an enum takes as much as an unsigned int. */
static size_t number_size(enum wire_kind kind)
{
    return kind == WIRE_KIND_ENUM ? sizeof(unsigned int) : wire_number_octets(kind);
}

uint64_t wire_number_load(const struct wire_field *field, const void *record)
{
    const unsigned char *member = (const unsigned char *)record + field->offset;
    size_t size = number_size(field->kind);

    if (size == 1) {
        return member[0];
    }
    if (size == sizeof(uint32_t)) {
        uint32_t value = 0;

        memcpy(&value, member, sizeof(value));
        return value;
    }
    uint64_t value = 0;
    memcpy(&value, member, sizeof(value));
    return value;
}

void wire_number_store(const struct wire_field *field, void *record, uint64_t value)
{
    unsigned char *member = (unsigned char *)record + field->offset;
    size_t size = number_size(field->kind);
    uint32_t small = (uint32_t)value;
    unsigned char octet = (unsigned char)value;

    if (size == 1) {
        memcpy(member, &octet, sizeof(octet));
    } else if (size == sizeof(small)) {
        memcpy(member, &small, sizeof(small));
    } else {
        memcpy(member, &value, sizeof(value));
    }
}
