/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"

#include "policyd/est.h"
#include "policyd/server_road_inside.h"
#include "policyd/template_set_caller.h"

/* ---- what for ------------------------------------------------------------------------ */

/* What it asks for, as it stands there. */
static void note_request(struct trip *trip)
{
    const struct key_info *key = key_get_info(trip->csr->key);
    AUTO(buf) names = BUF_EMPTY;

    name_print_dn(&trip->csr->subject, &names);
    for (size_t i = 0; i < trip->csr->sans.count; i++) {
        buf_append_text(&names, names.len > 0 ? ", " : "");
        name_print_general(&trip->csr->sans.names[i], &names);
    }
    trip_note(trip, "csr", "%s, %u bits; names: %s", key_alg_name(key->alg), key->bits,
              names.len > 0 ? buf_text(&names) : "none");
}

bool trip_read_request(struct trip *trip)
{
    static const enum reason reasons[] = {
        [CSR_FAULT_NONE] = REASON_INTERNAL,
        [CSR_FAULT_MALFORMED] = REASON_MALFORMED,
        [CSR_FAULT_KEY] = REASON_KEY_WEAK,
        [CSR_FAULT_POP] = REASON_POP,
        [CSR_FAULT_NAME] = REASON_NAME_NOT_YOURS,
        [CSR_FAULT_EXTENSION] = REASON_CSR_EXTENSION,
    };
    _Static_assert(sizeof(reasons) / sizeof(reasons[0]) == CSR_FAULT_COUNT,
                   "every fault of a CSR has its reason");
    enum csr_fault fault = CSR_FAULT_NONE;
    enum reason reason = REASON_POP;

    if (!csr_parse_like(trip->request->csr, trip->road->usual, &trip->csr, &fault,
                        &trip->err)) {
        return trip_fail(trip, reasons[fault]);
    }
    if (!est_check_link(trip->csr, &trip->request->channel, false, &reason, &trip->err)) {
        return trip_fail(trip, reason);
    }
    note_request(trip);
    return true;
}

/* A refusal that concerns an account is recorded with what was asked for, if that can be read. */
bool trip_take_account(struct trip *trip)
{
    const struct server_identity *who = trip->who;

    if (who->account != NULL) {
        trip->account = &who->account->account;
    }
    if (who->known) {
        return true;
    }
    if (!trip_read_request(trip)) {
        trip->reason = REASON_NONE; /* the refusal is that of the account all the same */
    }
    (void)error_set(&trip->err, ERROR_DENIED, "%s", who->sentence);
    return trip_fail(trip, who->refusal.audit_reason);
}

/* The template that is named; else the one that is renewed; else the kind's. */
static const char *wanted_name(const struct trip *trip)
{
    const struct server_road_settings *s = &trip->road->settings;

    if (*trip->request->label != '\0') {
        return trip->request->label;
    }
    if (trip->previous.row != NULL) {
        return trip->previous.row->template.name;
    }
    return trip->account->ref.kind == WIRE_ACCOUNT_MACHINE ? s->default_machine
                                                           : s->default_user;
}

/* A certificate alone is good for one thing: the certificate that follows it. */
static bool check_renewed(struct trip *trip)
{
    const struct ledger_certificate *row = trip->previous.row;

    if (trip->who->login.method != WIRE_AUTH_CERTIFICATE ||
        (row != NULL && text_equal_nocase(row->template.name, trip->template->name))) {
        return true;
    }
    (void)error_set(&trip->err, ERROR_DENIED,
                    "a certificate of template '%s' does not enroll for '%s'",
                    row == NULL ? "" : row->template.name, trip->template->name);
    return trip_fail(trip, REASON_CERT);
}

bool trip_choose_template(struct trip *trip)
{
    enum reason reason = REASON_INTERNAL;
    const char *name = wanted_name(trip);

    if (*name == '\0') {
        (void)error_set(&trip->err, ERROR_NOT_FOUND,
                        "no template was named, and there is no default for a %s",
                        wire_account_kind_name(trip->account->ref.kind));
        return trip_fail(trip, REASON_NO_LABEL);
    }
    if (!template_store_get(trip->road->settings.templates, &trip->templates, &reason,
                            &trip->err) ||
        !template_set_choose(trip->templates, name, &trip->template, &reason,
                             &trip->err)) {
        return trip_fail(trip, reason);
    }
    return check_renewed(trip);
}

/* ---- rules and right ----------------------------------------------------------------- */

/* By its id: who it is was settled before. */
static bool look_up_again(struct trip *trip, const struct rules_needs *needs)
{
    enum reason reason = REASON_INTERNAL;
    const struct directory_query query = {.id = trip->account->ref.id,
                                          .attributes = {needs->names, needs->count},
                                          .left_ns = &trip->directory_left_ns};

    if (!directory_find(trip->road->settings.directory, &query, &trip->looked_up, &reason,
                        &trip->err)) {
        return trip_fail(trip, reason);
    }
    trip->account = &trip->looked_up->account;
    return true;
}

bool trip_take_rules(struct trip *trip)
{
    struct rules_needs needs;

    trip->rules = rules_port_get(trip->road->settings.rules);
    if (trip->rules == NULL) {
        rules_port_problem(trip->road->settings.rules, &trip->err);
        (void)error_wrap(&trip->err, "no rules are in force");
        return trip_fail(trip, REASON_RULES_DOWN);
    }
    rules_need(trip->rules, trip->template->name, trip->op, trip->account->ref.kind,
               &needs);
    return needs.count == 0 || look_up_again(trip, &needs);
}

bool trip_find_access(struct trip *trip)
{
    AUTO(template_caller) caller = NULL;
    enum reason reason = REASON_INTERNAL;

    return (template_caller_new(trip->account, trip->road->settings.form, &caller,
                                &reason, &trip->err) &&
            template_caller_access(caller, trip->template, &trip->access, &reason,
                                   &trip->err)) ||
           trip_fail(trip, reason);
}
