/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/ldif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

struct ldif_attr {
    char *name;
    struct bytes *values;  /* what entry shows */
    unsigned char **owned; /* the same octets */
    size_t count;
};

static _Noreturn void give_up(const char *line)
{
    (void)fprintf(stderr, "not LDIF: %s\n", line);
    abort();
}

/* RFC 4648 section 4; padding is taken as it comes. */
static void append_base64(struct buf *out, const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned int bits = 0;
    unsigned int value = 0;

    for (const char *c = text; *c != '\0' && *c != '='; c++) {
        const char *digit = strchr(digits, *c);

        if (digit == NULL) {
            give_up(text);
        }
        value = value << 6 | (unsigned int)(digit - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_append_byte(out, (unsigned char)(value >> bits));
        }
    }
}

static struct ldif_attr *find(struct ldif_record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->attrs[i].name, name) == 0) {
            return &record->attrs[i];
        }
    }
    return NULL;
}

static void clear_attr(struct ldif_attr *attr)
{
    for (size_t i = 0; i < attr->count; i++) {
        free(attr->owned[i]);
    }
    free(attr->values);
    free(attr->owned);
    free(attr->name);
}

static void refresh(struct ldif_record *record)
{
    record->views = mem_resize(record->views, record->count, sizeof(*record->views));
    for (size_t i = 0; i < record->count; i++) {
        record->views[i] = (struct tmpl_attr){
            record->attrs[i].name, record->attrs[i].values, record->attrs[i].count};
    }
    record->entry = (struct tmpl_entry){record->dn, record->views, record->count};
}

static void remove_attr(struct ldif_record *record, const char *name)
{
    struct ldif_attr *attr = find(record, name);

    if (attr != NULL) {
        clear_attr(attr);
        record->count--;
        memmove(attr, attr + 1,
                (size_t)(record->attrs + record->count - attr) * sizeof(*attr));
    }
    refresh(record);
}

void ldif_add(struct ldif_record *record, const char *name, struct bytes value)
{
    struct ldif_attr *attr = find(record, name);

    if (attr == NULL) {
        record->attrs =
            mem_resize(record->attrs, record->count + 1, sizeof(*record->attrs));
        attr = &record->attrs[record->count++];
        *attr = (struct ldif_attr){mem_strdup(name), NULL, NULL, 0};
    }
    attr->values = mem_resize(attr->values, attr->count + 1, sizeof(*attr->values));
    attr->owned = mem_resize(attr->owned, attr->count + 1, sizeof(*attr->owned));
    attr->owned[attr->count] = mem_dup(value.data, value.len);
    attr->values[attr->count] = (struct bytes){attr->owned[attr->count], value.len};
    attr->count++;
    refresh(record);
}

/* "name: text" or "name:: base64" */
static void add_line(struct ldif_record *record, const char *line)
{
    AUTO(buf) value = BUF_EMPTY;
    size_t name_len = strcspn(line, ":");
    AUTO(string) name = mem_dup(line, name_len);

    if (strncmp(line + name_len, ":: ", 3) == 0) {
        append_base64(&value, line + name_len + 3);
    } else if (strncmp(line + name_len, ": ", 2) == 0) {
        buf_append_text(&value, line + name_len + 2);
    } else {
        give_up(line);
    }
    if (strcmp(name, "dn") == 0) {
        free(record->dn);
        record->dn = mem_strdup(buf_text(&value));
        refresh(record);
        return;
    }
    ldif_add(record, name, buf_bytes(&value));
}

/* The next line that is no comment, folded lines joined; NULL at the end. */
static char *next_line(const char **cursor)
{
    AUTO(buf) line = BUF_EMPTY;

    while (**cursor == '#' || **cursor == '\n') {
        *cursor += strcspn(*cursor, "\n");
        *cursor += **cursor == '\n' ? 1 : 0;
    }
    if (**cursor == '\0') {
        return NULL;
    }
    do {
        size_t len = strcspn(*cursor, "\n");

        buf_append(&line, *cursor, len);
        *cursor += len + ((*cursor)[len] == '\n' ? 1 : 0);
    } while (*(*cursor) == ' ' && *(++*cursor) != '\0');
    return mem_strdup(buf_text(&line));
}

struct ldif_record *ldif_read(const char *text)
{
    struct ldif_record *record = mem_new(sizeof(*record));
    const char *cursor = text;

    record->dn = mem_strdup("");
    for (char *line = next_line(&cursor); line != NULL; line = next_line(&cursor)) {
        add_line(record, line);
        free(line);
    }
    return record;
}

void ldif_apply(struct ldif_record *record, const char *edits)
{
    AUTO(ldif_record) wanted = mem_new(sizeof(*wanted));
    const char *cursor = edits;

    for (char *line = next_line(&cursor); line != NULL; line = next_line(&cursor)) {
        if (line[0] == '-') {
            remove_attr(record, line + 1);
        } else {
            add_line(wanted, line);
        }
        free(line);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        remove_attr(record, wanted->attrs[i].name);
        for (size_t v = 0; v < wanted->attrs[i].count; v++) {
            ldif_add(record, wanted->attrs[i].name, wanted->attrs[i].values[v]);
        }
    }
    if (wanted->dn != NULL) {
        free(record->dn);
        record->dn = mem_strdup(wanted->dn);
        refresh(record);
    }
}

void ldif_reverse(struct ldif_record *record)
{
    for (size_t i = 0; i < record->count / 2; i++) {
        struct ldif_attr *other = &record->attrs[record->count - 1 - i];
        struct ldif_attr kept = record->attrs[i];

        record->attrs[i] = *other;
        *other = kept;
    }
    for (size_t i = 0; i < record->count; i++) {
        struct ldif_attr *attr = &record->attrs[i];

        for (size_t v = 0; v < attr->count / 2; v++) {
            struct bytes kept = attr->values[v];

            attr->values[v] = attr->values[attr->count - 1 - v];
            attr->values[attr->count - 1 - v] = kept;
        }
    }
    refresh(record);
}

void ldif_free(struct ldif_record *record)
{
    if (record == NULL) {
        return;
    }
    for (size_t i = 0; i < record->count; i++) {
        clear_attr(&record->attrs[i]);
    }
    free(record->attrs);
    free(record->views);
    free(record->dn);
    free(record);
}
