/* SPDX-License-Identifier: Apache-2.0 */
/* The entry that says which templates a CA issues: one class of our own, or AD's keywords. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/template_set_inside.h"

enum { VALUE_LEN_MAX = 512 }; /* octets; a keyword of AD has 256 at most */

/* Where a form keeps the CA's name and those of its templates. */
static const struct {
    const char *ca_attribute, *ca_prefix;
    const char *name_attribute, *name_prefix;
} forms[] = {
    [TEMPLATE_NAMES] = {"autoenrollCa", "", "autoenrollTemplate", ""},
    [TEMPLATE_DESCRIPTOR] = {"keywords", "ca:", "keywords", "template:"},
};
_Static_assert(sizeof(forms) / sizeof(forms[0]) == TEMPLATE_FORM_COUNT, "of each");

/* Call take for the rest of every value that begins with prefix (without case). */
static void each_value(const struct tmpl_entry *entry, const char *attribute,
                       const char *prefix, void (*take)(void *ctx, char *rest), void *ctx)
{
    const struct tmpl_attr *attr = template_attr_find(entry, attribute);
    size_t len = strlen(prefix);

    for (size_t i = 0; attr != NULL && i < attr->count; i++) {
        AUTO(string) text = template_attr_text(attr->values[i], VALUE_LEN_MAX);

        if (text != NULL && strncasecmp(text, prefix, len) == 0) {
            take(ctx, text + len);
        }
    }
}

struct wanted_ca {
    const char *name;
    bool found;
};

static void compare_ca(void *ctx, char *rest)
{
    struct wanted_ca *wanted = ctx;

    wanted->found = wanted->found || text_equal_nocase(rest, wanted->name);
}

static void add_name(void *ctx, char *rest)
{
    struct tmpl_list *names = ctx;

    text_lower(rest);
    tmpl_list_add(names, rest);
}

static const struct tmpl_entry *find_service(const struct template_source *source,
                                             char **problem)
{
    const struct tmpl_entry *found = NULL;

    for (size_t i = 0; i < source->service_count; i++) {
        const struct tmpl_entry *entry = &source->services[i];
        struct wanted_ca wanted = {source->ca, false};

        each_value(entry, forms[source->form].ca_attribute, forms[source->form].ca_prefix,
                   compare_ca, &wanted);
        if (wanted.found && found != NULL) {
            *problem =
                mem_printf("two entries publish templates of CA '%s': '%.200s' and "
                           "'%.200s'",
                           source->ca, found->dn, entry->dn);
            return NULL;
        }
        found = wanted.found ? entry : found;
    }
    if (found == NULL) {
        *problem = mem_printf("no entry directly below CN=autoenroll,CN=Services says "
                              "what CA '%s' issues",
                              source->ca);
    }
    return found;
}

void template_service_read(const struct template_source *source,
                           struct template_service *out)
{
    const struct tmpl_entry *entry = find_service(source, &out->problem);

    if (entry != NULL) {
        each_value(entry, forms[source->form].name_attribute,
                   forms[source->form].name_prefix, add_name, &out->names);
        tmpl_list_sort(&out->names);
    }
}

static int compare_texts(const void *key, const void *item)
{
    const char *const *text = item;

    return strcmp(key, *text);
}

bool template_service_has(const struct template_service *service, const char *key)
{
    const struct tmpl_list *names = &service->names;

    return names->count > 0 && bsearch(key, names->items, names->count, sizeof(char *),
                                       compare_texts) != NULL;
}

void template_service_clear(struct template_service *service)
{
    tmpl_list_clear(&service->names);
    free(service->problem);
    service->problem = NULL;
}
