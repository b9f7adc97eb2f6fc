/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/check.h"

#include <stddef.h>
#include <string.h>

#include "common/base/text.h"
#include "common/tmpl/attrs.h"
#include "common/tmpl/purpose.h"

enum {
    CNG_KEY_USAGE_KNOWN = 0x7,
    CNG_KEY_USAGE_ALL = 0xFFFFFF,
    USAGE_OF_CAS = TMPL_KEY_CERT_SIGN | TMPL_CRL_SIGN,
};

static struct tmpl_finding blocks(enum tmpl_reason reason, enum tmpl_attr_id id)
{
    return (struct tmpl_finding){
        .severity = TMPL_BLOCKS, .reason = reason, .field = tmpl_attrs_name(id)};
}

/* The name is a path segment in URLs and a folder on every client. */
static void check_name(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = blocks(TMPL_BAD_NAME, ATTR_CN);

    if (tmpl->cn[0] == '.' || tmpl->cn[0] == ' ' || strpbrk(tmpl->cn, "/\\") != NULL ||
        text_has_suffix(tmpl->cn, " ")) {
        tmpl_finding_add(&tmpl->findings, finding,
                         "%s: '%.64s' cannot be a folder's name on a client",
                         finding.field, tmpl->cn);
    }
}

/* Invariant I4: no certificate of a template can act as a CA, or serve any purpose. */
static void check_usage(struct tmpl *tmpl)
{
    const struct tmpl_finding ca = blocks(TMPL_KEY_USAGE, ATTR_KEY_USAGE);
    const struct tmpl_finding any = blocks(TMPL_ANY_PURPOSE, ATTR_EXTENDED_KEY_USAGE);
    const struct tmpl_finding ocsp = blocks(TMPL_OCSP, ATTR_ENROLLMENT_FLAG);

    if ((tmpl->key_usage & USAGE_OF_CAS) != 0) {
        tmpl_finding_add(&tmpl->findings, ca,
                         "%s: 0x%04x holds keyCertSign or cRLSign, which only CAs have",
                         ca.field, (unsigned int)tmpl->key_usage);
    }
    for (size_t i = 0; i < tmpl->purposes.count; i++) {
        if (tmpl_purpose_is_any(tmpl->purposes.items[i])) {
            tmpl_finding_add(&tmpl->findings, any,
                             "%s: %s stands for any purpose and is never issued",
                             any.field, tmpl->purposes.items[i]);
        }
    }
    if (tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_ADD_OCSP_NOCHECK) &&
        !tmpl_list_has(&tmpl->purposes, TMPL_PURPOSE_OCSP_SIGNING)) {
        tmpl_finding_add(&tmpl->findings, ocsp,
                         "%s: ADD_OCSP_NOCHECK is for OCSP signers only, and the purpose "
                         "%s is not there",
                         ocsp.field, TMPL_PURPOSE_OCSP_SIGNING);
    }
}

static void check_key_properties(struct tmpl *tmpl)
{
    const struct tmpl_finding finding =
        blocks(TMPL_KEY_PROPERTY, ATTR_RA_APPLICATION_POLICIES);
    uint32_t usage = tmpl->cng.key_usage;

    for (size_t i = 0; i < tmpl->cng.unknown.count; i++) {
        tmpl_finding_add(&tmpl->findings, finding, "%s: unknown property '%.64s'",
                         finding.field, tmpl->cng.unknown.items[i]);
    }
    if (usage != CNG_KEY_USAGE_ALL && (usage & ~(uint32_t)CNG_KEY_USAGE_KNOWN) != 0) {
        tmpl_finding_add(&tmpl->findings, finding,
                         "%s: unknown bits in the msPKI-Key-Usage 0x%08x", finding.field,
                         (unsigned int)usage);
    }
}

/* Nothing checks a second signature, so a template that asks for one is not satisfied. */
static void check_ra_signature(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = blocks(TMPL_RA_SIGNATURE, ATTR_RA_SIGNATURE);

    if (tmpl->ra_signatures > 0) {
        tmpl_finding_add(
            &tmpl->findings, finding,
            "%s: %u signatures of registration authorities are asked for, and "
            "they are not supported",
            finding.field, (unsigned int)tmpl->ra_signatures);
    }
}

/* A client would replace its certificate at every run. */
static void check_supersedes(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = blocks(TMPL_SUPERSEDES_ITSELF, ATTR_SUPERSEDE);

    for (size_t i = 0; i < tmpl->supersedes.count; i++) {
        if (text_equal_nocase(tmpl->supersedes.items[i], tmpl->cn)) {
            tmpl_finding_add(&tmpl->findings, finding,
                             "%s: the template supersedes itself", finding.field);
        }
    }
}

static void check_descriptor(struct tmpl *tmpl)
{
    const struct tmpl_finding finding = blocks(TMPL_DESCRIPTOR, ATTR_SECURITY_DESCRIPTOR);

    if (tmpl->descriptor == NULL) {
        return; /* the parser had the sentence for a malformed one */
    }
    size_t unknown = sd_find_unknown(tmpl->descriptor);
    if (unknown < tmpl->descriptor->ace_count) {
        tmpl_finding_add(&tmpl->findings, finding,
                         "%s: entry %zu has the unknown type 0x%02x", finding.field,
                         unknown + 1, (unsigned int)tmpl->descriptor->aces[unknown].type);
    }
}

void tmpl_check(struct tmpl *tmpl)
{
    for (size_t field = 0; field < TMPL_FIELD_COUNT; field++) {
        tmpl_flags_judge((enum tmpl_field)field, tmpl->flags[field], &tmpl->findings);
    }
    check_name(tmpl);
    check_usage(tmpl);
    check_key_properties(tmpl);
    check_ra_signature(tmpl);
    check_supersedes(tmpl);
    check_descriptor(tmpl);
}
