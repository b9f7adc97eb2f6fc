/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_record.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/admin_json.h"

static void add_record(struct json_writer *out, const char *key,
                       const struct wire_table *table, const void *record);

static int64_t bounded(uint64_t number)
{
    return number < INT64_MAX ? (int64_t)number : INT64_MAX;
}

/* A number's meaning stands in its name. */
static void add_i64(struct json_writer *out, const char *key, const char *name,
                    int64_t number)
{
    if (text_has_suffix(name, "_utc")) {
        admin_add_utc(out, key, number);
    } else {
        json_add_i64(out, key, number);
    }
}

static void add_number(struct json_writer *out, const char *key,
                       const struct wire_field *field, const void *at)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    int64_t i64 = 0;

    if (field->kind == WIRE_KIND_U64) {
        memcpy(&u64, at, sizeof(u64));
        json_add_i64(out, key, bounded(u64));
    } else if (field->kind == WIRE_KIND_I64) {
        memcpy(&i64, at, sizeof(i64));
        add_i64(out, key, field->name, i64);
    } else {
        memcpy(&u32, at, sizeof(u32)); /* enums are unsigned int as well */
        json_add_i64(out, key, u32);
    }
}

static void add_octets(struct json_writer *out, const char *key,
                       const struct wire_field *field, const void *at)
{
    struct bytes octets;

    if (field->kind == WIRE_KIND_FIXED) {
        admin_add_hex(out, key, at, field->max);
        return;
    }
    memcpy(&octets, at, sizeof(octets));
    admin_add_hex(out, key, octets.data, octets.len);
}

static void add_list(struct json_writer *out, const char *key,
                     const struct wire_field *field, const char *record)
{
    const char *entries = NULL;
    size_t count = 0;

    memcpy(&entries, record + field->offset, sizeof(entries));
    memcpy(&count, record + field->count_offset, sizeof(count));
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++) {
        add_record(out, NULL, field->of, entries + i * field->of->size);
    }
    json_close(out);
}

static void add_optional(struct json_writer *out, const char *key,
                         const struct wire_field *field, const void *at)
{
    const void *record = NULL;

    memcpy(&record, at, sizeof(record));
    if (record == NULL) {
        json_add_null(out, key);
    } else {
        add_record(out, key, field->of, record);
    }
}

static void add_text(struct json_writer *out, const char *key, const void *at)
{
    const char *text = NULL;

    memcpy(&text, at, sizeof(text));
    json_add_text(out, key, text != NULL ? text : "");
}

static void add_bool(struct json_writer *out, const char *key, const void *at)
{
    bool value = false;

    memcpy(&value, at, sizeof(value));
    json_add_bool(out, key, value);
}

static void add_field(struct json_writer *out, const char *key,
                      const struct wire_field *field, const char *record)
{
    const void *at = record + field->offset;

    switch (field->kind) {
    case WIRE_KIND_BOOL:
        add_bool(out, key, at);
        return;
    case WIRE_KIND_TEXT:
        add_text(out, key, at);
        return;
    case WIRE_KIND_OCTETS:
    case WIRE_KIND_FIXED:
        add_octets(out, key, field, at);
        return;
    case WIRE_KIND_STRUCT:
        add_record(out, key, field->of, at);
        return;
    case WIRE_KIND_OPTIONAL:
        add_optional(out, key, field, at);
        return;
    case WIRE_KIND_LIST:
        add_list(out, key, field, record);
        return;
    case WIRE_KIND_ENUM:
    case WIRE_KIND_U32:
    case WIRE_KIND_BITS:
    case WIRE_KIND_U64:
    case WIRE_KIND_I64:
    case WIRE_KIND_COUNT:
        break;
    }
    add_number(out, key, field, at);
}

/* NOLINTNEXTLINE(misc-no-recursion): tables are at most WIRE_DEPTH_MAX deep */
static void add_record(struct json_writer *out, const char *key,
                       const struct wire_table *table, const void *record)
{
    if (table->count == 1 && *table->fields[0].name == '\0') {
        add_field(out, key, &table->fields[0], record); /* a plain entry */
        return;
    }
    json_open_object(out, key);
    for (size_t i = 0; i < table->count; i++) {
        if (!table->fields[i].secret) {
            add_field(out, table->fields[i].name, &table->fields[i], record);
        }
    }
    json_close(out);
}

static void add_payload(struct json_writer *out, const struct wire_journal_entry *entry)
{
    const struct wire_message *message = wire_record_message(entry->type);
    AUTO(buf) summary = BUF_EMPTY;
    struct error err = {0};

    if (message == NULL) {
        json_add_text(out, "summary", wire_record_name(entry->type));
        return;
    }
    void *record = mem_new(message->table->size);
    if (wire_message_decode(message, entry->payload, record, &err)) {
        admin_record_summarize(entry->type, record, &summary);
        json_add_text(out, "summary", buf_text(&summary));
        add_record(out, "fields", message->table, record);
        wire_table_clear(message->table, record);
    } else {
        json_add_text(out, "summary", "its content cannot be read");
        json_add_text(out, "problem", err.message);
    }
    free(record);
}

void admin_record_add(struct json_writer *out, const struct wire_journal_entry *entry)
{
    json_open_object(out, NULL);
    json_add_i64(out, "sequence", bounded(entry->sequence));
    admin_add_utc(out, "time", bounded(entry->time_ns / CLOCK_NS_PER_SECOND));
    json_add_text(out, "type", wire_record_name(entry->type));
    admin_add_hex(out, "sha256", entry->sha256, sizeof(entry->sha256));
    add_payload(out, entry);
    json_close(out);
}
