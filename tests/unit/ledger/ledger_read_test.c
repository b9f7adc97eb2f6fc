/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { SEEN_MAX = 40 };

struct seen {
    struct ledger_serial serials[SEEN_MAX];
    int64_t not_after[SEEN_MAX];
    size_t count;
};

static bool see(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    struct seen *seen = ctx;

    if (seen->count == SEEN_MAX) {
        return error_set(err, ERROR_INVALID, "enough");
    }
    seen->serials[seen->count] = c->serial;
    seen->not_after[seen->count++] = c->not_after_utc;
    assert_int_equal(c->der.len, 0);
    return true;
}

/* All pages of a list. */
static struct seen list_all(struct fixture *f, const struct ledger_list_query *query)
{
    struct ledger_page page = {0};
    struct seen seen = {0};
    struct error err;

    do {
        assert_ok(ledger_certificate_list(f->ledger, query, &page, see, &seen, &err),
                  &err);
    } while (page.more);
    return seen;
}

static bool has(const struct seen *seen, size_t at, unsigned int n)
{
    struct ledger_serial serial = fixture_serial(n);

    return at < seen->count && memcmp(&seen->serials[at], &serial, sizeof(serial)) == 0;
}

/* Certificates 1..count, n ending n days before a year is over, every third of account-2. */
static void issue_many(struct fixture *f, unsigned int count)
{
    for (unsigned int n = 1; n <= count; n++) {
        struct ledger_certificate c = fixture_certificate(n);
        struct ledger_name name = {LEDGER_NAME_DNS,
                                   n % 2 == 0 ? "even.example" : "odd.example"};

        c.not_after_utc -= n * FIXTURE_DAY;
        c.account = n % 3 == 0 ? "account-2" : "account-1";
        c.subject = n == 7 ? "CN=Needle" : "CN=straw";
        c.template.name = n % 5 == 0 ? "WebServer" : "Machine";
        c.names = &name;
        c.names_len = 1;
        fixture_settle(f, &c);
    }
}

/* ---- one ----------------------------------------------------------------------------- */

static void an_unknown_serial_is_no_error(void **state)
{
    struct fixture *f = *state;
    struct ledger_serial serial = fixture_serial(9);
    struct ledger_certificate *c = (void *)f;
    struct error err;

    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);

    assert_null(c);
}

static void texts_are_stored_as_they_are(void **state)
{
    static const char *const texts[] = {"'; DROP TABLE certificates; --",
                                        "\"x\" \\ % _ *", "\xC3\xA4\xE2\x82\xAC",
                                        "a\nb\x1B[31m"};
    struct fixture *f = *state;
    struct error err;

    for (unsigned int i = 0; i < COUNT_OF(texts); i++) {
        struct ledger_certificate c = fixture_certificate(i + 1);
        struct ledger_name name = {LEDGER_NAME_URI, texts[i]};
        struct ledger_list_query by_account = {
            .list = LEDGER_LIST_ACCOUNT, .account = texts[i], .limit = 5};
        struct ledger_list_query by_name = {
            .list = LEDGER_LIST_NAME, .name = name, .limit = 5};
        AUTO(ledger_certificate) read = NULL;

        c.account = texts[i];
        c.subject = texts[i];
        c.names = &name;
        c.names_len = 1;
        fixture_settle(f, &c);
        assert_ok(ledger_certificate_get(f->ledger, &c.serial, &read, &err), &err);
        assert_string_equal(read->subject, texts[i]);
        assert_int_equal(list_all(f, &by_account).count, 1);
        assert_int_equal(list_all(f, &by_name).count, 1);
    }
}

/* ---- lists --------------------------------------------------------------------------- */

static void every_list_is_complete_in_pages_of_any_size(void **state)
{
    static const size_t limits[] = {1, 2, 7, 30, 1000};
    struct fixture *f = *state;

    issue_many(f, 30);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct ledger_list_query newest = {.list = LEDGER_LIST_NEWEST,
                                           .limit = limits[i]};
        struct ledger_list_query account = {
            .list = LEDGER_LIST_ACCOUNT, .account = "account-2", .limit = limits[i]};
        struct ledger_list_query name = {.list = LEDGER_LIST_NAME,
                                         .name = {LEDGER_NAME_DNS, "even.example"},
                                         .limit = limits[i]};
        struct seen seen = list_all(f, &newest);

        assert_int_equal(seen.count, 30);
        assert_true(has(&seen, 0, 30) && has(&seen, 29, 1));
        seen = list_all(f, &account);
        assert_int_equal(seen.count, 10);
        assert_true(has(&seen, 0, 3) && has(&seen, 9, 30)); /* the longest valid first */
        seen = list_all(f, &name);
        assert_int_equal(seen.count, 15);
        assert_true(has(&seen, 0, 2) && has(&seen, 14, 30));
    }
}

static void the_next_to_expire_come_first(void **state)
{
    struct fixture *f = *state;
    int64_t end = FIXTURE_NOW + FIXTURE_YEAR;
    struct ledger_list_query query = {.list = LEDGER_LIST_EXPIRING,
                                      .from_utc = end - 20 * FIXTURE_DAY,
                                      .before_utc = end - 10 * FIXTURE_DAY,
                                      .limit = 3};

    issue_many(f, 30);
    struct seen seen = list_all(f, &query);

    assert_int_equal(seen.count, 10); /* 20 .. 11 */
    assert_true(has(&seen, 0, 20) && has(&seen, 9, 11));
}

static void those_that_end_together_are_not_lost_between_pages(void **state)
{
    struct fixture *f = *state;
    struct ledger_list_query query = {
        .list = LEDGER_LIST_EXPIRING, .before_utc = INT64_MAX, .limit = 2};
    struct ledger_list_query account = {
        .list = LEDGER_LIST_ACCOUNT, .account = "account-1", .limit = 2};

    for (unsigned int n = 1; n <= 7; n++) {
        fixture_issue(f, n);
    }

    assert_int_equal(list_all(f, &query).count, 7);
    assert_int_equal(list_all(f, &account).count, 7);
}

static void a_key_and_a_request_lead_to_their_certificates(void **state)
{
    struct fixture *f = *state;
    struct ledger_list_query key = {
        .list = LEDGER_LIST_KEY, .key = fixture_hash(4), .limit = 5};
    struct ledger_list_query request = {
        .list = LEDGER_LIST_REQUEST, .request = 5, .limit = 5};

    issue_many(f, 6);
    struct seen by_key = list_all(f, &key);
    struct seen by_request = list_all(f, &request);

    assert_int_equal(by_key.count, 1);
    assert_true(has(&by_key, 0, 4));
    assert_int_equal(by_request.count, 1);
    assert_true(has(&by_request, 0, 5));
}

static void filters_narrow_a_list(void **state)
{
    struct fixture *f = *state;
    struct ledger_list_query text = {
        .list = LEDGER_LIST_NEWEST, .text = "nEEdle", .limit = 2};
    struct ledger_list_query template = {
        .list = LEDGER_LIST_NEWEST, .template_name = "WebServer", .limit = 2};
    struct ledger_list_query revoked = {
        .list = LEDGER_LIST_NEWEST, .status = LEDGER_STATUS_REVOKED, .limit = 2};

    issue_many(f, 12);
    fixture_revoke(f, 9, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 90);
    struct seen by_text = list_all(f, &text);

    assert_int_equal(by_text.count, 1);
    assert_true(has(&by_text, 0, 7));
    assert_int_equal(list_all(f, &template).count, 2);
    struct seen by_status = list_all(f, &revoked);
    assert_int_equal(by_status.count, 1);
    assert_true(has(&by_status, 0, 9));
}

static void a_list_without_what_it_goes_by_is_refused(void **state)
{
    static const struct ledger_list_query cases[] = {
        {.list = LEDGER_LIST_ACCOUNT, .limit = 1},
        {.list = LEDGER_LIST_KEY, .limit = 1},
        {.list = LEDGER_LIST_NAME, .limit = 1},
        {.list = LEDGER_LIST_REQUEST, .limit = 1},
        {.list = LEDGER_LIST_NEWEST, .limit = 0},
        {.list = LEDGER_LIST_NEWEST, .limit = 1001},
        {.list = LEDGER_LIST_COUNT, .limit = 1},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_page page = {0};
        struct seen seen = {0};
        struct error err;

        assert_false(
            ledger_certificate_list(f->ledger, &cases[i], &page, see, &seen, &err));
        assert_int_equal(err.code, ERROR_INVALID);
    }
}

static void a_visitor_can_end_the_list(void **state)
{
    struct fixture *f = *state;
    struct ledger_list_query query = {.list = LEDGER_LIST_NEWEST, .limit = 5};
    struct ledger_page page = {0};
    struct seen full = {.count = SEEN_MAX};
    struct error err;

    fixture_issue(f, 1);

    assert_fails(ledger_certificate_list(f->ledger, &query, &page, see, &full, &err),
                 &err, ERROR_INVALID, "enough");
    assert_int_equal(list_all(f, &query).count, 1);
}

/* ---- history ------------------------------------------------------------------------- */

static struct ledger_history history_of(struct fixture *f, const char *account,
                                        unsigned int key, int64_t now_utc)
{
    static const struct ledger_name name = {LEDGER_NAME_DNS, "web1.corp.example"};
    struct ledger_history_query query = {account, fixture_hash(key), &name, 1, now_utc};
    struct ledger_history history;
    struct error err;

    assert_ok(ledger_history_get(f->ledger, &query, &history, &err), &err);
    return history;
}

static void history_counts_what_the_account_got(void **state)
{
    static const int64_t ages[] = {0,
                                   FIXTURE_DAY - 1,
                                   FIXTURE_DAY,
                                   7 * FIXTURE_DAY - 1,
                                   7 * FIXTURE_DAY,
                                   100 * FIXTURE_DAY};
    struct fixture *f = *state;
    struct ledger_certificate other = fixture_certificate(50);
    other.account = "account-2";

    for (unsigned int i = 0; i < COUNT_OF(ages); i++) {
        struct ledger_certificate c = fixture_certificate(i + 1);

        c.issued_utc = FIXTURE_NOW - ages[i];
        c.not_before_utc = c.issued_utc;
        c.not_after_utc = i == 1 ? c.issued_utc + 60 : c.not_after_utc;
        fixture_settle(f, &c);
    }
    fixture_settle(f, &other);
    AUTO(ledger_history) history = history_of(f, "account-1", 99, FIXTURE_NOW);

    assert_int_equal(history.issued_24h, 2);
    assert_int_equal(history.issued_7d, 4);
    assert_int_equal(history.active_len, 5); /* number 2 has expired */
    assert_false(history.active_more);
}

static void history_shows_what_is_active_and_no_more_than_64(void **state)
{
    struct fixture *f = *state;

    for (unsigned int n = 1; n <= 66; n++) {
        fixture_issue(f, n);
    }
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 90);
    AUTO(ledger_history) full = history_of(f, "account-1", 99, FIXTURE_NOW);
    fixture_revoke(f, 2, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 91);
    AUTO(ledger_history) fits = history_of(f, "account-1", 99, FIXTURE_NOW);

    assert_int_equal(full.active_len, 64);
    assert_true(full.active_more);
    assert_int_equal(fits.active_len, 64);
    assert_false(fits.active_more);
    assert_int_equal(fits.issued_7d, 66);
}

static enum ledger_same_key same_key(struct fixture *f, const char *account,
                                     unsigned int key)
{
    AUTO(ledger_history) history = history_of(f, account, key, FIXTURE_NOW);

    return history.same_key;
}

static void history_tells_whose_key_it_is(void **state)
{
    struct fixture *f = *state;

    fixture_issue(f, 1);
    assert_int_equal(same_key(f, "account-1", 2), LEDGER_KEY_NONE);
    assert_int_equal(same_key(f, "account-1", 1), LEDGER_KEY_SAME_ACCOUNT);
    assert_int_equal(same_key(f, "account-0", 1), LEDGER_KEY_OTHER_ACCOUNT);
    assert_int_equal(same_key(f, "account-2", 1), LEDGER_KEY_OTHER_ACCOUNT);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 90);
    assert_int_equal(same_key(f, "account-1", 1), LEDGER_KEY_SAME_ACCOUNT);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 91);

    assert_int_equal(same_key(f, "account-1", 1), LEDGER_KEY_BURNT);
    assert_int_equal(same_key(f, "account-2", 1), LEDGER_KEY_BURNT);
}

static void history_finds_who_has_the_name(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate other = fixture_certificate(2);
    other.account = "account-2";

    fixture_settle(f, &other);
    AUTO(ledger_history) found = history_of(f, "account-1", 9, FIXTURE_NOW);
    AUTO(ledger_history) later = history_of(f, "account-1", 9, other.not_after_utc);
    fixture_revoke(f, 2, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 90);
    AUTO(ledger_history) revoked = history_of(f, "account-1", 9, FIXTURE_NOW);

    assert_int_equal(found.same_names_len, 1);
    assert_string_equal(found.same_names[0]->account, "account-2");
    assert_int_equal(later.same_names_len, 0);
    assert_int_equal(revoked.same_names_len, 0);
}

static void settle_for(struct fixture *f, unsigned int n, const char *account,
                       int64_t ends_utc)
{
    struct ledger_certificate c = fixture_certificate(n);

    c.account = account;
    c.not_after_utc = ends_utc;
    fixture_settle(f, &c);
}

static void assert_is(const struct ledger_certificate *c, unsigned int n)
{
    struct ledger_serial serial = fixture_serial(n);

    assert_memory_equal(&c->serial, &serial, sizeof(serial));
}

/* What ended last comes first, and who has both names comes twice. */
static void history_finds_own_and_others_by_every_name(void **state)
{
    static const struct ledger_name names[] = {{LEDGER_NAME_DNS, "web1.corp.example"},
                                               {LEDGER_NAME_DNS, "alias.corp.example"}};
    static const unsigned int expected[] = {3, 1, 4, 2, 4, 2};
    struct fixture *f = *state;
    struct ledger_history_query query = {"account-1", fixture_hash(99), names, 2,
                                         FIXTURE_NOW};
    struct ledger_certificate both = fixture_certificate(2);
    struct ledger_certificate own = fixture_certificate(4);
    AUTO(ledger_history) history = {0};
    struct error err;

    settle_for(f, 1, "account-1", FIXTURE_NOW + 400);
    both.account = "account-2";
    both.names = names;
    both.not_after_utc = FIXTURE_NOW + 200;
    fixture_settle(f, &both);
    settle_for(f, 3, "account-3", FIXTURE_NOW + 500);
    own.names = names;
    own.not_after_utc = FIXTURE_NOW + 300;
    fixture_settle(f, &own);
    settle_for(f, 5, "account-1", FIXTURE_NOW); /* over */
    settle_for(f, 6, "account-1", FIXTURE_NOW + 600);
    settle_for(f, 7, "account-2", FIXTURE_NOW + 600);
    fixture_revoke(f, 3, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 90);
    fixture_revoke(f, 6, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 91);
    fixture_revoke(f, 7, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 92);
    assert_ok(ledger_history_get(f->ledger, &query, &history, &err), &err);

    assert_int_equal(history.active_len, 2);
    assert_int_equal(history.same_names_len, COUNT_OF(expected));
    assert_false(history.same_names_more);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_is(history.same_names[i], expected[i]);
    }
    assert_int_equal(history.same_names[0]->status, LEDGER_STATUS_HELD);
}

static void assert_same_facts(const struct ledger_certificate *a,
                              const struct ledger_certificate *b)
{
    assert_memory_equal(&a->serial, &b->serial, sizeof(a->serial));
    assert_string_equal(a->ca, b->ca);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->account, b->account);
    assert_string_equal(a->principal, b->principal);
    assert_string_equal(a->template.name, b->template.name);
    assert_string_equal(a->template.oid, b->template.oid);
    assert_int_equal(a->template.major, b->template.major);
    assert_int_equal(a->template.minor, b->template.minor);
    assert_memory_equal(&a->template.content, &b->template.content,
                        sizeof(a->template.content));
    assert_memory_equal(&a->key, &b->key, sizeof(a->key));
    assert_int_equal(a->not_before_utc, b->not_before_utc);
    assert_int_equal(a->not_after_utc, b->not_after_utc);
    assert_int_equal(a->issued_utc, b->issued_utc);
    assert_int_equal(a->status, b->status);
}

static void history_has_of_each_what_a_decision_needs(void **state)
{
    struct fixture *f = *state;
    const struct ledger_certificate own = fixture_certificate(1);
    struct ledger_certificate other = fixture_certificate(2);

    other.account = "account-2";
    other.template.minor++;
    other.not_after_utc++;
    fixture_settle(f, &own);
    fixture_settle(f, &other);
    AUTO(ledger_history) history = history_of(f, "account-1", 99, FIXTURE_NOW);

    assert_int_equal(history.active_len, 1);
    assert_int_equal(history.same_names_len, 2);
    assert_same_facts(history.active[0], &own);
    assert_same_facts(history.same_names[0], &other);
    assert_same_facts(history.same_names[1], &own);
}

/* Of which an account has more than are shown, or others have one each. */
static void history_shows_no_more_than_64_by_name(void **state)
{
    static const struct ledger_name names[] = {{LEDGER_NAME_DNS, "web1.corp.example"},
                                               {LEDGER_NAME_DNS, "alias.corp.example"}};
    struct fixture *f = *state;
    struct ledger_history_query query = {"account-1", fixture_hash(99), names, 2,
                                         FIXTURE_NOW};
    struct ledger_certificate alias = fixture_certificate(66);
    AUTO(ledger_history) one_more = {0};
    AUTO(ledger_history) two_more = {0};
    struct error err;

    alias.account = "account-3";
    alias.names = &names[1];
    alias.names_len = 1;
    fixture_settle(f, &alias);
    for (unsigned int n = 1; n <= 64; n++) {
        settle_for(f, n, "account-2", FIXTURE_NOW + n);
    }
    AUTO(ledger_history) fits = history_of(f, "account-1", 99, FIXTURE_NOW);
    assert_ok(ledger_history_get(f->ledger, &query, &one_more, &err), &err);
    settle_for(f, 65, "account-2", FIXTURE_NOW + 65);
    assert_ok(ledger_history_get(f->ledger, &query, &two_more, &err), &err);
    AUTO(ledger_history) own = history_of(f, "account-2", 99, FIXTURE_NOW);

    assert_int_equal(fits.same_names_len, 64);
    assert_false(fits.same_names_more);
    assert_int_equal(one_more.same_names_len, 64);
    assert_true(one_more.same_names_more);
    assert_is(one_more.same_names[63], 1);
    assert_int_equal(two_more.same_names_len, 64);
    assert_true(two_more.same_names_more);
    assert_is(two_more.same_names[63], 2);
    assert_true(own.active_more);
    assert_int_equal(own.same_names_len, 64);
    assert_true(own.same_names_more);
    assert_is(own.same_names[63], 2);
}

/* ---- requests and decisions ---------------------------------------------------------- */

struct numbers {
    int64_t numbers[64];
    size_t count;
};

static bool see_request(void *ctx, const struct ledger_request *r, struct error *err)
{
    struct numbers *seen = ctx;

    (void)err;
    seen->numbers[seen->count++] = r->number;
    return true;
}

static bool see_decision(void *ctx, const struct ledger_decision *d, struct error *err)
{
    struct numbers *seen = ctx;

    (void)err;
    seen->numbers[seen->count++] = d->request;
    return true;
}

static struct numbers list_requests(struct fixture *f, enum ledger_request_list list)
{
    struct ledger_request_query query = {list, "account-1", 2};
    struct ledger_page page = {0};
    struct numbers seen = {0};
    struct error err;

    do {
        assert_ok(ledger_request_list(f->ledger, &query, &page, see_request, &seen, &err),
                  &err);
    } while (page.more);
    return seen;
}

static void requests_are_listed_by_who_waits_and_whose_they_are(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate other = fixture_certificate(3);
    other.account = "account-2";

    fixture_issue(f, 1);
    fixture_hold(f, 2, 1);
    fixture_settle(f, &other);
    fixture_hold(f, 4, 1);
    fixture_hold(f, 5, 1);
    struct numbers all = list_requests(f, LEDGER_REQUESTS_NEWEST);
    struct numbers waiting = list_requests(f, LEDGER_REQUESTS_WAITING);
    struct numbers own = list_requests(f, LEDGER_REQUESTS_ACCOUNT);

    assert_int_equal(all.count, 5);
    assert_int_equal(all.numbers[0], 5);
    assert_int_equal(waiting.count, 3);
    assert_int_equal(waiting.numbers[0], 2);
    assert_int_equal(own.count, 4);
    assert_int_equal(own.numbers[3], 1);
}

static void decisions_are_found_by_request_and_by_age(void **state)
{
    struct fixture *f = *state;
    AUTO(ledger_decision) last = NULL;
    AUTO(ledger_decision) first = NULL;
    AUTO(ledger_decision) none = NULL;
    struct ledger_page page = {0};
    struct numbers seen = {0};
    struct error err;

    fixture_hold(f, 1, 1);
    fixture_issue(f, 2);
    assert_ok(ledger_decision_get(f->ledger, 0, &last, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 1, &first, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 3, &none, &err), &err);
    assert_ok(ledger_decision_list(f->ledger, 1, &page, see_decision, &seen, &err), &err);
    assert_true(page.more);
    assert_ok(ledger_decision_list(f->ledger, 5, &page, see_decision, &seen, &err), &err);

    assert_int_equal(last->request, 2);
    assert_int_equal(first->verdict, LEDGER_VERDICT_HOLD);
    assert_string_equal(first->template.name, "Machine");
    assert_null(none);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.numbers[1], 1);
    assert_false(page.more);
}

/* ---- small things -------------------------------------------------------------------- */

static void settings_and_bundles_are_kept(void **state)
{
    struct fixture *f = *state;
    struct ledger_op set = {.kind = LEDGER_SETTING, .setting = {"frozen", "by alice"}};
    struct ledger_op forget = {.kind = LEDGER_SETTING, .setting = {"frozen", NULL}};
    struct ledger_op bundle = {
        .kind = LEDGER_BUNDLE,
        .bundle = {fixture_hash(900002), bytes_of_text("return rule {}"), FIXTURE_NOW}};
    AUTO(buf) content = BUF_EMPTY;
    AUTO(string) value = NULL;
    AUTO(string) gone = NULL;
    bool found = true;
    struct error err;

    fixture_issue(f, 1); /* names the bundle already */
    assert_ok(ledger_bundle_get(f->ledger, &bundle.bundle.bundle, &content, &found, &err),
              &err);
    assert_false(found);
    assert_ok(ledger_execute(f->ledger, &bundle, &err), &err);
    assert_ok(ledger_execute(f->ledger, &bundle, &err), &err);
    assert_ok(ledger_bundle_get(f->ledger, &bundle.bundle.bundle, &content, &found, &err),
              &err);
    assert_true(found);
    assert_string_equal(buf_text(&content), "return rule {}");
    assert_ok(ledger_execute(f->ledger, &set, &err), &err);
    assert_ok(ledger_setting_get(f->ledger, "frozen", &value, &err), &err);
    assert_string_equal(value, "by alice");
    assert_ok(ledger_execute(f->ledger, &forget, &err), &err);
    assert_ok(ledger_setting_get(f->ledger, "frozen", &gone, &err), &err);
    assert_null(gone);
}

static void a_dump_has_a_line_for_every_row(void **state)
{
    struct fixture *f = *state;

    fixture_issue(f, 1);
    fixture_hold(f, 2, 1);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 3);
    AUTO(string) events = fixture_dump(f->ledger, LEDGER_TABLE_EVENTS);
    AUTO(string) requests = fixture_dump(f->ledger, LEDGER_TABLE_REQUESTS);

    assert_string_equal(events,
                        "serial=406b0000000000010000000000000007 event=1 reason=1 "
                        "happened_at=1800000003 actor='uid 0' note='' node=0 "
                        "journal_seq=3\n");
    assert_non_null(strstr(requests, "approvers='CN=pki-approvers,DC=corp,DC=example'"));
    for (unsigned int t = 0; t < LEDGER_TABLE_COUNT; t++) {
        unsigned int rows = fixture_count(f->ledger, (enum ledger_table)t);

        assert_true(rows > 0 || t == LEDGER_TABLE_APPROVALS ||
                    t == LEDGER_TABLE_CURSORS || t == LEDGER_TABLE_CRLS ||
                    t == LEDGER_TABLE_RESERVATIONS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(an_unknown_serial_is_no_error),
        TEST(texts_are_stored_as_they_are),
        TEST(every_list_is_complete_in_pages_of_any_size),
        TEST(the_next_to_expire_come_first),
        TEST(those_that_end_together_are_not_lost_between_pages),
        TEST(a_key_and_a_request_lead_to_their_certificates),
        TEST(filters_narrow_a_list),
        TEST(a_list_without_what_it_goes_by_is_refused),
        TEST(a_visitor_can_end_the_list),
        TEST(history_counts_what_the_account_got),
        TEST(history_shows_what_is_active_and_no_more_than_64),
        TEST(history_tells_whose_key_it_is),
        TEST(history_finds_who_has_the_name),
        TEST(history_finds_own_and_others_by_every_name),
        TEST(history_has_of_each_what_a_decision_needs),
        TEST(history_shows_no_more_than_64_by_name),
        TEST(requests_are_listed_by_who_waits_and_whose_they_are),
        TEST(decisions_are_found_by_request_and_by_age),
        TEST(settings_and_bundles_are_kept),
        TEST(a_dump_has_a_line_for_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
