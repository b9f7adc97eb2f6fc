/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/lint.h"

#include <string.h>

#include "common/tmpl/attrs.h"
#include "common/tmpl/effective.h"
#include "common/tmpl/purpose.h"

enum {
    RID_USERS = 513, /* of a domain: its users, guests, computers */
    RID_GUESTS = 514,
    RID_COMPUTERS = 515,
    DOMAIN_SUB_COUNT = 5, /* 21, three of the domain, RID */
    OID_ARC_DIGITS = 10,  /* of 2^32 - 1 */
};

static const char oid_arc_max[] = "4294967295";

/* Rights over a template that amount to writing it. */
static const uint32_t write_rights = SD_RIGHT_WRITE_PROPERTY | SD_RIGHT_WRITE_DACL |
                                     SD_RIGHT_WRITE_OWNER | SD_RIGHT_GENERIC_ALL |
                                     SD_RIGHT_GENERIC_WRITE;

static struct tmpl_finding finding_of(enum tmpl_severity severity,
                                      enum tmpl_reason reason, enum tmpl_attr_id id)
{
    return (struct tmpl_finding){
        .severity = severity, .reason = reason, .field = tmpl_attrs_name(id)};
}

static bool names_come_from_request(const struct tmpl *tmpl)
{
    return tmpl_takes_names_from_request(tmpl) ||
           tmpl_has_flag(tmpl, TMPL_NAME, TMPL_ENROLLEE_SUPPLIES_SAN);
}

static void lint_names(const struct tmpl *tmpl, struct tmpl_findings *out)
{
    const struct tmpl_finding esc1 = finding_of(TMPL_UNSAFE, TMPL_ESC1, ATTR_NAME_FLAG);
    const struct tmpl_finding esc15 =
        finding_of(TMPL_UNSAFE, TMPL_ESC15, ATTR_SCHEMA_VERSION);
    const struct tmpl_finding names = finding_of(TMPL_NOTE, TMPL_NAMES, ATTR_NAME_FLAG);

    if (names_come_from_request(tmpl) && tmpl_purposes_authenticate(&tmpl->purposes) &&
        tmpl->ra_signatures == 0 &&
        !tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_PEND_ALL_REQUESTS)) {
        tmpl_finding_add(out, esc1,
                         "%s: the request names its subject, the certificate can log on, "
                         "and nobody approves it",
                         esc1.field);
    }
    if (names_come_from_request(tmpl) && tmpl->schema_version == TMPL_V1) {
        tmpl_finding_add(
            out, esc15,
            "%s: in version 1 other CAs also take the purposes from a request "
            "that names its subject; use version 2",
            esc15.field);
    }
    if (!tmpl_is_for_machines(tmpl) && !tmpl_takes_names_from_request(tmpl) &&
        tmpl_has_flag(tmpl, TMPL_NAME, TMPL_SAN_DNS | TMPL_SAN_DOMAIN_DNS)) {
        tmpl_finding_add(out, names, "%s: users have no DNS name, so none can enroll",
                         names.field);
    }
}

static void lint_purposes(const struct tmpl *tmpl, struct tmpl_findings *out)
{
    const struct tmpl_finding esc2 =
        finding_of(TMPL_UNSAFE, TMPL_ESC2, ATTR_EXTENDED_KEY_USAGE);
    const struct tmpl_finding esc3 =
        finding_of(TMPL_UNSAFE, TMPL_ESC3, ATTR_EXTENDED_KEY_USAGE);
    const struct tmpl_finding ocsp =
        finding_of(TMPL_UNSAFE, TMPL_OCSP, ATTR_EXTENDED_KEY_USAGE);
    const struct tmpl_finding usage =
        finding_of(TMPL_NOTE, TMPL_KEY_USAGE, ATTR_KEY_USAGE);

    if (tmpl->purposes.count == 0) {
        tmpl_finding_add(out, esc2, "%s: without a purpose a certificate serves for any",
                         esc2.field);
    }
    if (tmpl_list_has(&tmpl->purposes, TMPL_PURPOSE_REQUEST_AGENT)) {
        tmpl_finding_add(out, esc3, "%s: %s lets its holder enroll for others",
                         esc3.field, TMPL_PURPOSE_REQUEST_AGENT);
    }
    if (tmpl_list_has(&tmpl->purposes, TMPL_PURPOSE_OCSP_SIGNING)) {
        tmpl_finding_add(out, ocsp,
                         "%s: %s lets its holder say what is revoked and what is not",
                         ocsp.field, TMPL_PURPOSE_OCSP_SIGNING);
    }
    if (tmpl->key_usage == 0) {
        tmpl_finding_add(out, usage, "%s: no usage is set, so certificates limit none",
                         usage.field);
    }
}

/* Consumers disagree on which list counts, so a difference means more than it seems. */
static void lint_policies(const struct tmpl *tmpl, struct tmpl_findings *out)
{
    struct tmpl_finding finding =
        finding_of(TMPL_UNSAFE, TMPL_PURPOSES_DIFFER, ATTR_APPLICATION_POLICY);

    if (tmpl->app_policies.count == 0 ||
        tmpl_list_equal(&tmpl->ekus, &tmpl->app_policies)) {
        return;
    }
    if (tmpl->schema_version == TMPL_V1) {
        finding.severity = TMPL_NOTE;
        tmpl_finding_add(out, finding, "%s: templates of version 1 do not use it",
                         finding.field);
        return;
    }
    tmpl_finding_add(out, finding, "%s: differs from %s; both would be issued",
                     finding.field, tmpl_attrs_name(ATTR_EXTENDED_KEY_USAGE));
}

static bool is_linked(const struct tmpl_surroundings *surroundings, const char *policy)
{
    for (size_t i = 0; i < surroundings->linked_count; i++) {
        if (strcmp(surroundings->linked_policies[i], policy) == 0) {
            return true;
        }
    }
    return !surroundings->links_known;
}

static void lint_logon(const struct tmpl *tmpl,
                       const struct tmpl_surroundings *surroundings,
                       struct tmpl_findings *out)
{
    const struct tmpl_finding esc9 =
        finding_of(TMPL_UNSAFE, TMPL_ESC9, ATTR_ENROLLMENT_FLAG);
    const struct tmpl_finding esc13 =
        finding_of(TMPL_UNSAFE, TMPL_ESC13, ATTR_CERTIFICATE_POLICY);

    if (!tmpl_purposes_authenticate(&tmpl->purposes)) {
        return;
    }
    if (tmpl_has_flag(tmpl, TMPL_ENROLLMENT, TMPL_NO_SECURITY_EXTENSION)) {
        tmpl_finding_add(out, esc9,
                         "%s: NO_SECURITY_EXTENSION asks for logon certificates that are "
                         "not tied to a SID",
                         esc9.field);
    }
    for (size_t i = 0; i < tmpl->cert_policies.count; i++) {
        const char *policy = tmpl->cert_policies.items[i];

        if (is_linked(surroundings, policy)) {
            tmpl_finding_add(out, esc13,
                             "%s: the policy %s %s a group, which its holders join at "
                             "logon",
                             esc13.field, policy,
                             surroundings->links_known ? "is linked to"
                                                       : "may be linked to");
        }
    }
}

/* A group that anybody with an account is in, or not even that. */
static bool is_broad(const struct sid *sid)
{
    static const struct sid broad[] = {
        {1, {0}, 1},       /* everyone */
        {5, {7}, 1},       /* anonymous */
        {5, {11}, 1},      /* authenticated users */
        {5, {32, 545}, 2}, /* the machine's users and guests */
        {5, {32, 546}, 2},
    };

    for (size_t i = 0; i < sizeof(broad) / sizeof(broad[0]); i++) {
        if (sid_compare(sid, &broad[i]) == 0) {
            return true;
        }
    }
    uint32_t rid =
        sid->sub_count == DOMAIN_SUB_COUNT ? sid->sub[DOMAIN_SUB_COUNT - 1] : 0;
    return sid->authority == 5 && sid->sub[0] == 21 &&
           (rid == RID_USERS || rid == RID_GUESTS || rid == RID_COMPUTERS);
}

static bool lets_many_write(const struct sd_ace *ace)
{
    return ace->kind == SD_ACE_ALLOW && (ace->flags & SD_ACE_INHERIT_ONLY) == 0 &&
           (ace->mask & write_rights) != 0 && is_broad(&ace->sid);
}

static void lint_descriptor(const struct tmpl *tmpl, struct tmpl_findings *out)
{
    const struct sd *sd = tmpl->descriptor;
    const struct tmpl_finding esc4 =
        finding_of(TMPL_UNSAFE, TMPL_ESC4, ATTR_SECURITY_DESCRIPTOR);
    const struct tmpl_finding no_dacl =
        finding_of(TMPL_UNSAFE, TMPL_NO_DACL, ATTR_SECURITY_DESCRIPTOR);

    if (sd == NULL) {
        return;
    }
    if (!sd->has_dacl) {
        tmpl_finding_add(out, no_dacl, "%s: without a DACL everyone may do everything",
                         no_dacl.field);
    }
    if (sd->has_owner && is_broad(&sd->owner)) {
        tmpl_finding_add(out, esc4, "%s: the owner is a group that almost all are in",
                         esc4.field);
    }
    for (size_t i = 0; i < sd->ace_count; i++) {
        AUTO(buf) text = BUF_EMPTY;

        if (lets_many_write(&sd->aces[i])) {
            sd_append_ace_text(&text, sd, i);
            tmpl_finding_add(out, esc4, "%s: %s lets almost all change the template",
                             esc4.field, buf_text(&text));
            return; /* one is enough, and there may be thousands */
        }
    }
}

/* Windows drops, without a word, templates behind an OID with an arc of 2^32 or more. */
static bool has_big_arc(const char *oid)
{
    for (const char *arc = oid; *arc != '\0'; arc += *arc == '.' ? 1 : 0) {
        size_t digits = strcspn(arc, ".");

        if (digits > OID_ARC_DIGITS ||
            (digits == OID_ARC_DIGITS && strncmp(arc, oid_arc_max, digits) > 0)) {
            return true;
        }
        arc += digits;
    }
    return false;
}

static void lint_consistency(const struct tmpl *tmpl, struct tmpl_findings *out)
{
    const struct tmpl_finding overlap =
        finding_of(TMPL_NOTE, TMPL_OVERLAP, ATTR_OVERLAP_PERIOD);
    const struct tmpl_finding arc = finding_of(TMPL_NOTE, TMPL_OID_ARC, ATTR_OID);
    const struct tmpl_finding forms =
        finding_of(TMPL_NOTE, TMPL_TWO_ACCESS_FORMS, ATTR_SECURITY_DESCRIPTOR);

    if (tmpl->overlap_s >= tmpl->validity_s) {
        tmpl_finding_add(out, overlap, "%s: not shorter than %s", overlap.field,
                         tmpl_attrs_name(ATTR_EXPIRATION_PERIOD));
    }
    if (has_big_arc(tmpl->oid)) {
        tmpl_finding_add(
            out, arc, "%s: %.128s has an arc above 2^32 - 1, which Windows cannot read",
            arc.field, tmpl->oid);
    }
    if (tmpl->has_descriptor && tmpl->has_access) {
        tmpl_finding_add(out, forms,
                         "%s: there beside autoenrollAllow and its like; which of them "
                         "counts depends on the kind of directory",
                         forms.field);
    }
}

void tmpl_lint(const struct tmpl *tmpl, const struct tmpl_surroundings *surroundings,
               struct tmpl_findings *out)
{
    lint_names(tmpl, out);
    lint_purposes(tmpl, out);
    lint_policies(tmpl, out);
    lint_logon(tmpl, surroundings, out);
    lint_descriptor(tmpl, out);
    lint_consistency(tmpl, out);
}
