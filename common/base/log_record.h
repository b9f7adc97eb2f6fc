/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_record: one event with its typed fields, and its text.
 *
 * The text is one line whatever the values are: they are quoted here and nowhere else, so that no
 * value can end its field, begin another one or begin another line.
 */
#ifndef AE_COMMON_BASE_LOG_RECORD_H
#define AE_COMMON_BASE_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"

enum {
    LOG_LINE_MAX =
        4096, /* octets with the line feed: PIPE_BUF, so one write stays whole */
    LOG_VALUE_MAX = 1024, /* octets of one value as printed; a longer one is cut */
};

enum log_kind {
    LOG_KIND_END,
    LOG_KIND_TEXT,
    LOG_KIND_NUMBER,
    LOG_KIND_SIZE,
    LOG_KIND_HEX
};

/* key: a literal of a-z, 0-9 and _. Borrowed for the call, like everything in it. */
struct log_field {
    const char *key;
    enum log_kind kind;
    struct bytes octets; /* TEXT, HEX */
    int64_t number;      /* NUMBER */
    uint64_t size;       /* SIZE */
};

/* NULL leaves the field out. */
static inline struct log_field log_text(const char *key, const char *text)
{
    return (struct log_field){.key = text == NULL ? NULL : key,
                              .kind = LOG_KIND_TEXT,
                              .octets = bytes_of_text(text == NULL ? "" : text)};
}

/* Octets that may be text: from a peer, without a NUL. */
static inline struct log_field log_octets(const char *key, struct bytes octets)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_TEXT, .octets = octets};
}

static inline struct log_field log_hex(const char *key, struct bytes octets)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_HEX, .octets = octets};
}

static inline struct log_field log_number(const char *key, int64_t number)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_NUMBER, .number = number};
}

static inline struct log_field log_size(const char *key, uint64_t size)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_SIZE, .size = size};
}

static inline struct log_field log_flag(const char *key, bool flag)
{
    return log_text(key, flag ? "yes" : "no");
}

struct log_record {
    int level;                      /* LOG_ERR, LOG_WARNING, LOG_INFO or LOG_DEBUG */
    const char *event;              /* a literal of a-z, 0-9, _ and dots */
    const struct log_field *fields; /* up to LOG_KIND_END; NULL: none */
    uint64_t suppressed; /* events like this one that were not logged before it */
    int64_t now_ns;      /* wall time */
    const char *program;
    long pid;
};

/* Where records go. write is called by any thread and must not log. */
struct log_sink {
    void (*write)(void *ctx, const struct log_record *record);
    void *ctx;
};

struct log_line {
    char data[LOG_LINE_MAX];
    size_t len;
};

/*
 * Append "event key=value ...", without a line feed. A value stands bare if it consists of letters,
 * digits and ._:/@+,-%$* only, else in double quotes with the escapes \" \\ \n \r \t and \xNN (for
 * every octet of control characters, malformed UTF-8 and characters that reorder or hide text). A
 * value that was cut ends in \... inside its quotes; fields without room are counted at the end as
 * fields_cut.
 */
void log_record_print(const struct log_record *record, struct log_line *line);

/* Append at most what fits, always leaving one octet for the line feed. */
void log_line_append(struct log_line *line, const char *text);

#endif
