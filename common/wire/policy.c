/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/policy.h"

#include "common/wire/define.h"

enum {
    QUESTION_MAX = 128,
    ANSWER_MAX = 2 << 20,
    TEMPLATES_MAX = 1024,
    WEEK_S = 604800,
    DEADLINE_MAX = 600000
};

static const char *const subject_source_names[] = {
    [WIRE_SUBJECT_DIRECTORY] = "directory",
    [WIRE_SUBJECT_ENROLLEE] = "enrollee",
    [WIRE_SUBJECT_OLD_CERTIFICATE] = "old certificate",
};
_Static_assert(sizeof(subject_source_names) / sizeof(subject_source_names[0]) ==
                   WIRE_SUBJECT_SOURCE_COUNT,
               "every source has a name");

const char *wire_subject_source_name(enum wire_subject_source source)
{
    return wire_name_of(subject_source_names, WIRE_SUBJECT_SOURCE_COUNT, source);
}

static const struct wire_field request_fields[] = {
    WIRE_TOKEN(wire_policy_request, etag, 0, WIRE_CODE_MAX),
    WIRE_U32(wire_policy_request, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(policy_request, WIRE_TYPE_POLICY_REQUEST, "policy request", request_fields,
            QUESTION_MAX);

static const struct wire_field template_fields[] = {
    WIRE_STRUCT(wire_policy_template, ref, wire_template_ref),
    WIRE_TEXT(wire_policy_template, display, 0, WIRE_NAME_MAX),
    WIRE_TEXT(wire_policy_template, label, 1, WIRE_NAME_MAX),
    WIRE_ENUM(wire_policy_template, kind, wire_account_kind, WIRE_ACCOUNT_KIND_COUNT),
    WIRE_BOOL(wire_policy_template, enroll),
    WIRE_BOOL(wire_policy_template, autoenroll),
    WIRE_TOKEN(wire_policy_template, reason, 0, WIRE_CODE_MAX),
    WIRE_TEXT(wire_policy_template, sentence, 0, WIRE_SENTENCE_MAX),
    WIRE_ENUM(wire_policy_template, algorithm, wire_key_algorithm,
              WIRE_KEY_ALGORITHM_COUNT),
    WIRE_TOKEN(wire_policy_template, curve, 0, WIRE_CODE_MAX),
    WIRE_U32(wire_policy_template, bits, 1, 65536),
    WIRE_ENUM(wire_policy_template, subject, wire_subject_source,
              WIRE_SUBJECT_SOURCE_COUNT),
    WIRE_BITS(wire_policy_template, flags, WIRE_POLICY_FLAGS),
    WIRE_U64(wire_policy_template, validity_s, 0, UTC_MAX),
    WIRE_U64(wire_policy_template, renewal_s, 0, UTC_MAX),
    WIRE_OIDS(wire_policy_template, supersedes, supersede_count, WIRE_OIDS_MAX),
};
static const WIRE_TABLE(wire_policy_template, "template", template_fields);

static const struct wire_field answer_fields[] = {
    WIRE_BOOL(wire_policy_answer, unchanged),
    WIRE_TOKEN(wire_policy_answer, etag, 0, WIRE_CODE_MAX),
    WIRE_TEXT(wire_policy_answer, principal, 0, WIRE_PRINCIPAL_MAX),
    WIRE_TEXT(wire_policy_answer, ca, 0, WIRE_CA_MAX),
    WIRE_UTC(wire_policy_answer, server_utc),
    WIRE_U64(wire_policy_answer, ask_again_s, 1, WEEK_S),
    WIRE_LIST(wire_policy_answer, templates, template_count, wire_policy_template, 0,
              TEMPLATES_MAX),
};
WIRE_DEFINE(policy_answer, WIRE_TYPE_POLICY_ANSWER, "policy answer", answer_fields,
            ANSWER_MAX);
