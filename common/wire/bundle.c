/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/bundle.h"

#include "common/wire/define.h"

enum {
    FILE_MAX = 256 * 1024,
    LOAD_MAX = (2 << 20) + 64 * 1024, /* 2 MiB of rules, and their names and hashes */
    ANSWER_MAX = 1 << 20,
    TEMPLATES_MAX = 256,
    PROBLEMS_MAX = 64
};

static const struct wire_field file_fields[] = {
    WIRE_TEXT(wire_bundle_file, name, 1, WIRE_NAME_MAX),
    WIRE_FIXED(wire_bundle_file, sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_bundle_file, content, 0, FILE_MAX),
};
static const WIRE_TABLE(wire_bundle_file, "file", file_fields);

static const struct wire_field budget_fields[] = {
    WIRE_U64(wire_budget, instructions_rule, 0, UINT64_MAX),
    WIRE_U64(wire_budget, instructions_decision, 0, UINT64_MAX),
    WIRE_U32(wire_budget, cpu_ms, 0, UINT32_MAX),
    WIRE_U64(wire_budget, memory, 0, UINT64_MAX),
    WIRE_U64(wire_budget, steps_call, 0, UINT64_MAX),
    WIRE_U64(wire_budget, steps_decision, 0, UINT64_MAX),
    WIRE_U32(wire_budget, string_max, 0, UINT32_MAX),
};
static const WIRE_TABLE(wire_budget, "budget", budget_fields);

static const struct wire_field load_fields[] = {
    WIRE_FIXED(wire_bundle_load, bundle_id, WIRE_SHA256),
    WIRE_LIST(wire_bundle_load, files, file_count, wire_bundle_file, 0, WIRE_RULES_MAX),
    WIRE_STRUCT(wire_bundle_load, budget, wire_budget),
};
WIRE_DEFINE(bundle_load, WIRE_TYPE_BUNDLE_LOAD, "bundle load", load_fields, LOAD_MAX);

static const struct wire_field rule_fields[] = {
    WIRE_TEXT(wire_rule, file, 1, WIRE_NAME_MAX),
    WIRE_TEXT(wire_rule, name, 1, WIRE_NAME_MAX),
    WIRE_ENUM(wire_rule, phase, wire_phase, WIRE_PHASE_COUNT),
    WIRE_ENUM(wire_rule, mode, wire_mode, WIRE_MODE_COUNT),
    WIRE_TEXTS(wire_rule, templates, template_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, TEMPLATES_MAX),
    WIRE_BITS(wire_rule, ops, (1U << WIRE_OP_COUNT) - 1),
    WIRE_BITS(wire_rule, kinds, (1U << WIRE_ACCOUNT_KIND_COUNT) - 1),
    WIRE_TEXTS(wire_rule, attributes, attribute_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, WIRE_ATTRIBUTES_MAX),
    WIRE_BOOL(wire_rule, history),
};
static const WIRE_TABLE(wire_rule, "rule", rule_fields);

static const struct wire_field problem_fields[] = {
    WIRE_TEXT(wire_problem, file, 0, WIRE_NAME_MAX),
    WIRE_U32(wire_problem, line, 0, UINT32_MAX),
    WIRE_TEXT(wire_problem, sentence, 1, WIRE_SENTENCE_MAX),
};
const WIRE_TABLE(wire_problem, "problem", problem_fields);

static const struct wire_field loaded_fields[] = {
    WIRE_FIXED(wire_bundle_loaded, bundle_id, WIRE_SHA256),
    WIRE_LIST(wire_bundle_loaded, rules, rule_count, wire_rule, 0, WIRE_RULES_MAX),
    WIRE_LIST(wire_bundle_loaded, warnings, warning_count, wire_problem, 0, PROBLEMS_MAX),
};
WIRE_DEFINE(bundle_loaded, WIRE_TYPE_BUNDLE_LOADED, "bundle loaded", loaded_fields,
            ANSWER_MAX);

static const struct wire_field refusal_fields[] = {
    WIRE_FIXED(wire_bundle_refusal, bundle_id, WIRE_SHA256),
    WIRE_LIST(wire_bundle_refusal, problems, problem_count, wire_problem, 1,
              PROBLEMS_MAX),
};
WIRE_DEFINE(bundle_refusal, WIRE_TYPE_BUNDLE_REFUSAL, "bundle refusal", refusal_fields,
            ANSWER_MAX);
