/* SPDX-License-Identifier: Apache-2.0 */
/* The door for approvers: what may come in at all, what is told, and what the log keeps of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/ledger_names.h"
#include "policyd/ledger_read_request.h"
#include "policyd/server_requests.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

#define GROUP "CN=pki-approvers,DC=corp,DC=example" /* of fixture_hold() */

/* Carol, an approver, before a door behind which request 1 waits. */
struct scene {
    void *store;
    struct fixture *f;
    struct fake_clock time;
    struct clock clock;
    struct server_requests requests;
    struct http_tls tls;
    struct wire_group group;
    struct directory_account carol;
    struct http_request request;
    bool logs_in;   /* her ticket is good */
    bool unbound;   /* and says nothing of the connection */
    bool operates;  /* at the admin socket: the process is an operator's */
    char body[256]; /* of an approval */
    size_t records;
    struct buf log;
};

static struct scene *scene; /* what the wrapped functions see */

void __wrap_server_identity_find(const struct server_identity_source *source,
                                 const struct http_request *request,
                                 struct server_identity *who);
void __wrap_server_identity_clear(struct server_identity *who);

void __wrap_server_identity_find(const struct server_identity_source *source,
                                 const struct http_request *request,
                                 struct server_identity *who)
{
    (void)source;
    (void)request;
    if (!scene->logs_in) {
        who->refusal.audit_reason = REASON_AUTH_NONE;
        return;
    }
    who->known = true;
    who->login.outcome = AUTH_KNOWN;
    who->login.method = WIRE_AUTH_KERBEROS;
    who->login.channel_bound = !scene->unbound;
    (void)snprintf(who->login.principal, sizeof(who->login.principal), "%s",
                   scene->carol.account.ref.principal);
    who->account = &scene->carol;
}

void __wrap_server_identity_clear(struct server_identity *who)
{
    *who = (struct server_identity){0};
}

static bool record(void *ctx, const struct wire_approval_record *record,
                   uint64_t *sequence, struct error *err)
{
    struct scene *s = ctx;

    (void)record;
    (void)err;
    *sequence = 70 + s->records++;
    return true;
}

static void keep(void *ctx, const struct log_record *record)
{
    struct log_line line = {.len = 0};

    (void)ctx;
    log_record_print(record, &line);
    if (scene != NULL) {
        buf_printf(&scene->log, "%.*s\n", (int)line.len, line.data);
    }
}

static void become(struct scene *s, const char *id)
{
    s->carol.account.ref.id = id;
    s->carol.account.ref.principal = id;
}

static void write_hex(char *out, const struct ledger_hash *hash)
{
    for (size_t i = 0; i < sizeof(hash->octets); i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", hash->octets[i]);
    }
}

static void write_body(struct scene *s)
{
    const struct ledger_hash key = fixture_hash(1);
    const struct ledger_hash names = fixture_hash(900003);
    char key_hex[2 * LEDGER_HASH_SIZE + 1];
    char names_hex[2 * LEDGER_HASH_SIZE + 1];

    write_hex(key_hex, &key);
    write_hex(names_hex, &names);
    (void)snprintf(
        s->body, sizeof(s->body),
        "{\"reason\":\"as agreed\",\"key_sha256\":\"%s\",\"names_sha256\":\"%s\"}",
        key_hex, names_hex);
}

static int set_up(void **state)
{
    static const struct log_sink sink = {keep, NULL};
    struct scene *s = mem_new(sizeof(*s));

    assert_int_equal(fixture_setup(&s->store), 0);
    s->f = s->store;
    fixture_hold(s->f, 1, 1);
    fake_clock_set(&s->time, FIXTURE_NOW + 60);
    s->clock = fake_clock_port(&s->time);
    s->group = (struct wire_group){.id = "", .sid = "", .dn = GROUP};
    s->carol.account = (struct wire_account){
        .ref = {.id_kind = WIRE_ID_ENTRY_UUID, .kind = WIRE_ACCOUNT_USER, .sid = ""},
        .dn = "cn=carol,dc=corp,dc=example",
        .groups = &s->group,
        .group_count = 1,
        .groups_complete = true,
        .enabled = true};
    become(s, "carol");
    s->logs_in = true;
    s->requests = (struct server_requests){
        .approve = {.ledger = s->f->ledger, .record = record, .ctx = s},
        .clock = &s->clock,
        .service = "HTTP/ca.example.test@EXAMPLE.TEST"};
    write_body(s);
    s->request = (struct http_request){.method = HTTP_POST,
                                       .content_type = "application/json",
                                       .authorization = "Negotiate x",
                                       .body = bytes_of_text(s->body),
                                       .peer = {.address = "192.0.2.1"},
                                       .tls = &s->tls};
    log_start(&(const struct log_options){
        .program = "test", .level = LOG_INFO, .clock = &s->clock, .sink = &sink});
    scene = s;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    scene = NULL;
    log_stop();
    buf_clear(&s->log);
    (void)fixture_teardown(&s->store);
    free(s);
    return 0;
}

/* Over HTTPS, or where TLS is taken away, at the admin socket. */
static void ask(struct scene *s, const char *rest, struct http_answer *answer)
{
    bool local = s->request.tls == NULL;
    AUTO(string)
    path = mem_printf("%.*s%s", (int)strlen(SERVER_REQUESTS_LOCAL) - 1,
                      SERVER_REQUESTS_LOCAL, rest);
    AUTO(string) far = mem_printf("/autoenroll%s", path);

    s->request.path = local ? path : far;
    s->request.peer.local = local;
    if (local) {
        server_requests_handle_local(&s->requests, s->operates, &s->request, answer);
    } else {
        struct http_route route = server_requests_route(&s->requests);

        route.handler(route.ctx, &s->request, answer);
    }
}

static void expect_answer(struct scene *s, const char *rest, int status,
                          const char *words)
{
    AUTO(http_answer) answer = {0};

    ask(s, rest, &answer);
    if (answer.status != status || strstr(buf_text(&answer.body), words) == NULL) {
        fail_msg("%s: %d %s\nexpected %d ...%s...", rest, answer.status,
                 buf_text(&answer.body), status, words);
    }
}

static void expect_refused(struct scene *s, const char *rest, int status,
                           const char *words)
{
    size_t records = s->records;

    expect_answer(s, rest, status, words);
    assert_int_equal(s->records, records);
}

static void expect_logged(struct scene *s, const char *words)
{
    if (strstr(buf_text(&s->log), words) == NULL) {
        fail_msg("'%s' is not in the log:\n%s", words, buf_text(&s->log));
    }
}

/* What a form can send that any page has in it, with the reader's ticket added by his browser. */
static void what_is_no_json_decides_nothing(void **state)
{
    static const char *const types[] = {NULL,
                                        "",
                                        "text/plain",
                                        "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=x",
                                        "application/jsonp",
                                        "text/plain; application/json"};
    struct scene *s = *state;

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        s->request.content_type = types[i];
        s->request.tls = i % 2 == 0 ? &s->tls : NULL;
        expect_refused(s, "R-00000018/approve", 415, "must be application/json");
        expect_refused(s, "R-00000018/deny", 415, "MEDIA_TYPE");
    }
    s->request.tls = &s->tls;
    s->request.content_type = "Application/JSON; charset=utf-8";
    expect_answer(s, "R-00000018/approve", 200, "approved");
}

static void what_a_page_sends_decides_nothing(void **state)
{
    static const struct {
        const char *origin, *site;
    } pages[] = {{"https://evil.example", NULL},
                 {"null", NULL},
                 {"https://ca.example.test", "same-origin"},
                 {NULL, "cross-site"},
                 {NULL, "same-site"},
                 {NULL, ""}};
    struct scene *s = *state;

    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        s->request.origin = pages[i].origin;
        s->request.fetch_site = pages[i].site;
        s->request.tls = i % 2 == 0 ? &s->tls : NULL;
        expect_refused(s, "R-00000018/approve", 403, "web page");
        expect_refused(s, "R-00000018/deny", 403, "web page");
    }
    s->request.tls = &s->tls;
    s->request.origin = NULL;
    s->request.fetch_site = "none";
    expect_answer(s, "R-00000018/approve", 200, "approved");
}

/* What only looks does no harm, wherever it comes from: no page gets to see the answer. */
static void who_looks_may_come_from_a_page(void **state)
{
    struct scene *s = *state;

    s->request.method = HTTP_GET;
    s->request.content_type = NULL;
    s->request.fetch_site = "cross-site";
    expect_answer(s, "R-00000018", 200, "R-00000018");
}

static void who_is_turned_away_leaves_a_trace(void **state)
{
    struct scene *s = *state;

    become(s, "account-1");
    expect_refused(s, "R-00000018/deny", 403, "your own");
    expect_logged(s, "approval.refused principal=account-1 peer=192.0.2.1");
    expect_logged(s, "request=R-00000018 act=deny reason=NOT_APPROVER");
    expect_logged(s, "your own");
    become(s, "carol");
    s->request.origin = "https://evil.example";
    expect_refused(s, "R-00000018/approve", 403, "web page");
    expect_logged(s, "origin=https://evil.example");
    s->request.origin = NULL;
    s->request.tls = NULL;
    s->request.body = bytes_of_text("{}");
    expect_refused(s, "R-00000018/approve", 400, "key_sha256");
    expect_logged(s, "reason=MALFORMED");
}

static void an_unbound_ticket_decides_nothing_over_tls(void **state)
{
    struct scene *s = *state;

    s->unbound = true;
    expect_refused(s, "R-00000018/approve", 401, "must be bound");
    expect_logged(s, "reason=CB_MISSING");
    s->request.method = HTTP_GET;
    expect_answer(s, "R-00000018", 200, "R-00000018");
    s->request.method = HTTP_POST;
    s->request.tls = NULL;
    expect_answer(s, "R-00000018/approve", 200, "approved");
}

static void only_who_may_see_a_request_learns_that_there_is_one(void **state)
{
    struct scene *s = *state;
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(2, id);
    AUTO(string) absent = mem_printf("%s/approve", id);
    s->group.dn = "CN=others,DC=corp,DC=example";
    expect_refused(s, "R-00000018/approve", 404, "no such request for you");
    expect_refused(s, absent, 404, "no such request for you");
    s->request.tls = NULL;
    expect_refused(s, "R-00000018/approve", 404, "no such request for you");
    s->operates = true;
    expect_refused(s, "R-00000018/approve", 403, "none of the groups");
}

static void expect_hidden(struct scene *s, const char *words)
{
    AUTO(http_answer) answer = {0};

    ask(s, "R-00000018", &answer);
    assert_int_equal(answer.status, 200);
    if (strstr(buf_text(&answer.body), words) != NULL) {
        fail_msg("%s\nhas ...%s...", buf_text(&answer.body), words);
    }
}

/* His requester learns how many are missing, of which group and until when, not who said what. */
static void words_are_for_approvers_and_operators(void **state)
{
    static const char *const hidden[] = {"\"principal\":\"carol\"", "as agreed",
                                         "journal_sequence"};
    struct scene *s = *state;

    expect_answer(s, "R-00000018/approve", 200, "approved");
    s->request.method = HTTP_GET;
    for (size_t i = 0; i < COUNT_OF(hidden); i++) {
        become(s, "erin");
        expect_answer(s, "R-00000018", 200, hidden[i]); /* another approver */
        become(s, "account-1");
        expect_hidden(s, hidden[i]);
        s->request.tls = NULL;
        expect_hidden(s, hidden[i]);
        s->operates = true;
        expect_answer(s, "R-00000018", 200, hidden[i]);
        s->operates = false;
        s->request.tls = &s->tls;
    }
    expect_answer(s, "R-00000018", 200, "\"approvals\":[]");
    expect_answer(s, "R-00000018", 200,
                  "\"groups\":[{\"group\":\"" GROUP "\",\"needed\":1,\"missing\":0}]");
    expect_answer(s, "R-00000018", 200, "\"state\":\"approved\"");
    expect_answer(s, "R-00000018", 200, "\"expires\":\"2");
}

/* Not that of a ledger that cannot be read, and no denial either. */
static void whose_groups_are_not_all_known_is_told_that(void **state)
{
    struct scene *s = *state;

    s->request.method = HTTP_GET;
    s->group.dn = "CN=others,DC=corp,DC=example";
    expect_answer(s, "R-00000018", 404, "NO_ITEM");
    s->carol.account.groups_complete = false;
    expect_answer(s, "R-00000018", 503, "DIR_PARTIAL");
    s->request.method = HTTP_POST;
    expect_refused(s, "R-00000018/approve", 503, "DIR_PARTIAL");
}

/* As each login begins. */
static void who_has_shown_nothing_yet_leaves_none(void **state)
{
    struct scene *s = *state;

    s->logs_in = false;
    s->request.authorization = NULL;
    expect_refused(s, "R-00000018/approve", 401, "AUTH_NONE");
    assert_int_equal(s->log.len, 0);
    s->request.authorization = "Negotiate bad";
    expect_refused(s, "R-00000018/approve", 401, "AUTH_NONE");
    expect_logged(s, "approval.refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_is_no_json_decides_nothing),
        TEST(what_a_page_sends_decides_nothing),
        TEST(who_looks_may_come_from_a_page),
        TEST(who_is_turned_away_leaves_a_trace),
        TEST(who_has_shown_nothing_yet_leaves_none),
        TEST(an_unbound_ticket_decides_nothing_over_tls),
        TEST(only_who_may_see_a_request_learns_that_there_is_one),
        TEST(words_are_for_approvers_and_operators),
        TEST(whose_groups_are_not_all_known_is_told_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
