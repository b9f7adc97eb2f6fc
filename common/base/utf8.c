/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"

#include <string.h>

struct utf8_form {
    size_t len;
    uint32_t min;             /* smaller code points would be overlong */
    unsigned char mask, lead; /* of the first octet */
};

/* RFC 3629 section 4 */
size_t utf8_read(const unsigned char *data, size_t left, uint32_t *code)
{
    static const struct utf8_form forms[] = {{1, 0x00, 0x80, 0x00},
                                             {2, 0x80, 0xE0, 0xC0},
                                             {3, 0x800, 0xF0, 0xE0},
                                             {4, 0x10000, 0xF8, 0xF0}};
    const struct utf8_form *form = forms;

    while ((data[0] & form->mask) != form->lead) {
        if (++form == forms + sizeof(forms) / sizeof(forms[0])) {
            return 0;
        }
    }
    if (form->len > left) {
        return 0;
    }
    uint32_t value = data[0] & (unsigned char)~form->mask;
    for (size_t i = 1; i < form->len; i++) {
        if ((data[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = (value << 6) | (data[i] & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    *code = value;
    return value < form->min || surrogate || value > 0x10FFFF ? 0 : form->len;
}

bool utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

bool utf8_is_acted_upon(uint32_t code)
{
    return utf8_is_control(code) || code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF;
}

/* Eight at once; an octet that is not plain sets the highest bit of its place: below 0x20 by the
 * subtraction, 0x7F by the addition. */
size_t utf8_count_plain(const unsigned char *octets, size_t len)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word = 0;
    size_t i = 0;

    for (; len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, octets + i, sizeof(word));
        if (((word | (word - each * 0x20) | (word + each)) & (each * 0x80)) != 0) {
            break;
        }
    }
    while (i < len && octets[i] >= 0x20 && octets[i] < 0x7F) {
        i++;
    }
    return i;
}
