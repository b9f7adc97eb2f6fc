/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/hello.h"

#include "common/wire/define.h"

static const char *const program_names[] = {
    [WIRE_PROGRAM_POLICYD] = "policyd",
    [WIRE_PROGRAM_RULES] = "policyd-rules",
    [WIRE_PROGRAM_SIGNER] = "policyd-signer",
    [WIRE_PROGRAM_IDENTITY] = "policyd-identity",
    [WIRE_PROGRAM_AGENT] = "autoenroll-client",
    [WIRE_PROGRAM_NETWORK] = "autoenroll-client network half",
};
_Static_assert(sizeof(program_names) / sizeof(program_names[0]) == WIRE_PROGRAM_COUNT,
               "every program has a name");

const char *wire_program_name(enum wire_program program)
{
    return wire_name_of(program_names, WIRE_PROGRAM_COUNT, program);
}

static const struct wire_field hello_fields[] = {
    WIRE_ENUM(wire_hello, program, wire_program, WIRE_PROGRAM_COUNT),
    WIRE_TOKEN(wire_hello, software, 1, 64),
    WIRE_U32(wire_hello, version_oldest, 1, 255),
    WIRE_U32(wire_hello, version_newest, 1, 255),
    WIRE_U64(wire_hello, pid, 1, INT32_MAX),
    WIRE_FIXED(wire_hello, run_id, 16),
    WIRE_U32(wire_hello, in_flight_max, 1, 65536),
};
WIRE_DEFINE(hello, WIRE_TYPE_HELLO, "hello", hello_fields, 256);
