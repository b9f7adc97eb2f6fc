/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/output.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/utf8.h"

enum { GAP = 2 }; /* spaces between columns */

static void append_character(struct buf *out, const struct output_style *style,
                             const char *text, size_t len, uint32_t code)
{
    if (len == 0) {
        buf_printf(out, "\\x%02x", (unsigned char)*text);
    } else if (code == '\\') {
        /* so that an escape cannot be confused with text that looks like one */
        buf_append_text(out, "\\\\");
    } else if (utf8_is_acted_upon(code) || (code > '~' && !style->utf8)) {
        buf_printf(out, "\\u{%x}", (unsigned int)code);
    } else {
        buf_append(out, text, len);
    }
}

void output_text(struct buf *out, const struct output_style *style, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t len = utf8_read((const unsigned char *)text, left, &code);

        append_character(out, style, text, len, code);
        len = len == 0 ? 1 : len;
        text += len;
        left -= len;
    }
}

void output_lines(struct buf *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t len = utf8_read((const unsigned char *)text, left, &code);

        if (len == 0) {
            buf_printf(out, "\\x%02x", (unsigned char)*text);
        } else if (code != '\n' && utf8_is_acted_upon(code)) {
            buf_printf(out, "\\u{%x}", (unsigned int)code);
        } else {
            buf_append(out, text, len);
        }
        len = len == 0 ? 1 : len;
        text += len;
        left -= len;
    }
}

void output_colored(struct buf *out, const struct output_style *style,
                    enum output_color color, const char *text)
{
    static const char *const sequences[] = {
        [OUTPUT_PLAIN] = "",        [OUTPUT_BAD] = "\033[31m", [OUTPUT_WARN] = "\033[33m",
        [OUTPUT_GOOD] = "\033[32m", [OUTPUT_BOLD] = "\033[1m",
    };
    _Static_assert(sizeof(sequences) / sizeof(sequences[0]) == OUTPUT_BOLD + 1,
                   "one each");
    bool colored = style->color && color != OUTPUT_PLAIN;

    buf_append_text(out, colored ? sequences[color] : "");
    output_text(out, style, text);
    buf_append_text(out, colored ? "\033[0m" : "");
}

/* Columns that a text takes on a terminal: its characters, without color sequences. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    bool in_sequence = false;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\033') {
            in_sequence = true;
        } else if (in_sequence) {
            in_sequence = *c != 'm';
        } else {
            width += ((unsigned char)*c & 0xc0) != 0x80;
        }
    }
    return width;
}

static void widen(struct output_table *table, size_t column, const char *text)
{
    size_t width = width_of(text);

    if (width > table->width[column]) {
        table->width[column] = width;
    }
}

void output_table_init(struct output_table *table, const char *const *titles,
                       size_t columns)
{
    *table = (struct output_table){.titles = titles, .columns = columns};
    for (size_t i = 0; i < columns; i++) {
        widen(table, i, titles[i]);
    }
}

void output_table_clear(struct output_table *table)
{
    buf_clear(&table->cells);
}

void output_table_add(struct output_table *table, const char *const *cells)
{
    for (size_t i = 0; i < table->columns; i++) {
        widen(table, i, cells[i]);
        buf_append(&table->cells, cells[i], strlen(cells[i]) + 1);
    }
    table->rows++;
}

static void print_cell(const struct output_table *table, size_t column, const char *text,
                       struct buf *out)
{
    size_t pad = table->width[column] - width_of(text) + GAP;

    buf_append_text(out, text);
    if (column + 1 == table->columns) {
        buf_append_byte(out, '\n');
        return;
    }
    for (size_t i = 0; i < pad; i++) {
        buf_append_byte(out, ' ');
    }
}

void output_table_print(struct output_table *table, struct buf *out)
{
    const char *cell = (const char *)table->cells.data;

    for (size_t i = 0; !table->titled && i < table->columns; i++) {
        print_cell(table, i, table->titles[i], out);
    }
    table->titled = true;
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        print_cell(table, i % table->columns, cell, out);
        cell += strlen(cell) + 1;
    }
    buf_clear(&table->cells);
    table->rows = 0;
}

void output_field(struct buf *out, const struct output_style *style, unsigned int width,
                  const char *label, const char *text)
{
    if (text == NULL || *text == '\0') {
        return;
    }
    buf_printf(out, "%-*s  ", (int)width, label);
    output_text(out, style, text);
    buf_append_byte(out, '\n');
}

bool output_json(struct buf *out, const char *schema, struct json *doc, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;

    if (!json_print(doc, JSON_FORM_COMPACT, SIZE_MAX, &text, err)) {
        return false;
    }
    if (text.len < 2 || text.data[0] != '{') {
        return error_set(err, ERROR_INVALID, "the answer is no JSON object");
    }
    buf_printf(out, "{\"schema\":\"%s\"%s", schema, text.len > 2 ? "," : "");
    buf_append(out, text.data + 1, text.len - 1);
    buf_append_byte(out, '\n');
    return true;
}
