/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/journal.h"

#include "common/wire/define.h"
#include "common/wire/entry.h"
#include "common/wire/record.h"

enum {
    QUESTION_MAX = 64,
    ANSWER_MAX = 1 << 20,
    RECORDS_MAX = 1024,
    DEADLINE_MAX = 600000
};

static const struct {
    const char *name;
    const struct wire_message *message;
} record_names[] = {
    [WIRE_RECORD_OPENED] = {"opened", NULL},
    [WIRE_RECORD_RECOVERED] = {"recovered", NULL},
    [WIRE_RECORD_START] = {"start", &wire_journal_start_message},
    [WIRE_RECORD_SELF_TEST] = {"self-test", &wire_journal_self_test_message},
    [WIRE_RECORD_INTENT] = {"intent", &wire_journal_intent_message},
    [WIRE_RECORD_INFRASTRUCTURE] = {"infrastructure",
                                    &wire_journal_infrastructure_message},
    [WIRE_RECORD_RESULT] = {"result", &wire_journal_result_message},
    [WIRE_RECORD_REFUSAL] = {"refusal", &wire_journal_refusal_message},
    [WIRE_RECORD_REVOCATION] = {"revocation", &wire_revocation_message},
    [WIRE_RECORD_APPROVAL] = {"approval", &wire_approval_record_message},
    [WIRE_RECORD_DECISIONS] = {"decisions", &wire_decision_batch_message},
    [WIRE_RECORD_CONTROL] = {"control", &wire_control_message},
    [WIRE_RECORD_CRL] = {"crl", &wire_journal_crl_message},
    [WIRE_RECORD_OCSP] = {"ocsp", &wire_journal_ocsp_message},
    [WIRE_RECORD_CA] = {"ca", &wire_journal_ca_message},
    [WIRE_RECORD_CHECKPOINT] = {"checkpoint", &wire_journal_checkpoint_message},
    [WIRE_RECORD_AUTHORITY] = {"authority", &wire_journal_authority_message},
    [WIRE_RECORD_AUTHORITY_MADE] = {"authority made",
                                    &wire_journal_authority_made_message},
    [WIRE_RECORD_CRL_NUMBER] = {"CRL number", &wire_journal_crl_number_message},
};
_Static_assert(sizeof(record_names) / sizeof(record_names[0]) == WIRE_RECORD_END,
               "every record has a name");

const char *wire_record_name(unsigned int type)
{
    if (type >= WIRE_RECORD_END || record_names[type].name == NULL) {
        return "unknown";
    }
    return record_names[type].name;
}

const struct wire_message *wire_record_message(unsigned int type)
{
    return type < WIRE_RECORD_END ? record_names[type].message : NULL;
}

static const struct wire_field tail_fields[] = {
    WIRE_U64(wire_journal_tail, after, 0, UINT64_MAX),
    WIRE_U32(wire_journal_tail, max, 1, RECORDS_MAX),
    WIRE_U32(wire_journal_tail, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(journal_tail, WIRE_TYPE_JOURNAL_TAIL, "journal tail", tail_fields,
            QUESTION_MAX);

static const struct wire_field entry_fields[] = {
    WIRE_U64(wire_journal_entry, sequence, 1, UINT64_MAX),
    WIRE_U64(wire_journal_entry, time_ns, 0, UINT64_MAX),
    WIRE_U32(wire_journal_entry, type, 1, UINT16_MAX),
    WIRE_FIXED(wire_journal_entry, previous_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_journal_entry, sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_entry, payload, 0, WIRE_RECORD_MAX),
};
static const WIRE_TABLE(wire_journal_entry, "journal record", entry_fields);

static const struct wire_field records_fields[] = {
    WIRE_LIST(wire_journal_records, records, record_count, wire_journal_entry, 0,
              RECORDS_MAX),
    WIRE_BOOL(wire_journal_records, more),
    WIRE_U64(wire_journal_records, last, 0, UINT64_MAX),
};
WIRE_DEFINE(journal_records, WIRE_TYPE_JOURNAL_RECORDS, "journal records", records_fields,
            ANSWER_MAX);
