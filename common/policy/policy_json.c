/* SPDX-License-Identifier: Apache-2.0 */
#include "common/policy/policy_json.h"

#include <string.h>

#include "common/base/json_write.h"
#include "common/base/text.h"
#include "common/base/utc.h"

enum { TEMPLATES_MAX = 1024, SUPERSEDES_MAX = 64 };

static const char *const flag_names[] = {
    "same_key",        "exportable", "remove_invalid", "skip_renewal",
    "check_directory", "ask_user",   "protect_key",    "pss",
};
enum { FLAG_COUNT = sizeof(flag_names) / sizeof(flag_names[0]) };
_Static_assert((1 << FLAG_COUNT) - 1 == WIRE_POLICY_FLAGS, "one name a flag");

/* ---- writing ------------------------------------------------------------------------- */

static void add_time(struct json_writer *w, const char *key, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    utc_append(&text, utc);
    json_add_text(w, key, buf_text(&text));
}

static void add_hex(struct json_writer *w, const char *key, struct bytes octets)
{
    AUTO(buf) text = BUF_EMPTY;

    text_append_hex(&text, octets.data, octets.len);
    json_add_text(w, key, buf_text(&text));
}

static void add_reference(struct json_writer *w, const struct wire_template_ref *ref)
{
    json_add_text(w, "name", ref->name);
    json_add_text(w, "oid", ref->oid);
    json_add_i64(w, "major", ref->major);
    json_add_i64(w, "minor", ref->minor);
    add_hex(w, "content_sha256", (struct bytes){ref->content_sha256, WIRE_SHA256});
}

static void add_flags(struct json_writer *w, uint32_t flags)
{
    json_open_list(w, "flags");
    for (unsigned int i = 0; i < FLAG_COUNT; i++) {
        if ((flags & (1U << i)) != 0) {
            json_add_text(w, NULL, flag_names[i]);
        }
    }
    json_close(w);
}

static void add_template(struct json_writer *w, const struct wire_policy_template *t)
{
    json_open_object(w, NULL);
    add_reference(w, &t->ref);
    json_add_text(w, "display", t->display);
    json_add_text(w, "label", t->label);
    json_add_text(w, "kind", wire_account_kind_name(t->kind));
    json_add_bool(w, "enroll", t->enroll);
    json_add_bool(w, "autoenroll", t->autoenroll);
    json_add_text(w, "reason", t->reason);
    json_add_text(w, "sentence", t->sentence);
    json_add_text(w, "key_algorithm", wire_key_algorithm_name(t->algorithm));
    json_add_text(w, "key_curve", t->curve);
    json_add_i64(w, "key_bits", t->bits);
    json_add_text(w, "subject", wire_subject_source_name(t->subject));
    add_flags(w, t->flags);
    json_add_i64(w, "validity_s", (int64_t)t->validity_s);
    json_add_i64(w, "renewal_s", (int64_t)t->renewal_s);
    json_open_list(w, "supersedes");
    for (size_t i = 0; i < t->supersede_count; i++) {
        json_add_text(w, NULL, t->supersedes[i]);
    }
    json_close(w);
    json_close(w);
}

bool policy_write_json(const struct wire_policy_answer *answer, struct buf *out,
                       struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) checked = BUF_EMPTY;

    if (!wire_policy_answer_encode(answer, &checked, err)) { /* within the bounds? */
        return false;
    }
    json_open_object(&w, NULL);
    json_add_text(&w, "principal", answer->principal);
    json_add_text(&w, "ca", answer->ca);
    add_time(&w, "server_time", answer->server_utc);
    json_add_i64(&w, "ask_again_s", (int64_t)answer->ask_again_s);
    json_open_list(&w, "templates");
    for (size_t i = 0; i < answer->template_count; i++) {
        add_template(&w, &answer->templates[i]);
    }
    json_close(&w);
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, POLICY_JSON_MAX, out, err);
}

/* ---- reading ------------------------------------------------------------------------- */

struct reading {
    struct name_store *store;
    struct error *err;
};

static bool get_text(struct reading *r, const struct json_at *at, const char *key,
                     size_t max, const char **out)
{
    const char *text = NULL;

    if (!json_get_text(at, key, max, &text, r->err)) {
        return false;
    }
    *out = name_store_copy(r->store, text, strlen(text));
    return true;
}

static bool get_time(struct reading *r, const struct json_at *at, const char *key,
                     int64_t *out)
{
    const char *text = NULL;

    return json_get_text(at, key, 32, &text, r->err) && utc_parse(text, out, r->err);
}

static bool get_u32(struct reading *r, const struct json_at *at, const char *key,
                    uint32_t *out)
{
    int64_t value = 0;

    if (!json_get_i64(at, key, 0, UINT32_MAX, &value, r->err)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static bool get_seconds(struct reading *r, const struct json_at *at, const char *key,
                        uint64_t *out)
{
    int64_t value = 0;

    if (!json_get_i64(at, key, 0, INT64_MAX, &value, r->err)) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

/* ---- names of enums ------------------------------------------------------------------ */

static const char *kind_name(unsigned int value)
{
    return wire_account_kind_name((enum wire_account_kind)value);
}

static const char *algorithm_name(unsigned int value)
{
    return wire_key_algorithm_name((enum wire_key_algorithm)value);
}

static const char *subject_name(unsigned int value)
{
    return wire_subject_source_name((enum wire_subject_source)value);
}

static const char *health_name(unsigned int value)
{
    return wire_health_name((enum wire_health)value);
}

struct names {
    const char *(*name)(unsigned int value);
    unsigned int count;
};
static const struct names kinds = {kind_name, WIRE_ACCOUNT_KIND_COUNT};
static const struct names algorithms = {algorithm_name, WIRE_KEY_ALGORITHM_COUNT};
static const struct names subjects = {subject_name, WIRE_SUBJECT_SOURCE_COUNT};
static const struct names healths = {health_name, WIRE_HEALTH_COUNT};

static bool get_named(struct reading *r, const struct json_at *at, const char *key,
                      const struct names *names, unsigned int *out)
{
    const char *text = NULL;

    if (!json_get_text(at, key, WIRE_CODE_MAX, &text, r->err)) {
        return false;
    }
    for (unsigned int i = 0; i < names->count; i++) {
        if (strcmp(names->name(i), text) == 0) {
            *out = i;
            return true;
        }
    }
    return error_set(r->err, ERROR_INVALID, "%s: unknown value '%.64s'", key, text);
}

/* ---- reading, record by record ------------------------------------------------------- */

static bool get_octets(struct reading *r, const struct json_at *at, const char *key,
                       size_t max, struct bytes *out)
{
    AUTO(buf) octets = BUF_EMPTY;
    const char *text = NULL;

    if (!json_get_text(at, key, 2 * max, &text, r->err) ||
        !text_parse_hex(text, max, &octets, r->err)) {
        return false;
    }
    *out = (struct bytes){
        (unsigned char *)name_store_copy(r->store, octets.data, octets.len), octets.len};
    return true;
}

static bool read_reference(struct reading *r, const struct json_at *at,
                           struct wire_template_ref *out)
{
    struct bytes hash = {NULL, 0};

    if (!get_text(r, at, "name", WIRE_NAME_MAX, &out->name) ||
        !get_text(r, at, "oid", WIRE_NAME_MAX, &out->oid) ||
        !get_u32(r, at, "major", &out->major) || !get_u32(r, at, "minor", &out->minor) ||
        !get_octets(r, at, "content_sha256", WIRE_SHA256, &hash)) {
        return false;
    }
    if (hash.len != WIRE_SHA256) {
        return error_set(r->err, ERROR_INVALID, "content_sha256 has %zu octets",
                         hash.len);
    }
    memcpy(out->content_sha256, hash.data, WIRE_SHA256);
    return true;
}

/* An unknown flag is passed over like an unknown member. */
static bool read_flags(struct reading *r, const struct json_at *at, uint32_t *out)
{
    struct json_at list;

    if (!json_get_list(at, "flags", 64, &list, r->err)) {
        return false;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);
        const char *text = NULL;

        if (!json_as_text(&item, WIRE_CODE_MAX, &text, r->err)) {
            return false;
        }
        for (unsigned int bit = 0; bit < FLAG_COUNT; bit++) {
            *out |= strcmp(flag_names[bit], text) == 0 ? 1U << bit : 0;
        }
    }
    return true;
}

static bool read_supersedes(struct reading *r, const struct json_at *at,
                            struct wire_policy_template *out)
{
    struct json_at list;

    if (!json_get_list(at, "supersedes", SUPERSEDES_MAX, &list, r->err)) {
        return false;
    }
    out->supersede_count = json_count(&list);
    out->supersedes =
        name_store_new(r->store, out->supersede_count * sizeof(*out->supersedes));
    for (size_t i = 0; i < out->supersede_count; i++) {
        struct json_at item = json_item(&list, i);
        const char *text = NULL;

        if (!json_as_text(&item, WIRE_NAME_MAX, &text, r->err)) {
            return false;
        }
        out->supersedes[i] = name_store_copy(r->store, text, strlen(text));
    }
    return true;
}

static bool read_key(struct reading *r, const struct json_at *at,
                     struct wire_policy_template *out)
{
    unsigned int algorithm = 0;

    if (!get_named(r, at, "key_algorithm", &algorithms, &algorithm) ||
        !get_text(r, at, "key_curve", WIRE_CODE_MAX, &out->curve) ||
        !get_u32(r, at, "key_bits", &out->bits)) {
        return false;
    }
    out->algorithm = (enum wire_key_algorithm)algorithm;
    return true;
}

static bool read_rights(struct reading *r, const struct json_at *at,
                        struct wire_policy_template *out)
{
    unsigned int kind = 0;
    unsigned int subject = 0;

    if (!get_named(r, at, "kind", &kinds, &kind) ||
        !get_named(r, at, "subject", &subjects, &subject)) {
        return false;
    }
    out->kind = (enum wire_account_kind)kind;
    out->subject = (enum wire_subject_source)subject;
    return json_get_bool(at, "enroll", &out->enroll, r->err) &&
           json_get_bool(at, "autoenroll", &out->autoenroll, r->err) &&
           get_text(r, at, "reason", WIRE_CODE_MAX, &out->reason) &&
           get_text(r, at, "sentence", WIRE_SENTENCE_MAX, &out->sentence);
}

static bool read_template(struct reading *r, const struct json_at *at,
                          struct wire_policy_template *out)
{
    return json_as_object(at, r->err) && read_reference(r, at, &out->ref) &&
           get_text(r, at, "display", WIRE_NAME_MAX, &out->display) &&
           get_text(r, at, "label", WIRE_NAME_MAX, &out->label) &&
           read_rights(r, at, out) && read_key(r, at, out) &&
           read_flags(r, at, &out->flags) &&
           get_seconds(r, at, "validity_s", &out->validity_s) &&
           get_seconds(r, at, "renewal_s", &out->renewal_s) &&
           read_supersedes(r, at, out);
}

static bool read_templates(struct reading *r, const struct json_at *root,
                           struct wire_policy_answer *out)
{
    struct json_at list;

    if (!json_get_list(root, "templates", TEMPLATES_MAX, &list, r->err)) {
        return false;
    }
    out->template_count = json_count(&list);
    out->templates =
        name_store_new(r->store, out->template_count * sizeof(*out->templates));
    for (size_t i = 0; i < out->template_count; i++) {
        struct json_at item = json_item(&list, i);

        if (!read_template(r, &item, &out->templates[i])) {
            return error_wrap(r->err, "templates[%zu]", i);
        }
    }
    return true;
}

bool policy_read_json(struct bytes text, struct name_store *store,
                      struct wire_policy_answer *out, struct error *err)
{
    struct wire_policy_answer answer = {.etag = ""};
    struct reading r = {store, err};
    AUTO(json) doc = NULL;
    AUTO(buf) checked = BUF_EMPTY;

    if (!json_parse(text, POLICY_JSON_MAX, &doc, err)) {
        return false;
    }
    struct json_at root = json_root(doc);
    if (!get_text(&r, &root, "principal", WIRE_PRINCIPAL_MAX, &answer.principal) ||
        !get_text(&r, &root, "ca", WIRE_CA_MAX, &answer.ca) ||
        !get_time(&r, &root, "server_time", &answer.server_utc) ||
        !get_seconds(&r, &root, "ask_again_s", &answer.ask_again_s) ||
        !read_templates(&r, &root, &answer) ||
        !wire_policy_answer_encode(&answer, &checked, err)) {
        return error_wrap(err, "the policy");
    }
    *out = answer;
    return true;
}

/* ---- the report ---------------------------------------------------------------------- */

bool report_write_json(const struct wire_report *report, struct buf *out,
                       struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) checked = BUF_EMPTY;

    if (!wire_report_encode(report, &checked, err)) {
        return false;
    }
    json_open_object(&w, NULL);
    json_add_text(&w, "software", report->software);
    add_time(&w, "started", report->started_utc);
    add_time(&w, "finished", report->finished_utc);
    json_add_i64(&w, "exit_code", report->exit_code);
    json_open_list(&w, "entries");
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct wire_report_entry *e = &report->entries[i];

        json_open_object(&w, NULL);
        add_reference(&w, &e->template);
        json_add_text(&w, "health", wire_health_name(e->health));
        add_hex(&w, "serial", e->serial);
        add_time(&w, "not_after", e->not_after_utc);
        json_add_text(&w, "reason", e->reason);
        json_add_text(&w, "sentence", e->sentence);
        json_close(&w);
    }
    json_close(&w);
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, REPORT_JSON_MAX, out, err);
}

static bool read_entry(struct reading *r, const struct json_at *at,
                       struct wire_report_entry *out)
{
    static const char *const members[] = {
        "name",      "oid",    "major",    "minor", "content_sha256", "health", "serial",
        "not_after", "reason", "sentence", NULL};
    unsigned int health = 0;

    if (!json_expect_only(at, members, r->err) ||
        !read_reference(r, at, &out->template) ||
        !get_named(r, at, "health", &healths, &health) ||
        !get_octets(r, at, "serial", WIRE_SERIAL_MAX, &out->serial) ||
        !get_time(r, at, "not_after", &out->not_after_utc)) {
        return false;
    }
    out->health = (enum wire_health)health;
    return get_text(r, at, "reason", WIRE_CODE_MAX, &out->reason) &&
           get_text(r, at, "sentence", WIRE_SENTENCE_MAX, &out->sentence);
}

static bool read_entries(struct reading *r, const struct json_at *root,
                         struct wire_report *out)
{
    struct json_at list;

    if (!json_get_list(root, "entries", TEMPLATES_MAX, &list, r->err)) {
        return false;
    }
    out->entry_count = json_count(&list);
    out->entries = name_store_new(r->store, out->entry_count * sizeof(*out->entries));
    for (size_t i = 0; i < out->entry_count; i++) {
        struct json_at item = json_item(&list, i);

        if (!read_entry(r, &item, &out->entries[i])) {
            return error_wrap(r->err, "entries[%zu]", i);
        }
    }
    return true;
}

bool report_read_json(struct bytes text, struct name_store *store,
                      struct wire_report *out, struct error *err)
{
    static const char *const members[] = {"software",  "started", "finished",
                                          "exit_code", "entries", NULL};
    struct wire_report report = {.deadline_ms = 1};
    struct reading r = {store, err};
    AUTO(json) doc = NULL;
    AUTO(buf) checked = BUF_EMPTY;

    if (!json_parse(text, REPORT_JSON_MAX, &doc, err)) {
        return false;
    }
    struct json_at root = json_root(doc);
    if (!json_expect_only(&root, members, err) ||
        !get_text(&r, &root, "software", WIRE_CODE_MAX, &report.software) ||
        !get_time(&r, &root, "started", &report.started_utc) ||
        !get_time(&r, &root, "finished", &report.finished_utc) ||
        !get_u32(&r, &root, "exit_code", &report.exit_code) ||
        !read_entries(&r, &root, &report) ||
        !wire_report_encode(&report, &checked, err)) {
        return error_wrap(err, "the report");
    }
    *out = report;
    return true;
}
