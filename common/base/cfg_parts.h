/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfg_parts: what cfg's own files share; nobody else includes it.
 */
#ifndef AE_COMMON_BASE_CFG_PARTS_H
#define AE_COMMON_BASE_CFG_PARTS_H

#include "common/base/cfg.h"

enum {
    CFG_NAME_MAX = 49,       /* octets of a section or key: inih cuts longer ones */
    CFG_SETTINGS_MAX = 4096, /* sections and settings of all files together */
    CFG_FAULTS_MAX = 100,    /* told; the others are only counted */
};

/* One line of a file: a section (key NULL) or a setting in it. */
struct cfg_setting {
    char *section, *key, *value;
    const char *file; /* one of the cfg's */
    unsigned int line;
    bool known; /* some row or group took it */
};

struct cfg {
    struct cfg_setting *settings;
    size_t count;
    char **files;
    size_t file_count;
};

/* All that is wrong; the first of it becomes the error. */
struct cfg_faults {
    struct buf *report;
    size_t count;
    char first[512];
};

/* line 0: of the file as a whole */
void cfg_fault(struct cfg_faults *faults, const char *file, unsigned int line,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Split a file into settings behind those that are there. */
void cfg_lex(struct cfg *cfg, const char *file, struct bytes text,
             struct cfg_faults *faults);

/* The setting that counts: the last of them. NULL: there is none. */
const struct cfg_setting *cfg_find(const struct cfg *cfg, const char *section,
                                   const char *key);

/*
 * One value into the member, which is zero before.
 * errors  ERROR_INVALID  not of the row's type or range; the member is as before
 */
AE_MUST_CHECK bool cfg_value_set(const struct cfg_row *row, const char *text,
                                 void *member, struct error *err);
void cfg_value_clear(const struct cfg_row *row, void *member);
void cfg_value_print(const struct cfg_row *row, const void *member, struct buf *out);

#endif
