/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/agent.h"

#include "common/wire/define.h"

enum {
    SMALL_MAX = 2048,
    SUBMIT_MAX = 64 * 1024,
    ISSUED_MAX = 256 * 1024,
    CACERTS_MAX = 2 << 20,
    REPORT_MAX = 2 << 20,
    CACERTS_COUNT_MAX = 64,
    ENTRIES_MAX = 1024,
    GENERATION_MAX = 512,
    WEEK_S = 604800,
    DEADLINE_MAX = 600000
};

static const char *const credential_names[] = {
    [WIRE_CREDENTIAL_KERBEROS] = "kerberos",
    [WIRE_CREDENTIAL_CERTIFICATE] = "certificate",
};
_Static_assert(sizeof(credential_names) / sizeof(credential_names[0]) ==
                   WIRE_CREDENTIAL_COUNT,
               "every credential has a name");

const char *wire_credential_name(enum wire_credential credential)
{
    return wire_name_of(credential_names, WIRE_CREDENTIAL_COUNT, credential);
}

static const char *const failure_names[] = {
    [WIRE_FAILURE_REFUSED] = "refused",
    [WIRE_FAILURE_UNAUTHENTICATED] = "not authenticated",
    [WIRE_FAILURE_NO_TICKET] = "no ticket",
    [WIRE_FAILURE_UNAVAILABLE] = "unavailable",
    [WIRE_FAILURE_UNTRUSTED] = "untrusted",
    [WIRE_FAILURE_BAD_ANSWER] = "bad answer",
};
_Static_assert(sizeof(failure_names) / sizeof(failure_names[0]) == WIRE_FAILURE_COUNT,
               "every failure has a name");

const char *wire_failure_name(enum wire_failure failure)
{
    return wire_name_of(failure_names, WIRE_FAILURE_COUNT, failure);
}

static const char *const health_names[] = {
    [WIRE_HEALTH_HEALTHY] = "healthy", [WIRE_HEALTH_DUE] = "due",
    [WIRE_HEALTH_EXPIRED] = "expired", [WIRE_HEALTH_PENDING] = "pending",
    [WIRE_HEALTH_DENIED] = "denied",   [WIRE_HEALTH_BROKEN] = "broken",
};
_Static_assert(sizeof(health_names) / sizeof(health_names[0]) == WIRE_HEALTH_COUNT,
               "every state has a name");

const char *wire_health_name(enum wire_health health)
{
    return wire_name_of(health_names, WIRE_HEALTH_COUNT, health);
}

static const struct wire_field submit_fields[] = {
    WIRE_TEXT(wire_enroll_submit, template, 1, WIRE_NAME_MAX),
    WIRE_TEXT(wire_enroll_submit, label, 0, WIRE_NAME_MAX),
    WIRE_ENUM(wire_enroll_submit, op, wire_op, WIRE_OP_COUNT),
    WIRE_OCTETS(wire_enroll_submit, csr, 1, WIRE_CSR_MAX),
    WIRE_ENUM(wire_enroll_submit, credential, wire_credential, WIRE_CREDENTIAL_COUNT),
    WIRE_OCTETS(wire_enroll_submit, old_certificate, 0, WIRE_CERTIFICATE_MAX),
    WIRE_TEXT(wire_enroll_submit, old_generation, 0, GENERATION_MAX),
    WIRE_U32(wire_enroll_submit, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(enroll_submit, WIRE_TYPE_ENROLL_SUBMIT, "enroll submit", submit_fields,
            SUBMIT_MAX);

static const struct wire_field issued_fields[] = {
    WIRE_OCTETS(wire_enroll_issued, certificate, 1, WIRE_CERTIFICATE_MAX),
    WIRE_BLOBS(wire_enroll_issued, chain, chain_count, 1, WIRE_CERTIFICATE_MAX,
               WIRE_CHAIN_MAX),
    WIRE_TOKEN(wire_enroll_issued, request_id, 0, WIRE_ID_MAX),
};
WIRE_DEFINE(enroll_issued, WIRE_TYPE_ENROLL_ISSUED, "enroll issued", issued_fields,
            ISSUED_MAX);

static const struct wire_field pending_fields[] = {
    WIRE_TOKEN(wire_enroll_pending, request_id, 0, WIRE_ID_MAX),
    WIRE_U32(wire_enroll_pending, retry_after_s, 1, WEEK_S),
    WIRE_TEXT(wire_enroll_pending, sentence, 0, WIRE_SENTENCE_MAX),
};
WIRE_DEFINE(enroll_pending, WIRE_TYPE_ENROLL_PENDING, "enroll pending", pending_fields,
            SMALL_MAX);

static const struct wire_field failure_fields[] = {
    WIRE_ENUM(wire_agent_failure, failure, wire_failure, WIRE_FAILURE_COUNT),
    WIRE_U32(wire_agent_failure, http_status, 0, 999),
    WIRE_TOKEN(wire_agent_failure, reason, 0, WIRE_CODE_MAX),
    WIRE_TEXT(wire_agent_failure, sentence, 1, WIRE_SENTENCE_MAX),
    WIRE_TOKEN(wire_agent_failure, request_id, 0, WIRE_ID_MAX),
    WIRE_U32(wire_agent_failure, retry_after_s, 0, WEEK_S),
};
WIRE_DEFINE(agent_failure, WIRE_TYPE_AGENT_FAILURE, "agent failure", failure_fields,
            SMALL_MAX);

static const struct wire_field cacerts_request_fields[] = {
    WIRE_U32(wire_cacerts_request, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(cacerts_request, WIRE_TYPE_CACERTS_REQUEST, "cacerts request",
            cacerts_request_fields, SMALL_MAX);

static const struct wire_field cacerts_fields[] = {
    WIRE_BLOBS(wire_cacerts_answer, certificates, certificate_count, 1,
               WIRE_CERTIFICATE_MAX, CACERTS_COUNT_MAX),
};
WIRE_DEFINE(cacerts_answer, WIRE_TYPE_CACERTS_ANSWER, "cacerts answer", cacerts_fields,
            CACERTS_MAX);

static const struct wire_field report_entry_fields[] = {
    WIRE_STRUCT(wire_report_entry, template, wire_template_ref),
    WIRE_ENUM(wire_report_entry, health, wire_health, WIRE_HEALTH_COUNT),
    WIRE_OCTETS(wire_report_entry, serial, 0, WIRE_SERIAL_MAX),
    WIRE_UTC(wire_report_entry, not_after_utc),
    WIRE_TOKEN(wire_report_entry, reason, 0, WIRE_CODE_MAX),
    WIRE_TEXT(wire_report_entry, sentence, 0, WIRE_SENTENCE_MAX),
};
static const WIRE_TABLE(wire_report_entry, "certificate", report_entry_fields);

static const struct wire_field report_fields[] = {
    WIRE_TOKEN(wire_report, software, 1, WIRE_CODE_MAX),
    WIRE_UTC(wire_report, started_utc),
    WIRE_UTC(wire_report, finished_utc),
    WIRE_U32(wire_report, exit_code, 0, 255),
    WIRE_LIST(wire_report, entries, entry_count, wire_report_entry, 0, ENTRIES_MAX),
    WIRE_U32(wire_report, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(report, WIRE_TYPE_REPORT, "report", report_fields, REPORT_MAX);

static const struct wire_field report_taken_fields[] = {
    WIRE_U32(wire_report_taken, http_status, 100, 999),
};
WIRE_DEFINE(report_taken, WIRE_TYPE_REPORT_TAKEN, "report taken", report_taken_fields,
            SMALL_MAX);
