/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/status.h"

#include "common/wire/define.h"

enum {
    QUESTION_MAX = 16,
    STATUS_MAX = 64 * 1024,
    PATH_OCTETS_MAX = 4096,
    COUNTERS_MAX = 128
};

static const struct wire_field request_fields[] = {
    WIRE_BOOL(wire_status_request, counters),
};
WIRE_DEFINE(status_request, WIRE_TYPE_STATUS_REQUEST, "status request", request_fields,
            QUESTION_MAX);

static const struct wire_field ca_status_fields[] = {
    WIRE_TEXT(wire_ca_status, name, 1, WIRE_CA_MAX),
    WIRE_ENUM(wire_ca_status, store, wire_key_store, WIRE_KEY_STORE_COUNT),
    WIRE_ENUM(wire_ca_status, algorithm, wire_key_algorithm, WIRE_KEY_ALGORITHM_COUNT),
    WIRE_U32(wire_ca_status, bits, 1, 65536),
    WIRE_FIXED(wire_ca_status, certificate_sha256, WIRE_SHA256),
    WIRE_UTC(wire_ca_status, not_before_utc),
    WIRE_UTC(wire_ca_status, not_after_utc),
    WIRE_BOOL(wire_ca_status, active),
    WIRE_BOOL(wire_ca_status, locked),
    WIRE_TEXT(wire_ca_status, problem, 0, WIRE_SENTENCE_MAX),
};
static const WIRE_TABLE(wire_ca_status, "CA status", ca_status_fields);

static const struct wire_field bounds_status_fields[] = {
    WIRE_TEXT(wire_bounds_status, path, 0, PATH_OCTETS_MAX),
    WIRE_U32(wire_bounds_status, owner_uid, 0, UINT32_MAX),
    WIRE_FIXED(wire_bounds_status, sha256, WIRE_SHA256),
    WIRE_UTC(wire_bounds_status, loaded_utc),
    WIRE_TEXT(wire_bounds_status, problem, 0, WIRE_SENTENCE_MAX),
};
static const WIRE_TABLE(wire_bounds_status, "bounds status", bounds_status_fields);

static const struct wire_field journal_status_fields[] = {
    WIRE_TEXT(wire_journal_status, path, 0, PATH_OCTETS_MAX),
    WIRE_U64(wire_journal_status, sequence, 0, UINT64_MAX),
    WIRE_U64(wire_journal_status, time_ns, 0, UINT64_MAX),
    WIRE_FIXED(wire_journal_status, sha256, WIRE_SHA256),
    WIRE_FIXED(wire_journal_status, root, WIRE_SHA256),
    WIRE_U64(wire_journal_status, first_sequence, 0, UINT64_MAX),
    WIRE_U64(wire_journal_status, segment_octets, 0, UINT64_MAX),
    WIRE_U64(wire_journal_status, recovered_octets, 0, UINT64_MAX),
    WIRE_U64(wire_journal_status, octets_free, 0, UINT64_MAX),
    WIRE_U64(wire_journal_status, checkpoint, 0, UINT64_MAX),
    WIRE_UTC(wire_journal_status, checkpoint_utc),
    WIRE_BOOL(wire_journal_status, failed),
    WIRE_TEXT(wire_journal_status, problem, 0, WIRE_SENTENCE_MAX),
};
static const WIRE_TABLE(wire_journal_status, "journal status", journal_status_fields);

static const struct wire_field counter_fields[] = {
    WIRE_TOKEN(wire_counter, name, 1, WIRE_CODE_MAX),
    WIRE_U64(wire_counter, value, 0, UINT64_MAX),
};
static const WIRE_TABLE(wire_counter, "counter", counter_fields);

static const struct wire_field status_fields[] = {
    WIRE_U32(wire_signer_status, pid, 1, INT32_MAX),
    WIRE_U32(wire_signer_status, uid, 0, UINT32_MAX),
    WIRE_TOKEN(wire_signer_status, software, 1, WIRE_CODE_MAX),
    WIRE_U32(wire_signer_status, version, 1, 255),
    WIRE_U32(wire_signer_status, node, WIRE_NODE_MIN, WIRE_NODE_MAX),
    WIRE_UTC(wire_signer_status, started_utc),
    WIRE_UTC(wire_signer_status, now_utc),
    WIRE_BOOL(wire_signer_status, frozen),
    WIRE_TEXT(wire_signer_status, frozen_sentence, 0, WIRE_SENTENCE_MAX),
    WIRE_BOOL(wire_signer_status, clock_jumped),
    WIRE_STRUCT(wire_signer_status, bounds, wire_bounds_status),
    WIRE_STRUCT(wire_signer_status, journal, wire_journal_status),
    WIRE_LIST(wire_signer_status, cas, ca_count, wire_ca_status, 0, WIRE_CAS_MAX),
    WIRE_LIST(wire_signer_status, counters, counter_count, wire_counter, 0, COUNTERS_MAX),
};
WIRE_DEFINE(signer_status, WIRE_TYPE_SIGNER_STATUS, "signer status", status_fields,
            STATUS_MAX);
