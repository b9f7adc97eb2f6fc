/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/tmpl/tmpl.h"

/*
 * Lines of "<name>=<value>" in a fixed order. Texts and octets are written with their length
 * in front, so that no content can look like another field. Lists are sorted already. What is
 * derived (purposes, key, findings) is left out: what it is derived from is there.
 */
static const char format_line[] = "autoenroll template content 1\n";

static void append_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, "%s=%" PRId64 "\n", name, value);
}

static void append_octets(struct buf *out, const char *name, struct bytes value)
{
    buf_printf(out, "%s=%zu:", name, value.len);
    buf_append(out, value.data, value.len);
    buf_append_byte(out, '\n');
}

/* NULL and "" are different: absent is not empty. */
static void append_text(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        append_octets(out, name, bytes_of_text(value));
    }
}

static void append_list(struct buf *out, const char *name, const struct tmpl_list *list)
{
    append_number(out, name, (int64_t)list->count);
    for (size_t i = 0; i < list->count; i++) {
        append_text(out, name, list->items[i]);
    }
}

static void append_cng(struct buf *out, const struct ra_policy *cng)
{
    append_text(out, "algorithm", cng->algorithm);
    append_text(out, "hash", cng->hash);
    append_text(out, "key-sddl", cng->key_sddl);
    append_text(out, "symmetric", cng->symmetric);
    append_number(out, "has-key-usage", cng->has_key_usage ? 1 : 0);
    append_number(out, "key-usage", cng->key_usage);
    append_number(out, "has-symmetric-bits", cng->has_symmetric_bits ? 1 : 0);
    append_number(out, "symmetric-bits", cng->symmetric_bits);
    append_list(out, "unknown", &cng->unknown);
}

static void append_sid(struct buf *out, const char *name, bool present,
                       const struct sid *sid)
{
    AUTO(buf) octets = BUF_EMPTY;

    if (present) {
        sid_append(&octets, sid);
        append_octets(out, name, buf_bytes(&octets));
    }
}

/* Who owns it and what its entries are, in their order; not where they lie. */
static void append_descriptor(struct buf *out, const struct tmpl *tmpl)
{
    const struct sd *sd = tmpl->descriptor;

    append_number(out, "has-descriptor", tmpl->has_descriptor ? 1 : 0);
    append_number(out, "readable", sd != NULL ? 1 : 0);
    if (sd == NULL) {
        return;
    }
    append_sid(out, "owner", sd->has_owner, &sd->owner);
    append_sid(out, "group", sd->has_group, &sd->group);
    append_number(out, "has-dacl", sd->has_dacl ? 1 : 0);
    append_number(out, "entries", (int64_t)sd->ace_count);
    for (size_t i = 0; i < sd->ace_count; i++) {
        append_octets(out, "entry", sd->aces[i].octets);
    }
}

static void append_issuance(struct buf *out, const struct tmpl *tmpl)
{
    append_number(out, "validity", tmpl->validity_s);
    append_number(out, "overlap", tmpl->overlap_s);
    append_number(out, "usage", tmpl->key_usage);
    append_list(out, "eku", &tmpl->ekus);
    append_list(out, "application-policy", &tmpl->app_policies);
    append_list(out, "certificate-policy", &tmpl->cert_policies);
    append_list(out, "critical", &tmpl->critical);
    append_number(out, "depth", tmpl->max_issuing_depth);
    append_number(out, "ra-signatures", tmpl->ra_signatures);
    append_list(out, "ra-purpose", &tmpl->ra_purposes);
    append_list(out, "ra-policy", &tmpl->ra_policies);
    append_list(out, "supersedes", &tmpl->supersedes);
}

static void append_key(struct buf *out, const struct tmpl *tmpl)
{
    append_number(out, "key-size", tmpl->key_size_min);
    append_number(out, "key-spec", tmpl->key_spec);
    append_list(out, "provider", &tmpl->providers);
    append_number(out, "uses-cng", tmpl->uses_cng ? 1 : 0);
    append_cng(out, &tmpl->cng);
}

void tmpl_append_canonical(const struct tmpl *tmpl, struct buf *out)
{
    buf_append_text(out, format_line);
    append_text(out, "cn", tmpl->cn);
    append_text(out, "oid", tmpl->oid);
    append_number(out, "version", tmpl->schema_version);
    append_number(out, "major", tmpl->major);
    append_number(out, "minor", tmpl->minor);
    for (size_t i = 0; i < TMPL_FIELD_COUNT; i++) {
        append_number(out, tmpl_field_name((enum tmpl_field)i), tmpl->flags[i]);
    }
    append_issuance(out, tmpl);
    append_key(out, tmpl);
    append_descriptor(out, tmpl);
    append_number(out, "has-access", tmpl->has_access ? 1 : 0);
    append_list(out, "allow", &tmpl->allow.text);
    append_list(out, "allow-auto", &tmpl->allow_auto.text);
    append_list(out, "deny", &tmpl->deny.text);
}
