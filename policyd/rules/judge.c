/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/rules/legible.h"

enum { REMARK_MAX = 512 };

void judge_init(struct judge *j, const struct wire_facts *facts,
                const struct wire_bundle_loaded *bundle)
{
    j->facts = facts;
    j->bundle = bundle;
    j->current = 0;
    j->texts = NAME_STORE_EMPTY;
    j->said = mem_array(bundle->rule_count, sizeof(*j->said));
    j->verdict = (struct wire_verdict){
        .request_id = facts->request_id,
        .rule = "",
        .code = "",
        .detail = "",
        .sentence = "",
        .holds = j->holds,
        .warnings = j->warnings,
        .notes = j->notes,
        .supersedes = j->supersedes,
        .trace = j->trace,
        .trace_count = bundle->rule_count,
        .limits = j->limits,
        .queries = (uint32_t)facts->answer_count,
    };
    memcpy(j->verdict.bundle_id, bundle->bundle_id, sizeof(j->verdict.bundle_id));
}

void judge_clear(struct judge *j)
{
    name_store_clear(&j->texts);
    free(TAKE(j->said));
}

void judge_enter(struct judge *j, size_t rule, const unsigned char *sha256, bool matched)
{
    const struct wire_rule *declared = &j->bundle->rules[rule];

    j->current = rule;
    j->trace[rule] = (struct wire_trace){
        .file = declared->file,
        .rule = declared->name,
        .phase = declared->phase,
        .mode = declared->mode,
        .matched = matched,
        .codes = j->said[rule].codes,
        .changes = j->said[rule].changes,
        .detail = "",
    };
    memcpy(j->trace[rule].file_sha256, sha256, WIRE_SHA256);
}

static struct wire_trace *trace_of(struct judge *j)
{
    return &j->trace[j->current];
}

static bool is_enforced(const struct judge *j)
{
    return j->trace[j->current].mode == WIRE_MODE_ENFORCE;
}

static const char *keep(struct judge *j, const char *text)
{
    return name_store_copy(&j->texts, text, strlen(text));
}

static const char *keep_plain(struct judge *j, struct bytes text, size_t max, bool lines)
{
    AUTO(buf) plain = BUF_EMPTY;

    legible_append(&plain, text, max, lines);
    return keep(j, buf_text(&plain));
}

static bool check_code(const char *code, struct error *err)
{
    size_t len = strlen(code);

    for (size_t i = 0; i < len; i++) {
        if (code[i] <= ' ' || code[i] > '~') {
            len = 0;
        }
    }
    return (len >= 1 && len <= WIRE_CODE_MAX) ||
           error_set(err, ERROR_INVALID,
                     "a code is 1 to %d letters, digits and signs without spaces",
                     WIRE_CODE_MAX);
}

static bool say(struct judge *j, const char *code, struct error *err)
{
    struct wire_trace *trace = trace_of(j);

    if (!check_code(code, err)) {
        return false;
    }
    if (trace->code_count == JUDGE_SAYINGS_MAX) {
        return error_set(err, ERROR_INVALID, "a rule says at most %d things",
                         JUDGE_SAYINGS_MAX);
    }
    trace->codes[trace->code_count++] = keep(j, code);
    return true;
}

static void raise_to(struct judge *j, enum wire_decision decision)
{
    if (decision > trace_of(j)->decision) {
        trace_of(j)->decision = decision;
    }
}

/* True when this rule decides so far: the first of those with the highest decision. */
static bool decides(struct judge *j, enum wire_decision decision, const char *code)
{
    struct wire_verdict *verdict = &j->verdict;

    raise_to(j, decision);
    if (!is_enforced(j) || decision <= verdict->decision) {
        return false;
    }
    verdict->decision = decision;
    verdict->rule = trace_of(j)->rule;
    verdict->code = keep(j, code);
    verdict->detail = "";
    verdict->sentence = "";
    return true;
}

bool judge_permit(struct judge *j, const char *code, struct error *err)
{
    if (!say(j, code, err)) {
        return false;
    }
    (void)decides(j, WIRE_DECISION_PERMIT, code);
    return true;
}

bool judge_deny(struct judge *j, const char *code, struct bytes detail,
                struct bytes sentence, struct error *err)
{
    if (sentence.len > WIRE_SENTENCE_MAX ||
        !text_is_printable((const char *)sentence.data, sentence.len)) {
        return error_set(err, ERROR_INVALID,
                         "the sentence for the peer is one line of at most %d octets",
                         WIRE_SENTENCE_MAX);
    }
    if (!say(j, code, err)) {
        return false;
    }
    const char *text = keep_plain(j, detail, WIRE_DETAIL_MAX, true);
    if (trace_of(j)->decision < WIRE_DECISION_DENY) {
        trace_of(j)->detail = text;
    }
    if (decides(j, WIRE_DECISION_DENY, code)) {
        j->verdict.detail = text;
        j->verdict.sentence = keep_plain(j, sentence, WIRE_SENTENCE_MAX, false);
    }
    return true;
}

static bool check_hold(const struct judge_hold *hold, struct error *err)
{
    if (hold->need < 1 || hold->need > WIRE_APPROVALS_MAX) {
        return error_set(err, ERROR_INVALID, "need is 1 to %d approvers, not %" PRId64,
                         WIRE_APPROVALS_MAX, hold->need);
    }
    if (hold->ttl_s < 1 || hold->ttl_s > JUDGE_TTL_MAX_S) {
        return error_set(err, ERROR_INVALID, "ttl is 1 to %d seconds, not %" PRId64,
                         JUDGE_TTL_MAX_S, hold->ttl_s);
    }
    if (hold->from == NULL) {
        return true;
    }
    size_t len = strlen(hold->from);
    return (len >= 1 && len <= WIRE_DN_MAX && text_is_printable(hold->from, len)) ||
           error_set(err, ERROR_INVALID, "from is the SID or the DN of a group");
}

/* All groups must be satisfied; of one group the most approvers and the shortest time. */
static bool add_hold(struct judge *j, const struct judge_hold *hold, struct error *err)
{
    struct wire_verdict *verdict = &j->verdict;
    const char *from = hold->from == NULL ? "" : hold->from;

    for (size_t i = 0; i < verdict->hold_count; i++) {
        struct wire_hold *old = &j->holds[i];
        if (strcasecmp(old->from, from) == 0) {
            old->need = old->need > hold->need ? old->need : (uint32_t)hold->need;
            old->ttl_s =
                old->ttl_s < (uint64_t)hold->ttl_s ? old->ttl_s : (uint64_t)hold->ttl_s;
            return true;
        }
    }
    if (verdict->hold_count == JUDGE_HOLDS_MAX) {
        return error_set(err, ERROR_INVALID, "a decision has at most %d holds",
                         JUDGE_HOLDS_MAX);
    }
    j->holds[verdict->hold_count++] = (struct wire_hold){
        .rule = trace_of(j)->rule,
        .code = keep(j, hold->code),
        .need = (uint32_t)hold->need,
        .from = keep(j, from),
        .ttl_s = (uint64_t)hold->ttl_s,
    };
    return true;
}

bool judge_hold(struct judge *j, const struct judge_hold *hold, struct error *err)
{
    if (!check_hold(hold, err) || !say(j, hold->code, err) ||
        (is_enforced(j) && !add_hold(j, hold, err))) {
        return false;
    }
    (void)decides(j, WIRE_DECISION_HOLD, hold->code);
    return true;
}

static bool remark(struct judge *j, struct wire_remark *list, size_t *count,
                   const struct wire_remark *entry, struct error *err)
{
    if (!check_code(entry->key, err)) {
        return false;
    }
    if (*count == JUDGE_SAYINGS_MAX) {
        return error_set(err, ERROR_INVALID,
                         "a decision has at most %d warnings, and as many notes",
                         JUDGE_SAYINGS_MAX);
    }
    list[*count] = (struct wire_remark){
        .rule = trace_of(j)->rule, .key = keep(j, entry->key), .text = entry->text};
    (*count)++;
    return true;
}

bool judge_warn(struct judge *j, const char *code, struct bytes detail, struct error *err)
{
    const struct wire_remark entry = {.key = code,
                                      .text = keep_plain(j, detail, REMARK_MAX, true)};

    return say(j, code, err) &&
           remark(j, j->warnings, &j->verdict.warning_count, &entry, err);
}

bool judge_note(struct judge *j, const char *key, struct bytes text, struct error *err)
{
    const struct wire_remark entry = {.key = key,
                                      .text = keep_plain(j, text, REMARK_MAX, true)};

    return remark(j, j->notes, &j->verdict.note_count, &entry, err);
}

static const struct wire_known_certificate *find_known(const struct wire_history *history,
                                                       struct bytes serial)
{
    for (size_t i = 0; i < history->active_count; i++) {
        if (bytes_equal(history->active[i].serial, serial)) {
            return &history->active[i];
        }
    }
    return history->previous != NULL && bytes_equal(history->previous->serial, serial)
               ? history->previous
               : NULL;
}

bool judge_supersede(struct judge *j, const char *serial_hex, int64_t after_s,
                     struct error *err)
{
    const struct wire_known_certificate *known = NULL;
    AUTO(buf) serial = BUF_EMPTY;

    if (j->facts->history == NULL) {
        return error_set(err, ERROR_UNAVAILABLE, "the history is not known");
    }
    if (after_s < 0 || after_s > JUDGE_TTL_MAX_S) {
        return error_set(err, ERROR_INVALID, "after is 0 to %d seconds", JUDGE_TTL_MAX_S);
    }
    if (!text_parse_hex(serial_hex, WIRE_SERIAL_MAX, &serial, err)) {
        return error_wrap(err, "the serial number");
    }
    known = find_known(j->facts->history, buf_bytes(&serial));
    if (known == NULL) {
        return error_set(
            err, ERROR_DENIED,
            "the principal has no active certificate with this serial number");
    }
    if (j->verdict.supersede_count == JUDGE_SAYINGS_MAX) {
        return error_set(err, ERROR_INVALID, "too many certificates are superseded");
    }
    if (is_enforced(j)) {
        j->supersedes[j->verdict.supersede_count++] =
            (struct wire_supersede){known->serial, (uint64_t)after_s};
    }
    return true;
}

bool judge_change(struct judge *j, const char *sentence, struct error *err)
{
    struct wire_trace *trace = trace_of(j);

    if (trace->change_count == JUDGE_SAYINGS_MAX) {
        return error_set(err, ERROR_INVALID, "a rule makes at most %d changes",
                         JUDGE_SAYINGS_MAX);
    }
    trace->changes[trace->change_count++] =
        keep_plain(j, bytes_of_text(sentence), WIRE_SENTENCE_MAX, false);
    return true;
}

void judge_error(struct judge *j, struct bytes what)
{
    const char *text = keep_plain(j, what, WIRE_DETAIL_MAX, true);

    trace_of(j)->detail = text;
    if (decides(j, WIRE_DECISION_ERROR, "")) {
        j->verdict.detail = text;
    }
}

void judge_fail(struct judge *j, const char *what)
{
    j->verdict.decision = WIRE_DECISION_ERROR;
    j->verdict.detail = keep_plain(j, bytes_of_text(what), WIRE_DETAIL_MAX, true);
}

void judge_limit(struct judge *j, const char *limit)
{
    size_t count = j->verdict.limit_count;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(j->limits[i], limit) == 0) {
            return;
        }
    }
    if (count < JUDGE_LIMITS_MAX) {
        j->limits[j->verdict.limit_count++] = limit;
    }
}

void judge_spent(struct judge *j, uint64_t instructions, uint64_t used_us)
{
    trace_of(j)->instructions = instructions;
    trace_of(j)->used_us = used_us;
}

const struct wire_verdict *judge_finish(struct judge *j,
                                        const struct wire_content *proposed)
{
    static const enum reason reasons[] = {
        [WIRE_DECISION_NONE] = REASON_NO_RULE_PERMITTED,
        [WIRE_DECISION_PERMIT] = REASON_NONE,
        [WIRE_DECISION_HOLD] = REASON_NONE,
        [WIRE_DECISION_DENY] = REASON_RULE_DENIED,
        [WIRE_DECISION_ERROR] = REASON_RULE_ERROR,
    };
    _Static_assert(sizeof(reasons) / sizeof(reasons[0]) == WIRE_DECISION_COUNT,
                   "every decision has a reason");

    j->verdict.reason = reasons[j->verdict.decision];
    j->verdict.proposed = *proposed;
    return &j->verdict;
}
