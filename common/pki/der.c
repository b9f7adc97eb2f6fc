/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/der.h"

#include "common/base/text.h"

enum { LENGTH_OCTETS_MAX = 4, TAG_NUMBER_LONG = 0x1F };

/* Octets of the length field at data, 0 when it is malformed or not minimal. */
static size_t read_length(struct bytes in, size_t *length)
{
    if (in.len == 0) {
        return 0;
    }
    if (in.data[0] < 0x80) {
        *length = in.data[0];
        return 1;
    }
    size_t octets = in.data[0] & 0x7F;
    if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets >= in.len ||
        in.data[1] == 0) {
        return 0;
    }
    size_t value = 0;
    for (size_t i = 1; i <= octets; i++) {
        value = value << 8 | in.data[i];
    }
    *length = value;
    return value < 0x80 ? 0 : 1 + octets;
}

bool der_next(struct bytes *in, struct der_item *item)
{
    size_t length = 0;

    if (in->len < 2 || (in->data[0] & TAG_NUMBER_LONG) == TAG_NUMBER_LONG) {
        return false;
    }
    struct bytes rest = {in->data + 1, in->len - 1};
    size_t octets = read_length(rest, &length);
    if (octets == 0 || length > rest.len - octets) {
        return false;
    }
    item->tag = in->data[0];
    item->content = (struct bytes){rest.data + octets, length};
    item->whole = (struct bytes){in->data, 1 + octets + length};
    *in = (struct bytes){in->data + item->whole.len, in->len - item->whole.len};
    return true;
}

bool der_has_tag(struct bytes in, unsigned char tag)
{
    return in.len > 0 && in.data[0] == tag;
}

bool der_read(struct bytes *in, unsigned char tag, struct bytes *content)
{
    struct der_item item;

    if (!der_has_tag(*in, tag) || !der_next(in, &item)) {
        return false;
    }
    *content = item.content;
    return true;
}

bool der_read_only(struct bytes in, unsigned char tag, struct bytes *content)
{
    struct bytes found;

    if (!der_read(&in, tag, &found) || in.len > 0) {
        return false;
    }
    *content = found;
    return true;
}

bool der_read_bool(struct bytes *in, bool *value)
{
    struct bytes rest = *in;
    struct bytes content;

    if (!der_read(&rest, DER_BOOLEAN, &content) || content.len != 1 ||
        (content.data[0] != 0x00 && content.data[0] != 0xFF)) {
        return false;
    }
    *value = content.data[0] != 0;
    *in = rest;
    return true;
}

bool der_read_uint(struct bytes *in, uint64_t max, uint64_t *value)
{
    struct bytes rest = *in;
    struct bytes content;
    uint64_t number = 0;

    if (!der_read(&rest, DER_INTEGER, &content) || content.len == 0 || content.len > 9 ||
        (content.data[0] & 0x80) != 0) {
        return false;
    }
    if (content.data[0] == 0 ? content.len > 1 && content.data[1] < 0x80
                             : content.len > 8) {
        return false;
    }
    for (size_t i = 0; i < content.len; i++) {
        number = number << 8 | content.data[i];
    }
    if (number > max) {
        return false;
    }
    *value = number;
    *in = rest;
    return true;
}

int der_compare(struct bytes a, struct bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    /* No element is the beginning of another, so that a tie means equal lengths. */
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

size_t der_open(struct buf *out, unsigned char tag)
{
    buf_append_byte(out, tag);
    buf_append_byte(out, 0); /* the length, if it is short */
    return out->len;
}

void der_close(struct buf *out, size_t mark)
{
    static const unsigned char room[sizeof(size_t)];
    size_t length = out->len - mark;
    size_t octets = 0;

    if (length < 0x80) {
        out->data[mark - 1] = (unsigned char)length;
        return;
    }
    for (size_t rest = length; rest > 0; rest >>= 8) {
        octets++;
    }
    buf_append(out, room, octets);
    memmove(out->data + mark + octets, out->data + mark, length);
    out->data[mark - 1] = (unsigned char)(0x80 | octets);
    for (size_t i = octets; i > 0; i--) {
        out->data[mark + i - 1] = (unsigned char)length;
        length >>= 8;
    }
}

void der_put_head(struct buf *out, unsigned char tag, uint64_t length)
{
    unsigned char octets[sizeof(length)];
    size_t used = 0;

    buf_append_byte(out, tag);
    for (uint64_t rest = length; rest > 0; rest >>= 8) {
        octets[sizeof(octets) - ++used] = (unsigned char)rest;
    }
    if (length < 0x80) {
        buf_append_byte(out, (unsigned char)length);
        return;
    }
    buf_append_byte(out, (unsigned char)(0x80 | used));
    buf_append(out, octets + sizeof(octets) - used, used);
}

void der_put(struct buf *out, unsigned char tag, struct bytes content)
{
    size_t mark = der_open(out, tag);

    buf_append(out, content.data, content.len);
    der_close(out, mark);
}

void der_put_raw(struct buf *out, struct bytes whole)
{
    buf_append(out, whole.data, whole.len);
}

void der_put_bool(struct buf *out, bool value)
{
    unsigned char octet = value ? 0xFF : 0x00;

    der_put(out, DER_BOOLEAN, (struct bytes){&octet, 1});
}

void der_put_uint(struct buf *out, uint64_t value)
{
    unsigned char octets[sizeof(value)];

    for (size_t i = sizeof(octets); i > 0; i--) {
        octets[i - 1] = (unsigned char)value;
        value >>= 8;
    }
    der_put_unsigned(out, (struct bytes){octets, sizeof(octets)});
}

void der_put_unsigned(struct buf *out, struct bytes magnitude)
{
    size_t mark = der_open(out, DER_INTEGER);

    while (magnitude.len > 0 && magnitude.data[0] == 0) {
        magnitude.data++;
        magnitude.len--;
    }
    if (magnitude.len == 0 || (magnitude.data[0] & 0x80) != 0) {
        buf_append_byte(out, 0); /* zero itself, or the sign */
    }
    buf_append(out, magnitude.data, magnitude.len);
    der_close(out, mark);
}

void der_put_text(struct buf *out, unsigned char tag, const char *text)
{
    der_put(out, tag, bytes_of_text(text));
}

void der_put_named_bits(struct buf *out, struct bytes bits)
{
    size_t mark = der_open(out, DER_BIT_STRING);
    unsigned char unused = 0;

    while (bits.len > 0 && bits.data[bits.len - 1] == 0) {
        bits.len--;
    }
    while (bits.len > 0 && (bits.data[bits.len - 1] >> unused & 1) == 0) {
        unused++;
    }
    buf_append_byte(out, unused);
    buf_append(out, bits.data, bits.len);
    der_close(out, mark);
}
