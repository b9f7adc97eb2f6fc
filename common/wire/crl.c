/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/crl.h"

#include "common/wire/define.h"

enum {
    STEP_MAX = 32 * 1024,
    CHUNK_MAX = 128 * 1024, /* 2048 entries of at most 55 octets */
    DEADLINE_MAX = 600000,
    OPENED_MAX = 16 * 1024,
    HEAD_MAX = 10,
    TAIL_MAX = 2048
};

static const struct wire_field begin_fields[] = {
    WIRE_TOKEN(wire_crl_begin, request_id, 1, WIRE_ID_MAX),
    WIRE_TEXT(wire_crl_begin, ca, 1, WIRE_CA_MAX),
    WIRE_U32(wire_crl_begin, generation, 0, UINT32_MAX),
    WIRE_U32(wire_crl_begin, shard, 0, UINT32_MAX),
    WIRE_BOOL(wire_crl_begin, distribution_point),
    WIRE_U64(wire_crl_begin, number, 1, INT64_MAX),
    WIRE_UTC(wire_crl_begin, this_update_utc),
    WIRE_UTC(wire_crl_begin, next_update_utc),
    WIRE_U64(wire_crl_begin, entry_count, 0, UINT32_MAX),
    WIRE_U64(wire_crl_begin, entry_octets, 0, UINT64_C(1) << 40),
    WIRE_U32(wire_crl_begin, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(crl_begin, WIRE_TYPE_CRL_BEGIN, "CRL begin", begin_fields, STEP_MAX);

static const struct wire_field opened_fields[] = {
    WIRE_OCTETS(wire_crl_opened, der, 1, OPENED_MAX),
    WIRE_U64(wire_crl_opened, tbs_octets, 1, UINT64_MAX),
};
WIRE_DEFINE(crl_opened, WIRE_TYPE_CRL_OPENED, "CRL opened", opened_fields, STEP_MAX);

static const struct wire_field entry_fields[] = {
    WIRE_OCTETS(wire_crl_entry, serial, 1, WIRE_SERIAL_MAX),
    WIRE_UTC(wire_crl_entry, revoked_utc),
    WIRE_ENUM(wire_crl_entry, reason, wire_revocation_reason,
              WIRE_REVOCATION_REASON_COUNT),
};
static const WIRE_TABLE(wire_crl_entry, "CRL entry", entry_fields);

static const struct wire_field entries_fields[] = {
    WIRE_LIST(wire_crl_entries, entries, entry_count, wire_crl_entry, 1,
              WIRE_CRL_ENTRIES_MAX),
};
WIRE_DEFINE(crl_entries, WIRE_TYPE_CRL_ENTRIES, "CRL entries", entries_fields, CHUNK_MAX);

static const struct wire_field der_fields[] = {
    WIRE_OCTETS(wire_crl_der, der, 1, CHUNK_MAX),
};
WIRE_DEFINE(crl_der, WIRE_TYPE_CRL_DER, "CRL octets", der_fields, CHUNK_MAX + 4);

static const struct wire_field finish_fields[] = {
    WIRE_BOOL(wire_crl_finish, abandon),
    WIRE_U64(wire_crl_finish, entry_count, 0, UINT32_MAX),
};
WIRE_DEFINE(crl_finish, WIRE_TYPE_CRL_FINISH, "CRL finish", finish_fields, STEP_MAX);

static const struct wire_field signed_fields[] = {
    WIRE_TOKEN(wire_crl_signed, request_id, 1, WIRE_ID_MAX),
    WIRE_OCTETS(wire_crl_signed, head, 2, HEAD_MAX),
    WIRE_OCTETS(wire_crl_signed, tail, 1, TAIL_MAX),
    WIRE_FIXED(wire_crl_signed, tbs_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_crl_signed, issuer_sha256, WIRE_SHA256),
    WIRE_U64(wire_crl_signed, journal_sequence, 1, UINT64_MAX),
    WIRE_UTC(wire_crl_signed, signed_utc),
};
WIRE_DEFINE(crl_signed, WIRE_TYPE_CRL_SIGNED, "CRL signed", signed_fields, STEP_MAX);

/* RFC 5280 5.1: SEQUENCE { INTEGER, Time, extensions with one reasonCode or none } */
uint64_t wire_crl_entry_octets(const struct wire_crl_entry *entry)
{
    enum { HEADER = 2, UTC_TIME = 13, GENERALIZED_TIME = 15, REASON_CODE = 14 };
    static const int64_t year_2050_utc = 2524608000; /* RFC 5280 4.1.2.5 */
    uint64_t octets = HEADER + entry->serial.len + HEADER;

    octets += entry->revoked_utc < year_2050_utc ? UTC_TIME : GENERALIZED_TIME;
    octets += entry->reason == WIRE_REVOCATION_UNSPECIFIED ? 0 : REASON_CODE;
    return HEADER + octets;
}
