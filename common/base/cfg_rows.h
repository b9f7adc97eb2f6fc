/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfg_rows: rows of a configuration table whose member has the type that the row says.
 */
#ifndef AE_COMMON_BASE_CFG_ROWS_H
#define AE_COMMON_BASE_CFG_ROWS_H

#include "common/base/cfg.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): arguments are types, tags and members */

#define CFG_AT(tag, member, type)                                                        \
    _Generic(&((struct tag *)0)->member, type * : offsetof(struct tag, member))

#define CFG_ROW(s, k, t, at, least, most, def, list, again, words)                       \
    {                                                                                    \
        .section = (s), .key = (k), .type = (t), .offset = (at), .min = (least),         \
        .max = (most), .fallback = (def), .names = (list), .reloads = (again),           \
        .help = (words)                                                                  \
    }
#define CFG_ROW_BOOL(tag, member, s, k, def, again, words)                               \
    CFG_ROW(s, k, CFG_BOOL, CFG_AT(tag, member, bool), 0, 1, def, NULL, again, words)
/* t: CFG_INT, CFG_DURATION or CFG_SIZE */
#define CFG_ROW_NUMBER(tag, member, t, s, k, least, most, def, again, words)             \
    CFG_ROW(s, k, t, CFG_AT(tag, member, int64_t), least, most, def, NULL, again, words)
/* t: CFG_TEXT or CFG_PATH; least 0: may be empty */
#define CFG_ROW_TEXT(tag, member, t, s, k, least, most, def, again, words)               \
    CFG_ROW(s, k, t, CFG_AT(tag, member, char *), least, most, def, NULL, again, words)
#define CFG_ROW_ENUM(tag, member, enum_tag, s, k, list, def, again, words)               \
    CFG_ROW(s, k, CFG_ENUM, CFG_AT(tag, member, enum enum_tag), 0, 0, def, list, again,  \
            words)
/* each least..most octets */
#define CFG_ROW_TEXTS(tag, member, s, k, least, most, def, again, words)                 \
    CFG_ROW(s, k, CFG_TEXTS, CFG_AT(tag, member, struct cfg_texts), least, most, def,    \
            NULL, again, words)

/* the same, where each must fit */
#define CFG_ROW_FITTING(tag, member, s, k, most, def, test, is, words)                   \
    {                                                                                    \
        .section = (s), .key = (k), .type = CFG_TEXTS,                                   \
        .offset = CFG_AT(tag, member, struct cfg_texts), .min = 1, .max = (most),        \
        .fallback = (def), .reloads = true, .help = (words), .fits = (test),             \
        .what = (is)                                                                     \
    }

/* NOLINTEND(bugprone-macro-parentheses) */

#endif
