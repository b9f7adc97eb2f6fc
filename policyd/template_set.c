/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/template_set.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/template_set_inside.h"

enum { NAME_LEN_MAX = 256, DN_SHOWN_MAX = 2048 }; /* octets */

struct template_set {
    atomic_uint refs;
    struct template_item *items; /* sorted by key */
    size_t count;
    const struct template_item **by_oid; /* sorted; those that could be read */
    size_t oid_count;
    struct template_service service;
    struct tmpl_list missing;
};

const struct tmpl_attr *template_attr_find(const struct tmpl_entry *entry,
                                           const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < entry->count; i++) {
        const char *found = entry->attrs[i].name;
        AUTO(string) bare = mem_dup(found, strcspn(found, ";"));

        if (strlen(bare) == len && text_equal_nocase(bare, name)) {
            return &entry->attrs[i];
        }
    }
    return NULL;
}

char *template_attr_text(struct bytes value, size_t max)
{
    if (value.len == 0 || value.len > max ||
        !text_is_printable((const char *)value.data, value.len)) {
        return NULL;
    }
    return mem_dup(value.data, value.len);
}

static char *name_of(const struct tmpl_entry *entry, const char *dn)
{
    const struct tmpl_attr *cn = template_attr_find(entry, "cn");
    char *name = cn == NULL || cn->count != 1
                     ? NULL
                     : template_attr_text(cn->values[0], NAME_LEN_MAX);

    return name != NULL ? name : mem_strdup(dn);
}

static void read_item(struct template_item *item, const struct tmpl_entry *entry)
{
    struct error err = {0};

    item->dn = template_attr_text(bytes_of_text(entry->dn), DN_SHOWN_MAX);
    item->dn = item->dn == NULL ? mem_strdup("") : item->dn;
    if (tmpl_parse(entry, &item->tmpl, &err)) {
        item->name = mem_strdup(item->tmpl->cn);
    } else {
        item->name = name_of(entry, item->dn);
        item->problem = mem_printf("it cannot be read: %s", err.message);
    }
    item->key = mem_strdup(item->name);
    text_lower(item->key);
}

static int compare_key(const void *a, const void *b)
{
    const struct template_item *left = a;
    const struct template_item *right = b;

    return strcmp(left->key, right->key);
}

static int compare_oid(const void *a, const void *b)
{
    const struct template_item *const *left = a;
    const struct template_item *const *right = b;

    return strcmp((*left)->tmpl->oid, (*right)->tmpl->oid);
}

static void index_oids(struct template_set *set)
{
    set->by_oid = mem_array(set->count, sizeof(struct template_item *));
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].tmpl != NULL) {
            set->by_oid[set->oid_count++] = &set->items[i];
        }
    }
    qsort(set->by_oid, set->oid_count, sizeof(struct template_item *), compare_oid);
}

static void set_problem(struct template_item *item, char *problem)
{
    free(item->problem);
    item->problem = problem;
}

/* Which of two was meant nobody knows, and a certificate carries the OID only. */
static void refuse_pair(struct template_item *a, struct template_item *b,
                        const char *what)
{
    set_problem(a, mem_printf("it has the %s of '%.300s'", what, b->dn));
    set_problem(b, mem_printf("it has the %s of '%.300s'", what, a->dn));
}

static void refuse_twins(struct template_set *set)
{
    for (size_t i = 1; i < set->count; i++) {
        if (compare_key(&set->items[i - 1], &set->items[i]) == 0) {
            refuse_pair(&set->items[i - 1], &set->items[i], "name");
        }
    }
    for (size_t i = 1; i < set->oid_count; i++) {
        if (compare_oid(&set->by_oid[i - 1], &set->by_oid[i]) == 0) {
            refuse_pair(&set->items[set->by_oid[i - 1] - set->items],
                        &set->items[set->by_oid[i] - set->items], "OID");
        }
    }
}

static void publish(struct template_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        set->items[i].published = template_service_has(&set->service, set->items[i].key);
    }
    for (size_t i = 0; i < set->service.names.count; i++) {
        char *const *name = &set->service.names.items[i];
        bool is_new = i == 0 || strcmp(name[-1], name[0]) != 0;

        if (is_new && template_set_find(set, *name) == NULL) {
            tmpl_list_add(&set->missing, *name);
        }
    }
}

struct template_set *template_set_new(const struct template_source *source)
{
    struct template_set *set = mem_new(sizeof(*set));

    atomic_init(&set->refs, 1);
    set->count = source->template_count;
    set->items = mem_array(set->count, sizeof(*set->items));
    for (size_t i = 0; i < set->count; i++) {
        read_item(&set->items[i], &source->templates[i]);
        template_item_judge(&set->items[i], source);
    }
    qsort(set->items, set->count, sizeof(*set->items), compare_key);
    index_oids(set);
    refuse_twins(set);
    template_service_read(source, &set->service);
    publish(set);
    return set;
}

/* The count is what a reference changes, not what it gives to see. */
static struct template_set *counted(const struct template_set *set)
{
    union {
        const struct template_set *shared;
        struct template_set *own;
    } view = {set};

    return view.own;
}

const struct template_set *template_set_ref(const struct template_set *set)
{
    (void)atomic_fetch_add_explicit(&counted(set)->refs, 1, memory_order_relaxed);
    return set;
}

static void item_clear(struct template_item *item)
{
    free(item->name);
    free(item->dn);
    tmpl_free(item->tmpl);
    tmpl_findings_clear(&item->lint);
    free(item->problem);
    free(item->key);
}

void template_set_unref(const struct template_set *set)
{
    if (set == NULL ||
        atomic_fetch_sub_explicit(&counted(set)->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    struct template_set *last = counted(set);
    for (size_t i = 0; i < last->count; i++) {
        item_clear(&last->items[i]);
    }
    free(last->items);
    free(last->by_oid);
    template_service_clear(&last->service);
    tmpl_list_clear(&last->missing);
    free(last);
}

size_t template_set_count(const struct template_set *set)
{
    return set->count;
}

const struct template_item *template_set_get(const struct template_set *set, size_t index)
{
    return &set->items[index];
}

const struct template_item *template_set_find(const struct template_set *set,
                                              const char *name)
{
    AUTO(string) key = mem_strdup(name);
    const struct template_item wanted = {.key = key};

    text_lower(key);
    return bsearch(&wanted, set->items, set->count, sizeof(*set->items), compare_key);
}

static int compare_with_oid(const void *oid, const void *item)
{
    const struct template_item *const *other = item;

    return strcmp(oid, (*other)->tmpl->oid);
}

const struct template_item *template_set_find_oid(const struct template_set *set,
                                                  const char *oid)
{
    const struct template_item *const *found =
        bsearch(oid, set->by_oid, set->oid_count, sizeof(struct template_item *),
                compare_with_oid);

    return found == NULL ? NULL : *found;
}

bool template_set_choose(const struct template_set *set, const char *name,
                         const struct template_item **out, enum reason *reason,
                         struct error *err)
{
    const struct template_item *item = template_set_find(set, name);

    if (item == NULL) {
        *reason = REASON_NO_LABEL;
        return error_set(err, ERROR_NOT_FOUND, "there is no template '%.200s'", name);
    }
    if (!item->published) {
        *reason = REASON_NO_LABEL;
        return error_set(err, ERROR_NOT_FOUND,
                         "template '%.200s' is not published on this CA%s%s", item->name,
                         set->service.problem == NULL ? "" : ": ",
                         set->service.problem == NULL ? "" : set->service.problem);
    }
    if (item->tmpl == NULL) {
        *reason = REASON_TPL_UNSAFE;
        return error_set(err, ERROR_DENIED, "template '%.200s': %s", item->name,
                         item->problem);
    }
    *out = item;
    return true;
}

const char *template_set_service_problem(const struct template_set *set)
{
    return set->service.problem;
}

const struct tmpl_list *template_set_missing(const struct template_set *set)
{
    return &set->missing;
}
