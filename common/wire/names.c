/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/names.h"

#include "common/wire/define.h"

enum { GENERAL_VALUE_MAX = 2048 };

static const char *const proof_names[] = {
    [WIRE_PROOF_DIRECTORY] = "directory", [WIRE_PROOF_RULE] = "rule",
    [WIRE_PROOF_APPROVAL] = "approval",   [WIRE_PROOF_CERTIFICATE] = "certificate",
    [WIRE_PROOF_BOUNDS] = "bounds",
};
_Static_assert(sizeof(proof_names) / sizeof(proof_names[0]) == WIRE_PROOF_COUNT,
               "every proof has a name");

const char *wire_proof_name(enum wire_proof proof)
{
    return wire_name_of(proof_names, WIRE_PROOF_COUNT, proof);
}

static const struct wire_field ava_fields[] = {
    WIRE_OID(name_ava, oid, 1),
    WIRE_TEXT(name_ava, value, 1, NAME_VALUE_MAX),
    WIRE_ENUM(name_ava, encoding, name_encoding, NAME_ENCODING_COUNT),
    WIRE_BOOL(name_ava, joined),
};
const WIRE_TABLE(name_ava, "attribute of a name", ava_fields);

static const struct wire_field general_name_fields[] = {
    WIRE_ENUM(general_name, type, general_type, GENERAL_TYPE_COUNT),
    WIRE_OID(general_name, oid, 0),
    WIRE_OCTETS(general_name, value, 1, GENERAL_VALUE_MAX),
};
const WIRE_TABLE(general_name, "general name", general_name_fields);

static const struct wire_field rdn_fields[] = {
    WIRE_STRUCT(wire_rdn, ava, name_ava),
    WIRE_ENUM(wire_rdn, proof, wire_proof, WIRE_PROOF_COUNT),
    WIRE_TEXT(wire_rdn, source, 1, WIRE_NAME_MAX),
};
const WIRE_TABLE(wire_rdn, "subject attribute", rdn_fields);

static const struct wire_field san_fields[] = {
    WIRE_STRUCT(wire_san, name, general_name),
    WIRE_ENUM(wire_san, proof, wire_proof, WIRE_PROOF_COUNT),
    WIRE_TEXT(wire_san, source, 1, WIRE_NAME_MAX),
};
const WIRE_TABLE(wire_san, "alternative name", san_fields);
