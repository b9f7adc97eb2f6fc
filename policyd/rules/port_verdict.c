/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policyd/rules/envelope.h"
#include "policyd/rules/match.h"
#include "policyd/rules/port_parts.h"

static bool refuse(struct error *err, const char *what)
{
    return error_set(err, ERROR_DENIED, "the rules' worker answered %s", what);
}

/* One row a rule, in their order, and what each may have decided. */
static bool check_row(const struct wire_rule *rule, const struct wire_trace *trace,
                      const struct wire_facts *facts)
{
    const bool matched = match_facts(rule, facts);

    return strcmp(trace->file, rule->file) == 0 && strcmp(trace->rule, rule->name) == 0 &&
           trace->phase == rule->phase && trace->mode == rule->mode &&
           (matched || trace->decision == WIRE_DECISION_NONE);
}

static bool check_hash(const struct fileset *files, const struct wire_trace *trace)
{
    for (size_t i = 0; i < files->load.file_count; i++) {
        if (strcmp(files->files[i].name, trace->file) == 0) {
            return port_hash_equal(files->files[i].sha256, trace->file_sha256);
        }
    }
    return false;
}

/* The decision follows from the rows; an error may have befallen all of them. */
static bool check_trace(const struct wire_bundle_loaded *loaded,
                        const struct fileset *files, const struct wire_facts *facts,
                        const struct wire_verdict *verdict, struct error *err)
{
    enum wire_decision highest = WIRE_DECISION_NONE;

    if (verdict->trace_count != loaded->rule_count) {
        return refuse(err, "for other rules");
    }
    for (size_t i = 0; i < verdict->trace_count; i++) {
        const struct wire_trace *trace = &verdict->trace[i];

        if (!check_row(&loaded->rules[i], trace, facts) || !check_hash(files, trace)) {
            return refuse(err, "for another rule than was asked");
        }
        if (trace->mode == WIRE_MODE_ENFORCE && trace->decision > highest) {
            highest = trace->decision;
        }
    }
    return verdict->decision == highest || verdict->decision == WIRE_DECISION_ERROR ||
           refuse(err, "what does not follow from the rules");
}

static bool check_decision(const struct wire_verdict *verdict, struct error *err)
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

    if (verdict->reason != reasons[verdict->decision]) {
        return refuse(err, "with a reason that is not its decision's");
    }
    const bool holds = verdict->hold_count > 0;
    return (verdict->decision == WIRE_DECISION_HOLD     ? holds
            : verdict->decision == WIRE_DECISION_PERMIT ? !holds
                                                        : true) ||
           refuse(err, "with holds that are not its decision's");
}

static bool check_supersedes(const struct wire_facts *facts,
                             const struct wire_verdict *verdict, struct error *err)
{
    const struct wire_history *history = facts->history;

    for (size_t i = 0; i < verdict->supersede_count; i++) {
        struct bytes serial = verdict->supersedes[i].serial;
        bool known = history != NULL && history->previous != NULL &&
                     bytes_equal(history->previous->serial, serial);

        for (size_t j = 0; history != NULL && j < history->active_count; j++) {
            known = known || bytes_equal(history->active[j].serial, serial);
        }
        if (!known) {
            return refuse(err, "to supersede a certificate that is not the principal's");
        }
    }
    return true;
}

/* Where nothing changed there is nothing to judge; texts that are NULL count as empty. */
static bool is_unchanged(const struct wire_content *a, const struct wire_content *b)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    struct error err = {0};

    return wire_table_encode(&wire_content_table, a, &first, &err) &&
           wire_table_encode(&wire_content_table, b, &second, &err) &&
           bytes_equal(buf_bytes(&first), buf_bytes(&second));
}

/* Over facts as decoded, which have no text that is NULL. */
static bool check_content(const struct wire_facts *facts,
                          const struct wire_content *judged, struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_facts) clean = {0};

    if (is_unchanged(judged, &facts->proposed)) {
        return true;
    }
    if (!wire_facts_encode(facts, &octets, err) ||
        !wire_facts_decode(buf_bytes(&octets), &clean, err)) {
        return false;
    }
    if (!envelope_check(&clean, judged, err)) {
        err->code = ERROR_DENIED;
        return error_wrap(err, "the rules' worker left the envelope");
    }
    return true;
}

bool port_verdict_check(const struct wire_bundle_loaded *loaded,
                        const struct fileset *files, const struct wire_facts *facts,
                        const struct wire_verdict *verdict, struct error *err)
{
    if (strcmp(verdict->request_id, facts->request_id) != 0 ||
        !port_hash_equal(verdict->bundle_id, facts->bundle_id)) {
        return refuse(err, "another question");
    }
    return check_trace(loaded, files, facts, verdict, err) &&
           check_decision(verdict, err) && check_supersedes(facts, verdict, err) &&
           check_content(facts, &verdict->proposed, err);
}
