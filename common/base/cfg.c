/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/cfg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cfg_parts.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/nearest.h"
#include "common/base/text.h"

enum { NAMES_MAX = 256 };

void cfg_fault(struct cfg_faults *faults, const char *file, unsigned int line,
               const char *fmt, ...)
{
    struct error sentence = {0};
    AUTO(buf) whole = BUF_EMPTY;
    va_list args;

    if (faults->count == CFG_FAULTS_MAX) {
        buf_append_text(faults->report, "and more\n");
    }
    if (faults->count >= CFG_FAULTS_MAX) {
        faults->count++;
        return;
    }
    va_start(args, fmt);
    (void)error_set_va(&sentence, ERROR_INVALID, fmt, args);
    va_end(args);
    buf_append_text(&whole, file);
    if (line > 0) {
        buf_printf(&whole, ":%u", line);
    }
    buf_printf(&whole, ": %s", sentence.message);
    if (faults->count++ == 0) {
        (void)snprintf(faults->first, sizeof(faults->first), "%s", buf_text(&whole));
    }
    buf_append(faults->report, whole.data, whole.len);
    buf_append_byte(faults->report, '\n');
}

/* Where a record being filled lives, and which section is for it. */
struct filling {
    struct cfg *cfg;
    const char *section;
    char *record;
    struct cfg_faults *faults;
};

static void mark_known(struct cfg *cfg, const char *section, const char *key)
{
    for (size_t i = 0; i < cfg->count; i++) {
        struct cfg_setting *s = &cfg->settings[i];

        if (strcmp(s->section, section) == 0 &&
            (s->key == NULL || strcmp(s->key, key) == 0)) {
            s->known = true;
        }
    }
}

static void fill_row(const struct filling *f, const struct cfg_row *row)
{
    const struct cfg_setting *s = cfg_find(f->cfg, f->section, row->key);
    const char *text = s != NULL ? s->value : row->fallback;
    struct error err = {0};

    mark_known(f->cfg, f->section, row->key);
    if (text == NULL) {
        cfg_fault(f->faults, f->cfg->files[0], 0, "'%s' in [%s] is required", row->key,
                  f->section);
    } else if (!cfg_value_set(row, text, f->record + row->offset, &err)) {
        cfg_fault(f->faults, s != NULL ? s->file : "the default", s != NULL ? s->line : 0,
                  "'%s' in [%s]: %s", row->key, f->section, err.message);
    }
}

/* The NAME of "[group NAME]"; NULL for any other section. */
static const char *item_name(const struct cfg_group *group, const char *section)
{
    size_t len = strlen(group->section);

    if (strncmp(section, group->section, len) != 0 || section[len] != ' ' ||
        section[len + 1] == '\0' || strchr(section + len + 1, ' ') != NULL) {
        return NULL;
    }
    return section + len + 1;
}

static char *find_item(const struct cfg_group *group, const struct cfg_list *list,
                       const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        char *item = (char *)list->items + i * group->item_size;

        if (strcmp(*(char **)(void *)item, name) == 0) {
            return item;
        }
    }
    return NULL;
}

static void add_item(struct cfg *cfg, const struct cfg_group *group,
                     struct cfg_list *list, const struct cfg_setting *first,
                     struct cfg_faults *faults)
{
    if (list->count == CFG_ITEMS_MAX) {
        cfg_fault(faults, first->file, first->line, "too many sections [%s ...]",
                  group->section);
        return;
    }
    list->items = mem_resize(list->items, list->count + 1, group->item_size);
    char *item = (char *)list->items + list->count * group->item_size;
    memset(item, 0, group->item_size);
    *(char **)(void *)item = mem_strdup(item_name(group, first->section));
    list->count++;
    const struct filling f = {cfg, first->section, item, faults};
    for (size_t r = 0; r < group->row_count; r++) {
        fill_row(&f, &group->rows[r]);
    }
}

static void fill_group(struct cfg *cfg, const struct cfg_group *group, char *dest,
                       struct cfg_faults *faults)
{
    struct cfg_list *list = (struct cfg_list *)(void *)(dest + group->offset);

    for (size_t i = 0; i < cfg->count; i++) {
        const char *name = item_name(group, cfg->settings[i].section);

        if (name != NULL && find_item(group, list, name) == NULL) {
            add_item(cfg, group, list, &cfg->settings[i], faults);
        }
        cfg->settings[i].known |= name != NULL && cfg->settings[i].key == NULL;
    }
}

/* The rows that a section is for; NULL when no section is called so. */
static const struct cfg_row *rows_for(const struct cfg_table *table, const char *section,
                                      size_t *count)
{
    for (size_t g = 0; g < table->group_count; g++) {
        if (item_name(&table->groups[g], section) != NULL) {
            *count = table->groups[g].row_count;
            return table->groups[g].rows;
        }
    }
    for (size_t r = 0; r < table->row_count; r++) {
        if (strcmp(table->rows[r].section, section) == 0) {
            *count = table->row_count;
            return table->rows;
        }
    }
    return NULL;
}

static void report_unknown(const struct cfg_table *table, const struct cfg_setting *s,
                           struct cfg_faults *faults)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    size_t row_count = 0;
    const struct cfg_row *rows = rows_for(table, s->section, &row_count);
    const char *unknown = rows != NULL ? s->key : s->section;

    for (size_t r = 0; rows != NULL && r < row_count && count < NAMES_MAX; r++) {
        bool here = rows != table->rows || strcmp(rows[r].section, s->section) == 0;
        names[count] = rows[r].key;
        count += here;
    }
    for (size_t r = 0; rows == NULL && r < table->row_count && count < NAMES_MAX; r++) {
        names[count++] = table->rows[r].section;
    }
    const char *meant = nearest_name(unknown, names, count);
    cfg_fault(faults, s->file, s->line, "unknown %s '%s'%s%s%s%s%s",
              rows != NULL ? "key" : "section", unknown, rows != NULL ? " in [" : "",
              rows != NULL ? s->section : "", rows != NULL ? "]" : "",
              meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "");
}

static void fill(const struct cfg_table *table, struct cfg *cfg, void *dest,
                 struct cfg_faults *faults)
{
    for (size_t r = 0; r < table->row_count; r++) {
        const struct filling f = {cfg, table->rows[r].section, dest, faults};

        fill_row(&f, &table->rows[r]);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        fill_group(cfg, &table->groups[g], dest, faults);
    }
    for (size_t i = 0; i < cfg->count; i++) {
        const struct cfg_setting *s = &cfg->settings[i];
        size_t ignored = 0;

        /* A section's own line is reported only where nothing of it is known. */
        if (!s->known &&
            (s->key != NULL || rows_for(table, s->section, &ignored) == NULL)) {
            report_unknown(table, s, faults);
        }
    }
}

static bool finish(const struct cfg_table *table, struct cfg *cfg, void *dest,
                   struct cfg_faults *faults, struct error *err)
{
    fill(table, cfg, dest, faults);
    if (faults->count == 0) {
        return true;
    }
    cfg_clear(table, dest);
    return error_set(err, ERROR_INVALID, "%s", faults->first);
}

bool cfg_parse(const struct cfg_table *table, const struct cfg_text *text, void *dest,
               struct cfg **origin, struct buf *report, struct error *err)
{
    AUTO(cfg) cfg = mem_new(sizeof(*cfg));
    struct cfg_faults faults = {.report = report};

    cfg_lex(cfg, text->name, text->text, &faults);
    if (!finish(table, cfg, dest, &faults, err)) {
        return false;
    }
    if (origin != NULL) {
        *origin = TAKE(cfg);
    }
    return true;
}

static bool lex_file(struct cfg *cfg, const char *path, unsigned int rules,
                     struct cfg_faults *faults, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;

    if (!file_read(path, CFG_FILE_MAX, rules, &text, err)) {
        return false;
    }
    cfg_lex(cfg, path, buf_bytes(&text), faults);
    return true;
}

static bool lex_files(struct cfg *cfg, const struct cfg_source *source,
                      struct cfg_faults *faults, struct error *err)
{
    AUTO(file_list) dropins = {NULL, 0};

    if (!lex_file(cfg, source->path, source->rules, faults, err) ||
        (source->dropins != NULL &&
         !file_list_dropins(source->dropins, ".conf", &dropins, err))) {
        return false;
    }
    for (size_t i = 0; i < dropins.count; i++) {
        if (!lex_file(cfg, dropins.paths[i], source->rules, faults, err)) {
            return false;
        }
    }
    return true;
}

bool cfg_load(const struct cfg_table *table, const struct cfg_source *source, void *dest,
              struct cfg **origin, struct buf *report, struct error *err)
{
    AUTO(cfg) cfg = mem_new(sizeof(*cfg));
    struct cfg_faults faults = {.report = report};

    if (!lex_files(cfg, source, &faults, err)) {
        buf_printf(report, "%s\n", err->message);
        return false;
    }
    if (!finish(table, cfg, dest, &faults, err)) {
        return false;
    }
    if (origin != NULL) {
        *origin = TAKE(cfg);
    }
    return true;
}

static void clear_group(const struct cfg_group *group, char *dest)
{
    struct cfg_list *list = (struct cfg_list *)(void *)(dest + group->offset);

    for (size_t i = 0; i < list->count; i++) {
        char *item = (char *)list->items + i * group->item_size;

        free(*(char **)(void *)item);
        for (size_t r = 0; r < group->row_count; r++) {
            cfg_value_clear(&group->rows[r], item + group->rows[r].offset);
        }
    }
    free(list->items);
}

void cfg_clear(const struct cfg_table *table, void *dest)
{
    char *record = dest;

    for (size_t r = 0; r < table->row_count; r++) {
        cfg_value_clear(&table->rows[r], record + table->rows[r].offset);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        clear_group(&table->groups[g], record);
    }
    memset(dest, 0, table->size);
}
