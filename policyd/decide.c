/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"

#include "policyd/decide_parts.h"
#include "policyd/rules/envelope.h"

/* ---- the trace ----------------------------------------------------------------------- */

static void add_step(struct decision *d, const char *step, enum reason reason,
                     const char *sentence)
{
    if (d->step_count == WIRE_STEPS_MAX) {
        return; /* there are not that many steps */
    }
    d->steps[d->step_count++] = (struct wire_step){
        .step = step,
        .result = reason == REASON_NONE ? WIRE_STEP_PASS : WIRE_STEP_FAIL,
        .reason = reason,
        .sentence = name_store_copy(&d->store, sentence, strlen(sentence))};
}

void decide_pass(struct decision *d, const char *step, const char *fmt, ...)
{
    struct error text; /* makes any text a printable sentence of bounded size */
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(&text, ERROR_NONE, fmt, args);
    va_end(args);
    add_step(d, step, REASON_NONE, text.message);
}

bool decide_fail(struct decision *d, const char *step, enum reason why,
                 enum reason *reason, const struct error *err)
{
    *reason = why;
    add_step(d, step, why, err->message);
    return false;
}

/* ---- before the rules ---------------------------------------------------------------- */

bool decide_propose(const struct decide_input *in, struct decision **out,
                    enum reason *reason, struct error *err)
{
    struct decision *d = mem_new(sizeof(*d));

    d->in = *in;
    *out = d;
    decide_known(d);
    if (!decide_gate(d, reason, err)) {
        return false;
    }
    if (!decide_facts(d, reason, err)) {
        return decide_fail(d, "facts", *reason, reason, err);
    }
    if (!decide_names(d, err)) {
        return decide_fail(d, "names", REASON_NAME_MISSING, reason, err);
    }
    AUTO(buf) names = BUF_EMPTY;
    decide_print_names(&d->facts.proposed, &names);
    decide_pass(d, "names", "proposed: %s", buf_text(&names));
    return true;
}

void decide_free(struct decision *d)
{
    if (d != NULL) {
        name_store_clear(&d->store);
        free(d);
    }
}

const struct wire_facts *decide_get_facts(const struct decision *d)
{
    return &d->facts;
}

const struct wire_step *decide_get_steps(const struct decision *d, size_t *count)
{
    *count = d->step_count;
    return d->steps;
}

/* ---- after the rules ----------------------------------------------------------------- */

static bool check_answered(const struct decision *d, const struct wire_verdict *verdict,
                           struct error *err)
{
    if (strcmp(verdict->request_id, d->facts.request_id) != 0 ||
        !bytes_equal((struct bytes){verdict->bundle_id, WIRE_SHA256},
                     (struct bytes){d->facts.bundle_id, WIRE_SHA256})) {
        return error_set(err, ERROR_DENIED, "the rules answered another question");
    }
    if (verdict->decision == WIRE_DECISION_HOLD && verdict->hold_count == 0) {
        return error_set(err, ERROR_DENIED, "the rules hold without saying for whom");
    }
    return envelope_check(&d->facts, &verdict->proposed, err) ||
           error_wrap(err, "the rules left their envelope");
}

/* A verdict that is no permit and no hold; nothing said means deny. */
static bool refuse_verdict(const struct wire_verdict *verdict, enum reason *why,
                           struct error *err)
{
    switch (verdict->decision) {
    case WIRE_DECISION_PERMIT:
    case WIRE_DECISION_HOLD:
        return false;
    case WIRE_DECISION_DENY:
        *why = REASON_RULE_DENIED;
        break;
    case WIRE_DECISION_NONE:
        *why = REASON_NO_RULE_PERMITTED;
        break;
    case WIRE_DECISION_ERROR:
    case WIRE_DECISION_COUNT:
    default:
        *why = REASON_RULE_ERROR;
        break;
    }
    (void)error_set(err, ERROR_DENIED, "rule '%s' says %s %s: %s", verdict->rule,
                    wire_decision_name(verdict->decision), verdict->code,
                    verdict->detail);
    return true;
}

/* errors  ERROR_DENIED  the reason is set */
static bool judge_verdict(struct decision *d, const struct wire_verdict *verdict,
                          enum reason *reason, struct error *err)
{
    enum reason why = REASON_RULE_ERROR;

    if (!check_answered(d, verdict, err)) {
        return decide_fail(d, "rules", REASON_RULE_ERROR, reason, err);
    }
    if (refuse_verdict(verdict, &why, err)) {
        return decide_fail(d, "rules", why, reason, err);
    }
    decide_pass(d, "rules", "rule '%s' says %s %s", verdict->rule,
                wire_decision_name(verdict->decision), verdict->code);
    return true;
}

/* ---- what is left to approve --------------------------------------------------------- */

/* A name that only the CSR vouches for, and no rule has taken on itself. */
static const char *find_unproved(const struct wire_content *content)
{
    for (size_t i = 0; i < content->subject_count; i++) {
        if (content->subject[i].proof == WIRE_PROOF_APPROVAL) {
            return content->subject[i].ava.value;
        }
    }
    for (size_t i = 0; i < content->san_count; i++) {
        if (content->sans[i].proof == WIRE_PROOF_APPROVAL) {
            return "an alternative name";
        }
    }
    return NULL;
}

/* [MS-CRTD] 2.26 0x40: a valid certificate of the template stands for the first approval. */
static bool is_approved_before(const struct decision *d)
{
    const struct decide_previous *previous = d->in.previous;

    return tmpl_has_flag(d->in.tmpl, TMPL_ENROLLMENT, TMPL_PREVIOUS_APPROVAL_VALIDATE) &&
           previous != NULL && previous->template_oid != NULL &&
           strcmp(previous->template_oid, d->in.tmpl->oid) == 0;
}

static void make_stricter(struct wire_hold *hold, uint32_t need, uint64_t ttl_s)
{
    hold->need = hold->need > need ? hold->need : need;
    hold->ttl_s = hold->ttl_s < ttl_s ? hold->ttl_s : ttl_s;
}

/* A group approves once for all who want it: the most approvers, the shortest time. */
static void add_hold(struct decide_outcome *out, const struct wire_hold *hold)
{
    for (size_t i = 0; i < out->hold_count; i++) {
        if (strcasecmp(out->holds[i].from, hold->from) == 0) {
            make_stricter(&out->holds[i], hold->need, hold->ttl_s);
            return;
        }
    }
    out->holds[out->hold_count++] = *hold;
}

/* Who names nobody means the site's approvers, and no fewer of them than the site wants. */
static void add_sites(struct decide_outcome *out, const struct decision *d,
                      const struct wire_hold *hold)
{
    struct wire_hold mine = *hold;

    mine.from = d->in.site->approver;
    make_stricter(&mine, d->in.site->approvals_needed, d->in.site->hold_ttl_s);
    add_hold(out, &mine);
}

static void hold_for_template(struct decide_outcome *out, const struct decision *d,
                              const char *code)
{
    const struct wire_hold hold = {
        .rule = "template", .code = code, .need = 1, .ttl_s = UINT64_MAX};

    add_sites(out, d, &hold);
}

static void collect_holds(const struct decision *d, const struct wire_verdict *verdict,
                          struct decide_outcome *out)
{
    for (size_t i = 0; i < verdict->hold_count && i < WIRE_APPROVALS_MAX; i++) {
        if (verdict->holds[i].from[0] == '\0') {
            add_sites(out, d, &verdict->holds[i]);
        } else {
            add_hold(out, &verdict->holds[i]);
        }
    }
    if (find_unproved(out->content) != NULL) {
        hold_for_template(out, d, "names.csr");
    } else if (tmpl_has_flag(d->in.tmpl, TMPL_ENROLLMENT, TMPL_PEND_ALL_REQUESTS) &&
               !is_approved_before(d)) {
        hold_for_template(out, d, "template.pend");
    }
}

/* Is it of that group, about this request, in time, and not by who asks? */
static bool is_good(const struct decision *d, const struct wire_approval *a,
                    const char *group)
{
    return strcmp(a->group, group) == 0 && a->valid_until_utc > d->in.now_utc &&
           strcmp(a->request_id, d->in.request_id) == 0 &&
           strcmp(a->approver.id, d->in.account->ref.id) != 0;
}

/* Distinct approvers of that group whose word still counts. */
static uint32_t count_approvals(const struct decision *d, const struct wire_approval *all,
                                size_t all_count, const char *group)
{
    uint32_t count = 0;

    for (size_t i = 0; i < all_count; i++) {
        bool counts = is_good(d, &all[i], group);

        for (size_t j = 0; j < i && counts; j++) {
            counts = strcmp(all[j].approver.id, all[i].approver.id) != 0 ||
                     !is_good(d, &all[j], group);
        }
        count += counts ? 1 : 0;
    }
    return count;
}

/* Keep the holds that are not met yet. */
static void drop_met(const struct decision *d, struct decide_outcome *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < out->hold_count; i++) {
        if (count_approvals(d, d->in.approvals, d->in.approval_count,
                            out->holds[i].from) < out->holds[i].need) {
            out->holds[kept++] = out->holds[i];
        }
    }
    out->hold_count = kept;
}

bool decide_are_enough(const struct decision *d, const struct decide_outcome *held,
                       const struct wire_approval *approvals, size_t count)
{
    for (size_t i = 0; i < held->hold_count; i++) {
        const struct wire_hold *hold = &held->holds[i];

        if (count_approvals(d, approvals, count, hold->from) < hold->need) {
            return false;
        }
    }
    return true;
}

static void pass_approved(struct decision *d)
{
    AUTO(buf) who = BUF_EMPTY;

    for (size_t i = 0; i < d->in.approval_count; i++) {
        buf_printf(&who, "%s%s", i == 0 ? "" : ", ",
                   d->in.approvals[i].approver.principal);
    }
    if (who.len > 0) {
        decide_pass(d, "approval", "approved by %s", buf_text(&who));
    } else {
        decide_pass(d, "approval", "nothing is left to approve");
    }
}

/* So many approvals go with a request to the signer. errors  ERROR_DENIED  RULE_ERROR */
static bool check_needs(struct decision *d, const struct decide_outcome *out,
                        enum reason *reason, struct error *err)
{
    uint64_t need = 0;

    for (size_t i = 0; i < out->hold_count; i++) {
        need += out->holds[i].need;
    }
    if (need <= WIRE_APPROVALS_MAX) {
        return true;
    }
    (void)error_set(err, ERROR_DENIED,
                    "%zu groups must approve with %" PRIu64
                    " members together, and a request can have %d approvals at most: "
                    "lower `need` in the rules that hold it",
                    out->hold_count, need, WIRE_APPROVALS_MAX);
    return decide_fail(d, "approval", REASON_RULE_ERROR, reason, err);
}

/* errors  ERROR_UNAVAILABLE  a hold that nobody can lift */
static bool check_holds(struct decision *d, const struct decide_outcome *out,
                        enum reason *reason, struct error *err)
{
    for (size_t i = 0; i < out->hold_count; i++) {
        if (out->holds[i].from[0] == '\0') {
            (void)error_set(err, ERROR_UNAVAILABLE,
                            "%s holds the request (%s), and no group of approvers is "
                            "configured: set approval.group",
                            out->holds[i].rule, out->holds[i].code);
            return decide_fail(d, "approval", REASON_RULES_DOWN, reason, err);
        }
    }
    if (out->hold_count > 0) {
        decide_pass(d, "approval", "held by %s (%s): %u of %s must approve",
                    out->holds[0].rule, out->holds[0].code, out->holds[0].need,
                    out->holds[0].from);
    } else {
        pass_approved(d);
    }
    return true;
}

/* No name at all would be a certificate of nobody. errors  ERROR_DENIED  NAME_MISSING */
static bool check_named(struct decision *d, const struct wire_content *content,
                        enum reason *reason, struct error *err)
{
    if (content->subject_count > 0 || content->san_count > 0) {
        return true;
    }
    (void)error_set(
        err, ERROR_DENIED,
        "the certificate would have neither a subject nor an alternative name");
    return decide_fail(d, "names", REASON_NAME_MISSING, reason, err);
}

bool decide_judge(struct decision *d, const struct wire_verdict *verdict,
                  struct decide_outcome *out, enum reason *reason, struct error *err)
{
    struct decide_outcome outcome = {.content = &verdict->proposed,
                                     .sentence = verdict->sentence};

    out->sentence = verdict->sentence; /* a rule's words go with its refusal */
    if (!judge_verdict(d, verdict, reason, err) ||
        !check_named(d, outcome.content, reason, err)) {
        return false;
    }
    if (!decide_compare_csr(d, outcome.content, reason, err)) {
        return decide_fail(d, "request", *reason, reason, err);
    }
    decide_pass(d, "request", "asks for nothing beyond the certificate");
    collect_holds(d, verdict, &outcome);
    if (!check_needs(d, &outcome, reason, err)) {
        return false;
    }
    drop_met(d, &outcome);
    if (!check_holds(d, &outcome, reason, err)) {
        return false;
    }
    *out = outcome;
    return true;
}
