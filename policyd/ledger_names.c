/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_names.h"

#include "common/base/text.h"

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *const kinds[] = {
    [LEDGER_KIND_MACHINE] = "machine",
    [LEDGER_KIND_USER] = "user",
    [LEDGER_KIND_INFRASTRUCTURE] = "infrastructure",
};
_Static_assert(COUNT(kinds) == LEDGER_KIND_END, "one name a value");

static const char *const operations[] = {
    [LEDGER_OPERATION_ENROLL] = "enroll",
    [LEDGER_OPERATION_RENEW] = "renew",
    [LEDGER_OPERATION_REKEY] = "rekey",
    [LEDGER_OPERATION_ON_BEHALF] = "on_behalf",
    [LEDGER_OPERATION_ADMIN] = "admin",
    [LEDGER_OPERATION_INFRASTRUCTURE] = "infrastructure",
};
_Static_assert(COUNT(operations) == LEDGER_OPERATION_END, "one name a value");

static const char *const statuses[] = {
    [LEDGER_STATUS_LIVE] = "live",
    [LEDGER_STATUS_HELD] = "held",
    [LEDGER_STATUS_REVOKED] = "revoked",
};
_Static_assert(COUNT(statuses) == LEDGER_STATUS_END, "one name a value");

static const char *const name_kinds[] = {
    [LEDGER_NAME_DNS] = "dns",   [LEDGER_NAME_UPN] = "upn", [LEDGER_NAME_EMAIL] = "email",
    [LEDGER_NAME_KRB5] = "krb5", [LEDGER_NAME_IP] = "ip",   [LEDGER_NAME_URI] = "uri",
    [LEDGER_NAME_SID] = "sid",
};
_Static_assert(COUNT(name_kinds) == LEDGER_NAME_END, "one name a value");

/* RFC 5280 5.3.1; 7 is not used, and 8 (removeFromCRL) is no reason to revoke. */
static const char *const reasons[] = {
    [LEDGER_REASON_UNSPECIFIED] = "unspecified",
    [LEDGER_REASON_KEY_COMPROMISE] = "keyCompromise",
    [LEDGER_REASON_CA_COMPROMISE] = "cACompromise",
    [LEDGER_REASON_AFFILIATION_CHANGED] = "affiliationChanged",
    [LEDGER_REASON_SUPERSEDED] = "superseded",
    [LEDGER_REASON_CESSATION_OF_OPERATION] = "cessationOfOperation",
    [LEDGER_REASON_CERTIFICATE_HOLD] = "certificateHold",
    [LEDGER_REASON_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
    [LEDGER_REASON_AA_COMPROMISE] = "aACompromise",
};
_Static_assert(COUNT(reasons) == LEDGER_REASON_END, "one name a value");

static const char *const events[] = {
    [LEDGER_EVENT_REVOKE] = "revoke",
    [LEDGER_EVENT_HOLD] = "hold",
    [LEDGER_EVENT_RELEASE] = "release",
};
_Static_assert(COUNT(events) == LEDGER_EVENT_END, "one name a value");

static const char *const request_states[] = {
    [LEDGER_REQUEST_SUBMITTED] = "submitted", [LEDGER_REQUEST_HELD] = "held",
    [LEDGER_REQUEST_APPROVED] = "approved",   [LEDGER_REQUEST_DENIED] = "denied",
    [LEDGER_REQUEST_ISSUED] = "issued",       [LEDGER_REQUEST_FAILED] = "failed",
    [LEDGER_REQUEST_EXPIRED] = "expired",
};
_Static_assert(COUNT(request_states) == LEDGER_REQUEST_END, "one name a value");

static const char *const verdicts[] = {
    [LEDGER_VERDICT_ISSUE] = "issue",
    [LEDGER_VERDICT_HOLD] = "hold",
    [LEDGER_VERDICT_DENY] = "deny",
    [LEDGER_VERDICT_ERROR] = "error",
};
_Static_assert(COUNT(verdicts) == LEDGER_VERDICT_END, "one name a value");

static const char *name_of(const char *const *names, size_t count, int value)
{
    const char *name = value < 0 || (size_t)value >= count ? NULL : names[value];

    return name == NULL ? "unknown" : name;
}

const char *ledger_kind_name(enum ledger_kind kind)
{
    return name_of(kinds, LEDGER_KIND_END, (int)kind);
}

const char *ledger_operation_name(enum ledger_operation operation)
{
    return name_of(operations, LEDGER_OPERATION_END, (int)operation);
}

const char *ledger_status_name(enum ledger_status status)
{
    return name_of(statuses, LEDGER_STATUS_END, (int)status);
}

const char *ledger_name_kind_name(enum ledger_name_kind kind)
{
    return name_of(name_kinds, LEDGER_NAME_END, (int)kind);
}

const char *ledger_reason_name(enum ledger_reason reason)
{
    return name_of(reasons, LEDGER_REASON_END, (int)reason);
}

const char *ledger_event_name(enum ledger_revocation_event event)
{
    return name_of(events, LEDGER_EVENT_END, (int)event);
}

const char *ledger_request_state_name(enum ledger_request_state state)
{
    return name_of(request_states, LEDGER_REQUEST_END, (int)state);
}

const char *ledger_verdict_name(enum ledger_verdict verdict)
{
    return name_of(verdicts, LEDGER_VERDICT_END, (int)verdict);
}

bool ledger_reason_find(const char *name, enum ledger_reason *out, struct error *err)
{
    for (int i = 0; i < LEDGER_REASON_END; i++) {
        if (reasons[i] != NULL && text_equal_nocase(reasons[i], name)) {
            *out = (enum ledger_reason)i;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "'%.32s' is not a reason: use unspecified, keyCompromise, "
                     "affiliationChanged, superseded, cessationOfOperation or "
                     "privilegeWithdrawn",
                     name);
}
