/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ledger/fixture.h"

#include "common/base/buf.h"
#include "common/base/mem.h"

#include "policyd/ledger_read_request.h"
#include "policyd/ledger_rows.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

/* ---- the ledger ---------------------------------------------------------------------- */

int fixture_setup(void **state)
{
    struct fixture *f = mem_new(sizeof(*f));

    f->directory = temp_dir_new();
    f->path = mem_printf("%s/ledger.db", f->directory);
    f->options = (struct ledger_options){
        .path = f->path, .now_utc = FIXTURE_NOW, .lock_wait_ms = 200};
    f->ledger = ledger_open(&f->options);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    ledger_free(f->ledger);
    temp_dir_free(f->directory);
    free(f->path);
    free(f);
    return 0;
}

void fixture_restart(struct fixture *f)
{
    ledger_free(f->ledger);
    f->ledger = ledger_open(&f->options);
}

/* ---- operations ---------------------------------------------------------------------- */

void fixture_settle(struct fixture *f, const struct ledger_certificate *certificate)
{
    struct ledger_request request = fixture_request((unsigned int)certificate->request);
    struct ledger_decision decision =
        fixture_decision((unsigned int)certificate->request);
    struct ledger_op op = {.kind = LEDGER_SETTLE,
                           .settle = {certificate, &request, &decision, false}};
    struct error err;

    request.account = certificate->account;
    request.template = certificate->template;
    request.key = certificate->key;
    request.reason = "";
    decision.account = certificate->account;
    decision.verdict = LEDGER_VERDICT_ISSUE;
    decision.reason = "";
    decision.serial = certificate->serial;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_false(op.settle.already);
}

void fixture_issue(struct fixture *f, unsigned int n)
{
    struct ledger_certificate certificate = fixture_certificate(n);

    fixture_settle(f, &certificate);
}

void fixture_hold(struct fixture *f, unsigned int n, int64_t approvals_needed)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    struct error err;

    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.retry_after_s = 60;
    request.approvers = "CN=pki-approvers,DC=corp,DC=example";
    request.approvals_needed = approvals_needed;
    request.expires_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.hold.waiting, n);
}

void fixture_revoke(struct fixture *f, unsigned int n, enum ledger_revocation_event event,
                    enum ledger_reason reason, int64_t journal_seq)
{
    struct ledger_op op = {.kind = LEDGER_REVOKE,
                           .revoke = {.what = {.serial = fixture_serial(n),
                                               .event = event,
                                               .reason = reason,
                                               .happened_utc = FIXTURE_NOW + journal_seq,
                                               .actor = "uid 0",
                                               .note = "",
                                               .journal_seq = journal_seq}}};
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

/* ---- looking ------------------------------------------------------------------------- */

static bool append_line(void *ctx, const char *line, struct error *err)
{
    struct buf *text = ctx;

    (void)err;
    buf_append_text(text, line);
    buf_append_byte(text, '\n');
    return true;
}

char *fixture_dump(struct ledger *ledger, enum ledger_table table)
{
    struct buf text = BUF_EMPTY;
    struct error err;
    size_t len = 0;

    assert_ok(ledger_dump(ledger, table, append_line, &text, &err), &err);
    buf_append_byte(&text, '\0');
    return (char *)buf_take(&text, &len);
}

static bool count_line(void *ctx, const char *line, struct error *err)
{
    (void)line;
    (void)err;
    ++*(unsigned int *)ctx;
    return true;
}

unsigned int fixture_count(struct ledger *ledger, enum ledger_table table)
{
    unsigned int count = 0;
    struct error err;

    assert_ok(ledger_dump(ledger, table, count_line, &count, &err), &err);
    return count;
}

void fixture_expect_state(struct ledger *ledger, enum ledger_state state,
                          const char *words)
{
    struct ledger_health health;

    ledger_health_get(ledger, &health);
    if (health.state != state || strstr(health.message, words) == NULL) {
        print_error("state %s: %s; expected %s: ...%s...\n",
                    ledger_state_name(health.state), health.message,
                    ledger_state_name(state), words);
        fail();
    }
}
