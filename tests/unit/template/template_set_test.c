/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/test.h"
#include "tests/unit/template/shelf.h"

#define SERVICE      "CN=issuing,CN=autoenroll,CN=Services,dc=x"
#define OTHER        "CN=issuing2,CN=autoenroll,CN=Services,dc=x"
#define PUBLISHES    "objectClass: autoenrollService\nautoenrollCa: issuing\n"
#define TEMPLATE(cn) "autoenrollTemplate: " cn "\n"

/* The name is the request's, and the certificate can log on: ESC1. */
#define UNSAFE "msPKI-Certificate-Name-Flag: 1\n"

static const struct template_item *item_of(const struct template_set *set,
                                           const char *name)
{
    const struct template_item *item = template_set_find(set, name);

    if (item == NULL) {
        fail_msg("no template '%s'", name);
    }
    return item;
}

static void check_problem(const struct template_set *set, const char *name,
                          const char *words)
{
    const struct template_item *item = item_of(set, name);

    if (words == NULL ? item->problem != NULL
                      : item->problem == NULL || strstr(item->problem, words) == NULL) {
        fail_msg("%s: %s; expected ...%s...", name,
                 item->problem == NULL ? "no problem" : item->problem,
                 words == NULL ? "no problem" : words);
    }
}

static void set_finds_templates_by_name_and_oid(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Zebra", 1, "");
    shelf_add(&shelf, "ant", 3, "");
    shelf_add(&shelf, "Machine", 2, "");
    AUTO(template_set) set = shelf_set(&shelf);

    assert_int_equal(template_set_count(set), 3);
    assert_string_equal(template_set_get(set, 0)->name, "ant");
    assert_string_equal(template_set_get(set, 2)->name, "Zebra");
    assert_string_equal(item_of(set, "MACHINE")->name, "Machine");
    assert_ptr_equal(template_set_find_oid(set, "1.3.6.1.4.1.311.21.8.7.1"),
                     item_of(set, "Zebra"));
    assert_ptr_equal(template_set_find_oid(set, "1.3.6.1.4.1.311.21.8.7.3"),
                     item_of(set, "Ant"));
    assert_null(template_set_find(set, "Machin"));
    assert_null(template_set_find_oid(set, "1.3.6.1.4.1.311.21.8.7.4"));
    check_problem(set, "Machine", NULL);
}

static void set_without_templates_finds_none(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    AUTO(template_set) set = shelf_set(&shelf);

    assert_int_equal(template_set_count(set), 0);
    assert_null(template_set_find(set, "Machine"));
    assert_null(template_set_find_oid(set, "1.2"));
}

static const struct {
    const char *edits, *words;
} broken[] = {
    {"-pKIExpirationPeriod\n", "pKIExpirationPeriod is missing"},
    {"pKIExpirationPeriod:: AEA5hy7h/g==\n", "pKIExpirationPeriod"}, /* 7 octets */
    {"pKIExpirationPeriod:: AMDGeNEeAQA=\n", "pKIExpirationPeriod"}, /* positive */
    {"revision: many\n", "revision"},
    {"-msPKI-Cert-Template-OID\n", "msPKI-Cert-Template-OID"},
    {"pKIExtendedKeyUsage: 1.2.3\npKIExtendedKeyUsage: 1.2.3\n", "pKIExtendedKeyUsage"},
    {"flags: 66145\nmsPKI-Enrollment-Flag: 1048608\n", "UNKNOWN_FLAG"},
    {"flags: 66272\n", "REFUSED_FLAG"}, /* IS_CA */
};

static void set_keeps_a_broken_template_from_issuing_and_no_other(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        AUTO(shelf) shelf = {.template_count = 0};

        shelf_init(&shelf);
        shelf_add(&shelf, "Broken", 1, broken[i].edits);
        shelf_add(&shelf, "Sound", 2, "");
        AUTO(template_set) set = shelf_set(&shelf);

        assert_int_equal(template_set_count(set), 2);
        check_problem(set, "Broken", broken[i].words);
        check_problem(set, "Sound", NULL);
    }
}

static void set_shows_a_template_without_a_name_by_its_dn(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Lost", 1, "-cn\n");
    AUTO(template_set) set = shelf_set(&shelf);

    assert_null(template_set_find(set, "Lost"));
    assert_true(text_has_prefix(template_set_get(set, 0)->name, "CN=Lost,"));
    assert_null(template_set_get(set, 0)->tmpl);
    assert_non_null(template_set_get(set, 0)->problem);
}

static void set_refuses_both_of_two_with_one_oid(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "One", 5, "");
    shelf_add(&shelf, "Two", 5, "");
    shelf_add(&shelf, "Three", 6, "");
    AUTO(template_set) set = shelf_set(&shelf);

    check_problem(set, "One", "it has the OID of 'CN=Two,");
    check_problem(set, "Two", "it has the OID of 'CN=One,");
    check_problem(set, "Three", NULL);
}

static void set_refuses_both_of_two_with_one_name(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Machine", 1, "");
    shelf_add(&shelf, "MACHINE", 2, "");
    shelf_add(&shelf, "Machine2", 3, "");
    AUTO(template_set) set = shelf_set(&shelf);

    check_problem(set, "Machine", "it has the name of 'CN=");
    assert_non_null(template_set_get(set, 0)->problem);
    assert_non_null(template_set_get(set, 1)->problem);
    check_problem(set, "Machine2", NULL);
}

static void set_hash_changes_with_the_content_only(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Same", 1, "");
    AUTO(template_set) before = shelf_set(&shelf);
    ldif_apply(shelf.records[0], "displayName: another\n");
    AUTO(template_set) shown = shelf_set(&shelf);
    ldif_apply(shelf.records[0], "autoenrollAllow: dc=x\n");
    AUTO(template_set) opened = shelf_set(&shelf);

    assert_memory_equal(item_of(before, "Same")->sha256, item_of(shown, "Same")->sha256,
                        DIGEST_SHA256_SIZE);
    assert_memory_not_equal(item_of(before, "Same")->sha256,
                            item_of(opened, "Same")->sha256, DIGEST_SHA256_SIZE);
}

/* ---- what is published ----------------------------------------------------------------- */

static void check_choice(const struct template_set *set, const char *name,
                         enum error_code code, enum reason reason, const char *words)
{
    const struct template_item *item = NULL;
    enum reason found = REASON_NONE;
    struct error err = {0};
    bool ok = template_set_choose(set, name, &item, &found, &err);

    if (code == ERROR_NONE) {
        assert_ok(ok, &err);
        assert_non_null(item->tmpl);
        return;
    }
    assert_fails(ok, &err, code, words);
    assert_int_equal(found, reason);
    assert_null(item);
}

static void set_offers_what_is_published_on_its_ca(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Machine", 1, "");
    shelf_add(&shelf, "User", 2, "");
    shelf_add(&shelf, "Broken", 3, "revision: many\n");
    shelf_publish(
        &shelf, OTHER,
        "objectClass: autoenrollService\nautoenrollCa: other\n" TEMPLATE("User"));
    shelf_publish(&shelf, SERVICE,
                  "objectClass: autoenrollService\nautoenrollCa: ISSUING\n" TEMPLATE(
                      "machine") TEMPLATE("Broken") TEMPLATE("Gone"));
    AUTO(template_set) set = shelf_set(&shelf);

    check_choice(set, "MACHINE", ERROR_NONE, REASON_NONE, "");
    check_choice(set, "User", ERROR_NOT_FOUND, REASON_NO_LABEL,
                 "is not published on this");
    check_choice(set, "Nobody", ERROR_NOT_FOUND, REASON_NO_LABEL, "there is no template");
    check_choice(set, "Gone", ERROR_NOT_FOUND, REASON_NO_LABEL, "there is no template");
    check_choice(set, "Broken", ERROR_DENIED, REASON_TPL_UNSAFE, "revision");
    assert_null(template_set_service_problem(set));
    assert_int_equal(template_set_missing(set)->count, 1);
    assert_string_equal(template_set_missing(set)->items[0], "gone");
}

static void set_offers_nothing_where_no_entry_publishes(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Machine", 1, "");
    shelf_publish(
        &shelf, OTHER,
        "objectClass: autoenrollService\nautoenrollCa: issuing2\n" TEMPLATE("Machine"));
    AUTO(template_set) set = shelf_set(&shelf);

    check_choice(
        set, "Machine", ERROR_NOT_FOUND, REASON_NO_LABEL,
        "no entry directly below CN=autoenroll,CN=Services says what CA 'issuing'");
}

static void set_offers_nothing_where_two_entries_publish(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Machine", 1, "");
    shelf_publish(&shelf, SERVICE, PUBLISHES TEMPLATE("Machine"));
    shelf_publish(&shelf, OTHER, PUBLISHES TEMPLATE("Machine"));
    AUTO(template_set) set = shelf_set(&shelf);

    check_choice(set, "Machine", ERROR_NOT_FOUND, REASON_NO_LABEL, "two entries publish");
}

static void set_reads_the_keywords_of_ad(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf.source.form = TEMPLATE_DESCRIPTOR;
    shelf_add(&shelf, "Machine", 1, "");
    shelf_add(&shelf, "User", 2, "");
    shelf_publish(
        &shelf, SERVICE,
        "objectClass: serviceConnectionPoint\nkeywords: autoenroll\n"
        "keywords: CA:Issuing\nkeywords: Template:Machine\nkeywords: Tomplate:User\n"
        "autoenrollTemplate: User\n");
    AUTO(template_set) set = shelf_set(&shelf);

    check_choice(set, "Machine", ERROR_NONE, REASON_NONE, "");
    check_choice(set, "User", ERROR_NOT_FOUND, REASON_NO_LABEL, "is not published");
}

/* ---- acknowledgements ------------------------------------------------------------------ */

static void sha256_text(const struct template_item *item, struct buf *out)
{
    buf_clear(out);
    text_append_hex(out, item->sha256, sizeof(item->sha256));
}

static void set_stops_an_unsafe_template_and_says_how_to_go_on(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1, UNSAFE);
    shelf_add(&shelf, "Held", 2, UNSAFE "msPKI-Enrollment-Flag: 2\n");
    AUTO(template_set) set = shelf_set(&shelf);

    sha256_text(item_of(set, "Unsafe"), &sha256);
    check_problem(set, "Unsafe", "unsafe, and not acknowledged: ESC1");
    check_problem(set, "Unsafe",
                  "[acknowledge Unsafe] with findings = ESC1 and sha256 = ");
    check_problem(set, "Unsafe", buf_text(&sha256));
    check_problem(set, "Held", NULL);
}

static void set_takes_an_acknowledgement_of_this_content(void **state)
{
    static const char *const esc1[] = {"esc1"};
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    struct template_ack ack = {"UNSAFE", esc1, 1, NULL};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1, UNSAFE);
    AUTO(template_set) before = shelf_set(&shelf);
    sha256_text(item_of(before, "Unsafe"), &sha256);
    ack.sha256 = buf_text(&sha256);
    shelf.source.acks = &ack;
    shelf.source.ack_count = 1;
    AUTO(template_set) acknowledged = shelf_set(&shelf);
    ldif_apply(shelf.records[0], "displayName: the same by another name\n");
    AUTO(template_set) shown = shelf_set(&shelf);
    ldif_apply(shelf.records[0], "autoenrollAllow: dc=x\n");
    AUTO(template_set) changed = shelf_set(&shelf);

    check_problem(acknowledged, "Unsafe", NULL);
    check_problem(shown, "Unsafe", NULL);
    check_problem(changed, "Unsafe", "unsafe, and not what was acknowledged: ESC1");
}

static void set_takes_no_acknowledgement_of_another_template(void **state)
{
    static const char *const esc1[] = {"ESC1"};
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    struct template_ack ack = {"Unsafe2", esc1, 1, NULL};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1, UNSAFE);
    AUTO(template_set) before = shelf_set(&shelf);
    sha256_text(item_of(before, "Unsafe"), &sha256);
    ack.sha256 = buf_text(&sha256);
    shelf.source.acks = &ack;
    shelf.source.ack_count = 1;
    AUTO(template_set) after = shelf_set(&shelf);

    check_problem(after, "Unsafe", "unsafe, and not acknowledged: ESC1");
}

static void set_takes_an_acknowledgement_for_the_findings_it_names(void **state)
{
    static const char *const one[] = {"ESC1"};
    static const char *const both[] = {"ESC3", "ESC1"};
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    struct template_ack ack = {"Unsafe", one, 1, NULL};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1,
              UNSAFE "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2\n"
                     "pKIExtendedKeyUsage: 1.3.6.1.4.1.311.20.2.1\n"
                     "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.2\n"
                     "msPKI-Certificate-Application-Policy: 1.3.6.1.4.1.311.20.2.1\n");
    AUTO(template_set) before = shelf_set(&shelf);
    check_problem(before, "Unsafe", "with findings = ESC1, ESC3 and");
    sha256_text(item_of(before, "Unsafe"), &sha256);
    ack.sha256 = buf_text(&sha256);
    shelf.source.acks = &ack;
    shelf.source.ack_count = 1;
    AUTO(template_set) half = shelf_set(&shelf);
    ack.findings = both;
    ack.finding_count = 2;
    AUTO(template_set) whole = shelf_set(&shelf);

    check_problem(half, "Unsafe", "ESC3");
    check_problem(whole, "Unsafe", NULL);
}

/* The same template, and a policy of it is linked to a group since: ESC13. */
static void set_takes_no_acknowledgement_for_what_came_from_elsewhere(void **state)
{
    static const char *const one[] = {"ESC1"};
    static const char *const linked[] = {"1.2.3.4"};
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    struct template_ack ack = {"Unsafe", one, 1, NULL};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1, UNSAFE "msPKI-Certificate-Policy: 1.2.3.4\n");
    AUTO(template_set) before = shelf_set(&shelf);
    sha256_text(item_of(before, "Unsafe"), &sha256);
    ack.sha256 = buf_text(&sha256);
    shelf.source.acks = &ack;
    shelf.source.ack_count = 1;
    AUTO(template_set) acknowledged = shelf_set(&shelf);
    shelf.source.surroundings.linked_policies = linked;
    shelf.source.surroundings.linked_count = 1;
    AUTO(template_set) linked_since = shelf_set(&shelf);

    check_problem(acknowledged, "Unsafe", NULL);
    check_problem(linked_since, "Unsafe", "ESC13");
}

static void set_takes_no_acknowledgement_for_what_blocks(void **state)
{
    static const char *const all[] = {"ESC1", "REFUSED_FLAG"};
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(buf) sha256 = BUF_EMPTY;
    struct template_ack ack = {"Unsafe", all, 2, NULL};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Unsafe", 1, UNSAFE "flags: 66272\n");
    AUTO(template_set) before = shelf_set(&shelf);
    sha256_text(item_of(before, "Unsafe"), &sha256);
    ack.sha256 = buf_text(&sha256);
    shelf.source.acks = &ack;
    shelf.source.ack_count = 1;
    AUTO(template_set) after = shelf_set(&shelf);

    check_problem(after, "Unsafe", "REFUSED_FLAG");
}

static void set_lives_as_long_as_a_reference(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Machine", 1, "");
    struct template_set *set = shelf_set(&shelf);
    AUTO(template_set) reader = template_set_ref(set);
    template_set_unref(set);

    assert_string_equal(item_of(reader, "machine")->tmpl->cn, "Machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_finds_templates_by_name_and_oid),
        cmocka_unit_test(set_without_templates_finds_none),
        cmocka_unit_test(set_keeps_a_broken_template_from_issuing_and_no_other),
        cmocka_unit_test(set_shows_a_template_without_a_name_by_its_dn),
        cmocka_unit_test(set_refuses_both_of_two_with_one_oid),
        cmocka_unit_test(set_refuses_both_of_two_with_one_name),
        cmocka_unit_test(set_hash_changes_with_the_content_only),
        cmocka_unit_test(set_offers_what_is_published_on_its_ca),
        cmocka_unit_test(set_offers_nothing_where_no_entry_publishes),
        cmocka_unit_test(set_offers_nothing_where_two_entries_publish),
        cmocka_unit_test(set_reads_the_keywords_of_ad),
        cmocka_unit_test(set_stops_an_unsafe_template_and_says_how_to_go_on),
        cmocka_unit_test(set_takes_an_acknowledgement_of_this_content),
        cmocka_unit_test(set_takes_no_acknowledgement_of_another_template),
        cmocka_unit_test(set_takes_an_acknowledgement_for_the_findings_it_names),
        cmocka_unit_test(set_takes_no_acknowledgement_for_what_came_from_elsewhere),
        cmocka_unit_test(set_takes_no_acknowledgement_for_what_blocks),
        cmocka_unit_test(set_lives_as_long_as_a_reference),
    };

    return cmocka_run_group_tests_name("template_set", tests, NULL, NULL);
}
