/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/content_names.h"
#include "common/wire/facts.h"
#include "common/wire/trail.h"
#include "common/wire/verdict.h"

#include "policyd/ledger_read_request.h"
#include "policyd/request_json.h"
#include "policyd/server_convert.h"
#include "policyd/server_requests.h"

/* The decision that holds it, read back. */
struct shown {
    struct wire_facts facts;
    struct wire_trail trail;
    struct wire_verdict verdict;
};

static void shown_clear(struct shown *s)
{
    wire_facts_clear(&s->facts);
    wire_verdict_clear(&s->verdict);
    wire_trail_clear(&s->trail);
}
CLEANUP_DEFINE_VALUE(shown, struct shown, shown_clear);

static bool read_decision(const struct ledger_decision *d, struct shown *out)
{
    struct error ignored;

    return wire_facts_decode(d->facts, &out->facts, &ignored) &&
           wire_trail_decode(d->trace, &out->trail, &ignored) &&
           wire_verdict_decode(out->trail.verdict, &out->verdict, &ignored);
}

/* What is shown must be what is approved: the names behind the request's hash. */
static bool has_names(const struct shown *s, const struct ledger_request *request)
{
    AUTO(buf) names = BUF_EMPTY;
    unsigned char sum[WIRE_SHA256];

    wire_content_append_names(&s->verdict.proposed, request->template.content.octets,
                              &names);
    digest_sha256(names.data, names.len, sum);
    const struct ledger_hash found = server_hash(sum);
    return ledger_hash_equal(&found, &request->asked);
}

/* ---- names --------------------------------------------------------------------------- */

static void add_name(struct json_writer *w, const char *name, bool asked,
                     enum wire_proof proof, const char *source)
{
    json_open_object(w, NULL);
    json_add_text(w, "name", name);
    json_add_bool(w, "asked", asked);
    json_add_text(w, "proof", wire_proof_name(proof));
    json_add_text(w, "source", source);
    json_add_bool(w, "needs_approval", proof == WIRE_PROOF_APPROVAL);
    json_close(w);
}

static bool asks_for_ava(const struct wire_csr *csr, const struct name_ava *ava)
{
    for (size_t i = 0; i < csr->subject_count; i++) {
        if (strcmp(csr->subject[i].oid, ava->oid) == 0 &&
            strcmp(csr->subject[i].value, ava->value) == 0) {
            return true;
        }
    }
    return false;
}

static void add_subject(struct json_writer *w, const struct shown *s)
{
    const struct wire_content *content = &s->verdict.proposed;

    json_open_list(w, "subject");
    for (size_t i = 0; i < content->subject_count; i++) {
        struct wire_rdn *rdn = &content->subject[i];
        AUTO(buf) text = BUF_EMPTY;

        buf_printf(&text, "%s=%s", name_attribute_label(rdn->ava.oid), rdn->ava.value);
        add_name(w, buf_text(&text), asks_for_ava(&s->facts.csr, &rdn->ava), rdn->proof,
                 rdn->source);
    }
    json_close(w);
}

static void add_sans(struct json_writer *w, const struct shown *s)
{
    const struct wire_content *content = &s->verdict.proposed;
    const struct general_names asked = {s->facts.csr.sans, s->facts.csr.san_count};

    json_open_list(w, "san");
    for (size_t i = 0; i < content->san_count; i++) {
        const struct wire_san *san = &content->sans[i];
        AUTO(buf) text = BUF_EMPTY;

        name_print_general(&san->name, &text);
        add_name(w, buf_text(&text), name_generals_contain(&asked, &san->name),
                 san->proof, san->source);
    }
    json_close(w);
}

/* ---- why it is held ------------------------------------------------------------------ */

static void add_holds(struct json_writer *w, const struct shown *s)
{
    json_open_list(w, "holds");
    for (size_t i = 0; i < s->verdict.hold_count; i++) {
        const struct wire_hold *hold = &s->verdict.holds[i];

        json_open_object(w, NULL);
        json_add_text(w, "rule", hold->rule);
        json_add_text(w, "code", hold->code);
        json_add_i64(w, "need", hold->need);
        json_add_text(w, "approvers", hold->from);
        json_close(w);
    }
    json_close(w);
}

static void add_key(struct json_writer *w, const struct wire_key *key)
{
    json_open_object(w, "key");
    json_add_text(w, "algorithm", wire_key_algorithm_name(key->algorithm));
    json_add_i64(w, "bits", key->bits);
    json_add_text(w, "curve", key->curve);
    request_json_add_hex(w, "sha256", key->spki_sha256, sizeof(key->spki_sha256));
    json_close(w);
}

/* What the road found out about approvals, when the client asked last. */
static void add_remarks(struct json_writer *w, const struct shown *s)
{
    json_open_list(w, "remarks");
    for (size_t i = 0; i < s->trail.step_count; i++) {
        if (strcmp(s->trail.steps[i].step, "approval") == 0) {
            json_add_text(w, NULL, s->trail.steps[i].sentence);
        }
    }
    json_close(w);
}

/* All null where the last decision cannot be read, or is about other names than those that wait:
 * the next poll of the client mends that. */
static void add_decision(struct json_writer *w, const struct ledger_decision *decision,
                         const struct ledger_request *request, bool words)
{
    AUTO(shown) s = {.facts = {.request_id = NULL}};

    if (decision == NULL || !read_decision(decision, &s) || !has_names(&s, request)) {
        json_add_null(w, "subject");
        json_add_null(w, "san");
        json_add_null(w, "holds");
        json_add_null(w, "key");
        return;
    }
    add_subject(w, &s);
    add_sans(w, &s);
    add_key(w, &s.facts.csr.key);
    if (words) {
        add_holds(w, &s);
        add_remarks(w, &s);
    } else {
        json_add_null(w, "holds");
    }
}

/* ---- who spoke ----------------------------------------------------------------------- */

/* Those by which one group approves. */
struct group_count {
    const char *group;
    int64_t approvals;
};

static bool count_approval(void *ctx, const struct ledger_approval *a, struct error *err)
{
    struct group_count *count = ctx;

    (void)err;
    count->approvals += a->approved && strcmp(a->approvers, count->group) == 0 ? 1 : 0;
    return true;
}

static bool add_groups(struct json_writer *w, struct ledger *ledger,
                       const struct ledger_request *request, struct error *err)
{
    const char *rest = request->approvers;
    struct ledger_group group;

    json_open_list(w, "groups");
    while (ledger_group_next(request, &rest, &group)) {
        AUTO(string) name = mem_dup(group.name, group.len);
        struct group_count count = {.group = name};

        if (!ledger_approval_list(ledger, request->number, count_approval, &count, err)) {
            return false;
        }
        json_open_object(w, NULL);
        json_add_text(w, "group", name);
        json_add_i64(w, "needed", group.need);
        json_add_i64(w, "missing",
                     count.approvals < group.need ? group.need - count.approvals : 0);
        json_close(w);
    }
    json_close(w);
    return true;
}

static bool add_approval(void *ctx, const struct ledger_approval *a, struct error *err)
{
    struct json_writer *w = ctx;

    (void)err;
    json_open_object(w, NULL);
    json_add_text(w, "principal", a->principal);
    json_add_text(w, "account", a->account);
    json_add_bool(w, "approved", a->approved);
    json_add_text(w, "reason", a->comment);
    json_add_text(w, "group", a->approvers);
    request_json_add_utc(w, "time", a->decided_utc);
    json_add_i64(w, "journal_sequence", a->journal_seq);
    json_close(w);
    return true;
}

bool server_requests_show(const struct server_requests *r,
                          const struct ledger_request *request, bool words,
                          struct json_writer *out, struct error *err)
{
    AUTO(ledger_decision) decision = NULL;
    struct ledger *ledger = r->approve.ledger;

    if (!ledger_decision_get(ledger, request->number, &decision, err)) {
        return false;
    }
    json_open_object(out, "request");
    request_json_add(out, request, clock_now_utc(r->clock));
    add_decision(out, decision, request, words);
    if (!add_groups(out, ledger, request, err)) {
        return false;
    }
    json_close(out);
    json_open_list(out, "approvals");
    if (words && !ledger_approval_list(ledger, request->number, add_approval, out, err)) {
        return false;
    }
    json_close(out);
    json_add_text(out, "approve_with", r->service);
    return true;
}
