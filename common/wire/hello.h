/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello: both sides' first message on a connection, sent without waiting; nothing else is
 * heard before it. A change of run_id tells that the peer was restarted.
 */
#ifndef AE_COMMON_WIRE_HELLO_H
#define AE_COMMON_WIRE_HELLO_H

#include "common/wire/limits.h"
#include "common/wire/message.h"

enum wire_program {
    WIRE_PROGRAM_POLICYD = 0,
    WIRE_PROGRAM_RULES,
    WIRE_PROGRAM_SIGNER,
    WIRE_PROGRAM_IDENTITY,
    WIRE_PROGRAM_AGENT,
    WIRE_PROGRAM_NETWORK, /* the client's network half */
    WIRE_PROGRAM_COUNT
};
const char *wire_program_name(enum wire_program program); /* "policyd-signer" */

struct wire_hello {
    enum wire_program program;
    const char *software;     /* its version, "0.1.0"; 1..64 */
    uint32_t version_oldest;  /* versions of the messages that it speaks; 1..255 */
    uint32_t version_newest;  /* 1..255 */
    uint64_t pid;             /* 1..2^31-1 */
    unsigned char run_id[16]; /* random, made at start */
    uint32_t in_flight_max;   /* exchanges the receiver may have open here; 1..65536 */
};
WIRE_DECLARE(hello);

#endif
