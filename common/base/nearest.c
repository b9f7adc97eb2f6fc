/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/nearest.h"

#include <string.h>

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c | 0x20);
    }
    return c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows of the table of distances between beginnings of a and of b. */
struct rows {
    size_t before[NEAREST_LEN_MAX + 1]; /* of the beginning two octets shorter */
    size_t last[NEAREST_LEN_MAX + 1];
    size_t now[NEAREST_LEN_MAX + 1];
};

/* now[]: from the first i + 1 octets of a to each beginning of b. */
static void fill_row(struct rows *rows, const char *a, size_t i, const char *b)
{
    rows->now[0] = i + 1;
    for (size_t j = 0; b[j] != '\0'; j++) {
        size_t replaced = rows->last[j] + (lower(a[i]) == lower(b[j]) ? 0 : 1);

        rows->now[j + 1] =
            smaller(replaced, smaller(rows->last[j + 1], rows->now[j]) + 1);
        if (i > 0 && j > 0 && lower(a[i]) == lower(b[j - 1]) &&
            lower(a[i - 1]) == lower(b[j])) {
            rows->now[j + 1] = smaller(rows->now[j + 1], rows->before[j - 1] + 1);
        }
    }
}

/* Both at most NEAREST_LEN_MAX octets. */
static size_t distance(const char *a, const char *b)
{
    struct rows rows = {{0}, {0}, {0}};
    size_t b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++) {
        rows.last[j] = j;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        fill_row(&rows, a, i, b);
        memcpy(rows.before, rows.last, sizeof(rows.before));
        memcpy(rows.last, rows.now, sizeof(rows.last));
    }
    return rows.last[b_len];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 0;

    if (strnlen(name, NEAREST_LEN_MAX + 1) > NEAREST_LEN_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = names[i] == NULL ? 0 : strnlen(names[i], NEAREST_LEN_MAX + 1);

        if (len == 0 || len > NEAREST_LEN_MAX) {
            continue;
        }
        size_t edits = distance(name, names[i]);
        if (edits <= len / 3 && (best == NULL || edits < best_distance)) {
            best = names[i];
            best_distance = edits;
        }
    }
    return best;
}
