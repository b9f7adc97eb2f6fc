/* SPDX-License-Identifier: Apache-2.0 */
/* What the other tests of decide would not notice: each promise beside its near twin. */
#include "common/base/mem.h"
#include "common/pki/ext_write.h"

#include "tests/support/test.h"
#include "tests/unit/decide/scene.h"

#define NAME_FLAGS(value) "msPKI-Certificate-Name-Flag: " value "\n"

/* The key's algorithm of a template of version 4. */
#define EC_KEY(curve)                                                                    \
    "msPKI-RA-Application-Policies: msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_" curve     \
    "`msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`DWORD`2`\n"

static const struct {
    const char *template, *edits;
    enum reason reason; /* REASON_NONE: passes */
    const char *words;
} templates[] = {
    {"Workstation", "", REASON_NONE, ""},
    {"Workstation", "flags: 66272\n", REASON_TPL_UNSAFE, "flags"}, /* IS_CA */
    {"Workstation", "msPKI-RA-Signature: 1\n", REASON_TPL_UNSAFE, "signatures"},
    {"ComputerECC", EC_KEY("P256"), REASON_NONE, ""},
    {"ComputerECC", EC_KEY("P384"), REASON_KEY_WEAK, "at least 384"},
};

static void a_template_that_blocks_or_wants_more_refuses(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        AUTO(scene) s;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, templates[i].template, templates[i].edits);
        bool ok = scene_propose(&s, &reason, &err);
        if (ok != (templates[i].reason == REASON_NONE) ||
            (!ok && reason != templates[i].reason) ||
            strstr(err.message, templates[i].words) == NULL) {
            fail_msg("%zu: %s %s", i, reason_get(reason)->code, err.message);
        }
    }
}

static void a_template_named_by_another_oid_refuses(void **state)
{
    (void)state;

    for (int is_own = 0; is_own < 2; is_own++) {
        AUTO(scene) s;
        struct ext_template named = {.oid = "1.3.6.1.4.1.311.21.8.99"};
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Workstation", "");
        named.oid = is_own ? s.tmpl->oid : named.oid;
        assert_ok(ext_add_template(&s.extensions, &named, &err), &err);
        assert_int_equal(scene_propose(&s, &reason, &err), is_own);
        assert_true(is_own || reason == REASON_CSR_EXTENSION);
    }
}

/* RFC 5280 appendix A.1: ub-common-name */
static void a_common_name_has_64_characters_at_most(void **state)
{
    static const char name[] =
        "a2345678901234567890123456789012345678901234567890123456.a.test.x";
    (void)state;

    assert_int_equal(strlen(name), 65);
    for (size_t cut = 0; cut < 2; cut++) {
        AUTO(scene) s;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        s.account.dns_host_name = name + cut;
        assert_int_equal(scene_propose(&s, &reason, &err), cut == 1);
        assert_true(cut == 1 || reason == REASON_NAME_MISSING);
    }
}

/* RFC 4556's name is what MIT and Heimdal look for; AD has the UPN alone. */
static void on_ad_the_logon_name_is_the_upn_alone(void **state)
{
    static const struct {
        enum wire_id_kind kind;
        const char *names;
    } cases[] = {
        {WIRE_ID_OBJECT_GUID, ";upn:alice@A.TEST"},
        {WIRE_ID_ENTRY_UUID, ";upn:alice@A.TEST;krb5:alice@A.TEST"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        AUTO(buf) names = BUF_EMPTY;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "User", NAME_FLAGS("33554432"));
        s.account.ref.id_kind = cases[i].kind;
        assert_ok(scene_propose(&s, &reason, &err), &err);
        scene_print_names(&s, &names);
        assert_string_equal(buf_text(&names), cases[i].names);
    }
}

static void only_extensions_that_are_there_are_critical(void **state)
{
    AUTO(scene) without;
    AUTO(scene) with;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&without, "Machine", "pKICriticalExtensions: 2.5.29.32\n");
    scene_init(&with, "Workstation",
               "pKICriticalExtensions: 2.5.29.32\nmsPKI-Certificate-Policy: 1.2.3.4\n");

    assert_ok(scene_propose(&without, &reason, &err), &err);
    assert_ok(scene_propose(&with, &reason, &err), &err);

    const struct wire_content *c = &decide_get_facts(without.decision)->proposed;
    assert_int_equal(c->critical_count, 0);
    c = &decide_get_facts(with.decision)->proposed;
    assert_int_equal(c->critical_count, 2); /* and the SAN, there being no subject */
    assert_string_equal(c->critical[0], "2.5.29.32");
}

static void only_templates_that_say_so_take_names_from_a_request(void **state)
{
    static const struct {
        const char *edits;
        bool from_request;
    } cases[] = {
        {"", false},
        {NAME_FLAGS("1"), true},
        {NAME_FLAGS("65536"), true}, /* alternative names alone */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        AUTO(buf) names = BUF_EMPTY;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Workstation", cases[i].edits);
        scene_ask_san(&s, GENERAL_DNS, "www.a.test");
        assert_ok(scene_propose(&s, &reason, &err), &err);
        scene_print_names(&s, &names);
        assert_string_equal(buf_text(&names), cases[i].from_request ? ";dns:www.a.test"
                                                                    : ";dns:web1.a.test");
        assert_int_equal(decide_get_facts(s.decision)->template.envelope.csr_names,
                         cases[i].from_request);
    }
}

static void a_request_with_more_names_than_facts_can_hold_is_refused(void **state)
{
    (void)state;

    for (int more = 0; more < 2; more++) {
        AUTO(scene) s;
        struct general_name names[WIRE_SANS_MAX + 1];
        struct general_names list = {names, WIRE_SANS_MAX + (size_t)more};
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        for (size_t i = 0; i < list.count; i++) {
            names[i] =
                (struct general_name){GENERAL_DNS, "", bytes_of_text("web1.a.test")};
        }
        assert_ok(scene_propose(&s, &reason, &err), &err);
        decide_free(TAKE(s.decision));
        s.csr->sans = list; /* a list of that length may be no CSR that is read */
        bool ok = decide_propose(&s.in, &s.decision, &reason, &err);
        s.csr->sans = (struct general_names){NULL, 0};

        assert_int_equal(ok, more == 0);
        assert_true(ok || reason == REASON_MALFORMED);
    }
}

static void all_nine_usages_have_their_bit(void **state)
{
    static const struct {
        const char *value; /* of pKIKeyUsage */
        uint32_t usage;
    } cases[] = {
        {"gAA=", EXT_KU_DIGITAL_SIGNATURE},
        {"CIA=", EXT_KU_KEY_AGREEMENT | EXT_KU_DECIPHER_ONLY},
        {"CQA=", EXT_KU_KEY_AGREEMENT | EXT_KU_ENCIPHER_ONLY},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        AUTO(string) edits = mem_printf("pKIKeyUsage:: %s\n", cases[i].value);
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "ComputerECC", edits);
        assert_ok(scene_propose(&s, &reason, &err), &err);
        assert_int_equal(decide_get_facts(s.decision)->proposed.key_usage,
                         cases[i].usage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_that_blocks_or_wants_more_refuses),
        cmocka_unit_test(a_template_named_by_another_oid_refuses),
        cmocka_unit_test(a_common_name_has_64_characters_at_most),
        cmocka_unit_test(on_ad_the_logon_name_is_the_upn_alone),
        cmocka_unit_test(only_extensions_that_are_there_are_critical),
        cmocka_unit_test(only_templates_that_say_so_take_names_from_a_request),
        cmocka_unit_test(a_request_with_more_names_than_facts_can_hold_is_refused),
        cmocka_unit_test(all_nine_usages_have_their_bit),
    };

    return cmocka_run_group_tests_name("decide_gate", tests, NULL, NULL);
}
