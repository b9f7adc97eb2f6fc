/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/ocsp.h"

#include "common/wire/define.h"

enum {
    BATCH_MAX = 64 * 1024,
    RESPONSES_MAX = 2 << 20,
    RESPONSE_MAX = 8 * 1024 - 8, /* with the responder's certificate */
    NONCE_MAX = 32,
    DEADLINE_MAX = 600000
};

static const char *const hash_names[] = {
    [WIRE_OCSP_SHA1] = "SHA-1",
    [WIRE_OCSP_SHA256] = "SHA-256",
};
_Static_assert(sizeof(hash_names) / sizeof(hash_names[0]) == WIRE_OCSP_HASH_COUNT,
               "every hash has a name");

const char *wire_ocsp_hash_name(enum wire_ocsp_hash hash)
{
    return wire_name_of(hash_names, WIRE_OCSP_HASH_COUNT, hash);
}

static const char *const status_names[] = {
    [WIRE_OCSP_GOOD] = "good",
    [WIRE_OCSP_REVOKED] = "revoked",
    [WIRE_OCSP_UNKNOWN] = "unknown",
};
_Static_assert(sizeof(status_names) / sizeof(status_names[0]) == WIRE_OCSP_STATUS_COUNT,
               "every status has a name");

const char *wire_ocsp_status_name(enum wire_ocsp_status status)
{
    return wire_name_of(status_names, WIRE_OCSP_STATUS_COUNT, status);
}

static const struct wire_field single_fields[] = {
    WIRE_ENUM(wire_ocsp_single, hash, wire_ocsp_hash, WIRE_OCSP_HASH_COUNT),
    WIRE_OCTETS(wire_ocsp_single, serial, 1, WIRE_SERIAL_MAX),
    WIRE_ENUM(wire_ocsp_single, status, wire_ocsp_status, WIRE_OCSP_STATUS_COUNT),
    WIRE_UTC(wire_ocsp_single, revoked_utc),
    WIRE_ENUM(wire_ocsp_single, reason, wire_revocation_reason,
              WIRE_REVOCATION_REASON_COUNT),
    WIRE_OCTETS(wire_ocsp_single, nonce, 0, NONCE_MAX),
};
static const WIRE_TABLE(wire_ocsp_single, "single response", single_fields);

static const struct wire_field batch_fields[] = {
    WIRE_TOKEN(wire_ocsp_batch, request_id, 1, WIRE_ID_MAX),
    WIRE_TEXT(wire_ocsp_batch, ca, 1, WIRE_CA_MAX),
    WIRE_FIXED(wire_ocsp_batch, responder_sha256, WIRE_SHA256),
    WIRE_UTC(wire_ocsp_batch, this_update_utc),
    WIRE_UTC(wire_ocsp_batch, next_update_utc),
    WIRE_LIST(wire_ocsp_batch, singles, single_count, wire_ocsp_single, 1,
              WIRE_OCSP_SINGLES_MAX),
    WIRE_U32(wire_ocsp_batch, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(ocsp_batch, WIRE_TYPE_OCSP_BATCH, "OCSP batch", batch_fields, BATCH_MAX);

static const struct wire_field responses_fields[] = {
    WIRE_TOKEN(wire_ocsp_responses, request_id, 1, WIRE_ID_MAX),
    WIRE_BLOBS(wire_ocsp_responses, responses, response_count, 1, RESPONSE_MAX,
               WIRE_OCSP_SINGLES_MAX),
    WIRE_U64(wire_ocsp_responses, journal_sequence, 1, UINT64_MAX),
    WIRE_UTC(wire_ocsp_responses, produced_utc),
};
WIRE_DEFINE(ocsp_responses, WIRE_TYPE_OCSP_RESPONSES, "OCSP responses", responses_fields,
            RESPONSES_MAX);
