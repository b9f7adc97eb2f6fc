/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/mem.h"
#include "common/base/utc.h"
#include "common/tmpl/effective.h"

enum {
    MINUTE_S = 60,
    JITTER_MAX_S = 12 * 60 * 60,
    BACK_OFF_MAX_S = 8 * 60 * 60,
    PENDING_MAX_S =
        60 * 24 * 60 * 60 /* Windows forgets a pending request after 60 days */
};

static const char *const action_names[] = {
    [PLAN_NOTHING] = "nothing", [PLAN_ENROLL] = "enroll", [PLAN_RENEW] = "renew",
    [PLAN_POLL] = "poll",       [PLAN_WAIT] = "wait",     [PLAN_REFUSED] = "refused",
    [PLAN_ARCHIVE] = "archive",
};
_Static_assert(sizeof(action_names) / sizeof(action_names[0]) == PLAN_ACTION_COUNT,
               "one a value");

const char *plan_action_name(enum plan_action action)
{
    return action_names[action];
}

/* ---- times --------------------------------------------------------------------------- */

int64_t plan_renew_start(const struct plan_certificate *certificate, uint64_t overlap_s,
                         uint32_t jitter_ppm)
{
    int64_t life = certificate->not_after_utc - certificate->not_before_utc;
    int64_t jitter_max = life / 20 < JITTER_MAX_S ? life / 20 : JITTER_MAX_S;
    int64_t start = 0;
    struct error err;

    if (overlap_s > INT64_MAX ||
        !tmpl_renew_start(certificate->not_before_utc, certificate->not_after_utc,
                          (int64_t)overlap_s, &start, &err)) {
        return certificate->not_before_utc; /* makes no sense as it is: renew it */
    }
    return start - jitter_max * jitter_ppm / 1000000;
}

int64_t plan_back_off(uint32_t failures, int64_t left_s)
{
    int64_t wait = MINUTE_S;

    for (uint32_t i = 1; i < failures && wait < BACK_OFF_MAX_S; i++) {
        wait *= 2;
    }
    wait = wait < BACK_OFF_MAX_S ? wait : BACK_OFF_MAX_S;
    if (left_s > 0 && wait > left_s / 10) {
        wait = left_s / 10;
    }
    return wait > MINUTE_S ? wait : MINUTE_S;
}

/* ---- what belongs to a template ------------------------------------------------------ */

static const struct plan_memory *find_memory(const struct plan_input *in,
                                             const char *template_oid)
{
    for (size_t i = 0; i < in->memory_count; i++) {
        if (strcmp(in->memories[i].template_oid, template_oid) == 0) {
            return &in->memories[i];
        }
    }
    return NULL;
}

/* Of several the one that ends last. */
static const struct plan_certificate *find_certificate(const struct plan_input *in,
                                                       const char *template_oid)
{
    const struct plan_certificate *found = NULL;

    for (size_t i = 0; i < in->certificate_count; i++) {
        const struct plan_certificate *c = &in->certificates[i];

        if (strcmp(c->template_oid, template_oid) == 0 &&
            (found == NULL || c->not_after_utc > found->not_after_utc)) {
            found = c;
        }
    }
    return found;
}

static bool is_asked_for(const struct plan_input *in,
                         const struct wire_policy_template *t)
{
    return in->only[0] != '\0' && strcmp(in->only, t->ref.name) == 0;
}

/* Somebody asked for this one, or for all there are. */
static bool is_demanded(const struct plan_input *in, const struct plan_step *step)
{
    return is_asked_for(in, step->template) ||
           (in->renew_now && in->only[0] == '\0' && step->certificate != NULL);
}

/* Enrolled by a run, or on demand: AutoEnroll is about what happens by itself. */
static bool may_begin(const struct plan_input *in, const struct wire_policy_template *t)
{
    if (!t->enroll || t->kind != in->kind) {
        return false;
    }
    if (is_asked_for(in, t)) {
        return true;
    }
    return t->autoenroll && t->subject != WIRE_SUBJECT_ENROLLEE &&
           (t->flags & WIRE_POLICY_ASK_USER) == 0;
}

static bool supersedes(const struct wire_policy_template *t, const char *template_oid)
{
    for (size_t i = 0; i < t->supersede_count; i++) {
        if (strcmp(t->supersedes[i], template_oid) == 0) {
            return true;
        }
    }
    return false;
}

/* The eligible template that takes this one's place; NULL: none does. */
static const struct wire_policy_template *
find_successor(const struct plan_input *in, const struct wire_policy_template *t)
{
    for (size_t i = 0; i < in->policy->template_count; i++) {
        const struct wire_policy_template *other = &in->policy->templates[i];

        if (other != t && supersedes(other, t->ref.oid) && may_begin(in, other)) {
            return other;
        }
    }
    return NULL;
}

/* ---- steps --------------------------------------------------------------------------- */

static void say(struct plan_step *step, enum plan_action action, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct plan_step *step, enum plan_action action, const char *fmt, ...)
{
    struct error text; /* any text becomes a printable sentence of bounded size */
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(&text, ERROR_NONE, fmt, args);
    va_end(args);
    step->action = action;
    (void)snprintf(step->why, sizeof(step->why), "%s", text.message);
}

static void say_when(struct plan_step *step, enum plan_action action, const char *what,
                     int64_t utc)
{
    AUTO(buf) when = BUF_EMPTY;

    utc_append(&when, utc);
    say(step, action, "%s %s", what, buf_text(&when));
}

/*
 * Something is to do: now, or later because of what happened before. A refusal is asked again
 * at once when the template has changed since.
 */
static void act(const struct plan_input *in, struct plan_step *step,
                enum plan_action action, const char *why)
{
    const struct plan_memory *m = find_memory(in, step->template->ref.oid);
    bool is_changed =
        m != NULL && m->refused &&
        !bytes_equal((struct bytes){m->content_sha256, WIRE_SHA256},
                     (struct bytes){step->template->ref.content_sha256, WIRE_SHA256});
    bool must_wait = m != NULL && m->next_attempt_utc > in->now_utc && !is_changed &&
                     !is_demanded(in, step);

    say(step, action, "%s", why);
    step->next_utc = in->now_utc;
    if (must_wait) {
        step->next_utc = m->next_attempt_utc;
        say_when(step, PLAN_WAIT, "tried in vain; again at", m->next_attempt_utc);
    }
}

static void act_pending(const struct plan_input *in, struct plan_step *step,
                        const struct plan_memory *m)
{
    if (m->next_attempt_utc > in->now_utc && !is_demanded(in, step)) {
        step->next_utc = m->next_attempt_utc;
        say_when(step, PLAN_WAIT, "waits for approval; asked again at",
                 m->next_attempt_utc);
        return;
    }
    step->next_utc = in->now_utc;
    say(step, PLAN_POLL, "waits for approval");
}

/* Why a certificate must be replaced by a new enrollment; NULL: it need not. */
static const char *find_flaw(const struct plan_input *in, const struct plan_step *step)
{
    const struct plan_certificate *c = step->certificate;

    if (c == NULL) {
        return "there is none yet";
    }
    if (!c->whole) {
        return "key and certificate are not both there, or do not belong together";
    }
    if (c->not_after_utc <= in->now_utc) {
        return "it has expired";
    }
    if (!c->trusted) {
        return "its issuer is trusted no more";
    }
    if (step->template->ref.major > c->template_major) {
        return "the template has a new major version";
    }
    return NULL;
}

static bool renews_by_itself(const struct plan_input *in, const struct plan_step *step)
{
    return is_demanded(in, step) ||
           (step->template->flags & WIRE_POLICY_SKIP_RENEWAL) == 0;
}

/* A certificate without a flaw: healthy, or due. */
static void plan_renewal(const struct plan_input *in, struct plan_step *step)
{
    const struct wire_policy_template *t = step->template;
    const struct plan_certificate *c = step->certificate;
    int64_t start = plan_renew_start(c, t->renewal_s, in->jitter_ppm);

    if (!renews_by_itself(in, step)) {
        say_when(step, PLAN_NOTHING, "the template is not renewed by itself; it ends at",
                 c->not_after_utc);
        return;
    }
    if (start > in->now_utc && !(in->renew_now && is_demanded(in, step))) {
        step->next_utc = start;
        say_when(step, PLAN_NOTHING, "in force; renewed from", start);
        return;
    }
    step->fresh = !c->can_authenticate;
    act(in, step, PLAN_RENEW, "its end is near");
    if (in->renew_now && step->action == PLAN_RENEW) {
        say(step, PLAN_RENEW, "asked for");
    }
}

/* The policy says no, or does not expect it of a run. */
static void plan_forbidden(const struct plan_input *in, struct plan_step *step)
{
    const struct wire_policy_template *t = step->template;

    if (t->kind != in->kind) {
        say(step, PLAN_NOTHING, "the template is for %ss",
            wire_account_kind_name(t->kind));
    } else if (!t->enroll) {
        bool matters = step->certificate != NULL || is_asked_for(in, t);

        say(step, matters ? PLAN_REFUSED : PLAN_NOTHING, "%s: %s", t->reason,
            t->sentence);
    } else {
        say(step, PLAN_NOTHING, "issued on demand only: autoenroll-client enroll %s",
            t->ref.name);
    }
}

/* A right to enroll is enough to keep what is there alive. */
static bool may_continue(const struct plan_input *in, const struct plan_step *step)
{
    return step->certificate != NULL && step->certificate->whole &&
           step->certificate->not_after_utc > in->now_utc && step->template->enroll &&
           step->template->kind == in->kind;
}

/* Held, and not forgotten: polled by every run, even when it was asked for on demand. */
static bool is_held(const struct plan_input *in, const struct wire_policy_template *t,
                    const struct plan_memory *m)
{
    return m != NULL && m->pending && t->enroll && t->kind == in->kind &&
           in->now_utc - m->pending_since_utc < PENDING_MAX_S;
}

static void plan_template(const struct plan_input *in, struct plan_step *step)
{
    const struct wire_policy_template *t = step->template;
    const struct wire_policy_template *successor = find_successor(in, t);
    const struct plan_memory *m = find_memory(in, t->ref.oid);
    const char *flaw = find_flaw(in, step);

    if (successor != NULL && !is_asked_for(in, t)) {
        bool replaced = find_certificate(in, successor->ref.oid) != NULL;

        say(step, step->certificate != NULL && replaced ? PLAN_ARCHIVE : PLAN_NOTHING,
            "superseded by %s", successor->ref.name);
    } else if (is_held(in, t, m)) {
        act_pending(in, step, m);
    } else if (!may_begin(in, t) && !may_continue(in, step)) {
        plan_forbidden(in, step);
    } else if (flaw != NULL) {
        act(in, step, PLAN_ENROLL, flaw);
    } else {
        plan_renewal(in, step);
    }
}

/* Is the certificate's template in the policy? */
static bool is_known(const struct plan_input *in, const struct plan_certificate *c)
{
    for (size_t i = 0; i < in->policy->template_count; i++) {
        if (strcmp(in->policy->templates[i].ref.oid, c->template_oid) == 0) {
            return true;
        }
    }
    return false;
}

static void note_next(struct plan *plan, const struct plan_step *step)
{
    if (step->next_utc > 0 && (plan->next_utc == 0 || step->next_utc < plan->next_utc)) {
        plan->next_utc = step->next_utc;
    }
}

/* What is no certificate, a stray file for example, is nothing that anybody refuses. */
static void plan_unknown(struct plan_step *step)
{
    if (step->certificate->not_after_utc == 0) {
        say(step, PLAN_NOTHING, "no certificate is there");
        return;
    }
    say_when(step, PLAN_REFUSED, "the server offers its template no more; it ends at",
             step->certificate->not_after_utc);
}

void plan_make(const struct plan_input *in, struct plan *out)
{
    size_t most = in->policy->template_count + in->certificate_count;

    *out = (struct plan){.steps = mem_array(most, sizeof(*out->steps))};
    for (size_t i = 0; i < in->policy->template_count; i++) {
        struct plan_step *step = &out->steps[out->count++];

        step->template = &in->policy->templates[i];
        step->certificate = find_certificate(in, step->template->ref.oid);
        plan_template(in, step);
        note_next(out, step);
    }
    for (size_t i = 0; i < in->certificate_count; i++) {
        if (!is_known(in, &in->certificates[i])) {
            struct plan_step *step = &out->steps[out->count++];

            step->certificate = &in->certificates[i];
            plan_unknown(step);
        }
    }
}

void plan_clear(struct plan *plan)
{
    free(plan->steps);
    *plan = (struct plan){.steps = NULL};
}
