/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/canon.h"

#include <stddef.h>

#include "common/pki/der.h"

enum {
    CLASS_MASK = 0xC0,
    END_OF_CONTENTS = 0x00,
    ENUMERATED = 0x0A,
    PRIMITIVE_SEQUENCE = 0x10,
    PRIMITIVE_SET = 0x11,
    UNIVERSAL_STRING = 0x1C
};

/* A constructed element whose content is being walked through. */
struct frame {
    struct bytes rest;
    bool is_set;
    struct bytes previous; /* the element before, in a SET */
};

struct walk {
    struct frame frames[CANON_DEPTH_MAX];
    size_t depth;
};

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool is_integer(struct bytes content)
{
    if (content.len < 2) {
        return content.len == 1;
    }
    return !(content.data[0] == 0x00 && content.data[1] < 0x80) &&
           !(content.data[0] == 0xFF && content.data[1] >= 0x80);
}

static bool is_boolean(struct bytes content)
{
    return content.len == 1 && (content.data[0] == 0x00 || content.data[0] == 0xFF);
}

/* X.690 8.6.2 and 11.2.1: 0 to 7 unused bits, all of them zero. */
static bool is_bit_string(struct bytes content)
{
    if (content.len == 0 || content.data[0] > 7) {
        return false;
    }
    if (content.len == 1) {
        return content.data[0] == 0;
    }
    unsigned int unused = (1U << content.data[0]) - 1;
    return (content.data[content.len - 1] & unused) == 0;
}

/* X.690 8.19.2: no subidentifier starts with 80 or stays open. */
static bool is_oid(struct bytes content)
{
    bool starts = true;

    for (size_t i = 0; i < content.len; i++) {
        if (starts && content.data[i] == 0x80) {
            return false;
        }
        starts = content.data[i] < 0x80;
    }
    return content.len > 0 && starts;
}

static bool is_empty(struct bytes content)
{
    return content.len == 0;
}

/* X.690 8.23: two octets a character, and four */
static bool is_bmp(struct bytes content)
{
    return content.len % 2 == 0;
}

static bool is_universal_string(struct bytes content)
{
    return content.len % 4 == 0;
}

static bool is_never(struct bytes content)
{
    (void)content;
    return false;
}

struct rule {
    unsigned char tag;
    bool (*is_right)(struct bytes content);
    const char *wrong;
};

static const struct rule rules[] = {
    {DER_BOOLEAN, is_boolean, "a BOOLEAN other than 00 and FF"}, /* X.690 11.1 */
    {DER_INTEGER, is_integer, "an INTEGER not in its shortest form"},
    {ENUMERATED, is_integer, "an INTEGER not in its shortest form"},
    {DER_BIT_STRING, is_bit_string, "a BIT STRING with wrong padding"},
    {DER_NULL, is_empty, "a NULL with content"},
    {DER_OID, is_oid, "a malformed OBJECT IDENTIFIER"},
    {DER_BMP, is_bmp, "a BMPString of half a character"},
    {UNIVERSAL_STRING, is_universal_string, "a UniversalString of part characters"},
    {END_OF_CONTENTS, is_never, "an impossible tag"},
    {PRIMITIVE_SEQUENCE, is_never, "an impossible tag"},
    {PRIMITIVE_SET, is_never, "an impossible tag"},
};

/* What is wrong with an element, or NULL. */
static const char *judge(const struct der_item *item)
{
    bool constructed =
        (item->tag & (CLASS_MASK | DER_CONSTRUCTED)) == DER_CONSTRUCTED; /* universal */

    if (constructed && item->tag != DER_SEQUENCE && item->tag != DER_SET) {
        return "a string in pieces"; /* X.690 10.2 */
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].tag == item->tag && !rules[i].is_right(item->content)) {
            return rules[i].wrong;
        }
    }
    return NULL;
}

/* The next element of the innermost frame; what is wrong with it, or NULL. */
static const char *step(struct walk *walk)
{
    struct frame *frame = &walk->frames[walk->depth - 1];
    struct bytes rest = frame->rest;
    struct der_item item;

    if (!der_next(&rest, &item)) {
        return "a cut, indefinite or overlong tag or length";
    }
    const char *wrong = judge(&item);
    if (wrong != NULL) {
        return wrong;
    }
    if (frame->is_set && der_compare(frame->previous, item.whole) > 0) {
        return "a SET out of order"; /* X.690 11.6 */
    }
    if ((item.tag & DER_CONSTRUCTED) != 0 && walk->depth == CANON_DEPTH_MAX) {
        return "nested too deeply";
    }
    frame->previous = item.whole;
    frame->rest = rest;
    if ((item.tag & DER_CONSTRUCTED) != 0) {
        walk->frames[walk->depth++] =
            (struct frame){.rest = item.content, .is_set = item.tag == DER_SET};
    }
    return NULL;
}

static bool refuse(struct bytes data, const unsigned char *at, const char *wrong,
                   struct error *err)
{
    return error_set(err, ERROR_INVALID, "not DER at octet %zu: %s",
                     data.len == 0 ? 0 : (size_t)(at - data.data), wrong);
}

bool canon_check(struct bytes data, struct error *err)
{
    struct walk walk = {.frames = {{.rest = data}}, .depth = 1};

    do {
        const unsigned char *at = walk.frames[walk.depth - 1].rest.data;
        const char *wrong = step(&walk);
        if (wrong != NULL) {
            return refuse(data, at, wrong, err);
        }
        while (walk.depth > 1 && walk.frames[walk.depth - 1].rest.len == 0) {
            walk.depth--;
        }
    } while (walk.depth > 1);
    if (walk.frames[0].rest.len > 0) {
        return refuse(data, walk.frames[0].rest.data, "octets behind the end", err);
    }
    return true;
}
