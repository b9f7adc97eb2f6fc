/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a request that waited. Whatever approvers said before, the decision is made anew:
 * once as if nobody had spoken, which tells what must be approved now and for which names, and once
 * more with the approvals, if those that still count are enough.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"

#include "policyd/server_convert.h"
#include "policyd/server_group.h"
#include "policyd/server_road_inside.h"

/* ---- the request that waits ---------------------------------------------------------- */

/* From here on it is the request that came just now. */
static void forget_open(struct trip *trip)
{
    free(trip->open);
    trip->open = NULL;
    trip->number = trip->own_number;
    ledger_request_id(trip->number, trip->id);
}

bool trip_find_open(struct trip *trip)
{
    const struct ledger_request_key key = {
        .account = trip->account->ref.id,
        .template_name = trip->template->name,
        .key = server_hash(key_get_info(trip->csr->key)->spki_sha256)};

    trip->own_number = trip->number;
    if (!ledger_request_open(trip->road->settings.ledger, &key, &trip->open,
                             &trip->err)) {
        return trip_fail(trip, REASON_STORE);
    }
    if (trip->open == NULL) {
        return true;
    }
    if (trip->open->expires_utc != 0 && trip->open->expires_utc <= trip->now_utc) {
        forget_open(trip); /* its time is over, with all that was said to it */
        return true;
    }
    trip->number = trip->open->number;
    ledger_request_id(trip->number, trip->id);
    return true;
}

/* Would the certificate carry the names that approvers were shown? */
static bool has_same_names(const struct trip *trip)
{
    unsigned char names[WIRE_SHA256];

    trip_hash_names(trip, names);
    const struct ledger_hash now = server_hash(names);
    return ledger_hash_equal(&trip->open->asked, &now);
}

/* In the client's words, without a number: clients take the first one for that of the request. */
#define SENTENCE_TEMPLATE                                                                \
    "The template was changed since the request was made; it waits for approval anew."
#define SENTENCE_CONTENT                                                                 \
    "What was issued for this key cannot be given again; this one waits for an "         \
    "approval "                                                                          \
    "of its own."
#define SENTENCE_NAMES                                                                   \
    "An earlier request of this key was for other names; this one waits for an "         \
    "approval "                                                                          \
    "of its own."

/* What was said to the one that waited does not count for this one. */
static void ask_anew(struct trip *trip)
{
    const struct ledger_hash now = server_hash(trip->template->sha256);
    const bool same_template = ledger_hash_equal(&trip->open->template.content, &now);

    trip->anew = same_template ? SENTENCE_NAMES : SENTENCE_TEMPLATE;
    trip_note(trip, "approval", "request %s waited %s, and ends by this one", trip->id,
              same_template ? "with other names" : "by another version of the template");
    forget_open(trip);
}

/* ---- who approved -------------------------------------------------------------------- */

/* One that was issued has no end any more: it was approved in time. */
static int64_t valid_until_utc(const struct trip *trip)
{
    return trip->open->expires_utc != 0 ? trip->open->expires_utc : trip->now_utc + 1;
}

static void keep_approval(struct trip *trip, const struct ledger_approval *row)
{
    struct buf *texts = &trip->approval_texts[trip->approval_count];

    buf_truncate(texts, 0);
    buf_append_text(texts, row->account);
    buf_append_byte(texts, '\0');
    size_t group = texts->len;
    buf_append_text(texts, row->approvers);
    buf_append_byte(texts, '\0');
    size_t principal = texts->len;
    buf_append_text(texts, row->principal);
    buf_append_byte(texts, '\0');
    trip->approvals[trip->approval_count] = (struct wire_approval){
        .request_id = trip->id,
        .approver = {.id = (const char *)texts->data,
                     .principal = (const char *)texts->data + principal},
        .group = (const char *)texts->data + group,
        .approved_utc = row->decided_utc,
        .valid_until_utc = valid_until_utc(trip),
        .journal_sequence = (uint64_t)row->journal_seq};
}

/* Through the approvals by one group, one after the other. */
struct search {
    struct trip *trip;
    const char
        *group; /* NULL: by those that nobody waits for as the request was submitted */
    size_t looked_at; /* of its rows, the oldest first */
    size_t passed;
    bool found; /* one more, behind the trip's last */
};

static bool is_sought(const struct search *s, const char *group)
{
    const struct decide_outcome *judged = &s->trip->judged;

    if (s->group != NULL) {
        return strcmp(group, s->group) == 0;
    }
    for (size_t i = 0; i < judged->hold_count; i++) {
        if (strcmp(group, judged->holds[i].from) == 0) {
            return false;
        }
    }
    return true;
}

/* Rows are taken first and looked at later: nobody waits for a directory inside the ledger. */
static bool take_approval(void *ctx, const struct ledger_approval *row, struct error *err)
{
    struct search *s = ctx;

    (void)err;
    if (s->found || !row->approved || !is_sought(s, row->approvers)) {
        return true;
    }
    s->found = s->passed++ == s->looked_at;
    if (s->found) {
        keep_approval(s->trip, row);
    }
    return true;
}

static bool find_next(struct search *s)
{
    struct trip *trip = s->trip;

    s->passed = 0;
    s->found = false;
    if (!ledger_approval_list(trip->road->settings.ledger, trip->number, take_approval, s,
                              &trip->err)) {
        return trip_fail(trip, REASON_STORE);
    }
    s->looked_at += s->found ? 1 : 0;
    return true;
}

/* What the approver is today that he was not: NULL, if he is still an enabled person in that group. */
static bool find_fault(const struct wire_account *approver, const char *group,
                       const char **out, struct error *err)
{
    bool member = false;

    if (!server_group_has(approver, group, &member, err)) {
        return false;
    }
    *out = NULL;
    if (!member) {
        *out = "is no longer in the group";
    } else if (!approver->enabled) {
        *out = "is disabled";
    } else if (approver->ref.kind != WIRE_ACCOUNT_USER) {
        *out = "is no person";
    }
    return true;
}

static bool check_approver(struct trip *trip, struct wire_approval *approval,
                           const struct directory_account **account, const char **fault)
{
    const struct directory_query query = {.id = approval->approver.id,
                                          .left_ns = &trip->directory_left_ns};
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};

    if (directory_find(trip->road->settings.directory, &query, account, &reason, &err) &&
        find_fault(&(*account)->account, approval->group, fault, &err)) {
        approval->approver =
            *fault == NULL ? (*account)->account.ref : approval->approver;
        return true;
    }
    if (err.code != ERROR_UNAVAILABLE) {
        *fault =
            "cannot be found any more"; /* or told from others: that entitles to nothing */
        return true;
    }
    trip->err = err;
    return trip_fail(trip, reason == REASON_INTERNAL ? REASON_DIR_PARTIAL : reason);
}

static void pass_over(const struct trip *trip, const struct wire_approval *approval,
                      const char *fault, struct buf *told)
{
    buf_printf(told, "%s%s %s", told->len > 0 ? "; " : "", approval->approver.principal,
               fault);
    log_event_limited(LOG_WARNING, "approval.passed_over",
                      LOG_FIELDS(log_text("request", trip->id),
                                 log_text("approver", approval->approver.principal),
                                 log_text("group", approval->group),
                                 log_text("why", fault)));
}

/* The one behind the last is kept if its giver may still give it. */
static bool check_last(struct trip *trip, struct buf *told)
{
    const size_t last = trip->approval_count;
    struct wire_approval *approval = &trip->approvals[last];
    const char *fault = NULL;

    if (!check_approver(trip, approval, &trip->approvers[last], &fault)) {
        return false;
    }
    if (fault == NULL) {
        trip->approval_count++;
        return true;
    }
    pass_over(trip, approval, fault, told);
    directory_account_unref(trip->approvers[last]);
    trip->approvers[last] = NULL;
    return true;
}

static bool find_some(struct trip *trip, const char *group, size_t need)
{
    AUTO(buf) told = BUF_EMPTY;
    struct search s = {.trip = trip, .group = group, .found = true};
    const size_t before = trip->approval_count;

    while (s.found && trip->approval_count - before < need &&
           trip->approval_count < WIRE_APPROVALS_MAX) {
        if (!find_next(&s) || (s.found && !check_last(trip, &told))) {
            return false;
        }
    }
    if (told.len > 0) {
        trip_note(trip, "approval", "does not count: %s", buf_text(&told));
    }
    return true;
}

/* Of each group as many as it needs: what one has too many takes no place from another. */
static bool find_approvals(struct trip *trip)
{
    for (size_t i = 0; i < trip->judged.hold_count; i++) {
        const struct wire_hold *hold = &trip->judged.holds[i];

        if (!find_some(trip, hold->from, hold->need)) {
            return false;
        }
    }
    return true;
}

/* ---- the decision -------------------------------------------------------------------- */

/* What was approved is weighed once more, as approved, if those who may still approve are enough. */
static bool weigh_approved(struct trip *trip)
{
    if (!find_approvals(trip)) {
        return false;
    }
    if (!decide_are_enough(trip->decision, &trip->judged, trip->approvals,
                           trip->approval_count)) {
        return true;
    }
    /* What the rules make of an approved request must be what was approved; and they may want others to
     * approve one that these have. */
    return find_some(trip, NULL, WIRE_APPROVALS_MAX) &&
           trip_weigh(trip, WIRE_STAGE_APPROVED) &&
           (has_same_names(trip) || trip_weigh(trip, WIRE_STAGE_SUBMIT));
}

/* ---- an answer that was lost --------------------------------------------------------- */

/* A live certificate of the same template and key, no older than a repeat may be. */
static bool is_repeated(const struct trip *trip, const struct ledger_certificate *c)
{
    const struct ledger_hash key = server_hash(key_get_info(trip->csr->key)->spki_sha256);

    return c->request != 0 && ledger_hash_equal(&c->key, &key) &&
           strcmp(c->template.name, trip->template->name) == 0 &&
           c->issued_utc >
               trip->now_utc - server_retry_window_s(trip->road->settings.server);
}

/* The request that was issued a moment ago, as if it waited: its approvals are for this question, too,
 * and the ledger gives the certificate again, but no second one. */
static bool find_issued(struct trip *trip)
{
    const struct ledger_history *rows = &trip->history.rows;
    int64_t newest = 0; /* the one that the ledger gives again */

    for (size_t i = 0; i < rows->active_len; i++) {
        if (is_repeated(trip, rows->active[i]) && rows->active[i]->request > newest) {
            newest = rows->active[i]->request;
        }
    }
    if (newest == 0) {
        return true;
    }
    if (!ledger_request_get(trip->road->settings.ledger, newest, &trip->open,
                            &trip->err)) {
        return trip_fail(trip, REASON_STORE);
    }
    if (trip->open != NULL) {
        trip->number = trip->open->number;
        ledger_request_id(trip->number, trip->id);
    }
    return true;
}

/* From here on the trip has the number of the request that was issued, if it is approved once more; else
 * its own again, as whatever comes of it is the end of the question that came just now. */
static bool repeat(struct trip *trip)
{
    if (trip->judged.hold_count == 0) {
        return true;
    }
    if (!find_issued(trip)) {
        return false;
    }
    if (trip->open == NULL) {
        return true;
    }
    bool weighed = !has_same_names(trip) || weigh_approved(trip);
    if (!weighed || trip->judged.hold_count > 0) {
        forget_open(trip);
    }
    return weighed;
}

bool trip_repeat_anew(struct trip *trip)
{
    trip->anew = SENTENCE_CONTENT;
    trip_note(trip, "approval", "request %s was issued, and is not issued twice",
              trip->id);
    forget_open(trip);
    return trip_weigh(trip, WIRE_STAGE_SUBMIT);
}

bool trip_resume(struct trip *trip)
{
    if (trip->open == NULL) {
        return repeat(trip);
    }
    if (!has_same_names(trip)) {
        ask_anew(trip);
        return trip_weigh(trip, WIRE_STAGE_SUBMIT);
    }
    return trip->judged.hold_count == 0 || weigh_approved(trip);
}

void trip_approvals_clear(struct trip *trip)
{
    for (size_t i = 0; i < WIRE_APPROVALS_MAX; i++) {
        buf_clear(&trip->approval_texts[i]);
        directory_account_unref(trip->approvers[i]);
    }
    free(trip->open);
}
