/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is only told: how the signer is, which CAs it has, what its journal holds.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/audit/record.h"
#include "common/base/mem.h"

#include "policyd/signer/service_parts.h"

enum { TAIL_OCTETS = 512 * 1024 }; /* of one answer, if its first record is not longer */

static const char *const counter_names[] = {
    [COUNTER_SIGNED] = "certificates_signed",
    [COUNTER_INFRASTRUCTURE] = "infrastructure_intents",
    [COUNTER_CRLS] = "crls_signed",
    [COUNTER_RECORDS] = "records",
    [COUNTER_REFUSED] = "refused",
    [COUNTER_REFUSED_UNRECORDED] = "refused_unrecorded",
    [COUNTER_CHECKPOINTS] = "checkpoints",
    [COUNTER_ROUNDS] = "rounds",
};
_Static_assert(sizeof(counter_names) / sizeof(counter_names[0]) == COUNTER_COUNT,
               "every counter has a name");

static const char *problem_of(const struct error *problem)
{
    return problem->code == ERROR_NONE ? "" : problem->message;
}

static void tell_journal(const struct service *s, struct wire_journal_status *out)
{
    struct journal_state state = {0};
    struct statvfs room;

    if (s->journal != NULL) {
        journal_get_state(s->journal, &state);
    }
    *out = (struct wire_journal_status){
        .path = s->settings.journal,
        .sequence = state.sequence,
        .time_ns = state.time_ns,
        .first_sequence = state.first_sequence,
        .segment_octets = state.segment_octets,
        .recovered_octets = state.recovered,
        .checkpoint = s->history.checkpoint,
        .checkpoint_utc = s->history.checkpoint_utc,
        .failed = state.failed,
        .problem = problem_of(&s->journal_problem),
    };
    memcpy(out->sha256, state.hash.octets, WIRE_SHA256);
    memcpy(out->root, state.root.octets, WIRE_SHA256);
    if (s->checkpoint_directory >= 0 && fstatvfs(s->checkpoint_directory, &room) == 0) {
        out->octets_free = (uint64_t)room.f_bavail * room.f_frsize;
    }
}

static void tell_ca(const struct authority *a, struct wire_ca_status *out)
{
    *out = (struct wire_ca_status){.name = a->name,
                                   .store = a->store,
                                   .algorithm = authority_algorithm(a),
                                   .bits = a->cert != NULL ? a->key.bits : 1,
                                   .active = a->active,
                                   .locked = a->locked,
                                   .problem = problem_of(&a->problem)};
    if (a->cert != NULL) {
        memcpy(out->certificate_sha256, cert_get_sha256(a->cert), WIRE_SHA256);
        out->not_before_utc = cert_get_not_before_utc(a->cert);
        out->not_after_utc = cert_get_not_after_utc(a->cert);
    }
}

bool status_finish(struct service *s, struct task *t)
{
    const struct wire_status_request *question = t->question;
    struct wire_ca_status *cas = mem_array(WIRE_CAS_MAX, sizeof(*cas));
    struct wire_counter counters[COUNTER_COUNT];
    struct wire_signer_status answer = {
        .pid = (uint32_t)getpid(),
        .uid = (uint32_t)geteuid(),
        .software = AE_VERSION,
        .version = WIRE_VERSION,
        .node = (uint32_t)(WIRE_NODE_MIN + s->settings.node),
        .started_utc = s->started_utc,
        .now_utc = service_now_utc(s),
        .frozen = s->history.frozen,
        .frozen_sentence = s->history.frozen_sentence,
        .clock_jumped = s->clock_jumped || s->clock_behind,
        .bounds = s->bounds_status,
        .cas = cas,
        .ca_count = authorities_count(s->authorities),
        .counters = counters,
        .counter_count = question->counters ? COUNTER_COUNT : 0,
    };

    answer.bounds.path = s->settings.bounds;
    answer.bounds.problem = problem_of(&s->bounds_problem);
    tell_journal(s, &answer.journal);
    for (size_t i = 0; i < answer.ca_count; i++) {
        tell_ca(authorities_get(s->authorities, i), &cas[i]);
    }
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        counters[i] = (struct wire_counter){counter_names[i], s->counters[i]};
    }
    bool ok = task_answer(t, &wire_signer_status_message, &answer);
    free(cas);
    return ok;
}

static void list_ca(const struct authority *a, struct bytes *chain, struct wire_ca *out)
{
    *out = (struct wire_ca){.name = a->name,
                            .certificate = cert_get_der(a->cert),
                            .chain = chain,
                            .chain_count = a->chain_count,
                            .store = a->store,
                            .algorithm = authority_algorithm(a),
                            .bits = a->key.bits,
                            .active = a->active,
                            .problem = problem_of(&a->problem)};
    for (size_t i = 0; i < a->chain_count; i++) {
        chain[i] = cert_get_der(a->chain[i]);
    }
}

/* Those with a readable certificate; status tells of the others. */
bool ca_finish(struct service *s, struct task *t)
{
    const struct wire_ca_request *question = t->question;
    struct wire_ca cas[WIRE_CAS_MAX];
    struct bytes chains[WIRE_CAS_MAX][WIRE_CHAIN_MAX];
    struct wire_ca_list answer = {.cas = cas};

    for (size_t i = 0; i < authorities_count(s->authorities); i++) {
        const struct authority *a = authorities_get(s->authorities, i);

        if (a->cert != NULL &&
            (*question->ca == '\0' || strcmp(question->ca, a->name) == 0)) {
            list_ca(a, chains[answer.ca_count], &cas[answer.ca_count]);
            answer.ca_count++;
        }
    }
    return task_answer(t, &wire_ca_list_message, &answer);
}

/* Records that are being collected; their payloads lie in octets. */
struct tail {
    struct wire_journal_entry *records;
    size_t count, max;
    struct buf octets;
    bool more;
};

static bool collect(void *ctx, const struct audit_record *record, struct error *err)
{
    struct tail *tail = ctx;
    struct wire_journal_entry *entry = &tail->records[tail->count];

    tail->more =
        tail->count == tail->max ||
        (tail->count > 0 && tail->octets.len + record->payload.len > TAIL_OCTETS);
    if (tail->more) {
        return error_set(err, ERROR_CONFLICT, "enough");
    }
    *entry = (struct wire_journal_entry){.sequence = record->sequence,
                                         .time_ns = record->time_ns,
                                         .type = record->type,
                                         .payload = {NULL, record->payload.len}};
    memcpy(entry->previous_sha256, record->previous.octets, WIRE_SHA256);
    memcpy(entry->sha256, record->hash.octets, WIRE_SHA256);
    buf_append(&tail->octets, record->payload.data, record->payload.len);
    tail->count++;
    return true;
}

/* The octets do not move any more. */
static void point(struct tail *tail)
{
    const unsigned char *at = tail->octets.data;

    for (size_t i = 0; i < tail->count; i++) {
        tail->records[i].payload.data = at;
        at += tail->records[i].payload.len;
    }
}

static bool collect_tail(struct service *s, struct task *t, uint64_t after,
                         struct tail *tail)
{
    const struct audit_visitor visitor = {collect, tail};
    struct error err = {0};

    if (after < service_last_sequence(s) &&
        !journal_read(s->journal, after + 1, &visitor, &err) && !tail->more) {
        return task_fail(
            t, err.code == ERROR_NOT_FOUND ? WIRE_SIGNER_NOT_FOUND : WIRE_SIGNER_JOURNAL,
            &err);
    }
    point(tail);
    const struct wire_journal_records answer = {tail->records, tail->count, tail->more,
                                                service_last_sequence(s)};
    return task_answer(t, &wire_journal_records_message, &answer);
}

bool tail_finish(struct service *s, struct task *t)
{
    const struct wire_journal_tail *question = t->question;
    struct tail tail = {.max = question->max};

    /* What is told must not be lost any more. */
    if (!service_journal_is_usable(s) || !service_commit(s, JOURNAL_SYNCED)) {
        return task_fail(t, WIRE_SIGNER_JOURNAL, &s->journal_problem);
    }
    if (question->after > service_last_sequence(s)) {
        return task_refuse(t, WIRE_SIGNER_NOT_FOUND,
                           "the journal ends with record %llu, before record %llu",
                           (unsigned long long)service_last_sequence(s),
                           (unsigned long long)question->after);
    }
    if (serve_backlog(t->client) > SERVE_BACKLOG) {
        return task_refuse(t, WIRE_SIGNER_BUSY, "earlier answers are not yet taken");
    }
    tail.records = mem_array(tail.max, sizeof(*tail.records));
    bool ok = collect_tail(s, t, question->after, &tail);
    free(tail.records);
    buf_clear(&tail.octets);
    return ok;
}
