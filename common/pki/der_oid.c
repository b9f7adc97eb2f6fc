/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"
#include "common/pki/der.h"

enum {
    ARC_DIGITS_MAX = 39,    /* decimal, as text_is_oid() has it; 19 digits of base 128 */
    NUMBER_DIGITS_MAX = 40, /* the first two arcs stand in one number */
    SECOND_ARCS = 40        /* X.690 8.19.4: the first octets hold 40 * first + second */
};

/* A number of any base; digits[0] counts ones. */
struct number {
    unsigned char digits[NUMBER_DIGITS_MAX];
    size_t count;
};

/* number = number * factor + addend; false when it has too many digits. */
static bool scale(struct number *n, unsigned base, unsigned factor, unsigned addend)
{
    unsigned carry = addend;

    for (size_t i = 0; i < n->count; i++) {
        carry += n->digits[i] * factor;
        n->digits[i] = (unsigned char)(carry % base);
        carry /= base;
    }
    while (carry > 0 && n->count < NUMBER_DIGITS_MAX) {
        n->digits[n->count++] = (unsigned char)(carry % base);
        carry /= base;
    }
    return carry == 0;
}

/* One arc of at most 39 decimal digits, plus addend, in base 128. */
static void put_arc(struct buf *out, const char *decimal, size_t digits, unsigned addend)
{
    struct number n = {.count = 0};

    for (size_t i = 0; i < digits; i++) {
        (void)scale(&n, 128, 10, (unsigned)(decimal[i] - '0')); /* 39 digits always fit */
    }
    (void)scale(&n, 128, 1, addend);
    for (size_t i = n.count; i > 1; i--) {
        buf_append_byte(out, n.digits[i - 1] | 0x80);
    }
    buf_append_byte(out, n.count > 0 ? n.digits[0] : 0);
}

bool der_put_oid(struct buf *out, const char *dotted)
{
    if (!text_is_oid(dotted)) {
        return false;
    }
    size_t mark = der_open(out, DER_OID);
    unsigned first = (unsigned)(dotted[0] - '0') * SECOND_ARCS;
    const char *arc = dotted + 2;

    for (;;) {
        size_t digits = strspn(arc, "0123456789");
        put_arc(out, arc, digits, first);
        first = 0;
        if (arc[digits] == '\0') {
            break;
        }
        arc += digits + 1;
    }
    der_close(out, mark);
    return true;
}

/* One arc in decimal; in moves behind it. X.690 8.19.2: no leading 0x80. */
static bool read_arc(struct bytes *in, struct number *n)
{
    n->count = 0;
    if (in->data[0] == 0x80) {
        return false;
    }
    while (in->len > 0) {
        unsigned char octet = in->data[0];

        in->data++;
        in->len--;
        if (!scale(n, 10, 128, octet & 0x7F)) {
            return false;
        }
        if (octet < 0x80) {
            return true;
        }
    }
    return false; /* cut off in the middle */
}

/* number = number - 40; it is not below. */
static void subtract_second_arcs(struct number *n)
{
    unsigned borrow = SECOND_ARCS / 10; /* of the tens */

    for (size_t i = 1; i < n->count && borrow > 0; i++) {
        unsigned lack = n->digits[i] < borrow;

        n->digits[i] = (unsigned char)(n->digits[i] + lack * 10 - borrow);
        borrow = lack;
    }
    while (n->count > 0 && n->digits[n->count - 1] == 0) {
        n->count--;
    }
}

/* Takes the first arc (0, 1 or 2) out of the combined number; what is left is the second. */
static unsigned take_first_arc(struct number *n)
{
    unsigned first = 0;

    while (first < 2 &&
           (n->count > 2 || (n->count == 2 && n->digits[1] >= SECOND_ARCS / 10))) {
        subtract_second_arcs(n);
        first++;
    }
    return first;
}

static bool append_arc(char *text, size_t *len, const struct number *n)
{
    size_t digits = n->count > 0 ? n->count : 1;

    if (digits > ARC_DIGITS_MAX || *len + 1 + digits >= DER_OID_TEXT_SIZE) {
        return false;
    }
    text[(*len)++] = '.';
    for (size_t i = digits; i > 0; i--) {
        text[(*len)++] = (char)('0' + (n->count > 0 ? n->digits[i - 1] : 0));
    }
    text[*len] = '\0';
    return true;
}

bool der_oid_text(struct bytes content, char text[DER_OID_TEXT_SIZE])
{
    char made[DER_OID_TEXT_SIZE] = "";
    size_t len = 1;
    struct number n = {.count = 0};

    if (content.len == 0 || !read_arc(&content, &n)) {
        return false;
    }
    made[0] = (char)('0' + take_first_arc(&n));
    if (!append_arc(made, &len, &n)) {
        return false;
    }
    while (content.len > 0) {
        if (!read_arc(&content, &n) || !append_arc(made, &len, &n)) {
            return false;
        }
    }
    memcpy(text, made, len + 1);
    return true;
}

bool der_read_oid(struct bytes *in, char text[DER_OID_TEXT_SIZE])
{
    struct bytes rest = *in;
    struct bytes content;

    if (!der_read(&rest, DER_OID, &content) || !der_oid_text(content, text)) {
        return false;
    }
    *in = rest;
    return true;
}
