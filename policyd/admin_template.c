/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/ext_words.h"
#include "common/tmpl/effective.h"

#include "policyd/admin_json.h"
#include "policyd/admin_query.h"
#include "policyd/template_set.h"

enum { MS_PER_S = 1000 };

/* ---- parts --------------------------------------------------------------------------- */

static void add_text_or_null(struct json_writer *out, const char *key, const char *text)
{
    if (text == NULL || *text == '\0') {
        json_add_null(out, key);
    } else {
        json_add_text(out, key, text);
    }
}

static void add_list(struct json_writer *out, const char *key,
                     const struct tmpl_list *list)
{
    json_open_list(out, key);
    for (size_t i = 0; i < list->count; i++) {
        json_add_text(out, NULL, list->items[i]);
    }
    json_close(out);
}

/* When it was read, and whether it counts still. */
static void add_reading(const struct admin *admin, const struct admin_templates *t,
                        struct json_writer *out)
{
    int64_t now_utc = clock_now_utc(admin->options.clock);

    json_open_object(out, "reading");
    json_add_bool(out, "counts", t->serves);
    admin_add_utc(out, "time", t->set == NULL ? 0 : now_utc - t->age_ms / MS_PER_S);
    add_text_or_null(out, "problem", t->problem);
    add_text_or_null(out, "watch_problem", t->watch_problem);
    json_close(out);
}

static void add_version(struct json_writer *out, const struct tmpl *tmpl)
{
    char version[32];

    (void)snprintf(version, sizeof(version), "%u.%u", tmpl->major, tmpl->minor);
    json_add_text(out, "version", version);
}

static void add_key(struct json_writer *out, const struct tmpl *tmpl)
{
    const bool ec = tmpl->key.family == TMPL_KEY_EC;
    const char *family = tmpl->key.family == TMPL_KEY_RSA ? "rsa" : "none";

    json_open_object(out, "key");
    json_add_text(out, "family", ec ? "ec" : family);
    json_add_i64(out, "bits_min",
                 ec && tmpl->key.curve_bits > 0 ? tmpl->key.curve_bits
                                                : tmpl->key_size_min);
    json_close(out);
}

/* What a list shows of each; tmpl is NULL where the entry cannot be read. */
static void add_summary(struct json_writer *out, const struct admin_templates *t,
                        const struct template_item *item)
{
    const struct tmpl *tmpl = item->tmpl;

    json_add_text(out, "name", item->name);
    json_add_bool(out, "published", item->published);
    json_add_bool(out, "issues", t->serves && item->published && item->problem == NULL);
    add_text_or_null(out, "problem", item->problem);
    json_add_bool(out, "readable", tmpl != NULL);
    if (tmpl == NULL) {
        return;
    }
    json_add_text(out, "display_name", tmpl->display_name);
    json_add_text(out, "oid", tmpl->oid);
    add_version(out, tmpl);
    json_add_i64(out, "schema_version", tmpl->schema_version);
    json_add_text(out, "kind", tmpl_is_for_machines(tmpl) ? "machine" : "user");
    json_add_i64(out, "validity_s", tmpl->validity_s);
    json_add_i64(out, "overlap_s", tmpl->overlap_s);
    add_key(out, tmpl);
    json_add_i64(out, "findings", (int64_t)(tmpl->findings.count + item->lint.count));
}

/* ---- one, whole ---------------------------------------------------------------------- */

/* The word of a purpose, "" where it has none. */
static const char *purpose_word(const char *oid)
{
    static const char *const words[] = {"serverAuth",      "clientAuth",   "codeSigning",
                                        "emailProtection", "timeStamping", "OCSPSigning",
                                        "smartcardLogon",  "pkinitClient", "pkinitKdc",
                                        "ipsecIKE",        "cmcRA"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *found = ext_find_purpose(words[i]);

        if (found != NULL && strcmp(found, oid) == 0) {
            return words[i];
        }
    }
    return "";
}

static void add_purposes(struct json_writer *out, const struct tmpl *tmpl)
{
    json_open_list(out, "purposes");
    for (size_t i = 0; i < tmpl->purposes.count; i++) {
        json_open_object(out, NULL);
        json_add_text(out, "oid", tmpl->purposes.items[i]);
        json_add_text(out, "name", purpose_word(tmpl->purposes.items[i]));
        json_close(out);
    }
    json_close(out);
}

static void add_flags(struct json_writer *out, const struct tmpl *tmpl)
{
    json_open_object(out, "flags");
    for (unsigned int i = 0; i < TMPL_FIELD_COUNT; i++) {
        AUTO(buf) words = BUF_EMPTY;

        tmpl_flags_append_text(&words, (enum tmpl_field)i, tmpl->flags[i]);
        json_add_text(out, tmpl_field_name((enum tmpl_field)i), buf_text(&words));
    }
    json_close(out);
}

static void add_approval(struct json_writer *out, const struct tmpl *tmpl)
{
    json_open_object(out, "approval");
    json_add_bool(out, "needed",
                  tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_PEND_ALL_REQUESTS));
    json_add_bool(out, "renewal_without",
                  tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_PREVIOUS_APPROVAL_VALIDATE));
    json_add_i64(out, "signatures", tmpl->ra_signatures);
    json_close(out);
}

static void add_access(struct json_writer *out, const struct tmpl *tmpl)
{
    json_open_object(out, "access");
    add_list(out, "enroll", &tmpl->allow.text);
    add_list(out, "autoenroll", &tmpl->allow_auto.text);
    add_list(out, "deny", &tmpl->deny.text);
    json_add_bool(out, "descriptor", tmpl->has_descriptor);
    json_close(out);
}

static void add_findings(struct json_writer *out, const struct tmpl_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct tmpl_finding *f = &findings->items[i];

        json_open_object(out, NULL);
        json_add_text(out, "severity", tmpl_severity_name(f->severity));
        json_add_text(out, "finding", tmpl_reason_name(f->reason));
        json_add_text(out, "field", f->field);
        json_add_text(out, "sentence", f->text);
        json_close(out);
    }
}

static void collect_unsafe(const struct tmpl_findings *findings, struct tmpl_list *out,
                           bool *blocked)
{
    for (size_t i = 0; i < findings->count; i++) {
        const char *name = tmpl_reason_name(findings->items[i].reason);

        *blocked = *blocked || findings->items[i].severity == TMPL_BLOCKS;
        if (findings->items[i].severity == TMPL_UNSAFE && !tmpl_list_has(out, name)) {
            tmpl_list_add(out, name);
        }
    }
}

static char *acknowledgement(const struct template_item *item,
                             const struct tmpl_list *names)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_printf(&text, "[acknowledge %s]\nfindings = ", item->name);
    for (size_t i = 0; i < names->count; i++) {
        buf_printf(&text, "%s%s", i == 0 ? "" : ", ", names->items[i]);
    }
    buf_append_text(&text, "\nsha256 = ");
    text_append_hex(&text, item->sha256, sizeof(item->sha256));
    buf_append_byte(&text, '\n');
    return mem_strdup(buf_text(&text));
}

/* What to write into policyd.conf, where that is all that keeps it from issuing. */
static void add_acknowledge(struct json_writer *out, const struct template_item *item)
{
    struct tmpl_list names = TMPL_LIST_EMPTY;
    bool blocked = false;

    collect_unsafe(&item->tmpl->findings, &names, &blocked);
    collect_unsafe(&item->lint, &names, &blocked);
    if (item->problem == NULL || blocked || names.count == 0) {
        json_add_null(out, "acknowledge");
    } else {
        AUTO(string) lines = acknowledgement(item, &names);

        json_add_text(out, "acknowledge", lines);
    }
    tmpl_list_clear(&names);
}

static void add_all(struct json_writer *out, const struct admin_templates *t,
                    const struct template_item *item)
{
    const struct tmpl *tmpl = item->tmpl;

    json_open_object(out, "template");
    add_summary(out, t, item);
    json_add_text(out, "dn", item->dn);
    if (tmpl != NULL) {
        admin_add_hex(out, "sha256", item->sha256, sizeof(item->sha256));
        add_purposes(out, tmpl);
        add_flags(out, tmpl);
        json_add_text(out, "names_from",
                      tmpl_takes_names_from_request(tmpl) ? "request" : "directory");
        json_add_bool(out, "autoenroll", tmpl_autoenrolls(tmpl));
        add_approval(out, tmpl);
        add_list(out, "supersedes", &tmpl->supersedes);
        add_access(out, tmpl);
        json_open_list(out, "lint");
        add_findings(out, &tmpl->findings);
        add_findings(out, &item->lint);
        json_close(out);
        add_acknowledge(out, item);
    }
    json_close(out);
}

/* ---- the verbs ----------------------------------------------------------------------- */

static bool get(const struct admin_call *call, struct admin_templates *t,
                struct error *err)
{
    const struct admin_port *port = call->admin->options.port;

    return port->templates != NULL
               ? port->templates(port->ctx, t, err)
               : error_set(err, ERROR_NOT_FOUND, "policyd reads no templates here");
}

static void show_all(struct json_writer *out, const struct admin_templates *t)
{
    const struct template_set *set = t->set;

    add_text_or_null(out, "service_problem",
                     set == NULL ? NULL : template_set_service_problem(set));
    add_list(out, "missing", set == NULL ? &TMPL_LIST_EMPTY : template_set_missing(set));
    json_open_list(out, "templates");
    for (size_t i = 0; set != NULL && i < template_set_count(set); i++) {
        json_open_object(out, NULL);
        add_summary(out, t, template_set_get(set, i));
        json_close(out);
    }
    json_close(out);
}

static bool show_one(struct json_writer *out, const struct admin_templates *t,
                     const char *name, struct error *err)
{
    if (t->set == NULL) {
        return error_set(err, ERROR_UNAVAILABLE, "no templates were read: %s",
                         t->problem);
    }
    const struct template_item *item = template_set_find(t->set, name);
    if (item == NULL) {
        item = template_set_find_oid(t->set, name);
    }
    if (item == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "the directory has no template '%s'",
                         name);
    }
    add_all(out, t, item);
    return true;
}

/* By its name in the path, where that can stand there, or behind name=; else all of them. */
bool admin_run_templates(const struct admin_call *call, struct json_writer *out,
                         struct error *err)
{
    static const char *const names[] = {"name", NULL};
    AUTO(admin_query) query = {.count = 0};
    struct admin_templates t = {.set = NULL};

    if (!admin_query_parse(call->request->query, names, &query, err) ||
        !get(call, &t, err)) {
        return false;
    }
    AUTO(template_set) set = t.set;
    const char *name = admin_query_get(&query, "name");
    if (name == NULL && *call->rest != '\0') {
        name = call->rest;
    }
    add_reading(call->admin, &t, out);
    if (name != NULL) {
        return show_one(out, &t, name, err);
    }
    show_all(out, &t);
    return true;
}
