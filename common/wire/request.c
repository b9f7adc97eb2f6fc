/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/request.h"

#include "common/wire/define.h"

enum { WEAK_MAX = 16 };

static const char *const op_names[] = {
    [WIRE_OP_ENROLL] = "enroll", [WIRE_OP_RENEW] = "renew",
    [WIRE_OP_REKEY] = "rekey",   [WIRE_OP_ON_BEHALF] = "on_behalf",
    [WIRE_OP_ADMIN] = "admin",
};
_Static_assert(sizeof(op_names) / sizeof(op_names[0]) == WIRE_OP_COUNT,
               "every operation has a name");

const char *wire_op_name(enum wire_op op)
{
    return wire_name_of(op_names, WIRE_OP_COUNT, op);
}

static const char *const stage_names[] = {
    [WIRE_STAGE_SUBMIT] = "submit",
    [WIRE_STAGE_APPROVED] = "approved",
};
_Static_assert(sizeof(stage_names) / sizeof(stage_names[0]) == WIRE_STAGE_COUNT,
               "every stage has a name");

const char *wire_stage_name(enum wire_stage stage)
{
    return wire_name_of(stage_names, WIRE_STAGE_COUNT, stage);
}

static const char *const key_algorithm_names[] = {
    [WIRE_KEY_RSA] = "rsa",
    [WIRE_KEY_EC] = "ec",
    [WIRE_KEY_ED25519] = "ed25519",
    [WIRE_KEY_ED448] = "ed448",
};
_Static_assert(sizeof(key_algorithm_names) / sizeof(key_algorithm_names[0]) ==
                   WIRE_KEY_ALGORITHM_COUNT,
               "every key algorithm has a name");

const char *wire_key_algorithm_name(enum wire_key_algorithm algorithm)
{
    return wire_name_of(key_algorithm_names, WIRE_KEY_ALGORITHM_COUNT, algorithm);
}

static const struct wire_field key_fields[] = {
    WIRE_ENUM(wire_key, algorithm, wire_key_algorithm, WIRE_KEY_ALGORITHM_COUNT),
    WIRE_U32(wire_key, bits, 1, 65536),
    WIRE_TOKEN(wire_key, curve, 0, WIRE_CODE_MAX),
    WIRE_U64(wire_key, exponent, 0, UINT64_MAX),
    WIRE_FIXED(wire_key, spki_sha256, WIRE_SHA256),
    WIRE_TEXTS(wire_key, weak, weak_count, WIRE_FORM_TOKEN, 1, WIRE_CODE_MAX, WEAK_MAX),
};
static const WIRE_TABLE(wire_key, "key", key_fields);

static const struct wire_field csr_item_fields[] = {
    WIRE_OID(wire_csr_item, oid, 1),
    WIRE_BOOL(wire_csr_item, critical),
    WIRE_OCTETS(wire_csr_item, der, 0, WIRE_CSR_MAX),
};
static const WIRE_TABLE(wire_csr_item, "item of a request", csr_item_fields);

static const struct wire_field csr_fields[] = {
    WIRE_FIXED(wire_csr, sha256, WIRE_SHA256),
    WIRE_LIST(wire_csr, subject, subject_count, name_ava, 0, WIRE_AVAS_MAX),
    WIRE_LIST(wire_csr, sans, san_count, general_name, 0, WIRE_SANS_MAX),
    WIRE_STRUCT(wire_csr, key, wire_key),
    WIRE_LIST(wire_csr, extensions, extension_count, wire_csr_item, 0,
              WIRE_EXTENSIONS_MAX),
    WIRE_LIST(wire_csr, attributes, attribute_count, wire_csr_item, 0,
              WIRE_EXTENSIONS_MAX),
    WIRE_BOOL(wire_csr, pop_ok),
};
const WIRE_TABLE(wire_csr, "certificate signing request", csr_fields);

static const struct wire_field approval_fields[] = {
    WIRE_TOKEN(wire_approval, request_id, 1, WIRE_ID_MAX),
    WIRE_STRUCT(wire_approval, approver, wire_account_ref),
    WIRE_TEXT(wire_approval, group, 1, WIRE_DN_MAX),
    WIRE_UTC(wire_approval, approved_utc),
    WIRE_UTC(wire_approval, valid_until_utc),
    WIRE_U64(wire_approval, journal_sequence, 0, UINT64_MAX),
};
const WIRE_TABLE(wire_approval, "approval", approval_fields);
