/* SPDX-License-Identifier: Apache-2.0 */
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cfg_parts.h"
#include "common/base/mem.h"
#include "common/base/text.h"

struct lexer {
    struct cfg *cfg;
    struct cfg_faults *faults;
    const char *file;
    struct bytes rest;
    unsigned int line;
};

static void add_setting(struct lexer *l, const char *section, const char *key,
                        const char *value)
{
    struct cfg *cfg = l->cfg;

    if (cfg->count == CFG_SETTINGS_MAX) {
        cfg_fault(l->faults, l->file, l->line, "more than %d lines set something",
                  CFG_SETTINGS_MAX);
        return;
    }
    for (size_t i = 0; key != NULL && i < cfg->count; i++) {
        const struct cfg_setting *s = &cfg->settings[i];

        if (s->file == l->file && s->key != NULL && strcmp(s->key, key) == 0 &&
            strcmp(s->section, section) == 0) {
            cfg_fault(l->faults, l->file, l->line,
                      "'%s' in [%s] was set in line %u already", key, section, s->line);
            return;
        }
    }
    cfg->settings = mem_resize(cfg->settings, cfg->count + 1, sizeof(*cfg->settings));
    cfg->settings[cfg->count++] =
        (struct cfg_setting){.section = mem_strdup(section),
                             .key = key != NULL ? mem_strdup(key) : NULL,
                             .value = value != NULL ? mem_strdup(value) : NULL,
                             .file = l->file,
                             .line = l->line};
}

static const char *check_section(const char *line, size_t len)
{
    if (line[len - 1] != ']' || memchr(line, ']', len - 1) != NULL || len < 3) {
        return "a section is one name in brackets";
    }
    return len - 2 > CFG_NAME_MAX ? "the name of the section is too long" : NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/*
 * A comment behind a value, or in place of it: inih would cut one at " ;", and take "#" and a
 * ';' right behind the equals sign for the value.
 */
static bool has_comment(const char *equals, const char *end)
{
    for (const char *c = equals + 1; c < end; c++) {
        bool begins = c[-1] == ' ' || c[-1] == '\t' || c - 1 == equals;

        if (begins && (*c == ';' || *c == '#')) {
            return true;
        }
    }
    return false;
}

/* inih would keep the quotes as part of the value. */
static bool is_quoted(const char *equals, const char *end)
{
    const char *value = equals + 1;

    while (value < end && is_blank(*value)) {
        value++;
    }
    return value < end && (*value == '"' || *value == '\'');
}

static const char *check_setting(const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    const char *colon = memchr(line, ':', len);

    if (equals == NULL || equals == line || (colon != NULL && colon < equals)) {
        return "neither a section, a comment nor 'key = value'";
    }
    if (equals - line > CFG_NAME_MAX) {
        return "the key is too long";
    }
    if (has_comment(equals, line + len)) {
        return "a comment needs a line of its own";
    }
    return is_quoted(equals, line + len) ? "a value is written without quotes" : NULL;
}

static bool is_plain(const char *line, size_t len)
{
    AUTO(string) copy = mem_dup(line, len);

    for (size_t i = 0; i < len; i++) {
        if (copy[i] == '\t') {
            copy[i] = ' ';
        }
    }
    return text_is_printable(copy, len);
}

/* What inih would misread without a word; NULL: it may have the line. */
static const char *check_line(const char *line, size_t len, size_t room)
{
    if (len > room) {
        return "the line is too long";
    }
    if (!is_plain(line, len)) {
        return "not UTF-8, or with control characters";
    }
    if (len == 0 || line[0] == '#' || line[0] == ';') {
        return NULL;
    }
    if (len >= 3 && strncmp(line, "\xEF\xBB\xBF", 3) == 0) {
        return "a byte order mark";
    }
    if (is_blank(line[0])) {
        return "a line must not begin with white space";
    }
    return line[0] == '[' ? check_section(line, len) : check_setting(line, len);
}

static size_t trimmed(const char *line, size_t len)
{
    while (len > 0 && is_blank(line[len - 1])) {
        len--;
    }
    return len;
}

/* inih's fgets: a faulty line goes no further than to the report. */
static char *next_line(char *out, int size, void *stream)
{
    struct lexer *l = stream;
    const char *line = (const char *)l->rest.data;

    if (l->rest.len == 0) {
        return NULL;
    }
    const char *end = memchr(line, '\n', l->rest.len);
    size_t whole = end != NULL ? (size_t)(end - line) + 1 : l->rest.len;
    size_t len = trimmed(line, end != NULL ? whole - 1 : whole);
    const char *fault = check_line(line, len, (size_t)size - 2);

    l->line++;
    l->rest.data += whole;
    l->rest.len -= whole;
    if (fault != NULL) {
        cfg_fault(l->faults, l->file, l->line, "%s", fault);
        len = 0;
    } else if (len > 0 && line[0] == '[') {
        AUTO(string) section = mem_dup(line + 1, len - 2);

        add_setting(l, section, NULL, NULL);
    }
    memcpy(out, line, len);
    out[len] = '\n';
    out[len + 1] = '\0';
    return out;
}

static int take_setting(void *user, const char *section, const char *key,
                        const char *value)
{
    struct lexer *l = user;

    if (*section == '\0') {
        cfg_fault(l->faults, l->file, l->line, "'%s' stands before any section", key);
    } else {
        add_setting(l, section, key, value);
    }
    return 1;
}

void cfg_lex(struct cfg *cfg, const char *file, struct bytes text,
             struct cfg_faults *faults)
{
    cfg->files = mem_resize(cfg->files, cfg->file_count + 1, sizeof(*cfg->files));
    cfg->files[cfg->file_count] = mem_strdup(file);
    struct lexer l = {cfg, faults, cfg->files[cfg->file_count++], text, 0};

    /* The same object is stream and user. */
    int line = ini_parse_stream(next_line, &l, take_setting, &l);
    if (line != 0) {
        cfg_fault(faults, file, line > 0 ? (unsigned int)line : 0, "not understood");
    }
}

void cfg_free(struct cfg *cfg)
{
    if (cfg == NULL) {
        return;
    }
    for (size_t i = 0; i < cfg->count; i++) {
        free(cfg->settings[i].section);
        free(cfg->settings[i].key);
        free(cfg->settings[i].value);
    }
    for (size_t i = 0; i < cfg->file_count; i++) {
        free(cfg->files[i]);
    }
    free(cfg->settings);
    free(cfg->files);
    free(cfg);
}

const struct cfg_setting *cfg_find(const struct cfg *cfg, const char *section,
                                   const char *key)
{
    for (size_t i = cfg->count; i > 0; i--) {
        const struct cfg_setting *s = &cfg->settings[i - 1];

        if (s->key != NULL && strcmp(s->key, key) == 0 &&
            strcmp(s->section, section) == 0) {
            return s;
        }
    }
    return NULL;
}
