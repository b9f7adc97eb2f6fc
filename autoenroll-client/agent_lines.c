/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of each template: a line, from the store, the plan and the memory.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "autoenroll-client/agent_inside.h"

static const char *keep(const struct agent *a, const char *text)
{
    return name_store_copy(a->store, text, strlen(text));
}

static const char *event_word(const struct agent *a, const char *oid)
{
    for (size_t i = 0; i < a->event_count; i++) {
        if (strcmp(a->events[i].oid, oid) == 0) {
            return a->events[i].word;
        }
    }
    return "";
}

static const struct plan_step *find_step(const struct agent *a,
                                         const struct plan_certificate *certificate)
{
    for (size_t i = 0; i < a->plan.count; i++) {
        if (a->plan.steps[i].certificate == certificate) {
            return &a->plan.steps[i];
        }
    }
    return NULL;
}

static void describe(const struct agent *a, const struct keystore_entry *entry,
                     struct agent_line *line)
{
    AUTO(name_store) names = NAME_STORE_EMPTY;
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) subject = BUF_EMPTY;
    AUTO(buf) place = BUF_EMPTY;
    struct general_names sans = {NULL, 0};
    struct name_dn dn = {NULL, 0};
    struct error ignored;

    buf_printf(&place, "certs/%s/current", entry->template);
    line->path = agent_path(a, buf_text(&place));
    if (entry->certificate == NULL) {
        return;
    }
    struct bytes number = cert_get_serial(entry->certificate);
    text_append_hex(&serial, number.data, number.len);
    if (cert_read_subject(entry->certificate, &names, &dn, &ignored) && dn.count > 0) {
        name_print_dn(&dn, &subject);
    } else if (cert_read_sans(entry->certificate, &names, &sans, &ignored) &&
               sans.count > 0) {
        name_print_general(&sans.names[0], &subject);
    }
    line->serial = keep(a, buf_text(&serial));
    line->subject = keep(a, buf_text(&subject));
    line->not_before_utc = cert_get_not_before_utc(entry->certificate);
    line->not_after_utc = cert_get_not_after_utc(entry->certificate);
}

static void judge(const struct agent *a, const struct plan_certificate *certificate,
                  const struct plan_step *step, const struct memory_entry *m,
                  struct agent_line *line)
{
    const struct keystore_entry *entry = agent_entry_of(a, certificate);
    const struct wire_policy_template *t = step == NULL ? NULL : step->template;
    struct lifecycle verdict;
    AUTO(string)
    failure = m == NULL || m->sentence[0] == '\0'
                  ? mem_strdup("")
                  : mem_printf("%s%s%s", m->reason, m->reason[0] == '\0' ? "" : ": ",
                               m->sentence);

    if (certificate != NULL && entry->certificate != NULL) {
        line->renew_utc = plan_renew_start(certificate, t == NULL ? 0 : t->renewal_s,
                                           a->options->jitter_ppm);
    }
    const struct lifecycle_facts facts = {
        .certificate = certificate,
        .flaw = entry == NULL ? "" : entry->flaw,
        .step = step,
        .is_pending = m != NULL && m->is_pending,
        .is_refused = m != NULL && m->is_refused,
        .failure = failure,
        .hook_failure = m == NULL ? "" : m->hook_failure,
        .renew_start_utc = line->renew_utc == 0 ? INT64_MAX : line->renew_utc,
        .now_utc = a->now_utc};
    lifecycle_judge(&facts, &verdict);
    line->health = verdict.health;
    line->failure = keep(a, failure);
    line->sentence = keep(a, verdict.sentence);
}

static struct agent_line *add_line(struct agent *a, const char *name)
{
    struct agent_result *r = a->result;

    r->lines = mem_resize(r->lines, r->line_count + 1, sizeof(*r->lines));
    r->lines[r->line_count] = (struct agent_line){.name = keep(a, name),
                                                  .event = "",
                                                  .sentence = "",
                                                  .failure = "",
                                                  .reason = "",
                                                  .request = "",
                                                  .serial = "",
                                                  .subject = "",
                                                  .path = ""};
    return &r->lines[r->line_count++];
}

static void add(struct agent *a, const char *name,
                const struct plan_certificate *certificate, const struct plan_step *step)
{
    const struct wire_policy_template *t = step == NULL ? NULL : step->template;
    const char *oid = t != NULL             ? t->ref.oid
                      : certificate != NULL ? certificate->template_oid
                                            : "";
    const struct memory_entry *m = memory_find(&a->memory, oid);
    struct agent_line *line = add_line(a, name);

    if (t != NULL) {
        line->template = t->ref;
    }
    line->event = event_word(a, oid);
    if (m != NULL) {
        line->reason = keep(a, m->reason);
        line->request = keep(a, m->request_id);
    }
    if (certificate != NULL) {
        describe(a, agent_entry_of(a, certificate), line);
    }
    if (line->reason[0] == '\0' && t != NULL && step->action == PLAN_REFUSED) {
        line->reason = t->reason;
    }
    judge(a, certificate, step, m, line);
}

/* A template without a certificate is told of when something is to become of it. */
static bool is_of_interest(struct agent *a, const struct plan_step *step)
{
    const struct memory_entry *m =
        step->template == NULL ? NULL : memory_find(&a->memory, step->template->ref.oid);

    return step->action != PLAN_NOTHING ||
           (m != NULL && (m->is_pending || m->is_refused));
}

void agent_make_lines(struct agent *a)
{
    for (size_t i = 0; i < a->certificate_count; i++) {
        const struct plan_certificate *c = &a->certificates[i];

        add(a, c->name, c, find_step(a, c));
    }
    for (size_t i = 0; i < a->plan.count; i++) {
        const struct plan_step *step = &a->plan.steps[i];

        if (step->certificate == NULL && is_of_interest(a, step)) {
            add(a, step->template->ref.name, NULL, step);
        }
    }
}
