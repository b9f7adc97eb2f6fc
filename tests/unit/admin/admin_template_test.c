/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"
#include "tests/unit/template/shelf.h"

#define PUBLISHES                                                                        \
    "objectClass: autoenrollService\nautoenrollCa: issuing\nautoenrollTemplate: "        \
    "Good\nautoenrollTemplate: Unsafe\nautoenrollTemplate: Lost\n"

/* What the port says; the fixture's own ctx is the admin's. */
static struct admin_templates said;
static enum error_code fails;

static bool templates(void *ctx, struct admin_templates *out, struct error *err)
{
    (void)ctx;
    if (fails != ERROR_NONE) {
        return error_set(err, fails, "no directory is configured");
    }
    *out = said;
    if (said.set != NULL) {
        (void)template_set_ref(said.set);
    }
    return true;
}

static int setup(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};

    if (admin_fixture_setup(state) != 0) {
        return -1;
    }
    struct admin_fixture *f = *state;
    f->port.templates = templates;
    fails = ERROR_NONE;
    shelf_init(&shelf);
    shelf_add(&shelf, "Good", 1, "autoenrollAllow: cn=web,dc=x\n");
    shelf_add(&shelf, "Unsafe", 2, "msPKI-Certificate-Name-Flag: 1\n");
    shelf_add(&shelf, "Two Words", 3, "");
    shelf_publish(&shelf, "CN=issuing,CN=autoenroll,CN=Services,dc=x", PUBLISHES);
    said = (struct admin_templates){
        .set = shelf_set(&shelf), .serves = true, .age_ms = 3000};
    return 0;
}

static int teardown(void **state)
{
    template_set_unref(said.set);
    return admin_fixture_teardown(state);
}

static void admin_lists_templates_and_what_each_is_worth(void **state)
{
    static const char *const words[] = {
        "\"reading\":{\"counts\":true,\"time\":\"20",
        "\"missing\":[\"lost\"]",
        "\"name\":\"Good\",\"published\":true,\"issues\":true,\"problem\":null",
        "\"Unsafe\",\"published\":true,\"issues\":false,\"problem\":\"unsafe, ",
        "\"name\":\"Two Words\",\"published\":false,\"issues\":false,\"problem\":null",
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect(*state, "GET /v1/templates", "", 200, words[i]);
    }
}

static void admin_shows_a_template_by_name_and_oid(void **state)
{
    struct admin_fixture *f = *state;

    expect(f, "GET /v1/templates/Good", "", 200, "\"template\":{\"name\":\"Good\"");
    expect(f, "GET /v1/templates/good", "", 200, "\"enroll\":[\"cn=web,dc=x\"]");
    expect(f, "GET /v1/templates/1.3.6.1.4.1.311.21.8.7.1", "", 200, "\"Good\"");
    expect(f, "GET /v1/templates?name=Two%20Words", "", 200, "\"name\":\"Two Words\"");
    expect(f, "GET /v1/templates/Goo", "", 404, "no template 'Goo'");
    expect(f, "GET /v1/templates?name=", "", 404, "NO_ITEM");
    expect(f, "GET /v1/templates?names=Good", "", 400, "MALFORMED");
}

/* The lines are those by which policyd takes it, and of what can be acknowledged only. */
static void admin_says_what_would_acknowledge_a_finding(void **state)
{
    const struct template_item *item = template_set_find(said.set, "Unsafe");
    AUTO(buf) words = BUF_EMPTY;

    buf_append_text(&words, "\"acknowledge\":\"[acknowledge Unsafe]\\nfindings = ESC1\\n"
                            "sha256 = ");
    text_append_hex(&words, item->sha256, sizeof(item->sha256));
    expect(*state, "GET /v1/templates/Unsafe", "", 200, buf_text(&words));
    expect(*state, "GET /v1/templates/Unsafe", "", 200,
           "{\"severity\":\"unsafe\",\"finding\":\"ESC1\",\"field\":\"");
    expect(*state, "GET /v1/templates/Good", "", 200, "\"acknowledge\":null");
}

static void admin_says_that_templates_are_old_or_not_there(void **state)
{
    struct admin_fixture *f = *state;

    said.serves = false;
    (void)snprintf(said.problem, sizeof(said.problem), "the directory is away");
    expect(f, "GET /v1/templates", "", 200, "{\"counts\":false,\"time\":\"20");
    expect(f, "GET /v1/templates/Good", "", 200, "\"issues\":false,\"problem\":null");
    expect(f, "GET /v1/templates/Good", "", 200, "\"problem\":\"the directory is away\"");

    template_set_unref(said.set);
    said.set = NULL;
    expect(f, "GET /v1/templates", "", 200, "{\"counts\":false,\"time\":null");
    expect(f, "GET /v1/templates", "", 200, "\"templates\":[]");
    expect(f, "GET /v1/templates/Good", "", 503, "the directory is away");
    fails = ERROR_NOT_FOUND;
    expect(f, "GET /v1/templates", "", 404, "no directory is configured");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(admin_lists_templates_and_what_each_is_worth),
        WITH(admin_shows_a_template_by_name_and_oid),
        WITH(admin_says_what_would_acknowledge_a_finding),
        WITH(admin_says_that_templates_are_old_or_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
