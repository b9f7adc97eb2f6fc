/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups: what runs for each verb; a file a group. All take a ctl whose arguments were checked
 * against the table, fill its fault when they fail, and return the exit code.
 */
#ifndef AE_POLICYD_CTL_GROUPS_H
#define AE_POLICYD_CTL_GROUPS_H

#include "policyd/ctl/ctl.h"

/* status */
enum exit_code verb_status(struct ctl *ctl);

/* service */
enum exit_code verb_freeze(struct ctl *ctl);
enum exit_code verb_thaw(struct ctl *ctl);
enum exit_code verb_clock_confirm(struct ctl *ctl);
enum exit_code verb_reload(struct ctl *ctl);
enum exit_code verb_ledger_rebuild(struct ctl *ctl);

/* explain */
enum exit_code verb_explain(struct ctl *ctl);

/* crl */
enum exit_code verb_crl_show(struct ctl *ctl);
enum exit_code verb_crl_publish(struct ctl *ctl);

/* ca, ca_init */
enum exit_code verb_ca_show(struct ctl *ctl);
enum exit_code verb_ca_init(struct ctl *ctl);

/* cert, cert_revoke */
enum exit_code verb_cert_list(struct ctl *ctl); /* and find */
enum exit_code verb_cert_show(struct ctl *ctl);
enum exit_code verb_cert_revoke(struct ctl *ctl);
enum exit_code verb_cert_hold(struct ctl *ctl);
enum exit_code verb_cert_unhold(struct ctl *ctl);

/* request, request_list, request_decide */
enum exit_code verb_request_list(struct ctl *ctl);
enum exit_code verb_request_show(struct ctl *ctl);
enum exit_code verb_request_approve(struct ctl *ctl);
enum exit_code verb_request_deny(struct ctl *ctl);

/* template */
enum exit_code verb_template_list(struct ctl *ctl);
enum exit_code verb_template_show(struct ctl *ctl);

/* rule */
enum exit_code verb_rule_check(struct ctl *ctl);
enum exit_code verb_rule_test(struct ctl *ctl);
enum exit_code verb_rule_list(struct ctl *ctl);

/* audit, audit_verify */
enum exit_code verb_audit_tail(struct ctl *ctl);
enum exit_code verb_audit_checkpoint(struct ctl *ctl);
enum exit_code verb_audit_verify(struct ctl *ctl);

/* general */
enum exit_code verb_version(struct ctl *ctl);
enum exit_code verb_completion(struct ctl *ctl);

#endif
