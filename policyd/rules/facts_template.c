/* SPDX-License-Identifier: Apache-2.0 */
#include <strings.h>

#include "common/tmpl/flags.h"

#include "policyd/rules/facts_rows.h"

enum { BITS = 32 };

/* Names as [MS-CRTD] has them, in lower case: flags.enrollment.pend_all_requests. */
static struct fact_value find_flag(enum tmpl_field field, uint32_t value,
                                   const char *name)
{
    for (unsigned int bit = 0; bit < BITS; bit++) {
        const struct tmpl_flag *flag = tmpl_flag_get(field, bit);

        if (flag->name != NULL && strcasecmp(flag->name, name) == 0) {
            return fact_of_flag((value >> bit & 1U) != 0);
        }
    }
    return (struct fact_value){.kind = FACT_UNKNOWN};
}

static const char *flag_at(enum tmpl_field field, size_t i)
{
    for (unsigned int bit = 0; bit < BITS; bit++) {
        const struct tmpl_flag *flag = tmpl_flag_get(field, bit);

        if (flag->name != NULL && i-- == 0) {
            return flag->name;
        }
    }
    return NULL;
}

static struct fact_value find_general(const void *record, const char *name)
{
    const struct wire_template *template = record;

    return find_flag(TMPL_GENERAL, template->general_flags, name);
}

static const char *general_at(const void *record, size_t i)
{
    (void)record;
    return flag_at(TMPL_GENERAL, i);
}

static struct fact_value find_enrollment(const void *record, const char *name)
{
    const struct wire_template *template = record;

    return find_flag(TMPL_ENROLLMENT, template->enrollment_flags, name);
}

static const char *enrollment_at(const void *record, size_t i)
{
    (void)record;
    return flag_at(TMPL_ENROLLMENT, i);
}

static struct fact_value find_key(const void *record, const char *name)
{
    const struct wire_template *template = record;

    return find_flag(TMPL_PRIVATE_KEY, template->key_flags, name);
}

static const char *key_at(const void *record, size_t i)
{
    (void)record;
    return flag_at(TMPL_PRIVATE_KEY, i);
}

static struct fact_value find_name(const void *record, const char *name)
{
    const struct wire_template *template = record;

    return find_flag(TMPL_NAME, template->name_flags, name);
}

static const char *name_at(const void *record, size_t i)
{
    (void)record;
    return flag_at(TMPL_NAME, i);
}

static const struct fact_type general_flags = {
    .name = "flags.general", .find = find_general, .name_at = general_at};
static const struct fact_type enrollment_flags = {
    .name = "flags.enrollment", .find = find_enrollment, .name_at = enrollment_at};
static const struct fact_type key_flags = {
    .name = "flags.key", .find = find_key, .name_at = key_at};
static const struct fact_type name_flags = {
    .name = "flags.name", .find = find_name, .name_at = name_at};

static const struct fact_field flags_rows[] = {
    FACT_SAME("general", general_flags),
    FACT_SAME("enrollment", enrollment_flags),
    FACT_SAME("key", key_flags),
    FACT_SAME("name", name_flags),
};
static const FACT_TYPE(flags_type, "req.template.flags", flags_rows);

static struct fact_value find_san_type(const void *record, const char *name)
{
    const struct wire_envelope *envelope = record;
    enum general_type type = GENERAL_TYPE_COUNT;

    if (!fact_general_find(name, &type)) {
        return (struct fact_value){.kind = FACT_UNKNOWN};
    }
    return fact_of_flag((envelope->san_types >> type & 1U) != 0);
}

static const char *san_type_at(const void *record, size_t i)
{
    (void)record;
    return i < GENERAL_TYPE_COUNT ? fact_general_word((enum general_type)i) : NULL;
}

static const struct fact_type san_types = {
    .name = "envelope.san_types", .find = find_san_type, .name_at = san_type_at};

static const struct fact_field envelope_rows[] = {
    FACT_U64("validity_max", wire_envelope, validity_max_s),
    FACT_SAME("san_types", san_types),
    FACT_BOOL("csr_names", wire_envelope, csr_names),
    FACT_TEXTS("name_suffixes", wire_envelope, name_suffixes, name_suffix_count),
    FACT_TEXTS("eku", wire_envelope, ekus, eku_count),
    FACT_TEXTS("extensions", wire_envelope, extensions, extension_count),
};
static const FACT_TYPE(envelope_type, "req.template.envelope", envelope_rows);

static const struct fact_field template_rows[] = {
    FACT_TEXT("name", wire_template, ref.name),
    FACT_TEXT("oid", wire_template, ref.oid),
    FACT_U32("major", wire_template, ref.major),
    FACT_U32("minor", wire_template, ref.minor),
    FACT_U32("schema_version", wire_template, schema_version),
    FACT_SAME("flags", flags_type),
    FACT_TEXTS("eku", wire_template, ekus, eku_count),
    FACT_U64("validity", wire_template, validity_s),
    FACT_U64("renewal", wire_template, renewal_s),
    FACT_U32("min_key", wire_template, key_bits_min),
    FACT_U32("ra_signatures", wire_template, ra_signatures),
    FACT_TEXTS("supersedes", wire_template, supersedes, supersede_count),
    FACT_RECORD("envelope", wire_template, envelope, wire_envelope, envelope_type),
};
const FACT_TYPE(fact_template_type, "req.template", template_rows);
