/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: the request of a test case: a usual one of a machine or a user, and what the case
 * says otherwise, by the names that rules read.
 */
#ifndef AE_POLICYD_RULES_SAMPLE_H
#define AE_POLICYD_RULES_SAMPLE_H

#include "policyd/rules/bundle.h"
#include "policyd/rules/env.h"

struct sample {
    struct wire_facts facts; /* their lists are in the store */
    struct wire_history history;
    struct name_store *store;
    int64_t validity_s;
    bool has_history, has_subject, has_sans, has_key_usage;
};

/* store: outlives the sample */
void sample_init(struct sample *s, enum wire_account_kind kind, struct name_store *store);

/*
 * Inside env_call(): set what path names ("csr.key.bits", "principal.attrs.department") to the
 * value at index. Raises what is wrong with either.
 */
void sample_set(lua_State *lua, struct sample *s, const char *path, int index);

/* False: there are too many. Its name and values must live as long as the store. */
bool sample_add_attribute(struct sample *s, const struct wire_attribute *attribute);

/*
 * What follows from the rest: the names and times proposed where the case said nothing of
 * them, and the attributes that rules need: those that the case did not set are empty.
 */
void sample_finish(struct sample *s, const struct wire_bundle_loaded *bundle);

/* "principal.cn\n", every path that can be set; for documents and sentences. */
void sample_paths(struct buf *out);

#endif
