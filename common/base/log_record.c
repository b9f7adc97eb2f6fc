/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

enum {
    NUMBER_MAX = 32,                        /* "18446744073709551615" and a NUL */
    TAIL_MAX = 64,                          /* kept free for suppressed and fields_cut */
    BODY_MAX = LOG_LINE_MAX - TAIL_MAX - 1, /* the line feed comes last */
    HEX_MAX = LOG_VALUE_MAX / 2 - TAIL_MAX, /* octets printed as two digits each */
};

static const char digits[] = "0123456789abcdef";

/* Whole or not at all. */
static bool put(struct log_line *line, size_t max, const char *data, size_t len)
{
    if (line->len > max || len > max - line->len) {
        return false;
    }
    memcpy(line->data + line->len, data, len);
    line->len += len;
    return true;
}

static bool put_text(struct log_line *line, const char *text)
{
    return put(line, BODY_MAX, text, strlen(text));
}

void log_line_append(struct log_line *line, const char *text)
{
    size_t room = sizeof(line->data) - 1 - line->len;
    size_t len = strlen(text);

    (void)put(line, sizeof(line->data) - 1, text, len < room ? len : room);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* Events and keys are our own literals; what is none of theirs becomes '_'. */
static bool put_name(struct log_line *line, const char *name)
{
    bool fits = true;

    for (const char *c = name; *c != '\0' && fits; c++) {
        fits = put(line, BODY_MAX, is_name_char(*c) ? c : "_", 1);
    }
    return fits;
}

static bool is_bare(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = value.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit && (c == '\0' || strchr("._:/@+,-%$*", c) == NULL)) {
            return false;
        }
    }
    return value.len > 0 && value.len <= LOG_VALUE_MAX;
}

/* Characters that change how their neighbours look, or that nobody sees. */
static bool is_deceptive(uint32_t code)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E},   {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB}, {0xE000, 0xF8FF}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* The name of an escape such as \n, or 0. */
static char short_escape(uint32_t code)
{
    switch (code) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return (char)code;
    default:
        return 0;
    }
}

/* One character as it stands in quotes; out has room for \xNN of its octets. */
static size_t quote_char(const unsigned char *data, size_t step, uint32_t code, char *out)
{
    char name = short_escape(code);
    size_t len = 0;

    if (step > 0 && name != 0) {
        out[0] = '\\';
        out[1] = name;
        return 2;
    }
    if (step > 0 && !utf8_is_control(code) && !is_deceptive(code)) {
        memcpy(out, data, step);
        return step;
    }
    for (size_t i = 0; i < (step == 0 ? 1 : step); i++) {
        out[len++] = '\\';
        out[len++] = 'x';
        out[len++] = digits[data[i] >> 4];
        out[len++] = digits[data[i] & 0x0F];
    }
    return len;
}

static bool put_quoted(struct log_line *line, struct bytes value)
{
    bool cut = false;
    size_t end = line->len + LOG_VALUE_MAX;
    bool fits = put_text(line, "\"");

    for (size_t i = 0; i < value.len && fits && !cut;) {
        char quoted[16];
        uint32_t code = 0;
        size_t step = utf8_read(value.data + i, value.len - i, &code);
        size_t len = quote_char(value.data + i, step, code, quoted);

        cut = line->len + len + strlen("\\...\"") > end;
        fits = cut || put(line, BODY_MAX, quoted, len);
        i += step == 0 ? 1 : step;
    }
    return fits && put_text(line, cut ? "\\...\"" : "\"");
}

static bool put_octets(struct log_line *line, struct bytes value)
{
    if (is_bare(value)) {
        return put(line, BODY_MAX, (const char *)value.data, value.len);
    }
    return put_quoted(line, value);
}

static bool put_hex(struct log_line *line, struct bytes value)
{
    bool quoted = value.len > HEX_MAX || value.len == 0;
    bool fits = !quoted || put_text(line, "\"");

    for (size_t i = 0; i < value.len && i < HEX_MAX && fits; i++) {
        char pair[2] = {digits[value.data[i] >> 4], digits[value.data[i] & 0x0F]};

        fits = put(line, BODY_MAX, pair, sizeof(pair));
    }
    return fits && (!quoted || put_text(line, value.len > HEX_MAX ? "\\...\"" : "\""));
}

static bool put_value(struct log_line *line, const struct log_field *field)
{
    char number[NUMBER_MAX];

    switch (field->kind) {
    case LOG_KIND_TEXT:
        return put_octets(line, field->octets);
    case LOG_KIND_HEX:
        return put_hex(line, field->octets);
    case LOG_KIND_NUMBER:
        (void)snprintf(number, sizeof(number), "%" PRId64, field->number);
        return put_text(line, number);
    case LOG_KIND_SIZE:
        (void)snprintf(number, sizeof(number), "%" PRIu64, field->size);
        return put_text(line, number);
    case LOG_KIND_END:
        break;
    }
    return true;
}

static bool put_field(struct log_line *line, const struct log_field *field)
{
    size_t start = line->len;

    if (field->key == NULL || (put_text(line, " ") && put_name(line, field->key) &&
                               put_text(line, "=") && put_value(line, field))) {
        return true;
    }
    line->len = start;
    return false;
}

static void put_count(struct log_line *line, const char *name, uint64_t count)
{
    char text[TAIL_MAX];

    if (count > 0) {
        (void)snprintf(text, sizeof(text), " %s=%" PRIu64, name, count);
        log_line_append(line, text);
    }
}

void log_record_print(const struct log_record *record, struct log_line *line)
{
    uint64_t cut = 0;

    (void)put_name(line, record->event);
    for (const struct log_field *field = record->fields;
         field != NULL && field->kind != LOG_KIND_END; field++) {
        cut += put_field(line, field) ? 0 : 1;
    }
    put_count(line, "suppressed", record->suppressed);
    put_count(line, "fields_cut", cut);
}
