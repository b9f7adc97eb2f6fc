/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_names: the words for the ledger's numbers, as people and JSON see them.
 *
 * All return "unknown" for what is no value, never NULL.
 */
#ifndef AE_POLICYD_LEDGER_NAMES_H
#define AE_POLICYD_LEDGER_NAMES_H

#include "policyd/ledger_request.h"
#include "policyd/ledger_revocation.h"

const char *ledger_kind_name(enum ledger_kind kind);                /* "machine", … */
const char *ledger_operation_name(enum ledger_operation operation); /* "enroll", … */
const char *ledger_status_name(enum ledger_status status);          /* "live", … */
const char *ledger_name_kind_name(enum ledger_name_kind kind);      /* "dns", … */
const char *ledger_reason_name(enum ledger_reason reason); /* "keyCompromise", … */
const char *ledger_event_name(enum ledger_revocation_event event); /* "revoke", … */
const char *ledger_request_state_name(enum ledger_request_state state); /* "held", … */
const char *ledger_verdict_name(enum ledger_verdict verdict);           /* "issue", … */

/*
 * A reason by its name of RFC 5280, without regard to case.
 * errors  ERROR_INVALID  there is none of that name; the sentence lists them
 */
AE_MUST_CHECK bool ledger_reason_find(const char *name, enum ledger_reason *out,
                                      struct error *err);

#endif
