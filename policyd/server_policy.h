/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_policy: what a caller may and should have: GET /autoenroll/v1/policy.
 *
 * It says of every template of the caller's kind whether it may be enrolled, and why not; what it
 * says is advice, decided anew by the road when the caller comes.
 */
#ifndef AE_POLICYD_SERVER_POLICY_H
#define AE_POLICYD_SERVER_POLICY_H

#include "common/pki/name_store.h"
#include "common/wire/policy.h"

#include "policyd/http.h"
#include "policyd/server_identity.h"
#include "policyd/template.h"

#define SERVER_POLICY_PATH "/autoenroll/v1/policy"

/* All borrowed for the handlers' life. */
struct server_policy {
    struct server_identity_source identity; /* without attributes */
    struct template_store *templates;
    enum template_form form;
    const struct clock *clock;
    const char *ca;
    uint32_t ask_again_s;
};

/* For http_start(), in a table of its own. */
struct http_route server_policy_route(struct server_policy *policy);

/* AUTO(server_policy_says) says = {0}; texts borrow from store, account and templates. */
struct server_policy_says {
    struct wire_policy_answer answer;
    struct name_store store;
};
void server_policy_says_clear(struct server_policy_says *says);
CLEANUP_DEFINE_VALUE(server_policy_says, struct server_policy_says,
                     server_policy_says_clear);

/*
 * The answer for one account, from these templates. Pure but for the clock.
 * reason  set on failure
 * errors  as template_caller_new()
 */
AE_MUST_CHECK bool server_policy_answer(const struct server_policy *policy,
                                        const struct wire_account *account,
                                        const struct template_set *set,
                                        struct server_policy_says *out,
                                        enum reason *reason, struct error *err);

#endif
