/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/content_names.h"
#include "common/wire/trail.h"

#include "policyd/server_convert.h"
#include "policyd/server_road_inside.h"

enum {
    VERDICT_KEPT_MAX = 768 * 1024, /* octets; with the steps it must fit the ledger */
};

/* ---- what explain needs -------------------------------------------------------------- */

/* As the rules judged them, where they did. */
void trip_write_facts(const struct trip *trip, struct buf *out)
{
    const struct bytes judged = trip->answer.facts;
    struct error err;

    if (judged.len > 0) {
        buf_append(out, judged.data, judged.len);
    } else if (trip->decision != NULL &&
               !wire_facts_encode(decide_get_facts(trip->decision), out, &err)) {
        log_event(
            LOG_ERR, "request.facts",
            LOG_FIELDS(log_text("request", trip->id), log_text("why", err.message)));
        buf_clear(out);
    }
    if (out->len > LEDGER_BLOB_MAX) {
        buf_clear(out);
    }
}

static size_t add_steps(const struct wire_step *steps, size_t count,
                        struct wire_step *out, size_t used)
{
    for (size_t i = 0; i < count && used < WIRE_STEPS_MAX; i++) {
        out[used++] = steps[i];
    }
    return used;
}

static size_t add_notes(const struct trip *trip, struct wire_step *out, size_t used)
{
    for (size_t i = 0; i < trip->note_count && used < WIRE_STEPS_MAX; i++) {
        const struct trip_note *note = &trip->notes[i];

        out[used++] = (struct wire_step){note->step, WIRE_STEP_PASS, REASON_NONE,
                                         note->text.message};
    }
    return used;
}

/* Whether the step that failed is told by identity or decision already. */
static bool is_told(const struct trip *trip, const struct wire_step *last)
{
    if (trip->reason == REASON_NONE) {
        return true;
    }
    return trip->decision != NULL ? last != NULL && last->result == WIRE_STEP_FAIL
                                  : !trip->who->known;
}

static size_t all_steps(const struct trip *trip, struct wire_step *out)
{
    const struct wire_step failed = {trip->at, WIRE_STEP_FAIL, trip->reason,
                                     trip->err.message};
    size_t used = add_steps(trip->who->evidence, trip->who->evidence_count, out, 0);
    const struct wire_step *last = NULL;

    used = add_notes(trip, out, used);
    if (trip->decision != NULL) {
        size_t count = 0;
        const struct wire_step *steps = decide_get_steps(trip->decision, &count);

        used = add_steps(steps, count, out, used);
        last = count > 0 ? &steps[count - 1] : NULL;
    }
    return is_told(trip, last) ? used : add_steps(&failed, 1, out, used);
}

void trip_write_trail(const struct trip *trip, const struct enroll_outcome *outcome,
                      struct buf *out)
{
    struct wire_step steps[WIRE_STEPS_MAX];
    struct bytes verdict = buf_bytes(&trip->answer.octets);
    struct wire_trail trail = {.request_id = trip->id,
                               .reason = outcome->reason,
                               .detail = trip->err.message,
                               .sentence = outcome->sentence,
                               .steps = steps,
                               .step_count = all_steps(trip, steps)};
    struct error err;

    if (verdict.len <= VERDICT_KEPT_MAX) {
        trail.verdict = verdict;
    }
    if (!wire_trail_encode(&trail, out, &err)) {
        log_event(
            LOG_ERR, "request.trail",
            LOG_FIELDS(log_text("request", trip->id), log_text("why", err.message)));
        buf_clear(out);
    }
}

/* ---- rows ---------------------------------------------------------------------------- */

static struct ledger_template template_of(const struct trip *trip)
{
    const struct template_item *item = trip->template;

    if (item == NULL) {
        return (struct ledger_template){.name = trip->request->label};
    }
    struct ledger_template template = {.name = item->name,
                                       .oid = item->tmpl->oid,
                                       .major = item->tmpl->major,
                                       .minor = item->tmpl->minor};
    memcpy(template.content.octets, item->sha256, sizeof(template.content.octets));
    return template;
}

static void append_csr_names(const struct csr *csr, struct buf *out)
{
    name_print_dn(&csr->subject, out);
    for (size_t i = 0; i < csr->sans.count; i++) {
        buf_append_byte(out, '\n');
        name_print_general(&csr->sans.names[i], out);
    }
}

void trip_hash_names(const struct trip *trip, unsigned char out[WIRE_SHA256])
{
    AUTO(buf) names = BUF_EMPTY;

    if (trip->was_judged) {
        wire_content_append_names(trip->judged.content, trip->template->sha256, &names);
    } else {
        append_csr_names(trip->csr, &names);
    }
    digest_sha256(names.data, names.len, out);
}

/* Whose request it is, as far as that is known. */
static void set_account(const struct trip *trip, struct ledger_request *out)
{
    out->principal = trip->who->login.principal;
    if (trip->account != NULL) {
        const struct wire_account_ref *account = &trip->account->ref;

        out->account = account->id;
        out->principal = account->principal;
        out->kind = server_kind(account->kind);
    }
}

void trip_request(const struct trip *trip, struct ledger_request *out)
{
    *out = (struct ledger_request){
        .number = trip->number,
        .attempt = trip->own_number,
        .node = trip->road->settings.node,
        .template = template_of(trip),
        .operation = server_operation(trip->op),
        .protocol = trip->request->protocol,
        .peer = trip->request->peer_address,
        .created_utc = trip->open != NULL ? trip->open->created_utc : trip->now_utc,
        .updated_utc = trip->now_utc};
    set_account(trip, out);
    if (trip->csr != NULL) {
        unsigned char asked[WIRE_SHA256];

        trip_hash_names(trip, asked);
        out->key = server_hash(key_get_info(trip->csr->key)->spki_sha256);
        out->asked = server_hash(asked);
    }
}

void trip_decision(const struct trip *trip, struct bytes facts, struct bytes trail,
                   struct ledger_decision *out)
{
    unsigned char facts_sha256[WIRE_SHA256];

    digest_sha256(facts.data, facts.len, facts_sha256);
    *out = (struct ledger_decision){
        .request = trip->number,
        .node = trip->road->settings.node,
        .decided_utc = trip->now_utc,
        .account = trip->account != NULL ? trip->account->ref.id : "",
        .template = template_of(trip),
        .config = server_hash(trip->road->settings.config_sha256),
        .facts_hash = server_hash(facts_sha256),
        .engine = trip->road->settings.software,
        .facts = facts,
        .trace = trail};
    if (trip->csr != NULL) {
        out->request_hash = server_hash(trip->csr->sha256);
    }
    if (trip->rules != NULL) {
        out->bundle = server_hash(rules_loaded(trip->rules)->bundle_id);
    }
}
