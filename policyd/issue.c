/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/issue.h"

#include <string.h>

#include "policyd/issue_expect.h"

void issue_intent(const struct issue_proposal *proposal, uint32_t deadline_ms,
                  struct wire_issue_intent *out)
{
    *out = (struct wire_issue_intent){.request_id = proposal->request_id,
                                      .reservation = (uint64_t)proposal->request,
                                      .ca = proposal->ca,
                                      .op = proposal->op,
                                      .template = proposal->template,
                                      .account = proposal->account,
                                      .requester = proposal->requester,
                                      .auth = proposal->auth,
                                      .authenticated_utc = proposal->authenticated_utc,
                                      .assertion = proposal->assertion,
                                      .content = proposal->content,
                                      .spki = proposal->spki,
                                      .renewed_serial = proposal->renewed_serial,
                                      .crl_generation = proposal->crl_generation,
                                      .crl_shard = proposal->crl_shard,
                                      .approvals = proposal->approvals,
                                      .approval_count = proposal->approval_count,
                                      .decided_utc = proposal->decided_utc,
                                      .deadline_ms = deadline_ms};
    memcpy(out->csr_sha256, proposal->csr_sha256, WIRE_SHA256);
    memcpy(out->facts_sha256, proposal->facts_sha256, WIRE_SHA256);
    memcpy(out->bundle_id, proposal->bundle_id, WIRE_SHA256);
}

/* ---- the certificate ----------------------------------------------------------------- */

static bool differs(struct error *err, const char *what)
{
    return error_set(err, ERROR_INTERNAL,
                     "the certificate has another %s than was asked for", what);
}

static bool is_within(int64_t a, int64_t b, int64_t slack_s)
{
    return a - b <= slack_s && b - a <= slack_s;
}

static bool check_subject(const struct issue_proposal *proposal, const struct cert *cert,
                          struct error *err)
{
    struct name_ava avas[WIRE_AVAS_MAX];
    size_t count = proposal->content.subject_count;
    AUTO(buf) wanted = BUF_EMPTY;

    if (count > WIRE_AVAS_MAX) {
        return error_set(err, ERROR_INTERNAL, "too many attributes in the subject");
    }
    for (size_t i = 0; i < count; i++) {
        avas[i] = proposal->content.subject[i].ava;
    }
    const struct name_dn subject = {avas, count};
    if (!name_encode_dn(&subject, &wanted, err)) {
        return false;
    }
    return bytes_equal(buf_bytes(&wanted), cert_get_subject(cert)) ||
           differs(err, "subject");
}

static bool check_validity(const struct wire_content *content, const struct cert *cert,
                           int64_t slack_s, struct error *err)
{
    return (is_within(cert_get_not_before_utc(cert), content->not_before_utc, slack_s) &&
            is_within(cert_get_not_after_utc(cert), content->not_after_utc, slack_s)) ||
           differs(err, "validity");
}

bool issue_matches(const struct issue_proposal *proposal, const struct cert *cert,
                   int64_t slack_s, struct error *err)
{
    if (!cert_has_spki(cert, proposal->spki)) {
        return differs(err, "key");
    }
    return check_subject(proposal, cert, err) &&
           check_validity(&proposal->content, cert, slack_s, err) &&
           issue_expect_extensions(proposal, cert_get_extensions(cert), err);
}

/* ---- the answer ---------------------------------------------------------------------- */

static bool check_answer(const char *request_id, const char *ca, uint32_t node,
                         const struct wire_issue_result *result,
                         const struct cert *certificate, struct error *err)
{
    struct bytes serial = {result->serial, WIRE_SERIAL};

    if (strcmp(result->request_id, request_id) != 0 || strcmp(result->ca, ca) != 0) {
        return error_set(err, ERROR_INTERNAL, "the answer is for request %s at CA %s",
                         result->request_id, result->ca);
    }
    if (!bytes_equal(cert_get_serial(certificate), serial) || result->node != node ||
        result->serial[0] != node) {
        return differs(err, "serial");
    }
    return !cert_is_ca(certificate) ||
           error_set(err, ERROR_INTERNAL, "the certificate is a CA's");
}

bool issue_check_result(const struct issue_proposal *proposal, uint32_t node,
                        const struct wire_issue_result *result,
                        const struct cert *certificate, struct error *err)
{
    return check_answer(proposal->request_id, proposal->ca, node, result, certificate,
                        err) &&
           issue_matches(proposal, certificate, 0, err);
}

static bool is_asked(const struct wire_infrastructure_intent *intent,
                     const struct general_name *name)
{
    for (size_t i = 0; i < intent->dns_name_count; i++) {
        const struct general_name asked = {GENERAL_DNS, "",
                                           bytes_of_text(intent->dns_names[i])};

        if (name_general_equal(&asked, name)) {
            return true;
        }
    }
    return intent->dns_name_count == 0;
}

static bool check_names(const struct wire_infrastructure_intent *intent,
                        const struct cert *certificate, struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names names;
    struct error why;

    if (!cert_read_sans(certificate, &store, &names, &why)) {
        return error_set(err, ERROR_INTERNAL, "the certificate's names: %.300s",
                         why.message);
    }
    for (size_t i = 0; i < names.count; i++) {
        if (!is_asked(intent, &names.names[i])) {
            return differs(err, "name");
        }
    }
    return true;
}

bool issue_check_infrastructure(const struct wire_infrastructure_intent *intent,
                                uint32_t node, const struct wire_issue_result *result,
                                const struct cert *certificate, struct error *err)
{
    int64_t valid_s =
        cert_get_not_after_utc(certificate) - cert_get_not_before_utc(certificate);

    if (!cert_has_spki(certificate, intent->spki)) {
        return differs(err, "key");
    }
    if (valid_s > (int64_t)intent->validity_s + ISSUE_BACKDATE_MAX_S) {
        return differs(err, "validity");
    }
    return check_answer(intent->request_id, intent->ca, node, result, certificate, err) &&
           check_names(intent, certificate, err);
}
