/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/lifecycle.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utc.h"

#include "autoenroll-client/issued.h"

/* ---- what a row asks ----------------------------------------------------------------- */

static bool is_flawed(const struct lifecycle_facts *f)
{
    return f->certificate != NULL && !f->certificate->whole;
}

static bool is_over(const struct lifecycle_facts *f)
{
    return f->certificate != NULL && f->certificate->not_after_utc <= f->now_utc;
}

/* It was in force when it was installed: by the same measure. */
static bool is_early(const struct lifecycle_facts *f)
{
    return f->certificate != NULL &&
           f->certificate->not_before_utc > f->now_utc + ISSUED_SKEW_S;
}

static bool has_failed_hook(const struct lifecycle_facts *f)
{
    return f->certificate != NULL && f->hook_failure[0] != '\0';
}

static bool is_pending(const struct lifecycle_facts *f)
{
    return f->is_pending;
}

static bool is_denied(const struct lifecycle_facts *f)
{
    return f->is_refused || (f->step != NULL && f->step->action == PLAN_REFUSED);
}

static bool is_missing(const struct lifecycle_facts *f)
{
    return f->certificate == NULL;
}

static bool is_untrusted(const struct lifecycle_facts *f)
{
    return !f->certificate->trusted;
}

static bool is_late(const struct lifecycle_facts *f)
{
    return f->renew_start_utc <= f->now_utc;
}

static bool is_to_be_replaced(const struct lifecycle_facts *f)
{
    return f->step != NULL &&
           (f->step->action == PLAN_ENROLL || f->step->action == PLAN_RENEW ||
            f->step->action == PLAN_WAIT);
}

static bool is_always(const struct lifecycle_facts *f)
{
    (void)f;
    return true;
}

/* ---- what it says -------------------------------------------------------------------- */

static void say(struct lifecycle *out, const char *text, const char *more)
{
    (void)snprintf(out->sentence, sizeof(out->sentence), "%s%s%s", text,
                   more[0] == '\0' ? "" : ": ", more);
}

static void say_time(struct lifecycle *out, const char *text, int64_t utc,
                     const char *more)
{
    AUTO(buf) when = BUF_EMPTY;

    buf_append_text(&when, text);
    utc_append(&when, utc);
    say(out, buf_text(&when), more);
}

/* Whatever explains best why nothing has happened yet. */
static const char *why(const struct lifecycle_facts *f)
{
    if (f->failure[0] != '\0') {
        return f->failure;
    }
    return f->step != NULL ? f->step->why : "";
}

/* What the last attempt failed of is read long after it: the next one has its time, too. */
static void say_tried(const struct lifecycle_facts *f, const char *text,
                      struct lifecycle *out)
{
    AUTO(buf) more = BUF_EMPTY;

    buf_append_text(&more, f->failure);
    if (more.len > 0 && f->step != NULL && f->step->action == PLAN_WAIT) {
        buf_append_text(&more, "; tried again from ");
        utc_append(&more, f->step->next_utc);
    }
    say(out, text, buf_text(&more));
}

static void say_flaw(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say(out, f->flaw[0] == '\0' ? "key and certificate do not belong together" : f->flaw,
        f->failure);
}

static void say_over(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say_time(out, "ended at ", f->certificate->not_after_utc, why(f));
}

static void say_early(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say_time(out, "this host's clock is wrong: the certificate begins only at ",
             f->certificate->not_before_utc, f->failure);
}

static void say_hook(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say(out, "installed, but its services may not know", f->hook_failure);
}

static void say_pending(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say(out, "waits for approval", f->failure);
}

static void say_denied(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say(out, f->is_refused ? f->failure : f->step->why, "");
}

static void say_missing(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say_tried(f, "there is none yet", out);
}

static void say_untrusted(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say_tried(f, "its issuer is trusted no more", out);
}

static void say_late(const struct lifecycle_facts *f, struct lifecycle *out)
{
    AUTO(buf) since = BUF_EMPTY;

    buf_append_text(&since, "to be renewed since ");
    utc_append(&since, f->renew_start_utc);
    say_tried(f, buf_text(&since), out);
}

static void say_replaced(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say(out, why(f), "");
}

static void say_healthy(const struct lifecycle_facts *f, struct lifecycle *out)
{
    say_time(out, "in force until ", f->certificate->not_after_utc, "");
}

/* ---- the table ----------------------------------------------------------------------- */

static const struct row {
    bool (*applies)(const struct lifecycle_facts *f);
    enum wire_health health;
    void (*say)(const struct lifecycle_facts *f, struct lifecycle *out);
} rows[] = {
    {is_flawed, WIRE_HEALTH_BROKEN, say_flaw},
    {is_over, WIRE_HEALTH_EXPIRED, say_over},
    {is_early, WIRE_HEALTH_BROKEN, say_early},
    {has_failed_hook, WIRE_HEALTH_BROKEN, say_hook},
    {is_pending, WIRE_HEALTH_PENDING, say_pending},
    {is_denied, WIRE_HEALTH_DENIED, say_denied},
    {is_missing, WIRE_HEALTH_DUE, say_missing},
    {is_untrusted, WIRE_HEALTH_DUE, say_untrusted},
    {is_late, WIRE_HEALTH_DUE, say_late},
    {is_to_be_replaced, WIRE_HEALTH_DUE, say_replaced},
    {is_always, WIRE_HEALTH_HEALTHY, say_healthy},
};

void lifecycle_judge(const struct lifecycle_facts *facts, struct lifecycle *out)
{
    const struct row *row = rows;

    while (!row->applies(facts)) { /* the last one does */
        row++;
    }
    out->health = row->health;
    row->say(facts, out);
}

/* ---- what follows from a state ------------------------------------------------------- */

static const struct {
    int exit_code;
    int weight; /* how much it needs a person */
} states[] = {
    [WIRE_HEALTH_HEALTHY] = {0, 0},  [WIRE_HEALTH_DUE] = {10, 1},
    [WIRE_HEALTH_EXPIRED] = {11, 4}, [WIRE_HEALTH_PENDING] = {12, 2},
    [WIRE_HEALTH_DENIED] = {13, 3},  [WIRE_HEALTH_BROKEN] = {14, 5},
};
_Static_assert(sizeof(states) / sizeof(states[0]) == WIRE_HEALTH_COUNT, "one a state");

int lifecycle_exit_code(enum wire_health health)
{
    return states[health].exit_code;
}

enum wire_health lifecycle_worse(enum wire_health a, enum wire_health b)
{
    return states[a].weight >= states[b].weight ? a : b;
}
