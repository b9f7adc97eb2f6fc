/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step: one step of the road with what it rested on, for explain.
 */
#ifndef AE_COMMON_WIRE_STEP_H
#define AE_COMMON_WIRE_STEP_H

#include "common/wire/limits.h"
#include "common/wire/reason.h"
#include "common/wire/table.h"

enum wire_step_result {
    WIRE_STEP_PASS = 0,
    WIRE_STEP_FAIL,
    WIRE_STEP_SKIP, /* not reached, or not needed */
    WIRE_STEP_COUNT
};
const char *wire_step_result_name(enum wire_step_result result); /* "pass" */

struct wire_step {
    const char *step; /* "directory", "access", "rules"; token, 1..64 */
    enum wire_step_result result;
    enum reason reason;   /* of a failure, else REASON_NONE */
    const char *sentence; /* what was found, for operators; 0..512 */
};
extern const struct wire_table wire_step_table;

#endif
