/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"
#include "common/pki/ext_write.h"

#include "tests/support/test.h"
#include "tests/unit/decide/scene.h"

/* ---- what no rule can overrule ------------------------------------------------------- */

static void nothing(struct scene *s)
{
    (void)s;
}

static void groups_unknown(struct scene *s)
{
    s->account.groups_complete = false;
}

static void facts_unknown(struct scene *s)
{
    s->account.complete = false;
}

static void disabled(struct scene *s)
{
    s->account.enabled = false;
    s->account.disabled_by = "nsAccountLock";
}

static void no_right(struct scene *s)
{
    s->access.enroll.granted = false;
}

static void autoenroll_only(struct scene *s)
{
    s->access.autoenroll.granted = true; /* as on AD it does not imply Enroll */
    s->access.enroll.granted = false;
}

static void of_another_kind(struct scene *s)
{
    s->account.ref.kind = WIRE_ACCOUNT_USER;
}

static void not_acknowledged(struct scene *s)
{
    s->in.tmpl_problem = "ESC1 is not acknowledged";
}

static void key_of_another(struct scene *s)
{
    s->history.same_key = WIRE_SAME_KEY_OTHER_PRINCIPAL;
}

static void key_burnt(struct scene *s)
{
    s->history.same_key = WIRE_SAME_KEY_REVOKED;
}

static void key_of_its_own(struct scene *s)
{
    s->history.same_key = WIRE_SAME_KEY_SAME_PRINCIPAL;
}

static void no_history(struct scene *s)
{
    s->in.history = NULL;
}

static void no_host_name(struct scene *s)
{
    s->account.dns_host_name = "";
}

static void ca_at_its_end(struct scene *s)
{
    s->site.ca_not_after_utc = SCENE_NOW;
}

static void template_named(struct scene *s)
{
    struct error err;

    assert_ok(ext_add_template_name(&s->extensions, "MACHINE", &err), &err);
}

static void another_template_named(struct scene *s)
{
    struct error err;

    assert_ok(ext_add_template_name(&s->extensions, "User", &err), &err);
}

static void an_account_is_judged_before_any_rule(void **state)
{
    static const struct {
        const char *label;
        void (*change)(struct scene *);
        enum reason reason; /* REASON_NONE: passes */
    } cases[] = {
        {"as it is", nothing, REASON_NONE},
        {"groups unknown", groups_unknown, REASON_DIR_PARTIAL},
        {"facts unknown", facts_unknown, REASON_DIR_PARTIAL},
        {"disabled", disabled, REASON_DISABLED},
        {"no right", no_right, REASON_NO_ENROLL},
        {"AutoEnroll without Enroll", autoenroll_only, REASON_NO_ENROLL},
        {"a user before a machine's template", of_another_kind, REASON_WRONG_KIND},
        {"unsafe", not_acknowledged, REASON_TPL_UNSAFE},
        {"another's key", key_of_another, REASON_KEY_REUSE},
        {"a burnt key", key_burnt, REASON_KEY_REUSE},
        {"its own key again", key_of_its_own, REASON_NONE},
        {"history not known", no_history, REASON_STORE},
        {"no host name", no_host_name, REASON_NAME_MISSING},
        {"the CA ends", ca_at_its_end, REASON_BOUNDS},
        {"the template named in the CSR", template_named, REASON_NONE},
        {"another template named", another_template_named, REASON_CSR_EXTENSION},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        cases[i].change(&s);
        bool ok = scene_propose(&s, &reason, &err);

        if (ok != (cases[i].reason == REASON_NONE) ||
            (!ok && reason != cases[i].reason)) {
            fail_msg("%s: %s %s", cases[i].label, reason_get(reason)->code, err.message);
        }
        if (!ok) { /* explain can say where it ended */
            size_t count = 0;
            const struct wire_step *steps = decide_get_steps(s.decision, &count);

            assert_true(count > 0);
            assert_int_equal(steps[count - 1].reason, reason);
            assert_int_equal(steps[count - 1].result, WIRE_STEP_FAIL);
        }
        AUTO(buf) facts = BUF_EMPTY; /* and by what: they are recorded in any case */
        assert_ok(wire_facts_encode(decide_get_facts(s.decision), &facts, &err), &err);
    }
}

/* An operator at night sees what was asked for beside what there would have been. */
static void a_name_that_is_refused_is_told_beside_those_there_would_be(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;

    scene_init(&s, "Machine", "");
    scene_ask_cn(&s, "other.a.test");
    assert_fails(scene_decide(&s, &out, &reason, &err), &err, ERROR_DENIED,
                 "'other.a.test', which");
    assert_non_null(strstr(err.message, "it would have: "));
    assert_non_null(strstr(err.message, "dns:web1.a.test"));
}

static void keys_are_as_the_template_wants_them(void **state)
{
    static const struct {
        const char *template, *edits;
        bool ok;
    } cases[] = {
        {"Machine", "", true},
        {"Machine", "msPKI-Minimal-Key-Size: 2049\n", false},
        {"ComputerECC", "", true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, cases[i].template, cases[i].edits);
        assert_int_equal(scene_propose(&s, &reason, &err), cases[i].ok);
        assert_true(cases[i].ok || reason == REASON_KEY_WEAK);
    }
}

static void a_key_of_another_kind_is_refused(void **state)
{
    AUTO(scene) rsa;
    AUTO(scene) ec;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&rsa, "Machine", "");
    scene_init(&ec, "ComputerECC", "");
    assert_ok(scene_propose(&rsa, &reason, &err), &err);
    assert_ok(scene_propose(&ec, &reason, &err), &err);
    decide_free(TAKE(rsa.decision));
    decide_free(TAKE(ec.decision));

    rsa.in.csr = ec.csr;
    assert_fails(decide_propose(&rsa.in, &rsa.decision, &reason, &err), &err,
                 ERROR_DENIED, "wants an RSA key, not ec");
    assert_int_equal(reason, REASON_KEY_WEAK);
    ec.in.csr = rsa.csr;
    assert_fails(decide_propose(&ec.in, &ec.decision, &reason, &err), &err, ERROR_DENIED,
                 "wants an EC key, not rsa");
}

/* ---- names --------------------------------------------------------------------------- */

#define NAME_FLAGS(value) "msPKI-Certificate-Name-Flag: " value "\n"

/* [MS-WCCE] 3.2.2.6.2.1.4.5.9 */
static void names_come_from_the_entry_as_the_flags_say(void **state)
{
    static const struct {
        const char *template, *edits, *names;
    } cases[] = {
        {"Machine", "", "CN=web1.a.test;dns:web1.a.test"},
        {"Workstation", "", ";dns:web1.a.test"},
        {"KerberosAuthentication", "", ";dns:web1.a.test;dns:a.test;dns:A"},
        {"User", "",
         "emailAddress=alice@mail.a.test,UID=alice,OU=people,DC=a,DC=test;upn:alice@A."
         "TEST"
         ";krb5:alice@A.TEST;email:alice@mail.a.test"},
        {"User", NAME_FLAGS("1073741824"), "CN=Alice Example"},
        {"User", NAME_FLAGS("33554432"), ";upn:alice@A.TEST;krb5:alice@A.TEST"},
        {"User", NAME_FLAGS("8388608"), ";upn:alice@A.TEST;krb5:alice@A.TEST"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        AUTO(buf) names = BUF_EMPTY;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, cases[i].template, cases[i].edits);
        s.site.netbios = "A";
        assert_ok(scene_propose(&s, &reason, &err), &err);
        scene_print_names(&s, &names);
        assert_string_equal(buf_text(&names), cases[i].names);
    }
}

/* Of an entry that has all of them: as many as there is room for. */
static void a_template_may_want_every_name(void **state)
{
    static const unsigned char guid[16] = {1, 2, 3};
    AUTO(scene) s;
    enum reason reason = REASON_NONE;
    struct error err;

    (void)state;
    scene_init(&s, "User", NAME_FLAGS("264241152"));
    s.site.netbios = "A";
    s.account.guid = (struct bytes){guid, sizeof(guid)};
    s.account.dns_host_name = "alice.a.test";
    assert_ok(scene_propose(&s, &reason, &err), &err);
    assert_int_equal(decide_get_facts(s.decision)->proposed.san_count, 7);
}

static void no_mail(struct scene *s)
{
    s->account.mail_count = 0;
}

static void on_ad_without_upn(struct scene *s)
{
    s->account.ref.id_kind = WIRE_ID_OBJECT_GUID;
    s->account.upn = "";
}

static void no_domain(struct scene *s)
{
    s->site.domain = "";
}

static void name_too_long(struct scene *s)
{
    s->account.dns_host_name =
        "a23456789012345678901234567890123456789012345678901234567.a.test.x";
}

static void a_name_that_is_wanted_and_not_there_refuses(void **state)
{
    static const struct {
        const char *template, *edits;
        void (*change)(struct scene *);
        const char *words;
    } cases[] = {
        {"User", "", no_mail, "wants mail"},
        {"User", NAME_FLAGS("67108864"), no_mail, "wants mail"},
        {"User", NAME_FLAGS("33554432"), on_ad_without_upn, "wants userPrincipalName"},
        {"User", NAME_FLAGS("16777216"), nothing, "wants objectGUID"},
        {"Machine", NAME_FLAGS("4194304"), no_domain, "set directory.domain"},
        {"Machine", "", name_too_long, "longer than the 64 characters"},
        {"Workstation", "", no_host_name, "wants dNSHostName"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, cases[i].template, cases[i].edits);
        cases[i].change(&s);
        assert_fails(scene_propose(&s, &reason, &err), &err, ERROR_DENIED,
                     cases[i].words);
        assert_int_equal(reason, REASON_NAME_MISSING);
    }
}

/* ---- the rest of the proposal -------------------------------------------------------- */

static void times_usages_and_policies_are_the_templates(void **state)
{
    AUTO(scene) s;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Workstation", "");
    assert_ok(scene_propose(&s, &reason, &err), &err);
    const struct wire_content *c = &decide_get_facts(s.decision)->proposed;

    assert_int_equal(c->not_before_utc, SCENE_NOW - 300);
    assert_int_equal(c->not_after_utc, SCENE_NOW + INT64_C(365) * 86400);
    assert_int_equal(c->key_usage, EXT_KU_DIGITAL_SIGNATURE | EXT_KU_KEY_ENCIPHERMENT);
    assert_int_equal(c->eku_count, 1);
    assert_string_equal(c->ekus[0], "1.3.6.1.5.5.7.3.2");
    assert_int_equal(c->application_policy_count, 1);
    assert_int_equal(c->critical_count, 2); /* key usage; SAN, there being no subject */
    assert_string_equal(c->critical[0], EXT_OID_KEY_USAGE);
    assert_string_equal(c->critical[1], EXT_OID_SAN);
    assert_false(c->basic_constraints);
}

/* RFC 8813 section 3 */
static void ec_keys_never_encipher(void **state)
{
    AUTO(scene) s;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "ComputerECC", "pKIKeyUsage:: oAA=\n");

    assert_ok(scene_propose(&s, &reason, &err), &err);

    assert_int_equal(decide_get_facts(s.decision)->proposed.key_usage,
                     EXT_KU_DIGITAL_SIGNATURE);
}

static void no_certificate_outlives_its_ca_or_the_sites_limit(void **state)
{
    AUTO(scene) a;
    AUTO(scene) b;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&a, "Machine", "");
    a.site.ca_not_after_utc = SCENE_NOW + 1000;
    scene_init(&b, "Machine", "");
    b.site.validity_max_s = 500;

    assert_ok(scene_propose(&a, &reason, &err), &err);
    assert_ok(scene_propose(&b, &reason, &err), &err);

    assert_int_equal(decide_get_facts(a.decision)->proposed.not_after_utc,
                     SCENE_NOW + 1000);
    assert_int_equal(decide_get_facts(b.decision)->proposed.not_after_utc,
                     SCENE_NOW + 500);
    assert_int_equal(decide_get_facts(b.decision)->template.envelope.validity_max_s, 500);
}

/* The rules are asked with what decide made: it must fit into the message. */
static void facts_can_be_sent_to_the_rules(void **state)
{
    static const char *const names[] = {"Machine", "User", "ComputerECC", "WebServer"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(scene) s;
        AUTO(buf) message = BUF_EMPTY;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, names[i], "");
        if (i == 3) {
            s.account.ref.kind = WIRE_ACCOUNT_MACHINE;
            scene_ask_cn(&s, "www.a.test");
        }
        assert_ok(scene_propose(&s, &reason, &err), &err);
        assert_ok(wire_facts_encode(decide_get_facts(s.decision), &message, &err), &err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_judged_before_any_rule),
        cmocka_unit_test(a_name_that_is_refused_is_told_beside_those_there_would_be),
        cmocka_unit_test(keys_are_as_the_template_wants_them),
        cmocka_unit_test(a_key_of_another_kind_is_refused),
        cmocka_unit_test(names_come_from_the_entry_as_the_flags_say),
        cmocka_unit_test(a_template_may_want_every_name),
        cmocka_unit_test(a_name_that_is_wanted_and_not_there_refuses),
        cmocka_unit_test(times_usages_and_policies_are_the_templates),
        cmocka_unit_test(ec_keys_never_encipher),
        cmocka_unit_test(no_certificate_outlives_its_ca_or_the_sites_limit),
        cmocka_unit_test(facts_can_be_sent_to_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
