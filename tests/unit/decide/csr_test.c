/* SPDX-License-Identifier: Apache-2.0 */
/* The CSR beside the certificate, and what an approval is good for: near twins. */
#include "common/base/mem.h"
#include "common/pki/ext_write.h"

#include "tests/support/test.h"
#include "tests/unit/decide/scene.h"

/* A template of machines whose names the requester writes. */
#define SUPPLIED     "msPKI-Certificate-Name-Flag: 1\n"
#define OCTETS(text) ((struct bytes){(const unsigned char *)(text), sizeof(text) - 1})

/* ---- names --------------------------------------------------------------------------- */

static const struct {
    const char *template, *edits;
    const char *cn; /* NULL: none */
    enum general_type type;
    const char *san; /* NULL: none */
    bool ok;
} names[] = {
    /* a common name may be the text of a DNS name, UPN or mail address, and of nothing else */
    {"User", "msPKI-Certificate-Name-Flag: 33554432\n", "alice@A.TEST", 0, NULL, true},
    {"Machine", "msPKI-Certificate-Name-Flag: 33554432\n", "host/web1.a.test@A.TEST", 0,
     NULL, false},
    /* the logon name is harmless as a logon name only */
    {"User", "", NULL, GENERAL_KRB5, "alice@A.TEST", true},
    {"User", "", NULL, GENERAL_EMAIL, "alice@A.TEST", false},
    {"User", "", NULL, GENERAL_EMAIL, "alice@mail.a.test", true},
};

static void a_name_is_the_accounts_in_its_own_kind_only(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, names[i].template, names[i].edits);
        if (names[i].cn != NULL) {
            scene_ask_cn(&s, names[i].cn);
        }
        if (names[i].san != NULL) {
            scene_ask_san(&s, names[i].type, names[i].san);
        }
        bool ok = scene_decide(&s, &out, &reason, &err);
        if (ok != names[i].ok || (!ok && reason != REASON_NAME_NOT_YOURS)) {
            fail_msg("%zu: %s", i, err.message);
        }
    }
}

static const struct {
    enum general_type type;
    const char *san;
    bool held;
} supplied[] = {
    {GENERAL_EMAIL, "alice@mail.a.test", false}, {GENERAL_EMAIL, "bob@mail.a.test", true},
    {GENERAL_EMAIL, "alice@A.TEST", true},       {GENERAL_UPN, "alice@A.TEST", false},
    {GENERAL_UPN, "bob@A.TEST", true},           {GENERAL_KRB5, "alice@A.TEST", false},
    {GENERAL_KRB5, "bob@A.TEST", true},          {GENERAL_DNS, "alice.a.test", true},
};

/* On a template whose names the requester writes. */
static void the_entry_vouches_for_its_own_names_and_no_others(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(supplied); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "User", SUPPLIED);
        scene_ask_cn(&s, "Alice Example");
        scene_ask_san(&s, supplied[i].type, supplied[i].san);
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        if ((out.hold_count > 0) != supplied[i].held) {
            fail_msg("%zu: %zu holds", i, out.hold_count);
        }
    }
}

/* ---- extensions ---------------------------------------------------------------------- */

#define POLICY(der)  "\x30\x0c\x30\x0a\x06\x08" der
#define CLIENT_AUTH  "\x2b\x06\x01\x05\x05\x07\x03\x02"
#define CODE_SIGNING "\x2b\x06\x01\x05\x05\x07\x03\x03"

static const struct {
    const char *oid;
    struct bytes der;
    bool ok;
} extensions[] = {
    {EXT_OID_BASIC_CONSTRAINTS, {(const unsigned char *)"\x30\x00", 2}, true},
    {EXT_OID_BASIC_CONSTRAINTS,
     {(const unsigned char *)"\x30\x03\x01\x01\xff", 5},
     false},
    {EXT_OID_APPLICATION_POLICIES,
     {(const unsigned char *)POLICY(CLIENT_AUTH), 14},
     true},
    {EXT_OID_APPLICATION_POLICIES,
     {(const unsigned char *)POLICY(CODE_SIGNING), 14},
     false},
};

static void a_ca_and_other_purposes_may_not_be_asked_for(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Workstation", "");
        assert_ok(
            ext_add_other(&s.extensions, "1.2.3.4.5", false, extensions[i].der, &err),
            &err);
        assert_ok(scene_propose(&s, &reason, &err), &err);
        s.csr->extensions.items[0].oid = extensions[i].oid; /* our writers refuse it */
        bool ok = scene_judge(&s, &out, &reason, &err);
        if (ok != extensions[i].ok || (!ok && reason != REASON_CSR_EXTENSION)) {
            fail_msg("%zu: %s", i, err.message);
        }
    }
}

/* What a rule adds may be asked for, as the rule adds it. */
static void an_extension_of_a_rule_is_asked_for_with_its_value(void **state)
{
    static const char *allowed[] = {"1.2.3.4.5"};
    static const struct {
        struct bytes asked;
        bool ok;
    } cases[] = {
        {{(const unsigned char *)"\x05\x00", 2}, true},
        {{(const unsigned char *)"\x30\x00", 2}, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct wire_extension added = {.oid = "1.2.3.4.5", .der = OCTETS("\x05\x00")};
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        s.site.extensions = allowed;
        s.site.extension_count = 1;
        assert_ok(ext_add_other(&s.extensions, "1.2.3.4.5", false, cases[i].asked, &err),
                  &err);
        assert_false(scene_decide(&s, &out, &reason, &err)); /* no rule adds it */
        assert_int_equal(reason, REASON_CSR_EXTENSION);
        s.verdict.proposed.extensions = &added;
        s.verdict.proposed.extension_count = 1;
        assert_int_equal(scene_judge(&s, &out, &reason, &err), cases[i].ok);
    }
}

static void a_change_of_names_may_not_be_asked_for(void **state)
{
    /* RFC 6402 2.8: ChangeSubjectName with the subject [CN=x] */
    static const char value[] =
        "\x30\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x";
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;
    scene_init(&s, "Machine", "");
    s.attribute =
        (struct csr_attribute){.oid = "1.3.6.1.5.5.7.7.36", .value = OCTETS(value)};
    s.wish.attributes = &s.attribute;
    s.wish.attribute_count = 1;

    assert_fails(scene_decide(&s, &out, &reason, &err), &err, ERROR_DENIED,
                 "1.3.6.1.5.5.7.7.36");
    assert_int_equal(reason, REASON_CSR_EXTENSION);
}

/* ---- approvals ----------------------------------------------------------------------- */

static struct wire_approval approval(int64_t valid_until_utc)
{
    return (struct wire_approval){
        .request_id = "R-00000017",
        .approver = {.id = "carol", .principal = "carol@A.TEST", .sid = ""},
        .group = SCENE_APPROVER,
        .approved_utc = SCENE_NOW - 20,
        .valid_until_utc = valid_until_utc,
        .journal_sequence = 1};
}

static void an_approver_whose_word_has_expired_may_approve_again(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    struct wire_approval two[2] = {approval(SCENE_NOW - 10), approval(SCENE_NOW + 10)};
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "msPKI-Enrollment-Flag: 34\n"); /* PEND_ALL_REQUESTS */
    s.in.approvals = two;
    s.in.approval_count = 1;
    s.in.stage = WIRE_STAGE_APPROVED;
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);
    assert_int_equal(out.hold_count, 1);
    decide_free(TAKE(s.decision));
    s.in.approval_count = 2;
    assert_ok(decide_propose(&s.in, &s.decision, &reason, &err), &err);
    s.verdict.request_id = NULL;
    assert_ok(scene_judge(&s, &out, &reason, &err), &err);

    assert_int_equal(out.hold_count, 0);
}

/* Near twins: each but the first lacks one thing. */
static void enough_are_those_that_count(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    const struct wire_approval good = approval(SCENE_NOW + 10);
    struct wire_approval twins[] = {good, good, good, good, good};
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    twins[1].group = "cn=others";
    twins[2].request_id = "R-00000018";
    twins[3].valid_until_utc = SCENE_NOW;
    scene_init(&s, "Machine", "msPKI-Enrollment-Flag: 34\n"); /* PEND_ALL_REQUESTS */
    twins[4].approver.id = s.in.account->ref.id;
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        assert_int_equal(decide_are_enough(s.decision, &out, &twins[i], 1), i == 0);
    }
    assert_false(decide_are_enough(s.decision, &out, NULL, 0));
    out.holds[0].need = 2;
    twins[1] = good; /* the same person once more */
    assert_false(decide_are_enough(s.decision, &out, twins, 2));
    twins[1].approver.id = "dave";
    assert_true(decide_are_enough(s.decision, &out, twins, 2));
    out.holds[1] = out.holds[0];
    out.holds[1].from = "cn=others";
    out.hold_count = 2; /* every group has to approve */
    assert_false(decide_are_enough(s.decision, &out, twins, 2));
}

/* [MS-CRTD] 2.26 0x40: an earlier certificate stands for an approval where the flag says so. */
static const struct {
    const char *flags, *oid, *old_cn; /* oid NULL: the template's */
    const char *more;                 /* edits */
    size_t holds;
} renewals[] = {
    {"66", NULL, "web1.a.test", "", 0},
    {"66", "1.2.3", "web1.a.test", "", 1},
    {"2", NULL, "web1.a.test", "", 1},
    /* names of the request: those of the earlier certificate were approved with it */
    {"66", NULL, "www.a.test", SUPPLIED, 0},
    {"66", NULL, "ftp.a.test", SUPPLIED, 1},
};

static void an_earlier_certificate_stands_for_the_approval_of_its_own(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(renewals); i++) {
        AUTO(scene) s;
        AUTO(string)
        edits = mem_printf("%smsPKI-Enrollment-Flag: %s\n", renewals[i].more,
                           renewals[i].flags);
        struct name_ava old_cn = {"2.5.4.3", renewals[i].old_cn, NAME_UTF8, false};
        struct decide_previous previous = {.subject = {&old_cn, 1}};
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Workstation", edits);
        previous.template_oid = renewals[i].oid == NULL ? s.tmpl->oid : renewals[i].oid;
        s.in.previous = &previous;
        s.in.op = WIRE_OP_RENEW;
        if (*renewals[i].more != '\0') {
            scene_ask_cn(&s, "www.a.test");
        }
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        if (out.hold_count != renewals[i].holds) {
            fail_msg("%zu: %zu holds", i, out.hold_count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_the_accounts_in_its_own_kind_only),
        cmocka_unit_test(the_entry_vouches_for_its_own_names_and_no_others),
        cmocka_unit_test(a_ca_and_other_purposes_may_not_be_asked_for),
        cmocka_unit_test(an_extension_of_a_rule_is_asked_for_with_its_value),
        cmocka_unit_test(a_change_of_names_may_not_be_asked_for),
        cmocka_unit_test(an_approver_whose_word_has_expired_may_approve_again),
        cmocka_unit_test(enough_are_those_that_count),
        cmocka_unit_test(an_earlier_certificate_stands_for_the_approval_of_its_own),
    };

    return cmocka_run_group_tests_name("decide_csr", tests, NULL, NULL);
}
