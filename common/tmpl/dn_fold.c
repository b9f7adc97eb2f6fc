/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "common/tmpl/dn.h"

enum fold_kind {
    FOLD_NONE,  /* one form only */
    FOLD_SHIFT, /* a capital; its small letter is shift further on */
    FOLD_EVEN,  /* capital and small letter alternate, the capital has the even code */
    FOLD_ODD,   /* the same with odd capitals */
};

struct fold_range {
    uint32_t first, last;
    enum fold_kind kind;
    uint32_t shift;
};

/*
 * What is compared, in the order of the codes: characters that have no other form than
 * their case (Unicode's NFKC_Casefold changes nothing else, but for sharp s). Everything else is refused.
 */
static const struct fold_range ranges[] = {
    {' ', '@', FOLD_NONE, 0},
    {'A', 'Z', FOLD_SHIFT, 0x20},
    {'[', '~', FOLD_NONE, 0},
    {0x00A1, 0x00A7, FOLD_NONE, 0},
    {0x00C0, 0x00D6, FOLD_SHIFT, 0x20},
    {0x00D7, 0x00D7, FOLD_NONE, 0},
    {0x00D8, 0x00DE, FOLD_SHIFT, 0x20},
    {0x00DF, 0x00FF, FOLD_NONE, 0}, /* sharp s is not "ss", as servers have it */
    {0x0100, 0x012F, FOLD_EVEN, 0},
    {0x0131, 0x0131, FOLD_NONE, 0}, /* the dotless i; a capital I is an i */
    {0x0134, 0x0137, FOLD_EVEN, 0},
    {0x0139, 0x013E, FOLD_ODD, 0},
    {0x0141, 0x0148, FOLD_ODD, 0},
    {0x014A, 0x0177, FOLD_EVEN, 0},
    {0x0179, 0x017E, FOLD_ODD, 0},
    {0x0386, 0x0386, FOLD_SHIFT, 0x26}, /* Greek */
    {0x0388, 0x038A, FOLD_SHIFT, 0x25},
    {0x038C, 0x038C, FOLD_SHIFT, 0x40},
    {0x038E, 0x038F, FOLD_SHIFT, 0x3F},
    {0x0391, 0x03A1, FOLD_SHIFT, 0x20},
    {0x03A3, 0x03AB, FOLD_SHIFT, 0x20},
    {0x03AC, 0x03AF, FOLD_NONE, 0},
    {0x03B1, 0x03C1, FOLD_NONE, 0},
    {0x03C2, 0x03C2, FOLD_SHIFT, 1}, /* the final sigma is a sigma */
    {0x03C3, 0x03CE, FOLD_NONE, 0},
    {0x0400, 0x040F, FOLD_SHIFT, 0x50}, /* Cyrillic */
    {0x0410, 0x042F, FOLD_SHIFT, 0x20},
    {0x0430, 0x045F, FOLD_NONE, 0},
    {0x048A, 0x04BF, FOLD_EVEN, 0},
    {0x0531, 0x0556, FOLD_SHIFT, 0x30}, /* Armenian */
    {0x0561, 0x0586, FOLD_NONE, 0},
    {0x05D0, 0x05EA, FOLD_NONE, 0}, /* Hebrew, without points */
    {0x0627, 0x063A, FOLD_NONE, 0}, /* Arabic, without marks */
    {0x0641, 0x064A, FOLD_NONE, 0},
    {0x1E00, 0x1E95, FOLD_EVEN, 0}, /* more of Latin: Vietnamese */
    {0x1EA0, 0x1EFF, FOLD_EVEN, 0},
    {0x2012, 0x2016, FOLD_NONE, 0}, /* dashes and quotation marks */
    {0x2018, 0x2021, FOLD_NONE, 0},
    {0x3001, 0x3007, FOLD_NONE, 0},
    {0x3041, 0x3096, FOLD_NONE, 0}, /* kana */
    {0x30A1, 0x30FE, FOLD_NONE, 0},
    {0x3400, 0x4DBF, FOLD_NONE, 0}, /* Han */
    {0x4E00, 0x9FFF, FOLD_NONE, 0},
    {0xAC00, 0xD7A3, FOLD_NONE, 0}, /* Hangul */
    {0x20000, 0x2A6DF, FOLD_NONE, 0},
};

static const struct fold_range *find(uint32_t code)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code <= ranges[i].last) {
            return code >= ranges[i].first ? &ranges[i] : NULL;
        }
    }
    return NULL;
}

bool dn_fold(uint32_t *code)
{
    const struct fold_range *range = find(*code);

    if (range == NULL) {
        return false;
    }
    if (range->kind == FOLD_SHIFT) {
        *code += range->shift;
    } else if ((range->kind == FOLD_EVEN && *code % 2 == 0) ||
               (range->kind == FOLD_ODD && *code % 2 == 1)) {
        *code += 1;
    }
    return true;
}
