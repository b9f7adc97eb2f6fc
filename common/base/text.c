/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include <string.h>

#include "common/base/utf8.h"

enum { OID_TEXT_MAX = 256, OID_ARC_DIGITS_MAX = 39 /* 2^128 - 1 */ };

struct unit {
    const char *name;
    uint64_t factor;
};

/* From large to small: durations must be written in this order. */
static const struct unit duration_units[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"GiB", UINT64_C(1) << 30},
                                         {"MiB", UINT64_C(1) << 20},
                                         {"KiB", UINT64_C(1) << 10},
                                         {"B", 1},
                                         {NULL, 0}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits at *cursor and leaves it behind them; false without a digit or on overflow. */
static bool read_digits(const char **cursor, uint64_t *out)
{
    const char *c = *cursor;
    uint64_t value = 0;

    if (!is_digit(*c)) {
        return false;
    }
    for (; is_digit(*c); c++) {
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value)) {
            return false;
        }
    }
    *cursor = c;
    *out = value;
    return true;
}

bool text_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out,
                    struct error *err)
{
    const char *end = text;
    uint64_t value = 0;

    if (!read_digits(&end, &value) || *end != '\0') {
        return error_set(err, ERROR_INVALID, "'%.64s' is not a whole number", text);
    }
    if (value < min || value > max) {
        return error_set(err, ERROR_INVALID, "%.64s is not between %llu and %llu", text,
                         (unsigned long long)min, (unsigned long long)max);
    }
    *out = value;
    return true;
}

bool text_parse_i64(const char *text, int64_t min, int64_t max, int64_t *out,
                    struct error *err)
{
    bool negative = text[0] == '-';
    const char *end = text + (negative ? 1 : 0);
    uint64_t magnitude = 0;
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);

    if (!read_digits(&end, &magnitude) || *end != '\0' || magnitude > limit) {
        return error_set(err, ERROR_INVALID, "'%.64s' is not a whole number", text);
    }
    /* In two's complement this is right for INT64_MIN too. */
    int64_t value = (int64_t)(negative ? 0 - magnitude : magnitude);
    if (value < min || value > max) {
        return error_set(err, ERROR_INVALID, "%.64s is not between %lld and %lld", text,
                         (long long)min, (long long)max);
    }
    *out = value;
    return true;
}

/* The unit whose name stands at *cursor, followed by a digit or the end; else NULL. */
static const struct unit *read_unit(const struct unit *units, const char **cursor)
{
    for (const struct unit *u = units; u->name != NULL; u++) {
        size_t len = strlen(u->name);

        if (strncmp(*cursor, u->name, len) == 0 &&
            ((*cursor)[len] == '\0' || is_digit((*cursor)[len]))) {
            *cursor += len;
            return u;
        }
    }
    return NULL;
}

bool text_parse_duration(const char *text, int64_t *seconds, struct error *err)
{
    const struct unit *units = duration_units;
    const char *cursor = text;
    int64_t total = 0;

    do {
        uint64_t number = 0;
        const struct unit *unit = NULL;

        if (!read_digits(&cursor, &number) ||
            (unit = read_unit(units, &cursor)) == NULL) {
            return error_set(err, ERROR_INVALID,
                             "'%.64s' is not a duration such as 14d, 8h or 1h30m", text);
        }
        if (__builtin_mul_overflow(number, unit->factor, &number) ||
            __builtin_add_overflow(total, number, &total)) {
            return error_set(err, ERROR_INVALID, "the duration '%.64s' is too long",
                             text);
        }
        units = unit + 1; /* only smaller units may follow */
    } while (*cursor != '\0');
    *seconds = total;
    return true;
}

bool text_parse_size(const char *text, uint64_t *octets, struct error *err)
{
    const char *cursor = text;
    const struct unit *unit = NULL;
    uint64_t number = 0;

    if (!read_digits(&cursor, &number) ||
        (unit = read_unit(size_units, &cursor)) == NULL || *cursor != '\0') {
        return error_set(err, ERROR_INVALID,
                         "'%.64s' is not a size such as 512B, 64KiB or 2MiB", text);
    }
    if (__builtin_mul_overflow(number, unit->factor, &number) || number > INT64_MAX) {
        return error_set(err, ERROR_INVALID, "the size '%.64s' is too large", text);
    }
    *octets = number;
    return true;
}

void text_append_duration(struct buf *out, int64_t seconds)
{
    uint64_t rest = seconds > 0 ? (uint64_t)seconds : 0;

    if (rest == 0) {
        buf_append_text(out, "0s");
    }
    for (const struct unit *u = duration_units; u->name != NULL && rest > 0; u++) {
        if (rest >= u->factor) {
            buf_printf(out, "%llu%s", (unsigned long long)(rest / u->factor), u->name);
            rest %= u->factor;
        }
    }
}

void text_append_size(struct buf *out, uint64_t octets)
{
    const struct unit *u = size_units;

    while (octets == 0 ? u->factor > 1 : octets % u->factor != 0) {
        u++;
    }
    buf_printf(out, "%llu%s", (unsigned long long)(octets / u->factor), u->name);
}

static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_parse_hex(const char *text, size_t max, struct buf *out, struct error *err)
{
    size_t digits = strlen(text);
    size_t start = out->len;

    if (digits % 2 != 0 || digits / 2 > max) {
        return error_set(err, ERROR_INVALID,
                         "expected an even number of hexadecimal digits, at most %zu",
                         max * 2);
    }
    buf_reserve(out, digits / 2);
    for (size_t i = 0; i < digits; i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);

        if (high < 0 || low < 0) {
            buf_truncate(out, start);
            return error_set(err, ERROR_INVALID, "'%.64s' is not hexadecimal", text);
        }
        buf_append_byte(out, (unsigned char)(high * 16 + low));
    }
    return true;
}

void text_append_hex(struct buf *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *octets = data;

    buf_reserve(out, len * 2);
    for (size_t i = 0; i < len; i++) {
        buf_append_byte(out, (unsigned char)digits[octets[i] >> 4]);
        buf_append_byte(out, (unsigned char)digits[octets[i] & 0x0F]);
    }
}

static bool is_utf8_without(const char *data, size_t len, bool controls_allowed)
{
    const unsigned char *octets = (const unsigned char *)data;

    for (size_t i = utf8_count_plain(octets, len); i < len;
         i += utf8_count_plain(octets + i, len - i)) {
        uint32_t code = 0;
        size_t step = utf8_read(octets + i, len - i, &code);

        if (step == 0 || code == 0 || (utf8_is_control(code) && !controls_allowed)) {
            return false;
        }
        i += step;
    }
    return true;
}

bool text_is_utf8(const char *data, size_t len)
{
    return is_utf8_without(data, len, true);
}

bool text_is_printable(const char *data, size_t len)
{
    return is_utf8_without(data, len, false);
}

/* One arc: digits without a leading zero; leaves *cursor behind it. 0 digits = malformed. */
static size_t read_arc(const char **cursor)
{
    const char *start = *cursor;
    size_t digits = 0;

    while (is_digit(start[digits])) {
        digits++;
    }
    if (digits > OID_ARC_DIGITS_MAX || (digits > 1 && *start == '0')) {
        return 0;
    }
    *cursor += digits;
    return digits;
}

bool text_is_oid(const char *text)
{
    const char *cursor = text;
    size_t first = read_arc(&cursor);

    if (strnlen(text, OID_TEXT_MAX + 1) > OID_TEXT_MAX || first != 1 || text[0] > '2' ||
        *cursor != '.') {
        return false;
    }
    const char *second = cursor + 1;
    while (*cursor == '.') {
        cursor++;
        size_t digits = read_arc(&cursor);

        if (digits == 0) {
            return false;
        }
        bool top = cursor - (ptrdiff_t)digits == second && text[0] < '2';
        if (top && (digits > 2 || (digits == 2 && second[0] >= '4'))) {
            return false;
        }
    }
    return *cursor == '\0';
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c + ('a' - 'A'));
    }
    return c;
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

void text_lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = lower(*text);
    }
}

bool text_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_suffix(const char *text, const char *suffix)
{
    size_t len = strlen(text);
    size_t suffix_len = strlen(suffix);

    return len >= suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}
