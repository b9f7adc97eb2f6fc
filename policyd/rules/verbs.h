/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs: d, by which a rule speaks: d:permit(), d:deny(), d:hold(), d:add_san() ...
 */
#ifndef AE_POLICYD_RULES_VERBS_H
#define AE_POLICYD_RULES_VERBS_H

#include "policyd/rules/env.h"
#include "policyd/rules/judge.h"
#include "policyd/rules/proposal.h"

/* What the verbs work on: env->verbs. */
struct verbs {
    struct judge *judge;
    struct proposal *proposal;
    const char *rule; /* its name */
    bool shapes;      /* the phase in which the proposal may change */
};

/* Push d. */
void verbs_push(lua_State *lua);

#endif
