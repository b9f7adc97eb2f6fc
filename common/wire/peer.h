/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: who may say what to whom. A reader refuses everything else unread, so that a
 * hijacked peer reaches no decoder but those of its own conversation.
 */
#ifndef AE_COMMON_WIRE_PEER_H
#define AE_COMMON_WIRE_PEER_H

#include "common/wire/reader.h"

enum wire_direction {
    WIRE_SIGNER_TO_POLICYD = 0,
    WIRE_POLICYD_TO_SIGNER,
    WIRE_RULES_TO_POLICYD,
    WIRE_POLICYD_TO_RULES,
    WIRE_IDENTITY_TO_POLICYD,
    WIRE_POLICYD_TO_IDENTITY,
    WIRE_AGENT_TO_NETWORK, /* the client's two halves */
    WIRE_NETWORK_TO_AGENT,
    WIRE_DIRECTION_COUNT
};

/* The types that a reader of that direction lets through. */
const struct wire_types *wire_direction_types(enum wire_direction direction);

#endif
