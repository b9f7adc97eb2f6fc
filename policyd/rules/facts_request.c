/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/facts_rows.h"

static struct fact_value get_algorithm(const void *record, struct buf *scratch)
{
    const struct wire_key *key = record;

    (void)scratch;
    return fact_of_text(wire_key_algorithm_name(key->algorithm));
}

static const struct fact_field key_rows[] = {
    FACT_GET("alg", get_algorithm),
    FACT_U32("bits", wire_key, bits),
    FACT_TEXT("curve", wire_key, curve),
    FACT_U64("e", wire_key, exponent),
    FACT_SHA256("spki_sha256", wire_key, spki_sha256),
    FACT_TEXTS("weak", wire_key, weak, weak_count),
};
static const FACT_TYPE(key_type, "req.csr.key", key_rows);

static const struct fact_field item_rows[] = {
    FACT_TEXT("oid", wire_csr_item, oid),
    FACT_BOOL("critical", wire_csr_item, critical),
    FACT_OCTETS("der", wire_csr_item, der),
};
static const FACT_TYPE(item_type, "an item of the CSR", item_rows);

static const struct fact_field csr_rows[] = {
    FACT_SHA256("sha256", wire_csr, sha256),
    FACT_LIST("subject", wire_csr, subject, subject_count, name_ava, fact_ava_type),
    FACT_LIST("sans", wire_csr, sans, san_count, general_name, fact_general_type),
    FACT_RECORD("key", wire_csr, key, wire_key, key_type),
    FACT_LIST("extensions", wire_csr, extensions, extension_count, wire_csr_item,
              item_type),
    FACT_LIST("attributes", wire_csr, attributes, attribute_count, wire_csr_item,
              item_type),
    FACT_BOOL("pop_ok", wire_csr, pop_ok),
};
static const FACT_TYPE(csr_type, "req.csr", csr_rows);

static struct fact_value get_state(const void *record, struct buf *scratch)
{
    const struct wire_known_certificate *certificate = record;

    (void)scratch;
    return fact_of_text(wire_certificate_state_name(certificate->state));
}

static const struct fact_field known_rows[] = {
    FACT_TEXT("ca", wire_known_certificate, ca),
    FACT_HEX("serial", wire_known_certificate, serial),
    FACT_RECORD("account", wire_known_certificate, account, wire_account_ref,
                fact_account_ref_type),
    FACT_TEXT("template", wire_known_certificate, template.name),
    FACT_I64("not_before", wire_known_certificate, not_before_utc),
    FACT_I64("not_after", wire_known_certificate, not_after_utc),
    FACT_SHA256("spki_sha256", wire_known_certificate, spki_sha256),
    FACT_GET("state", get_state),
};
static const FACT_TYPE(known_type, "a certificate", known_rows);

static struct fact_value get_same_key(const void *record, struct buf *scratch)
{
    const struct wire_history *history = record;

    (void)scratch;
    return fact_of_text(wire_same_key_name(history->same_key));
}

static const struct fact_field history_rows[] = {
    FACT_LIST("active", wire_history, active, active_count, wire_known_certificate,
              known_type),
    FACT_U32("issued_24h", wire_history, issued_24h),
    FACT_U32("issued_7d", wire_history, issued_7d),
    FACT_GET("same_key", get_same_key),
    FACT_LIST("same_names", wire_history, same_names, same_name_count,
              wire_known_certificate, known_type),
    FACT_OPTIONAL("previous", wire_history, previous, wire_known_certificate, known_type),
};
static const FACT_TYPE(history_type, "req.history", history_rows);

static const struct fact_field approval_rows[] = {
    FACT_RECORD("approver", wire_approval, approver, wire_account_ref,
                fact_account_ref_type),
    FACT_TEXT("group", wire_approval, group),
    FACT_I64("approved", wire_approval, approved_utc),
    FACT_I64("valid_until", wire_approval, valid_until_utc),
};
static const FACT_TYPE(approval_type, "an approval", approval_rows);

static struct fact_value get_op(const void *record, struct buf *scratch)
{
    const struct wire_facts *facts = record;

    (void)scratch;
    return fact_of_text(wire_op_name(facts->op));
}

static struct fact_value get_stage(const void *record, struct buf *scratch)
{
    const struct wire_facts *facts = record;

    (void)scratch;
    return fact_of_text(wire_stage_name(facts->stage));
}

static struct fact_value get_auth(const void *record, struct buf *scratch)
{
    const struct wire_facts *facts = record;

    (void)scratch;
    return fact_of_text(wire_auth_method_name(facts->auth));
}

static struct fact_value get_principal(const void *record, struct buf *scratch)
{
    const struct wire_facts *facts = record;

    (void)scratch;
    return (struct fact_value){.kind = FACT_OBJECT,
                               .type = &fact_account_type,
                               .record = facts->on_behalf_of != NULL ? facts->on_behalf_of
                                                                     : &facts->requester};
}

/* Not known is not "none": a rule that asks for what was not fetched fails. */
static struct fact_value get_history(const void *record, struct buf *scratch)
{
    const struct wire_facts *facts = record;

    if (facts->history != NULL) {
        return (struct fact_value){
            .kind = FACT_OBJECT, .type = &history_type, .record = facts->history};
    }
    buf_truncate(scratch, 0);
    buf_append_text(scratch, "the history is not known");
    return (struct fact_value){.kind = FACT_UNKNOWN, .text = buf_bytes(scratch)};
}

static const struct fact_field request_rows[] = {
    FACT_TEXT("id", wire_facts, request_id),
    FACT_GET("op", get_op),
    FACT_GET("stage", get_stage),
    FACT_SAME("time", fact_time_type),
    FACT_TEXT("peer_ip", wire_facts, peer_address),
    FACT_GET("auth", get_auth),
    FACT_RECORD("csr", wire_facts, csr, wire_csr, csr_type),
    FACT_RECORD("requester", wire_facts, requester, wire_account, fact_account_type),
    FACT_GET("principal", get_principal),
    FACT_RECORD("template", wire_facts, template, wire_template, fact_template_type),
    FACT_RECORD("proposed", wire_facts, proposed, wire_content, fact_content_type),
    FACT_GET("history", get_history),
    FACT_LIST("approvals", wire_facts, approvals, approval_count, wire_approval,
              approval_type),
};
const FACT_TYPE(fact_request_type, "req", request_rows);
