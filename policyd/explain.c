/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/explain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/digest.h"
#include "common/wire/reason.h"

/* What a request that gets its certificate passes, in this order. */
static const char *const road[] = {
    "authentication", "csr",   "template", "access",   "key",
    "names",          "rules", "request",  "approval", "issue"};
enum { HTTP_OK = 200, ROAD_STEPS = sizeof(road) / sizeof(road[0]) };

void explain_clear(struct explain *x)
{
    wire_trail_clear(&x->trail);
    wire_facts_clear(&x->facts);
    wire_verdict_clear(&x->verdict);
    for (size_t i = 0; i < x->change_count; i++) {
        free(x->changes[i].sentence);
        free(x->changes[i].run);
    }
    for (size_t i = 0; i < x->problem_count; i++) {
        free(x->problems[i]);
    }
    free(x->issued);
    *x = (struct explain){0};
}

__attribute__((format(printf, 2, 3))) static void add_problem(struct explain *x,
                                                              const char *fmt, ...)
{
    struct error text; /* makes any text a printable sentence of bounded size */
    va_list args;

    if (x->problem_count < EXPLAIN_PROBLEMS_MAX) {
        va_start(args, fmt);
        (void)error_set_va(&text, ERROR_NONE, fmt, args);
        va_end(args);
        x->problems[x->problem_count++] = mem_strdup(text.message);
    }
}

/* ---- what was recorded --------------------------------------------------------------- */

static const char *code_of(enum reason reason)
{
    return reason == REASON_NONE ? "" : reason_get(reason)->code;
}

/*
 * Octets of another version of the trail may decode all the same and mean something else: they
 * must agree with the row's own columns. A decision to issue may still fail behind its trail.
 */
static bool agrees(const struct explain *x, const char **why)
{
    char id[LEDGER_REQUEST_ID_SIZE];
    const char *code = code_of(x->trail.reason);

    ledger_request_id(x->decision->request, id);
    if (strcmp(x->trail.request_id, id) != 0) {
        *why = "it names another request";
        return false;
    }
    *why = "it gives another reason than the ledger's row";
    return *code == '\0' || strcmp(code, x->decision->reason) == 0;
}

static void read_trail(struct explain *x)
{
    const char *why = "";
    struct error err = {0};

    if (x->decision->trace.len == 0) {
        add_problem(x, "no steps were recorded with this decision");
        return;
    }
    if (!wire_trail_decode(x->decision->trace, &x->trail, &err)) {
        add_problem(x, "the recorded steps cannot be read (%s); they were written by %s",
                    err.message, x->decision->engine);
        return;
    }
    x->has_trail = agrees(x, &why);
    if (!x->has_trail) {
        add_problem(x, "the recorded steps are not shown: %s; they were written by %s",
                    why, x->decision->engine);
        wire_trail_clear(&x->trail);
    }
}

static void read_facts(struct explain *x)
{
    unsigned char sha256[WIRE_SHA256];
    const struct bytes facts = x->decision->facts;
    struct error err = {0};

    if (facts.len == 0) {
        return; /* refused before there were any */
    }
    digest_sha256(facts.data, facts.len, sha256);
    if (!bytes_equal((struct bytes){sha256, sizeof(sha256)},
                     (struct bytes){x->decision->facts_hash.octets, LEDGER_HASH_SIZE})) {
        add_problem(x, "the recorded facts are not those that were decided on: their "
                       "digest is another");
        return;
    }
    x->has_facts = wire_facts_decode(facts, &x->facts, &err);
    if (!x->has_facts) {
        add_problem(x, "the recorded facts cannot be read (%s); they were written by %s",
                    err.message, x->decision->engine);
    }
}

static void read_verdict(struct explain *x)
{
    struct error err = {0};

    if (!x->has_trail || x->trail.verdict.len == 0) {
        return;
    }
    x->has_verdict = wire_verdict_decode(x->trail.verdict, &x->verdict, &err);
    if (!x->has_verdict) {
        add_problem(x, "what the rules said cannot be read (%s)", err.message);
    }
}

/* ---- steps --------------------------------------------------------------------------- */

static void add_step(struct explain *x, const struct explain_step *step)
{
    if (x->step_count < EXPLAIN_STEPS_MAX) {
        x->steps[x->step_count++] = *step;
    }
}

static bool has_step(const struct explain *x, const char *name)
{
    for (size_t i = 0; i < x->step_count; i++) {
        if (strcmp(x->steps[i].step, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The end of the road is not in the trail: the trail is recorded together with it. */
static void add_issue(struct explain *x)
{
    const struct ledger_decision *d = x->decision;
    AUTO(buf) text = BUF_EMPTY;

    if (d->verdict == LEDGER_VERDICT_ISSUE && !ledger_serial_is_none(&d->serial)) {
        buf_append_text(&text, "certificate ");
        text_append_hex(&text, d->serial.octets, sizeof(d->serial.octets));
        x->issued = mem_strdup(buf_text(&text));
        add_step(x, &(struct explain_step){"issue", WIRE_STEP_PASS, "", x->issued});
    } else if (x->trail.reason == REASON_NONE && *d->reason != '\0') {
        enum reason reason = REASON_INTERNAL;
        bool known = reason_find(d->reason, &reason);

        add_step(x, &(struct explain_step){"issue", WIRE_STEP_FAIL, d->reason,
                                           known ? reason_get(reason)->sentence : ""});
    }
}

/* What lies behind the last one that was taken. */
static void add_unreached(struct explain *x)
{
    const bool held = x->decision->verdict == LEDGER_VERDICT_HOLD;
    size_t from = ROAD_STEPS;

    while (from > 0 && !has_step(x, road[from - 1])) {
        from--;
    }
    for (size_t i = from; i < ROAD_STEPS; i++) {
        add_step(x,
                 &(struct explain_step){road[i], WIRE_STEP_SKIP, "",
                                        held ? "waits for the approval" : "not reached"});
    }
}

static void fill_steps(struct explain *x)
{
    if (!x->has_trail) {
        return;
    }
    for (size_t i = 0; i < x->trail.step_count; i++) {
        const struct wire_step *s = &x->trail.steps[i];

        add_step(x, &(struct explain_step){s->step, s->result, code_of(s->reason),
                                           s->sentence});
    }
    if (!has_step(x, "issue")) {
        add_issue(x);
    }
    add_unreached(x);
}

void explain_read(const struct ledger_decision *decision, struct explain *out)
{
    out->decision = decision;
    read_trail(out);
    read_facts(out);
    read_verdict(out);
    fill_steps(out);
    explain_find_changes(out);
}

struct explain_shown explain_shown(const struct explain *x)
{
    enum reason reason = REASON_NONE;

    if (x->decision->verdict == LEDGER_VERDICT_ISSUE || *x->decision->reason == '\0') {
        return (struct explain_shown){"", "", HTTP_OK};
    }
    if (!reason_find(x->decision->reason, &reason)) {
        return (struct explain_shown){x->decision->reason, "", 0};
    }
    const struct reason_info *own = reason_get(reason);
    const struct reason_info *shown = reason_get(own->shown_as);
    bool is_own = own == shown && x->has_trail && x->trail.sentence != NULL &&
                  *x->trail.sentence != '\0';

    return (struct explain_shown){
        shown->code, is_own ? x->trail.sentence : shown->sentence, shown->status};
}
