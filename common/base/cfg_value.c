/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/cfg_parts.h"
#include "common/base/mem.h"
#include "common/base/text.h"

static bool set_bool(const char *text, bool *out, struct error *err)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true},
                 {"on", true},  {"off", false}, {"false", false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_equal_nocase(text, words[i].word)) {
            *out = words[i].value;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID, "'%.64s' is neither yes nor no", text);
}

static void print_number(enum cfg_type type, int64_t value, struct buf *out)
{
    if (type == CFG_DURATION) {
        text_append_duration(out, value);
    } else if (type == CFG_SIZE) {
        text_append_size(out, (uint64_t)value);
    } else {
        buf_printf(out, "%lld", (long long)value);
    }
}

static bool set_number(const struct cfg_row *row, const char *text, int64_t *out,
                       struct error *err)
{
    int64_t value = 0;
    uint64_t octets = 0;

    if (row->type == CFG_INT) {
        return text_parse_i64(text, row->min, row->max, out, err);
    }
    if (row->type == CFG_DURATION ? !text_parse_duration(text, &value, err)
                                  : !text_parse_size(text, &octets, err)) {
        return false;
    }
    value = row->type == CFG_DURATION ? value : (int64_t)octets;
    if (value < row->min || value > row->max) {
        AUTO(buf) least = BUF_EMPTY;
        AUTO(buf) most = BUF_EMPTY;

        print_number(row->type, row->min, &least);
        print_number(row->type, row->max, &most);
        return error_set(err, ERROR_INVALID, "%.64s is not between %s and %s", text,
                         buf_text(&least), buf_text(&most));
    }
    *out = value;
    return true;
}

static bool check_text(const struct cfg_row *row, const char *text, struct error *err)
{
    size_t len = strlen(text);

    if (len == 0 && row->min == 0) {
        return true;
    }
    if (len < (size_t)row->min || len > (size_t)row->max) {
        return error_set(
            err, ERROR_INVALID, "%s: between %lld and %lld octets are allowed",
            len == 0 ? "nothing" : text, (long long)row->min, (long long)row->max);
    }
    if (!text_is_printable(text, len)) {
        return error_set(err, ERROR_INVALID, "the value is not printable UTF-8");
    }
    /* an entry of a list, or a default: printed behind a blank it would not load again */
    if (strchr(";#\"'", text[0]) != NULL) {
        return error_set(err, ERROR_INVALID, "'%.64s' begins with '%c'", text, text[0]);
    }
    if (row->type == CFG_PATH && text[0] != '/') {
        return error_set(err, ERROR_INVALID, "'%.128s' is not an absolute path", text);
    }
    return row->fits == NULL || row->fits(text) ||
           error_set(err, ERROR_INVALID, "'%.128s' is not %s", text, row->what);
}

static bool set_text(const struct cfg_row *row, const char *text, char **out,
                     struct error *err)
{
    if (!check_text(row, text, err)) {
        return false;
    }
    *out = mem_strdup(text);
    return true;
}

static bool set_enum(const struct cfg_row *row, const char *text, unsigned int *out,
                     struct error *err)
{
    AUTO(buf) all = BUF_EMPTY;

    for (unsigned int i = 0; row->names[i] != NULL; i++) {
        if (strcmp(row->names[i], text) == 0) {
            *out = i;
            return true;
        }
        buf_printf(&all, "%s%s", i == 0 ? "" : ", ", row->names[i]);
    }
    return error_set(err, ERROR_INVALID, "'%.64s' is none of %s", text, buf_text(&all));
}

static void clear_texts(struct cfg_texts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->texts[i]);
    }
    free(list->texts);
    *list = (struct cfg_texts){NULL, 0};
}
CLEANUP_DEFINE_VALUE(cfg_texts, struct cfg_texts, clear_texts);

static bool add_text(const struct cfg_row *row, const char *start, size_t len,
                     struct cfg_texts *list, struct error *err)
{
    while (len > 0 && start[len - 1] == ' ') {
        len--;
    }
    AUTO(string) text = mem_dup(start, len);
    if (len == 0 || list->count == CFG_ITEMS_MAX) {
        return error_set(err, ERROR_INVALID,
                         len == 0 ? "an empty entry between commas" : "too many entries");
    }
    if (!check_text(row, text, err)) {
        return false;
    }
    list->texts = mem_resize(list->texts, list->count + 1, sizeof(*list->texts));
    list->texts[list->count++] = TAKE(text);
    return true;
}

static bool set_texts(const struct cfg_row *row, const char *text, struct cfg_texts *out,
                      struct error *err)
{
    AUTO(cfg_texts) list = {NULL, 0};

    while (*text != '\0') {
        text += strspn(text, " ");
        size_t len = strcspn(text, ",");

        if (!add_text(row, text, len, &list, err)) {
            return false;
        }
        text += len;
        if (*text == ',' && *++text == '\0') {
            return error_set(err, ERROR_INVALID, "an empty entry between commas");
        }
    }
    *out = list;
    list = (struct cfg_texts){NULL, 0};
    return true;
}

bool cfg_value_set(const struct cfg_row *row, const char *text, void *member,
                   struct error *err)
{
    switch (row->type) {
    case CFG_BOOL:
        return set_bool(text, member, err);
    case CFG_INT:
    case CFG_DURATION:
    case CFG_SIZE:
        return set_number(row, text, member, err);
    case CFG_TEXT:
    case CFG_PATH:
        return set_text(row, text, member, err);
    case CFG_ENUM:
        return set_enum(row, text, member, err);
    case CFG_TEXTS:
        return set_texts(row, text, member, err);
    case CFG_TYPE_COUNT:
    default:
        return error_set(err, ERROR_INTERNAL, "a row of no type");
    }
}

void cfg_value_clear(const struct cfg_row *row, void *member)
{
    if (row->type == CFG_TEXT || row->type == CFG_PATH) {
        free(*(char **)member);
        *(char **)member = NULL;
    } else if (row->type == CFG_TEXTS) {
        clear_texts(member);
    }
}

static void print_texts(const struct cfg_texts *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s%s", i == 0 ? "" : ", ", list->texts[i]);
    }
}

void cfg_value_print(const struct cfg_row *row, const void *member, struct buf *out)
{
    switch (row->type) {
    case CFG_BOOL:
        buf_append_text(out, *(const bool *)member ? "yes" : "no");
        break;
    case CFG_INT:
    case CFG_DURATION:
    case CFG_SIZE:
        print_number(row->type, *(const int64_t *)member, out);
        break;
    case CFG_TEXT:
    case CFG_PATH:
        buf_append_text(out,
                        *(char *const *)member != NULL ? *(char *const *)member : "");
        break;
    case CFG_ENUM:
        buf_append_text(out, row->names[*(const unsigned int *)member]);
        break;
    case CFG_TEXTS:
        print_texts(member, out);
        break;
    case CFG_TYPE_COUNT:
    default:
        break;
    }
}
