/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records: what the ledger's tests put into it.
 *
 * Time stands at FIXTURE_NOW. Record n always has the same serial, key and names.
 */
#ifndef AE_TESTS_UNIT_LEDGER_RECORDS_H
#define AE_TESTS_UNIT_LEDGER_RECORDS_H

#include "policyd/ledger_op.h"

#define FIXTURE_NOW  INT64_C(1800000000)
#define FIXTURE_DAY  INT64_C(86400)
#define FIXTURE_YEAR (365 * FIXTURE_DAY)

struct ledger_serial fixture_serial(unsigned int n);
struct ledger_hash fixture_hash(unsigned int n);

/* Of account "account-1", template "Machine", issued now for a year, request n, key n. */
struct ledger_certificate fixture_certificate(unsigned int n);
/* The request and the decision that go with it; the state is for the caller to set. */
struct ledger_request fixture_request(unsigned int n);
struct ledger_decision fixture_decision(unsigned int n);

/* Reserves request n's account, template and key, without quotas or a retry window. */
struct ledger_op fixture_reserve(unsigned int n);

#endif
