/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_facts.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/rules/facts.h"

static void add_object(struct json_writer *out, const char *key,
                       const struct fact_type *type, const void *record);

/* JSON has no octets, and a text of it no NUL. */
static void add_text(struct json_writer *out, const char *key, struct bytes text)
{
    if (text.len == 0) {
        json_add_text(out, key, "");
    } else if (memchr(text.data, '\0', text.len) == NULL &&
               text_is_utf8((const char *)text.data, text.len)) {
        AUTO(string) copy = mem_dup(text.data, text.len);

        json_add_text(out, key, copy);
    } else {
        AUTO(buf) hex = BUF_EMPTY;

        text_append_hex(&hex, text.data, text.len);
        json_open_object(out, key);
        json_add_text(out, "hex", buf_text(&hex));
        json_close(out);
    }
}

static void add_value(struct json_writer *out, const char *key,
                      const struct fact_value *value);

static void add_list(struct json_writer *out, const char *key,
                     const struct fact_value *value)
{
    size_t count = fact_count(value->list, value->record);

    json_open_list(out, key);
    for (size_t i = 0; i < count; i++) {
        struct fact_value item = fact_item(value->list, value->record, i);

        add_value(out, NULL, &item);
    }
    json_close(out);
}

static void add_value(struct json_writer *out, const char *key,
                      const struct fact_value *value)
{
    switch (value->kind) {
    case FACT_BOOL:
        json_add_bool(out, key, value->flag);
        return;
    case FACT_NUMBER:
        json_add_i64(out, key, value->number);
        return;
    case FACT_TEXT:
        add_text(out, key, value->text);
        return;
    case FACT_OBJECT:
        add_object(out, key, value->type, value->record);
        return;
    case FACT_LIST:
        add_list(out, key, value);
        return;
    case FACT_NIL:
    case FACT_UNKNOWN:
        break;
    }
    json_add_null(out, key);
}

/* NOLINTNEXTLINE(misc-no-recursion): the types are a tree of few levels */
static void add_object(struct json_writer *out, const char *key,
                       const struct fact_type *type, const void *record)
{
    const char *name = NULL;

    json_open_object(out, key);
    for (size_t i = 0; (name = fact_name_at(type, record, i)) != NULL; i++) {
        AUTO(buf) scratch = BUF_EMPTY;
        struct fact_value value = fact_read(type, record, name, &scratch);

        add_value(out, name, &value);
    }
    json_close(out);
}

void admin_facts_add(struct json_writer *out, const char *key,
                     const struct wire_facts *facts)
{
    add_object(out, key, &fact_request_type, facts);
}
