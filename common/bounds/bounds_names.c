/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bounds/bounds_judge.h"
#include "common/pki/ext_words.h"
#include "common/pki/name.h"
#include "common/pki/name_match.h"

#define OID_CN    "2.5.4.3"
#define OID_EMAIL "1.2.840.113549.1.9.1"

static bool allows_dns(const struct bounds_template *t, const char *host)
{
    bool wildcard = text_has_prefix(host, "*.");

    return (!wildcard || t->dns_wildcards) &&
           bounds_find(&t->dns, name_is_within, wildcard ? host + 2 : host) != NULL;
}

/* text: the value; shown: the value as name_print_general() has it */
static bool allows_san(const struct bounds_template *t, const struct general_name *name,
                       const char *text, const char *shown)
{
    switch (name->type) {
    case GENERAL_DNS:
        return allows_dns(t, text);
    case GENERAL_EMAIL:
        return bounds_find(&t->email, name_is_of_domain, text) != NULL;
    case GENERAL_UPN:
        return bounds_find(&t->upn, name_is_of_domain, text) != NULL;
    case GENERAL_KRB5:
        return bounds_find(&t->krb5, name_is_of_realm, text) != NULL;
    case GENERAL_IP:
        return bounds_find(&t->ip, name_network_has, shown) != NULL;
    case GENERAL_URI:
        return bounds_find(&t->uri, name_uri_begins, text) != NULL;
    case GENERAL_GUID:
        return t->guid;
    case GENERAL_OTHER:
        return bounds_has(&t->other_names, name->oid);
    case GENERAL_DIRECTORY: /* a subject beside the subject */
    case GENERAL_RID:
    case GENERAL_TYPE_COUNT:
    default:
        return false;
    }
}

/* Text as a peer would print it; octets of no text as "?". */
static char *readable(const struct general_name *name)
{
    AUTO(buf) text = BUF_EMPTY;

    name_print_general(name, &text);
    const char *colon = strchr(buf_text(&text), ':');
    return mem_strdup(colon != NULL ? colon + 1 : "?");
}

/* what  lives as long as the bounds or the intent; NULL: the template itself */
static void want_approvals(struct bounds_judgement *j, int64_t count, const char *what)
{
    if (count > j->approvals) {
        j->approvals = count;
        j->approvals_for = what;
    }
}

static bool is_renewal(const struct wire_issue_intent *intent, const char *source)
{
    AUTO(buf) serial = BUF_EMPTY;

    text_append_hex(&serial, intent->renewed_serial.data, intent->renewed_serial.len);
    return intent->renewed_serial.len > 0 &&
           (intent->op == WIRE_OP_RENEW || intent->op == WIRE_OP_REKEY) &&
           text_equal_nocase(source, buf_text(&serial));
}

/* I3: every name has one of the known proofs, and the proof fits the request. */
static bool check_proof(struct bounds_judgement *j, enum wire_proof proof,
                        const char *source, const char *text)
{
    const char *wrong = NULL;

    switch (proof) {
    case WIRE_PROOF_DIRECTORY:
    case WIRE_PROOF_RULE:
        break;
    case WIRE_PROOF_APPROVAL:
        wrong = strcmp(source, j->intent->request_id) != 0
                    ? "is proven by the approval of another request"
                    : NULL;
        break;
    case WIRE_PROOF_CERTIFICATE:
        wrong = !is_renewal(j->intent, source)
                    ? "is proven by a certificate that is not renewed here"
                    : NULL;
        break;
    case WIRE_PROOF_BOUNDS: /* of infrastructure certificates only */
    case WIRE_PROOF_COUNT:
    default:
        wrong = "has no proof that an account's name can have";
        break;
    }
    if (wrong != NULL) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "the name '%.200s' %s", text, wrong);
    }
    if (proof == WIRE_PROOF_APPROVAL ||
        bounds_has(&j->template->approval_for, wire_proof_name(proof))) {
        want_approvals(j, 1, wire_proof_name(proof));
    }
    return true;
}

static void note_protected(struct bounds_judgement *j, const char *name)
{
    const char *entry = bounds_find(&j->bounds->protected, name_is_covered, name);

    if (entry != NULL) {
        want_approvals(j, j->bounds->approvals, entry);
    }
}

static bool check_san(struct bounds_judgement *j, const struct wire_san *san)
{
    AUTO(string) text = mem_dup(san->name.value.data, san->name.value.len);
    AUTO(string) shown = readable(&san->name);
    bool is_text = strlen(text) == san->name.value.len;

    if (!allows_san(j->template, &san->name, is_text ? text : "", shown)) {
        AUTO(buf) words = BUF_EMPTY;

        name_print_general(&san->name, &words);
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the alternative name '%.300s' is outside of its bounds",
                             buf_text(&words));
    }
    note_protected(j, shown);
    return check_proof(j, san->proof, san->source, shown);
}

static bool is_attribute(const char *entry, const char *oid)
{
    return strcmp(entry, oid) == 0 || text_equal_nocase(entry, name_attribute_label(oid));
}

/* Old clients take the CN of a server's certificate for its host name. */
static bool is_servers(const struct wire_content *c)
{
    for (size_t i = 0; i < c->eku_count; i++) {
        if (strcmp(c->ekus[i], EXT_PURPOSE_SERVER) == 0) {
            return true;
        }
    }
    return c->eku_count == 0;
}

static bool check_ava(struct bounds_judgement *j, const struct wire_rdn *rdn)
{
    const struct name_ava *ava = &rdn->ava;

    if (bounds_find(&j->template->subject, is_attribute, ava->oid) == NULL) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the subject's attribute %s is not in its subject",
                             name_attribute_label(ava->oid));
    }
    if (strcmp(ava->oid, OID_EMAIL) == 0 &&
        bounds_find(&j->template->email, name_is_of_domain, ava->value) == NULL) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS,
                             "the subject's address '%.200s' is not in its email",
                             ava->value);
    }
    if (strcmp(ava->oid, OID_CN) == 0 && is_servers(&j->intent->content) &&
        strchr(ava->value, '.') != NULL && !allows_dns(j->template, ava->value)) {
        return bounds_refuse(j, WIRE_SIGNER_BOUNDS, "the CN '%.200s' is not in its dns",
                             ava->value);
    }
    note_protected(j, ava->value);
    return check_proof(j, rdn->proof, rdn->source, ava->value);
}

bool bounds_check_names(struct bounds_judgement *j)
{
    const struct wire_content *c = &j->intent->content;

    want_approvals(j, j->template->approvals, NULL);
    note_protected(j, j->intent->account.principal);
    note_protected(j, j->intent->account.sid);
    for (size_t i = 0; i < c->subject_count; i++) {
        if (!check_ava(j, &c->subject[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < c->san_count; i++) {
        if (!check_san(j, &c->sans[i])) {
            return false;
        }
    }
    return true;
}
