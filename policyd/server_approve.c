/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_approve.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ledger_names.h"
#include "policyd/ledger_read_request.h"
#include "policyd/server_group.h"

/* ---- by which group ------------------------------------------------------------------ */

/* What was said to a request so far, as one approver needs to know it. */
struct said {
    const char *group;   /* whose approvals are counted */
    const char *account; /* who may have spoken already */
    size_t approvals;
    bool spoken;
    bool approved; /* what he said */
};

static bool see(void *ctx, const struct ledger_approval *a, struct error *err)
{
    struct said *said = ctx;

    (void)err;
    if (said->group != NULL && a->approved && strcmp(a->approvers, said->group) == 0) {
        said->approvals++;
    }
    if (said->account != NULL && text_equal_nocase(a->account, said->account)) {
        said->spoken = true;
        said->approved = a->approved;
    }
    return true;
}

/* What one group has to do with an account and a request. */
struct asked_group {
    const char *name;
    bool member;
    size_t approvals;
};

static bool count_of(struct ledger *ledger, int64_t number, const char *group,
                     size_t *out, struct error *err)
{
    struct said said = {.group = group};

    if (!ledger_approval_list(ledger, number, see, &said, err)) {
        return false;
    }
    *out = said.approvals;
    return true;
}

/* A name that cannot be compared is nobody's group; groups that are not known are an outage. */
static bool is_in(const struct wire_account *account, const char *group, bool *out,
                  struct error *err)
{
    struct error why = {0};

    *out = false;
    if (server_group_has(account, group, out, &why) || why.code != ERROR_UNAVAILABLE) {
        return true;
    }
    *err = why;
    return false;
}

/* Whether the account is in it, and how many have approved by it if so. */
static bool ask_group(struct ledger *ledger, int64_t number,
                      const struct wire_account *account, struct asked_group *group,
                      enum reason *reason, struct error *err)
{
    *reason = REASON_DIR_PARTIAL;
    if (!is_in(account, group->name, &group->member, err)) {
        return false;
    }
    *reason = REASON_STORE;
    return !group->member ||
           count_of(ledger, number, group->name, &group->approvals, err);
}

bool server_approve_find_group(struct ledger *ledger,
                               const struct ledger_request *request,
                               const struct wire_account *account, struct buf *group,
                               enum reason *reason, struct error *err)
{
    const char *rest = request->approvers;
    int64_t most = INT64_MIN;
    struct ledger_group one;

    while (ledger_group_next(request, &rest, &one)) {
        AUTO(string) name = mem_dup(one.name, one.len);
        struct asked_group asked = {.name = name};

        if (!ask_group(ledger, request->number, account, &asked, reason, err)) {
            return false;
        }
        int64_t missing = one.need - (int64_t)asked.approvals;
        if (asked.member && missing > most) {
            most = missing;
            buf_truncate(group, 0);
            buf_append_text(group, name);
        }
    }
    return true;
}

/* ---- may this be said? --------------------------------------------------------------- */

static bool fail(enum reason *out, enum reason reason, struct error *err,
                 enum error_code code, const char *sentence)
{
    *out = reason;
    return error_set(err, code, "%s", sentence);
}

/* An unbound ticket may be one that its owner showed to somebody else, who passes it on here. */
static bool check_person(const struct server_identity *who,
                         const struct server_word *word, enum reason *reason,
                         struct error *err)
{
    if (!who->known || who->login.method != WIRE_AUTH_KERBEROS) {
        return fail(reason, REASON_NOT_APPROVER, err, ERROR_DENIED,
                    "only a Kerberos ticket of one's own shows an approver");
    }
    if (!word->local && !who->login.channel_bound) {
        return fail(reason, REASON_CB_MISSING, err, ERROR_AUTH,
                    "to decide, a ticket must be bound to its TLS connection, and this "
                    "one is not: use policyctl, or a client that binds it");
    }
    if (who->account->account.ref.kind != WIRE_ACCOUNT_USER) {
        return fail(reason, REASON_NOT_APPROVER, err, ERROR_DENIED,
                    "a machine approves nothing");
    }
    return true;
}

/* One sentence for what is not there and what must not be seen. */
static bool fail_unseen(enum reason *reason, struct error *err)
{
    return fail(reason, REASON_NO_ITEM, err, ERROR_NOT_FOUND,
                "there is no such request for you to decide on");
}

static bool get_request(const struct server_approve *a, int64_t number,
                        struct ledger_request **out, enum reason *reason,
                        struct error *err)
{
    *reason = REASON_STORE;
    if (!ledger_request_get(a->ledger, number, out, err)) {
        return false;
    }
    return *out != NULL || fail_unseen(reason, err);
}

/* The group by which somebody is heard. */
struct entitlement {
    bool sees_all;     /* he may know of requests that he cannot decide on */
    struct buf groups; /* what group is in */
    const char *group;
};

static void entitlement_clear(struct entitlement *by)
{
    buf_clear(&by->groups);
}
CLEANUP_DEFINE_VALUE(entitlement, struct entitlement, entitlement_clear);

static bool check_entitled(const struct server_approve *a,
                           const struct server_identity *who,
                           const struct ledger_request *r, struct entitlement *out,
                           enum reason *reason, struct error *err)
{
    const struct wire_account *account = &who->account->account;

    if (text_equal_nocase(r->account, account->ref.id)) {
        return fail(reason, REASON_NOT_APPROVER, err, ERROR_DENIED,
                    "the request is your own: somebody else must decide on it");
    }
    if (!server_approve_find_group(a->ledger, r, account, &out->groups, reason, err)) {
        return false;
    }
    out->group = out->groups.len > 0 ? buf_text(&out->groups) : NULL;
    if (out->group == NULL && !out->sees_all) {
        return fail_unseen(reason, err);
    }
    return out->group != NULL ||
           fail(reason, REASON_NOT_APPROVER, err, ERROR_DENIED,
                "you are in none of the groups whose members decide on this request");
}

/* The ledger checks this again, at the moment when it counts; here it keeps the journal clean. */
static bool check_state(const struct ledger_request *r, const struct server_word *word,
                        enum reason *reason, struct error *err)
{
    bool waits = r->state == LEDGER_REQUEST_HELD ||
                 (r->state == LEDGER_REQUEST_APPROVED && !word->approved);

    *reason = REASON_CONFLICT;
    if (!waits) {
        return error_set(err, ERROR_CONFLICT, "the request is %s, it does not wait",
                         ledger_request_state_name(r->state));
    }
    if (r->expires_utc != 0 && r->expires_utc <= word->now_utc) {
        return error_set(err, ERROR_CONFLICT, "the request has lapsed");
    }
    return (ledger_hash_equal(&r->key, &word->key) &&
            ledger_hash_equal(&r->asked, &word->names)) ||
           error_set(err, ERROR_CONFLICT,
                     "the request is for another key or other names than were shown: "
                     "look again");
}

/* Words that change nothing would only be in the way. But where all groups have enough and it waits all
 * the same, a word was passed over, and another one may take its place. */
static bool check_missing(const struct server_approve *a, const struct ledger_request *r,
                          struct entitlement *by, const struct server_word *word,
                          enum reason *reason, struct error *err)
{
    const char *rest = r->approvers;
    struct ledger_group one;
    bool mine = false;
    bool any = false;

    *reason = REASON_STORE;
    while (word->approved && ledger_group_next(r, &rest, &one)) {
        AUTO(string) name = mem_dup(one.name, one.len);
        size_t approvals = 0;

        if (!count_of(a->ledger, r->number, name, &approvals, err)) {
            return false;
        }
        bool misses = (int64_t)approvals < one.need;
        any = any || misses;
        mine = mine || (misses && strcmp(name, buf_text(&by->groups)) == 0);
    }
    return mine || !any ||
           fail(reason, REASON_CONFLICT, err, ERROR_CONFLICT,
                "enough members of your group have approved the request: it waits for "
                "another group");
}

/* One word each; but who has approved may take it back by denying. */
static bool check_silence(const struct server_approve *a,
                          const struct server_identity *who,
                          const struct server_word *word, enum reason *reason,
                          struct error *err)
{
    struct said said = {.account = who->account->account.ref.id};

    *reason = REASON_STORE;
    if (!ledger_approval_list(a->ledger, word->number, see, &said, err)) {
        return false;
    }
    return !said.spoken || (said.approved && !word->approved) ||
           fail(reason, REASON_CONFLICT, err, ERROR_CONFLICT,
                "you have decided on this request already");
}

/* ---- saying it ----------------------------------------------------------------------- */

static struct wire_approval_record
record_of(const struct ledger_request *r, const struct server_identity *who,
          const char *group, const struct server_word *word, const char *request_id)
{
    const struct wire_account_ref *approver = &who->account->account.ref;
    struct wire_approval_record record = {
        .request_id = request_id,
        .account = {.id_kind = approver->id_kind, /* of the same directory */
                    .id = r->account,
                    .kind = r->kind == LEDGER_KIND_MACHINE ? WIRE_ACCOUNT_MACHINE
                                                           : WIRE_ACCOUNT_USER,
                    .principal = r->principal,
                    .sid = ""},
        .template = {.oid = r->template.oid,
                     .name = r->template.name,
                     .major = (uint32_t)r->template.major,
                     .minor = (uint32_t)r->template.minor},
        .approved = word->approved,
        .approver = *approver,
        .group = group,
        .approved_utc = word->now_utc,
        .valid_until_utc = r->expires_utc,
        .sentence = word->sentence};

    memcpy(record.template.content_sha256, r->template.content.octets, WIRE_SHA256);
    memcpy(record.spki_sha256, r->key.octets, WIRE_SHA256);
    memcpy(record.names_sha256, r->asked.octets, WIRE_SHA256);
    return record;
}

static enum reason reason_of(const struct error *err)
{
    static const enum reason reasons[] = {
        [ERROR_NONE] = REASON_INTERNAL,     [ERROR_INVALID] = REASON_INTERNAL,
        [ERROR_NOT_FOUND] = REASON_NO_ITEM, [ERROR_DENIED] = REASON_NOT_APPROVER,
        [ERROR_AUTH] = REASON_INTERNAL,     [ERROR_UNAVAILABLE] = REASON_STORE,
        [ERROR_CONFLICT] = REASON_CONFLICT, [ERROR_INTERNAL] = REASON_INTERNAL,
    };
    _Static_assert(sizeof(reasons) / sizeof(reasons[0]) == ERROR_CODE_COUNT, "of each");

    return reasons[err->code];
}

static bool say(const struct server_approve *a, const struct ledger_request *r,
                const struct wire_approval_record *record, struct server_heard *out,
                enum reason *reason, struct error *err)
{
    uint64_t sequence = 0;

    *reason = REASON_SIGNER;
    if (!a->record(a->ctx, record, &sequence, err)) {
        return false;
    }
    const struct ledger_approval approval = {.request = r->number,
                                             .account = record->approver.id,
                                             .principal = record->approver.principal,
                                             .approved = record->approved,
                                             .approvers = record->group,
                                             .decided_utc = record->approved_utc,
                                             .comment = record->sentence,
                                             .node = a->node,
                                             .journal_seq = (int64_t)sequence};
    AUTO(ledger_op)
    op = {.kind = LEDGER_JUDGE,
          .judge = {.approval = &approval, .key = r->key, .asked = r->asked}};
    if (!ledger_execute(a->ledger, &op, err)) {
        *reason = reason_of(err);
        return false;
    }
    *out = (struct server_heard){op.judge.state, op.judge.approvals, r->approvals_needed};
    return true;
}

bool server_approve_take(const struct server_approve *a,
                         const struct server_identity *who,
                         const struct server_word *word, struct server_heard *out,
                         enum reason *reason, struct error *err)
{
    AUTO(ledger_request) request = NULL;
    AUTO(entitlement) by = {.sees_all = word->operates, .groups = BUF_EMPTY};
    char id[LEDGER_REQUEST_ID_SIZE];

    if (!check_person(who, word, reason, err) ||
        !get_request(a, word->number, &request, reason, err) ||
        !check_entitled(a, who, request, &by, reason, err) ||
        !check_state(request, word, reason, err) ||
        !check_silence(a, who, word, reason, err) ||
        !check_missing(a, request, &by, word, reason, err)) {
        return false;
    }
    ledger_request_id(word->number, id);
    const struct wire_approval_record record =
        record_of(request, who, by.group, word, id);
    return say(a, request, &record, out, reason, err);
}
