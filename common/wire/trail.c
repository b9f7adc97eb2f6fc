/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/trail.h"

#include "common/wire/define.h"

enum { VERDICT_MAX = 768 * 1024, TRAIL_MAX = 1024 * 1024 };

static const struct wire_field trail_fields[] = {
    WIRE_TOKEN(wire_trail, request_id, 1, WIRE_ID_MAX),
    WIRE_ENUM(wire_trail, reason, reason, REASON_COUNT),
    WIRE_TEXT(wire_trail, detail, 0, WIRE_SENTENCE_MAX),
    WIRE_TEXT(wire_trail, sentence, 0, WIRE_SENTENCE_MAX),
    WIRE_LIST(wire_trail, steps, step_count, wire_step, 0, WIRE_STEPS_MAX),
    WIRE_OCTETS(wire_trail, verdict, 0, VERDICT_MAX),
};
WIRE_DEFINE(trail, WIRE_TYPE_TRAIL, "trail", trail_fields, TRAIL_MAX);
