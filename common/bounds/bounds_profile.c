/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "common/base/text.h"
#include "common/bounds/bounds_parts.h"
#include "common/pki/csr.h"
#include "common/pki/ext.h"
#include "common/pki/ext_words.h"

enum { BACKDATE_S = 600 }; /* for peers whose clock is a little behind, as AD CS has it */

static const char *const own_purposes[] = {
    [WIRE_PROFILE_TLS] = "serverAuth",
    [WIRE_PROFILE_OCSP] = "OCSPSigning",
    [WIRE_PROFILE_RA] = "cmcRA",
};
_Static_assert(sizeof(own_purposes) / sizeof(own_purposes[0]) == WIRE_PROFILE_COUNT,
               "every profile has a purpose of its own");

static bool refuse(enum wire_signer_reason what, enum wire_signer_reason *reason,
                   struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool refuse(enum wire_signer_reason what, enum wire_signer_reason *reason,
                   struct error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(err, what == WIRE_SIGNER_MALFORMED ? ERROR_INVALID : ERROR_DENIED,
                       fmt, args);
    va_end(args);
    *reason = what;
    return false;
}

/* Whoever has policyd's ear still cannot get a certificate for a key that is not there. */
static bool check_key(const struct bounds_profile *p,
                      const struct wire_infrastructure_intent *intent,
                      enum wire_signer_reason *reason, struct error *err)
{
    AUTO(csr) csr = NULL;
    enum csr_fault fault = CSR_FAULT_NONE;
    struct error cause = {0};

    if (!csr_parse(intent->csr, &csr, &fault, &cause)) {
        return refuse(fault == CSR_FAULT_KEY ? WIRE_SIGNER_BOUNDS : WIRE_SIGNER_MALFORMED,
                      reason, err, "the request: %s", cause.message);
    }
    if (!bytes_equal(key_get_spki(csr->key), intent->spki)) {
        return refuse(WIRE_SIGNER_MALFORMED, reason, err,
                      "the request is of another key");
    }
    const struct key_info *key = key_get_info(csr->key);
    return bounds_allows_key(&p->keys, key) ||
           refuse(WIRE_SIGNER_BOUNDS, reason, err, "a key of %s-%u is not in its keys",
                  key_alg_name(key->alg), key->bits);
}

static struct wire_san dns_san(const char *name, const char *profile)
{
    return (struct wire_san){
        {GENERAL_DNS, "", bytes_of_text(name)}, WIRE_PROOF_BOUNDS, profile};
}

static bool shape_names(const struct bounds_profile *p,
                        const struct wire_infrastructure_intent *intent,
                        struct bounds_shape *out, enum wire_signer_reason *reason,
                        struct error *err)
{
    struct wire_content *c = &out->intent.content;
    bool all = intent->dns_name_count == 0;

    for (size_t i = 0; i < intent->dns_name_count; i++) {
        bool known = false;

        for (size_t k = 0; k < p->dns.count; k++) {
            known |= strcmp(p->dns.texts[k], intent->dns_names[i]) == 0;
        }
        if (!known || i == BOUNDS_DNS_NAMES_MAX) {
            return refuse(WIRE_SIGNER_BOUNDS, reason, err,
                          "the name '%.200s' is not in its dns", intent->dns_names[i]);
        }
        out->sans[i] = dns_san(intent->dns_names[i], p->name);
    }
    for (size_t i = 0; all && i < p->dns.count; i++) {
        out->sans[i] = dns_san(p->dns.texts[i], p->name);
    }
    c->sans = out->sans;
    c->san_count = all ? p->dns.count : intent->dns_name_count;
    out->subject[0] = (struct wire_rdn){
        {"2.5.4.3", p->subject, NAME_UTF8, false}, WIRE_PROOF_BOUNDS, p->name};
    c->subject = out->subject;
    c->subject_count = *p->subject != '\0';
    return true;
}

static bool shape_validity(const struct bounds_profile *p, uint64_t wished_s,
                           const struct bounds_moment *moment, struct wire_content *c)
{
    int64_t validity_s =
        wished_s < (uint64_t)p->validity_max_s ? (int64_t)wished_s : p->validity_max_s;
    int64_t begin = moment->now_utc - BACKDATE_S;
    int64_t end = moment->now_utc + validity_s;

    c->not_before_utc =
        begin < moment->ca_not_before_utc ? moment->ca_not_before_utc : begin;
    c->not_after_utc = end > moment->ca_not_after_utc ? moment->ca_not_after_utc : end;
    return c->not_after_utc > moment->now_utc && c->not_before_utc <= moment->now_utc;
}

static void shape_purposes(const struct bounds_profile *p, enum wire_profile profile,
                           struct bounds_shape *out)
{
    struct wire_content *c = &out->intent.content;

    out->purposes[c->eku_count++] = ext_find_purpose(own_purposes[profile]);
    for (size_t i = 0; i < p->ekus.count; i++) {
        const char *oid = ext_find_purpose(p->ekus.texts[i]);

        if (strcmp(oid, out->purposes[0]) != 0) {
            out->purposes[c->eku_count++] = oid;
        }
    }
    out->critical[0] = EXT_OID_KEY_USAGE;
    c->ekus = out->purposes;
    c->critical = out->critical;
    c->critical_count = 1;
    c->key_usage = EXT_KU_DIGITAL_SIGNATURE;
    c->ocsp_no_check = profile == WIRE_PROFILE_OCSP;
}

/* No account and no template: neither a SID nor a template extension. */
static struct wire_issue_intent blank(const struct wire_infrastructure_intent *intent)
{
    return (struct wire_issue_intent){
        .request_id = intent->request_id,
        .ca = intent->ca,
        .template = {.oid = "", .name = wire_profile_name(intent->profile)},
        .account = {.id = "", .principal = "", .sid = ""},
        .spki = intent->spki,
        .crl_generation = intent->crl_generation,
        .crl_shard = intent->crl_shard,
        .deadline_ms = intent->deadline_ms,
    };
}

static bool shape(const struct bounds_profile *p,
                  const struct wire_infrastructure_intent *intent,
                  const struct bounds_moment *moment, struct bounds_shape *out,
                  enum wire_signer_reason *reason, struct error *err)
{
    if (strcmp(p->ca, intent->ca) != 0) {
        return refuse(WIRE_SIGNER_BOUNDS, reason, err, "CA '%s' is not its ca",
                      intent->ca);
    }
    if (!check_key(p, intent, reason, err) || !shape_names(p, intent, out, reason, err)) {
        return false;
    }
    shape_purposes(p, intent->profile, out);
    return shape_validity(p, intent->validity_s, moment, &out->intent.content) ||
           refuse(WIRE_SIGNER_BOUNDS, reason, err, "CA '%s' is not valid now",
                  intent->ca);
}

bool bounds_shape_infrastructure(const struct bounds *b,
                                 const struct wire_infrastructure_intent *intent,
                                 const struct bounds_moment *moment,
                                 struct bounds_shape *out,
                                 enum wire_signer_reason *reason, struct error *err)
{
    const char *name = wire_profile_name(intent->profile);
    const struct bounds_profile *p = bounds_find_profile(b, name);

    *out = (struct bounds_shape){.intent = blank(intent)};
    if (p == NULL) {
        return refuse(WIRE_SIGNER_UNKNOWN_PROFILE, reason, err,
                      "the bounds have no section for profile '%s'", name);
    }
    return shape(p, intent, moment, out, reason, err) ||
           error_wrap(err, "profile '%s'", name);
}
