/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log_journal.h"

/* The place in this file says nothing: the event does. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "common/base/buf.h"
#include "common/base/text.h"

enum {
    FIXED_FIELDS = 5, /* MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, EVENT, SUPPRESSED */
    ENTRY_FIELDS = FIXED_FIELDS + LOG_JOURNAL_FIELDS,
};

struct entry {
    struct buf data[ENTRY_FIELDS]; /* "NAME=value" each */
    size_t count;
};

static void entry_clear(struct entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        buf_clear(&entry->data[i]);
    }
    entry->count = 0;
}
CLEANUP_DEFINE_VALUE(entry, struct entry, entry_clear);

static struct buf *add(struct entry *entry, const char *name)
{
    struct buf *data = &entry->data[entry->count++];

    *data = BUF_EMPTY;
    buf_append_text(data, name);
    buf_append_byte(data, '=');
    return data;
}

/* systemd.journal-fields(7): A-Z, 0-9 and _. */
static char name_char(char c)
{
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *at = strchr(lower, c);

    if (at == NULL || c == '\0') {
        return '_';
    }
    return upper[at - lower];
}

/* systemd.journal-fields(7): at most 64 octets. */
static struct buf *add_ours(struct entry *entry, const char *prefix, const char *key)
{
    char name[64];
    size_t len = 0;

    for (const char *c = prefix; *c != '\0' && len < sizeof(name) / 2; c++) {
        name[len++] = *c;
    }
    name[len++] = '_';
    for (const char *c = key; *c != '\0' && len < sizeof(name) - 1; c++) {
        name[len++] = name_char(*c);
    }
    name[len] = '\0';
    return add(entry, name);
}

static void append_value(struct buf *out, const struct log_field *field)
{
    struct bytes octets = field->octets;
    size_t max = LOG_JOURNAL_VALUE_MAX / (field->kind == LOG_KIND_HEX ? 2U : 1U);
    size_t len = octets.len < max ? octets.len : max;

    switch (field->kind) {
    case LOG_KIND_TEXT:
        buf_append(out, octets.data, len);
        break;
    case LOG_KIND_HEX:
        text_append_hex(out, octets.data, len);
        break;
    case LOG_KIND_NUMBER:
        buf_printf(out, "%" PRId64, field->number);
        break;
    case LOG_KIND_SIZE:
        buf_printf(out, "%" PRIu64, field->size);
        break;
    case LOG_KIND_END:
        break;
    }
}

static void add_message(struct entry *entry, const struct log_record *record)
{
    struct log_line line;

    line.len = 0;
    log_record_print(record, &line);
    buf_append(add(entry, "MESSAGE"), line.data, line.len);
}

static void fill(struct entry *entry, const char *prefix, const struct log_record *record)
{
    add_message(entry, record);
    buf_printf(add(entry, "PRIORITY"), "%d", record->level);
    buf_append_text(add(entry, "SYSLOG_IDENTIFIER"), record->program);
    buf_append_text(add_ours(entry, prefix, "event"), record->event);
    if (record->suppressed > 0) {
        buf_printf(add_ours(entry, prefix, "suppressed"), "%" PRIu64, record->suppressed);
    }
    for (const struct log_field *field = record->fields;
         field != NULL && field->kind != LOG_KIND_END && entry->count < ENTRY_FIELDS;
         field++) {
        if (field->key != NULL) {
            append_value(add_ours(entry, prefix, field->key), field);
        }
    }
}

void log_journal_write(void *ctx, const struct log_record *record)
{
    const struct log_journal *journal = ctx;
    struct iovec parts[ENTRY_FIELDS];
    AUTO(entry) entry;

    entry.count = 0;
    fill(&entry, journal->prefix, record);
    for (size_t i = 0; i < entry.count; i++) {
        parts[i] = (struct iovec){entry.data[i].data, entry.data[i].len};
    }
    if (sd_journal_sendv(parts, (int)entry.count) < 0) {
        log_stderr_write(journal->otherwise, record);
    }
}
