/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { INVALID = 64 };

static unsigned char digit_of(unsigned long group, unsigned int shift)
{
    return (unsigned char)alphabet[group >> shift & 63];
}

void base64_encode(struct bytes data, struct buf *out)
{
    buf_reserve(out, (data.len + 2) / 3 * 4 + 1);
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        unsigned long group = (unsigned long)data.data[i] << 16;

        group |= left > 1 ? (unsigned long)data.data[i + 1] << 8 : 0;
        group |= left > 2 ? (unsigned long)data.data[i + 2] : 0;
        unsigned char digits[] = {digit_of(group, 18), digit_of(group, 12), '=', '='};
        if (left > 1) {
            digits[2] = digit_of(group, 6);
        }
        if (left > 2) {
            digits[3] = digit_of(group, 0);
        }
        buf_append(out, digits, sizeof(digits));
    }
    buf_append_byte(out, '\n');
}

static unsigned value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26U;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52U;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : INVALID;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What has been read of the present group of four. */
struct decoding {
    unsigned long group;
    size_t digits;
    size_t padding;
};

/* A whole group: the octets it holds, or false when the bits behind them are not zero. */
static bool close_group(struct decoding *d, struct buf *out)
{
    size_t octets = 3 - d->padding;

    if ((d->group & ((1UL << 8 * d->padding) - 1)) != 0) {
        return false;
    }
    for (size_t i = 0; i < octets; i++) {
        buf_append_byte(out, (unsigned char)(d->group >> (16 - 8 * i)));
    }
    d->group = 0;
    d->digits = 0;
    return true;
}

/* One character; false when it cannot stand there. Nothing follows a padded group. */
static bool take(struct decoding *d, unsigned char c, struct buf *out)
{
    unsigned value = value_of(c);
    bool pad = c == '=' && d->digits >= 2;

    if (pad) {
        d->padding++;
        value = 0;
    }
    if (value == INVALID || (!pad && d->padding > 0) || d->padding > 2) {
        return false;
    }
    d->group = d->group << 6 | value;
    return ++d->digits < 4 || close_group(d, out);
}

bool base64_decode(struct bytes text, size_t max, struct buf *out, struct error *err)
{
    struct decoding d = {0, 0, 0};
    size_t start = out->len;

    for (size_t i = 0; i < text.len; i++) {
        if (is_space(text.data[i])) {
            continue;
        }
        if (!take(&d, text.data[i], out)) {
            buf_truncate(out, start);
            return error_set(err, ERROR_INVALID, "not base64 at octet %zu", i + 1);
        }
        if (out->len - start > max) {
            buf_truncate(out, start);
            return error_set(err, ERROR_INVALID, "base64 of more than %zu octets", max);
        }
    }
    if (d.digits > 0 || out->len == start) {
        buf_truncate(out, start);
        return error_set(err, ERROR_INVALID,
                         d.digits > 0 ? "the base64 is cut off" : "no base64 at all");
    }
    return true;
}
