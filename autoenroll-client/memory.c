/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/memory.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024 };

#define SCHEMA "autoenroll-client.memory.1"

static void clear_entry(struct memory_entry *e)
{
    free(e->oid);
    free(e->name);
    free(e->request_id);
    free(e->reason);
    free(e->sentence);
    free(e->hook_failure);
}

void memory_clear(struct memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        clear_entry(&memory->entries[i]);
    }
    free(memory->entries);
    free(memory->note);
    *memory = (struct memory){.entries = NULL};
}

void memory_set_text(char **text, const char *value)
{
    char *copy = mem_strdup(value);

    free(*text);
    *text = copy;
}

struct memory_entry *memory_find(struct memory *memory, const char *oid)
{
    for (size_t i = 0; i < memory->count; i++) {
        if (strcmp(memory->entries[i].oid, oid) == 0) {
            return &memory->entries[i];
        }
    }
    return NULL;
}

struct memory_entry *memory_of(struct memory *memory, const char *oid, const char *name)
{
    struct memory_entry *found = memory_find(memory, oid);

    if (found == NULL) {
        memory->entries =
            mem_resize(memory->entries, memory->count + 1, sizeof(*memory->entries));
        found = &memory->entries[memory->count++];
        *found = (struct memory_entry){.oid = mem_strdup(oid),
                                       .name = mem_strdup(name),
                                       .request_id = mem_strdup(""),
                                       .reason = mem_strdup(""),
                                       .sentence = mem_strdup(""),
                                       .hook_failure = mem_strdup("")};
    }
    return found;
}

/* ---- writing ------------------------------------------------------------------------- */

static void add_time(struct json_writer *w, const char *key, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    if (utc != 0) {
        utc_append(&text, utc);
        json_add_text(w, key, buf_text(&text));
    }
}

static void add_entry(struct json_writer *w, const struct memory_entry *e)
{
    AUTO(buf) hash = BUF_EMPTY;

    text_append_hex(&hash, e->content_sha256, sizeof(e->content_sha256));
    json_open_object(w, NULL);
    json_add_text(w, "oid", e->oid);
    json_add_text(w, "name", e->name);
    json_add_bool(w, "pending", e->is_pending);
    json_add_bool(w, "renewal", e->is_renewal);
    add_time(w, "pending_since", e->pending_since_utc);
    json_add_i64(w, "failures", e->failures);
    add_time(w, "next_attempt", e->next_attempt_utc);
    json_add_bool(w, "refused", e->is_refused);
    json_add_text(w, "content_sha256", buf_text(&hash));
    json_add_text(w, "request", e->request_id);
    json_add_text(w, "reason", e->reason);
    json_add_text(w, "sentence", e->sentence);
    json_add_text(w, "hook_failure", e->hook_failure);
    json_close(w);
}

bool memory_save(const struct memory *memory, const char *path, mode_t mode,
                 struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) text = BUF_EMPTY;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", SCHEMA);
    add_time(&w, "finished", memory->finished_utc);
    json_add_i64(&w, "exit_code", memory->exit_code);
    json_add_text(&w, "note", memory->note == NULL ? "" : memory->note);
    json_open_list(&w, "templates");
    for (size_t i = 0; i < memory->count; i++) {
        add_entry(&w, &memory->entries[i]);
    }
    json_close(&w);
    json_close(&w);
    return json_finish(&w, JSON_FORM_INDENTED, DOCUMENT_MAX, &text, err) &&
           file_write_atomic(path, buf_bytes(&text), FILE_MODE(mode), err);
}

/* ---- reading ------------------------------------------------------------------------- */

static bool get_time(const struct json_at *at, const char *key, int64_t *out,
                     struct error *err)
{
    const char *text = NULL;

    if (!json_has(at, key)) {
        return true;
    }
    return json_get_text(at, key, 32, &text, err) && utc_parse(text, out, err);
}

static bool get_text(const struct json_at *at, const char *key, char **out,
                     struct error *err)
{
    const char *text = NULL;

    if (!json_get_text(at, key, MEMORY_TEXT_MAX, &text, err)) {
        return false;
    }
    memory_set_text(out, text);
    return true;
}

static bool get_hash(const struct json_at *at, unsigned char out[WIRE_SHA256],
                     struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    const char *text = NULL;

    if (!json_get_text(at, "content_sha256", (size_t)2 * WIRE_SHA256, &text, err) ||
        !text_parse_hex(text, WIRE_SHA256, &octets, err)) {
        return false;
    }
    if (octets.len != WIRE_SHA256) {
        return error_set(err, ERROR_INVALID, "content_sha256 is not whole");
    }
    memcpy(out, octets.data, WIRE_SHA256);
    return true;
}

static bool get_state(const struct json_at *at, struct memory_entry *e, struct error *err)
{
    int64_t failures = 0;

    if (!json_get_bool(at, "pending", &e->is_pending, err) ||
        !json_get_bool(at, "renewal", &e->is_renewal, err) ||
        !get_time(at, "pending_since", &e->pending_since_utc, err) ||
        !json_get_i64(at, "failures", 0, UINT32_MAX, &failures, err) ||
        !get_time(at, "next_attempt", &e->next_attempt_utc, err) ||
        !json_get_bool(at, "refused", &e->is_refused, err)) {
        return false;
    }
    e->failures = (uint32_t)failures;
    return get_hash(at, e->content_sha256, err);
}

static bool read_entry(const struct json_at *at, struct memory *out, struct error *err)
{
    const char *oid = NULL;
    const char *name = NULL;

    if (!json_get_text(at, "oid", WIRE_NAME_MAX, &oid, err) ||
        !json_get_text(at, "name", WIRE_NAME_MAX, &name, err)) {
        return false;
    }
    struct memory_entry *e = memory_of(out, oid, name);
    return get_state(at, e, err) && get_text(at, "request", &e->request_id, err) &&
           get_text(at, "reason", &e->reason, err) &&
           get_text(at, "sentence", &e->sentence, err) &&
           get_text(at, "hook_failure", &e->hook_failure, err);
}

static bool read_document(const struct json_at *root, struct memory *out,
                          struct error *err)
{
    struct json_at list;
    const char *schema = NULL;
    int64_t code = 0;

    if (!json_get_text(root, "schema", 64, &schema, err) ||
        !get_time(root, "finished", &out->finished_utc, err) ||
        !json_get_i64(root, "exit_code", 0, 255, &code, err) ||
        !get_text(root, "note", &out->note, err) ||
        !json_get_list(root, "templates", MEMORY_ENTRIES_MAX, &list, err)) {
        return false;
    }
    if (strcmp(schema, SCHEMA) != 0) {
        return error_set(err, ERROR_INVALID, "schema: '%.64s' is not ours", schema);
    }
    out->exit_code = (int)code;
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);

        if (!read_entry(&item, out, err)) {
            return false;
        }
    }
    return true;
}

bool memory_load(const char *path, struct memory *out, struct error *err)
{
    AUTO(memory) memory = {.entries = NULL};
    AUTO(buf) text = BUF_EMPTY;
    AUTO(json) doc = NULL;

    if (!file_read(path, DOCUMENT_MAX, FILE_NO_SYMLINK, &text, err)) {
        return err->code == ERROR_NOT_FOUND;
    }
    if (!json_parse(buf_bytes(&text), DOCUMENT_MAX, &doc, err)) {
        return error_wrap(err, "'%s'", path);
    }
    struct json_at root = json_root(doc);
    if (!read_document(&root, &memory, err)) {
        return error_wrap(err, "'%s'", path);
    }
    *out = memory;
    memory = (struct memory){.entries = NULL};
    return true;
}
