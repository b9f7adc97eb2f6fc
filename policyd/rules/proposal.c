/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/proposal.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/canon.h"

#define COPY_LIST(p, list, counter)                                                      \
    do {                                                                                 \
        if ((p)->content->counter > 0) {                                                 \
            memcpy((p)->parts.list, (p)->content->list,                                  \
                   (p)->content->counter * sizeof((p)->parts.list[0]));                  \
        }                                                                                \
        (p)->content->list = (p)->parts.list;                                            \
    } while (0)

void proposal_init(struct proposal *p, const struct wire_facts *facts,
                   struct wire_content *content)
{
    *content = facts->proposed;
    p->facts = facts;
    p->content = content;
    p->texts = NAME_STORE_EMPTY;
    memset(p->parts.set_by_rule, 0, sizeof(p->parts.set_by_rule));
    COPY_LIST(p, subject, subject_count);
    COPY_LIST(p, sans, san_count);
    COPY_LIST(p, ekus, eku_count);
    COPY_LIST(p, application_policies, application_policy_count);
    COPY_LIST(p, extensions, extension_count);
}

void proposal_clear(struct proposal *p)
{
    name_store_clear(&p->texts);
}

void proposal_save(const struct proposal *p, struct proposal_saved *saved)
{
    saved->content = *p->content;
    saved->parts = p->parts;
}

void proposal_restore(struct proposal *p, const struct proposal_saved *saved)
{
    *p->content = saved->content;
    p->parts = saved->parts;
}

bool proposal_cap_validity(struct proposal *p, int64_t seconds, struct error *err)
{
    int64_t start = p->content->not_before_utc;

    if (seconds < 1) {
        return error_set(err, ERROR_INVALID, "a validity is at least one second");
    }
    if (seconds >= p->content->not_after_utc - start) {
        return true; /* it only shrinks */
    }
    return proposal_set_end(p, start + seconds, err);
}

bool proposal_set_end(struct proposal *p, int64_t not_after_utc, struct error *err)
{
    if (!envelope_check_end(p->facts, not_after_utc, err)) {
        return false;
    }
    p->content->not_after_utc = not_after_utc;
    return true;
}

static size_t find_extension(const struct proposal *p, const char *oid)
{
    size_t i = 0;

    while (i < p->content->extension_count &&
           strcmp(p->parts.extensions[i].oid, oid) != 0) {
        i++;
    }
    return i;
}

bool proposal_add_extension(struct proposal *p, const char *oid, struct bytes der,
                            bool critical, struct error *err)
{
    size_t count = p->content->extension_count;

    if (!envelope_check_extension(p->facts, oid, err)) {
        return false;
    }
    if (der.len < 1 || der.len > WIRE_EXTENSION_MAX) {
        return error_set(err, ERROR_INVALID, "an extension has 1 to %d octets, not %zu",
                         WIRE_EXTENSION_MAX, der.len);
    }
    if (!canon_check(der, err)) {
        return error_wrap(err, "the extension's value");
    }
    if (find_extension(p, oid) < count || count == WIRE_EXTENSIONS_MAX) {
        return error_set(err, ERROR_INVALID,
                         count == WIRE_EXTENSIONS_MAX ? "there are too many extensions"
                                                      : "the extension is there already");
    }
    p->parts.extensions[count] = (struct wire_extension){
        .oid = name_store_copy(&p->texts, oid, strlen(oid)),
        .critical = critical,
        .der = {(unsigned char *)name_store_copy(&p->texts, der.data, der.len), der.len},
    };
    p->content->extension_count++;
    return true;
}

bool proposal_remove_extension(struct proposal *p, const char *oid, struct error *err)
{
    size_t at = find_extension(p, oid);

    if (at == p->content->extension_count) {
        return error_set(err, ERROR_INVALID, "there is no extension %.64s to remove",
                         oid);
    }
    p->content->extension_count--;
    memmove(&p->parts.extensions[at], &p->parts.extensions[at + 1],
            (p->content->extension_count - at) * sizeof(p->parts.extensions[0]));
    return true;
}

static bool has_oid(const char *const *oids, size_t count, const char *oid)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(oids[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

/* Those of list that are wanted, in its order; their number. */
static size_t keep_wanted(const char **list, size_t count, const char *const *wanted,
                          size_t wanted_count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (has_oid(wanted, wanted_count, list[i])) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

bool proposal_narrow_eku(struct proposal *p, const char *const *oids, size_t count,
                         struct error *err)
{
    struct wire_content *content = p->content;

    if (count == 0) {
        return error_set(err, ERROR_INVALID, "an extended key usage must be left");
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_oid(content->ekus, content->eku_count, oids[i])) {
            return error_set(err, ERROR_DENIED,
                             "the certificate has no extended key usage '%.64s' to keep",
                             oids[i]);
        }
    }
    content->eku_count = keep_wanted(p->parts.ekus, content->eku_count, oids, count);
    if (content->application_policy_count > 0) {
        /* [MS-WCCE] 2.2.2.7.7.3: they say the same twice */
        content->application_policy_count =
            keep_wanted(p->parts.application_policies, content->application_policy_count,
                        oids, count);
    }
    return true;
}
