/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a request that waited. Whatever approvers said before, the decision is made anew:
 * once as if nobody had spoken, which tells what must be approved now and for which names, and once
 * more with the approvals, if those that still count are enough.
 */
#include <stdlib.h>
#include <string.h>

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

/* ---- who approved -------------------------------------------------------------------- */

/* Rows are taken first and looked at later: nobody waits for a directory inside the ledger. */
static bool take_approval(void *ctx, const struct ledger_approval *row, struct error *err)
{
    struct trip *trip = ctx;

    (void)err;
    if (!row->approved || trip->approval_count == WIRE_APPROVALS_MAX) {
        return true;
    }
    struct buf *texts = &trip->approval_texts[trip->approval_count];
    buf_append_text(texts, row->account);
    buf_append_byte(texts, '\0');
    size_t group = texts->len;
    buf_append_text(texts, row->approvers);
    buf_append_byte(texts, '\0');
    trip->approvals[trip->approval_count++] =
        (struct wire_approval){.request_id = trip->id,
                               .approver = {.id = (const char *)texts->data},
                               .group = (const char *)texts->data + group,
                               .approved_utc = row->decided_utc,
                               .valid_until_utc = trip->open->expires_utc,
                               .journal_sequence = (uint64_t)row->journal_seq};
    return true;
}

/* Is the approver today who he was: an enabled person, in that group? */
static bool still_entitled(const struct wire_account *approver, const char *group,
                           bool *out, struct error *err)
{
    bool member = false;

    if (!server_group_has(approver, group, &member, err)) {
        return false;
    }
    *out = member && approver->enabled && approver->ref.kind == WIRE_ACCOUNT_USER;
    return true;
}

static bool check_approver(struct trip *trip, struct wire_approval *approval,
                           const struct directory_account **account, bool *counts)
{
    const struct directory_query query = {.id = approval->approver.id,
                                          .left_ns = &trip->directory_left_ns};
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};

    *counts = false;
    if (directory_find(trip->road->settings.directory, &query, account, &reason, &err) &&
        still_entitled(&(*account)->account, approval->group, counts, &err)) {
        approval->approver = (*account)->account.ref;
        return true;
    }
    if (err.code != ERROR_UNAVAILABLE) {
        return true; /* who is not there any more, or cannot be told, entitles to nothing */
    }
    trip->err = err;
    return trip_fail(trip, reason == REASON_INTERNAL ? REASON_DIR_PARTIAL : reason);
}

/* Keep the approvals whose givers may still give them. */
static bool check_approvers(struct trip *trip)
{
    size_t kept = 0;

    for (size_t i = 0; i < trip->approval_count; i++) {
        bool counts = false;

        if (!check_approver(trip, &trip->approvals[i], &trip->approvers[i], &counts)) {
            return false;
        }
        if (counts) {
            trip->approvals[kept++] = trip->approvals[i];
        }
    }
    trip->approval_count = kept;
    return true;
}

static bool find_approvals(struct trip *trip)
{
    if (!ledger_approval_list(trip->road->settings.ledger, trip->number, take_approval,
                              trip, &trip->err)) {
        return trip_fail(trip, REASON_STORE);
    }
    return check_approvers(trip);
}

/* ---- the decision -------------------------------------------------------------------- */

bool trip_resume(struct trip *trip)
{
    if (trip->open == NULL) {
        return true;
    }
    if (!has_same_names(trip)) {
        forget_open(trip);
        return trip_weigh(trip, WIRE_STAGE_SUBMIT);
    }
    if (trip->judged.hold_count == 0) {
        return true;
    }
    if (!find_approvals(trip)) {
        return false;
    }
    if (!decide_are_enough(trip->decision, &trip->judged, trip->approvals,
                           trip->approval_count)) {
        return true;
    }
    /* What the rules make of an approved request must be what was approved. */
    return trip_weigh(trip, WIRE_STAGE_APPROVED) &&
           (has_same_names(trip) || trip_weigh(trip, WIRE_STAGE_SUBMIT));
}

void trip_approvals_clear(struct trip *trip)
{
    for (size_t i = 0; i < WIRE_APPROVALS_MAX; i++) {
        buf_clear(&trip->approval_texts[i]);
        directory_account_unref(trip->approvers[i]);
    }
    free(trip->open);
}
