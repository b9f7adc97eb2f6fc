/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_road.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/server_road_inside.h"

struct server_road *server_road_new(const struct server_road_settings *settings)
{
    struct server_road *road = mem_new(sizeof(*road));
    struct error ignored;

    road->settings = *settings;
    road->rate =
        server_rate_new(settings->rate_burst, settings->rate_every_s, settings->clock);
    (void)pthread_mutex_init(&road->lock, NULL);
    if (!key_generate(KEY_EC, 256, &road->usual, &ignored)) {
        road->usual = NULL; /* it saves time, and nothing depends on it */
    }
    return road;
}

void server_road_free(struct server_road *road)
{
    if (road != NULL) {
        (void)pthread_mutex_destroy(&road->lock);
        server_rate_free(road->rate);
        key_free(road->usual);
        free(road);
    }
}

void server_road_set_ca_end(struct server_road *road, int64_t not_after_utc)
{
    (void)pthread_mutex_lock(&road->lock);
    road->ca_not_after_utc = not_after_utc;
    (void)pthread_mutex_unlock(&road->lock);
}

static int64_t get_ca_end(struct server_road *road)
{
    (void)pthread_mutex_lock(&road->lock);
    int64_t end_utc = road->ca_not_after_utc;
    (void)pthread_mutex_unlock(&road->lock);
    return end_utc;
}

bool trip_fail(struct trip *trip, enum reason reason)
{
    trip->reason = reason;
    return false;
}

void trip_note(struct trip *trip, const char *step, const char *fmt, ...)
{
    va_list args;

    if (trip->note_count < TRIP_NOTES_MAX) {
        struct trip_note *note = &trip->notes[trip->note_count++];

        note->step = step;
        va_start(args, fmt);
        (void)error_set_va(&note->text, ERROR_NONE, fmt, args);
        va_end(args);
    }
}

/* ---- the steps ----------------------------------------------------------------------- */

/* By the account's id; by its name where the directory has no account for it. */
static const char *whose_turn(const struct trip *trip)
{
    const struct directory_account *account = trip->who->account;

    return account != NULL ? account->account.ref.id : trip->who->login.principal;
}

/* Before anything is done for who asks in vain all the time; such an ask leaves no row. */
static bool take_turn(struct trip *trip)
{
    if (trip->who->login.outcome != AUTH_KNOWN ||
        server_rate_take(trip->road->rate, whose_turn(trip), &trip->retry_after_s)) {
        return true;
    }
    (void)error_set(&trip->err, ERROR_DENIED,
                    "the account has asked in vain too often: [issuing] rate_burst");
    return trip_fail(trip, REASON_RATE);
}

static bool is_away(enum reason reason)
{
    return reason_get(reason)->status == 503;
}

/*
 * What was issued was not asked in vain, nor was a poll that changes nothing; and what is away is no
 * fault of who asks.
 */
static void give_turn_back(const struct trip *trip, const struct enroll_outcome *out)
{
    if (trip->who->login.outcome == AUTH_KNOWN &&
        (out->reason == REASON_NONE || is_away(out->reason) ||
         (out->reason == REASON_HELD && trip->polls))) {
        server_rate_give_back(trip->road->rate, whose_turn(trip));
    }
}

/* That something is away is a row like any refusal, so there are turns for these, too; the answer
 * is the same without one. */
static void leave_out_repeats(struct trip *trip)
{
    AUTO(string) whose = mem_printf("away %s", whose_turn(trip));
    uint32_t ignored = 0;

    if (is_away(trip->reason) && trip->who->login.outcome == AUTH_KNOWN &&
        !server_rate_take(trip->road->rate, whose, &ignored)) {
        trip->number = 0;
    }
}

/* Only who has shown who he is uses numbers up. */
static bool take_number(struct trip *trip)
{
    if (trip->who->login.outcome != AUTH_KNOWN) {
        return true;
    }
    if (!ledger_request_number(trip->road->settings.ledger, &trip->number, &trip->err)) {
        return trip_fail(trip, REASON_STORE);
    }
    ledger_request_id(trip->number, trip->id);
    return true;
}

/* Rules see the site's local time as an offset, which is all that they know of a zone. */
static int64_t local_offset_s(int64_t now_utc)
{
    time_t now = (time_t)now_utc;
    struct tm local;

    return localtime_r(&now, &local) == NULL ? 0 : local.tm_gmtoff;
}

static void fill_input(struct trip *trip)
{
    const struct server_road_settings *s = &trip->road->settings;
    bool approved = trip->stage == WIRE_STAGE_APPROVED;

    trip->input = (struct decide_input){
        .request_id = trip->id,
        .op = trip->op,
        .stage = trip->stage,
        .now_utc = trip->now_utc,
        .local_offset_s = local_offset_s(trip->now_utc),
        .zone = s->zone,
        .peer_address = trip->request->peer_address,
        .auth = trip->who->login.method,
        .csr = trip->csr,
        .account = trip->account,
        .tmpl = trip->template->tmpl,
        .tmpl_problem = trip->template->problem,
        .access = &trip->access,
        .history = &trip->history.facts,
        .approvals = approved ? trip->approvals : NULL,
        .approval_count = approved ? trip->approval_count : 0,
        .previous = trip->previous.cert != NULL ? &trip->previous.names : NULL,
        .site = &trip->site};
    memcpy(trip->input.bundle_id, rules_loaded(trip->rules)->bundle_id, WIRE_SHA256);
    memcpy(trip->input.tmpl_sha256, trip->template->sha256, WIRE_SHA256);
}

static bool propose(struct trip *trip)
{
    enum reason reason = REASON_INTERNAL;

    if (trip->site.ca_not_after_utc == 0) {
        (void)error_set(&trip->err, ERROR_UNAVAILABLE,
                        "the signer has not said yet when its CA ends");
        return trip_fail(trip, REASON_SIGNER);
    }
    fill_input(trip);
    return decide_propose(&trip->input, &trip->decision, &reason, &trip->err) ||
           trip_fail(trip, reason);
}

static bool ask_rules(struct trip *trip)
{
    trip->at = "rules";
    if (!rules_decide(trip->rules, decide_get_facts(trip->decision), &trip->answer,
                      &trip->err)) {
        return trip_fail(trip, trip->err.code == ERROR_UNAVAILABLE ? REASON_RULES_DOWN
                                                                   : REASON_RULE_ERROR);
    }
    return true;
}

static bool judge(struct trip *trip)
{
    enum reason reason = REASON_INTERNAL;

    if (!decide_judge(trip->decision, &trip->answer.verdict, &trip->judged, &reason,
                      &trip->err)) {
        return trip_fail(trip, reason);
    }
    trip->was_judged = true;
    return true;
}

static void forget_judgement(struct trip *trip)
{
    rules_answer_clear(&trip->answer);
    decide_free(trip->decision);
    trip->decision = NULL;
    trip->was_judged = false;
}

bool trip_weigh(struct trip *trip, enum wire_stage stage)
{
    forget_judgement(trip);
    trip->stage = stage;
    return propose(trip) && ask_rules(trip) && judge(trip);
}

static bool weigh(struct trip *trip)
{
    return trip_weigh(trip, WIRE_STAGE_SUBMIT);
}

/* Each step by the name that explain gives it when it fails before there is a decision. */
static const struct {
    const char *name;
    bool (*take)(struct trip *trip);
} road_steps[] = {
    {"rate", take_turn},
    {"ledger", take_number},
    {"account", trip_take_account},
    {"csr", trip_read_request},
    {"previous", trip_find_shown},
    {"template", trip_choose_template},
    {"previous", trip_find_previous},
    {"rules", trip_take_rules},
    {"access", trip_find_access},
    {"ledger", trip_find_open},
    {"ledger", trip_look_back},
    {"issue", weigh},
    {"approval", trip_resume},
};

static bool decide(struct trip *trip)
{
    for (size_t i = 0; i < sizeof(road_steps) / sizeof(road_steps[0]); i++) {
        trip->at = road_steps[i].name;
        if (!road_steps[i].take(trip)) {
            return false;
        }
    }
    return true;
}

static void trip_clear(struct trip *trip)
{
    forget_judgement(trip);
    trip_history_clear(trip);
    trip_approvals_clear(trip);
    tmpl_access_clear(&trip->access);
    rules_unref(trip->rules);
    csr_free(trip->csr);
    template_set_unref(trip->templates);
    directory_account_unref(trip->looked_up);
}

static void tell(const struct trip *trip, const struct enroll_outcome *out)
{
    const char *template =
        trip->template != NULL ? trip->template->name : trip->request->label;

    log_event(LOG_INFO,
              out->reason == REASON_NONE ? "request.issued" : "request.answered",
              LOG_FIELDS(log_text("request", out->request_id),
                         log_text("principal", trip->who->login.principal),
                         log_text("template", template),
                         log_text("reason", out->reason == REASON_NONE
                                                ? ""
                                                : reason_get(out->reason)->code),
                         log_text("why", trip->err.message),
                         log_text("peer", trip->request->peer_address)));
}

void server_road_enroll(struct server_road *road, const struct server_identity *who,
                        const struct enroll_request *request, struct enroll_outcome *out)
{
    struct trip *trip = mem_new(sizeof(*trip));

    trip->road = road;
    trip->who = who;
    trip->request = request;
    trip->directory_left_ns = who->directory_left_ns;
    trip->now_utc = clock_now_utc(road->settings.clock);
    trip->site = *road->settings.site;
    trip->site.ca_not_after_utc = get_ca_end(road);
    if (!decide(trip)) {
        leave_out_repeats(trip);
        trip_refuse(trip, out);
    } else if (trip->judged.hold_count > 0) {
        trip_hold(trip, out);
    } else {
        trip_issue(trip, out);
    }
    give_turn_back(trip, out);
    tell(trip, out);
    trip_clear(trip);
    free(trip);
}
