/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/guid.h"

#include <string.h>

#include "common/base/text.h"

/* Where the octet written at each place of the text is stored. */
static const unsigned char stored_at[GUID_LEN] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                  8, 9, 10, 11, 12, 13, 14, 15};

/* A hyphen stands in front of these octets of the text. */
static bool hyphen_before(size_t octet)
{
    return octet == 4 || octet == 6 || octet == 8 || octet == 10;
}

bool guid_parse(struct bytes octets, struct guid *out, struct error *err)
{
    if (octets.len != GUID_LEN) {
        return error_set(err, ERROR_INVALID, "a GUID has 16 octets, this one has %zu",
                         octets.len);
    }
    memcpy(out->octets, octets.data, GUID_LEN);
    return true;
}

bool guid_parse_text(const char *text, struct guid *out, struct error *err)
{
    struct guid guid = {{0}};
    bool good = strnlen(text, GUID_TEXT_LEN + 1) == GUID_TEXT_LEN;
    const char *at = text;

    for (size_t i = 0; good && i < GUID_LEN; i++) {
        AUTO(buf) octet = BUF_EMPTY;
        struct error ignored = {0};

        if (hyphen_before(i)) {
            good = *at == '-';
            at++;
        }
        const char digits[3] = {at[0], at[1], '\0'};
        good = good && text_parse_hex(digits, 1, &octet, &ignored) && octet.len == 1;
        if (good) {
            guid.octets[stored_at[i]] = octet.data[0];
        }
        at += 2;
    }
    if (!good) {
        return error_set(err, ERROR_INVALID, "'%.40s' is not a GUID", text);
    }
    *out = guid;
    return true;
}

void guid_append_text(struct buf *out, const struct guid *guid)
{
    for (size_t i = 0; i < GUID_LEN; i++) {
        if (hyphen_before(i)) {
            buf_append_byte(out, '-');
        }
        text_append_hex(out, &guid->octets[stored_at[i]], 1);
    }
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
    return bytes_equal((struct bytes){a->octets, GUID_LEN},
                       (struct bytes){b->octets, GUID_LEN});
}
