/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tmpl/model_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

static void append_list(struct buf *out, const char *field, const struct tmpl_list *list)
{
    buf_printf(out, "%s=", field);
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s%s", i == 0 ? "" : " | ", list->items[i]);
    }
    buf_append_byte(out, '\n');
}

static void append_text(struct buf *out, const char *field, const char *text)
{
    buf_printf(out, "%s=%s\n", field, text != NULL ? text : "(none)");
}

static void append_numbers(struct buf *out, const struct tmpl *t)
{
    buf_printf(out, "version=%u\nmajor=%u\nminor=%u\n", t->schema_version, t->major,
               t->minor);
    buf_printf(out, "flags=%05" PRIx32 "\nenrollment=%" PRIx32 "\n",
               t->flags[TMPL_GENERAL], t->flags[TMPL_ENROLLMENT]);
    buf_printf(out, "private=%" PRIx32 "\nnames=%08" PRIx32 "\n",
               t->flags[TMPL_PRIVATE_KEY], t->flags[TMPL_NAME]);
    buf_printf(out, "validity=%" PRId64 "\noverlap=%" PRId64 "\n", t->validity_s,
               t->overlap_s);
    buf_printf(out, "usage=%04" PRIx32 "\ndepth=%" PRIu32 "\n", t->key_usage,
               t->max_issuing_depth);
    buf_printf(out,
               "ra_signatures=%" PRIu32 "\nkey_size=%" PRIu32 "\nkey_spec=%" PRIu32 "\n",
               t->ra_signatures, t->key_size_min, t->key_spec);
}

static void append_lists(struct buf *out, const struct tmpl *t)
{
    append_list(out, "ekus", &t->ekus);
    append_list(out, "app_policies", &t->app_policies);
    append_list(out, "purposes", &t->purposes);
    append_list(out, "cert_policies", &t->cert_policies);
    append_list(out, "critical", &t->critical);
    append_list(out, "ra_purposes", &t->ra_purposes);
    append_list(out, "ra_policies", &t->ra_policies);
    append_list(out, "supersedes", &t->supersedes);
    append_list(out, "providers", &t->providers);
}

static void append_key(struct buf *out, const struct tmpl *t)
{
    static const char *const families[] = {"none", "RSA", "EC"};

    buf_printf(out, "key=%s %" PRIu32 " '%s'\nhash=%" PRIu32 "\n",
               families[t->key.family], t->key.curve_bits, t->key.algorithm,
               t->hash_bits);
    buf_printf(out, "cng=%d\n", t->uses_cng ? 1 : 0);
    append_list(out, "cng_oids", &t->cng.oids);
    append_text(out, "cng_algorithm", t->cng.algorithm);
    append_text(out, "cng_hash", t->cng.hash);
    append_text(out, "cng_sddl", t->cng.key_sddl);
    append_text(out, "cng_symmetric", t->cng.symmetric);
    buf_printf(out, "cng_usage=%d %" PRIx32 "\ncng_bits=%d %" PRIu32 "\n",
               t->cng.has_key_usage ? 1 : 0, t->cng.key_usage,
               t->cng.has_symmetric_bits ? 1 : 0, t->cng.symmetric_bits);
    append_list(out, "cng_unknown", &t->cng.unknown);
}

static void append_access(struct buf *out, const struct tmpl *t)
{
    buf_printf(out, "descriptor=%d %zu\n", t->has_descriptor ? 1 : 0,
               t->descriptor != NULL ? t->descriptor->ace_count : 0);
    buf_printf(out, "access=%d\n", t->has_access ? 1 : 0);
    append_list(out, "allow", &t->allow.text);
    append_list(out, "allow_normal", &t->allow.normal);
    append_list(out, "allow_auto", &t->allow_auto.normal);
    append_list(out, "deny", &t->deny.normal);
}

static void append_findings(struct buf *out, const struct tmpl *t)
{
    buf_append_text(out, "findings=");
    for (size_t i = 0; i < t->findings.count; i++) {
        const struct tmpl_finding *finding = &t->findings.items[i];

        buf_printf(out, "%s%s %s", i == 0 ? "" : " | ",
                   tmpl_severity_name(finding->severity),
                   tmpl_reason_name(finding->reason));
    }
    buf_append_byte(out, '\n');
}

void model_append_text(struct buf *out, const struct tmpl *tmpl)
{
    append_text(out, "dn", tmpl->dn);
    append_text(out, "cn", tmpl->cn);
    append_text(out, "display", tmpl->display_name);
    append_text(out, "oid", tmpl->oid);
    buf_append_text(out, "guid=");
    if (tmpl->has_guid) {
        guid_append_text(out, &tmpl->guid);
    }
    buf_append_byte(out, '\n');
    append_numbers(out, tmpl);
    append_lists(out, tmpl);
    append_key(out, tmpl);
    append_access(out, tmpl);
    append_findings(out, tmpl);
}

/* The line of text that starts with the field of line; NULL when there is none. */
static const char *find_line(const char *text, const char *line)
{
    size_t field_len = strcspn(line, "=") + 1;

    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        if (strncmp(at, line, field_len) == 0) {
            return at;
        }
    }
    return NULL;
}

/* A change of a field that there is not would never be compared. */
static bool all_are_fields(const char *changes, const char *base)
{
    for (const char *line = changes; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (find_line(base, line) == NULL) {
            (void)fprintf(stderr, "no field: %.*s\n", (int)strcspn(line, "\n"), line);
            return false;
        }
    }
    return true;
}

bool model_equals(const char *actual, const char *base, const char *changes)
{
    if (!all_are_fields(changes, base)) {
        return false;
    }
    for (const char *line = base; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *change = find_line(changes, line);
        const char *expected = change != NULL ? change : line;
        const char *got = find_line(actual, line);
        size_t len = strcspn(expected, "\n") + 1;

        if (got == NULL || strncmp(got, expected, len) != 0) {
            (void)fprintf(stderr, "expected %.*s\ngot      %.*s\n", (int)(len - 1),
                          expected, got != NULL ? (int)strcspn(got, "\n") : 0,
                          got != NULL ? got : "");
            return false;
        }
    }
    return true;
}
