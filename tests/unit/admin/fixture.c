/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/admin/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/wire/record.h"

#include "tests/support/test.h"

static void get_link(void *ctx, struct admin_link *out)
{
    const struct admin_fixture *f = ctx;

    *out = f->signer.link;
}

static void keep_question(struct signer_fake *s, const struct wire_message *question,
                          const void *record)
{
    s->asked = question->type;
    if (question == &wire_control_message) {
        const struct wire_control *control = record;

        s->action = control->action;
        s->uid = control->actor.uid;
        (void)snprintf(s->sentence, sizeof(s->sentence), "%s", control->sentence);
    } else if (question == &wire_journal_tail_message) {
        s->after = ((const struct wire_journal_tail *)record)->after;
        s->max = ((const struct wire_journal_tail *)record)->max;
    }
}

static bool encode_tail(struct signer_fake *s, struct buf *answer, struct error *err)
{
    struct wire_journal_records tail = {.more = true, .last = 100};

    tail.records = s->records;
    tail.record_count = s->record_count;
    return wire_journal_records_encode(&tail, answer, err);
}

static bool answer_question(struct signer_fake *s, const struct wire_message *question,
                            struct buf *answer, struct error *err)
{
    const struct wire_recorded recorded = {.journal_sequence = 17, .recorded_utc = 1};
    struct wire_ca_list list = {.cas = &s->ca_list, .ca_count = 1};

    if (question == &wire_status_request_message) {
        return wire_signer_status_encode(&s->status, answer, err);
    }
    if (question == &wire_ca_request_message) {
        return wire_ca_list_encode(&list, answer, err);
    }
    if (question == &wire_journal_tail_message) {
        return encode_tail(s, answer, err);
    }
    return wire_recorded_encode(&recorded, answer, err);
}

static bool ask_signer(void *ctx, const struct wire_message *question, const void *record,
                       const struct wire_message *wanted, struct buf *answer,
                       struct error *err)
{
    struct admin_fixture *f = ctx;

    (void)wanted;
    if (atomic_load(&f->signer.hangs)) {
        (void)sem_post(&f->signer.entered);
        (void)sem_wait(&f->signer.go_on);
    }
    if (f->signer.fails != ERROR_NONE) {
        return error_set(err, f->signer.fails, "the signer says no");
    }
    if (question != &wire_status_request_message) {
        keep_question(&f->signer, question, record);
    }
    return answer_question(&f->signer, question, answer, err);
}

static bool revoke(void *ctx, struct admin_revocation *what, struct error *err)
{
    struct admin_fixture *f = ctx;

    if (f->revoke_fails != ERROR_NONE) {
        return error_set(err, f->revoke_fails, "it cannot be");
    }
    what->status = LEDGER_STATUS_REVOKED;
    what->changed = true;
    what->crl_generation = 1;
    what->crl_shard = 0;
    f->revocation = *what;
    (void)snprintf(f->note, sizeof(f->note), "%s", what->note);
    f->revocation.note = f->note;
    return true;
}

static bool get_crls(void *ctx, struct admin_crls *out, struct error *err)
{
    const struct admin_fixture *f = ctx;

    (void)err;
    *out = f->crls;
    return true;
}

static bool publish(void *ctx, struct error *err)
{
    struct admin_fixture *f = ctx;

    (void)err;
    f->publishes++;
    return true;
}

static bool rebuild(void *ctx, struct admin_rebuilt *out, struct error *err)
{
    struct admin_fixture *f = ctx;

    (void)err;
    f->rebuilds++;
    out->certificates = 12;
    (void)snprintf(out->kept, sizeof(out->kept), "/old.db");
    return true;
}

static void confirm_clock(void *ctx)
{
    struct admin_fixture *f = ctx;

    f->confirmations++;
}

static bool reload(void *ctx, struct buf *changes, struct error *err)
{
    struct admin_fixture *f = ctx;

    f->reloads++;
    if (f->reload_error.code != ERROR_NONE) {
        *err = f->reload_error;
        return false;
    }
    buf_append_text(changes, "[policyd] drain: 10s -> 20s\n[crl] debounce: 2s -> 3s\n");
    return true;
}

static void problems(void *ctx, admin_problem_visitor *visit, void *visitor_ctx)
{
    const struct admin_fixture *f = ctx;
    const struct admin_problem problem = {"listen", f->problem, NULL, false};

    if (f->problem != NULL) {
        visit(visitor_ctx, &problem);
    }
    if (f->server_problem.what != NULL) {
        visit(visitor_ctx, &f->server_problem);
    }
}

static void requests(void *ctx, bool operates, const struct http_request *request,
                     struct http_answer *answer)
{
    struct admin_fixture *f = ctx;

    if (atomic_load(&f->requests_hang)) {
        (void)sem_post(&f->signer.entered);
        (void)sem_wait(&f->signer.go_on);
    }
    answer->status = 200;
    buf_printf(&answer->body, "%s %s", operates ? "operator" : "somebody", request->path);
}

static void fill_signer(struct signer_fake *s)
{
    (void)sem_init(&s->entered, 0, 0);
    (void)sem_init(&s->go_on, 0, 0);
    s->link = (struct admin_link){.connected = true, .admitted = true};
    s->ca = (struct wire_ca_status){.name = "issuing1",
                                    .algorithm = WIRE_KEY_EC,
                                    .bits = 256,
                                    .not_before_utc = FIXTURE_NOW - FIXTURE_YEAR,
                                    .not_after_utc = FIXTURE_NOW + FIXTURE_YEAR,
                                    .active = true};
    s->status = (struct wire_signer_status){
        .pid = 77,
        .software = "0.1.0",
        .version = 1,
        .node = WIRE_NODE_MIN,
        .started_utc = FIXTURE_NOW - 100,
        .now_utc = FIXTURE_NOW,
        .bounds = {.path = "/etc/policyd/bounds.conf", .loaded_utc = FIXTURE_NOW - 100},
        .journal = {.path = "/journal", .sequence = 100, .octets_free = 1U << 30},
        .cas = &s->ca,
        .ca_count = 1,
    };
}

int admin_fixture_setup(void **state)
{
    struct admin_fixture *f = mem_new(sizeof(*f));
    void *store = NULL;
    struct error err = {0};

    assert_int_equal(fixture_setup(&store), 0);
    f->store = store;
    f->time = (struct fake_clock){.boottime_ns = 1};
    fake_clock_set(&f->time, FIXTURE_NOW);
    f->clock = fake_clock_port(&f->time);
    fill_signer(&f->signer);
    f->crls.count = 1;
    f->crls.crls[0] = (struct admin_crl){.ca = "issuing1",
                                         .generation = 1,
                                         .number = 5,
                                         .next_update_utc = FIXTURE_NOW + FIXTURE_DAY};
    f->port = (struct admin_port){.ctx = f,
                                  .link = get_link,
                                  .ask = ask_signer,
                                  .revoke = revoke,
                                  .crls = get_crls,
                                  .publish = publish,
                                  .confirm_clock = confirm_clock,
                                  .rebuild = rebuild,
                                  .reload = reload,
                                  .requests = requests,
                                  .problems = problems};
    const struct admin_options options = {.port = &f->port,
                                          .ledger = f->store->ledger,
                                          .clock = &f->clock,
                                          .software = "0.1.0",
                                          .group = "",
                                          .approver_group = "",
                                          .crl_url = "http://pki.test"};
    assert_ok(admin_new(&options, &f->admin, &err), &err);
    *state = f;
    return 0;
}

int admin_fixture_teardown(void **state)
{
    struct admin_fixture *f = *state;
    void *store = f->store;

    atomic_store(&f->signer.hangs, false);
    for (int i = 0; i < ADMIN_THREADS; i++) {
        (void)sem_post(&f->signer.go_on);
    }
    admin_free(f->admin);
    (void)fixture_teardown(&store);
    free(f);
    return 0;
}

static const struct http_route *route_of(struct admin_fixture *f, const char *path)
{
    const struct http_route *r = admin_routes(f->admin);

    while (r->path != NULL) {
        size_t len = strlen(r->path);
        bool tree = r->path[len - 1] == '*';

        if (tree ? strncmp(r->path, path, len - 1) == 0 : strcmp(r->path, path) == 0) {
            return r;
        }
        r++;
    }
    fail_msg("no route for %s", path);
    return NULL;
}

int ask_as(struct admin_fixture *f, uid_t uid, const char *line, const char *body,
           struct buf *out)
{
    const char *space = strchr(line, ' ');
    AUTO(string) target = mem_strdup(space + 1);
    char *query = strchr(target, '?');
    struct http_request request = {.method = line[0] == 'G' ? HTTP_GET : HTTP_POST,
                                   .path = target,
                                   .body = bytes_of_text(body)};
    struct http_answer answer = {.status = 500};

    if (query != NULL) {
        *query = '\0';
        request.query = query + 1;
    }
    request.peer = (struct http_peer){.local = true, .uid = uid, .gid = 0, .pid = 1};
    const struct http_route *route = route_of(f, target);
    assert_true((route->methods & request.method) != 0);
    route->handler(route->ctx, &request, &answer);
    buf_append(out, answer.body.data, answer.body.len);
    buf_clear(&answer.body);
    return answer.status;
}

int ask(struct admin_fixture *f, const char *line, const char *body, struct buf *out)
{
    return ask_as(f, OPERATOR, line, body, out);
}

void expect(struct admin_fixture *f, const char *line, const char *body, int status,
            const char *words)
{
    AUTO(buf) answer = BUF_EMPTY;
    int found = ask(f, line, body, &answer);

    if (found != status || strstr(buf_text(&answer), words) == NULL) {
        fail_msg("%s %s: %d %s\nexpected %d ...%s...", line, body, found,
                 buf_text(&answer), status, words);
    }
}
