/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"

enum { TEXT_MAX = 1 << 20 };

static char *serial_text(unsigned int n)
{
    AUTO(buf) text = BUF_EMPTY;
    struct ledger_serial serial = fixture_serial(n);

    text_append_hex(&text, serial.octets, sizeof(serial.octets));
    return mem_strdup(buf_text(&text));
}

static void admin_lists_certificates_page_by_page(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(string) line = mem_strdup("GET /v1/certificates?limit=2");
    unsigned int seen = 0;
    unsigned int pages = 0;

    for (unsigned int n = 1; n <= 5; n++) {
        fixture_issue(f->store, n);
    }
    while (line != NULL) {
        AUTO(buf) out = BUF_EMPTY;
        AUTO(json) doc = NULL;
        struct json_at list;
        struct error err = {0};
        const char *next = NULL;

        assert_int_equal(ask(f, line, "", &out), 200);
        assert_ok(json_parse(buf_bytes(&out), TEXT_MAX, &doc, &err), &err);
        struct json_at root = json_root(doc);
        assert_ok(json_get_list(&root, "certificates", 2, &list, &err), &err);
        seen += (unsigned int)json_count(&list);
        pages++;
        free(TAKE(line));
        if (json_get_text(&root, "next", 100, &next, &err)) {
            line = mem_printf("GET /v1/certificates?limit=2&page=%s", next);
        }
        assert_true(pages < 10);
    }
    assert_int_equal(seen, 5);
    assert_int_equal(pages, 3);
}

static const struct {
    const char *query;
    int status;
    const char *words;
} queries[] = {
    {"", 200, "\"serial\":\"406b"},
    {"?list=newest", 200, "\"san\":[\"DNS:web1.corp.example\"]"},
    {"?list=oldest", 400, "no list 'oldest'"},
    {"?list=account&account=account-1", 200, "account-1"},
    {"?list=account&account=account-2", 200, "\"certificates\":[]"},
    {"?list=account", 400, "MALFORMED"},
    {"?list=name&name=dns:web1.corp.example", 200, "web1"},
    {"?list=name&name=dns:web2.corp.example", 200, "\"certificates\":[]"},
    {"?list=name&name=web1", 400, "KIND:NAME"},
    {"?list=name&name=dn:x", 400, "KIND:NAME"},
    {"?list=key&key=00", 400, "SHA-256"},
    {"?list=request&request=R-0000000", 400, "MALFORMED"},
    {"?list=expiring&before=2100-01-01T00:00:00Z", 200, "406b"},
    {"?list=expiring&before=2020-01-01T00:00:00Z", 200, "\"certificates\":[]"},
    {"?list=expiring&before=2100-01-01", 400, "'before'"},
    {"?template=Machine", 200, "406b"},
    {"?template=User", 200, "\"certificates\":[]"},
    {"?status=live", 200, "406b"},
    {"?status=held", 200, "\"certificates\":[]"},
    {"?status=LIVE", 400, "'status'"},
    {"?text=WEB1", 200, "406b"},
    {"?text=%77eb1", 200, "406b"},
    {"?text=w%", 400, "percent-encoded"},
    {"?text=w%4", 400, "percent-encoded"},
    {"?text=w%zz", 400, "percent-encoded"},
    {"?text=w%00", 400, "percent-encoded"},
    {"?text=w%0a", 400, "percent-encoded"},
    {"?text=w%ff", 400, "percent-encoded"},
    {"?text=a&text=b", 400, "twice"},
    {"?limit=1000", 200, "406b"},
    {"?limit=1001", 400, "'limit'"},
    {"?limit=0", 400, "'limit'"},
    {"?limit=-1", 400, "'limit'"},
    {"?lines=1", 400, "'lines' cannot be asked for"},
    {"?list", 400, "name=value"},
    {"?page=00", 400, "not of this question"},
    {"?page=", 400, "not of this question"},
    {"?page=000000000000000000000000000000000000000000000000", 400, "not of this"},
};

static void admin_takes_strict_queries_only(void **state)
{
    struct admin_fixture *f = *state;

    fixture_issue(f->store, 1);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        AUTO(string) line = mem_printf("GET /v1/certificates%s", queries[i].query);

        expect(f, line, "", queries[i].status, queries[i].words);
    }
}

/* The page of the first question, given with another. */
static void admin_pages_belong_to_their_question(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) out = BUF_EMPTY;
    AUTO(json) doc = NULL;
    const char *next = NULL;
    struct error err = {0};

    for (unsigned int n = 1; n <= 3; n++) {
        fixture_issue(f->store, n);
    }
    assert_int_equal(ask(f, "GET /v1/certificates?limit=1&status=live", "", &out), 200);
    assert_ok(json_parse(buf_bytes(&out), TEXT_MAX, &doc, &err), &err);
    struct json_at root = json_root(doc);
    assert_ok(json_get_text(&root, "next", 100, &next, &err), &err);
    AUTO(string)
    same = mem_printf("GET /v1/certificates?limit=3&page=%s&status=live", next);
    AUTO(string) other = mem_printf("GET /v1/certificates?limit=2&page=%s", next);

    expect(f, same, "", 200, "\"next\":null");
    expect(f, other, "", 400, "not of this question");
}

static void admin_shows_a_certificate_with_its_history(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(string) serial = serial_text(1);
    AUTO(string) line = mem_printf("GET /v1/certificates/%s", serial);
    AUTO(string) more = mem_printf("GET /v1/certificates/%s/history", serial);

    expect(f, line, "", 404, "NO_ITEM");
    fixture_issue(f->store, 1);
    expect(f, line, "", 200, "\"history\":[]");
    expect(f, line, "", 200, "BEGIN CERTIFICATE");
    fixture_revoke(f->store, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 9);
    expect(f, line, "", 200, "\"event\":\"revoke\",\"reason\":\"superseded\"");
    expect(f, line, "", 200, "\"status\":\"revoked\"");
    expect(f, more, "", 404, "NO_ITEM");
}

static void admin_lists_names_one_by_one(void **state)
{
    struct admin_fixture *f = *state;
    struct ledger_certificate certificate = fixture_certificate(1);

    certificate.san = "dns:web1.test dir:CN=A b,O=C krb5:host/a@B";
    fixture_settle(f->store, &certificate);
    expect(f, "GET /v1/certificates", "", 200,
           "\"san\":[\"dns:web1.test\",\"dir:CN=A b,O=C\",\"krb5:host/a@B\"]");
}

static void admin_wants_serials_whole(void **state)
{
    static const char *const odd[] = {"", "40", "4x6b0000000000000000000000000007",
                                      "406b00000000000000000000000000070",
                                      "-06b0000000000000000000000000007"};

    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        AUTO(string) line = mem_printf("GET /v1/certificates/%s", odd[i]);

        expect(*state, line, "", 400, "32 hexadecimal digits");
    }
}

static const struct {
    const char *verb, *body;
    int status;
    const char *words;
} orders[] = {
    {"revoke", "{\"reason\":\"keyCompromise\"}", 200, "\"status\":\"revoked\""},
    {"revoke", "{\"reason\":\"superseded\",\"note\":\"old\"}", 200, "\"changed\":true"},
    {"revoke", "{\"reason\":\"keyCompromise\",\"invalidity\":\"2026-01-01T00:00:00Z\"}",
     200, "\"generation\":1"},
    {"revoke", "", 400, "'reason' is required"},
    {"revoke", "{\"reason\":\"boredom\"}", 400, "MALFORMED"},
    {"revoke", "{\"reason\":\"certificateHold\"}", 400, "use hold"},
    {"revoke", "{\"reason\":\"keyCompromise\",\"invalidity\":\"yesterday\"}", 400,
     "'invalidity'"},
    {"revoke", "{\"reason\":\"keyCompromise\",\"serial\":\"1\"}", 400, "serial"},
    {"hold", "{\"note\":\"lost\"}", 200, "serial"},
    {"hold", "{\"reason\":\"keyCompromise\"}", 400, "reason"},
    {"unhold", "", 200, "serial"},
    {"unrevoke", "", 404, "NO_ITEM"},
    {"revoke/", "{\"reason\":\"keyCompromise\"}", 404, "NO_ITEM"},
};

static void admin_takes_strict_revocations_only(void **state)
{
    AUTO(string) serial = serial_text(1);

    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        AUTO(string)
        line = mem_printf("POST /v1/certificates/%s/%s", serial, orders[i].verb);

        expect(*state, line, orders[i].body, orders[i].status, orders[i].words);
    }
}

static void admin_hands_a_revocation_on_as_it_was_ordered(void **state)
{
    struct admin_fixture *f = *state;
    const struct ledger_serial wanted = fixture_serial(3);
    AUTO(string) serial = serial_text(3);
    AUTO(string) line = mem_printf("POST /v1/certificates/%s/revoke", serial);

    expect(f, line,
           "{\"reason\":\"keyCompromise\",\"note\":\"lost\",\"invalidity\":"
           "\"1970-01-02T00:00:00Z\"}",
           200, "");
    assert_true(ledger_serial_equal(&f->revocation.serial, &wanted));
    assert_int_equal(f->revocation.event, LEDGER_EVENT_REVOKE);
    assert_int_equal(f->revocation.reason, LEDGER_REASON_KEY_COMPROMISE);
    assert_int_equal(f->revocation.invalidity_utc, 86400);
    assert_int_equal(f->revocation.uid, OPERATOR);
    assert_string_equal(f->note, "lost");
    f->revoke_fails = ERROR_CONFLICT;
    expect(f, line, "{\"reason\":\"superseded\"}", 409, "CONFLICT");
    f->revoke_fails = ERROR_NOT_FOUND;
    expect(f, line, "{\"reason\":\"superseded\"}", 404, "NO_ITEM");
    f->revoke_fails = ERROR_UNAVAILABLE; /* be it the ledger */
    expect(f, line, "{\"reason\":\"superseded\"}", 503, "BUSY");
    f->signer.link.connected = false;
    expect(f, line, "{\"reason\":\"superseded\"}", 503, "SIGNER");
}

#define WITH(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, admin_fixture_setup, admin_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(admin_lists_certificates_page_by_page),
        WITH(admin_takes_strict_queries_only),
        WITH(admin_pages_belong_to_their_question),
        WITH(admin_shows_a_certificate_with_its_history),
        WITH(admin_lists_names_one_by_one),
        WITH(admin_wants_serials_whole),
        WITH(admin_takes_strict_revocations_only),
        WITH(admin_hands_a_revocation_on_as_it_was_ordered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
