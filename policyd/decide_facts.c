/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/tmpl/effective.h"

#include "policyd/decide_parts.h"

/* ---- the CSR ------------------------------------------------------------------------- */

static const struct {
    enum key_alg from;
    enum wire_key_algorithm to;
} algorithms[] = {
    [KEY_RSA] = {KEY_RSA, WIRE_KEY_RSA},
    [KEY_EC] = {KEY_EC, WIRE_KEY_EC},
    [KEY_ED25519] = {KEY_ED25519, WIRE_KEY_ED25519},
};
_Static_assert(sizeof(algorithms) / sizeof(algorithms[0]) == KEY_ALG_COUNT,
               "one a value");

static void fill_key(const struct key_info *info, struct wire_key *out)
{
    *out = (struct wire_key){.algorithm = algorithms[info->alg].to,
                             .bits = info->bits,
                             .curve = key_curve_name(info->curve),
                             .exponent = info->e};
    memcpy(out->spki_sha256, info->spki_sha256, sizeof(out->spki_sha256));
}

static void fill_extensions(struct decision *d, const struct csr *csr,
                            struct wire_csr *out)
{
    size_t count = csr->extensions.count;

    out->extensions = name_store_new(&d->store, count * sizeof(*out->extensions));
    out->extension_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct ext *e = &csr->extensions.items[i];

        out->extensions[i] = (struct wire_csr_item){e->oid, e->critical, e->der};
    }
}

static void fill_attributes(struct decision *d, const struct csr *csr,
                            struct wire_csr *out)
{
    out->attributes =
        name_store_new(&d->store, csr->attribute_count * sizeof(*out->attributes));
    for (size_t i = 0; i < csr->attribute_count; i++) {
        const struct csr_attribute *a = &csr->attributes[i];

        if (a->kind != CSR_ATTRIBUTE_EXTENSIONS) {
            out->attributes[out->attribute_count++] =
                (struct wire_csr_item){a->oid, false, a->value};
        }
    }
}

/* More names than facts can hold are left out, and refused by who asks. */
static void fill_csr(struct decision *d)
{
    const struct csr *csr = d->in.csr;
    struct wire_csr *out = &d->facts.csr;

    memcpy(out->sha256, csr->sha256, sizeof(out->sha256));
    if (csr->subject.count <= WIRE_AVAS_MAX && csr->sans.count <= WIRE_SANS_MAX) {
        out->subject = csr->subject.avas;
        out->subject_count = csr->subject.count;
        out->sans = csr->sans.names;
        out->san_count = csr->sans.count;
    }
    out->pop_ok = true; /* csr_parse() takes no other */
    fill_key(key_get_info(csr->key), &out->key);
    fill_extensions(d, csr, out);
    fill_attributes(d, csr, out);
}

static bool check_csr(const struct csr *csr, struct error *err)
{
    return (csr->subject.count <= WIRE_AVAS_MAX && csr->sans.count <= WIRE_SANS_MAX) ||
           error_set(err, ERROR_INVALID, "the request has more than %d names",
                     WIRE_SANS_MAX);
}

/* ---- the template -------------------------------------------------------------------- */

static const char **borrow_list(struct decision *d, const struct tmpl_list *list)
{
    const char **texts = name_store_new(&d->store, list->count * sizeof(*texts));

    for (size_t i = 0; i < list->count; i++) {
        texts[i] = list->items[i];
    }
    return texts;
}

static void fill_envelope(struct decision *d, struct wire_envelope *out,
                          uint64_t validity_s)
{
    const struct decide_site *site = d->in.site;
    const struct tmpl *tmpl = d->in.tmpl;

    *out = (struct wire_envelope){
        .validity_max_s = validity_s,
        .san_types = site->san_types,
        .csr_names = tmpl_has_flag(
            tmpl, TMPL_NAME, TMPL_ENROLLEE_SUPPLIES_SUBJECT | TMPL_ENROLLEE_SUPPLIES_SAN),
        .name_suffixes = site->name_suffixes,
        .name_suffix_count = site->name_suffix_count,
        .ekus = borrow_list(d, &tmpl->purposes),
        .eku_count = tmpl->purposes.count,
        .extensions = site->extensions,
        .extension_count = site->extension_count,
    };
}

static void fill_template(struct decision *d, uint64_t validity_s)
{
    const struct tmpl *tmpl = d->in.tmpl;
    struct wire_template *out = &d->facts.template;

    *out = (struct wire_template){
        .ref = {.oid = tmpl->oid,
                .name = tmpl->cn,
                .major = tmpl->major,
                .minor = tmpl->minor},
        .schema_version = tmpl->schema_version,
        .general_flags = tmpl->flags[TMPL_GENERAL],
        .enrollment_flags = tmpl->flags[TMPL_ENROLLMENT],
        .name_flags = tmpl->flags[TMPL_NAME],
        .key_flags = tmpl->flags[TMPL_PRIVATE_KEY],
        .validity_s = (uint64_t)tmpl->validity_s,
        .renewal_s = (uint64_t)tmpl->overlap_s,
        .key_bits_min = tmpl->key_size_min,
        .ra_signatures = tmpl->ra_signatures,
        .ekus = borrow_list(d, &tmpl->purposes),
        .eku_count = tmpl->purposes.count,
        .supersedes = borrow_list(d, &tmpl->supersedes),
        .supersede_count = tmpl->supersedes.count,
    };
    memcpy(out->ref.content_sha256, d->in.tmpl_sha256, WIRE_SHA256);
    fill_envelope(d, &out->envelope, validity_s);
}

/* ---- the proposal without its names -------------------------------------------------- */

/* pKIKeyUsage has the bits of an octet from its top (RFC 5280 4.2.1.3 as DER writes them). */
static uint32_t key_usage_bits(uint32_t usage)
{
    uint32_t bits = 0;

    for (unsigned int n = 0; n < 8; n++) {
        bits |= (usage & (0x80U >> n)) != 0 ? 1U << n : 0;
    }
    return bits | ((usage & TMPL_DECIPHER_ONLY) != 0 ? EXT_KU_DECIPHER_ONLY : 0);
}

/* How long from now a certificate may last; 0: not at all. */
static uint64_t longest_validity(const struct decide_input *in)
{
    int64_t longest = in->tmpl->validity_s;
    int64_t of_ca = in->site->ca_not_after_utc - in->now_utc;

    if (in->site->validity_max_s > 0 && (uint64_t)longest > in->site->validity_max_s) {
        longest = (int64_t)in->site->validity_max_s;
    }
    longest = longest > of_ca ? of_ca : longest;
    return longest > 0 ? (uint64_t)longest : 0;
}

static void fill_policies(struct decision *d, struct wire_content *out)
{
    const struct tmpl_list *policies = &d->in.tmpl->cert_policies;

    out->policies = name_store_new(&d->store, policies->count * sizeof(*out->policies));
    out->policy_count = policies->count;
    for (size_t i = 0; i < policies->count; i++) {
        out->policies[i] =
            (struct wire_policy){.oid = policies->items[i], .cps_uri = "", .notice = ""};
    }
}

static void fill_flags(const struct tmpl *tmpl, struct wire_content *out)
{
    out->basic_constraints =
        tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_INCLUDE_BASIC_CONSTRAINTS);
    out->no_revocation =
        tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_NOREVOCATIONINFOINISSUEDCERTS);
    out->ocsp_no_check = tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_ADD_OCSP_NOCHECK);
    out->template_name_v1 = tmpl->schema_version == TMPL_V1;
}

static bool fill_content(struct decision *d, uint64_t validity_s, struct error *err)
{
    const struct tmpl *tmpl = d->in.tmpl;
    struct wire_content *out = &d->facts.proposed;
    uint32_t usage = 0;

    if (!tmpl_key_usage_for(tmpl, tmpl->key.family, &usage, err)) {
        return false;
    }
    out->not_before_utc = d->in.now_utc - d->in.site->backdate_s;
    out->not_after_utc = d->in.now_utc + (int64_t)validity_s;
    out->key_usage = key_usage_bits(usage);
    out->ekus = borrow_list(d, &tmpl->purposes);
    out->eku_count = tmpl->purposes.count;
    if (tmpl->schema_version > TMPL_V1) {
        out->application_policies = borrow_list(d, &tmpl->purposes);
        out->application_policy_count = tmpl->purposes.count;
    }
    fill_policies(d, out);
    fill_flags(tmpl, out);
    return true;
}

/* ---- all ----------------------------------------------------------------------------- */

static void fill_request(struct decision *d)
{
    const struct decide_input *in = &d->in;
    struct wire_facts *f = &d->facts;

    f->request_id = in->request_id;
    memcpy(f->bundle_id, in->bundle_id, sizeof(f->bundle_id));
    f->op = in->op;
    f->stage = in->stage;
    f->time_utc = in->now_utc;
    f->local_offset_s = in->local_offset_s;
    f->zone = in->zone;
    f->peer_address = in->peer_address;
    f->auth = in->auth;
    f->requester = *in->account; /* lists stay the caller's */
    f->history = in->history;
    f->approvals = in->approvals;
    f->approval_count = in->approval_count;
}

void decide_known(struct decision *d)
{
    fill_request(d);
    fill_template(d, longest_validity(&d->in));
    fill_csr(d);
}

bool decide_facts(struct decision *d, enum reason *reason, struct error *err)
{
    uint64_t validity_s = longest_validity(&d->in);

    *reason = REASON_BOUNDS;
    if (validity_s == 0) {
        return error_set(err, ERROR_DENIED,
                         "the CA's certificate ends before the new one could begin");
    }
    *reason = REASON_KEY_WEAK;
    if (!fill_content(d, validity_s, err)) {
        err->code = ERROR_DENIED;
        return false;
    }
    *reason = REASON_MALFORMED;
    return check_csr(d->in.csr, err);
}
