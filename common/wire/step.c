/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/step.h"

#include "common/wire/define.h"

static const char *const step_names[] = {
    [WIRE_STEP_PASS] = "pass",
    [WIRE_STEP_FAIL] = "fail",
    [WIRE_STEP_SKIP] = "skip",
};
_Static_assert(sizeof(step_names) / sizeof(step_names[0]) == WIRE_STEP_COUNT,
               "every result of a step has a name");

const char *wire_step_result_name(enum wire_step_result result)
{
    return wire_name_of(step_names, WIRE_STEP_COUNT, result);
}

static const struct wire_field step_fields[] = {
    WIRE_TOKEN(wire_step, step, 1, WIRE_CODE_MAX),
    WIRE_ENUM(wire_step, result, wire_step_result, WIRE_STEP_COUNT),
    WIRE_ENUM(wire_step, reason, reason, REASON_COUNT),
    WIRE_TEXT(wire_step, sentence, 0, WIRE_SENTENCE_MAX),
};
const WIRE_TABLE(wire_step, "step", step_fields);
