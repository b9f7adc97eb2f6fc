/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is there, as the plan wants to see it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "autoenroll-client/agent_inside.h"
#include "autoenroll-client/issued.h"

/* A certificate that does not say its template is its directory's. */
static const char *oid_of_name(const struct agent *a, const char *name)
{
    const struct wire_policy_answer *policy = a->result->policy;

    for (size_t i = 0; policy != NULL && i < policy->template_count; i++) {
        if (strcmp(policy->templates[i].ref.name, name) == 0) {
            return policy->templates[i].ref.oid;
        }
    }
    for (size_t i = 0; i < a->memory.count; i++) {
        if (strcmp(a->memory.entries[i].name, name) == 0) {
            return name_store_copy(a->store, a->memory.entries[i].oid,
                                   strlen(a->memory.entries[i].oid));
        }
    }
    return "";
}

static void describe(const struct agent *a, const struct keystore_entry *entry,
                     struct plan_certificate *out)
{
    struct ext_template template = {.oid = NULL};
    struct error ignored;

    *out = (struct plan_certificate){
        .name = name_store_copy(a->store, entry->template, strlen(entry->template)),
        .whole = entry->is_whole};
    if (entry->certificate != NULL) {
        issued_read_template(entry->certificate, a->store, &template);
        out->not_before_utc = cert_get_not_before_utc(entry->certificate);
        out->not_after_utc = cert_get_not_after_utc(entry->certificate);
        out->can_authenticate = issued_can_authenticate(entry->certificate);
        /* that it has not begun yet is the clock's fault, not its issuer's */
        int64_t moment =
            a->now_utc < out->not_before_utc ? out->not_before_utc : a->now_utc;
        out->trusted = trust_check(a->trust, entry->certificate, moment, &ignored);
    }
    out->template_oid = template.oid != NULL ? template.oid : oid_of_name(a, out->name);
    out->template_major = template.has_major ? template.major : UINT32_MAX;
}

bool agent_read_store(struct agent *a, struct error *err)
{
    struct keystore_list list = {NULL, 0};

    if (!keystore_read(a->keystore, &list, err)) {
        return false;
    }
    plan_clear(&a->plan); /* borrows from what goes now */
    keystore_list_clear(&a->list);
    free(a->certificates);
    free(a->entries);
    a->list = list;
    a->certificates = mem_array(list.count + 1, sizeof(*a->certificates));
    a->entries = mem_array(list.count + 1, sizeof(const struct keystore_entry *));
    a->certificate_count = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.entries[i].is_current) {
            a->entries[a->certificate_count] = &list.entries[i];
            describe(a, &list.entries[i], &a->certificates[a->certificate_count++]);
        }
    }
    return true;
}

bool agent_drop_installed(const struct agent *a, struct error *err)
{
    for (size_t i = 0; i < a->certificate_count; i++) {
        const struct keystore_entry *e = a->entries[i];
        AUTO(key) waiting = NULL;

        if (e->certificate == NULL) {
            continue;
        }
        if (!keystore_get_pending(a->keystore, e->template, &waiting, err) ||
            (waiting != NULL && cert_has_spki(e->certificate, key_get_spki(waiting)) &&
             !keystore_drop_pending(a->keystore, e->template, err))) {
            return false;
        }
    }
    return true;
}

const struct keystore_entry *agent_entry_of(const struct agent *a,
                                            const struct plan_certificate *certificate)
{
    return certificate == NULL ? NULL : a->entries[certificate - a->certificates];
}

void agent_make_plan(struct agent *a, bool is_over)
{
    struct plan_memory *memories = mem_array(a->memory.count + 1, sizeof(*memories));
    const struct plan_input in = {
        .policy = &a->result->answer,
        .kind = a->options->kind,
        .certificates = a->certificates,
        .certificate_count = a->certificate_count,
        .memories = memories,
        .memory_count = a->memory.count,
        .now_utc = a->now_utc,
        .jitter_ppm = a->options->jitter_ppm,
        .only = a->options->only,
        .renew_now = a->options->job == AGENT_RENEW && !is_over,
    };

    for (size_t i = 0; i < a->memory.count; i++) {
        const struct memory_entry *e = &a->memory.entries[i];

        memories[i] = (struct plan_memory){.template_oid = e->oid,
                                           .pending = e->is_pending,
                                           .pending_since_utc = e->pending_since_utc,
                                           .failures = e->failures,
                                           .next_attempt_utc = e->next_attempt_utc,
                                           .refused = e->is_refused};
        memcpy(memories[i].content_sha256, e->content_sha256, WIRE_SHA256);
    }
    plan_clear(&a->plan);
    plan_make(&in, &a->plan);
    free(memories); /* the plan keeps nothing of them */
}
