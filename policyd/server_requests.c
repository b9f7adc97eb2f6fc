/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_requests.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/wire/problem.h"

#include "policyd/ledger_names.h"
#include "policyd/ledger_read_request.h"
#include "policyd/server_login.h"

enum { ANSWER_MAX = 1024 * 1024, RETRY_S = 10, HEX_MAX = 2 * LEDGER_HASH_SIZE };

/* One question on its way. */
struct question {
    struct server_requests *r;
    const struct http_request *request;
    struct http_answer *answer;
    bool operates; /* may see all, without a ticket */
    bool approves; /* is in a group that decides on it, and not its requester */
    bool tells;    /* the sentence is about what was sent alone */
    struct server_identity who;
    int64_t number;
    const char *act; /* "approve", "deny"; NULL: nothing is decided */
};

/* ---- answers ------------------------------------------------------------------------- */

/* Sentences are about the asker and his question; what else went wrong is for operators. */
static void refuse(struct question *q, enum reason reason, const struct error *why)
{
    enum reason shown = reason_get(reason)->shown_as;
    const struct reason_info *info = reason_get(shown);
    bool tells = q->operates || q->tells || (q->who.known && info->status < 500);

    q->answer->status = info->status;
    q->answer->content_type = PROBLEM_MEDIA_TYPE;
    q->answer->retry_after_s = info->retry == RETRY_LATER ? RETRY_S : 0;
    buf_clear(&q->answer->body);
    problem_write(shown, tells ? why->message : NULL, NULL, &q->answer->body);
}

static void log_refusal(const struct question *q, enum reason reason, const char *why)
{
    char id[LEDGER_REQUEST_ID_SIZE];
    const char *principal = q->who.login.principal;

    ledger_request_id(q->number, id);
    log_event_limited(
        LOG_WARNING, "approval.refused",
        LOG_FIELDS(log_text("principal", *principal != '\0' ? principal : NULL),
                   log_text("peer", q->request->peer.address),
                   log_text("origin", q->request->origin), log_text("request", id),
                   log_text("act", q->act), log_text("reason", reason_get(reason)->code),
                   log_text("why", why)));
}

/* Who wanted to decide, and may not, leaves a trace; who only begins to log in does not. */
static void turn_away(struct question *q, enum reason reason, const struct error *why)
{
    bool begins =
        !q->who.known && !q->tells &&
        (q->request->authorization == NULL || q->who.login.outcome == AUTH_CONTINUE);

    if (q->act != NULL && !begins) {
        log_refusal(q, reason, why->message);
    }
    refuse(q, reason, why);
}

static void answer_json(struct question *q, struct json_writer *w)
{
    struct error err = {0};

    json_close(w);
    if (!json_finish(w, JSON_FORM_COMPACT, ANSWER_MAX, &q->answer->body, &err)) {
        refuse(q, REASON_INTERNAL, &err);
        return;
    }
    buf_append_byte(&q->answer->body, '\n');
    q->answer->status = 200;
    q->answer->content_type = "application/json";
}

/* ---- who, and what about ------------------------------------------------------------- */

/* An operator who only looks needs no ticket. */
static void find_asker(struct question *q, bool judges)
{
    if (judges || !q->operates || q->request->authorization != NULL) {
        server_identity_find(&q->r->identity, q->request, &q->who);
    }
}

static bool is_requester(const struct question *q, const struct ledger_request *request)
{
    return q->who.known &&
           text_equal_nocase(request->account, q->who.account->account.ref.id);
}

static bool may_see(struct question *q, const struct ledger_request *request, bool *out,
                    enum reason *reason, struct error *err)
{
    AUTO(buf) group = BUF_EMPTY;

    *out = q->operates || is_requester(q, request);
    if (*out || !q->who.known) {
        return true;
    }
    if (!server_approve_find_group(q->r->approve.ledger, request,
                                   &q->who.account->account, &group, reason, err)) {
        return false;
    }
    q->approves = group.len > 0;
    *out = q->approves;
    return true;
}

/* The row, if the asker may know of it; else the answer is given. */
static bool find_request(struct question *q, struct ledger_request **out)
{
    AUTO(ledger_request) request = NULL;
    enum reason reason = REASON_STORE;
    struct error err = {0};
    bool visible = false;

    if (!ledger_request_get(q->r->approve.ledger, q->number, &request, &err) ||
        (request != NULL && !may_see(q, request, &visible, &reason, &err))) {
        refuse(q, reason, &err);
        return false;
    }
    if (!visible) {
        (void)error_set(&err, ERROR_NOT_FOUND, "there is no such request for you to see");
        refuse(q, REASON_NO_ITEM, &err);
        return false;
    }
    *out = TAKE(request);
    return true;
}

/* ---- what is asked ------------------------------------------------------------------- */

static void show(struct question *q)
{
    AUTO(ledger_request) request = NULL;
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct error err = {0};

    if (!find_request(q, &request)) {
        return;
    }
    json_open_object(&w, NULL);
    if (!server_requests_show(q->r, request, q->operates || q->approves, &w, &err)) {
        refuse(q, REASON_STORE, &err);
        return;
    }
    answer_json(q, &w);
}

static bool get_hash(const struct json_at *in, const char *name, struct ledger_hash *out,
                     struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    const char *hex = NULL;

    if (!json_get_text(in, name, HEX_MAX, &hex, err)) {
        return false;
    }
    if (!text_parse_hex(hex, LEDGER_HASH_SIZE, &octets, err) ||
        octets.len != LEDGER_HASH_SIZE) {
        return error_set(err, ERROR_INVALID, "'%s' is no SHA-256 in hex", name);
    }
    memcpy(out->octets, octets.data, sizeof(out->octets));
    return true;
}

static bool get_sentence(const struct json_at *in, struct server_word *word,
                         struct error *err)
{
    word->sentence = "";
    if (json_has(in, "reason") &&
        !json_get_text(in, "reason", WIRE_SENTENCE_MAX, &word->sentence, err)) {
        return false;
    }
    if (!text_is_printable(word->sentence, strlen(word->sentence))) {
        return error_set(err, ERROR_INVALID, "'reason' has control characters in it");
    }
    return word->approved || *word->sentence != '\0' ||
           error_set(err, ERROR_INVALID, "'reason' is required: the requester reads it");
}

static bool read_word(const struct question *q, struct json **doc,
                      struct server_word *word, struct error *err)
{
    static const char *const names[] = {"reason", "key_sha256", "names_sha256", NULL};

    if (!json_parse(q->request->body, SERVER_REQUESTS_BODY_MAX, doc, err)) {
        return false;
    }
    const struct json_at in = json_root(*doc);
    return json_expect_only(&in, names, err) && get_sentence(&in, word, err) &&
           get_hash(&in, "key_sha256", &word->key, err) &&
           get_hash(&in, "names_sha256", &word->names, err);
}

static void add_heard(struct json_writer *w, int64_t number,
                      const struct server_heard *heard)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(number, id);
    json_add_text(w, "id", id);
    json_add_text(w, "state", ledger_request_state_name(heard->state));
    json_add_i64(w, "approvals", heard->approvals);
    json_add_i64(w, "approvals_needed", heard->needed);
}

/* An operator is told what is wrong with his ticket, others are not. */
static void refuse_unknown(struct question *q)
{
    enum reason reason = q->who.refusal.audit_reason;
    struct error why = {0};

    (void)error_set(&why, ERROR_AUTH, "%s", q->who.sentence);
    if (q->request->authorization == NULL) {
        (void)error_set(
            &why, ERROR_AUTH,
            "an approver shows a Kerberos ticket of his own, and there was none");
    }
    turn_away(q, reason != REASON_NONE ? reason : REASON_AUTH_NONE, &why);
}

/* What no web page can have had its reader's browser send. */
static bool check_sender(struct question *q)
{
    enum reason reason = REASON_NOT_APPROVER;
    struct error why = {0};

    if (http_is_of_page(q->request)) {
        (void)error_set(&why, ERROR_DENIED,
                        "it is a web page's request (Origin, Sec-Fetch-Site), and those "
                        "decide on nothing: use policyctl");
    } else if (!http_sends_json(q->request)) {
        reason = REASON_MEDIA_TYPE;
        (void)error_set(&why, ERROR_INVALID, "the body must be application/json");
    } else {
        return true;
    }
    q->tells = true;
    turn_away(q, reason, &why);
    return false;
}

/* A ticket is asked for before anything is said about the request. */
static void take_word(struct question *q, bool approved)
{
    AUTO(json) doc = NULL;
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct server_word word = {.number = q->number,
                               .approved = approved,
                               .now_utc = clock_now_utc(q->r->clock),
                               .local = q->request->tls == NULL,
                               .operates = q->operates};
    struct server_heard heard;
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};

    if (!q->who.known) {
        refuse_unknown(q);
        return;
    }
    if (!read_word(q, &doc, &word, &err)) {
        turn_away(q, REASON_MALFORMED, &err);
        return;
    }
    if (!server_approve_take(&q->r->approve, &q->who, &word, &heard, &reason, &err)) {
        buf_clear(&q->who.login.reply_token); /* the login is over, whatever it was */
        turn_away(q, reason, &err);
        return;
    }
    json_open_object(&w, NULL);
    add_heard(&w, word.number, &heard);
    answer_json(q, &w);
}

/* ---- doors --------------------------------------------------------------------------- */

/* "ID", "ID/approve", "ID/deny"; act: "" or "/approve" */
static bool read_path(const char *rest, int64_t *number, const char **act,
                      struct error *err)
{
    size_t len = strcspn(rest, "/");
    AUTO(string) id = mem_dup(rest, len);

    *act = rest + len;
    return ledger_request_parse_id(id, number, err);
}

static void ask(struct question *q, const char *act)
{
    bool judges = strcmp(act, "/approve") == 0 || strcmp(act, "/deny") == 0;
    struct error err = {0};

    if (!judges && *act != '\0') {
        refuse(q, REASON_NO_PATH, &err);
        return;
    }
    if (judges != (q->request->method == HTTP_POST)) {
        refuse(q, REASON_METHOD, &err);
        http_answer_add(q->answer, "Allow", judges ? "POST" : "GET, HEAD");
        return;
    }
    q->act = judges ? act + 1 : NULL;
    if (judges && !check_sender(q)) {
        return;
    }
    find_asker(q, judges);
    if (judges) {
        take_word(q, strcmp(act, "/approve") == 0);
    } else if (!q->operates && !q->who.known) {
        refuse_unknown(q);
    } else {
        show(q);
    }
    server_login_challenge(&q->who.login, q->answer);
}

static void serve(struct question *q, const char *rest)
{
    const char *act = "";
    struct error err = {0};

    if (!read_path(rest, &q->number, &act, &err)) {
        refuse(q, REASON_NO_ITEM, &err);
        return;
    }
    ask(q, act);
    server_identity_clear(&q->who);
}

static void handle(void *ctx, const struct http_request *request, struct http_answer *out)
{
    struct question q = {.r = ctx, .request = request, .answer = out};

    serve(&q, request->path + strlen(SERVER_REQUESTS_PATH) - 1);
}

struct http_route server_requests_route(struct server_requests *r)
{
    return (struct http_route){.methods = HTTP_GET | HTTP_POST,
                               .path = SERVER_REQUESTS_PATH,
                               .body_max = SERVER_REQUESTS_BODY_MAX,
                               .handler = handle,
                               .ctx = r};
}

void server_requests_handle_local(struct server_requests *r, bool operates,
                                  const struct http_request *request,
                                  struct http_answer *answer)
{
    struct question q = {
        .r = r, .request = request, .answer = answer, .operates = operates};

    serve(&q, request->path + strlen(SERVER_REQUESTS_LOCAL) - 1);
}
