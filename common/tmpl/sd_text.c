/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "common/tmpl/sd.h"

struct name {
    uint32_t bit;
    const char *text;
};

/* [MS-DTYP] 2.5.1: the letters of SDDL */
static const struct name right_names[] = {
    {0x10000000, "GA"}, {0x80000000, "GR"}, {0x40000000, "GW"}, {0x20000000, "GX"},
    {0x00020000, "RC"}, {0x00010000, "SD"}, {0x00040000, "WD"}, {0x00080000, "WO"},
    {0x00000010, "RP"}, {0x00000020, "WP"}, {0x00000001, "CC"}, {0x00000002, "DC"},
    {0x00000004, "LC"}, {0x00000008, "SW"}, {0x00000080, "LO"}, {0x00000040, "DT"},
    {0x00000100, "CR"}, {0, NULL},
};
static const struct name flag_names[] = {
    {0x01, "OI"}, {0x02, "CI"}, {0x04, "NP"}, {0x08, "IO"}, {0x10, "ID"}, {0, NULL},
};
static const char *const type_names[] = {
    [0x00] = "A",  [0x01] = "D",  [0x05] = "OA", [0x06] = "OD",
    [0x09] = "XA", [0x0A] = "XD", [0x0B] = "ZA", [0x0C] = "ZD",
};

static void append_bits(struct buf *out, const struct name *names, uint32_t bits)
{
    uint32_t known = 0;

    for (const struct name *n = names; n->text != NULL; n++) {
        known |= n->bit;
    }
    if ((bits & ~known) != 0) {
        buf_printf(out, "0x%" PRIx32, bits);
        return;
    }
    for (const struct name *n = names; n->text != NULL; n++) {
        buf_append_text(out, (bits & n->bit) != 0 ? n->text : "");
    }
}

void sd_append_ace_text(struct buf *out, const struct sd *sd, size_t ace)
{
    const struct sd_ace *a = &sd->aces[ace];

    buf_printf(out, "entry %zu ", ace + 1);
    if (a->kind == SD_ACE_UNKNOWN) {
        buf_printf(out, "(type 0x%02x)", (unsigned int)a->type);
        return;
    }
    buf_printf(out, "(%s;", type_names[a->type]);
    append_bits(out, flag_names, a->flags);
    buf_append_byte(out, ';');
    append_bits(out, right_names, a->mask);
    buf_append_byte(out, ';');
    if (a->has_object) {
        guid_append_text(out, &a->object);
    }
    buf_append_text(out, ";;");
    sid_append_text(out, &a->sid);
    buf_append_byte(out, ')');
}
