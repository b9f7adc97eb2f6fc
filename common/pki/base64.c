/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { INVALID = 64 /* a bit that no value has */ };

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

/* clang-format off */
static const unsigned char values[] = { /* of the ASCII characters */
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, /* 00 */
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, /* 10 */
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63, /* 20 */
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64, /* 30 */
    64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, /* 40 */
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64, /* 50 */
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* 60 */
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64, /* 70 */
};
/* clang-format on */

static unsigned value_of(unsigned char c)
{
    return c < sizeof(values) ? values[c] : INVALID;
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

/*
 * Groups that are whole, without padding or white space, as nearly all are; those that max
 * octets have room for. How many characters they were.
 */
static size_t take_groups(const struct decoding *d, struct bytes text, size_t max,
                          struct buf *out)
{
    size_t groups = text.len / 4 < max / 3 ? text.len / 4 : max / 3;
    size_t taken = 0;

    if (groups == 0 || d->digits > 0 || d->padding > 0) {
        return 0;
    }
    buf_reserve(out, groups * 3);
    unsigned char *to = out->data + out->len;
    for (const unsigned char *c = text.data; taken < groups; taken++, c += 4) {
        unsigned v[] = {value_of(c[0]), value_of(c[1]), value_of(c[2]), value_of(c[3])};

        if (((v[0] | v[1] | v[2] | v[3]) & INVALID) != 0) {
            break;
        }
        *to++ = (unsigned char)(v[0] << 2 | v[1] >> 4);
        *to++ = (unsigned char)(v[1] << 4 | v[2] >> 2);
        *to++ = (unsigned char)(v[2] << 6 | v[3]);
    }
    out->len += taken * 3;
    return taken * 4;
}

bool base64_decode(struct bytes text, size_t max, struct buf *out, struct error *err)
{
    struct decoding d = {0, 0, 0};
    size_t start = out->len;

    for (size_t i = 0; i < text.len; i++) {
        i += take_groups(&d, (struct bytes){text.data + i, text.len - i},
                         max - (out->len - start), out);
        if (i == text.len) {
            break;
        }
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
