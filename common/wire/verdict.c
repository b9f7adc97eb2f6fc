/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/verdict.h"

#include "common/wire/define.h"

enum {
    HOLDS_MAX = 16,
    REMARKS_MAX = 64,
    REMARK_MAX = 512,
    CODES_MAX = 64, /* of one rule */
    LIMITS_MAX = 16,
    SUPERSEDES_MAX = 64,
    QUERIES_MAX = 8,
    YEAR_S = 31536000
};

static const char *const decision_names[] = {
    [WIRE_DECISION_NONE] = "none",   [WIRE_DECISION_PERMIT] = "permit",
    [WIRE_DECISION_HOLD] = "hold",   [WIRE_DECISION_DENY] = "deny",
    [WIRE_DECISION_ERROR] = "error",
};
_Static_assert(sizeof(decision_names) / sizeof(decision_names[0]) == WIRE_DECISION_COUNT,
               "every decision has a name");

const char *wire_decision_name(enum wire_decision decision)
{
    return wire_name_of(decision_names, WIRE_DECISION_COUNT, decision);
}

static const char *const phase_names[] = {
    [WIRE_PHASE_SHAPE] = "shape",
    [WIRE_PHASE_CHECK] = "check",
};
_Static_assert(sizeof(phase_names) / sizeof(phase_names[0]) == WIRE_PHASE_COUNT,
               "every phase has a name");

const char *wire_phase_name(enum wire_phase phase)
{
    return wire_name_of(phase_names, WIRE_PHASE_COUNT, phase);
}

static const char *const mode_names[] = {
    [WIRE_MODE_ENFORCE] = "enforce",
    [WIRE_MODE_AUDIT] = "audit",
};
_Static_assert(sizeof(mode_names) / sizeof(mode_names[0]) == WIRE_MODE_COUNT,
               "every mode has a name");

const char *wire_mode_name(enum wire_mode mode)
{
    return wire_name_of(mode_names, WIRE_MODE_COUNT, mode);
}

static const struct wire_field hold_fields[] = {
    WIRE_TEXT(wire_hold, rule, 1, WIRE_NAME_MAX),
    WIRE_TOKEN(wire_hold, code, 1, WIRE_CODE_MAX),
    WIRE_U32(wire_hold, need, 1, WIRE_APPROVALS_MAX),
    WIRE_TEXT(wire_hold, from, 0, WIRE_DN_MAX),
    WIRE_U64(wire_hold, ttl_s, 1, YEAR_S),
};
static const WIRE_TABLE(wire_hold, "hold", hold_fields);

static const struct wire_field remark_fields[] = {
    WIRE_TEXT(wire_remark, rule, 1, WIRE_NAME_MAX),
    WIRE_TOKEN(wire_remark, key, 1, WIRE_CODE_MAX),
    WIRE_LINES(wire_remark, text, 0, REMARK_MAX),
};
static const WIRE_TABLE(wire_remark, "remark", remark_fields);

static const struct wire_field supersede_fields[] = {
    WIRE_OCTETS(wire_supersede, serial, 1, WIRE_SERIAL_MAX),
    WIRE_U64(wire_supersede, after_s, 0, YEAR_S),
};
static const WIRE_TABLE(wire_supersede, "superseded certificate", supersede_fields);

static const struct wire_field trace_fields[] = {
    WIRE_TEXT(wire_trace, file, 1, WIRE_NAME_MAX),
    WIRE_FIXED(wire_trace, file_sha256, WIRE_SHA256),
    WIRE_TEXT(wire_trace, rule, 1, WIRE_NAME_MAX),
    WIRE_ENUM(wire_trace, phase, wire_phase, WIRE_PHASE_COUNT),
    WIRE_ENUM(wire_trace, mode, wire_mode, WIRE_MODE_COUNT),
    WIRE_BOOL(wire_trace, matched),
    WIRE_ENUM(wire_trace, decision, wire_decision, WIRE_DECISION_COUNT),
    WIRE_TEXTS(wire_trace, codes, code_count, WIRE_FORM_TOKEN, 1, WIRE_CODE_MAX,
               CODES_MAX),
    WIRE_TEXTS(wire_trace, changes, change_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_SENTENCE_MAX, CODES_MAX),
    WIRE_LINES(wire_trace, detail, 0, WIRE_DETAIL_MAX),
    WIRE_U64(wire_trace, instructions, 0, UINT64_MAX),
    WIRE_U64(wire_trace, used_us, 0, UINT64_MAX),
};
static const WIRE_TABLE(wire_trace, "trace of a rule", trace_fields);

static const struct wire_field verdict_fields[] = {
    WIRE_TOKEN(wire_verdict, request_id, 1, WIRE_ID_MAX),
    WIRE_FIXED(wire_verdict, bundle_id, WIRE_SHA256),
    WIRE_ENUM(wire_verdict, decision, wire_decision, WIRE_DECISION_COUNT),
    WIRE_ENUM(wire_verdict, reason, reason, REASON_COUNT),
    WIRE_TEXT(wire_verdict, rule, 0, WIRE_NAME_MAX),
    WIRE_TOKEN(wire_verdict, code, 0, WIRE_CODE_MAX),
    WIRE_LINES(wire_verdict, detail, 0, WIRE_DETAIL_MAX),
    WIRE_TEXT(wire_verdict, sentence, 0, WIRE_SENTENCE_MAX),
    WIRE_STRUCT(wire_verdict, proposed, wire_content),
    WIRE_LIST(wire_verdict, holds, hold_count, wire_hold, 0, HOLDS_MAX),
    WIRE_LIST(wire_verdict, warnings, warning_count, wire_remark, 0, REMARKS_MAX),
    WIRE_LIST(wire_verdict, notes, note_count, wire_remark, 0, REMARKS_MAX),
    WIRE_LIST(wire_verdict, supersedes, supersede_count, wire_supersede, 0,
              SUPERSEDES_MAX),
    WIRE_LIST(wire_verdict, trace, trace_count, wire_trace, 0, WIRE_RULES_MAX),
    WIRE_TEXTS(wire_verdict, limits, limit_count, WIRE_FORM_TOKEN, 1, WIRE_CODE_MAX,
               LIMITS_MAX),
    WIRE_U32(wire_verdict, queries, 0, UINT32_MAX),
};
WIRE_DEFINE(verdict, WIRE_TYPE_VERDICT, "verdict", verdict_fields, 2 << 20);

static const struct wire_field query_need_fields[] = {
    WIRE_TOKEN(wire_query_need, request_id, 1, WIRE_ID_MAX),
    WIRE_LIST(wire_query_need, queries, query_count, wire_query, 1, QUERIES_MAX),
};
WIRE_DEFINE(query_need, WIRE_TYPE_QUERY_NEED, "need of a query", query_need_fields,
            1 << 20);
