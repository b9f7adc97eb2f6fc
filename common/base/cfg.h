/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfg: configuration by one table a program: what may be set, in which range, with which unit.
 *
 * From the table come reading, checking, printing and the reference page. The files are INI
 * (read by inih, whose surprises are refused: continuation lines, comments behind values, ':'
 * for '=', overlong lines). What is loaded is immutable; a reload loads a new one.
 */
#ifndef AE_COMMON_BASE_CFG_H
#define AE_COMMON_BASE_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

enum cfg_type {
    CFG_BOOL = 0, /* bool: yes, no */
    CFG_INT,      /* int64_t */
    CFG_DURATION, /* int64_t: seconds, written with units: 14d */
    CFG_SIZE,     /* int64_t: octets, written with a unit: 64KiB */
    CFG_TEXT,     /* char *: UTF-8 without control characters; min..max octets */
    CFG_PATH,     /* char *: the same, absolute */
    CFG_ENUM,     /* an enum: one of the row's names, its index is the value */
    CFG_TEXTS,    /* struct cfg_texts: separated by commas, each as CFG_TEXT */
    CFG_TYPE_COUNT
};

struct cfg_texts {
    char **texts;
    size_t count;
};

/* How one key is read. The macros of cfg_rows.h make rows and check the member's type. */
struct cfg_row {
    const char *section, *key;
    enum cfg_type type;
    bool reloads;  /* a reload may change it */
    size_t offset; /* of the member */
    int64_t min, max;
    const char *fallback;     /* as it would be written; NULL: the key is required */
    const char *const *names; /* CFG_ENUM: ended by NULL */
    const char *help;         /* one sentence */
    bool (*fits)(
        const char *text); /* CFG_TEXT, CFG_TEXTS: NULL, or whether one will do */
    const char *what;      /* that it then is: "a network such as '10.1.0.0/16'" */
};

/* The elements of a repeated section "[group NAME]"; the struct begins with char *name. */
struct cfg_list {
    void *items;
    size_t count;
};

struct cfg_group {
    const char *section; /* "template" of "[template Machine]" */
    size_t offset;       /* of the struct cfg_list in the destination */
    size_t item_size;
    const struct cfg_row *rows; /* their section is not looked at */
    size_t row_count;
    const char *help;
};

struct cfg_table {
    const char *title; /* "policyd.conf" */
    size_t size;       /* of the destination */
    const struct cfg_row *rows;
    size_t row_count;
    const struct cfg_group *groups;
    size_t group_count;
};

enum { CFG_FILE_MAX = 1024 * 1024, CFG_ITEMS_MAX = 256 };

/* What was read, and from which line: for printing. */
struct cfg;
void cfg_free(struct cfg *cfg); /* accepts NULL */
CLEANUP_DEFINE(cfg, struct cfg *, cfg_free);

struct cfg_source {
    const char *path;    /* the main file */
    const char *dropins; /* a directory of *.conf, later ones win; NULL: none */
    unsigned int rules;  /* FILE_… of file.h, for each of them */
};

/*
 * Read all files and fill the destination.
 *
 * dest    all zero before; on success cleared by cfg_clear(), on failure all zero again
 * origin  NULL, or on success owned by the caller
 * report  appended: every fault found, a line "file:line: sentence" each
 * errors  ERROR_INVALID   there were faults; the sentence is the first of them
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  a file cannot be read
 */
AE_MUST_CHECK bool cfg_load(const struct cfg_table *table,
                            const struct cfg_source *source, void *dest,
                            struct cfg **origin, struct buf *report, struct error *err);

/* A text as if it were a file of that name. */
struct cfg_text {
    const char *name;
    struct bytes text;
};

/*
 * The same for one text.
 * errors  ERROR_INVALID  as cfg_load()
 */
AE_MUST_CHECK bool cfg_parse(const struct cfg_table *table, const struct cfg_text *text,
                             void *dest, struct cfg **origin, struct buf *report,
                             struct error *err);

/* Free what the destination owns; it is all zero afterwards. */
void cfg_clear(const struct cfg_table *table, void *dest);

/* Every value in a form that loads again, behind a comment that says where it was set. */
void cfg_print(const struct cfg_table *table, const void *dest, const struct cfg *origin,
               struct buf *out);

/*
 * Whether a reload may go from one loaded destination to the other. Every difference is appended
 * to changes, a line "[http] threads: 64 -> 32" each, items that come and go too.
 *
 * errors  ERROR_INVALID  something differs that takes a restart; the sentence is the first of it
 */
AE_MUST_CHECK bool cfg_check_reload(const struct cfg_table *table, const void *now,
                                    const void *next, struct buf *changes,
                                    struct error *err);

/* The table as a page of Markdown, for docs/reference. */
void cfg_print_reference(const struct cfg_table *table, struct buf *out);

/*
 * Whether a table is right: names and help present, no key twice, defaults that parse.
 * errors  ERROR_INTERNAL  it is not; the sentence names the row
 */
AE_MUST_CHECK bool cfg_check_table(const struct cfg_table *table, struct error *err);

#endif
