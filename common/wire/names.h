/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: the name records of common/pki/name.h on the wire, and names with the proof of why
 * the account may have them (I3: every name in a certificate carries one).
 *
 * Only lengths and characters are checked here; whether a dNSName is one, an iPAddress has 4
 * or 16 octets, is for whoever builds the certificate.
 */
#ifndef AE_COMMON_WIRE_NAMES_H
#define AE_COMMON_WIRE_NAMES_H

#include "common/pki/name.h"
#include "common/wire/limits.h"
#include "common/wire/table.h"

extern const struct wire_table name_ava_table;
extern const struct wire_table general_name_table; /* value: 1..2048 octets */

enum wire_proof {
    WIRE_PROOF_DIRECTORY = 0, /* source: the attribute it was read from */
    WIRE_PROOF_RULE,          /* source: the rule that allowed or made it */
    WIRE_PROOF_APPROVAL,      /* source: the request id that was approved */
    WIRE_PROOF_CERTIFICATE,   /* source: serial of the certificate it renews */
    WIRE_PROOF_BOUNDS,        /* source: the infrastructure profile */
    WIRE_PROOF_COUNT
};
const char *wire_proof_name(enum wire_proof proof); /* "directory" */

/* One AttributeTypeAndValue of a subject. */
struct wire_rdn {
    struct name_ava ava; /* value: 1..1024 octets */
    enum wire_proof proof;
    const char *source; /* 1..256 */
};
extern const struct wire_table wire_rdn_table;

/* One subject alternative name. */
struct wire_san {
    struct general_name name;
    enum wire_proof proof;
    const char *source; /* 1..256 */
};
extern const struct wire_table wire_san_table;

#endif
