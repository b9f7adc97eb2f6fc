/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/server_login.h"

void server_identity_clear(struct server_identity *who)
{
    auth_result_clear(&who->login);
    directory_account_unref(who->account);
    free(who->evidence);
    *who = (struct server_identity){0};
}

/* ---- evidence, for explain ----------------------------------------------------------- */

enum { OWN_STEPS = 3 }; /* at most */
#define NS_PER_MS INT64_C(1000000)

static void note(struct server_identity *who, const char *step, enum reason reason,
                 const char *sentence)
{
    who->evidence[who->evidence_count++] = (struct wire_step){
        .step = step,
        .result = reason == REASON_NONE ? WIRE_STEP_PASS : WIRE_STEP_FAIL,
        .reason = reason,
        .sentence = sentence};
}

static void note_login(struct server_identity *who)
{
    const struct auth_result *login = &who->login;

    if (login->outcome != AUTH_KNOWN) {
        note(who, "authentication", login->reason, login->sentence);
        return;
    }
    (void)snprintf(who->how, sizeof(who->how), "%s, %s bound to its connection",
                   wire_auth_method_name(login->method),
                   login->channel_bound ? "and" : "not");
    note(who, "authentication", REASON_NONE, who->how);
}

static void note_directory(struct server_identity *who)
{
    const struct directory_account *a = who->account;

    if (a != NULL) {
        size_t room = WIRE_STEPS_MAX - OWN_STEPS;
        size_t count = a->evidence_count < room ? a->evidence_count : room;

        memcpy(who->evidence + who->evidence_count, a->evidence,
               count * sizeof(*a->evidence));
        who->evidence_count += count;
    }
}

static void collect_evidence(struct server_identity *who)
{
    const struct auth_certificate *certificate = &who->login.certificate;

    who->evidence = mem_array(WIRE_STEPS_MAX, sizeof(*who->evidence));
    if (certificate->counts || certificate->reason != REASON_NONE) {
        note(who, "certificate", certificate->reason,
             certificate->counts ? "live, and as the ledger has it"
                                 : certificate->sentence);
    }
    note_login(who);
    note_directory(who);
    if (who->login.outcome == AUTH_KNOWN && who->refusal.audit_reason != REASON_NONE) {
        note(who, "account", who->refusal.audit_reason, who->sentence);
    }
}

/* ---- the verdict --------------------------------------------------------------------- */

static bool refuse(struct server_identity *who, enum reason reason, const char *sentence)
{
    (void)snprintf(who->sentence, sizeof(who->sentence), "%s", sentence);
    who->refusal = (struct wire_identity_refusal){.reason = reason_get(reason)->shown_as,
                                                  .audit_reason = reason,
                                                  .sentence = who->sentence,
                                                  .principal = who->login.principal};
    return false;
}

/* A certificate alone goes by its account's id: the name may have changed since. */
static bool ask_directory(const struct server_identity_source *source,
                          struct server_identity *who)
{
    const struct auth_result *login = &who->login;
    bool by_id = login->method == WIRE_AUTH_CERTIFICATE;
    const struct directory_query query = {
        .principal = by_id ? NULL : login->principal,
        .id = by_id ? login->certificate.known.account_id : NULL,
        .attributes = source->attributes,
        .left_ns = &who->directory_left_ns};
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};

    who->directory_left_ns = source->timeout_ms * NS_PER_MS;
    return directory_find(source->directory, &query, &who->account, &reason, &err) ||
           refuse(who, reason, err.message);
}

static bool check_account(struct server_identity *who)
{
    const struct wire_account *a = &who->account->account;
    const struct auth_certificate *certificate = &who->login.certificate;

    if (certificate->counts &&
        !text_equal_nocase(certificate->known.account_id, a->ref.id)) {
        return refuse(who, REASON_IDENTITY_CONFLICT,
                      "the client certificate is another account's than the token");
    }
    if (!a->enabled) {
        AUTO(string)
        sentence = mem_printf("the account is disabled by %.256s", a->disabled_by);

        return refuse(who, REASON_DISABLED, sentence);
    }
    return true;
}

static void make_assertion(struct server_identity *who)
{
    const struct auth_result *login = &who->login;
    const struct auth_certificate *certificate = &login->certificate;

    who->known = true;
    who->assertion = (struct wire_account_assertion){
        .account = who->account->account,
        .method = login->method,
        .channel_bound = login->channel_bound,
        .authenticated_utc = login->authenticated_utc,
        .valid_until_utc = who->account->account.read_utc + DIRECTORY_CACHE_MAX_S,
        .reply_token = buf_bytes(&login->reply_token),
        .evidence = who->evidence,
        .evidence_count = who->evidence_count};
    if (certificate->counts) {
        who->assertion.serial =
            (struct bytes){certificate->serial, certificate->serial_len};
    }
}

void server_identity_judge(const struct server_identity_source *source,
                           struct server_identity *who)
{
    const struct auth_result *login = &who->login;
    bool known = login->outcome == AUTH_KNOWN
                     ? ask_directory(source, who) && check_account(who)
                     : refuse(who, login->reason, login->sentence);

    collect_evidence(who);
    if (known) {
        make_assertion(who);
        return;
    }
    who->refusal.evidence = who->evidence;
    who->refusal.evidence_count = who->evidence_count;
}

void server_identity_find(const struct server_identity_source *source,
                          const struct http_request *request, struct server_identity *who)
{
    server_login(source->auth, request, &who->login);
    server_identity_judge(source, who);
}

void server_identity_refuse(const struct server_identity *who,
                            const struct http_request *request,
                            struct http_answer *answer)
{
    http_answer_reason(request, who->refusal.audit_reason, "", answer);
    server_login_challenge(&who->login, answer);
}
