/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_revocation: what happened to a certificate after it was issued.
 */
#ifndef AE_POLICYD_LEDGER_REVOCATION_H
#define AE_POLICYD_LEDGER_REVOCATION_H

#include "policyd/ledger_record.h"

/* RFC 5280 5.3.1 */
enum ledger_reason {
    LEDGER_REASON_UNSPECIFIED = 0,
    LEDGER_REASON_KEY_COMPROMISE = 1,
    LEDGER_REASON_CA_COMPROMISE = 2,
    LEDGER_REASON_AFFILIATION_CHANGED = 3,
    LEDGER_REASON_SUPERSEDED = 4,
    LEDGER_REASON_CESSATION_OF_OPERATION = 5,
    LEDGER_REASON_CERTIFICATE_HOLD = 6,
    LEDGER_REASON_PRIVILEGE_WITHDRAWN = 9,
    LEDGER_REASON_AA_COMPROMISE = 10,
    LEDGER_REASON_END
};

enum ledger_revocation_event {
    LEDGER_EVENT_REVOKE = 1,
    LEDGER_EVENT_HOLD,
    LEDGER_EVENT_RELEASE,
    LEDGER_EVENT_END
};

/* One entry of a certificate's history; nothing removes it. */
struct ledger_revocation {
    struct ledger_serial serial;
    enum ledger_revocation_event event;
    enum ledger_reason reason; /* of a hold always CERTIFICATE_HOLD */
    int64_t happened_utc;
    const char *actor;
    const char *note;
    int64_t node;
    int64_t journal_seq;
};

#endif
