/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/mem.h"

CLEANUP_DEFINE(dir, DIR *, (void)closedir);

void audit_segments_clear(struct audit_segments *list)
{
    free(list->first);
    *list = (struct audit_segments){NULL, 0};
}

static int compare_sequences(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static void add_segment(struct audit_segments *list, size_t *capacity, uint64_t sequence)
{
    if (list->count == *capacity) {
        *capacity = *capacity == 0 ? 16 : *capacity * 2;
        list->first = mem_resize(list->first, *capacity, sizeof(*list->first));
    }
    list->first[list->count++] = sequence;
}

bool audit_list_segments(const char *directory, struct audit_segments *list,
                         struct error *err)
{
    AUTO(audit_segments) found = {NULL, 0};
    AUTO(dir) dir = opendir(directory);
    const struct dirent *entry = NULL;
    size_t capacity = 0;

    if (dir == NULL) {
        return error_set_errno(err, errno, "opening the journal '%s'", directory);
    }
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        uint64_t sequence = 0;

        if (segment_parse_name(entry->d_name, &sequence)) {
            add_segment(&found, &capacity, sequence);
        }
    }
    if (errno != 0) {
        return error_set_errno(err, errno, "listing the journal '%s'", directory);
    }
    if (found.count > 0) {
        qsort(found.first, found.count, sizeof(*found.first), compare_sequences);
    }
    *list = found;
    found = (struct audit_segments){NULL, 0};
    return true;
}

bool audit_load_segment(const char *directory, uint64_t first_sequence, struct buf *out,
                        struct error *err)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(first_sequence, name);
    AUTO(string) path = mem_printf("%s/%s", directory, name);
    return file_read(path, AUDIT_SEGMENT_LIMIT, FILE_NO_SYMLINK, out, err);
}

/* chain and end say what comes before; the segment must continue that. */
static bool read_segment(const char *directory, uint64_t first_sequence,
                         struct audit_chain *chain, struct segment_end *end,
                         const struct audit_visitor *visitor, struct error *err)
{
    AUTO(buf) data = BUF_EMPTY;

    if (!audit_load_segment(directory, first_sequence, &data, err)) {
        return false;
    }
    return segment_read(buf_bytes(&data), chain, end, visitor, err) ||
           error_wrap(err, "journal segment %" PRIu64, first_sequence);
}

static bool adopt(const char *directory, uint64_t first_sequence,
                  struct audit_chain *chain, struct segment_end *end, struct error *err)
{
    AUTO(buf) data = BUF_EMPTY;

    if (!audit_load_segment(directory, first_sequence, &data, err)) {
        return false;
    }
    if (!segment_adopt(buf_bytes(&data), chain, end, err)) {
        return error_wrap(err, "journal segment %" PRIu64, first_sequence);
    }
    if (chain->tree.size + 1 != first_sequence) {
        return error_set(err, ERROR_INVALID,
                         "journal segment %" PRIu64 " begins with record %" PRIu64,
                         first_sequence, chain->tree.size + 1);
    }
    return true;
}

bool audit_adopt_segment(const char *directory, uint64_t first_sequence,
                         struct audit_chain *chain, struct segment_end *end,
                         struct error *err)
{
    struct audit_chain found = AUDIT_CHAIN_START;
    struct segment_end found_end = {0};

    if (!adopt(directory, first_sequence, &found, &found_end, err) ||
        !read_segment(directory, first_sequence, &found, &found_end, NULL, err)) {
        return false;
    }
    *chain = found;
    *end = found_end;
    return true;
}

/* Passes on what lies at or behind a sequence. */
struct later {
    uint64_t from;
    const struct audit_visitor *visitor;
};

static bool visit_later(void *ctx, const struct audit_record *record, struct error *err)
{
    const struct later *later = ctx;

    return record->sequence < later->from ||
           later->visitor->record(later->visitor->ctx, record, err);
}

/* Where a reading stands. */
struct place {
    struct audit_chain chain;
    struct segment_end end;
};

static bool read_segments(const char *directory, const struct audit_segments *list,
                          size_t start, const struct audit_visitor *visitor,
                          struct place *place, struct error *err)
{
    for (size_t i = start; i < list->count; i++) {
        if (!read_segment(directory, list->first[i], &place->chain, &place->end, visitor,
                          err)) {
            return false;
        }
    }
    return true;
}

bool audit_read_from(const char *directory, uint64_t from_sequence,
                     const struct audit_visitor *visitor, struct error *err)
{
    AUTO(audit_segments) list = {NULL, 0};
    struct later later = {from_sequence, visitor};
    const struct audit_visitor filter = {visit_later, &later};
    struct place place = {0};
    size_t start = 0;

    if (!audit_list_segments(directory, &list, err)) {
        return false;
    }
    if (list.count == 0 || list.first[0] > from_sequence) {
        return error_set(err, ERROR_NOT_FOUND,
                         "the journal does not hold record %" PRIu64, from_sequence);
    }
    while (start + 1 < list.count && list.first[start + 1] <= from_sequence) {
        start++;
    }
    return adopt(directory, list.first[start], &place.chain, &place.end, err) &&
           read_segments(directory, &list, start, &filter, &place, err);
}

bool audit_verify(const char *directory, const struct audit_visitor *visitor,
                  struct audit_chain *chain, struct segment_end *end, struct error *err)
{
    AUTO(audit_segments) list = {NULL, 0};
    struct place place = {0};

    if (!audit_list_segments(directory, &list, err)) {
        return false;
    }
    if (list.count == 0 || list.first[0] != 1) {
        return error_set(err, ERROR_NOT_FOUND,
                         "the journal does not begin with record 1");
    }
    if (!read_segments(directory, &list, 0, visitor, &place, err)) {
        return false;
    }
    *chain = place.chain;
    *end = place.end;
    return true;
}
