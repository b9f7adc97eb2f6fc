/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_set_inside: the parts that a set of templates is made by. Of this module only.
 */
#ifndef AE_POLICYD_TEMPLATE_SET_INSIDE_H
#define AE_POLICYD_TEMPLATE_SET_INSIDE_H

#include "policyd/template_set.h"

/* What the CA's service entry publishes. */
struct template_service {
    struct tmpl_list names; /* sorted, in lower case */
    char *problem;          /* why there are none; NULL: the entry was found and read */
};

void template_service_read(const struct template_source *source,
                           struct template_service *out);
bool template_service_has(const struct template_service *service, const char *key);
void template_service_clear(struct template_service *service);

/* Find and hash, and say in item->problem what keeps it from issuing, if anything. */
void template_item_judge(struct template_item *item,
                         const struct template_source *source);

/* The attribute, its name compared without case, options left out; NULL: absent. */
const struct tmpl_attr *template_attr_find(const struct tmpl_entry *entry,
                                           const char *name);

/* A value as text; NULL: it is not printable, or longer than max octets. */
char *template_attr_text(struct bytes value, size_t max);

#endif
