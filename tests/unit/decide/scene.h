/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: everything that a decision needs, all of it in order, so that a test changes one thing.
 */
#ifndef AE_TESTS_UNIT_DECIDE_SCENE_H
#define AE_TESTS_UNIT_DECIDE_SCENE_H

#include "policyd/decide.h"
#include "tests/support/keys.h"
#include "tests/support/ldif.h"

#define SCENE_NOW      INT64_C(1800000000)
#define SCENE_APPROVER "cn=pki-approvers,ou=groups,dc=a,dc=test"

struct scene {
    struct ldif_record *record;
    struct tmpl *tmpl;
    struct wire_account account;
    const char *mails[1];
    struct tmpl_access access;
    struct wire_history history;
    struct decide_site site;
    struct name_ava subject[4]; /* of the CSR */
    struct general_name sans[4];
    struct ext_list extensions;
    struct csr_attribute attribute;
    struct csr_wish wish;
    size_t san_count;
    struct csr *csr;
    struct decide_input in;
    struct decision *decision;
    struct wire_verdict verdict;
};

/* A machine (web1.a.test) or a user (alice) before a template of tests/support/templates. */
void scene_init(struct scene *s, const char *template, const char *edits);
void scene_clear(struct scene *s);
CLEANUP_DEFINE_VALUE(scene, struct scene, scene_clear);

/* Names in the CSR; text is to outlive the scene. */
void scene_ask_cn(struct scene *s, const char *cn);
void scene_ask_san(struct scene *s, enum general_type type, const char *text);

/* Make the CSR and propose. errors  as decide_propose() */
AE_MUST_CHECK bool scene_propose(struct scene *s, enum reason *reason, struct error *err);

/* The rules permit the proposal as it is; then judge. errors  as decide_judge() */
AE_MUST_CHECK bool scene_judge(struct scene *s, struct decide_outcome *out,
                               enum reason *reason, struct error *err);

/* Both. errors  as those */
AE_MUST_CHECK bool scene_decide(struct scene *s, struct decide_outcome *out,
                                enum reason *reason, struct error *err);

/* "CN=web1.a.test;dns:web1.a.test" of the proposal. */
void scene_print_names(const struct scene *s, struct buf *out);

#endif
