/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_inside: what the parts of one run share.
 */
#ifndef AE_AUTOENROLL_CLIENT_AGENT_INSIDE_H
#define AE_AUTOENROLL_CLIENT_AGENT_INSIDE_H

#include "autoenroll-client/agent.h"
#include "autoenroll-client/keystore_pending.h"
#include "autoenroll-client/lifecycle.h"
#include "autoenroll-client/memory.h"
#include "autoenroll-client/plan.h"
#include "autoenroll-client/trust.h"

/* What a run did with one template, for its line and its exit code. */
struct agent_event {
    const char *oid;  /* borrowed from the policy */
    const char *word; /* "issued", "renewed", "archived" */
    enum agent_exit code;
};

struct agent {
    const struct agent_options *options;
    struct agent_result *result;
    struct name_store *store; /* of the result */
    struct keystore *keystore;
    struct trust *trust;
    struct memory memory;
    struct keystore_list list;
    struct plan_certificate *certificates; /* of the list's current entries */
    const struct keystore_entry **entries; /* the same, one each */
    size_t certificate_count;
    struct plan plan;
    struct agent_event *events;
    size_t event_count;
    int64_t now_utc;
};

/*
 * Read the store anew, as the plan wants it.
 * errors  as keystore_read()
 */
AE_MUST_CHECK bool agent_read_store(struct agent *a, struct error *err);

/*
 * Forget keys in waiting whose certificates are in force: a run was killed between the two, and the
 * next request shall get another key.
 * errors  those of keystore_get_pending() and keystore_drop_pending()
 */
AE_MUST_CHECK bool agent_drop_installed(const struct agent *a, struct error *err);

/* The entry of a certificate that the plan was made with. */
const struct keystore_entry *agent_entry_of(const struct agent *a,
                                            const struct plan_certificate *certificate);

/* The plan, with the policy that is known; is_over: what is to be done once this run has ended. */
void agent_make_plan(struct agent *a, bool is_over);

/* One step of the plan; what came of it is remembered and noted. */
void agent_act(struct agent *a, const struct plan_step *step);

/* One line a template or certificate that people may care for. */
void agent_make_lines(struct agent *a);

/* The exit code of all events together. */
int agent_sum_up(const struct agent *a);

/* "STORE/name", owned by the result. */
const char *agent_path(const struct agent *a, const char *name);

#endif
