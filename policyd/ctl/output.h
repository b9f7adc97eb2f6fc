/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: how answers look: escaped text, times, tables, records, JSON. Knows no file, clock
 * or terminal: the style says what the reader's terminal can show.
 *
 * What comes from certificates and directories is somebody else's text. It is shown with every
 * character that a terminal would act upon escaped.
 */
#ifndef AE_POLICYD_CTL_OUTPUT_H
#define AE_POLICYD_CTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/json.h"

enum { OUTPUT_ZONE_SIZE = 16 };

/* Wall time at some place. */
struct output_local {
    int year, month, day, hour, minute, second;
    char zone[OUTPUT_ZONE_SIZE]; /* "CET" */
};

struct output_style {
    bool utf8;  /* others than ASCII may be shown */
    bool color; /* escape sequences too */
    int64_t now_utc;
    /* Wall time of the reader; NULL: UTC. */
    bool (*local)(int64_t utc, struct output_local *out);
};

/*
 * Append text with \xNN for what is no text, controls and (unless utf8) everything beyond
 * ASCII as \u{NNNN}; marks that change the direction of writing are controls here.
 */
void output_text(struct buf *out, const struct output_style *style, const char *text);

/* Text that is whole lines already, of Lua or PEM: as it is, but for \u{NNNN} and \xNN in place of what
 * a terminal would act upon, which is how Lua writes it as well. */
void output_lines(struct buf *out, const char *text);

enum output_color { OUTPUT_PLAIN = 0, OUTPUT_BAD, OUTPUT_WARN, OUTPUT_GOOD, OUTPUT_BOLD };

/* The same between the sequences of a color, where the style has them. */
void output_colored(struct buf *out, const struct output_style *style,
                    enum output_color color, const char *text);

/* "in 12 days", "3 hours ago", "now": the largest unit of at least two, or one;
 * rounded. */
void output_relative(struct buf *out, int64_t seconds);

/* "2027-03-04 11:12 CET (in 89 days)" */
void output_time(struct buf *out, const struct output_style *style, int64_t utc);

/* "2027-03-04 11:12:07 CET", for records that follow one another quickly. */
void output_moment(struct buf *out, const struct output_style *style, int64_t utc);

/* "2027-03-04" of wall time */
void output_date(struct buf *out, const struct output_style *style, int64_t utc);

/* A duration as people say it: "3 days", "5 minutes". */
void output_duration(struct buf *out, int64_t seconds);

enum { OUTPUT_COLUMNS_MAX = 8 };

/* Rows wait until they are printed, since the widths come from all of them. */
struct output_table {
    const char *const *titles; /* count of them, constant */
    size_t columns;
    size_t width[OUTPUT_COLUMNS_MAX]; /* grows, and stays over prints */
    struct buf cells;                 /* each with a NUL behind it */
    size_t rows;
    bool titled; /* the titles were printed */
};
void output_table_init(struct output_table *table, const char *const *titles,
                       size_t columns);
void output_table_clear(struct output_table *table);
CLEANUP_DEFINE_VALUE(output_table, struct output_table, output_table_clear);

/* cells: one text a column, escaped already or of our own */
void output_table_add(struct output_table *table, const char *const *cells);

/* Append titles (the first time) and all rows; the table is empty then but keeps its widths. */
void output_table_print(struct output_table *table, struct buf *out);

/* "label   text", label padded to width; nothing at all for an empty or NULL text. */
void output_field(struct buf *out, const struct output_style *style, unsigned int width,
                  const char *label, const char *text);

/*
 * A document as the answer of a verb: the same members behind "schema", and a line feed.
 * errors  ERROR_INVALID  the document is no object
 *         ERROR_INTERNAL no memory
 */
AE_MUST_CHECK bool output_json(struct buf *out, const char *schema, struct json *doc,
                               struct error *err);

#endif
