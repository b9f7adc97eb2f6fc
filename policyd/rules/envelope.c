/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/envelope.h"

#include <inttypes.h>
#include <string.h>

#include "common/pki/ext.h"
#include "common/wire/content.h"

/* What the profile, the signer or a field of its own decides; rules add none of them (I4). */
static const char *const reserved[] = {
    EXT_OID_SKI,
    EXT_OID_KEY_USAGE,
    EXT_OID_SAN,
    EXT_OID_BASIC_CONSTRAINTS,
    EXT_OID_CRL_POINTS,
    EXT_OID_POLICIES,
    EXT_OID_AKI,
    EXT_OID_EXTENDED_KEY_USAGE,
    EXT_OID_AUTHORITY_INFO,
    EXT_OID_OCSP_NO_CHECK,
    EXT_OID_TEMPLATE_NAME,
    EXT_OID_TEMPLATE,
    EXT_OID_APPLICATION_POLICIES,
    EXT_OID_SID,
    "2.5.29.30", /* nameConstraints, policyConstraints, inhibitAnyPolicy: a CA's */
    "2.5.29.36",
    "2.5.29.54",
};

static bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

bool envelope_check_extension(const struct wire_facts *facts, const char *oid,
                              struct error *err)
{
    const struct wire_envelope *envelope = &facts->template.envelope;

    if (has_text(reserved, sizeof(reserved) / sizeof(reserved[0]), oid)) {
        return error_set(err, ERROR_DENIED, "the extension %s is not for rules to add",
                         oid);
    }
    return has_text(envelope->extensions, envelope->extension_count, oid) ||
           error_set(err, ERROR_DENIED,
                     "the extension %s is not in the template's envelope", oid);
}

bool envelope_check_end(const struct wire_facts *facts, int64_t not_after_utc,
                        struct error *err)
{
    const struct wire_content *proposed = &facts->proposed;
    int64_t latest = facts->time_utc + (int64_t)facts->template.envelope.validity_max_s;

    if (not_after_utc <= facts->time_utc) {
        return error_set(err, ERROR_DENIED, "the certificate would have ended already");
    }
    if (latest < proposed->not_after_utc) {
        latest = proposed->not_after_utc;
    }
    return not_after_utc <= latest ||
           error_set(err, ERROR_DENIED,
                     "the certificate would end %" PRId64
                     " seconds later than the template's envelope allows",
                     not_after_utc - latest);
}

static bool ava_equal(const struct name_ava *a, const struct name_ava *b)
{
    return strcmp(a->oid, b->oid) == 0 && strcmp(a->value, b->value) == 0 &&
           a->encoding == b->encoding;
}

static bool san_equal(const struct general_name *a, const struct general_name *b)
{
    return a->type == b->type && strcmp(a->oid, b->oid) == 0 &&
           bytes_equal(a->value, b->value);
}

/* A directory proof must name the attribute; a rule's may name any rule. */
static bool proof_holds(enum wire_proof proof, const char *source,
                        const struct envelope_origin *origin, struct error *err)
{
    return (proof == origin->proof &&
            (proof == WIRE_PROOF_RULE || strcmp(source, origin->source) == 0)) ||
           error_set(err, ERROR_DENIED, "the proof of the name is not what was found");
}

static bool check_rdn(const struct wire_facts *facts, const struct wire_rdn *rdn,
                      struct error *err)
{
    struct envelope_origin origin = {0};

    for (size_t i = 0; i < facts->proposed.subject_count; i++) {
        const struct wire_rdn *old = &facts->proposed.subject[i];
        if (ava_equal(&old->ava, &rdn->ava) && old->proof == rdn->proof &&
            strcmp(old->source, rdn->source) == 0 &&
            (old->ava.joined || !rdn->ava.joined)) {
            return true;
        }
    }
    if (rdn->ava.joined) {
        return error_set(err, ERROR_DENIED, "rules make no joined names");
    }
    return envelope_check_ava(facts, &rdn->ava, &origin, err) &&
           proof_holds(rdn->proof, rdn->source, &origin, err);
}

static bool check_san(const struct wire_facts *facts, const struct wire_san *san,
                      struct error *err)
{
    struct envelope_origin origin = {0};

    for (size_t i = 0; i < facts->proposed.san_count; i++) {
        const struct wire_san *old = &facts->proposed.sans[i];
        if (san_equal(&old->name, &san->name) && old->proof == san->proof &&
            strcmp(old->source, san->source) == 0) {
            return true;
        }
    }
    return envelope_check_san(facts, &san->name, &origin, err) &&
           proof_holds(san->proof, san->source, &origin, err);
}

static bool check_names(const struct wire_facts *facts, const struct wire_content *judged,
                        struct error *err)
{
    for (size_t i = 0; i < judged->subject_count; i++) {
        if (!check_rdn(facts, &judged->subject[i], err)) {
            return error_wrap(err, "subject, %s",
                              name_attribute_label(judged->subject[i].ava.oid));
        }
    }
    for (size_t i = 0; i < judged->san_count; i++) {
        if (!check_san(facts, &judged->sans[i], err)) {
            return error_wrap(err, "alternative name %zu", i + 1);
        }
    }
    return true;
}

/* An OID list that only ever gets shorter, and never empty. */
static bool is_narrowed(const char *const *now, size_t count, const char *const *before,
                        size_t count_before)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_text(before, count_before, now[i])) {
            return false;
        }
    }
    return count <= count_before && (count > 0 || count_before == 0);
}

static bool check_purposes(const struct wire_content *judged,
                           const struct wire_content *proposed, struct error *err)
{
    if (!is_narrowed(judged->ekus, judged->eku_count, proposed->ekus,
                     proposed->eku_count)) {
        return error_set(err, ERROR_DENIED,
                         "extended key usages can only be taken away, and not all");
    }
    return is_narrowed(judged->application_policies, judged->application_policy_count,
                       proposed->application_policies,
                       proposed->application_policy_count) ||
           error_set(err, ERROR_DENIED,
                     "application policies can only be taken away, and not all");
}

static bool extension_was_there(const struct wire_content *proposed,
                                const struct wire_extension *extension)
{
    for (size_t i = 0; i < proposed->extension_count; i++) {
        const struct wire_extension *old = &proposed->extensions[i];
        if (strcmp(old->oid, extension->oid) == 0 &&
            old->critical == extension->critical &&
            bytes_equal(old->der, extension->der)) {
            return true;
        }
    }
    return false;
}

static bool check_extensions(const struct wire_facts *facts,
                             const struct wire_content *judged, struct error *err)
{
    for (size_t i = 0; i < judged->extension_count; i++) {
        const struct wire_extension *extension = &judged->extensions[i];

        if (!extension_was_there(&facts->proposed, extension) &&
            !envelope_check_extension(facts, extension->oid, err)) {
            return false;
        }
    }
    return true;
}

/* What no verb changes: it must be as it was, octet by octet. */
static bool check_rest(const struct wire_content *judged,
                       const struct wire_content *proposed, struct error *err)
{
    struct wire_content now = *judged;
    struct wire_content before = *proposed;
    AUTO(buf) a = BUF_EMPTY;
    AUTO(buf) b = BUF_EMPTY;

    now.subject_count = before.subject_count = 0;
    now.san_count = before.san_count = 0;
    now.eku_count = before.eku_count = 0;
    now.application_policy_count = before.application_policy_count = 0;
    now.extension_count = before.extension_count = 0;
    now.not_after_utc = before.not_after_utc;
    if (!wire_table_encode(&wire_content_table, &now, &a, err) ||
        !wire_table_encode(&wire_content_table, &before, &b, err)) {
        return false;
    }
    return bytes_equal(buf_bytes(&a), buf_bytes(&b)) ||
           error_set(err, ERROR_DENIED,
                     "something changed that rules have no verb for (start, key usage, "
                     "policies, flags)");
}

bool envelope_check(const struct wire_facts *facts, const struct wire_content *judged,
                    struct error *err)
{
    if (judged->not_after_utc != facts->proposed.not_after_utc &&
        !envelope_check_end(facts, judged->not_after_utc, err)) {
        return false;
    }
    return check_names(facts, judged, err) &&
           check_purposes(judged, &facts->proposed, err) &&
           check_extensions(facts, judged, err) &&
           check_rest(judged, &facts->proposed, err);
}
