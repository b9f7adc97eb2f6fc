/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_convert: the same things as the wire, the journal and the ledger have them.
 */
#ifndef AE_POLICYD_SERVER_CONVERT_H
#define AE_POLICYD_SERVER_CONVERT_H

#include "common/wire/record.h"

#include "policyd/issue_record.h"
#include "policyd/ledger.h"

enum ledger_operation server_operation(enum wire_op op);
/* The number that it reserves under. */
int64_t server_attempt(const struct issue_proposal *proposal);
enum ledger_kind server_kind(enum wire_account_kind kind);
struct ledger_hash server_hash(const unsigned char sha256[WIRE_SHA256]);
/* None when it is not 16 octets long. */
struct ledger_serial server_serial(struct bytes serial);
struct ledger_template server_template(const struct wire_template_ref *ref);

/* A record as the ledger's row; borrows from the record. names: ISSUE_NAMES_MAX of them. */
void server_certificate(const struct issue_record *record, int64_t request,
                        struct ledger_name *names, struct ledger_certificate *out);

/* Request and decision of a proposal; they borrow from it. */
void server_request(const struct issue_proposal *proposal, int64_t node, int64_t now_utc,
                    struct ledger_request *out);
void server_decision(const struct issue_proposal *proposal, int64_t node,
                     struct ledger_decision *out);

enum wire_revocation_action server_action(enum ledger_revocation_event event);
enum wire_revocation_reason server_wire_reason(enum ledger_reason reason);

/* "uid 0 (policyctl)", or the principal; appended. */
void server_actor_text(const struct wire_actor *actor, struct buf *out);

/* A revocation that the journal has, as the ledger's event; actor is the text of the above. */
void server_revoke_entry(const struct wire_revocation *revocation, const char *actor,
                         int64_t node, uint64_t sequence, struct ledger_revoke *out);

#endif
