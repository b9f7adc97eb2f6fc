/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_set: all templates as one look at the directory showed them, which of them this CA
 * issues, and why not the others. Immutable, shared by reference, pure.
 *
 * A template that cannot be used stays in the set as that: nothing falls back to what it was.
 */
#ifndef AE_POLICYD_TEMPLATE_SET_H
#define AE_POLICYD_TEMPLATE_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/digest.h"
#include "common/tmpl/entry.h"
#include "common/tmpl/finding.h"
#include "common/tmpl/lint.h"
#include "common/tmpl/list.h"
#include "common/tmpl/tmpl.h"
#include "common/wire/reason.h"

/* How the directory says who may enroll, and what class publishes templates. */
enum template_form {
    TEMPLATE_NAMES = 0,  /* autoenrollAllow and its like; autoenrollService */
    TEMPLATE_DESCRIPTOR, /* nTSecurityDescriptor; serviceConnectionPoint */
    TEMPLATE_FORM_COUNT
};

/* Somebody knows what is unsafe about a template, and wants it all the same. Borrowed. */
struct template_ack {
    const char *name;
    const char *const *findings; /* "ESC1"; one that is not named is not acknowledged */
    size_t finding_count;
    const char *sha256; /* of the content that was looked at, hexadecimal */
};

/* What was read, each list complete, and what the configuration says. Borrowed for the call. */
struct template_source {
    enum template_form form;
    const struct tmpl_entry *templates;
    size_t template_count;
    const struct tmpl_entry *services;
    size_t service_count;
    struct tmpl_surroundings surroundings;
    const char *ca; /* whose service entry counts */
    const struct template_ack *acks;
    size_t ack_count;
};

struct template_item {
    char *name;        /* its cn; its DN, or "", where it has none that can be read */
    char *dn;          /* as the directory sent it, printable */
    struct tmpl *tmpl; /* NULL: it cannot be read, as problem says */
    unsigned char sha256[DIGEST_SHA256_SIZE]; /* of tmpl_append_canonical() */
    struct tmpl_findings lint;                /* beside tmpl->findings */
    bool published;                           /* on this CA */
    char *problem; /* why it issues nothing, for operators; NULL: it would issue */
    char *key;     /* name in lower case: what the set is sorted by */
};

struct template_set;

/* What is wrong with one template concerns that one alone. The caller owns one reference. */
struct template_set *template_set_new(const struct template_source *source);
const struct template_set *template_set_ref(const struct template_set *set);
void template_set_unref(const struct template_set *set); /* accepts NULL; any thread */
CLEANUP_DEFINE(template_set, const struct template_set *, template_set_unref);

/* All of them, by name; borrowed. */
size_t template_set_count(const struct template_set *set);
const struct template_item *template_set_get(const struct template_set *set,
                                             size_t index);

/* By name without case, or by OID; borrowed, NULL: there is none. */
const struct template_item *template_set_find(const struct template_set *set,
                                              const char *name);
const struct template_item *template_set_find_oid(const struct template_set *set,
                                                  const char *oid);

/*
 * The template that a request names. It may have a problem still, for decide to refuse.
 *
 * out     borrowed; its tmpl is not NULL
 * reason  set on failure
 * errors  ERROR_NOT_FOUND  NO_LABEL: there is none of that name, or it is not published here
 *         ERROR_DENIED     TPL_UNSAFE: it cannot be read
 */
AE_MUST_CHECK bool template_set_choose(const struct template_set *set, const char *name,
                                       const struct template_item **out,
                                       enum reason *reason, struct error *err);

/* Why nothing is published on this CA, for operators; NULL where something may be. */
const char *template_set_service_problem(const struct template_set *set);

/* Names that are published on this CA and that no template has; borrowed. */
const struct tmpl_list *template_set_missing(const struct template_set *set);

#endif
