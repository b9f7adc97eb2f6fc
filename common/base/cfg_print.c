/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/cfg_parts.h"
#include "common/base/mem.h"
#include "common/base/text.h"

static const char *const type_names[] = {
    [CFG_BOOL] = "yes or no", [CFG_INT] = "number", [CFG_DURATION] = "duration",
    [CFG_SIZE] = "size",      [CFG_TEXT] = "text",  [CFG_PATH] = "path",
    [CFG_ENUM] = "one of",    [CFG_TEXTS] = "list",
};
_Static_assert(sizeof(type_names) / sizeof(type_names[0]) == CFG_TYPE_COUNT,
               "every type has a name");

static void print_row(const struct cfg_row *row, const char *section, const char *record,
                      const struct cfg *origin, struct buf *out)
{
    const struct cfg_setting *s =
        origin != NULL ? cfg_find(origin, section, row->key) : NULL;

    if (s != NULL) {
        buf_printf(out, "# from %s:%u\n", s->file, s->line);
    } else {
        buf_append_text(out, "# default\n");
    }
    buf_printf(out, "%s = ", row->key);
    cfg_value_print(row, record + row->offset, out);
    buf_append_byte(out, '\n');
}

static void print_section(const char *section, struct buf *out)
{
    buf_printf(out, "%s[%s]\n", out->len > 0 ? "\n" : "", section);
}

static void print_group(const struct cfg_group *group, const char *record,
                        const struct cfg *origin, struct buf *out)
{
    const struct cfg_list *list =
        (const struct cfg_list *)(const void *)(record + group->offset);

    for (size_t i = 0; i < list->count; i++) {
        const char *item = (const char *)list->items + i * group->item_size;
        AUTO(string)
        section = mem_printf("%s %s", group->section, *(char *const *)(const void *)item);

        print_section(section, out);
        for (size_t r = 0; r < group->row_count; r++) {
            print_row(&group->rows[r], section, item, origin, out);
        }
    }
}

void cfg_print(const struct cfg_table *table, const void *dest, const struct cfg *origin,
               struct buf *out)
{
    const char *section = "";

    for (size_t r = 0; r < table->row_count; r++) {
        if (strcmp(section, table->rows[r].section) != 0) {
            section = table->rows[r].section;
            print_section(section, out);
        }
        print_row(&table->rows[r], section, dest, origin, out);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        print_group(&table->groups[g], dest, origin, out);
    }
}

/* What may be written: "duration", "one of off, on". */
static void print_kind(const struct cfg_row *row, struct buf *out)
{
    buf_append_text(out, type_names[row->type]);
    for (size_t i = 0; row->type == CFG_ENUM && row->names[i] != NULL; i++) {
        buf_printf(out, "%s `%s`", i == 0 ? "" : ",", row->names[i]);
    }
}

static void print_reference_row(const struct cfg_row *row, struct buf *out)
{
    buf_printf(out, "| `%s` | ", row->key);
    print_kind(row, out);
    if (row->fallback == NULL) {
        buf_append_text(out, " | required");
    } else if (*row->fallback == '\0') {
        buf_append_text(out, " | none");
    } else {
        buf_printf(out, " | `%s`", row->fallback);
    }
    buf_printf(out, " | %s | %s |\n", row->reloads ? "yes" : "no", row->help);
}

static void print_reference_head(const char *section, const char *help, struct buf *out)
{
    buf_printf(out,
               "\n## [%s]\n\n%s%s| key | value | default | reload | |\n"
               "| --- | --- | --- | --- | --- |\n",
               section, help, *help != '\0' ? "\n\n" : "");
}

void cfg_print_reference(const struct cfg_table *table, struct buf *out)
{
    const char *section = "";

    buf_printf(out, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# %s\n", table->title);
    for (size_t r = 0; r < table->row_count; r++) {
        if (strcmp(section, table->rows[r].section) != 0) {
            section = table->rows[r].section;
            print_reference_head(section, "", out);
        }
        print_reference_row(&table->rows[r], out);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        AUTO(string) name = mem_printf("%s NAME", table->groups[g].section);

        print_reference_head(name, table->groups[g].help, out);
        for (size_t r = 0; r < table->groups[g].row_count; r++) {
            print_reference_row(&table->groups[g].rows[r], out);
        }
    }
}

union member {
    bool yes;
    int64_t number;
    char *text;
    unsigned int value;
    struct cfg_texts texts;
};

static bool check_row(const struct cfg_row *row, struct error *err)
{
    union member member;

    memset(&member, 0, sizeof(member));
    if (row->key == NULL || *row->key == '\0' || strlen(row->key) > CFG_NAME_MAX ||
        row->help == NULL || !text_has_suffix(row->help, ".")) {
        return error_set(err, ERROR_INTERNAL, "no key, or no help that is a sentence");
    }
    if (row->min > row->max || (row->type == CFG_ENUM && row->names == NULL)) {
        return error_set(err, ERROR_INTERNAL, "no range, or no names");
    }
    if (row->fallback != NULL && !cfg_value_set(row, row->fallback, &member, err)) {
        return error_set(err, ERROR_INTERNAL, "its default: %s", err->message);
    }
    cfg_value_clear(row, &member);
    return true;
}

/* section: of a group's rows, which have none of their own; else NULL. */
static const char *section_of(const struct cfg_row *row, const char *section)
{
    return section != NULL ? section : row->section;
}

static bool is_repeated(const struct cfg_row *rows, size_t index, const char *section)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(section_of(&rows[i], section), section_of(&rows[index], section)) ==
                0 &&
            strcmp(rows[i].key, rows[index].key) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_rows(const struct cfg_row *rows, size_t count, const char *section,
                       struct error *err)
{
    for (size_t r = 0; r < count; r++) {
        const char *place = section_of(&rows[r], section);

        if (!check_row(&rows[r], err)) {
            return error_wrap(err, "[%s] '%s'", place,
                              rows[r].key != NULL ? rows[r].key : "");
        }
        if (is_repeated(rows, r, section)) {
            return error_set(err, ERROR_INTERNAL, "[%s] '%s' stands there twice", place,
                             rows[r].key);
        }
    }
    return true;
}

bool cfg_check_table(const struct cfg_table *table, struct error *err)
{
    for (size_t g = 0; g < table->group_count; g++) {
        const struct cfg_group *group = &table->groups[g];

        if (!check_rows(group->rows, group->row_count, group->section, err)) {
            return false;
        }
    }
    return check_rows(table->rows, table->row_count, NULL, err);
}
