/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/reason.h"

#include <string.h>

#define SENTENCE_AUTH "Authentication is required."

static const struct reason_info reasons[] = {
    [REASON_HELD] = {"HELD",
                     "The request waits for approval; ask again with the same key.", 202,
                     ACTOR_APPROVER, RETRY_POLL, REASON_HELD},

    [REASON_MALFORMED] = {"MALFORMED", "The request is not well-formed.", 400,
                          ACTOR_REQUESTER, RETRY_NO, REASON_MALFORMED},
    [REASON_POP] =
        {"POP",
         "The request does not prove possession of its key, or is not linked to "
         "this TLS session.",
         400, ACTOR_REQUESTER, RETRY_NO, REASON_POP},

    [REASON_AUTH_NONE] = {"AUTH_NONE", SENTENCE_AUTH, 401, ACTOR_REQUESTER,
                          RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_CB_MISSING] = {"CB_MISSING", "The Kerberos token carries no channel binding.",
                           401, ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_CB_MISMATCH] = {"CB_MISMATCH",
                            "The Kerberos token is bound to another server certificate.",
                            401, ACTOR_OPERATOR, RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_REPLAY] = {"REPLAY", "The Kerberos token was seen before.", 401,
                       ACTOR_OPERATOR, RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_SPN] = {"SPN", "The Kerberos ticket is for another service.", 401,
                    ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_CERT] =
        {"CERT",
         "The client certificate cannot serve: foreign, wrong purpose, expired, "
         "not yet valid, or unknown to the ledger.",
         401, ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_AUTH_NONE},
    [REASON_REVOKED] = {"REVOKED", "The client certificate is revoked.", 401,
                        ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_AUTH_NONE},

    [REASON_REALM] = {"REALM", "Accounts of this realm are not served here.", 403,
                      ACTOR_OPERATOR, RETRY_NO, REASON_REALM},
    [REASON_PRINCIPAL] = {"PRINCIPAL",
                          "Only host and user principals are served, not this kind.", 403,
                          ACTOR_REQUESTER, RETRY_NO, REASON_PRINCIPAL},
    [REASON_IDENTITY_CONFLICT] = {"IDENTITY_CONFLICT",
                                  "The request carries two identities that differ.", 403,
                                  ACTOR_REQUESTER, RETRY_NO, REASON_IDENTITY_CONFLICT},
    [REASON_DISABLED] = {"DISABLED", "The account is disabled, expired or gone.", 403,
                         ACTOR_DIRECTORY, RETRY_NO, REASON_DISABLED},
    [REASON_DIR_AMBIG] = {"DIR_AMBIG",
                          "The directory does not tie the account's names to it alone.",
                          403, ACTOR_DIRECTORY, RETRY_NO, REASON_DIR_AMBIG},
    [REASON_WRONG_KIND] =
        {"WRONG_KIND",
         "The template is for machines and the account is a user, or the "
         "other way round.",
         403, ACTOR_REQUESTER, RETRY_NO, REASON_WRONG_KIND},
    [REASON_NO_ENROLL] = {"NO_ENROLL",
                          "The account has no right to enroll this template.", 403,
                          ACTOR_TEMPLATE_OWNER, RETRY_NO, REASON_NO_ENROLL},
    [REASON_TPL_UNSAFE] = {"TPL_UNSAFE",
                           "The template does not issue until its findings are settled.",
                           403, ACTOR_TEMPLATE_OWNER, RETRY_NO, REASON_TPL_UNSAFE},
    [REASON_NAME_MISSING] = {"NAME_MISSING",
                             "The account lacks a name that the template requires.", 403,
                             ACTOR_DIRECTORY, RETRY_NO, REASON_NAME_MISSING},
    [REASON_NAME_NOT_YOURS] = {"NAME_NOT_YOURS",
                               "The request names something that is not the account's; "
                               "enroll afresh without it.",
                               403, ACTOR_REQUESTER, RETRY_OTHERWISE,
                               REASON_NAME_NOT_YOURS},
    [REASON_CSR_EXTENSION] =
        {"CSR_EXTENSION",
         "The request asks for an extension that the template does not "
         "issue.",
         403, ACTOR_REQUESTER, RETRY_NO, REASON_CSR_EXTENSION},
    [REASON_KEY_WEAK] = {"KEY_WEAK", "The key is too weak or of a kind not allowed.", 403,
                         ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_KEY_WEAK},
    [REASON_KEY_REUSE] = {"KEY_REUSE", "The key belongs to another account or is burnt.",
                          403, ACTOR_REQUESTER, RETRY_OTHERWISE, REASON_KEY_REUSE},
    [REASON_RULE_DENIED] = {"RULE_DENIED", "An issuance rule denies the request.", 403,
                            ACTOR_RULE_AUTHOR, RETRY_NO, REASON_RULE_DENIED},
    [REASON_NO_RULE_PERMITTED] = {"NO_RULE_PERMITTED",
                                  "No issuance rule permits the request.", 403,
                                  ACTOR_RULE_AUTHOR, RETRY_NO, REASON_NO_RULE_PERMITTED},
    [REASON_RULE_ERROR] = {"RULE_ERROR",
                           "An issuance rule failed or took too long, so the request is "
                           "refused.",
                           403, ACTOR_RULE_AUTHOR, RETRY_NO, REASON_RULE_ERROR},
    [REASON_APPROVAL_DENIED] =
        {"APPROVAL_DENIED",
         "An approver denied the request, or it was not approved in "
         "time.",
         403, ACTOR_APPROVER, RETRY_NO, REASON_APPROVAL_DENIED},
    [REASON_BOUNDS] = {"BOUNDS", "The certificate would leave the signer's bounds.", 403,
                       ACTOR_OPERATOR, RETRY_NO, REASON_BOUNDS},
    [REASON_LINT] = {"LINT", "The certificate would not be well-formed.", 403,
                     ACTOR_TEMPLATE_OWNER, RETRY_NO, REASON_LINT},
    [REASON_NOT_OPERATOR] = {"NOT_OPERATOR",
                             "Only root and members of the administrators' group may do "
                             "this.",
                             403, ACTOR_OPERATOR, RETRY_NO, REASON_NOT_OPERATOR},

    [REASON_NO_LABEL] = {"NO_LABEL", "There is no template of this name here.", 404,
                         ACTOR_REQUESTER, RETRY_NO, REASON_NO_LABEL},
    [REASON_NO_PATH] = {"NO_PATH", "There is nothing at this address.", 404,
                        ACTOR_REQUESTER, RETRY_NO, REASON_NO_PATH},
    [REASON_NO_ITEM] = {"NO_ITEM", "There is nothing of this number or name.", 404,
                        ACTOR_REQUESTER, RETRY_NO, REASON_NO_ITEM},
    [REASON_CONFLICT] = {"CONFLICT", "The state it is in does not allow this.", 409,
                         ACTOR_REQUESTER, RETRY_NO, REASON_CONFLICT},
    [REASON_METHOD] = {"METHOD", "This address does not take that method.", 405,
                       ACTOR_REQUESTER, RETRY_NO, REASON_METHOD},
    [REASON_TOO_LARGE] = {"TOO_LARGE", "The request is too large.", 413, ACTOR_REQUESTER,
                          RETRY_NO, REASON_TOO_LARGE},
    [REASON_MEDIA_TYPE] = {"MEDIA_TYPE",
                           "This operation does not take that content type.", 415,
                           ACTOR_REQUESTER, RETRY_NO, REASON_MEDIA_TYPE},

    [REASON_RATE] = {"RATE", "Too many requests; wait before asking again.", 429,
                     ACTOR_REQUESTER, RETRY_LATER, REASON_RATE},

    [REASON_INTERNAL] = {"INTERNAL", "The server failed; the request was not granted.",
                         500, ACTOR_OPERATOR, RETRY_NO, REASON_INTERNAL},

    [REASON_DIR_DOWN] = {"DIR_DOWN", "The directory is away.", 503, ACTOR_OPERATOR,
                         RETRY_LATER, REASON_DIR_DOWN},
    [REASON_DIR_PARTIAL] = {"DIR_PARTIAL", "The directory's answer is incomplete.", 503,
                            ACTOR_DIRECTORY, RETRY_LATER, REASON_DIR_PARTIAL},
    [REASON_RULES_DOWN] = {"RULES_DOWN", "No issuance rules are loaded.", 503,
                           ACTOR_OPERATOR, RETRY_LATER, REASON_RULES_DOWN},
    [REASON_STORE] = {"STORE", "The ledger cannot record anything at present.", 503,
                      ACTOR_OPERATOR, RETRY_LATER, REASON_STORE},
    [REASON_SIGNER] = {"SIGNER", "The signer is away.", 503, ACTOR_OPERATOR, RETRY_LATER,
                       REASON_SIGNER},
    [REASON_KERBEROS] = {"KERBEROS", "Kerberos tickets cannot be checked at present.",
                         503, ACTOR_OPERATOR, RETRY_LATER, REASON_KERBEROS},
    [REASON_CLOCK] = {"CLOCK", "The server's clock is in doubt.", 503, ACTOR_OPERATOR,
                      RETRY_LATER, REASON_CLOCK},
    [REASON_FROZEN] = {"FROZEN", "Issuing is suspended by an administrator.", 503,
                       ACTOR_OPERATOR, RETRY_LATER, REASON_FROZEN},
    [REASON_BUSY] = {"BUSY", "The server is busy.", 503, ACTOR_NOBODY, RETRY_LATER,
                     REASON_BUSY},

    [REASON_NOT_APPROVER] = {"NOT_APPROVER",
                             "Only an approver of the request, who is not its requester, "
                             "may decide on it.",
                             403, ACTOR_APPROVER, RETRY_NO, REASON_NOT_APPROVER},
    [REASON_SUPERSEDED] =
        {"SUPERSEDED",
         "A later request of the same account and key, for other names or "
         "by another version of the template, took this one's place.",
         409, ACTOR_REQUESTER, RETRY_NO, REASON_SUPERSEDED},
};
_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == REASON_COUNT,
               "every reason has an entry");

static const char *const actor_names[] = {
    [ACTOR_NOBODY] = "nobody",
    [ACTOR_REQUESTER] = "requester",
    [ACTOR_APPROVER] = "approver",
    [ACTOR_TEMPLATE_OWNER] = "template owner",
    [ACTOR_RULE_AUTHOR] = "rule author",
    [ACTOR_DIRECTORY] = "directory administrator",
    [ACTOR_OPERATOR] = "operator of policyd",
};
_Static_assert(sizeof(actor_names) / sizeof(actor_names[0]) == ACTOR_COUNT,
               "every actor has a name");

static const char *const retry_names[] = {
    [RETRY_NO] = "no",
    [RETRY_POLL] = "with the same key, after Retry-After",
    [RETRY_LATER] = "after Retry-After",
    [RETRY_OTHERWISE] = "in another way",
};
_Static_assert(sizeof(retry_names) / sizeof(retry_names[0]) == RETRY_COUNT,
               "every retry rule has a name");

const struct reason_info *reason_get(enum reason reason)
{
    if (reason == REASON_NONE || (unsigned int)reason >= REASON_COUNT) {
        return &reasons[REASON_INTERNAL]; /* in doubt: refused, and our bug */
    }
    return &reasons[reason];
}

bool reason_is_denial(enum reason reason)
{
    return reason_get(reason)->retry == RETRY_NO && reason != REASON_RULE_ERROR &&
           reason != REASON_INTERNAL;
}

bool reason_find(const char *code, enum reason *out)
{
    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        if (strcmp(reasons[i].code, code) == 0) {
            *out = (enum reason)i;
            return true;
        }
    }
    return false;
}

const char *reason_actor_name(enum reason_actor actor)
{
    return (unsigned int)actor < ACTOR_COUNT ? actor_names[actor] : "unknown";
}

const char *reason_retry_name(enum reason_retry retry)
{
    return (unsigned int)retry < RETRY_COUNT ? retry_names[retry] : "unknown";
}

void reason_print_table(struct buf *out)
{
    buf_append_text(
        out,
        "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
        "# Reasons\n\n"
        "Every request that is held or refused gets one of these codes. The peer reads "
        "the "
        "code, the sentence\nand the request id; `policyctl explain ID` shows the whole "
        "trace. All answers with status 401 carry\n`AUTH_NONE`, whatever the cause: the "
        "cause stands in the audit record.\n\n"
        "This page is generated from `common/wire/reason.c`.\n\n"
        "| code | status | the peer sees | sentence | who acts | ask again |\n"
        "| --- | --- | --- | --- | --- | --- |\n");
    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const struct reason_info *info = &reasons[i];

        buf_printf(out, "| `%s` | %d | `%s` | %s | %s | %s |\n", info->code, info->status,
                   reasons[info->shown_as].code, info->sentence,
                   reason_actor_name(info->actor), reason_retry_name(info->retry));
    }
}
